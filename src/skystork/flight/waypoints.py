"""A level leg as waypoints for rotors: where they lie, how near each is flown, how fast over ground.

PX4 turns to the next waypoint at the acceptance radius before a corner and flies an arc that touches both chords there.
It cuts the corner by R (1/cos(turn/2) - 1) with R = radius / tan(turn/2), which is radius x tan(turn/4) (PX4 v1.18,
src/lib/motion_planning/PositionSmoothing.cpp). The radius of each waypoint keeps that within :data:`CUT_M`: with the
polyline's own distance from the curve it stays far below the position error, which the margin holds.

A plan bounds the speed through the air, DO_CHANGE_SPEED sets the one over ground: along each chord it is that of the
wind triangle, or the limit of a zone; that is set a braking distance before the plan has come down to it. For its
corners PX4 brakes by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skystork.planning.bezier_path import SAMPLES_A_SEGMENT, bezier_points, flatten
from skystork.planning.flight_plan import Leg, Place

CUT_M = 0.5
"""A corner is cut by no more [m]."""
SMALLEST_RADIUS_M = 1.5
"""Below it, PX4 overshoots at 10 m/s and leaves the corridor on the other side (1 m, flown on PX4 1.17.0 SITL)."""
STEP_SHARE = 0.1
"""A speed that differs by less from the one in force needs no item."""
BRAKING_M_S2 = 1.5
"""For a speed limit; half of MPC_ACC_HOR by default: what jerk takes off a deceleration (PX4 v1.17.0)."""
APART_M = 2.0
"""Corners for a speed limit are left out this near another."""
SLOWEST_M_S = 1.0
"""Over ground, whatever the wind; what leaves less is refused by the planner."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """One corner of the polyline."""

    place_enu_m: Place
    acceptance_m: float
    speed_m_s: float
    """Over ground on the chord that leads here, at the air speed of the plan [m/s]."""
    turn_rad: float = 0.0
    """From that chord to the next, 0 to pi."""
    limited: bool = False
    """The speed is the limit of a zone, or below it: not to be rounded up."""

    @property
    def cut_m(self) -> float:
        """How far from the corner the arc passes [m]."""
        return self.acceptance_m * math.tan(self.turn_rad / 4)


def lay_waypoints(
    leg: Leg,
    flattening_m: float,
    acceptance_m: float,
    air_speed_m_s: float,
    wind_enu_m_s: tuple[float, float],
) -> list[Waypoint]:
    """Corners of a leg after its beginning, its end the last.

    Parameters
    ----------
    flattening_m
        The polyline leaves the curve by no more than this.
    acceptance_m
        Largest radius.
    """
    fastest_m_s = air_speed_m_s + math.hypot(*wind_enu_m_s)
    corners, limits = _with_limits(leg, flatten(leg.segments, flattening_m), fastest_m_s)
    found = []
    for index in range(1, len(corners)):
        before, here, limit_m_s = corners[index - 1], corners[index], limits[index - 1]
        turn_rad = _turn_rad(before, here, corners[index + 1]) if index + 1 < len(corners) else 0.0
        radius_m = min(acceptance_m, max(SMALLEST_RADIUS_M, CUT_M / max(math.tan(turn_rad / 4), 1e-9)))
        speed_m_s = min(_ground_speed_m_s(before, here, air_speed_m_s, wind_enu_m_s), limit_m_s)
        found.append(Waypoint(here, radius_m, speed_m_s, turn_rad, math.isfinite(limit_m_s)))
    return found


def _with_limits(leg: Leg, corners: list[Place], fastest_m_s: float) -> tuple[list[Place], list[float]]:
    """Corners, with further ones where a speed limit begins and ends, and the limit of each chord [m/s]."""
    if all(segment.speed_limit_m_s is None for segment in leg.segments):
        return corners, [math.inf] * (len(corners) - 1)
    points, _ = bezier_points(leg.segments)
    along_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    stretches = []
    for index, segment in enumerate(leg.segments):
        if segment.speed_limit_m_s is not None:
            first, last = (along_m[(index + side) * (SAMPLES_A_SEGMENT - 1)] for side in (0, 1))
            braking_m = max(0.0, fastest_m_s**2 - segment.speed_limit_m_s**2) / (2 * BRAKING_M_S2)
            stretches.append((max(0.0, float(first) - braking_m), float(last), segment.speed_limit_m_s))
    kept = np.flatnonzero((points[:, None] == np.array(corners)).all(axis=2).any(axis=1))
    ends = {end for begin_m, end_m, _ in stretches for end in (begin_m, end_m)}
    marks = [float(mark) for mark in along_m[kept]]
    marks = sorted([*marks, *(end for end in ends if min(abs(end - mark) for mark in marks) > APART_M)])
    places = [
        (float(np.interp(mark, along_m, points[:, 0])), float(np.interp(mark, along_m, points[:, 1]))) for mark in marks
    ]
    limits = [
        min(
            (limit for begin_m, end_m, limit in stretches if begin_m < to_m - APART_M and end_m > from_m + APART_M),
            default=math.inf,
        )
        for from_m, to_m in pairwise(marks)
    ]
    return places, limits


def greatest_air_speed_m_s(leg: Leg, wind_enu_m_s: tuple[float, float]) -> float:
    """Of the planned curve, by the control points of its velocity, rounded up to a centimetre a second [m/s]."""
    greatest = 0.0
    for segment in leg.segments:
        points = np.asarray(segment.control_points_enu_m, dtype=float)
        velocity = (len(points) - 1) * np.diff(points, axis=0) / segment.duration_s - np.asarray(wind_enu_m_s)
        greatest = max(greatest, float(np.hypot(velocity[:, 0], velocity[:, 1]).max()))
    return math.ceil(max(greatest, SLOWEST_M_S) * 100 - 1e-3) / 100


def speed_steps(waypoints: Sequence[Waypoint], in_force_m_s: float) -> Iterator[tuple[Waypoint, float | None]]:
    """Each waypoint with the speed to set before it; None where the one in force is near enough."""
    for each in waypoints:
        step = abs(each.speed_m_s - in_force_m_s) > STEP_SHARE * in_force_m_s
        step |= each.limited and each.speed_m_s < in_force_m_s
        in_force_m_s = each.speed_m_s if step else in_force_m_s
        yield each, (each.speed_m_s if step else None)


def _turn_rad(before: Place, here: Place, after: Place) -> float:
    """By how much the polyline turns at a corner, 0 to pi."""
    into = math.atan2(here[1] - before[1], here[0] - before[0])
    out = math.atan2(after[1] - here[1], after[0] - here[0])
    return abs((out - into + math.pi) % (2 * math.pi) - math.pi)


def _ground_speed_m_s(start: Place, end: Place, air_speed_m_s: float, wind_enu_m_s: tuple[float, float]) -> float:
    """By the wind triangle, along the chord."""
    length_m = max(math.dist(start, end), 1e-9)
    east, north = ((end[axis] - start[axis]) / length_m for axis in (0, 1))
    along = wind_enu_m_s[0] * east + wind_enu_m_s[1] * north
    across = wind_enu_m_s[0] * north - wind_enu_m_s[1] * east
    return max(SLOWEST_M_S, along + math.sqrt(max(air_speed_m_s**2 - across**2, 0.0)))
