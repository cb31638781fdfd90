"""extremitypathfinder: exact shortest paths over a visibility graph."""

from __future__ import annotations

import time

import numpy as np
import shapely
from peers import Answer, Plan
from scenes import Place, Scene


def prepare(scene: Scene) -> Plan | str:
    """Its environment: one polygon with holes; the graph is made beforehand."""
    from extremitypathfinder import PolygonEnvironment

    parts = [part for part in shapely.get_parts(scene.free) if part.covers(shapely.Point(scene.queries[0][0]))]
    if not parts or len(shapely.get_coordinates(parts[0])) > 1000:
        return "not measured: its preparation takes minutes from 1,000 corners on"
    free = shapely.geometry.polygon.orient(parts[0])
    environment = PolygonEnvironment()
    environment.store(
        [tuple(point) for point in free.exterior.coords[:-1]],
        [[tuple(point) for point in ring.coords[:-1]] for ring in free.interiors],
        validate=False,
    )
    if hasattr(environment, "prepare"):
        environment.prepare()

    def plan(start: Place, goal: Place) -> Answer | None:
        began = time.process_time()
        path, length = environment.find_shortest_path(start, goal)
        ms = (time.process_time() - began) * 1e3
        return Answer(np.array(path), None, ms) if path and length else None

    return plan
