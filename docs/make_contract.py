"""Writes the contract of the bus from its types: an AsyncAPI document, JSON Schemas, and a reference to read.

``python docs/make_contract.py`` writes ``docs/contract/``; a test says whether it is current.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from skystork.contract.channels import CHANNELS, ROOT
from skystork.contract.documents import asyncapi, schema
from skystork.contract.header import Message
from skystork.control.rules import COMMANDS

FOLDER = Path(__file__).parent / "contract"
MODULES = (
    "skystork.contract.header",
    "skystork.contract.vehicle_messages",
    "skystork.contract.site_messages",
    "skystork.control.commands",
    "skystork.control.answer",
)


def sayings() -> dict[tuple[str, str], str]:
    """The string under each field, by class and name on the wire; a field has those of the classes above it."""
    own = {key: said for name in MODULES for key, said in _under_fields(importlib.import_module(name))}
    found = dict(own)
    for kind in _structs():
        for above in reversed(kind.__mro__):
            fields = {key[1]: said for key, said in own.items() if key[0] == above.__name__}
            found.update({(kind.__name__, field): said for field, said in fields.items()})
    return found


def _structs() -> Iterator[type[msgspec.Struct]]:
    for name in MODULES:
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if issubclass(kind, msgspec.Struct):
                yield kind


def _under_fields(module: ModuleType) -> Iterator[tuple[tuple[str, str], str]]:
    for node in ast.parse(inspect.getsource(module)).body:
        kind = getattr(module, node.name, None) if isinstance(node, ast.ClassDef) else None
        if not isinstance(node, ast.ClassDef) or not (inspect.isclass(kind) and issubclass(kind, msgspec.Struct)):
            continue
        wire = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
        for field, said in zip(node.body, node.body[1:], strict=False):
            text = said.value.value if isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant) else None
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, str):
                yield (node.name, wire[field.target.id]), " ".join(text.split())


def files() -> dict[Path, str]:
    """Every file this writes, with its text."""
    said = sayings()
    kinds = dict.fromkeys(kind for channel in CHANNELS for kind in channel.messages)
    written = {FOLDER / "schemas" / f"{kind.__name__}.json": _json(schema(kind, said)) for kind in kinds}
    return {
        FOLDER / "asyncapi.json": _json(asyncapi(said)),
        FOLDER / "messages.md": _reference(tuple(kinds), said),
        **written,
    }


def _json(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _reference(kinds: tuple[type[Message], ...], said: dict[tuple[str, str], str]) -> str:
    """Topics, messages and fields, for people."""
    lines = [
        "# Messages of the bus",
        "",
        "Made from the types by `docs/make_contract.py`, not by hand. What it means is in [mqtt.md](../mqtt.md).",
        "",
        f"Topics are below `{ROOT.replace('{site}', '<site>')}`.",
        "",
        "| Topic | Message | QoS | Retained | Written by | Read by |",
        "|---|---|---|---|---|---|",
    ]
    for channel in CHANNELS:
        topic = channel.address.replace("{", "<").replace("}", ">")
        names = ", ".join(f"[{kind.__name__}](#{kind.__name__.lower()})" for kind in channel.messages)
        who = [", ".join(sorted(people)) for people in (channel.writers, channel.readers)]
        lines.append(
            f"| `{topic}` | {names} | {channel.qos} | {'yes' if channel.retained else 'no'} | {who[0]} | {who[1]} |"
        )
    lines += ["", "## Commands", "", "| Command | Roles | Version | Why | Second person |", "|---|---|---|---|---|"]
    for name, rule in COMMANDS.items():
        needs = ["yes" if need else "no" for need in (rule.needs_version, rule.needs_why)]
        alone = f"; not for {', '.join(sorted(rule.alone))}" if rule.alone else ""
        lines.append(f"| `{name}` | {', '.join(sorted(rule.roles))} | {needs[0]} | {needs[1]} | {rule.second}{alone} |")
    for name, component in _components(kinds).items():
        lines += ["", f"## {name}", "", component.get("description", "").partition("\n")[0], ""]
        lines += list(_fields(name, component, said))
    return "\n".join(lines) + "\n"


def _components(kinds: tuple[type[Message], ...]) -> dict[str, Any]:
    _, components = msgspec.json.schema_components(kinds, ref_template="#/{name}")
    return components


def _fields(name: str, component: dict[str, Any], said: dict[tuple[str, str], str]) -> Iterator[str]:
    if "enum" in component:
        yield ", ".join(f"`{word}`" for word in component["enum"])
        return
    yield from ("| Field | Type | Required | Meaning |", "|---|---|---|---|")
    needed = component.get("required", [])
    for field, facts in component.get("properties", {}).items():
        text = said.get((name, field)) or facts.get("description", "")
        yield f"| `{field}` | {_type(facts)} | {'yes' if field in needed else 'no'} | {text.replace('|', '/')} |"


def _type(facts: dict[str, Any]) -> str:
    if "$ref" in facts:
        word = facts["$ref"].rpartition("/")[2]
        return f"[{word}](#{word.lower()})"
    if "anyOf" in facts:
        return " or ".join(map(_type, facts["anyOf"]))
    if facts.get("type") == "array":
        inside = facts.get("items") or (facts.get("prefixItems") or [{}])[0]
        return f"list of {_type(inside)}" if inside else "list"
    if "enum" in facts:
        return ", ".join(f"`{word}`" for word in facts["enum"])
    return str(facts.get("type", "any"))


def main() -> int:
    """Write the contract."""
    (FOLDER / "schemas").mkdir(parents=True, exist_ok=True)
    wanted = files()
    for path in {*(FOLDER / "schemas").glob("*.json")} - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(wanted)} files in {FOLDER.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
