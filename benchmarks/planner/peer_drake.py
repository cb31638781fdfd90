"""Drake's GcsTrajectoryOptimization: the fastest Bézier curve of order 3 through convex regions.

The regions are the triangles of the free space, merged while they stay convex. Speed is bounded by axis, as it offers;
acceleration and jerk are brought in by stretching time afterwards. Lengths are scaled to about one. Clarabel solves.
"""

from __future__ import annotations

import time

import numpy as np
import shapely
from ours import LIMITS
from peers import Answer, Plan, stretched_s
from scenes import Place, Scene

MOST_REGIONS = 100
SAMPLES = 2000


def prepare(scene: Scene) -> Plan | str:
    """Convex regions of the free space."""
    from pydrake.geometry.optimization import GraphOfConvexSetsOptions, HPolyhedron, Point, VPolytope
    from pydrake.planning import GcsTrajectoryOptimization
    from pydrake.solvers import ClarabelSolver

    regions = _convex(scene)
    if len(regions) > MOST_REGIONS:
        return f"not measured: {len(regions)} convex regions, at some minutes a plan"
    size = float(np.ptp(shapely.get_coordinates(scene.free), axis=0).max())
    sets = [HPolyhedron(VPolytope((shapely.get_coordinates(region)[:-1] / size).T)) for region in regions]

    def plan(start: Place, goal: Place) -> Answer | None:
        began = time.process_time()
        gcs = GcsTrajectoryOptimization(2)
        middle = gcs.AddRegions(sets, order=3, h_min=0, h_max=1e4)
        first = gcs.AddRegions([Point(np.array(start) / size)], order=0)
        last = gcs.AddRegions([Point(np.array(goal) / size)], order=0)
        gcs.AddEdges(first, middle)
        gcs.AddEdges(middle, last)
        gcs.AddTimeCost()
        fastest = LIMITS[0] / size / np.sqrt(2)
        gcs.AddVelocityBounds(np.full(2, -fastest), np.full(2, fastest))
        gcs.AddPathContinuityConstraints(1)
        options = GraphOfConvexSetsOptions()
        options.convex_relaxation, options.max_rounded_paths, options.solver = True, 5, ClarabelSolver()
        curve, result = gcs.SolvePath(first, last, options)
        ms = (time.process_time() - began) * 1e3
        if not result.is_success():
            return None
        times = np.linspace(curve.start_time(), curve.end_time(), SAMPLES)
        points = curve.vector_values(times).T * size
        return Answer(points, stretched_s(points, float(times[-1] - times[0])), ms)

    return plan


def _convex(scene: Scene) -> list[shapely.Polygon]:
    """Triangles merged two by two where the union is convex (after Hertel and Mehlhorn)."""
    regions = list(shapely.get_parts(shapely.constrained_delaunay_triangles(scene.free)))
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
