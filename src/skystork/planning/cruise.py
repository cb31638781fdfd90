"""A level flight from a shortest path: room about the path, a corridor, and the fastest curve in it.

The shortest path touches what it bends round. Each bend is moved off by up to :data:`SLACK_M`, less where another
wall is close, bends that are then needless are dropped, and long legs are cut so that the cells at their ends are wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Polygon

from skystork.planning.corridor import Cell, NoCorridorError, lay_corridor
from skystork.planning.energy_bound import EnergyTerms
from skystork.planning.frugal import frugal_trajectory
from skystork.planning.stages import stage
from skystork.planning.time_layout import Motion
from skystork.planning.trajectory import Trajectory, optimise_trajectory
from skystork.planning.walls import Walls, index_walls, walls_of

Position = tuple[float, float]

SLACK_M = 1.5
"""How far a bend is moved off its wall [m]; costs about 1.5 tan of half the turn of length at each."""
CLEAR_M = 0.3
"""A leg that replaces others keeps this from all walls [m]."""
SLIGHT_TURN_COSINE = 0.94
JOIN_DETOUR_M = 1.0
SLOWED_M = 20.0
"""The limit of a speed zone holds from this far before it [m], so that the cells before and in it overlap."""
PART_M = 150.0
"""Length of the cells at the ends of long legs [m]: what it takes to reach 20 m/s at 4 m/s² is 60 m."""
REACH_TURN_RADII = 2.0
"""How far a cell goes beyond its leg, in turn radii v²/a: a right angle flown at full speed swings out by 0.4."""

SHORT_LEG = 0.03
"""Of the reach of a cell; a leg below it is left out where that can be."""
HELD_M = 0.01
"""A place is in a cell that is so far inside."""


@dataclass(frozen=True, slots=True)
class SpeedZone:
    """Where the ground speed is limited."""

    polygon_enu_m: Polygon
    limit_m_s: float


@dataclass(frozen=True, slots=True)
class Cruise:
    """A curve, its corridor and the path the corridor was laid about."""

    trajectory: Trajectory
    path: tuple[Position, ...]
    cells: tuple[Cell, ...]


def plan_cruise(
    taut_path: tuple[Position, ...],
    walls: Walls,
    motion: Motion,
    speed_zones: tuple[SpeedZone, ...] = (),
    *,
    energy: EnergyTerms | None = None,
) -> Cruise | None:
    """The fastest curve found along a shortest path; None where the solver finds none.

    Parameters
    ----------
    energy
        Weight of energy in the cost, and a budget; without them, or with a weight of 0 and none, time alone counts.

    Raises
    ------
    NoCorridorError
        If walls leave no room about the path.
    EnergyBudgetError
        If no flight along the path was found that keeps the budget.
    """
    with stage("corridor"):
        path = roomy_path(taut_path, walls)
        reach_m = REACH_TURN_RADII * motion.air_speed_m_s**2 / motion.acceleration_m_s2
        if speed_zones:
            path, limits = _cut_at(path, speed_zones)
            cells = _limited_cells(path, limits, walls, speed_zones, reach_m)
        else:
            path, cells = without_short_legs(path, lay_corridor(path, walls, reach_m), SHORT_LEG * reach_m)
    with stage("trajectory"):
        if energy is None:
            trajectory = optimise_trajectory(path, cells, motion, taut_path=taut_path)
        else:
            trajectory = frugal_trajectory(path, cells, motion, energy, taut_path=taut_path)
    return None if trajectory is None else Cruise(trajectory, path, cells)


def roomy_path(taut_path: tuple[Position, ...], walls: Walls) -> tuple[Position, ...]:
    """A path of the same way round all walls that no wall touches.

    Raises
    ------
    NoCorridorError
        If some leg cannot be moved off its walls.
    """
    from skystork.planning import way_search  # noqa: PLC0415  (machine code: not for processes that plan nothing)

    taut = np.array(taut_path, dtype=np.float64)
    keep = np.concatenate([[True], np.hypot(*np.diff(taut, axis=0).T) > 1e-6])
    seen = np.full(len(walls.edges_m), -1, dtype=np.int64)
    points, away = way_search.with_grazed(taut[keep], walls.edges_m, walls.numbers, seen)
    free, points = way_search.moved_off(points, away, SLACK_M, (walls.edges_m, walls.numbers, seen))
    if not free:
        raise NoCorridorError(f"the way from {taut_path[0]} to {taut_path[-1]} has a gap with no width to spare")
    known = (walls.edges_m, walls.numbers, seen)
    points = way_search.fewer_bends(points, CLEAR_M, SLIGHT_TURN_COSINE, known)
    points = way_search.pairs_joined(points, CLEAR_M, JOIN_DETOUR_M, known)
    return tuple((float(x), float(y)) for x, y in way_search.cut_long(points, PART_M))


def without_short_legs(
    path: tuple[Position, ...], cells: tuple[Cell, ...], short_m: float
) -> tuple[tuple[Position, ...], tuple[Cell, ...]]:
    """Leave out legs this short [m] where the cell before or after holds their whole: what replaces them stays in it.

    A leg that is over in a few hundredths of a second makes pieces so short that the cone problem cannot be solved.
    """
    points, kept = list(path), list(cells)
    leg = 0
    while leg < len(kept):
        if len(kept) > 1 and math.dist(points[leg], points[leg + 1]) < short_m:
            if leg > 0 and _holds(kept[leg - 1], points[leg + 1]):
                del points[leg], kept[leg]
                continue
            if leg + 1 < len(kept) and _holds(kept[leg + 1], points[leg]):
                del points[leg + 1], kept[leg]
                continue
        leg += 1
    return tuple(points), tuple(kept)


def _holds(cell: Cell, place: Position) -> bool:
    return float(np.max(cell.normals @ np.array(place) - cell.offsets_m)) < -HELD_M


def _cut_at(path: tuple[Position, ...], zones: tuple[SpeedZone, ...]) -> tuple[tuple[Position, ...], tuple[float, ...]]:
    """The path cut shortly before and after speed zones, and the limit of each leg."""
    areas = [zone.polygon_enu_m.buffer(SLOWED_M, join_style="mitre") for zone in zones]
    points, limits = [path[0]], []
    for start, end in pairwise(path):
        leg = LineString([start, end])
        parts = (part for area in areas for part in shapely.get_parts(leg.intersection(area.boundary)))
        shares = sorted({leg.project(part, normalized=True) for part in parts if part.geom_type == "Point"} | {1.0})
        for share in (each for each in shares if each * leg.length > CLEAR_M):
            place = leg.interpolate(share, normalized=True)
            points.append((place.x, place.y))
            piece = LineString(points[-2:])
            met = [
                zone.limit_m_s
                for zone, area in zip(zones, areas, strict=True)
                if area.intersects(piece.interpolate(0.5, normalized=True)) or zone.polygon_enu_m.intersects(piece)
            ]
            limits.append(min(met, default=math.inf))
    return tuple(points), tuple(limits)


def _limited_cells(
    path: tuple[Position, ...], limits: tuple[float, ...], walls: Walls, zones: tuple[SpeedZone, ...], reach_m: float
) -> tuple[Cell, ...]:
    """Cells that end at the zones which allow less than their leg: nobody flies into one without being in its cell."""
    cells: list[Cell] = []
    for leg, limit in zip(pairwise(path), limits, strict=True):
        slower = [walls_of(zone.polygon_enu_m).edges_m for zone in zones if zone.limit_m_s < limit]
        about = index_walls(np.concatenate([walls.edges_m, *slower])) if slower else walls
        cells += lay_corridor(leg, about, reach_m, (limit,))
    return tuple(cells)
