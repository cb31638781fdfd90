"""What an event means in words: the vehicle's own table of its events, and how their arguments are put in.

An EVENT carries a number and 40 bytes of arguments. The words stand in a file that the vehicle holds itself (component
metadata of type 4, mavlink.io, events); PX4 compresses it with xz. The format is that of libevents
(``validation/schema.json`` in PX4 1.17): for each component its enumerations and its events, each with a message in
which ``{2:.1m}`` is the second argument with one decimal in metres, ``<param>…</param>`` a parameter's name,
``<profile name="dev">…</profile>`` for what only developers should read, and a backslash takes away a sign's meaning.

The file comes from outside: it is unpacked up to a limit only, and an entry that cannot be used is left out.
"""

from __future__ import annotations

import json
import lzma
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skystork.errors import LinkPeerError

MOST_BYTES = 1_000_000
"""Of a table unpacked: PX4 1.17's has 145 kB; what is larger by far is no table but an attack. Python's JSON reader
holds the whole process for some 22 ms with so much (0.209 s for 9.66 MB, measured); no thread helps there."""
_MEMORY_BYTES = 80_000_000  # PX4 1.17 packs with preset -9, which asks for 65 MB to unpack
_XZ_MAGIC = b"\xfd7zXZ\x00"
_PROFILE = "normal"  # libevents: who reads it; the other is "dev"
_TYPES = {
    "uint8_t": "B", "int8_t": "b", "uint16_t": "H", "int16_t": "h", "uint32_t": "I", "int32_t": "i",
    "uint64_t": "Q", "int64_t": "q", "float": "f",
}  # fmt: skip
_PART = re.compile(
    r'\\(?P<plain>.)|<(?P<tag>[a-z]+)(?: [a-z]+="(?P<attribute>[^"]*)")?>(?P<content>.*?)</(?P=tag)>'
    r"|\{(?P<index>\d+)(?::(?:\.(?P<decimals>\d))?)?(?P<unit>m_v|m/s|m\^2|m|C)?\}",
    re.DOTALL,
)
_LONGEST_MESSAGE = 1000
"""Characters; PX4 1.17's longest has a quarter of it. Time to render grows with the square of what is not closed."""
_UNITS = {"m_v": "m", "C": "°C", "m^2": "m²"}


@dataclass(frozen=True, slots=True)
class Described:
    """An event in words."""

    name: str
    group: str
    kind: str
    """``summary`` for the event that opens or closes a report, else empty."""
    text: str
    values: tuple[int | float, ...]
    """The arguments, as numbers."""


@dataclass(frozen=True, slots=True)
class _Enumeration:
    form: str
    words: Mapping[int, str]
    bitfield: bool
    separator: str

    def say(self, value: int | float) -> str:
        if not math.isfinite(value):
            return f"(unknown: {value})"
        whole = int(value)
        if not self.bitfield:
            return self.words.get(whole, f"(unknown: {whole})")
        bits = [1 << bit for bit in range(64) if whole >> bit & 1]
        return self.separator.join(self.words.get(bit, f"(unknown: {bit})") for bit in bits)


@dataclass(frozen=True, slots=True)
class _Definition:
    name: str
    group: str
    kind: str
    message: str
    arguments: tuple[tuple[str, _Enumeration | None], ...]
    """Struct format and, where the number stands for a word, its enumeration."""


class EventTexts:
    """The table of one firmware.

    Parameters
    ----------
    data
        The file as it lies on the vehicle, packed with xz or not.

    Raises
    ------
    LinkPeerError
        It is no such table, or unpacks to more than a table can have.
    """

    def __init__(self, data: bytes) -> None:
        components = parse_metadata(data).get("components", {})
        if not isinstance(components, dict) or not components:
            raise LinkPeerError("the table of events has no components; take the file that the firmware's build made")
        enumerations: dict[str, _Enumeration] = {}
        for _, component in _items(components):
            enumerations |= _enumerations(component)
        self._definitions: dict[int, _Definition] = {}
        for number, component in _items(components):
            for sub_id, definition in _definitions(component, enumerations):
                self._definitions.setdefault((number & 0xFF) << 24 | sub_id & 0xFF_FFFF, definition)

    def __len__(self) -> int:
        return len(self._definitions)

    def describe(self, event_id: int, arguments: bytes) -> Described | None:
        """Put an event in words; None where the table has no such event."""
        definition = self._definitions.get(event_id)
        if definition is None:
            return None
        values = _values(definition, arguments)
        words = [
            value if kind[1] is None else kind[1].say(value)
            for kind, value in zip(definition.arguments, values, strict=False)
        ]
        text = " ".join(_render(definition.message, words).split())
        return Described(definition.name, definition.group, definition.kind, text, values)


def parse_metadata(data: bytes) -> dict[str, Any]:
    """Read a metadata file of a vehicle: JSON, packed with xz or not.

    Raises
    ------
    LinkPeerError
        Not such a file, or too large.
    """
    try:
        parsed = json.loads(unpack(data))
    except (ValueError, RecursionError) as error:
        raise LinkPeerError(f"the vehicle's metadata is no JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise LinkPeerError(f"the vehicle's metadata is a {type(parsed).__name__}, not an object")
    return parsed


def unpack(data: bytes) -> bytes:
    """Unpack xz up to the limit; what is not packed is returned as it is.

    Raises
    ------
    LinkPeerError
        Damaged, or larger than the limit.
    """
    if data.startswith(_XZ_MAGIC):
        machine = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MEMORY_BYTES)
        try:
            data = machine.decompress(data, max_length=MOST_BYTES + 1)
        except lzma.LZMAError as error:
            raise LinkPeerError(f"the vehicle's metadata cannot be unpacked: {error}") from error
        if not machine.eof and len(data) <= MOST_BYTES:
            raise LinkPeerError("the vehicle's metadata ends amid its data")
    if len(data) > MOST_BYTES:
        raise LinkPeerError(f"the vehicle's metadata has more than {MOST_BYTES} bytes; it is not read")
    return data


def _items(table: object) -> list[tuple[int, dict[str, Any]]]:
    """The entries of an object keyed by numbers; others are left out."""
    if not isinstance(table, dict):
        return []
    return [(int(key), value) for key, value in table.items() if _is_number(key) and isinstance(value, dict)]


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 20


def _enumerations(component: Mapping[str, Any]) -> dict[str, _Enumeration]:
    """A component's enumerations, by their full names."""
    found: dict[str, _Enumeration] = {}
    table = component.get("enums", {})
    for name, raw in table.items() if isinstance(table, dict) else ():
        if isinstance(raw, dict) and isinstance(raw.get("type"), str) and raw["type"] in _TYPES:
            words = {number: str(entry.get("description", "")) for number, entry in _items(raw.get("entries"))}
            bitfield, separator = raw.get("is_bitfield") is True, str(raw.get("separator", "|"))
            found[f"{component.get('namespace')}::{name}"] = _Enumeration(
                _TYPES[raw["type"]], words, bitfield, separator
            )
    return found


def _definitions(
    component: Mapping[str, Any], enumerations: Mapping[str, _Enumeration]
) -> list[tuple[int, _Definition]]:
    found: list[tuple[int, _Definition]] = []
    groups = component.get("event_groups", {})
    for group, table in groups.items() if isinstance(groups, dict) else ():
        for sub_id, raw in _items(table.get("events") if isinstance(table, dict) else None):
            arguments = _arguments(raw.get("arguments", []), str(component.get("namespace")), enumerations)
            message = raw.get("message")
            if arguments is not None and isinstance(message, str) and len(message) <= _LONGEST_MESSAGE:
                kind, name = str(raw.get("type", "")), str(raw.get("name", ""))
                found.append((sub_id, _Definition(name, str(group), kind, raw["message"], arguments)))
    return found


def _arguments(
    raw: object, namespace: str, enumerations: Mapping[str, _Enumeration]
) -> tuple[tuple[str, _Enumeration | None], ...] | None:
    """The arguments of an event; None where one has a type nobody knows: no byte after it could be read."""
    if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
        return None
    found: list[tuple[str, _Enumeration | None]] = []
    for each in raw:
        name = str(each.get("type"))
        enumeration = enumerations.get(name if "::" in name else f"{namespace}::{name}")
        if name not in _TYPES and enumeration is None:
            return None
        found.append((_TYPES[name], None) if name in _TYPES or enumeration is None else (enumeration.form, enumeration))
    return tuple(found)


def _values(definition: _Definition, arguments: bytes) -> tuple[int | float, ...]:
    """The arguments as numbers, packed one after the other; what does not fit in the message is not there."""
    values: list[int | float] = []
    position = 0
    for form, _ in definition.arguments:
        size = struct.calcsize("<" + form)
        if position + size > len(arguments):
            break
        values.extend(struct.unpack_from("<" + form, arguments, position))
        position += size
    return tuple(values)


def _render(message: str, words: list[int | float | str]) -> str:
    """The message with its arguments, without its tags."""

    def put(part: re.Match[str]) -> str:
        if part["plain"] is not None:
            return part["plain"]
        if part["tag"] is not None:
            return _render_tag(part, words)
        index = int(part["index"]) - 1
        if not 0 <= index < len(words):
            return part[0]
        value = words[index]
        plain = f"{value:.{part['decimals']}f}" if part["decimals"] and not isinstance(value, str) else str(value)
        return f"{plain} {_UNITS.get(part['unit'], part['unit'])}" if part["unit"] else plain

    return _PART.sub(put, message)


def _render_tag(part: re.Match[str], words: list[int | float | str]) -> str:
    if part["tag"] == "profile":
        wanted = part["attribute"] or ""
        shown = wanted[1:] != _PROFILE if wanted.startswith("!") else wanted == _PROFILE
        return _render(part["content"], words) if shown else ""
    return part["content"] if part["tag"] in ("param", "a") else ""
