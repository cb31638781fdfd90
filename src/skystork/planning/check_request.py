"""Whether a written plan is of the flight that was asked for: the same vehicle, place, load, air and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

_SAME = MappingProxyType(
    {
        "flight_id": "flight_id",
        "order_id": "order_id",
        "vehicle_id": "vehicle_id",
        "pad": "pad",
        "drop_off": "drop_off",
        "payload_kg": "payload_kg",
        "departs_at_s": "departs_at_s",
        "wind_enu_m_s": "wind_enu_m_s",
        "battery_j": "battery_on_board_j",
        "start_height_home_m": "start_height_home_m",
    }
)
"""Fields of the request, and where they stand in the document."""


def differences(document: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Name, written value and asked value of everything that differs."""
    for of_request, of_document in _SAME.items():
        yield from _differs(of_document, document[of_document], asked[of_request])
    yield from _differs("start", document["start"], asked["start"] or asked["pad"])
    written, profile = document["profile"], asked["profile"]
    for key, value in profile.items():
        yield from _differs(f"profile.{key}", written[key], value)


def _differs(where: str, written: Any, asked: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(asked, Mapping) and isinstance(written, Mapping):
        for key, value in asked.items():
            yield from _differs(f"{where}.{key}", written[key], value)
    elif _plain(written) != _plain(asked) or isinstance(written, bool) != isinstance(asked, bool):
        yield where, written, asked


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
