"""The independent check of a mission by hand: leg by leg, against the raw zone data, as every other flight.

A leg is the straight way between two places at two heights. It keeps the whole margin from every volume that is closed
at some height of it and at some time from its departure until the latest one; it stays within the site's height and
radius and above the ground; and what it draws is added up against the battery. What cannot be read is refused. It
shares nothing with the planner; like the rest of the check it imports its own modules only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skystork.planning.check_around import ring_complaints
from skystork.planning.check_geometry import Array, MeridianPlane, finite_pairs
from skystork.planning.check_ground import highest_ground_amsl_m
from skystork.planning.check_index import cut_pieces, too_near
from skystork.planning.check_zones import ClosedVolumes, RawAirspace, read_airspace
from skystork.planning.flight_check import ABOVE_GROUND_M, GUST_MARGIN_M, LATEST_DEPARTURE_S

AT_PLACE_M = 30.0
"""Of a pad or rally point: as pads lie apart, and above the error of GNSS."""
JOULES_PER_WH = 3600.0
LOWEST_LEVEL_M = 10.0
"""Below it a leg is a climb or a landing, and must stand over its place."""


@dataclass(frozen=True, slots=True)
class ManualLeg:
    """One straight way."""

    name: str
    start_deg: tuple[float, float]
    """Longitude and latitude."""
    end_deg: tuple[float, float]
    start_m: float
    """Height above home [m]."""
    end_m: float
    duration_s: float
    energy_j: float
    back_j: float = 0.0
    """Flown the other way round [J]."""
    turns_back: bool = False
    """A return begun on it goes back over the ways before it; begun on another, on to the landing."""


@dataclass(frozen=True, slots=True)
class ManualSite:
    """What the site allows."""

    origin_deg: tuple[float, float]
    """Longitude and latitude of its frame."""
    max_height_m: float
    service_radius_m: float
    landing_deg: tuple[tuple[float, float], ...]
    """Where a mission may end: its pad first, then rally points."""


def required_m(profile: Mapping[str, Any]) -> float:
    """Distance to keep from what is closed; as for every other flight, written once more [m]."""
    winged = profile["airframe"] == "lift_and_cruise"
    braking_m = profile["cruise_air_speed_m_s"] ** 2 / (2 * profile["max_acceleration_m_s2"])
    turning_m = 2 * profile["max_air_speed_m_s"] ** 2 / profile["max_acceleration_m_s2"]
    return float(profile["position_error_m"] + (turning_m if winged else braking_m) + GUST_MARGIN_M)


def check_manual(
    legs: Sequence[ManualLeg],
    *,
    airspace: RawAirspace,
    site: ManualSite,
    profile: Mapping[str, Any],
    departs_at_s: float,
    battery_j: float,
) -> tuple[tuple[str, ...], ...]:
    """What is wrong with each leg, and last with the whole; all empty where it may be flown."""
    plane = MeridianPlane(site.origin_deg[1], site.origin_deg[0])
    try:
        closed = read_airspace(airspace, plane)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        return (*(() for _ in legs), (f"the site's zones cannot be read, so nothing is flown: {error}",))
    margin_m, at_s, back_j = required_m(profile), departs_at_s, 0.0
    left_j = battery_j - profile["reserve_fraction"] * profile["battery_j"]
    found = []
    for leg in legs:
        way = plane.project(np.array([leg.start_deg, leg.end_deg], dtype=float))
        left_j, back_j = left_j - leg.energy_j, back_j + leg.back_j
        span_s = (at_s, at_s + leg.duration_s + LATEST_DEPARTURE_S)
        complaints = (
            *_bounds(leg, way, site),
            *_closed(leg, way, closed, span_s, margin_m),
            *_ground(leg, way, airspace, plane, margin_m),
            *_energy(left_j, back_j if leg.turns_back else 0.0),
        )
        found.append(tuple(complaints))
        at_s += leg.duration_s
    return (*found, tuple(_whole(legs, plane, site)))


def check_manual_fence(
    legs: Sequence[ManualLeg], fence: Mapping[str, Any], origin_deg: tuple[float, float]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the fence about a mission, each with the name of its leg, empty for the fence itself.

    As for every other flight: what is flown is well inside the inclusion, well outside each exclusion, and all of it
    fits on board.

    Parameters
    ----------
    fence
        ``inclusion_deg`` and ``exclusions_deg``, as a written plan has them.
    """
    plane = MeridianPlane(origin_deg[1], origin_deg[0])
    try:
        rings = [finite_pairs(fence["inclusion_deg"], "inclusion_deg")]
        rings += [finite_pairs(ring, "exclusions_deg") for ring in fence["exclusions_deg"]]
        flown = [(leg.name, plane.project(np.array([leg.start_deg, leg.end_deg], dtype=float))[None]) for leg in legs]
        for _, name, text, _, limit in ring_complaints(rings, plane, flown):
            yield name, f"fence: {text}; required {limit}"
    except (ValueError, KeyError, TypeError, IndexError) as error:
        yield "", f"the fence cannot be read, so nothing is flown: {error}"


def _bounds(leg: ManualLeg, way: Array, site: ManualSite) -> Iterator[str]:
    low_m, high_m = sorted((leg.start_m, leg.end_m))
    if not (math.isfinite(low_m) and math.isfinite(high_m) and np.isfinite(way).all()):
        yield "its place or height is no finite number"
        return
    if high_m > site.max_height_m:
        yield f"reaches {high_m:.0f} m above home; at most {site.max_height_m:.0f} m are allowed"
    if low_m < 0:
        yield f"goes down to {low_m:.0f} m below home"
    far_m = float(np.max(np.hypot(way[:, 0], way[:, 1])))
    if far_m > site.service_radius_m:
        yield f"is {far_m / 1e3:.1f} km from the site; drones serve {site.service_radius_m / 1e3:.1f} km"
    length_m = float(np.hypot(*(way[1] - way[0])))
    if low_m < LOWEST_LEVEL_M and length_m > AT_PLACE_M:
        yield f"goes {length_m:.0f} m over ground as low as {low_m:.0f} m; climb to {LOWEST_LEVEL_M:.0f} m first"


def _closed(
    leg: ManualLeg, way: Array, closed: ClosedVolumes, span_s: tuple[float, float], margin_m: float
) -> Iterator[str]:
    low_m, high_m = sorted((leg.start_m, leg.end_m))
    shut = closed.closed(low_m, high_m, *span_s)
    nearest: dict[int, float] = {}
    for each in too_near(way[None, :, :], closed.index, shut, margin_m):
        nearest[each.owner] = min(each.distance_m, nearest.get(each.owner, math.inf))
    for owner, distance_m in sorted(nearest.items(), key=lambda pair: pair[1]):
        where = f"{distance_m:.0f} m from" if distance_m > 0 else "inside"
        yield f"{where} {closed.names[owner]}, which is closed to it; {margin_m:.0f} m are required"


def _ground(leg: ManualLeg, way: Array, airspace: RawAirspace, plane: MeridianPlane, margin_m: float) -> Iterator[str]:
    low_m = min(leg.start_m, leg.end_m)
    if airspace.terrain is None or low_m < LOWEST_LEVEL_M:
        return
    pieces, _ = cut_pieces(way[None, :, :])
    low, high = pieces.min(axis=1) - margin_m, pieces.max(axis=1) + margin_m
    ground_m = highest_ground_amsl_m(airspace.terrain, plane, low, high) - airspace.ground_amsl_m
    if not low_m >= ground_m + ABOVE_GROUND_M:
        yield f"{low_m - ground_m:.0f} m above the highest ground under it; {ABOVE_GROUND_M:.0f} m are required"


def _energy(left_j: float, back_j: float) -> Iterator[str]:
    """Onwards, and where a return turns back over everything flown, that way too."""
    if not left_j >= 0:
        yield f"the battery is {-left_j / JOULES_PER_WH:.0f} Wh short of flying this far and keeping its reserve"
    elif not left_j >= back_j:
        short_wh = (back_j - left_j) / JOULES_PER_WH
        yield f"the battery is {short_wh:.0f} Wh short of a return from its end, which goes back the way it came"


def _whole(legs: Sequence[ManualLeg], plane: MeridianPlane, site: ManualSite) -> Iterator[str]:
    if not legs:
        yield "there is no leg: a mission takes off, goes somewhere and lands"
        return
    ends = plane.project(np.array([legs[0].start_deg, legs[-1].end_deg], dtype=float))
    places = plane.project(np.array(site.landing_deg, dtype=float))
    away_m = float(np.hypot(*(ends[0] - places[0])))
    if away_m > AT_PLACE_M:
        yield f"begins {away_m:.0f} m from the vehicle's pad"
    landing_m = float(np.min(np.hypot(*(places - ends[1]).T)))
    if landing_m > AT_PLACE_M or legs[-1].end_m > 0:
        yield "does not end on the ground at its pad or at a rally point"
