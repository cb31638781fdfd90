"""When a zone is active, as the independent check reads it; whatever is not understood is always active.

Sunrise and sunset are found by another method than the planner's: the tables of the Almanac for Computers (Nautical
Almanac Office, 1990), good to two minutes below 65 degrees of latitude.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_DAY_S = 86_400.0
_SUN_ERROR_S = 30.0
_ZENITH_DEG = {"BMCT": 96.0, "BCMT": 96.0, "SR": 90.833, "SS": 90.833, "EECT": 96.0, "ECET": 96.0}
_RISING = {"BMCT", "BCMT", "SR"}
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)

Place = tuple[float, float]
"""Longitude, latitude [deg]."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rows as published, each known to be understood."""

    rows: tuple[Mapping[str, Any], ...]
    places: tuple[Place, ...]

    def meets(self, from_s: float, to_s: float) -> bool:
        """Whether it is active at any time of a span, both ends included [s since the Unix epoch]."""
        return any(_row_meets(row, self.places, from_s, to_s) for row in self.rows)


def read_schedule(raw: Any, places: tuple[Place, ...]) -> Schedule | None:
    """The times of ``applicability`` or ``limitedApplicability``; None: always."""
    rows = [raw] if isinstance(raw, dict) else raw
    try:
        schedule = Schedule(tuple(rows), places)
        for row in schedule.rows:
            if set(row) - {"permanent", "startDateTime", "endDateTime", "schedule"}:
                return None
            if row.get("permanent", "NO") not in {"YES", "NO"} or row.get("schedule", 1) == []:
                return None
            starts_s, ends_s = _span(row)
            if ends_s < starts_s or not (row.get("schedule") or math.isfinite(starts_s) or math.isfinite(ends_s)):
                return None
        schedule.meets(0.0, 0.0)  # every part is read once; what cannot be read is told now
        for row in schedule.rows:
            for daily in row.get("schedule") or ():
                list(_windows(daily, places, 0.0, 0.0, every_day=True))
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return None
    return schedule if schedule.rows else None


def _span(row: Mapping[str, Any]) -> tuple[float, float]:
    if row.get("permanent") == "YES":
        return -math.inf, math.inf
    starts, ends = row.get("startDateTime"), row.get("endDateTime")
    return (-math.inf if starts is None else _moment_s(starts)), (math.inf if ends is None else _moment_s(ends))


def _moment_s(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return moment.timestamp()


def _row_meets(row: Mapping[str, Any], places: tuple[Place, ...], from_s: float, to_s: float) -> bool:
    starts_s, ends_s = _span(row)
    low_s, high_s = max(from_s, starts_s), min(to_s, ends_s)
    if low_s > high_s:
        return False
    dailies = row.get("schedule")
    if not dailies or high_s - low_s >= 7 * _DAY_S:
        return True
    windows = (window for daily in dailies for window in _windows(daily, places, low_s, high_s))
    return any(begin_s <= high_s and low_s <= end_s for begin_s, end_s in windows)


def _windows(
    daily: Mapping[str, Any], places: tuple[Place, ...], low_s: float, high_s: float, *, every_day: bool = False
) -> Iterator[tuple[float, float]]:
    if set(daily) - {"day", "startTime", "startEvent", "endTime", "endEvent", "timeZone"}:
        raise ValueError("a daily period has members that are not known")
    words = [daily["day"]] if isinstance(daily["day"], str) else list(daily["day"])
    days = set(range(7)) if "ANY" in words else {_DAYS.index(word) for word in words}
    if not days:
        raise ValueError("no day")
    first = datetime.fromtimestamp(low_s, UTC).date() - timedelta(days=2)
    count = (datetime.fromtimestamp(high_s, UTC).date() - first).days + 3
    for day in (first + timedelta(days=number) for number in range(count)):
        if every_day or day.weekday() in days:
            yield _window(daily, places, day)


def _window(daily: Mapping[str, Any], places: tuple[Place, ...], day: date) -> tuple[float, float]:
    begins, ends = _edge(daily, "start", places, day), _edge(daily, "end", places, day)
    midnight_s = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    if not begins or not ends:
        return midnight_s - _DAY_S / 2, midnight_s + 1.5 * _DAY_S  # the sun does not do so that day
    if max(ends) > min(begins):
        return min(begins), max(ends)
    later = _edge(daily, "end", places, day + timedelta(days=1))
    return min(begins), max(later) if later else midnight_s + 2.5 * _DAY_S


def _edge(daily: Mapping[str, Any], side: str, places: tuple[Place, ...], day: date) -> list[float]:
    """The instants that an edge may stand for; none where the sun has no such event."""
    time, event = daily.get(f"{side}Time"), daily.get(f"{side}Event")
    if (time is None) == (event is None):
        raise ValueError(f"the {side} needs either a time or an event")
    if event is None:
        return _clock_s(str(time), daily.get("timeZone"), day, ends=side == "end")
    found = [_sun_s(str(event), place, day) for place in places]
    if not found or any(at_s is None for at_s in found):
        return []
    return [at_s + error_s for at_s in found if at_s is not None for error_s in (-_SUN_ERROR_S, _SUN_ERROR_S)]


def _clock_s(text: str, zone: str | None, day: date, *, ends: bool) -> list[float]:
    """Both readings of a time that the clock shows twice."""
    found = _CLOCK.fullmatch(text)
    if found is None or (found[4] is None) != (zone is not None):
        raise ValueError(f"{text} is no time of day")
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    clock = _clock(zone if zone is not None else found[4])
    moment = datetime(day.year, day.month, day.day, hours, minutes, seconds, tzinfo=clock)
    if ends and hours * 60 + minutes >= 23 * 60 + 59:
        moment = datetime(day.year, day.month, day.day, tzinfo=clock) + timedelta(days=1)
    return [moment.replace(fold=fold).timestamp() for fold in (0, 1)]


def _clock(name: str) -> tzinfo:
    if name in {"Z", "UTC"}:
        return UTC
    if name[:1] in {"+", "-"}:
        offset = timedelta(hours=int(name[1:3]), minutes=int(name[4:6] or 0))
        return timezone(-offset if name[0] == "-" else offset)
    return ZoneInfo(name)


def _sun_s(event: str, place: Place, day: date) -> float | None:
    """When the sun stands so; None where it does not that day [s since the Unix epoch]."""
    longitude_deg, latitude_deg = place
    rising, cos_zenith = event in _RISING, math.cos(math.radians(_ZENITH_DEG[event]))
    of_year = day.timetuple().tm_yday + ((6.0 if rising else 18.0) - longitude_deg / 15.0) / 24.0
    anomaly = math.radians(0.9856 * of_year - 3.289)
    true_deg = (math.degrees(anomaly) + 1.916 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly) + 282.634) % 360.0
    true = math.radians(true_deg)
    ascension_h = (math.degrees(math.atan2(0.91764 * math.sin(true), math.cos(true))) % 360.0) / 15.0
    sin_declination = 0.39782 * math.sin(true)
    cos_declination = math.cos(math.asin(sin_declination))
    latitude = math.radians(latitude_deg)
    cos_hour = (cos_zenith - sin_declination * math.sin(latitude)) / (cos_declination * math.cos(latitude))
    if abs(cos_hour) > 1:
        return None
    hour_h = math.degrees(math.acos(cos_hour)) / 15.0
    local_h = ((24.0 - hour_h) if rising else hour_h) + ascension_h - 0.06571 * of_year - 6.622
    midnight_s = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    expected_s = midnight_s + _DAY_S / 2 - longitude_deg * 240.0 + (-1 if rising else 1) * _DAY_S / 4
    at_s = midnight_s + (local_h - longitude_deg / 15.0) * 3600.0
    return at_s + round((expected_s - at_s) / _DAY_S) * _DAY_S
