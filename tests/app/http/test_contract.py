"""The OpenAPI document: generated from the routes, committed, served, and the same in all three places."""

from __future__ import annotations

import json
from pathlib import Path

from tests_support.http_world import HttpWorld, play

from skystork.app.http.api import CLASSES, contract
from skystork.shell.web.route import rows_of

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "contract" / "openapi.json"


def test_the_committed_document_is_the_one_of_the_routes() -> None:
    assert COMMITTED.read_bytes() == contract(), "run: python docs/make_openapi.py"


def test_what_is_served_is_what_is_described(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        served = (await world.client.get("/openapi.json")).json()
        described = {(method.upper(), path) for path, item in served["paths"].items() for method in item}
        table = {(entry.row.method, entry.row.path) for entry in world.routes}
        assert described == {(method, path) for method, path in table if not path.startswith("/console/")}

    play(tmp_path, script)


def test_every_operation_has_a_name_of_its_own_a_summary_and_problem_details() -> None:
    routes = [entry for owner in CLASSES for entry in rows_of(owner)]
    names = [entry.operation for entry in routes]
    assert len(set(names)) == len(names)
    for item in json.loads(contract())["paths"].values():
        for operation in item.values():
            assert operation["summary"]
            refusals = [each for status, each in operation["responses"].items() if int(status) >= 400]
            assert refusals
            assert all("application/problem+json" in each["content"] for each in refusals)
