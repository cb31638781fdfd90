"""The independent check of a written plan, against the raw zone data: a flight that it does not pass is not flown.

Nothing is shared with the planner: it imports its own modules only (``check_*.py``), no geometry library, another
series for the projection, another reading of the zone files, another quadrature. What it cannot read or cannot prove,
it refuses.

Bounds are proven for all instants, not sampled (:mod:`skystork.planning.check_index`,
:mod:`skystork.planning.check_motion`). Of the way back from any point of the outbound leg: it is the outbound path
itself, flown in the other direction at the same height, so its clearance is proven with it; its energy is checked here.

The distance that is proven is the whole margin: position error, stopping distance and gusts, by the formula of JARUS
SORA 2.5, annex A, written here a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from skystork.planning.check_around import (
    box_complaints,
    fence_complaints,
    layer_complaints,
    read_surroundings,
    safe_point_complaints,
)
from skystork.planning.check_document import WrittenFlight, WrittenLeg, read_document
from skystork.planning.check_energy import energy_complaints, leg_energy_j
from skystork.planning.check_failsafe import direct_complaints, swept_triangles, way_complaints
from skystork.planning.check_geometry import Array
from skystork.planning.check_ground import highest_ground_amsl_m
from skystork.planning.check_index import TOLERANCE_M, clearance_m, cut_pieces, too_near
from skystork.planning.check_motion import greatest_norm, motion_of
from skystork.planning.check_request import differences
from skystork.planning.check_speed import speed_complaints
from skystork.planning.check_zones import ClosedVolumes, RawAirspace, read_airspace, read_limits, texts_hash

LEG_ORDER = ("climb", "outbound", "descent", "drop", "drop_climb", "inbound", "landing")
PLACE_TOLERANCE_M = 0.05
"""Between the ends of a leg and the pad or the doorstep [m]."""
FRAME_TOLERANCE_M = 1e-3
"""Between control points in degrees and in the site's frame [m]."""
SHARE_TOLERANCE = 1e-4
"""On speeds and accelerations, which are computed in two ways."""
TIME_TOLERANCE_S = 1e-3
HEIGHT_TOLERANCE_M = 0.01
JOINT_TOLERANCE = (1e-3, 1e-3, 1e-2)
"""Jump of position [m], velocity [m/s] and acceleration [m/s²] between pieces."""
GUST_MARGIN_M = 20.0
"""Drift in a gust of 10 m/s over 2 s (JARUS SORA 2.5, annex A, wind buffer) [m]."""
LATEST_DEPARTURE_S = 900.0
"""After the planned one: so long the times of the zones are proven beyond the flight itself."""
ABOVE_GROUND_M = 10.0
"""Least height of a level leg above the ground: the vertical error of barometer and path keeping."""
_LOOK_AROUND_M = 250.0
"""Clearance is measured to here beyond the required one; farther is told as so much [m]."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that keeps the flight on the ground."""

    rule: str
    leg: str
    """Name of the leg; empty where it is about the whole plan."""
    detail: str
    value: float | str
    limit: float | str


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the site allows, read beside the planner."""

    origin: Mapping[str, Any]
    """Of the site's frame: ``latitude_deg``, ``longitude_deg``."""
    max_height_m: float
    service_radius_m: float
    zone_set_hash: str
    """Of the zones in force now."""
    rally_points: tuple[Mapping[str, Any], ...]
    """Each with ``name`` and ``position``."""
    zone_texts_hash: str
    """Of the texts that these zones were read from (:func:`skystork.planning.check_zones.texts_hash`)."""
    obstacle_set_hash: str = ""
    """Of the obstacles in force; empty where the site has none."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was proven of a plan, and how much of each limit it uses."""

    violations: tuple[Violation, ...]
    """Empty: it may be flown."""
    clearance_m: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """By leg: proven least distance from every volume closed to it [m]."""
    required_m: float = 0.0
    air_speed_m_s: float = 0.0
    """Proven bound over the whole flight, as the next two."""
    acceleration_m_s2: float = 0.0
    jerk_m_s3: float = 0.0
    energy_j: float = 0.0
    """By the check's own quadrature."""


def check_flight(
    document: Mapping[str, Any], *, airspace: RawAirspace, asked: Mapping[str, Any], site: SiteFacts
) -> tuple[Violation, ...]:
    """Everything wrong with a written plan; empty if it may be flown.

    Parameters
    ----------
    document
        As :func:`skystork.planning.document.plan_document` writes it.
    airspace
        The raw texts of the site's zone files.
    asked
        The fields of :class:`skystork.planning.flight_plan.FlightRequest`: what the plan must be of.
    """
    try:
        flight, closed = _read(document, airspace)
    except _UNREADABLE as error:
        return (_unreadable(error),)
    return (
        *_zone_set_violations(document, airspace, site),
        *_violations(document, flight, closed, asked, site),
        *_ground_violations(flight, airspace),
        *(Violation(*each) for each in speed_complaints(flight, read_limits(airspace, flight.plane))),
    )


def certify_flight(
    document: Mapping[str, Any], *, airspace: RawAirspace, asked: Mapping[str, Any], site: SiteFacts
) -> Certificate:
    """As :func:`check_flight`, with what was proven."""
    try:
        flight, closed = _read(document, airspace)
    except _UNREADABLE as error:
        return Certificate((_unreadable(error),))
    violations = check_flight(document, airspace=airspace, asked=asked, site=site)
    if any(violation.rule == "legs" for violation in violations):
        return Certificate(violations)
    required_m = required_margin_m(flight)
    reach_m = required_m + _LOOK_AROUND_M
    clearances = {
        leg.name: clearance_m(curves, closed.index, shut, reach_m) for leg, curves, shut in _closed_to(flight, closed)
    }
    air_speed_m_s, acceleration_m_s2, jerk_m_s3 = (
        max(values) for values in zip(*(_greatest(flight, leg) for leg in _moving(flight)), strict=True)
    )
    return Certificate(
        violations,
        MappingProxyType(clearances),
        required_m,
        air_speed_m_s,
        acceleration_m_s2,
        jerk_m_s3,
        sum(leg_energy_j(flight, leg) for leg in flight.legs),
    )


def required_margin_m(flight: WrittenFlight) -> float:
    """Distance to keep from what is closed [m]."""
    profile = flight.profile
    braking_m = profile["cruise_air_speed_m_s"] ** 2 / (2 * profile["max_acceleration_m_s2"])
    turning_m = 2 * profile["max_air_speed_m_s"] ** 2 / profile["max_acceleration_m_s2"]
    return profile["position_error_m"] + (turning_m if flight.winged else braking_m) + GUST_MARGIN_M


_UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError)


def _unreadable(error: Exception) -> Violation:
    return Violation("readable", "", f"not readable: {type(error).__name__} {error}", str(error)[:80], "a plan")


def _read(document: Mapping[str, Any], airspace: RawAirspace) -> tuple[WrittenFlight, ClosedVolumes]:
    flight = read_document(document)
    return flight, read_airspace(airspace, flight.plane)


def _violations(
    document: Mapping[str, Any],
    flight: WrittenFlight,
    closed: ClosedVolumes,
    asked: Mapping[str, Any],
    site: SiteFacts,
) -> Iterator[Violation]:
    names = tuple(leg.name for leg in flight.legs)
    if names != LEG_ORDER:
        yield Violation("legs", "", "the legs are not the seven in order", " ".join(names), " ".join(LEG_ORDER))
        return
    yield from _request_violations(document, asked, site)
    yield from _height_violations(flight, site.max_height_m)
    yield from _place_violations(flight, site.service_radius_m)
    yield from _motion_violations(flight)
    yield from _clearance_violations(flight, closed)
    yield from _time_violations(flight)
    yield from (Violation(*complaint) for complaint in energy_complaints(flight))
    yield from _around_violations(document, flight, closed, asked, site)


def _ground_violations(flight: WrittenFlight, airspace: RawAirspace) -> Iterator[Violation]:
    """No level leg goes lower than the vertical error above the ground under it, as far as the margin reaches."""
    if airspace.terrain is None:
        return
    margin_m = required_margin_m(flight)
    for leg in _moving(flight):
        pieces, _ = cut_pieces(leg.points)
        low, high = pieces.min(axis=1) - margin_m, pieces.max(axis=1) + margin_m
        ground_m = highest_ground_amsl_m(airspace.terrain, flight.plane, low, high) - airspace.ground_amsl_m
        if not leg.start_m >= ground_m + ABOVE_GROUND_M:
            text = f"{leg.start_m - ground_m:.0f} m above the highest ground under it"
            yield Violation("ground", leg.name, text, leg.start_m, ground_m + ABOVE_GROUND_M)


def _around_violations(
    document: Mapping[str, Any],
    flight: WrittenFlight,
    closed: ClosedVolumes,
    asked: Mapping[str, Any],
    site: SiteFacts,
) -> Iterator[Violation]:
    """Layers, hover boxes, safe points, the way out from every instant, and the fence about all of it."""
    span_s = (flight.departs_at_s, flight.departs_at_s + flight.duration_s + LATEST_DEPARTURE_S)
    try:
        around = read_surroundings(document, flight.plane)
        if (asked["start"] is not None) != flight.begins_in_air:
            yield Violation("request", "climb", "begins in the air or not, otherwise than asked", "", "")
        complaints = [
            *layer_complaints(around, flight, asked),
            *box_complaints(around, flight, closed, span_s, lands=asked["ends_at_drop_off"]),
            *safe_point_complaints(around, flight, asked, site.rally_points),
            *way_complaints(around, flight),
            *direct_complaints(around, flight, closed, span_s, required_margin_m(flight)),
            *fence_complaints(around, flight, swept_triangles(around, flight)),
        ]
    except _UNREADABLE as error:
        yield _unreadable(error)
        return
    if around.obstacle_set_hash != site.obstacle_set_hash:
        text = "planned against other obstacles than are in force; plan it anew"
        yield Violation("zones", "", text, around.obstacle_set_hash, site.obstacle_set_hash)
    for complaint in complaints:
        yield Violation(*complaint)


def _zone_set_violations(document: Mapping[str, Any], airspace: RawAirspace, site: SiteFacts) -> Iterator[Violation]:
    """Planned against the zones in force, and these read from the files as they are now."""
    if document["zone_set_hash"] != site.zone_set_hash:
        text = "planned against other zones than are in force; plan it anew"
        yield Violation("zones", "", text, str(document["zone_set_hash"]), site.zone_set_hash)
    found = texts_hash(airspace)
    if found != site.zone_texts_hash:
        text = "the zone files are not those that the zones in force were read from; load them anew and plan again"
        yield Violation("zones", "", text, found, site.zone_texts_hash)


def _request_violations(document: Mapping[str, Any], asked: Mapping[str, Any], site: SiteFacts) -> Iterator[Violation]:
    try:
        found = list(differences(document, asked))
    except _UNREADABLE as error:
        yield _unreadable(error)
        return
    for where, written, wanted in found:
        yield Violation("request", "", f"{where} is {written!r}, asked was {wanted!r}", str(written), str(wanted))
    if dict(document["origin"]) != dict(site.origin):
        yield Violation(
            "frame", "", "the origin is not the site's", str(dict(document["origin"])), str(dict(site.origin))
        )


def _height_violations(flight: WrittenFlight, max_height_m: float) -> Iterator[Violation]:
    height_m = flight.start_height_m
    for leg in flight.legs:
        if abs(leg.start_m - height_m) > HEIGHT_TOLERANCE_M:
            yield Violation("heights", leg.name, "begins at another height than the last ended", leg.start_m, height_m)
        if leg.level and abs(leg.end_m - leg.start_m) > HEIGHT_TOLERANCE_M:
            yield Violation("heights", leg.name, "is not level", leg.end_m, leg.start_m)
        low_m, high_m = sorted((leg.start_m, leg.end_m))
        if high_m > max_height_m + HEIGHT_TOLERANCE_M:
            yield Violation("max height", leg.name, f"reaches {high_m:.1f} m above home", high_m, max_height_m)
        if low_m < -HEIGHT_TOLERANCE_M:
            yield Violation("heights", leg.name, f"goes down to {low_m:.1f} m below home", low_m, 0.0)
        height_m = leg.end_m
    if abs(height_m) > HEIGHT_TOLERANCE_M:
        yield Violation("heights", "landing", "does not end on the ground", height_m, 0.0)
    drop, wanted_m = flight.legs[3], flight.profile["drop_height_m"]
    if abs(drop.start_m - wanted_m) > HEIGHT_TOLERANCE_M:
        yield Violation("drop height", drop.name, "not at the drop height", drop.start_m, wanted_m)
    if min(flight.legs[1].start_m, flight.legs[5].start_m) < drop.start_m:
        yield Violation("heights", drop.name, "is above the cruise height", drop.start_m, flight.legs[1].start_m)


def _place_violations(flight: WrittenFlight, radius_m: float) -> Iterator[Violation]:
    on_pad_m = float(np.hypot(*(flight.start - flight.pad)))
    if flight.start_height_m < 1.0 and on_pad_m > 1.0:
        yield Violation("places", "climb", "begins on the ground away from its pad", on_pad_m, 1.0)
    for leg, start, end in ((flight.legs[1], flight.start, flight.drop), (flight.legs[5], flight.drop, flight.pad)):
        for what, place, wanted in (("begins", leg.points[0, 0], start), ("ends", leg.points[-1, -1], end)):
            gap_m = float(np.hypot(*(place - wanted)))
            if gap_m > PLACE_TOLERANCE_M:
                text = f"{what} {gap_m:.2f} m from where it should"
                yield Violation("places", leg.name, text, gap_m, PLACE_TOLERANCE_M)
        gap_m = float(np.max(np.hypot(*np.moveaxis(leg.points - leg.frame_points, -1, 0))))
        if gap_m > FRAME_TOLERANCE_M:
            text = f"control points in degrees and in metres differ by {gap_m:.3f} m"
            yield Violation("frame", leg.name, text, gap_m, FRAME_TOLERANCE_M)
    far_m = float(np.hypot(*flight.drop))
    if far_m > radius_m * 1.001:  # the planner's disc is drawn about by a polygon of 96 sides
        yield Violation("radius", "drop", f"the doorstep is {far_m:.0f} m from the site", far_m, radius_m)


def _moving(flight: WrittenFlight) -> list[WrittenLeg]:
    return [leg for leg in flight.legs if len(leg.points)]


def _motion_violations(flight: WrittenFlight) -> Iterator[Violation]:
    profile = flight.profile
    limits = (profile["max_air_speed_m_s"], profile["max_acceleration_m_s2"], profile["max_jerk_m_s3"])
    names = ("air speed [m/s]", "acceleration [m/s²]", "jerk [m/s³]")
    for leg in _moving(flight):
        yield from _joint_violations(leg)
        for name, most, limit in zip(names, _greatest(flight, leg), limits, strict=True):
            if not most <= limit * (1 + SHARE_TOLERANCE):
                yield Violation("motion", leg.name, f"{name} reaches {most:.3f}", most, limit)


def _greatest(flight: WrittenFlight, leg: WrittenLeg) -> tuple[float, float, float]:
    """Bounds of air speed [m/s], acceleration [m/s²] and jerk [m/s³] of a leg."""
    velocity, acceleration, jerk = motion_of(leg.points, leg.piece_s)
    return greatest_norm(velocity - flight.wind), greatest_norm(acceleration), greatest_norm(jerk)


def _joint_violations(leg: WrittenLeg) -> Iterator[Violation]:
    """Between pieces nothing jumps; at both ends of the leg it stands."""
    velocity, acceleration, _ = motion_of(leg.points, leg.piece_s)
    rest = np.zeros((1, 2))
    names = ("place", "velocity", "acceleration")
    for name, curves, most in zip(names, (leg.points, velocity, acceleration), JOINT_TOLERANCE, strict=True):
        ends, starts = curves[:-1, -1], curves[1:, 0]
        if name != "place":
            ends, starts = np.concatenate([rest, curves[:, -1]]), np.concatenate([curves[:, 0], rest])
        jump = float(np.max(np.hypot(*(ends - starts).T), initial=0.0))
        if not jump <= most:
            yield Violation("continuity", leg.name, f"{name} jumps by {jump:.4f}", jump, most)


def _closed_to(flight: WrittenFlight, closed: ClosedVolumes) -> Iterator[tuple[WrittenLeg, Array, Any]]:
    """Each leg with its curves, a vertical one as a point, and the volumes closed to it when it is flown."""
    at_s = flight.departs_at_s
    for leg in flight.legs:
        low_m, high_m = sorted((leg.start_m, leg.end_m))
        curves = leg.points if len(leg.points) else np.broadcast_to(flight.place_of(leg.name), (1, 2, 2))
        shut = closed.closed(low_m, high_m, at_s, at_s + leg.duration_s + LATEST_DEPARTURE_S)
        # Up and down past a building a vehicle keeps its hover box free of it (check_around), not the whole margin.
        yield leg, curves, shut if len(leg.points) else shut & ~closed.is_obstacle
        at_s += leg.duration_s


def _clearance_violations(flight: WrittenFlight, closed: ClosedVolumes) -> Iterator[Violation]:
    required_m = required_margin_m(flight)
    if not flight.margin_m >= required_m - TOLERANCE_M:
        text = f"planned with {flight.margin_m:.1f} m from what is closed"
        yield Violation("margin", "", text, flight.margin_m, required_m)
    for leg, curves, shut in _closed_to(flight, closed):
        nearest: dict[int, float] = {}
        for found in too_near(curves, closed.index, shut, required_m):
            nearest[found.owner] = min(found.distance_m, nearest.get(found.owner, np.inf))
        for owner, distance_m in sorted(nearest.items(), key=lambda each: each[1]):
            where = f"{distance_m:.2f} m from" if distance_m > 0 else f"{-distance_m:.0f} m inside"
            text = f"{where} {closed.names[owner]}, {required_m:.2f} m required"
            yield Violation("clearance", leg.name, text, distance_m, required_m)


def _time_violations(flight: WrittenFlight) -> Iterator[Violation]:
    for leg in flight.legs:
        rise_m = leg.end_m - leg.start_m
        speed = flight.profile["climb_speed_m_s" if rise_m > 0 else "descent_speed_m_s"]
        if leg.duration_s < abs(rise_m) / speed * (1 - SHARE_TOLERANCE):
            text = f"{abs(rise_m):.1f} m in {leg.duration_s:.1f} s is faster than {speed:.1f} m/s"
            yield Violation("vertical speed", leg.name, text, leg.duration_s, abs(rise_m) / speed)
        if len(leg.points) and abs(leg.duration_s - float(leg.piece_s.sum())) > TIME_TOLERANCE_S:
            yield Violation("duration", leg.name, "is not that of its pieces", leg.duration_s, float(leg.piece_s.sum()))
    hold_s = flight.profile["drop_hold_s"]
    if flight.legs[3].duration_s < hold_s * (1 - SHARE_TOLERANCE):
        yield Violation("drop hold", "drop", "shorter than planned for", flight.legs[3].duration_s, hold_s)
    for what, stated_s, legs in (
        ("duration", flight.duration_s, flight.legs),
        ("time to the drop", flight.time_to_drop_s, flight.legs[:4]),
    ):
        total_s = sum(leg.duration_s for leg in legs)
        if abs(total_s - stated_s) > TIME_TOLERANCE_S:
            yield Violation("duration", "", f"{what} is not the sum of the legs", stated_s, total_s)
