"""PyVRP's turn at a van plan, and its one door: warm-started with the plan so far, its answer re-timed by our clock.

PyVRP 0.14 shipments say what a day is: a van starts where it is, hands over what it has on board, and may come by the
depot at any time to load more. A parcel on board is a client that every other van is forbidden to call at. Loading and
service time differ by van and stand on the arcs that lead there, so that a window is about the moment of the hand-over.

What PyVRP does not know (speeds by the hour, charging, rests, lateness by least) it does not plan for: whoever asks
compares its routes by the clock and takes them only where they are better. Its windows are hard, so what is late in the
plan so far is left out of its start.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.stop import StoppingCriterion

from skystork.dispatch.van_arrays import State
from skystork.dispatch.van_model import Routes, Setup
from skystork.dispatch.van_route import Task, VanParcel

_HOME, _LOADING, _FIRST_START = 0, 1, 2
"""Places in the matrices: where routes end, where parcels are picked, then the vans, then the doorsteps."""


def polish(setup: Setup, start: State | None, stop: StoppingCriterion, seed: int) -> Routes | None:
    """Search on from a plan, or from nothing, until ``stop``; None where PyVRP finds nothing within the windows.

    Late hand-overs, and parcels collected away from the depot, stay in the routes and places they have.
    """
    problem = _Problem(setup, start)
    if not problem.anything:
        return None
    with warnings.catch_warnings():
        # Says that no solution within all windows was found for long; the late ones are not its affair.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = pyvrp.solve(
            problem.data, stop, seed=seed, collect_stats=False, display=False, initial_solution=problem.start
        )
    return problem.read(result.best) if result.best.is_feasible() else None


class _Problem:
    """The question in PyVRP's terms: whole seconds from now, whole metres, grams."""

    def __init__(self, setup: Setup, start: State | None) -> None:
        self._setup, self._cold = setup, start is None
        start = start or setup.state()
        self._routes = setup.routes(start)
        self._names = [van.vehicle_id for van in setup.vans]
        self._heads = [self._routes[name][: len(setup.heads[index])] for index, name in enumerate(self._names)]
        told = {task.parcel.order_id for head in self._heads for task in head}
        routed = {task.parcel.order_id for tasks in self._routes.values() for task in tasks}
        late = self._late(start)
        movable = [p for p in setup.parcels if p.order_id not in told and p.collected_at is None]
        movable = [p for p in movable if self._cold or (p.order_id in routed and p.order_id not in late)]
        self._aboard = [parcel for parcel in movable if parcel.order_id in setup.aboard]
        self._at_depot = [parcel for parcel in movable if parcel.order_id not in setup.aboard]
        self.anything = bool(movable)
        if self.anything:
            self.data = self._build(start)
            self.start = None if self._cold else self._solution()

    def _late(self, start: State) -> set[str]:
        late = set[str]()
        for index, name in enumerate(self._names):
            log, _ = self._setup.log(start, index)
            for task, done_s in zip(self._routes[name], log.done_s, strict=True):
                if not task.picks and self._setup.now_s + float(done_s) > math.floor(task.parcel.aim_s) - 1:
                    late.add(task.parcel.order_id)
        return late

    def _build(self, start: State) -> pyvrp.ProblemData:
        setup = self._setup
        tables = [self._matrices(index) for index in range(len(self._names))]
        metres: list[Any] = [table[0] for table in tables]
        seconds: list[Any] = [table[1] for table in tables]
        farthest_m = int(max(matrix.max() for matrix in metres))
        least_j = min(van.profile.energy_j_per_m for van in setup.vans)
        rates = [round(10 * van.profile.energy_j_per_m / least_j) if least_j > 0 else 1 for van in setup.vans]
        prize = 20 * (1 + farthest_m) * max(rates)  # more than any detour costs: first on time, then energy
        places = _FIRST_START + len(self._names)
        for index in range(len(self._names)):
            for place, parcel in enumerate(self._aboard, start=places):
                if setup.owner[parcel.order_id] != index:
                    metres[index][:, place] = metres[index][place, :] = 10 * prize
                    metres[index][place, place] = 0
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in range(metres[0].shape[0])],
            [self._client(place, parcel, prize) for place, parcel in enumerate(self._aboard, start=places)],
            [pyvrp.Depot(_HOME), *(pyvrp.Depot(_FIRST_START + index) for index in range(len(self._names)))],
            [self._vehicle(start, index, rate) for index, rate in enumerate(rates)],
            metres,
            seconds,
            shipments=[
                self._shipment(place, parcel, prize)
                for place, parcel in enumerate(self._at_depot, start=places + len(self._aboard))
            ],
        )

    def _matrices(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Metres and seconds between all places for one van, with loading and service on the arcs that lead there."""
        setup, model = self._setup, self._setup.model
        starts = [self._start_place(other) for other in range(len(self._names))]
        doors = [int(setup.drop[setup.number[parcel.order_id]]) for parcel in (*self._aboard, *self._at_depot)]
        places = np.array([0, 0, *starts, *doors])
        kind = int(model.kind[index])
        metres = model.metres[kind][np.ix_(places, places)]
        seconds = model.seconds[kind][np.ix_(places, places)] / float(model.hours[1])
        seconds[:, _LOADING] += model.load_s[index]
        seconds[_LOADING, _LOADING] = 0.0
        seconds[:, _FIRST_START + len(starts) :] += model.service_s[index]
        np.fill_diagonal(seconds, 0.0)
        return np.ceil(metres).astype(np.int64), np.ceil(seconds).astype(np.int64)

    def _start_place(self, index: int) -> int:
        """Where the van is free to choose: after what stays first."""
        setup, head = self._setup, self._heads[index]
        if not head:
            return int(setup.start[index])
        number = setup.number[head[-1].parcel.order_id]
        return int(setup.pick[number] if head[-1].picks else setup.drop[number])

    def _vehicle(self, start: State, index: int, rate: int) -> pyvrp.VehicleType:
        setup, van, head = self._setup, self._setup.vans[index], self._heads[index]
        log, _ = setup.log(start, index)
        free_s = float(log.done_s[len(head) - 1]) if head else max(0.0, van.free_at_s - setup.now_s)
        ends_s = van.shift_ends_s - setup.now_s
        return pyvrp.VehicleType(
            capacity=[
                _grams(float(setup.model.capacity_kg[index])),
                int(setup.model.capacity_parcels[index]),
            ],
            start_depot=1 + index,
            end_depot=0,
            tw_early=math.ceil(free_s),
            tw_late=max(math.ceil(free_s), math.floor(ends_s)) if math.isfinite(ends_s) else np.iinfo(np.int64).max,
            unit_distance_cost=rate,
            profile=index,
        )

    def _window(self, parcel: VanParcel) -> tuple[int, int]:
        latest_s = math.floor(parcel.aim_s - self._setup.now_s)
        return min(latest_s, max(0, _whole_s(parcel.earliest_s - self._setup.now_s))), latest_s

    def _client(self, place: int, parcel: VanParcel, prize: int) -> pyvrp.Client:
        early_s, late_s = self._window(parcel)
        return pyvrp.Client(
            place, delivery=[_grams(parcel.weight_kg), 1], tw_early=early_s, tw_late=late_s, prize=prize, required=False
        )

    def _shipment(self, place: int, parcel: VanParcel, prize: int) -> pyvrp.Shipment:
        early_s, late_s = self._window(parcel)
        return pyvrp.Shipment(
            _LOADING,
            place,
            pickup_tw_early=max(0, _whole_s(parcel.loadable_from_s - self._setup.now_s)),
            delivery_tw_early=early_s,
            delivery_tw_late=late_s,
            amount=[_grams(parcel.weight_kg), 1],
            prize=prize,
            required=False,
        )

    def _solution(self) -> pyvrp.Solution:
        """The plan so far, without what is not its affair."""
        number = {parcel.order_id: index for index, parcel in enumerate(self._at_depot)}
        clients = {parcel.order_id: index for index, parcel in enumerate(self._aboard)}
        routes = []
        for index, name in enumerate(self._names):
            activities = []
            for task in self._routes[name][len(self._heads[index]) :]:
                order_id = task.parcel.order_id
                if order_id in clients:
                    activities.append(pyvrp.Activity(pyvrp.ActivityType.CLIENT, clients[order_id]))
                elif order_id in number:
                    kind = pyvrp.ActivityType.PICKUP if task.picks else pyvrp.ActivityType.DELIVERY
                    activities.append(pyvrp.Activity(kind, number[order_id]))
            if activities:
                routes.append(pyvrp.Route(self.data, activities, index))
        return pyvrp.Solution(self.data, routes)

    def read(self, solution: pyvrp.Solution) -> Routes:
        """Its routes behind what stays first; what it left out is missing."""
        routes = {name: list(self._heads[index]) for index, name in enumerate(self._names)}
        for route in solution.routes():
            name = self._names[route.vehicle_type()]
            for activity in route:
                if activity.is_client():
                    parcel = self._aboard[activity.idx]
                    if self._names[self._setup.owner[parcel.order_id]] == name:
                        routes[name].append(Task(parcel, picks=False))
                elif activity.is_shipment():
                    routes[name].append(Task(self._at_depot[activity.idx], picks=activity.is_pickup()))
        return routes


def _grams(weight_kg: float) -> int:
    return math.ceil(weight_kg * 1e3 - 1e-6)


def _whole_s(time_s: float) -> int:
    return math.ceil(time_s) if math.isfinite(time_s) else 0
