"""Own-fleet separation in space and time: a flight departs when what it flies stays clear of all others.

Two pieces of held space (:mod:`skystork.clearance.held_space`) that lie too near to each other forbid an interval of
departures, so all departures are decided at once and the earliest free one is exact. Nothing is sampled: the pieces
are segments, and their distance is that of segments.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from skystork.clearance.held_space import HOVER_DRIFT_M, TIME_SLACK_S, Held, flown, nothing, turned_back
from skystork.orders.order import FlightId
from skystork.planning.flight_plan import FlightPlan, Place

Array = NDArray[np.float64]
Place3 = tuple[float, float, float]
"""East, north and height above home [m]."""

LONGEST_DELAY_S = 300.0
"""A wait for the others is tried up to this, a sixth of the promise of 30 minutes; then the flight is refused [s]."""
DELAY_STEP_S = 1.0
"""A departure is a whole second after the earliest."""


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
    turned: Held
    """Where it may be besides, on its failsafe way."""
    box: Held = field(default_factory=nothing)
    """About where it hovers, if it does."""

    @classmethod
    def standing(cls, flight_id: FlightId, from_s: float, place: Place3, box: Held) -> Reservation:
        """Of one that hovers from then on, with a box about the place [m]."""
        seconds = math.ceil(float(box.to_s.max())) + 1
        return cls(flight_id, from_s, np.tile(np.asarray(place), (seconds, 1)), nothing(), box)

    @classmethod
    def along(cls, flight_id: FlightId, from_s: float, track: Array) -> Reservation:
        """Of one that is at a point of this track each second from then on, (n, 3) [m]."""
        return cls(flight_id, from_s, track, nothing())


@dataclass(frozen=True, slots=True)
class Conflict:
    """The first loss of separation with one other flight."""

    other: FlightId
    at_s: float
    horizontal_m: float
    vertical_m: float
    place_enu_m: Place = (0.0, 0.0)
    """Where this flight is then [m]."""


@dataclass(frozen=True, slots=True)
class _Meetings:
    """Pairs of pieces of my flight and of another that are too near, and the departures that each forbids."""

    other: FlightId
    from_s: Array
    """Departures after this and before the next make the pieces meet [s since the Unix epoch]."""
    to_s: Array
    horizontal_m: Array
    vertical_m: Array
    places: Array
    """(n, 3) where this flight is then, east and north [m], and when [s since take-off]."""


def reserve(plan: FlightPlan, departs_at_s: float) -> Reservation:
    """The reservation of a plan that takes off then."""
    times_s = np.arange(0.0, plan.duration_s + 1.0)
    known_s = np.asarray([point.t_s for point in plan.track])
    columns = [[point.east_m, point.north_m, point.height_home_m] for point in plan.track]
    known = np.asarray(columns, dtype=float)
    track = np.column_stack([np.interp(times_s, known_s, known[:, axis]) for axis in range(3)])
    return Reservation(plan.request.flight_id, departs_at_s, track, turned_back(plan, track))


def find_conflict(mine: Reservation, others: Sequence[Reservation], separation: Separation) -> Conflict | None:
    """The first other flight that comes too near, or None."""
    for meetings in _all_meetings(mine, others, separation, mine.departs_at_s):
        if conflict := _first(meetings, mine.departs_at_s):
            return conflict
    return None


def first_through(
    centre: Place3,
    others: Sequence[Reservation],
    separation: Separation,
    *,
    radius_m: float,
    low_m: float,
    between_s: tuple[float, float],
) -> Conflict | None:
    """The first of the others that comes too near to one that stays about a place; by where they are each second.

    Parameters
    ----------
    centre
        Where it stays.
    radius_m
        As far about it as it may be.
    low_m
        From this height above home on, up to where it stays.
    between_s
        From now on, and as long as it stays [s since the Unix epoch].
    """
    found: list[Conflict] = []
    for other in others:
        track, half_step_m = other.track, 0.5 * float(np.hypot(*np.diff(other.track[:, :2], axis=0).T).max(initial=0.0))
        near_m = np.hypot(track[:, 0] - centre[0], track[:, 1] - centre[1]) - radius_m - half_step_m
        apart_m = np.maximum(track[:, 2] - centre[2], low_m - track[:, 2]) - HOVER_DRIFT_M
        at_s = other.departs_at_s + np.arange(len(track))
        then = (at_s >= between_s[0]) & (at_s < between_s[1])
        meets = then & (near_m < separation.horizontal_m) & (apart_m < separation.vertical_m)
        if meets.any():
            first = int(np.argmax(meets))
            gaps_m = max(float(near_m[first]), 0.0), max(float(apart_m[first]), 0.0)
            found.append(Conflict(other.flight_id, float(at_s[first]), *gaps_m, centre[:2]))
    return min(found, key=lambda conflict: conflict.at_s, default=None)


def find_departure(
    plan: FlightPlan,
    earliest_s: float,
    others: Sequence[Reservation],
    separation: Separation,
    longest_delay_s: float = LONGEST_DELAY_S,
) -> Reservation | Conflict:
    """The earliest departure clear of all others within the longest delay, or the conflict that stays."""
    mine = reserve(plan, earliest_s)
    found = _all_meetings(mine, others, separation, earliest_s + longest_delay_s)
    steps = np.arange(0.0, math.floor(longest_delay_s) + 0.5, DELAY_STEP_S) + earliest_s
    free = np.ones(len(steps), dtype=bool)
    for each in found:
        first, last = np.searchsorted(steps, each.from_s, side="right"), np.searchsorted(steps, each.to_s, side="left")
        changes = np.zeros(len(steps) + 1)
        np.add.at(changes, first, 1.0)
        np.add.at(changes, np.maximum(first, last), -1.0)
        free &= np.cumsum(changes[:-1]) < 0.5
    if free.any():
        return Reservation(mine.flight_id, float(steps[int(np.argmax(free))]), mine.track, mine.turned)
    conflict = next((conflict for each in found if (conflict := _first(each, float(steps[-1])))), None)
    assert conflict is not None, "a departure that is not free meets another flight"
    return conflict


def _all_meetings(
    mine: Reservation, others: Sequence[Reservation], separation: Separation, until_s: float
) -> list[_Meetings]:
    """Meetings with all others, for departures from that of the reservation to ``until_s``."""
    plan = _Indexed(flown(mine.track), mine.departs_at_s, until_s)
    turned = _Indexed(mine.turned, mine.departs_at_s, until_s)
    found = []
    for other in others:
        others_plan = flown(other.track)
        for indexed, theirs in (
            (plan, others_plan),
            (plan, other.turned),
            (plan, other.box),
            (turned, others_plan),
            (turned, other.box),
        ):
            found += list(indexed.meetings(theirs, other, separation))
    return found


class _Indexed:
    """Held space of my flight: what lies at one height, and what changes it, each in its own tree."""

    def __init__(self, held: Held, from_s: float, until_s: float) -> None:
        self._groups = [(group, STRtree(_lines(group))) for group in held.by_height() if len(group)]
        self._from_s, self._until_s = from_s - TIME_SLACK_S, until_s + TIME_SLACK_S

    def meetings(self, theirs: Held, other: Reservation, separation: Separation) -> Iterator[_Meetings]:
        for held, tree in self._groups:
            low_m, high_m = held.low_m.min() - separation.vertical_m, held.high_m.max() + separation.vertical_m
            from_s, until_s = self._from_s + held.from_s.min(), self._until_s + held.to_s.max()
            near = theirs.only(
                (theirs.high_m > low_m)
                & (theirs.low_m < high_m)
                & (theirs.to_s + other.departs_at_s > from_s)
                & (theirs.from_s + other.departs_at_s < until_s)
            )
            if len(near):
                yield _meetings(held, tree, near, other, separation)


def _meetings(held: Held, tree: STRtree, theirs: Held, other: Reservation, separation: Separation) -> _Meetings:
    lines = _lines(theirs)
    their_index, my_index = tree.query(lines, predicate="dwithin", distance=separation.horizontal_m)
    gap_m = np.maximum(
        held.low_m[my_index] - theirs.high_m[their_index], theirs.low_m[their_index] - held.high_m[my_index]
    )
    vertical_m = np.maximum(gap_m, 0.0)
    near_m = shapely.distance(tree.geometries[my_index], lines[their_index])
    too_near = (vertical_m < separation.vertical_m) & (near_m < separation.horizontal_m)
    a, b = my_index[too_near], their_index[too_near]
    return _Meetings(
        other.flight_id,
        other.departs_at_s + theirs.from_s[b] - held.to_s[a] - TIME_SLACK_S,
        other.departs_at_s + theirs.to_s[b] - held.from_s[a] + TIME_SLACK_S,
        near_m[too_near],
        vertical_m[too_near],
        np.column_stack([held.lines_m[a, 0], held.from_s[a]]),
    )


def _first(meetings: _Meetings, departs_at_s: float) -> Conflict | None:
    meets = np.flatnonzero((meetings.from_s < departs_at_s) & (departs_at_s < meetings.to_s))
    if not len(meets):
        return None
    index = int(meets[np.argmin(meetings.places[meets, 2])])
    east_m, north_m, at_s = (float(value) for value in meetings.places[index])
    horizontal_m, vertical_m = float(meetings.horizontal_m[index]), float(meetings.vertical_m[index])
    return Conflict(meetings.other, departs_at_s + at_s, horizontal_m, vertical_m, (east_m, north_m))


def _lines(held: Held) -> NDArray[np.object_]:
    """The pieces as lines; one that stands still is a hair long, because a line of no length has no distance."""
    lines = held.lines_m.copy()
    lines[np.all(lines[:, 0] == lines[:, 1], axis=1), 1, 0] += 1e-3
    return np.asarray(shapely.linestrings(lines), dtype=object)
