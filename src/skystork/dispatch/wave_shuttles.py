"""A wave of one van and its drones in the terms of the annealing by small changes, and back."""

from __future__ import annotations

import numpy as np

from skystork.dispatch.wave_arrays import Floats, Whole
from skystork.dispatch.wave_duties import COUNT, DRONE, FLOWN, ROAD, SLOT, SPOT, TOUR
from skystork.dispatch.wave_problem import WavePlan, WaveProblem

ENDLESS_S = 1e300
SHIFT_SLACK = 1e-9
"""Relative; sums of doubles in another sequence differ by less."""


def is_shuttles(problem: WaveProblem) -> bool:
    """Whether there is one van that holds everything, the roads are the same both ways, and only the span costs."""
    if len(problem.trucks) != 1 or not problem.span_cost > 0 or problem.size < 2:
        return False
    van = problem.trucks[0]
    roads, costs = problem.truck_time_s[van.kind], problem.truck_cost[van.kind]
    holds = problem.weight_kg.sum() <= van.capacity_kg and problem.size <= van.capacity_parcels
    free = not costs.any() and not van.leaving_cost and not problem.drone_cost.any()
    return bool(holds and free and np.allclose(roads, roads.T, rtol=1e-9))


def make_bounds(problem: WaveProblem, price: float) -> Floats:
    """What the van counts at first, and how long each may be; ``price`` of a unit of flight, of the tour's 1."""
    share = 1 / (1 + price * len(problem.drone_shift_s))
    shifts = np.minimum(np.array([problem.trucks[0].shift_s, *problem.drone_shift_s]) * (1 + SHIFT_SLACK), ENDLESS_S)
    return np.array([share, 1.0, *shifts])


def make_duties(problem: WaveProblem, plan: WavePlan) -> tuple[Whole, Floats]:
    """A plan that serves everyone, and its times, as the annealing has them."""
    duties = np.zeros((6, problem.size + 1), dtype=np.int64)
    tour, flown = [0, *plan.tours[0]], [order for flights in plan.flights for order in flights]
    duties[TOUR, : len(tour)], duties[SPOT, tour] = tour, np.arange(len(tour))
    duties[FLOWN, : len(flown)], duties[SLOT, flown] = flown, np.arange(len(flown))
    duties[DRONE] = ROAD
    for drone, flights in enumerate(plan.flights):
        duties[DRONE, list(flights)] = drone
    duties[COUNT, :2] = len(tour), len(flown)
    roads = problem.truck_time_s[problem.trucks[0].kind]
    loads = [float(problem.drone_time_s[drone, list(flights)].sum()) for drone, flights in enumerate(plan.flights)]
    return duties, np.array([roads[tour, np.roll(tour, -1)].sum(), max(loads, default=0.0), *loads])


def read_duties(duties: Whole, drones: int) -> WavePlan:
    """What the annealing has, as a plan."""
    driven = np.roll(duties[TOUR, : duties[COUNT, 0]], -int(duties[SPOT, 0]))[1:]
    flights = tuple(tuple(int(order) for order in np.flatnonzero(duties[DRONE] == drone)) for drone in range(drones))
    return WavePlan((tuple(int(order) for order in driven),), flights)
