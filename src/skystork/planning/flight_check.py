"""The independent check of a written plan, against the raw zone data: a flight that it does not pass is not flown.

Nothing is shared with the planner: of this package it imports only its own two modules, no geometry library, another
projection (the plane that touches the ellipsoid at the site), another reading of the zone file, another quadrature.
What it cannot read or cannot prove, it refuses.

Bounds are proven for all instants, not sampled: a Bézier curve lies in the hull of its control points, so a piece whose
chord is far enough from a zone, less the deviation of its control points from that chord, is clear; any other piece is
halved until it is decided. Of the way back from any point of the outbound leg: it is the outbound path itself, flown
in the other direction at the same height, so its clearance is proven with it; its energy is checked here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.planning.check_document import WrittenFlight, WrittenLeg, read_document
from skystork.planning.check_geometry import DECIDED_M, deviation_m, halves
from skystork.planning.check_zones import Obstacle, read_obstacles

Array = NDArray[np.float64]

LEG_ORDER = ("climb", "outbound", "descent", "drop", "drop_climb", "inbound", "landing")
PLACE_TOLERANCE_M = 1.0
"""Between the ends of a leg and the pad or the doorstep [m]: below any position error."""
FRAME_TOLERANCE_M = 1.0
"""Between control points in degrees and in the site's frame [m]; the two projections differ by 0.3 m at 40 km."""
SHARE_TOLERANCE = 0.01
"""On speeds, accelerations, energies and durations that are computed in two ways."""
JOINT_TOLERANCE = (0.02, 0.05, 0.1)
"""Jump of position [m], velocity [m/s] and acceleration [m/s²] between pieces."""
_GRAVITY_M_S2 = 9.80665


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that keeps the flight on the ground."""

    rule: str
    leg: str
    """Name of the leg; empty where it is about the whole plan."""
    detail: str
    value: float | str
    limit: float | str


def check_flight(
    document: Mapping[str, Any],
    *,
    zones_geojson: str,
    circles: Sequence[Mapping[str, Any]],
    kinds: Mapping[str, Mapping[str, Any]],
    ground_amsl_m: float,
    limits: Mapping[str, float],
) -> tuple[Violation, ...]:
    """Everything wrong with a written plan; empty if it may be flown.

    Parameters
    ----------
    document
        As :func:`skystork.planning.document.plan_document` writes it.
    zones_geojson
        The raw text of the site's zone file.
    circles
        With ``zone_id name kind centre radius_m lower upper``.
    kinds
        By published kind: ``restriction`` and ``granted_below_agl_m``; a kind that is not there is closed.
    limits
        ``max_height_m`` and ``service_radius_m``.
    """
    try:
        flight = read_document(document)
        obstacles = read_obstacles(zones_geojson, circles, kinds, flight.plane, ground_amsl_m)
        max_height_m, radius_m = float(limits["max_height_m"]), float(limits["service_radius_m"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        return (Violation("readable", "", f"not readable: {type(error).__name__} {error}", str(error)[:80], "a plan"),)
    names = tuple(leg.name for leg in flight.legs)
    if names != LEG_ORDER:
        return (Violation("legs", "", "the legs are not the seven in order", " ".join(names), " ".join(LEG_ORDER)),)
    return (
        *_height_violations(flight, max_height_m),
        *_place_violations(flight, radius_m),
        *_motion_violations(flight),
        *_clearance_violations(flight, obstacles),
        *_time_violations(flight),
        *_energy_violations(flight),
    )


def _height_violations(flight: WrittenFlight, max_height_m: float) -> Iterator[Violation]:
    height_m = flight.start_height_m
    for leg in flight.legs:
        if abs(leg.start_m - height_m) > 0.01:
            yield Violation("heights", leg.name, "begins at another height than the last ended", leg.start_m, height_m)
        if leg.level and abs(leg.end_m - leg.start_m) > 0.01:
            yield Violation("heights", leg.name, "is not level", leg.end_m, leg.start_m)
        if not -0.01 <= max(leg.start_m, leg.end_m) <= max_height_m + 0.01:
            highest_m = max(leg.start_m, leg.end_m)
            yield Violation("max height", leg.name, f"reaches {highest_m:.1f} m above home", highest_m, max_height_m)
        height_m = leg.end_m
    if abs(height_m) > 0.01:
        yield Violation("heights", "landing", "does not end on the ground", height_m, 0.0)
    drop = flight.legs[3]
    if abs(drop.start_m - flight.profile["drop_height_m"]) > 0.5:
        yield Violation(
            "drop height", drop.name, "not at the drop height", drop.start_m, flight.profile["drop_height_m"]
        )
    if min(flight.legs[1].start_m, flight.legs[5].start_m) < drop.start_m:
        yield Violation("heights", drop.name, "is above the cruise height", drop.start_m, flight.legs[1].start_m)


def _place_violations(flight: WrittenFlight, radius_m: float) -> Iterator[Violation]:
    on_pad_m = float(np.hypot(*(flight.start - flight.pad)))
    if flight.start_height_m < PLACE_TOLERANCE_M < on_pad_m:
        yield Violation("places", "climb", "begins on the ground away from its pad", on_pad_m, PLACE_TOLERANCE_M)
    for leg, start, end in ((flight.legs[1], flight.start, flight.drop), (flight.legs[5], flight.drop, flight.pad)):
        for what, place, wanted in (("begins", leg.points[0, 0], start), ("ends", leg.points[-1, -1], end)):
            gap_m = float(np.hypot(*(place - wanted)))
            if gap_m > PLACE_TOLERANCE_M:
                text = f"{what} {gap_m:.1f} m from where it should"
                yield Violation("places", leg.name, text, gap_m, PLACE_TOLERANCE_M)
        gap_m = float(np.max(np.hypot(*np.moveaxis(leg.points - leg.frame_points, -1, 0))))
        if gap_m > FRAME_TOLERANCE_M:
            text = f"control points in degrees and in metres differ by {gap_m:.1f} m"
            yield Violation("frame", leg.name, text, gap_m, FRAME_TOLERANCE_M)
    far_m = float(np.hypot(*flight.drop))
    if far_m > radius_m * (1 + SHARE_TOLERANCE):
        yield Violation("radius", "drop", f"the doorstep is {far_m:.0f} m from the site", far_m, radius_m)


def _motion_violations(flight: WrittenFlight) -> Iterator[Violation]:
    profile = flight.profile
    limits = (profile["max_air_speed_m_s"], profile["max_acceleration_m_s2"], profile["max_jerk_m_s3"])
    names = ("air speed [m/s]", "acceleration [m/s²]", "jerk [m/s³]")
    for leg in (leg for leg in flight.legs if leg.level and leg.name != "drop"):
        last: tuple[Array, ...] = (leg.points[0, 0], np.zeros(2), np.zeros(2))
        for points, duration_s in zip(leg.points, leg.piece_s, strict=True):
            curves = _derivatives(points, float(duration_s))
            yield from _joint_violations(leg, last, tuple(curve[0] for curve in curves[:3]))
            last = tuple(curve[-1] for curve in curves[:3])
            moving = (curves[1] - flight.wind, curves[2], curves[3])
            for name, values, limit in zip(names, moving, limits, strict=True):
                most = float(np.max(np.hypot(values[:, 0], values[:, 1])))
                if not most <= limit * (1 + SHARE_TOLERANCE):
                    yield Violation("motion", leg.name, f"{name} may reach {most:.2f}", most, limit)
        yield from _joint_violations(leg, last, (last[0], np.zeros(2), np.zeros(2)))


def _joint_violations(leg: WrittenLeg, before: tuple[Array, ...], after: tuple[Array, ...]) -> Iterator[Violation]:
    for what, one, other, most in zip(
        ("place", "velocity", "acceleration"), before, after, JOINT_TOLERANCE, strict=True
    ):
        jump = float(np.hypot(*(one - other)))
        if not jump <= most:
            yield Violation("continuity", leg.name, f"{what} jumps by {jump:.3f}", jump, most)


def _derivatives(points: Array, duration_s: float) -> tuple[Array, Array, Array, Array]:
    velocity = np.diff(points, axis=0) * ((len(points) - 1) / duration_s)
    acceleration = np.diff(velocity, axis=0) * ((len(velocity) - 1) / duration_s)
    return points, velocity, acceleration, np.diff(acceleration, axis=0) * ((len(acceleration) - 1) / duration_s)


def _clearance_violations(flight: WrittenFlight, obstacles: list[Obstacle]) -> Iterator[Violation]:
    required_m = flight.profile["position_error_m"]
    place = {"climb": flight.start, "landing": flight.pad}
    for leg in flight.legs:
        low_m, high_m = sorted((leg.start_m, leg.end_m))
        here = place.get(leg.name, flight.drop)
        pieces = list(leg.points) if len(leg.points) else [np.array([here, here])]
        for obstacle in obstacles:
            if not obstacle.closes(low_m, high_m):
                continue
            for points in pieces:
                nearest_m = _nearer_than(points, obstacle, required_m)
                if nearest_m is not None:
                    text = f"{nearest_m:.1f} m from {obstacle.name}, {required_m:.1f} m required"
                    yield Violation("clearance", leg.name, text, nearest_m, required_m)
                    break


def _nearer_than(points: Array, obstacle: Obstacle, required_m: float) -> float | None:
    """A distance below the required one, or None where the whole piece is proven to keep it."""
    pending = [points]
    while pending:
        piece = pending.pop()
        chord_m, bend_m = obstacle.distance_m(piece[0], piece[-1]), deviation_m(piece)
        if chord_m - bend_m >= required_m:
            continue
        ends_m = min(obstacle.distance_m(piece[0], piece[0]), obstacle.distance_m(piece[-1], piece[-1]))
        if ends_m < required_m or bend_m <= DECIDED_M:
            return min(ends_m, chord_m - bend_m)
        pending += halves(piece)
    return None


def _time_violations(flight: WrittenFlight) -> Iterator[Violation]:
    for leg in flight.legs:
        rise_m = leg.end_m - leg.start_m
        speed = flight.profile["climb_speed_m_s" if rise_m > 0 else "descent_speed_m_s"]
        if leg.duration_s < abs(rise_m) / speed * (1 - SHARE_TOLERANCE):
            text = f"{abs(rise_m):.1f} m in {leg.duration_s:.1f} s is faster than {speed:.1f} m/s"
            yield Violation("vertical speed", leg.name, text, leg.duration_s, abs(rise_m) / speed)
        if len(leg.points) and abs(leg.duration_s - float(leg.piece_s.sum())) > 0.1:
            yield Violation("duration", leg.name, "is not that of its pieces", leg.duration_s, float(leg.piece_s.sum()))
    hold_s = flight.profile["drop_hold_s"]
    if flight.legs[3].duration_s < hold_s * (1 - SHARE_TOLERANCE):
        yield Violation("drop hold", "drop", "shorter than planned for", flight.legs[3].duration_s, hold_s)
    for what, stated_s, legs in (
        ("duration", flight.duration_s, flight.legs),
        ("time to the drop", flight.time_to_drop_s, flight.legs[:4]),
    ):
        total_s = sum(leg.duration_s for leg in legs)
        if abs(total_s - stated_s) > 0.1:
            yield Violation("duration", "", f"{what} is not the sum of the legs", stated_s, total_s)


def _energy_violations(flight: WrittenFlight) -> Iterator[Violation]:
    profile, total_j, stated_j = flight.profile, 0.0, 0.0
    for leg in flight.legs:
        own_j = _leg_energy_j(flight, leg)
        if abs(leg.energy_j - own_j) > SHARE_TOLERANCE * own_j:
            yield Violation(
                "energy", leg.name, f"stated {leg.energy_j:.0f} J, computed {own_j:.0f} J", leg.energy_j, own_j
            )
        total_j, stated_j = total_j + own_j, stated_j + leg.energy_j
    if abs(flight.energy_j - stated_j) > 1.0:
        yield Violation("energy", "", "the total is not the sum of the legs", flight.energy_j, stated_j)
    if abs(flight.reserve_j - (flight.on_board_j - flight.energy_j)) > 1.0:
        yield Violation("energy", "", "the reserve is not what is left", flight.reserve_j, flight.on_board_j - stated_j)
    if flight.on_board_j > profile["battery_j"] * (1 + SHARE_TOLERANCE):
        yield Violation("energy", "", "more on board than a full battery", flight.on_board_j, profile["battery_j"])
    kept_j = profile["reserve_fraction"] * profile["battery_j"]
    left_j = flight.on_board_j - total_j
    if left_j < kept_j * (1 - SHARE_TOLERANCE):
        yield Violation("reserve", "", f"{left_j:.0f} J left at touch-down", left_j, kept_j)
    climb_j, out_j = (_leg_energy_j(flight, leg) for leg in flight.legs[:2])
    back_j = climb_j + out_j + _way_back_j(flight)
    if not back_j <= flight.on_board_j:
        text = f"turning back at the end of the outbound leg takes {back_j:.0f} J in all"
        yield Violation("way back", "outbound", text, back_j, flight.on_board_j)


def _leg_energy_j(flight: WrittenFlight, leg: WrittenLeg) -> float:
    payload_kg = flight.payload_kg if leg.name in LEG_ORDER[:4] else 0.0
    if not len(leg.points):
        rate = (leg.end_m - leg.start_m) / leg.duration_s
        return _power_w(flight, math.hypot(*flight.wind, rate), payload_kg, max(rate, 0.0), False) * leg.duration_s
    total_j = 0.0
    for points, duration_s in zip(leg.points, leg.piece_s, strict=True):
        velocity = _derivatives(points, float(duration_s))[1]
        speeds = np.hypot(*(_at_midpoints(velocity) - flight.wind).T)
        if flight.winged and float(speeds.min()) < 1.2 * flight.profile["transition_air_speed_m_s"]:
            speeds = np.hypot(*(_at_midpoints(velocity, 1024) - flight.wind).T)  # power jumps where the wing takes over
        watts = [_power_w(flight, float(speed), payload_kg, 0.0, True) for speed in speeds]
        total_j += float(np.mean(watts)) * float(duration_s)
    return total_j


def _way_back_j(flight: WrittenFlight) -> float:
    """The outbound path in the other direction at cruise air speed, loaded, and the landing [J]."""
    outbound, profile = flight.legs[1], flight.profile
    air_speed = profile["cruise_air_speed_m_s"]
    watts = _power_w(flight, air_speed, flight.payload_kg, 0.0, True)
    total_s = 0.0
    for points in outbound.points:
        steps = -np.diff(_at_midpoints(points), axis=0, prepend=points[:1], append=points[-1:])
        lengths = np.hypot(steps[:, 0], steps[:, 1])
        along = steps @ flight.wind / np.maximum(lengths, 1e-9)
        across_squared = np.maximum(flight.wind @ flight.wind - along**2, 0.0)
        ground = along + np.sqrt(np.maximum(air_speed**2 - across_squared, 0.0))
        total_s += float(np.sum(np.where(ground > 0.1, lengths / np.maximum(ground, 0.1), math.inf)[lengths > 1e-9]))
    down_s = outbound.end_m / profile["descent_speed_m_s"]
    fall = math.hypot(*flight.wind, profile["descent_speed_m_s"])
    return watts * total_s + _power_w(flight, fall, flight.payload_kg, 0.0, False) * down_s


def _power_w(flight: WrittenFlight, air_speed: float, payload_kg: float, climb: float, en_route: bool) -> float:
    power, mass_kg = flight.power, flight.profile["empty_mass_kg"] + payload_kg
    constant_w = power["drag_w_per_m_s_3"] * air_speed**3 + power["avionics_w"] + mass_kg * _GRAVITY_M_S2 * climb
    if en_route and flight.winged and air_speed >= flight.profile["transition_air_speed_m_s"]:
        return power["cruise_w_per_kg_m_s"] * mass_kg * air_speed + constant_w
    return float(power["hover_w_per_kg_1_5"] * mass_kg**1.5) + constant_w


def _at_midpoints(points: Array, count: int = 32) -> Array:
    """Points of a Bézier curve in the middle of equal shares of its duration (de Casteljau)."""
    shares = ((np.arange(count) + 0.5) / count)[:, None, None]
    level = np.broadcast_to(points, (count, *points.shape))
    while level.shape[1] > 1:
        level = level[:, :-1] * (1 - shares) + level[:, 1:] * shares
    return np.asarray(level[:, 0])
