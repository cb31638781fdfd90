"""The contract as documents: AsyncAPI 3.0, and a JSON Schema for each message; made from the types and the one table.

Source: AsyncAPI specification 3.0.0; its MQTT bindings 0.2.0; JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from skystork.contract.channels import CHANNELS, ROOT, Channel
from skystork.contract.header import SCHEMA_VERSION, Message

Document = dict[str, Any]
Sayings = Mapping[tuple[str, str], str]
"""What is said of a field, by the names of its class and of the field on the wire."""

PARAMETERS = {
    "site": "`name` of `[site]` in the site file",
    "manufacturer": "`manufacturer` of `[site]` in the site file",
    "serialNumber": "`serial_number` of the vehicle in the site file; `controller` for Skystork itself",
    "partner": "`name` of `[[partners]]` in the site file, and of its user at the broker",
    "orderId": "as in the order file",
    "alertId": "`<flight>-<rule>`, `traffic-<vehicle>-<aircraft>`, `network-<network>-<rule>`, `zones-ZONES_KEPT`",
    "network": "`name` of the network in the site file",
    "issuer": "the broker's user that gives the command",
}
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def asyncapi(sayings: Sayings) -> Document:
    """The AsyncAPI document; Skystork is the application, so what it publishes is ``send``."""
    kinds = tuple(dict.fromkeys(kind for channel in CHANNELS for kind in channel.messages))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Skystork on MQTT",
            "version": SCHEMA_VERSION,
            "description": "State, events and commands of one site, after VDA 5050; docs/mqtt.md has the differences.",
            "license": {"name": "see the repository"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "depot": {
                "host": "localhost:1883",
                "protocol": "mqtt",
                "protocolVersion": "5.0",
                "description": "The broker of the site; `secure-mqtt` on 8883 from other machines.",
                "security": [{"$ref": "#/components/securitySchemes/password"}],
            }
        },
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": dict(_operation(channel, kind) for channel in CHANNELS for kind in _actions(channel)),
        "components": {
            "securitySchemes": {
                "password": {"type": "userPassword"},
                "certificate": {"type": "X509"},
            },
            "messages": {kind.__name__: _message(kind) for kind in kinds},
            "schemas": _schemas(kinds, "#/components/schemas/{name}", sayings),
        },
    }


def schema(kind: type[Message], sayings: Sayings) -> Document:
    """The JSON Schema of one message, with all that it refers to."""
    schemas = _schemas((kind,), "#/$defs/{name}", sayings)
    own = schemas.pop(kind.__name__)
    return {"$schema": SCHEMA_DIALECT, **own, **({"$defs": schemas} if schemas else {})}


def _channel(channel: Channel) -> Document:
    return {
        "address": f"{ROOT}/{channel.address}",
        "parameters": {name: {"description": PARAMETERS[name]} for name in ("site", *channel.parameters)},
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in channel.messages},
        "x-writers": sorted(channel.writers),
        "x-readers": sorted(channel.readers),
        "x-own-topics-only": sorted(channel.own),
    }


def _actions(channel: Channel) -> tuple[str, ...]:
    """A vehicle's state comes from us where it is a drone's, and to us where it is a van's."""
    foreign = any(writer != "controller" for writer in channel.writers)
    return (*(("send",) if channel.sent else ()), *(("receive",) if foreign else ()))


def _operation(channel: Channel, action: str) -> tuple[str, Document]:
    name = f"{action}{channel.name[0].upper()}{channel.name[1:]}"
    return name, {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retained, "bindingVersion": "0.2.0"}},
    }


def _message(kind: type[Message]) -> Document:
    return {
        "name": kind.__name__,
        "title": (kind.__doc__ or "").partition("\n")[0],
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }


def _schemas(kinds: tuple[type[Message], ...], template: str, sayings: Sayings) -> Document:
    _, components = msgspec.json.schema_components(kinds, ref_template=template)
    for name, component in components.items():
        for field, facts in component.get("properties", {}).items():
            if said := sayings.get((name, field)):
                component["properties"][field] = _described(facts, said)
    plain: Document = _without_discriminators(components)
    return plain


def _without_discriminators(part: Any) -> Any:
    """OpenAPI's word of that name means something else in AsyncAPI; each kind has its own tag, which is enough."""
    if isinstance(part, dict):
        return {key: _without_discriminators(value) for key, value in part.items() if key != "discriminator"}
    return [_without_discriminators(each) for each in part] if isinstance(part, list) else part


def _described(facts: Document, said: str) -> Document:
    """With what the type says of it; a reference takes no sister in draft 7, which AsyncAPI reads."""
    return {"allOf": [facts], "description": said} if "$ref" in facts else {**facts, "description": said}
