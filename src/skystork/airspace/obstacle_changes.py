"""Which obstacles of another set stand where they did not before, and which planned ways they stand in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from skystork.airspace.obstacles import ClosedObstacle, ObstacleSet
from skystork.airspace.zone_changes import PlannedWay


@dataclass(frozen=True, slots=True)
class Struck:
    """An obstacle that stands in a way."""

    closed: ClosedObstacle
    first_at_s: float
    """As planned, without lateness [s since the Unix epoch]."""


def grown(old: ObstacleSet, new: ObstacleSet) -> frozenset[str]:
    """Ids of obstacles that the old set did not have, or had with another outline or a lower roof."""
    before = {each.obstacle.obstacle_id: each for each in old.closed}
    return frozenset(
        each.obstacle.obstacle_id
        for each in new.closed
        if (was := before.get(each.obstacle.obstacle_id)) is None
        or was.obstacle.rings != each.obstacle.rings
        or was.closed_below_home_m < each.closed_below_home_m
    )


def struck(
    obstacles: ObstacleSet, way: PlannedWay, only: frozenset[str] | None = None, *, steep_margin_m: float
) -> tuple[Struck, ...]:
    """Obstacles nearer to the way than its margin, below their roof and its margin, in the order it meets them.

    Parameters
    ----------
    only
        Ids of the obstacles asked about; None: all.
    steep_margin_m
        Kept where it climbs or descends steeply: over a pad, houses may stand nearer than beside a corridor [m].
    """
    if len(way.track) < 2 or only == frozenset():
        return ()
    pieces = shapely.linestrings(np.stack([way.track[:-1, :2], way.track[1:, :2]], axis=1))
    lowest_m = np.minimum(way.track[:-1, 2], way.track[1:, 2])
    steep = np.abs(np.diff(way.track[:, 2])) > shapely.length(pieces)
    margins_m = np.where(steep, steep_margin_m, way.margin_m)
    area = shapely.buffer(shapely.linestrings(way.track[:, :2]), max(way.margin_m, 0.1))
    found = []
    for each in obstacles.closed_at(float(lowest_m.min()), area):
        if only is not None and each.obstacle.obstacle_id not in only:
            continue
        near = shapely.distance(pieces, each.polygon_enu_m) <= margins_m
        met = np.flatnonzero(near & (lowest_m < each.closed_below_home_m))
        if len(met):
            found.append(Struck(each, float(way.times_s[met[0]])))
    return tuple(sorted(found, key=lambda one: one.first_at_s))
