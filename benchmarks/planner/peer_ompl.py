"""OMPL: BIT* over the plane for one second, collision tested by samples every 3 m."""

from __future__ import annotations

import time

import numpy as np
import shapely
from peers import Answer, Plan
from scenes import Place, Scene

TIME_S = 1.0
STEP_M = 3.0


def prepare(scene: Scene) -> Plan | str:
    """A validity test by prepared geometry."""
    from ompl import base, geometric

    shapely.prepare(scene.free)
    west, south, east, north = scene.boundary.bounds

    def plan(start: Place, goal: Place) -> Answer | None:
        space = base.RealVectorStateSpace(2)
        bounds = base.RealVectorBounds(2)
        for axis, (low, high) in enumerate(((west, east), (south, north))):
            bounds.setLow(axis, low)
            bounds.setHigh(axis, high)
        space.setBounds(bounds)
        setup = geometric.SimpleSetup(space)
        setup.setStateValidityChecker(lambda state: bool(shapely.contains_xy(scene.free, state[0], state[1])))
        information = setup.getSpaceInformation()
        information.setStateValidityCheckingResolution(STEP_M / space.getMaximumExtent())
        ends = []
        for place in (start, goal):
            state = space.allocState()
            state[0], state[1] = place
            ends.append(state)
        setup.setStartAndGoalStates(*ends)
        setup.setPlanner(geometric.BITstar(information))
        began = time.process_time()
        solved = setup.solve(TIME_S)
        ms = (time.process_time() - began) * 1e3
        if not solved or not setup.haveExactSolutionPath():
            return None
        return Answer(np.array([[state[0], state[1]] for state in setup.getSolutionPath().getStates()]), None, ms)

    return plan
