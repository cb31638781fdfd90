"""The space that a flight holds while it is flown, and while it may be on its failsafe way.

A flight is cut into pieces of a second: where it is over ground, between which heights, from when to when after its
take-off. It may be early or late by :data:`TIME_SLACK_S`. Besides, at any instant of its way out it may turn back
by itself: it then comes towards those that follow it. What it could reach within :data:`TURN_BACK_S` of the turn is
held too; within that time the turn is seen (the mode is told every second) and told as an alert, on which a person
holds or returns those behind it: a return keeps them ahead of it. Nothing here orders that by itself. One flight at a
time is taken to fail: a held space is kept clear of what the others fly by plan, not of what they hold for the same
case.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.frames import LocalFrame
from skystork.planning.flight_plan import FailsafeWay, FlightPlan, LegName, WayKind

Array = NDArray[np.float64]

TIME_SLACK_S = 12.0
"""A flight may be this early or late against its plan: two transitions and a hover settling."""
TURN_BACK_S = 30.0
"""From a turn to when a person may have cleared its way: 5 s to hear of it, 2 s for an order, the rest to decide."""
LOITER_RADIUS_M = 80.0
"""Of a wing that holds, at most (NAV_LOITER_RAD's default, PX4 v1.17.0): what is kept free about it, so the launch gate
lets none arm that circles wider."""
HOVER_DRIFT_M = 3.0
"""Above and below where it hovers: a barometer's drift in a flight [m]."""
LONGEST_WAY_S = 3600.0
_RING_M, _CORNERS = 20.0, 24
"""Between rings, nearer than any separation; and corners of a ring, whose edges cut it by less than 1 %."""
_STEP_S = 5.0
"""Between the straight ways that are held of a leg."""


@dataclass(frozen=True, slots=True)
class Held:
    """Pieces of space and time, (n,) or (n, 2 ends, 2 east and north) [m], [s since take-off]."""

    lines_m: Array
    low_m: Array
    high_m: Array
    from_s: Array
    to_s: Array

    def __len__(self) -> int:
        """Number of pieces."""
        return len(self.low_m)

    def only(self, wanted: NDArray[np.bool_]) -> Held:
        """Some of the pieces."""
        return Held(
            self.lines_m[wanted], self.low_m[wanted], self.high_m[wanted], self.from_s[wanted], self.to_s[wanted]
        )

    def by_height(self) -> Iterator[Held]:
        """The pieces of each level by themselves, and those that change height."""
        level = self.high_m - self.low_m < 1e-6
        for height_m in np.unique(np.round(self.low_m[level], 1)):
            yield self.only(level & (np.abs(self.low_m - height_m) < 0.06))
        yield self.only(~level)


def flown(track: Array) -> Held:
    """A track by plan, (n, 3) at 1 s."""
    heights = np.stack([track[:-1, 2], track[1:, 2]])
    starts_s = np.arange(len(track) - 1, dtype=float)
    lines = np.stack([track[:-1, :2], track[1:, :2]], axis=1)
    return Held(lines, heights.min(axis=0), heights.max(axis=0), starts_s, starts_s + 1.0)


def turned_back(plan: FlightPlan, track: Array) -> Held:
    """Where it may be within :data:`TURN_BACK_S` of leaving its plan for its failsafe way."""
    began_s, parts = 0.0, [nothing()]
    frame = LocalFrame(plan.site_origin)
    for leg in plan.legs:
        for way in (way for way in plan.around.failsafe_ways if way.leg is leg.name):
            if way.kind is WayKind.REVERSE and leg.name is LegName.OUTBOUND:
                parts.append(_reverse(track, began_s, began_s + leg.duration_s))
            elif way.kind is WayKind.DIRECT:
                goal = frame.to_enu_m(plan.around.safe_points[way.safe_point].position)
                parts.append(_straight(plan, track, began_s, way, goal))
        began_s += leg.duration_s
    columns = ("lines_m", "low_m", "high_m", "from_s", "to_s")
    return Held(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def _reverse(track: Array, from_s: float, to_s: float) -> Held:
    """Turned at t it is at time t + b where it was at t - b: a place passed at p is met again until p + 2 b."""
    whole = flown(track)
    inside = (whole.from_s >= from_s - 1.0) & (whole.to_s <= to_s + 1.0)
    until_s = whole.to_s[inside] + 2 * TURN_BACK_S
    return Held(whole.lines_m[inside], whole.low_m[inside], whole.high_m[inside], whole.from_s[inside], until_s)


def _straight(plan: FlightPlan, track: Array, began_s: float, way: FailsafeWay, goal: tuple[float, float]) -> Held:
    """Up where it is, and along the straight way as far as it comes."""
    profile = plan.request.profile
    times_s = np.arange(began_s + way.from_s, began_s + way.to_s + _STEP_S, _STEP_S)
    turns = np.minimum(np.round(times_s), len(track) - 1).astype(int)
    here, towards = track[turns, :2], np.asarray(goal) - track[turns, :2]
    far_m = np.maximum(np.hypot(towards[:, 0], towards[:, 1]), 1e-9)
    share = np.minimum(1.0, profile.max_air_speed_m_s * TURN_BACK_S / far_m)
    lines = np.stack([here, here + share[:, None] * towards], axis=1)
    top_m = np.full(len(turns), way.height_home_m)
    return Held(lines, track[turns, 2], top_m, turns - _STEP_S, turns + _STEP_S + TURN_BACK_S)


def nothing() -> Held:
    """No space."""
    none = np.empty(0)
    return Held(np.empty((0, 2, 2)), none, none, none, none)


def hover(centre: tuple[float, float, float], radius_m: float, for_s: float, *, down_to_ground: bool) -> Held:
    """A disc that is held for a time: rings near enough to each other that nothing passes between them.

    Parameters
    ----------
    centre
        East, north and height above home [m].
    down_to_ground
        It comes down there.
    """
    count = max(1, math.ceil(radius_m / _RING_M))
    angles = np.linspace(0.0, 2 * math.pi, _CORNERS + 1)
    rings = [radius_m * (index + 1) / count for index in range(count)]
    places = [np.column_stack([np.cos(angles), np.sin(angles)]) * each_m + np.asarray(centre[:2]) for each_m in rings]
    lines = np.concatenate([np.stack([ring[:-1], ring[1:]], axis=1) for ring in places])
    low_m = 0.0 if down_to_ground else centre[2] - HOVER_DRIFT_M
    same = np.ones(len(lines))
    return Held(lines, low_m * same, (centre[2] + HOVER_DRIFT_M) * same, 0.0 * same, for_s * same)


def on_a_way(track: Array, times_s: Array) -> Array:
    """Where it is on a way at each second from now, (n, 3) [m]; for no longer than :data:`LONGEST_WAY_S`."""
    since_s = times_s - times_s[0]
    each_s = np.arange(0.0, min(float(since_s[-1]), LONGEST_WAY_S) + 1.0)
    return np.column_stack([np.interp(each_s, since_s, track[:, axis]) for axis in range(3)])
