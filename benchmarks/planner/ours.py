"""This planner, as the service calls it: path, corridor, curve."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scenes import Place, Scene

from skystork.planning.corridor import NoCorridorError
from skystork.planning.cruise import plan_cruise
from skystork.planning.energy_bound import EnergyTerms
from skystork.planning.free_space import FreeSpace, space_of
from skystork.planning.shortest_path import path_length_m
from skystork.planning.time_layout import Motion

LIMITS = (20.0, 4.0, 8.0)
"""Speed [m/s], acceleration [m/s²], jerk [m/s³]."""


@dataclass(frozen=True)
class Flown:
    """One answered query."""

    path: tuple[Place, ...] | None
    """None: proven to have none."""
    pieces: NDArray[np.float64] | None
    durations_s: NDArray[np.float64] | None
    ms: float

    @property
    def bound_s(self) -> float:
        """No flight at one level is faster."""
        return path_length_m(self.path) / LIMITS[0] + LIMITS[0] / LIMITS[1] + LIMITS[1] / LIMITS[2]


def prepared(scene: Scene) -> tuple[FreeSpace, float]:
    """The space of a scene ready for queries, and the processor time that took [s]."""
    began = time.process_time()
    space = space_of(scene.free, scene.margin_m)
    _ = space.paths.mesh
    return space, time.process_time() - began


def fly(
    space: FreeSpace,
    start: Place,
    goal: Place,
    *,
    wind: Place = (0.0, 0.0),
    energy: EnergyTerms | None = None,
    repeats: int = 1,
) -> Flown:
    """Answer a query; of several times the least counts, because the machine has other work too."""
    least_s = float("inf")
    for _ in range(repeats):
        began = time.process_time()
        path = space.paths.between(start, goal)
        found = None
        if path is not None:
            try:
                found = plan_cruise(path, space.walls, Motion(*LIMITS, wind), energy=energy)
            except NoCorridorError:
                found = None
        least_s = min(least_s, time.process_time() - began)
    if found is None:
        return Flown(path, None, None, least_s * 1e3)
    segments = found.trajectory.segments
    pieces = np.array([segment.control_points_enu_m for segment in segments])
    return Flown(path, pieces, np.array([segment.duration_s for segment in segments]), least_s * 1e3)
