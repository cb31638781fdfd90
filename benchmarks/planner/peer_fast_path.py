"""fastpathplanning (Marcucci et al., IEEE T-RO 2024), its own package, over boxes along the axes.

It needs free space as boxes. Where that is made of few, walls along the axes, they are the largest ones; elsewhere the
leaves of a quadtree that lie wholly in free space, down to the size that makes :data:`MOST_BOXES` of them. It
minimises squared acceleration at a given time, 1.3 of the bound as in its examples; time is then stretched to the
bounds. Lengths are scaled to about one, without which it fails.
"""

from __future__ import annotations

import itertools
import time

import numpy as np
import shapely
from ours import LIMITS
from peers import Answer, Plan, speed_alone_s, stretched_s
from scenes import Place, Scene

MOST_LINES = 240
"""Lines through corners, east times north, up to which the largest boxes are looked for."""
LEAST_M = 4.0
MOST_BOXES = 5000
"""Its own preparation took 88 s for 46,420 boxes of city500, and each plan 14 s."""
SAMPLES = 2000

Box = tuple[float, float, float, float]


def prepare(scene: Scene) -> Plan | str:
    """Boxes of the free space, as its safe set."""
    import fastpathplanning as fpp

    corners = shapely.get_coordinates(scene.free)
    size = float(np.ptp(corners, axis=0).max())
    boxes = _boxes(scene, corners)
    low, high = np.array(boxes)[:, :2] / size, np.array(boxes)[:, 2:] / size
    safe = fpp.SafeSet(low, high, verbose=False)
    print(f"  fast_path: {len(boxes)} boxes")

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
        duration_s = float(curve.b - curve.a)
        return Answer(points, stretched_s(points, duration_s), ms, speed_alone_s(points, duration_s))

    return plan


def _boxes(scene: Scene, corners: np.ndarray) -> list[Box]:
    east, north = np.unique(corners[:, 0].round(6)), np.unique(corners[:, 1].round(6))
    if len(east) * len(north) <= MOST_LINES:
        return _largest(scene, east, north)
    least_m, boxes = LEAST_M, _leaves(scene, LEAST_M)
    while len(boxes) > MOST_BOXES:
        least_m *= 2
        boxes = _leaves(scene, least_m)
    return boxes


def _largest(scene: Scene, east: np.ndarray, north: np.ndarray) -> list[Box]:
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


def _leaves(scene: Scene, least_m: float) -> list[Box]:
    """Free leaves of a quadtree over the scene."""
    free = scene.free
    shapely.prepare(free)
    level = np.array([scene.boundary.bounds])
    found: list[Box] = []
    while len(level):
        boxes = shapely.box(*level.T)
        whole = shapely.covers(free, boxes)
        found += [(w, s, e, n) for w, s, e, n in level[whole]]
        rest = level[~whole & shapely.intersects(free, boxes)]
        if not len(rest) or (rest[:, 2] - rest[:, 0]).max() < 2 * least_m:
            break
        w, s, e, n = rest.T
        x, y = (w + e) / 2, (s + n) / 2
        level = np.concatenate([np.stack(each, 1) for each in ((w, s, x, y), (x, s, e, y), (w, y, x, n), (x, y, e, n))])
    return found
