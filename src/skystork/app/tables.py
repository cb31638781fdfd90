"""A TOML table becomes a frozen dataclass: every key known, every type right, every number inside its sane band."""

from __future__ import annotations

import difflib
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from skystork.errors import ConfigError, Problem

T = TypeVar("T")

SANE_BANDS: Mapping[str, tuple[float, float]] = {
    # Bands of vehicles in service; outside them it is a mistake of unit (profiles of Wing, Zipline, Matternet, Manna,
    # Prime Air and the parcel carriers).
    "empty_mass_kg": (0.25, 600.0),
    "payload_limit_kg": (0.01, 25.0),
    "cruise_air_speed_m_s": (5.0, 45.0),
    "max_air_speed_m_s": (5.0, 60.0),
    "climb_speed_m_s": (0.5, 10.0),
    "descent_speed_m_s": (0.5, 10.0),
    "max_acceleration_m_s2": (0.5, 20.0),
    "max_jerk_m_s3": (0.5, 60.0),
    "battery_j": (3.6e4, 3.6e8),  # 10 Wh to 100 kWh
    "reserve_fraction": (0.05, 0.8),
    "energy_weight_s_per_j": (0.0, 0.1),
    "battery_cycles": (0.0, 5_000.0),
    "battery_life_cycles": (20.0, 10_000.0),
    "battery_cold_loss_fraction_per_deg": (0.0, 0.05),
    "battery_coldest_deg": (-60.0, 20.0),
    "speed_limit_m_s": (1.0, 100.0),
    "rotors": (1, 32),
    "rotor_radius_m": (0.02, 5.0),
    "induced_factor": (1.0, 5.0),
    "profile_w_per_kg_1_5": (0.0, 500.0),
    "tip_speed_m_s": (20.0, 300.0),
    "drag_area_m2": (0.0005, 20.0),
    "avionics_w": (0.0, 5_000.0),
    "lift_over_drag": (1.0, 40.0),
    "best_air_speed_m_s": (3.0, 60.0),
    "drive_fraction": (0.1, 1.0),
    "stall_air_speed_m_s": (2.0, 50.0),
    "wind_limit_m_s": (1.0, 25.0),
    "position_error_m": (0.5, 50.0),
    "drop_height_m": (1.0, 100.0),
    "drop_hold_s": (1.0, 600.0),
    "pass_db": (20.0, 120.0),
    "hover_db": (20.0, 120.0),
    "at_m": (0.5, 500.0),
    "leq_per_hour_db": (10.0, 120.0),
    "leq_per_day_db": (10.0, 120.0),
    "turnaround_s": (0.0, 86_400.0),
    "load_s": (0.0, 3_600.0),
    "range_m": (100.0, 50_000.0),
    "capacity_kg": (1.0, 3_500.0),
    "speed_m_s": (0.5, 40.0),
    "circuity": (1.0, 3.0),
    "service_s": (0.0, 3_600.0),
    "energy_j_per_m": (10.0, 20_000.0),
    "max_height_m": (20.0, 150.0),
    "outbound_height_m": (20.0, 150.0),
    "inbound_height_m": (20.0, 150.0),
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-180.0, 180.0),
    "ground_amsl_m": (-430.0, 6_000.0),  # Dead Sea to the highest towns
    "radius_m": (1.0, 200_000.0),
    "relay_traffic_m": (0.0, 50_000.0),  # 0 is off; ten minutes of a light aircraft
    "geoid_undulation_m": (-110.0, 90.0),  # EGM96: -107 to 86
    "vertical_error_m": (0.0, 100.0),
    "vertical_margin_m": (0.0, 100.0),
    "default_height_m": (1.0, 1_000.0),
    "system_id": (1, 250),  # MAVLink: 251..255 are ground stations
    "drone_weight_limit_kg": (0.01, 25.0),
    "drone_radius_m": (200.0, 100_000.0),
    "session_rate_hz": (1.0, 10_000.0),
    "anonymous_rate_hz": (0.1, 10_000.0),
    "login_rate_hz": (0.001, 10.0),  # 864,000 guesses a day are the most
    "body_limit_bytes": (1_024, 65_536),  # of an order; a list of it is never longer
    "file_limit_bytes": (1_024, 16_777_216),
}
"""Least and greatest value by field name; a field that is not listed has no band of its own."""


def read_table(table: object, kind: type[T], where: str) -> T:
    """Read a table into a dataclass.

    Parameters
    ----------
    table
        As ``tomllib`` returned it.
    kind
        The dataclass; fields with a default may be missing.
    where
        File and table for the messages.

    Raises
    ------
    ConfigError
        With every unknown key, missing field, wrong type and value out of band.
    """
    if not isinstance(table, Mapping):
        seen = type(table).__name__
        raise ConfigError((Problem(where, "not a table", seen, f"a table [{where}]", "Write it as a TOML table."),))
    problems = list(_unknown(table, kind, where))
    values: dict[str, Any] = {}
    hints = get_type_hints(kind)
    for field in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass
        place = f"{where}.{field.name}"
        if field.name in table:
            try:
                values[field.name] = _read_value(table[field.name], hints[field.name], field.name, place)
            except ConfigError as error:
                problems.extend(error.problems)
        elif _required(field):
            problems.append(Problem(place, "missing", "nothing", str(field.type), "Add it."))
    if problems:
        raise ConfigError(tuple(problems))
    return kind(**values)


def _unknown(table: Mapping[str, object], kind: type, where: str) -> list[Problem]:
    known = [field.name for field in fields(kind)]
    problems = []
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Remove it."
            problems.append(Problem(f"{where}.{key}", "unknown key", repr(table[key])[:60], ", ".join(known), remedy))
    return problems


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _read_value(value: object, hint: Any, name: str, place: str) -> Any:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _read_value(value, next(part for part in get_args(hint) if part is not type(None)), name, place)
    if origin is tuple:
        return _read_tuple(value, get_args(hint), name, place)
    if is_dataclass(hint):
        return read_table(value, hint, place)  # type: ignore[arg-type]  # is_dataclass narrows to instances too
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _read_enum(value, hint, place)
    return _read_scalar(value, _plain(hint), name, place)


def _plain(hint: Any) -> type:
    """The type under a NewType."""
    plain: type = getattr(hint, "__supertype__", hint)
    return plain


def _read_tuple(value: object, parts: tuple[Any, ...], name: str, place: str) -> tuple[Any, ...]:
    endless = len(parts) == 2 and parts[1] is Ellipsis
    if not isinstance(value, list) or (not endless and len(value) != len(parts)):
        count = "any number" if endless else str(len(parts))
        raise _refuse(place, "not a list of the right length", value, f"a list of {count}")
    hints = [parts[0]] * len(value) if endless else parts
    return tuple(
        _read_value(item, hint, name, f"{place}[{index}]")
        for index, (item, hint) in enumerate(zip(value, hints, strict=True))
    )


def _read_enum(value: object, kind: type[Enum], place: str) -> Enum:
    try:
        return kind(value)
    except ValueError:
        raise _refuse(place, "not one of the words", value, ", ".join(str(member.value) for member in kind)) from None


def _read_scalar(value: object, kind: type, name: str, place: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _refuse(place, f"a {type(value).__name__}", value, f"a {kind.__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise _refuse(place, "not a finite number", value, "a finite number")
    if name in SANE_BANDS and isinstance(value, int | float):
        low, high = SANE_BANDS[name]
        if not low <= value <= high:
            raise _refuse(place, "outside the sane band: the unit stands in the name", value, f"{low:g} to {high:g}")
    return value


def _refuse(place: str, what: str, seen: object, limit: str) -> ConfigError:
    return ConfigError((Problem(place, what, repr(seen)[:60], limit, "Correct it in the file."),))
