"""How far and how long by road between places: one table, whoever filled it in.

A router's table (OSRM, Valhalla) is read by :mod:`skystork.dispatch.van_matrix`. Without one, and for every pair that
it left open, the straight line over the ground times the circuity is the distance, over the profile's mean speed the
time. Which pairs were estimated so, and why, stays with the table, so that nobody takes an estimate for a road.

The mean speed is one of the whole working day; what an hour of it is like stands in :class:`SpeedByHour`. A van that
drives over the full hour drives on at the new hour's speed, so that who leaves later never arrives earlier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from skystork.errors import ConfigError, Problem
from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic, LocalFrame

Matrix = NDArray[np.float64]
RouterTable = NDArray[np.float32]
"""Its seven digits hold a thousand kilometres to the decimetre."""
PlaceKey = tuple[int, int]
"""A place to some 10 m: latitude and longitude in ten-thousandths of a degree."""
HOUR_S = 3600.0
HOURS = 24
_PEAK_MORNING, _BETWEEN, _PEAK_EVENING = 49.5, 54.6, 50.6
"""Mean speed on English trunk roads from 7, 10 and 16 to 19 o'clock [mph]; DfT, Traffic speeds on English trunk roads,
2003. Newer tables give local A roads one figure for the day: 25.3 mph, year to March 2019."""
_DAY_MEAN = 12 / (3 / _PEAK_MORNING + 6 / _BETWEEN + 3 / _PEAK_EVENING)


def place_key(place: Geodetic) -> PlaceKey:
    """What a place is known by: those within some 10 m are one."""
    return round(place.latitude_deg * 1e4), round(place.longitude_deg * 1e4)


def _by_hour() -> tuple[float, ...]:
    speeds = dict.fromkeys((7, 8, 9), _PEAK_MORNING) | dict.fromkeys((16, 17, 18), _PEAK_EVENING)
    speeds |= dict.fromkeys(range(10, 16), _BETWEEN)
    return tuple(round(speeds.get(hour, _BETWEEN) / _DAY_MEAN, 4) for hour in range(HOURS))


@dataclass(frozen=True, slots=True)
class SpeedByHour:
    """Speed in each hour of the day over the mean of the day.

    Raises
    ------
    ConfigError
        When there are not 24 of them, or one is not a number from 0.1 to 3.
    """

    factors: tuple[float, ...] = field(default_factory=_by_hour)
    """By default those of the DfT's three periods; nights as between the peaks, for want of a figure."""
    utc_offset_s: float = 0.0
    """Local time less UTC [s]."""

    def __post_init__(self) -> None:
        problems = []
        if len(self.factors) != HOURS:
            remedy = "Give one for each hour of the day."
            problems.append(Problem("road.speed_by_hour", "wrong length", f"{len(self.factors)}", "24", remedy))
        for hour, factor in enumerate(self.factors):
            if not 0.1 <= factor <= 3.0:  # also refuses NaN
                where, limit = f"road.speed_by_hour[{hour}]", "from 0.1 to 3, speed over the day's mean"
                problems.append(Problem(where, "not a usable factor", f"{factor}", limit, "Correct it."))
        if problems:
            raise ConfigError(tuple(problems))

    def from_now(self, now_s: float) -> Matrix:
        """The factors from this hour on, and before them when this hour ends [s from now]: (25,)."""
        local_s = (now_s + self.utc_offset_s) % (HOURS * HOUR_S)
        hour = int(local_s // HOUR_S)
        turned = [self.factors[(hour + step) % HOURS] for step in range(HOURS)]
        return np.array([HOUR_S * (hour + 1) - local_s, *turned])


SAME_ALL_DAY = SpeedByHour((1.0,) * HOURS)
"""For a router that knows the traffic, and for what must not depend on the hour."""


@dataclass(frozen=True, slots=True)
class Leg:
    """From one place to another by road."""

    distance_m: float
    duration_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """What is known of the roads at one moment.

    The legs of a router are for any van of the site.
    """

    keys: tuple[PlaceKey, ...] = ()
    """The places of the two tables."""
    metres: RouterTable = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """By the router, from each to each [m]; NaN where it is not known."""
    seconds: RouterTable = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    by_hour: SpeedByHour = SAME_ALL_DAY
    """Of the estimated legs."""
    router_by_hour: SpeedByHour = SAME_ALL_DAY
    source: str = "straight line times circuity"
    """Who says so, and what he left open, for a person to read."""

    @property
    def known(self) -> int:
        """Pairs of different places between which the router knows the way."""
        return int(np.isfinite(self.seconds).sum() - np.isfinite(self.seconds.diagonal()).sum())

    def leg(self, first: Geodetic, second: Geodetic) -> Leg | None:
        """The router's; None where it has none."""
        keys = place_key(first), place_key(second)
        if not set(keys) <= set(self.keys):
            return None
        at = self.keys.index(keys[0]), self.keys.index(keys[1])
        return Leg(float(self.metres[at]), float(self.seconds[at])) if np.isfinite(self.seconds[at]) else None

    def tables(self, places: Sequence[Geodetic], profile: VanProfile) -> tuple[Matrix, Matrix]:
        """Metres, and seconds at the day's mean speed, from each place to each (n, n)."""
        metres = _straight_m(places) * profile.circuity
        seconds = metres / profile.speed_m_s
        if self.keys:
            row_of = {key: row for row, key in enumerate(self.keys)}
            rows = np.array([row_of.get(place_key(place), -1) for place in places], dtype=np.intp)
            of_router = np.ix_(rows, rows)
            told = np.isfinite(self.seconds[of_router]) & (rows >= 0)[:, None] & (rows >= 0)
            np.fill_diagonal(told, val=False)
            metres[told], seconds[told] = self.metres[of_router][told], self.seconds[of_router][told]
        return metres, seconds

    def hours(self, now_s: float) -> Matrix:
        """How the speed changes from now on; see :meth:`SpeedByHour.from_now`."""
        return (self.router_by_hour if self.known else self.by_hour).from_now(now_s)


def _straight_m(places: Sequence[Geodetic]) -> Matrix:
    """Over the ground, in a local frame about the first of the places (n, n)."""
    if not places:
        return np.zeros((0, 0))
    frame = LocalFrame(places[0])
    east_north = np.array([frame.to_enu_m(place) for place in places])
    metres: Matrix = np.hypot(*(east_north[:, None] - east_north[None]).transpose(2, 0, 1))
    return metres


def drive_s(base_s: float, leaves_s: float, hours: Matrix) -> float:
    """How long a leg takes that leaves so many seconds from now; the plain twin of the compiled one [s]."""
    left_s, now_s, until_s, hour = base_s, leaves_s, float(hours[0]), 1
    while now_s >= until_s:
        until_s, hour = until_s + HOUR_S, hour + 1
    while True:
        factor = float(hours[1 + (hour - 1) % HOURS])
        room_s = (until_s - now_s) * factor
        if left_s <= room_s or math.isinf(left_s):
            return now_s + left_s / factor - leaves_s
        left_s, now_s = left_s - room_s, until_s
        until_s, hour = until_s + HOUR_S, hour + 1
