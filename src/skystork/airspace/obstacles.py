"""Buildings and masts: solid up to their roof, so a flight goes round them or over them with a margin.

They are no zones: nobody can authorise a flight through a wall, and above the roof nothing asks anything. A height is
above the ground at the obstacle; the highest ground under it counts, and without terrain the ground is flat at the
site's elevation.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from skystork.airspace.notices import Notice
from skystork.airspace.terrain import Terrain
from skystork.airspace.zone import Ring
from skystork.frames import LocalFrame

VERTICAL_MARGIN_M = 10.0
"""Kept above a roof [m]: barometer and path keeping, as from the floor of zones; what stands on the roof is beside."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One building or mast as its file has it."""

    obstacle_id: str
    rings: tuple[Ring, ...]
    height_m: float | None
    """Of the roof above the ground at the obstacle."""
    roof_amsl_m: float | None = None
    """Of the roof above mean sea level; goes before the height where both are given and it is the higher."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ClosedObstacle:
    """What a flight must stay out of below a height."""

    obstacle: Obstacle
    polygon_enu_m: Polygon
    roof_home_m: float
    closed_below_home_m: float
    """Roof and margin; infinite where the ground under it is not known."""


class ObstacleSet:
    """Obstacles projected once and indexed; never changed after it is built."""

    def __init__(
        self,
        obstacles: Sequence[Obstacle],
        frame: LocalFrame,
        ground_amsl_m: float,
        *,
        terrain: Terrain | None = None,
        margin_m: float = VERTICAL_MARGIN_M,
    ) -> None:
        self.margin_m = margin_m
        polygons = _project(obstacles, frame)
        notices: list[Notice] = []
        roofs = [_roof_home_m(each, ground_amsl_m, terrain, notices) for each in obstacles]
        self.notices = tuple(notices)
        rows = zip(obstacles, polygons, roofs, strict=True)
        self.closed = tuple(ClosedObstacle(each, polygon, roof, roof + margin_m) for each, polygon, roof in rows)
        self._limits_m = np.array([each.closed_below_home_m for each in self.closed], dtype=float)
        self._tree = STRtree(polygons)
        self.hash = _hash(obstacles, ground_amsl_m, margin_m, terrain)

    def closed_at(self, height_home_m: float, within: BaseGeometry | None = None) -> tuple[ClosedObstacle, ...]:
        """Obstacles that a flight at this height may not cross, in the order of the set.

        Parameters
        ----------
        within
            Only those that touch this area of the site's frame [m]; None: all.
        """
        blocking = self._limits_m > height_home_m
        if within is None:
            found = np.flatnonzero(blocking)
        else:
            near = np.sort(self._tree.query(within, predicate="intersects"))
            found = near[blocking[near]]
        return tuple(self.closed[index] for index in found)

    def highest_m(self, area: BaseGeometry) -> float:
        """Height above home from which the area is free of all obstacles [m]; -inf where none stands there."""
        near = self._tree.query(area, predicate="intersects")
        return float(self._limits_m[near].max()) if len(near) else -math.inf


def _project(obstacles: Sequence[Obstacle], frame: LocalFrame) -> list[Polygon]:
    polygons = [Polygon(each.rings[0], each.rings[1:]) for each in obstacles]
    if not polygons:
        return []
    return list(shapely.transform(polygons, lambda degrees: frame.to_enu_array_m(degrees[:, 0], degrees[:, 1])))


def _roof_home_m(each: Obstacle, ground_amsl_m: float, terrain: Terrain | None, notices: list[Notice]) -> float:
    roofs = [each.roof_amsl_m - ground_amsl_m] if each.roof_amsl_m is not None else []
    if each.height_m is not None and (terrain is not None or not roofs):
        ground_m: float | None = 0.0
        if terrain is not None:
            longitudes, latitudes = zip(*each.rings[0], strict=True)
            found = terrain.range_amsl_m(min(longitudes), min(latitudes), max(longitudes), max(latitudes))
            ground_m = found[1] - ground_amsl_m if found else None
        if ground_m is None and not roofs:
            done = "it is taken as closed at all heights"
            notices.append(Notice(f"obstacle {each.obstacle_id}", "the terrain does not cover it", done))
            return math.inf
        if ground_m is not None:
            roofs.append(each.height_m + ground_m)
    return max(roofs)


def _hash(obstacles: Sequence[Obstacle], ground_amsl_m: float, margin_m: float, terrain: Terrain | None) -> str:
    lines = sorted(json.dumps([e.obstacle_id, e.rings, e.height_m, e.roof_amsl_m]) for e in obstacles)
    first = f"{ground_amsl_m!r},{margin_m!r},{terrain.hash if terrain else ''}"
    return hashlib.sha256("\n".join([first, *lines]).encode()).hexdigest()
