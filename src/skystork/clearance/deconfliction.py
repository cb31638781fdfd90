"""Own-fleet separation in space and time: a flight departs when its planned track stays clear of all others.

Tracks are compared second by second, and the others also some seconds early and late, because no flight keeps its
times to the second. The cheapest remedy comes first: a later take-off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.orders.order import FlightId
from skystork.planning.flight_plan import FlightPlan

TIME_SLACK_S = 12.0
"""A flight may be this early or late against its plan: two transitions and a hover settling."""
_SHIFTS_S = tuple(range(-12, 13))
"""Every second of the slack: at 30 m/s a crossing flight between two shifts 6 s apart would pass unseen."""
LONGEST_DELAY_S = 180.0
DELAY_STEP_S = 5.0


@dataclass(frozen=True, slots=True)
class Separation:
    """The cylinder that two aircraft of the fleet keep apart."""

    horizontal_m: float
    vertical_m: float


@dataclass(frozen=True, slots=True)
class Reservation:
    """Space and time a cleared flight holds."""

    flight_id: FlightId
    departs_at_s: float
    track: NDArray[np.float64]
    """(n, 3) east, north, height above home at 1 s [m]."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The nearest loss of separation with one other flight."""

    other: FlightId
    at_s: float
    horizontal_m: float
    vertical_m: float


def reserve(plan: FlightPlan, departs_at_s: float) -> Reservation:
    """The reservation of a plan that takes off then."""
    times_s = np.arange(0.0, plan.duration_s + 1.0)
    known_s = np.asarray([point.t_s for point in plan.track])
    columns = [[point.east_m, point.north_m, point.height_home_m] for point in plan.track]
    known = np.asarray(columns, dtype=float)
    track = np.column_stack([np.interp(times_s, known_s, known[:, axis]) for axis in range(3)])
    return Reservation(plan.request.flight_id, departs_at_s, track)


def find_conflict(mine: Reservation, others: Sequence[Reservation], separation: Separation) -> Conflict | None:
    """The first other flight that comes too near, or None."""
    for other in others:
        for shift_s in _SHIFTS_S:
            if conflict := _compare(mine, other, shift_s, separation):
                return conflict
    return None


def _compare(mine: Reservation, other: Reservation, shift_s: int, separation: Separation) -> Conflict | None:
    offset = round(other.departs_at_s + shift_s - mine.departs_at_s)
    first, last = max(offset, 0), min(len(mine.track), len(other.track) + offset)
    if last <= first:
        return None
    gaps = mine.track[first:last] - other.track[first - offset : last - offset]
    horizontal_m, vertical_m = np.hypot(gaps[:, 0], gaps[:, 1]), np.abs(gaps[:, 2])
    near = np.nonzero((horizontal_m < separation.horizontal_m) & (vertical_m < separation.vertical_m))[0]
    if len(near) == 0:
        return None
    index = int(near[0])
    at_s = mine.departs_at_s + first + index
    return Conflict(other.flight_id, at_s, float(horizontal_m[index]), float(vertical_m[index]))


def find_departure(
    plan: FlightPlan, earliest_s: float, others: Sequence[Reservation], separation: Separation
) -> Reservation | Conflict:
    """The earliest departure clear of all others within the longest delay, or the conflict that stays."""
    conflict: Conflict | None = None
    for step in range(int(LONGEST_DELAY_S / DELAY_STEP_S) + 1):
        mine = reserve(plan, earliest_s + step * DELAY_STEP_S)
        conflict = find_conflict(mine, others, separation)
        if conflict is None:
            return mine
    assert conflict is not None, "the loop runs at least once"
    return conflict
