"""Where a flight may be at one height: the service disc less every closed zone, each grown by the margin.

Two shapes are kept. The outer one is the space that the margin leaves. The inner one is smaller by
:data:`PATH_SLACK_M`; the shortest path is sought there, so that the corridor about it is never of zero width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

from skystork.fleet.profile import Airframe, DroneProfile
from skystork.planning.walls import walls_of

WIND_MARGIN_M = 20.0
"""Drift in a gust until the path controller has it: 10 m/s over 2 s [m] (JARUS SORA 2.5, annex A, wind buffer)."""
EDGE_MARGIN_M = 0.05
"""Between the straight walls of the planner and edges that are straight in degrees [m]: five times their bend
(skystork.airspace.volume, LONGEST_EDGE_DEG)."""
PATH_SLACK_M = 2.0
"""Between the corridor's walls and the shortest path [m]; costs 2 (1/cos - 1) m of length at each corner."""
DISC_SIDES = 96
MITRE_LIMIT = 2.0  # corners sharper than 60 degrees are cut off at twice the margin


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """The space of one height."""

    outer: BaseGeometry
    """Polygon or MultiPolygon at the margin from every closed zone [m]."""
    inner: BaseGeometry
    """The same, :data:`PATH_SLACK_M` smaller."""
    margin_m: float

    def wall_edges_m(self) -> NDArray[np.float64]:
        """Every edge of the outer shape, (n, 2 ends, 2) [m]."""
        return walls_of(self.outer).edges_m


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
    outer = boundary.difference(grown(polygons, margin_m))
    inner = boundary.difference(grown(polygons, margin_m + PATH_SLACK_M))
    shapely.prepare(inner)
    return FreeSpace(outer, inner, margin_m)


def grown(polygons: Iterable[Polygon], by_m: float) -> BaseGeometry:
    """Union of the polygons, each grown with straight corners; it holds every point within ``by_m`` [m]."""
    buffered = shapely.buffer(list(polygons), by_m, join_style="mitre", mitre_limit=MITRE_LIMIT)
    return shapely.union_all(buffered)


def holds(space: BaseGeometry, east_m: float, north_m: float) -> bool:
    """Whether a point is in the shape, its edge included."""
    return bool(space.covers(Point(east_m, north_m)))
