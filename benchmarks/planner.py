"""Plan the queries of public scenes: our shortest path and fastest curve beside an exact search by brute force.

The peer is Dijkstra's algorithm (SciPy) over every pair of corners that see each other: exact, and slow on purpose.
Time is compared with the bound that no flight at one level beats, L/v + v/a + a/j.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely import Polygon

from skystork.planning.corridor import lay_corridor
from skystork.planning.free_space import FreeSpace, grown
from skystork.planning.shortest_path import ShortestPaths, path_length_m
from skystork.planning.time_layout import Motion
from skystork.planning.trajectory import optimise_trajectory

SCENES = Path(__file__).parents[1] / "tests" / "data" / "scenes"
SLACK_M = 1.5
REACH_M = 600.0
CALM = Motion(20.0, 4.0, 8.0, (0.0, 0.0))

Place = tuple[float, float]


def load(name: str) -> tuple[FreeSpace, list[tuple[Place, Place]]]:
    """Free space and queries of a scene, by the rule of its README."""
    scene = json.loads((SCENES / f"{name}.json").read_text(encoding="utf-8"))
    height_m, margin_m = scene["cruise_z"], scene["margin"]
    active = [
        Polygon(one["poly"], one["holes"])
        for one in scene["obstacles"]
        if one["floor"] - 5 <= height_m <= one["ceil"] + 5
    ]
    outer = Polygon(scene["boundary"]).buffer(-margin_m).difference(grown(active, margin_m))
    inner = outer.buffer(-SLACK_M, join_style="mitre", mitre_limit=2.0)
    return FreeSpace(outer, inner, margin_m), [((a, b), (c, d)) for a, b, c, d in scene["queries"]]


def brute_force_m(free: shapely.Geometry, start: Place, goal: Place) -> float:
    """Length of the shortest path; infinite where there is none."""
    corners = np.concatenate([[start, goal], np.unique(shapely.get_coordinates(free), axis=0)])
    rows, columns = np.triu_indices(len(corners), 1)
    lines = shapely.linestrings(np.stack([corners[rows], corners[columns]], axis=1))
    walls = free.buffer(1e-3, join_style="mitre")
    shapely.prepare(walls)
    seen = shapely.contains(walls, lines)
    lengths = np.zeros((len(corners), len(corners)))
    lengths[rows[seen], columns[seen]] = np.hypot(*(corners[rows[seen]] - corners[columns[seen]]).T)
    return float(dijkstra(lengths, directed=False, indices=0)[1])


def run(name: str) -> None:
    """Print one line for a scene."""
    space, queries = load(name)
    paths, walls = ShortestPaths(space.inner), space.wall_edges_m()
    ours_ms, theirs_ms, ratios, bounds = [], [], [], []
    unreachable = 0
    for start, goal in queries[:10]:
        began = time.process_time()
        path = paths.between(start, goal)
        curve = None if path is None else optimise_trajectory(path, lay_corridor(path, walls, REACH_M), CALM)
        ours_ms.append((time.process_time() - began) * 1e3)
        began = time.process_time()
        exact_m = brute_force_m(space.inner, start, goal)
        theirs_ms.append((time.process_time() - began) * 1e3)
        if path is None or curve is None:
            unreachable += not np.isfinite(exact_m)
            continue
        length_m = path_length_m(path)
        ratios.append(length_m / exact_m)
        bounds.append(curve.duration_s / (length_m / 20.0 + 20.0 / 4.0 + 4.0 / 8.0))
    if not ratios:
        print(f"{name:12s} {unreachable} of {len(ours_ms)} proven unreachable by both; ours {ours_ms[0]:.1f} ms")
        return
    print(
        f"{name:12s} length/exact {max(ratios):.7f} at most; time/bound {statistics.median(bounds):.4f} median, "
        f"{max(bounds):.4f} at most; {statistics.median(ours_ms):.0f} ms a plan with its curve, "
        f"brute force {statistics.median(theirs_ms):.0f} ms for the path alone"
    )


if __name__ == "__main__":
    print("processor time; the first plan of each shape also compiles the solver's form")
    for scene_name in ("tenmile", "trap", "slit", "unreachable"):
        run(scene_name)
