"""fastpathplanning (Marcucci et al., IEEE T-RO 2024), its own package, over boxes along the axes.

It needs free space as boxes; only scenes whose free space is made of few (walls along the axes) are given to it. It
minimises squared acceleration at a given time, 1.3 of the bound as in its examples; time is then stretched to the
bounds. Lengths are scaled to about one, without which it fails.
"""

from __future__ import annotations

import itertools
import time

import numpy as np
import shapely
from ours import LIMITS
from peers import Answer, Plan, stretched_s
from scenes import Place, Scene

MOST_BOXES = 60
SAMPLES = 2000


def prepare(scene: Scene) -> Plan | str:
    """Boxes between all walls, grown as far as they stay free."""
    import fastpathplanning as fpp

    corners = shapely.get_coordinates(scene.free)
    east, north = np.unique(corners[:, 0].round(6)), np.unique(corners[:, 1].round(6))
    if len(east) * len(north) > MOST_BOXES * 4:
        return f"not measured: its free space is not made of at most {MOST_BOXES} boxes along the axes"
    boxes = _boxes(scene, east, north)
    size = float(np.ptp(corners, axis=0).max())
    low, high = np.array(boxes)[:, :2] / size, np.array(boxes)[:, 2:] / size
    safe = fpp.SafeSet(low, high, verbose=False)

    def plan(start: Place, goal: Place) -> Answer | None:
        began = time.process_time()
        straight_s = np.hypot(goal[0] - start[0], goal[1] - start[1]) / LIMITS[0] + 6.0
        curve = fpp.plan(
            safe, np.array(start) / size, np.array(goal) / size, 1.3 * straight_s, [0, 0, 1],
            der_init={1: np.zeros(2), 2: np.zeros(2)}, der_term={1: np.zeros(2), 2: np.zeros(2)}, verbose=False,
        )  # fmt: skip
        ms = (time.process_time() - began) * 1e3
        times = np.linspace(curve.a, curve.b, SAMPLES)
        points = np.array([curve(at) for at in times]) * size
        return Answer(points, stretched_s(points, float(curve.b - curve.a)), ms)

    return plan


def _boxes(scene: Scene, east: np.ndarray, north: np.ndarray) -> list[tuple[float, float, float, float]]:
    """The largest free boxes on the lines through all corners."""
    grown = scene.free.buffer(1e-6)
    shapely.prepare(grown)
    free = [
        (w, s, e, n)
        for (w, e), (s, n) in itertools.product(itertools.combinations(east, 2), itertools.combinations(north, 2))
        if grown.covers(shapely.box(w, s, e, n))
    ]
    inside = lambda a, b: a != b and a[0] >= b[0] and a[1] >= b[1] and a[2] <= b[2] and a[3] <= b[3]  # noqa: E731
    return [one for one in free if not any(inside(one, other) for other in free)]
