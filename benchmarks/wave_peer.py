"""A wave by PyVRP, modelled directly: a drone is a vehicle of one parcel that may come back to the depot to reload."""

from __future__ import annotations

import warnings

import numpy as np
import pyvrp
from pyvrp.stop import MaxRuntime

from skystork.dispatch.wave_problem import Matrix, WavePlan, WaveProblem

SCALE = 1_000
"""PyVRP counts in whole numbers: thousandths of a cost, milliseconds, grams."""
NEVER = 10**9


def solve_by_pyvrp(problem: WaveProblem, seconds: float, seed: int) -> WavePlan | None:
    """Plan a wave whose trucks and drones are each of one kind; None where nothing feasible was found."""
    stops, trucks, drones = problem.size + 1, len(problem.trucks), len(problem.drone_shift_s)
    truck = problem.trucks[0]
    carried = np.where(np.isfinite(problem.drone_time_s[0]), problem.weight_kg, 0.0).max()
    data = pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in range(stops)],
        [pyvrp.Client(place, delivery=[round(problem.weight_kg[place] * SCALE), 1]) for place in range(1, stops)],
        [pyvrp.Depot(0)],
        [
            pyvrp.VehicleType(
                trucks,
                [round(truck.capacity_kg * SCALE), min(truck.capacity_parcels, stops)],
                shift_duration=int(truck.shift_s * SCALE),
                profile=0,
            ),
            pyvrp.VehicleType(
                drones,
                [round(carried * SCALE), 1],
                shift_duration=int(problem.drone_shift_s[0] * SCALE),
                profile=1,
                reload_depots=[0],
            ),
        ],
        [_whole(problem.truck_cost[0]), _star(problem.drone_cost[0], problem.drone_time_s[0])],
        [_whole(problem.truck_time_s[0]), _star(problem.drone_time_s[0], problem.drone_time_s[0])],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False, display=False).best
    return _read(best, trucks, drones) if best.is_feasible() else None


def _whole(matrix: Matrix) -> np.ndarray:
    return np.round(matrix * SCALE).astype(np.int64)


def _star(out_and_back: Matrix, times_s: Matrix) -> np.ndarray:
    """Half of the flight each way; never from doorstep to doorstep, nor where it may not fly."""
    matrix = np.full((len(out_and_back), len(out_and_back)), NEVER, dtype=np.int64)
    half = np.where(np.isfinite(times_s), np.where(np.isfinite(out_and_back), out_and_back, 0.0) / 2 * SCALE, NEVER)
    matrix[0, :] = matrix[:, 0] = np.round(half).astype(np.int64)
    np.fill_diagonal(matrix, 0)
    return matrix


def _read(best: pyvrp.Solution, trucks: int, drones: int) -> WavePlan:
    tours, flights = list[tuple[int, ...]](), list[tuple[int, ...]]()
    for route in best.routes():
        orders = tuple(activity.idx + 1 for activity in route if activity.is_client())
        (tours if route.vehicle_type() == 0 else flights).append(orders)
    tours += [()] * (trucks - len(tours))
    flights += [()] * (drones - len(flights))
    return WavePlan(tuple(tours), tuple(flights))
