"""When a zone is active: spans of time, and in them days of the week and times of day, by the clock or by the sun.

The question is always "may it be active at any time of this span", and doubt answers yes: local times that the clock
shows twice count both times, an event that the sun does not have that day closes the whole day, and a span longer than
a week meets every weekly schedule.

Source: ED-269 and ED-318, TimePeriod and DailyPeriod.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from skystork.airspace.sun import SUN_ERROR_S, SunEvent, sun_event_s

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
WEEK_S = 7 * 86_400.0
LAST_MINUTE_S = 86_340.0
"""A day that ends at 23:59 or later ends at midnight: no one opens an airspace for a minute."""

Place = tuple[float, float]
"""Longitude and latitude [deg]."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Beginning or end of a daily period."""

    time_s: float = 0.0
    """Time of day [s after midnight]; without meaning for an event."""
    event: SunEvent | None = None
    zone: str = "UTC"
    """Where the clock hangs: ``UTC``, an offset like ``+02:00``, or a name like ``Europe/London``."""


@dataclass(frozen=True, slots=True)
class DailyPeriod:
    """A time of day on some days of the week; an end not after its beginning is on the next day."""

    days: tuple[int, ...]
    """0 for Monday to 6 for Sunday; of the day on which the period begins."""
    start: Edge
    end: Edge


@dataclass(frozen=True, slots=True)
class Period:
    """When a zone is active."""

    starts_s: float
    """[s since the Unix epoch]; -inf where it has always been."""
    ends_s: float
    daily: tuple[DailyPeriod, ...] = ()
    """Only then; empty: the whole span."""


def is_active(periods: Sequence[Period] | None, from_s: float, to_s: float, places: Sequence[Place]) -> bool:
    """Whether any of the periods may meet the span.

    Parameters
    ----------
    periods
        None: always active.
    from_s, to_s
        [s since the Unix epoch], both included.
    places
        Corners of the zone, where the sun is looked at.
    """
    return periods is None or any(_meets(period, from_s, to_s, places) for period in periods)


def clock(zone: str) -> tzinfo:
    """The time zone of a name.

    Raises
    ------
    ValueError, KeyError, OSError
        Where there is none of that name.
    """
    if zone == "UTC":
        return UTC
    if zone[:1] in "+-":
        hours, _, minutes = zone[1:].partition(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-offset if zone[0] == "-" else offset)
    return ZoneInfo(zone)


def _meets(period: Period, from_s: float, to_s: float, places: Sequence[Place]) -> bool:
    low_s, high_s = max(from_s, period.starts_s), min(to_s, period.ends_s)
    if low_s > high_s:
        return False
    if not period.daily or high_s - low_s >= WEEK_S:
        return True
    return any(
        starts_s <= high_s and low_s <= ends_s
        for daily in period.daily
        for starts_s, ends_s in _windows(daily, low_s, high_s, places)
    )


def _windows(daily: DailyPeriod, low_s: float, high_s: float, places: Sequence[Place]) -> Iterator[tuple[float, float]]:
    """Its windows from two days before to two days after: offsets reach 14 h, windows two days."""
    day = datetime.fromtimestamp(low_s, UTC).date() - timedelta(days=2)
    last = datetime.fromtimestamp(high_s, UTC).date() + timedelta(days=2)
    while day <= last:
        if day.weekday() in daily.days:
            yield _window(daily, day, places)
        day += timedelta(days=1)


def _window(daily: DailyPeriod, day: date, places: Sequence[Place]) -> tuple[float, float]:
    starts, ends = _instants(daily.start, day, places, 0), _instants(daily.end, day, places, 1)
    if starts is None or ends is None:
        midnight_s = _at_s(day, 0.0, UTC, 0)
        return midnight_s - WEEK_S / 14, midnight_s + WEEK_S / 7 * 1.5  # the day at every longitude
    starts_s, ends_s = min(starts), max(ends)
    if ends_s <= starts_s:
        next_day = _instants(daily.end, day + timedelta(days=1), places, 1)
        ends_s = max(next_day) if next_day else ends_s + 1.5 * WEEK_S / 7
    return starts_s, ends_s


def _instants(edge: Edge, day: date, places: Sequence[Place], fold: int) -> list[float] | None:
    """The edge at all places, widened by the error of the sun; None where the sun has no such event there."""
    if edge.event is None:
        time_s = 86_400.0 if fold and edge.time_s >= LAST_MINUTE_S else edge.time_s
        return [_at_s(day, time_s, clock(edge.zone), fold)]
    midnight_s = _at_s(day, 0.0, UTC, 0)
    found = [sun_event_s(midnight_s, latitude, longitude, edge.event) for longitude, latitude in places]
    if not found or any(at_s is None for at_s in found):
        return None
    wider_s = SUN_ERROR_S if fold else -SUN_ERROR_S
    return [at_s + wider_s for at_s in found if at_s is not None]


def _at_s(day: date, time_s: float, zone: tzinfo, fold: int) -> float:
    whole = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(seconds=time_s)  # wall time moves on
    return whole.replace(fold=fold).timestamp()
