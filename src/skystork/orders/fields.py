"""Readers of single order fields: a value of a file becomes a value of ours, or a :class:`Complaint`.

Strict on purpose: Python itself takes ``NaN`` for a number, ``True`` for 1 and ``٣`` for 3; an order file may not.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from skystork.orders.order import Hazard

HEAVIEST_PARCEL_KG = 70.0
"""The heaviest parcel the large carriers take (UPS, DHL Express: 70 kg); more is a mistake of unit."""
LONGEST_SIDE_M = 2.7
"""The longest parcel UPS takes (274 cm); more is a mistake of unit."""
LONGEST_TEXT = 200
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one value; the place is added by the caller."""

    what: str
    limit: str
    remedy: str


class FieldError(ValueError):
    """Carries a complaint from a field reader to the line reader."""

    def __init__(self, complaint: Complaint) -> None:
        self.complaint = complaint
        super().__init__(complaint.what)


def _refuse(what: str, limit: str, remedy: str) -> FieldError:
    return FieldError(Complaint(what, limit, remedy))


def read_number(value: object, *, unit: str) -> float:
    """A finite decimal number; a string must be plain ASCII digits (CSV), never ``2,3`` or ``2.3 lb``.

    Raises
    ------
    FieldError
        For a bool, text with a unit, NaN, an infinity, or any other type.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _refuse(f"not a number but {type(value).__name__}", f"a decimal number of {unit}", "Write it like 1.25.")
    if isinstance(value, str) and not _DECIMAL.fullmatch(value.strip()):
        raise _refuse("not a plain decimal number", f"a decimal number of {unit}", f"Write it like 1.25, in {unit}.")
    number = _to_float(value, unit)
    if not math.isfinite(number):
        raise _refuse("not a finite number", f"a decimal number of {unit}", "Write the real value.")
    return number


def _to_float(value: float | str, unit: str) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise _refuse("too large a number", f"a decimal number of {unit}", "Write the real value.") from error


def read_weight_kg(value: object) -> float:
    """Mass with packaging, above 0 and at most what any carrier takes [kg]."""
    weight_kg = read_number(value, unit="kg")
    limit = f"above 0, at most {HEAVIEST_PARCEL_KG:g} kg"
    if weight_kg <= 0:
        raise _refuse("a parcel weighs more than nothing", limit, "Weigh it with its packaging, in kg.")
    if weight_kg > HEAVIEST_PARCEL_KG:
        raise _refuse("heavier than any carrier takes", limit, f"Weights are in kg: did you mean {weight_kg / 1000:g}?")
    return weight_kg


def read_side_m(value: object) -> float:
    """One side of the parcel [m]."""
    side_m = read_number(value, unit="m")
    limit = f"above 0, at most {LONGEST_SIDE_M:g} m"
    if side_m <= 0:
        raise _refuse("a side is longer than nothing", limit, "Measure it, in metres.")
    if side_m > LONGEST_SIDE_M:
        raise _refuse("longer than any carrier takes", limit, f"Sides are in metres: did you mean {side_m / 100:g}?")
    return side_m


def read_angle_deg(value: object, *, bound_deg: float, name: str) -> float:
    """Latitude or longitude within its bound [deg]."""
    angle_deg = read_number(value, unit="degrees")
    if abs(angle_deg) > bound_deg:
        limit = f"-{bound_deg:g} to {bound_deg:g} degrees"
        raise _refuse(f"{name} out of range", limit, "Write decimal degrees; latitude is the smaller range.")
    return angle_deg


def read_time_s(value: object) -> float:
    """RFC 3339 with an offset, as seconds since the Unix epoch."""
    limit = "RFC 3339 with an offset, like 2026-11-21T10:00:00+00:00"
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise _refuse("not a date and time", limit, "Write date, time and offset.")
    if moment.tzinfo is None:
        raise _refuse("time zone missing", limit, "Add the offset, e.g. +00:00, or Z.")
    return moment.timestamp()


def read_identifier(value: object) -> str:
    """1 to 64 letters, digits, dots, dashes, underscores."""
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise _refuse("not an identifier", "1 to 64 of A-Z a-z 0-9 . _ -, first a letter or digit", "Rename it.")
    return value


def read_text(value: object) -> str:
    """A short text without control or direction-changing characters."""
    if not isinstance(value, str):
        raise _refuse(f"not text but {type(value).__name__}", f"text of at most {LONGEST_TEXT} characters", "Quote it.")
    if len(value) > LONGEST_TEXT:
        raise _refuse(f"{len(value)} characters long", f"at most {LONGEST_TEXT} characters", "Shorten it.")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in value):
        raise _refuse("control or invisible characters in it", "printable characters", "Type it anew.")
    return value


def read_hazard(value: object) -> Hazard:
    """One of :class:`Hazard`; empty means none."""
    try:
        return Hazard(str(value) if value else "none")
    except ValueError as error:
        raise _refuse(
            "unknown hazard class", ", ".join(Hazard), "Use one of these; `none` for ordinary goods."
        ) from error
