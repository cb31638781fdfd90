"""When flights may be made: by the sun, by the pilots on duty.

Times of day are UTC, like every time of a site file; a shift from 22:00 to 06:00 goes over midnight. The sun's times
are those of the pad, narrowed by :data:`~skystork.airspace.sun.SUN_ERROR_S` on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from skystork.airspace.sun import SUN_ERROR_S, SunEvent, sun_event_s
from skystork.errors import ConfigError, Problem
from skystork.frames import Geodetic
from skystork.orders.reasons import Reason, ReasonCode

DAY_S = 86_400.0
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class FlightHours(StrEnum):
    """At which light a flight may be made."""

    ALWAYS = "always"
    """By day and by night."""
    CIVIL_TWILIGHT = "civil_twilight"
    """From the beginning of morning civil twilight to the end of evening civil twilight: day as SERA defines it."""
    SUN = "sun"
    """From sunrise to sunset."""


_EDGES = {
    FlightHours.CIVIL_TWILIGHT: (SunEvent.BMCT, SunEvent.EECT),
    FlightHours.SUN: (SunEvent.SR, SunEvent.SS),
}


def light_reasons(hours: FlightHours, depot: Geodetic, from_s: float, to_s: float) -> Iterator[Reason]:
    """NIGHT where any part of a flight between the two times would be made outside the hours [s since the epoch]."""
    if hours is FlightHours.ALWAYS:
        return
    windows = list(_windows(hours, depot, from_s))
    if any(begins_s <= from_s and to_s <= ends_s for begins_s, ends_s in windows):
        return
    opens_s = min((begins_s for begins_s, _ in windows if begins_s > from_s), default=None)
    limit = " to ".join(edge.value for edge in _EDGES[hours])
    remedy = f"by air again from {clock(opens_s)}" if opens_s is not None else "by road"
    text = f"the flight would last until {clock(to_s)}, outside {hours.value.replace('_', ' ')} ({limit})"
    yield Reason(ReasonCode.NIGHT, text, clock(to_s), limit, remedy=remedy)


def next_light_s(hours: FlightHours, depot: Geodetic, from_s: float, lasts_s: float) -> float | None:
    """The first moment from which a flight so long lies within the hours [s since the epoch]; None within two days."""
    if hours is FlightHours.ALWAYS:
        return from_s
    starts = (max(from_s, begins_s) for begins_s, ends_s in _windows(hours, depot, from_s) if ends_s > from_s)
    ends = [ends_s for _, ends_s in _windows(hours, depot, from_s) if ends_s > from_s]
    return next((start_s for start_s, end_s in zip(starts, ends, strict=True) if start_s + lasts_s <= end_s), None)


def _windows(hours: FlightHours, depot: Geodetic, at_s: float) -> Iterator[tuple[float, float]]:
    """Yesterday's, today's and tomorrow's; a day on which the sun does not get there has none."""
    first, last = _EDGES[hours]
    today_s = at_s // DAY_S * DAY_S
    for midnight_s in (today_s - DAY_S, today_s, today_s + DAY_S):
        begins_s, ends_s = (
            sun_event_s(midnight_s, depot.latitude_deg, depot.longitude_deg, edge) for edge in (first, last)
        )
        if begins_s is not None and ends_s is not None:
            yield begins_s + SUN_ERROR_S, ends_s - SUN_ERROR_S


@dataclass(frozen=True, slots=True)
class PilotShift:
    """``[[pilots]]``: a remote pilot on duty every day between two times of day."""

    name: str
    on_from: str
    """``HH:MM``, UTC."""
    on_until: str
    """``HH:MM``, UTC; at or before ``on_from`` it is the next day's."""

    def __post_init__(self) -> None:
        """Raise ConfigError for what is no time of day."""
        problems = [
            Problem(
                f"pilots {self.name} {name}", "not a time of day", text, "HH:MM, 00:00 to 23:59", "Write it like 06:30."
            )
            for name, text in (("on_from", self.on_from), ("on_until", self.on_until))
            if _TIME_OF_DAY.fullmatch(text) is None
        ]
        if problems:
            raise ConfigError(tuple(problems))

    def is_on(self, at_s: float) -> bool:
        """Whether the pilot is on duty."""
        return within_hours(self.on_from, self.on_until, at_s)


def within_hours(from_text: str, until_text: str, at_s: float) -> bool:
    """Whether a time of day lies between two others; from and until the same is the whole day."""
    of_day_s, from_s, until_s = at_s % DAY_S, seconds_of_day(from_text), seconds_of_day(until_text)
    if from_s < until_s:
        return from_s <= of_day_s < until_s
    return of_day_s >= from_s or of_day_s < until_s


def seconds_of_day(text: str) -> float:
    """``HH:MM`` as seconds after midnight [s]; raises ValueError."""
    found = _TIME_OF_DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"not HH:MM but {text!r}")
    return 3_600.0 * int(found[1]) + 60.0 * int(found[2])


def most_airborne(shifts: Sequence[PilotShift], aircraft_per_pilot: int, at_s: float) -> int | None:
    """How many aircraft may be on a flight at once; None where the site names no pilots."""
    return sum(shift.is_on(at_s) for shift in shifts) * aircraft_per_pilot if shifts else None


def pilots_reason(shifts: Sequence[PilotShift], aircraft_per_pilot: int, busy: int, at_s: float) -> Reason | None:
    """PILOTS where no further flight may begin; ``busy`` counts aircraft loaded, in the air and coming home."""
    most = most_airborne(shifts, aircraft_per_pilot, at_s)
    if most is None or busy < most:
        return None
    on_duty = most // aircraft_per_pilot
    text = f"{busy} aircraft are on a flight, {on_duty} pilots on duty may have {most}"
    return Reason(ReasonCode.PILOTS, text, busy, most, remedy=_relief(shifts, on_duty, at_s))


def _relief(shifts: Sequence[PilotShift], on_duty: int, at_s: float) -> str:
    changes = sorted((seconds_of_day(shift.on_from) - at_s) % DAY_S for shift in shifts)
    for wait_s in changes:
        if sum(shift.is_on(at_s + wait_s + 1.0) for shift in shifts) > on_duty:
            return f"another pilot on duty, as from {clock(at_s + wait_s)}, or a flight that ends"
    return "another pilot on duty, or a flight that ends"


def clock(at_s: float) -> str:
    """``HH:MM UTC``."""
    minutes = int(at_s % DAY_S) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d} UTC"
