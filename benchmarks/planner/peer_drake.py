"""Drake's GcsTrajectoryOptimization: the fastest Bézier curve of order 3 through convex regions.

The regions are the triangles of the free space, merged while they stay convex. Speed is bounded by axis, as it offers;
acceleration and jerk are brought in by stretching time afterwards, so the curve is asked to be C². Lengths and speeds
are scaled to about one, without which its solver gives up. Clarabel solves, since MOSEK needs a licence.
"""

from __future__ import annotations

import time

import numpy as np
import shapely
from ours import LIMITS
from peers import Answer, Plan, speed_alone_s, stretched_s
from scenes import Place, Scene

MOST_REGIONS = 300
"""242 of tenmile take a minute a plan; its graph has an edge for every two that touch, and the time grows with them."""
SAMPLES = 2000


def prepare(scene: Scene) -> Plan | str:
    """Convex regions of the free space."""
    from pydrake.geometry.optimization import GraphOfConvexSetsOptions, HPolyhedron, Point, VPolytope
    from pydrake.planning import GcsTrajectoryOptimization
    from pydrake.solvers import ClarabelSolver

    triangles = list(shapely.get_parts(shapely.constrained_delaunay_triangles(scene.free)))
    if len(triangles) > 4 * MOST_REGIONS:
        return f"not measured: {len(triangles)} triangles of free space, where 242 convex regions take a minute a plan"
    regions = _merged(triangles)
    if len(regions) > MOST_REGIONS:
        return f"not measured: {len(regions)} convex regions, where 242 take a minute a plan"
    size = float(np.ptp(shapely.get_coordinates(scene.free), axis=0).max())
    time_unit = size / LIMITS[0]
    sets = [HPolyhedron(VPolytope((shapely.get_coordinates(region)[:-1] / size).T)) for region in regions]
    print(f"  drake: {len(regions)} convex regions")

    def plan(start: Place, goal: Place) -> Answer | None:
        began = time.process_time()
        gcs = GcsTrajectoryOptimization(2)
        middle = gcs.AddRegions(sets, order=3, h_min=0, h_max=20)
        first = gcs.AddRegions([Point(np.array(start) / size)], order=0)
        last = gcs.AddRegions([Point(np.array(goal) / size)], order=0)
        gcs.AddEdges(first, middle)
        gcs.AddEdges(middle, last)
        gcs.AddTimeCost()
        fastest = 1 / np.sqrt(2)
        middle.AddVelocityBounds(np.full(2, -fastest), np.full(2, fastest))
        middle.AddPathContinuityConstraints(2)
        options = GraphOfConvexSetsOptions()
        options.convex_relaxation, options.max_rounded_paths, options.solver = True, 5, ClarabelSolver()
        curve, result = gcs.SolvePath(first, last, options)
        ms = (time.process_time() - began) * 1e3
        if not result.is_success():
            print(f"  drake: no answer after {ms / 1e3:.0f} s: {result.get_solution_result()}")
            return None
        times = np.linspace(curve.start_time(), curve.end_time(), SAMPLES)
        points = curve.vector_values(times).T * size
        duration_s = float(times[-1] - times[0]) * time_unit
        return Answer(points, stretched_s(points, duration_s), ms, speed_alone_s(points, duration_s))

    return plan


def _merged(triangles: list[shapely.Polygon]) -> list[shapely.Polygon]:
    """Triangles merged two by two where the union is convex (after Hertel and Mehlhorn)."""
    regions = triangles
    merged = True
    while merged:
        merged = False
        tree = shapely.STRtree(regions)
        for number, region in enumerate(regions):
            for other in tree.query(region, predicate="touches"):
                if other <= number:
                    continue
                both = shapely.union(region, regions[other])
                if both.geom_type == "Polygon" and both.convex_hull.area - both.area < 1e-9 * both.area:
                    regions = [each for index, each in enumerate(regions) if index not in (number, other)] + [both]
                    merged = True
                    break
            if merged:
                break
    return regions
