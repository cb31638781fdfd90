"""The documents of the contract hold together: every reference leads somewhere, every address has its parameters."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from tests_support.source_tree import ROOT

from skystork.contract.channels import CHANNELS, Principal

FOLDER = ROOT / "docs" / "contract"
DOCUMENT: dict[str, Any] = json.loads((FOLDER / "asyncapi.json").read_text(encoding="utf-8"))
SCHEMAS = sorted((FOLDER / "schemas").glob("*.json"))


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def found(document: dict[str, Any], reference: str) -> bool:
    part: Any = document
    for word in reference.removeprefix("#/").split("/"):
        if not isinstance(part, dict) or word not in part:
            return False
        part = part[word]
    return True


def test_the_document_is_asyncapi_3_with_every_channel() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["channels"].keys() == {channel.name for channel in CHANNELS}
    known = {"asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components"}
    assert not set(DOCUMENT) - known


def official_schema() -> Any:
    """The schema of AsyncAPI 3.0.0 documents, as the AsyncAPI Initiative's npm package has it."""
    folder = Path(os.environ.get("ASYNCAPI_SPECS") or ROOT / "node_modules" / "@asyncapi" / "specs")
    path = folder / "schemas" / "3.0.0-without-$id.json"
    if not path.is_file():
        pytest.skip("npm install --no-save @asyncapi/specs, or ASYNCAPI_SPECS=<its folder>, brings the official schema")
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_document_is_what_the_official_schema_asks_for() -> None:
    validator = Draft7Validator(official_schema())
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(DOCUMENT)] == []
    damaged = json.loads(json.dumps(DOCUMENT))
    next(iter(damaged["operations"].values()))["action"] = "shout"
    assert list(validator.iter_errors(damaged)), "and it does say no"


@pytest.mark.parametrize("path", [FOLDER / "asyncapi.json", *SCHEMAS], ids=lambda path: path.stem)
def test_every_reference_leads_somewhere(path: Any) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert not [each for each in references(document) if not found(document, each)]


def test_every_address_has_its_parameters_and_every_channel_an_operation() -> None:
    for name, channel in DOCUMENT["channels"].items():
        assert set(re.findall(r"{(\w+)}", channel["address"])) == channel["parameters"].keys(), name
        assert channel["messages"]
        assert {*channel["x-readers"], *channel["x-writers"]} <= set(Principal)
    told = {operation["channel"]["$ref"].rpartition("/")[2] for operation in DOCUMENT["operations"].values()}
    assert told == DOCUMENT["channels"].keys()


def test_what_is_received_and_what_is_sent_is_said_from_our_side() -> None:
    actions = {name: operation["action"] for name, operation in DOCUMENT["operations"].items()}
    assert actions["receiveCommand"] == "receive" and actions["sendReply"] == "send"
    assert {"sendState", "receiveState"} <= actions.keys()
    assert "sendWeather" not in actions


def test_every_field_of_our_own_messages_is_required_or_has_a_default() -> None:
    for name in ("DroneState", "DeliveryStatus", "Factsheet", "Kpi"):
        schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
        assert set(schema["required"]) == schema["properties"].keys(), name
        assert schema["additionalProperties"] is False


def test_an_altitude_never_comes_without_its_reference() -> None:
    altitude = DOCUMENT["components"]["schemas"]["Altitude"]
    assert set(altitude["required"]) == {"value", "reference"}
    assert "altitude" in DOCUMENT["components"]["schemas"]["Geodetic"]["required"]


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_payload_is_a_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


def test_every_message_has_a_payload_of_the_document() -> None:
    for name, message in DOCUMENT["components"]["messages"].items():
        assert message["payload"]["$ref"].startswith("#/components/schemas/"), name
        assert message["contentType"] == "application/json"
