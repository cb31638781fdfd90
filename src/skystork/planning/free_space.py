"""Where a flight may be at one height: the service disc less every closed zone, each grown by the margin.

The shortest path is sought in that space itself, so that no way and no metre is lost; the corridor about it is made
roomy afterwards (:mod:`skystork.planning.cruise`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import shapely
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

from skystork.fleet.profile import Airframe, DroneProfile
from skystork.planning.shortest_path import ShortestPaths
from skystork.planning.walls import Walls, walls_of

WIND_MARGIN_M = 20.0
"""Drift in a gust until the path controller has it: 10 m/s over 2 s [m] (JARUS SORA 2.5, annex A, wind buffer)."""
EDGE_MARGIN_M = 0.05
"""Between the straight walls of the planner and edges that are straight in degrees [m]: five times their bend
(skystork.airspace.volume, LONGEST_EDGE_DEG)."""
END_CLEAR_M = 0.02
"""A place to fly from or to is inside the space by this [m], so that a curve can begin there."""
DISC_SIDES = 96
MITRE_LIMIT = 2.0  # corners sharper than 60 degrees are cut off at twice the margin


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """The space of one height, with what is asked of it again and again."""

    outer: BaseGeometry
    """Polygon or MultiPolygon at the margin from every closed zone [m]."""
    margin_m: float
    paths: ShortestPaths
    walls: Walls

    def holds(self, east_m: float, north_m: float) -> bool:
        """Whether a flight can begin or end at a place."""
        if not (math.isfinite(east_m) and math.isfinite(north_m)):
            return False
        place = Point(east_m, north_m)
        return bool(self.outer.covers(place)) and not self.outer.boundary.dwithin(place, END_CLEAR_M)

    def without(self, areas: BaseGeometry) -> FreeSpace:
        """The same space with areas taken out."""
        return space_of(self.outer.difference(areas), self.margin_m)


def space_of(outer: BaseGeometry, margin_m: float) -> FreeSpace:
    """A shape at the margin from everything closed, made ready for queries."""
    shapely.prepare(outer)
    return FreeSpace(outer, margin_m, ShortestPaths(outer), walls_of(outer))


def planning_margin_m(profile: DroneProfile) -> float:
    """Distance kept from closed zones by plan [m]: position error, stopping distance v²/2a, and gusts.

    The parts are those of the ground and contingency volumes of JARUS SORA 2.5, annex A (position error, reaction and
    stopping, wind). Rotors stop: the speed is the cruise air speed. A wing cannot: whatever turns it back, its own
    battery failsafe or our order, takes it round a half circle of diameter 2v²/a beside the path; the speed is the
    greatest air speed, for a turn with the wind from behind.
    """
    if profile.airframe is Airframe.LIFT_AND_CRUISE:
        turning_m = 2 * profile.max_air_speed_m_s**2 / profile.max_acceleration_m_s2
        return profile.position_error_m + turning_m + WIND_MARGIN_M + EDGE_MARGIN_M
    stopping_m = profile.cruise_air_speed_m_s**2 / (2 * profile.max_acceleration_m_s2)
    return profile.position_error_m + stopping_m + WIND_MARGIN_M + EDGE_MARGIN_M


def service_disc(radius_m: float) -> Polygon:
    """The regular polygon drawn about the service disc, centred on the site's origin."""
    corner_m = radius_m / math.cos(math.pi / DISC_SIDES)
    angles = [2 * math.pi * side / DISC_SIDES for side in range(DISC_SIDES)]
    return Polygon([(corner_m * math.cos(angle), corner_m * math.sin(angle)) for angle in angles])


def free_space(boundary: Polygon, closed: Iterable[Polygon], margin_m: float) -> FreeSpace:
    """The boundary less the closed polygons grown by the margin.

    The boundary is not shrunk: it limits service, it is no obstacle.
    """
    polygons = list(closed)
    return space_of(boundary.difference(grown(polygons, margin_m)), margin_m)


def grown(polygons: Iterable[Polygon], by_m: float) -> BaseGeometry:
    """Union of the polygons, each grown with straight corners; it holds every point within ``by_m`` [m]."""
    buffered = shapely.buffer(list(polygons), by_m, join_style="mitre", mitre_limit=MITRE_LIMIT)
    return shapely.union_all(buffered)
