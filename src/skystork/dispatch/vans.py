"""Van routes: which van calls where in what sequence. The one door of PyVRP.

Everything is one pick-up and delivery problem (PyVRP 0.14 shipments), because it says exactly what a day is: a van
on the road starts where it is, hands over what it has on board, and may come by the depot at any time to load more.
A parcel on board is a client that every other van is forbidden to call at. Loading and service time differ by van
and are put on the arcs that lead there, so that a window is about the moment of the hand-over.

PyVRP's windows are hard. What cannot be on time is left out of its search and inserted afterwards where it is late
by least (:mod:`skystork.dispatch.van_insertion`): late, told, but never dropped. The search ends by count, not by
time, so that the same question gets the same answer.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.stop import MaxIterations

from skystork.dispatch.van_insertion import Routes, fixed_tasks, insert_all, plan_key, settle_late
from skystork.dispatch.van_plan import Unserved, VanPlan, describe_route
from skystork.dispatch.van_route import Clock, Task, VanParcel, VanPosition, road_m
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import VehicleId
from skystork.orders.reasons import Reason, ReasonCode

MOST_BUILT = 60
"""Up to as many parcels a second search starts from insertion; it pays with few and takes seconds with many."""
_HOME, _LOADING, _FIRST_START = 0, 1, 2
"""Places in the matrices: where routes end, where parcels are picked, then the vans, then the doorsteps."""


@dataclass(frozen=True, slots=True)
class RouteEffort:
    """How long to search."""

    iterations: int = 300
    """Of PyVRP's local search, each of two searches; some 4 ms each for 40 parcels and 4 vans, 25 ms for 100 and 6."""
    seed: int = 1


def plan_routes(
    vans: Sequence[VanPosition],
    parcels: Sequence[VanParcel],
    *,
    depot: Geodetic,
    now_s: float,
    effort: RouteEffort,
) -> VanPlan:
    """Plan every van from now on.

    Parameters
    ----------
    vans
        Those in service, each once.
    parcels
        Those at the depot, or to be there; what is on board of a van is taken from the van.
    now_s
        [s since the Unix epoch].

    Returns
    -------
    VanPlan
        Every parcel once: in a route, late where it must be, or unserved where no van can carry it at all.
    """
    frame = LocalFrame(depot)
    loaded = {parcel.order_id for van in vans for parcel in van.on_board}
    asked = [parcel for parcel in parcels if parcel.order_id not in loaded]
    unserved = tuple(Unserved(parcel.order_id, reasons) for parcel in asked if (reasons := _too_much(parcel, vans)))
    refused = {answer.order_id for answer in unserved}
    carried = [parcel for parcel in asked if parcel.order_id not in refused]
    doorsteps = {
        parcel.order_id: frame.to_enu_m(parcel.position)
        for parcel in [*carried, *(parcel for van in vans for parcel in van.on_board)]
    }
    clocks = {
        van.vehicle_id: Clock(van, frame.to_enu_m(van.position), doorsteps, now_s)
        for van in sorted(vans, key=lambda van: van.vehicle_id)
    }
    routes = _search(carried, clocks, effort)
    return VanPlan(
        routes=tuple(describe_route(clocks[name], tasks, depot) for name, tasks in routes.items()), unserved=unserved
    )


def _too_much(parcel: VanParcel, vans: Sequence[VanPosition]) -> tuple[Reason, ...]:
    if not vans:
        return (Reason(ReasonCode.FLEET, "no van is in service", 0, 1),)
    most_kg = max(van.profile.capacity_kg if van.profile.capacity_parcels > 0 else 0.0 for van in vans)
    if parcel.weight_kg <= most_kg:
        return ()
    text = f"parcel weighs {parcel.weight_kg:.3g} kg, the largest van carries {most_kg:.4g} kg"
    return (Reason(ReasonCode.WEIGHT, text, parcel.weight_kg, most_kg),)


def _search(carried: Sequence[VanParcel], clocks: dict[VehicleId, Clock], effort: RouteEffort) -> Routes:
    """The best of what insertion builds, what PyVRP makes of that, and what PyVRP finds from a start of its own."""
    start: Routes = {name: _first_doorstep(clock) for name, clock in clocks.items()}
    fixed = {tasks[0].parcel.order_id for tasks in start.values() if tasks}
    free = [
        parcel
        for parcel in [*carried, *(parcel for clock in clocks.values() for parcel in clock.van.on_board)]
        if parcel.order_id not in fixed
    ]
    if not free:
        return start
    found = _polish(free, clocks, start, None, effort)
    if len(free) > MOST_BUILT:
        return found
    built = {name: list(tasks) for name, tasks in start.items()}
    insert_all(free, built, clocks)
    better = _polish(free, clocks, start, built, effort)
    return min((found, better, built), key=lambda routes: plan_key(routes, clocks))


def _polish(
    free: Sequence[VanParcel], clocks: dict[VehicleId, Clock], start: Routes, built: Routes | None, effort: RouteEffort
) -> Routes:
    """PyVRP's routes from a start of its own or ours, and what it left out put back in."""
    problem = _Problem(free, clocks, start)
    routes = problem.solve(built, effort)
    left = {parcel.order_id for parcel in free} - {t.parcel.order_id for tasks in routes.values() for t in tasks}
    insert_all([parcel for parcel in free if parcel.order_id in left], routes, clocks)
    return settle_late(routes, clocks) if plan_key(routes, clocks)[0] > 0 else routes


def _first_doorstep(clock: Clock) -> list[Task]:
    return [Task(p, picks=False) for p in clock.van.on_board if p.order_id == clock.van.driving_to]


class _Problem:
    """The question in PyVRP's terms: whole seconds from now, whole metres, grams."""

    def __init__(self, free: Sequence[VanParcel], clocks: dict[VehicleId, Clock], start: Routes) -> None:
        self._clocks, self._start = clocks, start
        self._names = list(clocks)
        self._now_s = next(iter(clocks.values())).now_s
        owner = {parcel.order_id: name for name, clock in clocks.items() for parcel in clock.van.on_board}
        possible = [parcel for parcel in free if parcel.promised_by_s > self._now_s]
        self._on_board = [parcel for parcel in possible if parcel.order_id in owner]
        self._at_depot = [parcel for parcel in possible if parcel.order_id not in owner]
        self._owner = owner
        self._data = self._build()

    def solve(self, built: Routes | None, effort: RouteEffort) -> Routes:
        """Improve what insertion built; a parcel that cannot be on time is missing from the answer."""
        if not self._on_board and not self._at_depot:
            return {name: list(tasks) for name, tasks in self._start.items()}
        with warnings.catch_warnings():
            # Says that no solution within all windows was found for long; the late ones are ours to insert.
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            result = pyvrp.solve(
                self._data,
                MaxIterations(effort.iterations),
                seed=effort.seed,
                collect_stats=False,
                initial_solution=None if built is None else self._solution(built),
            )
        return self._read(result.best)

    def _build(self) -> pyvrp.ProblemData:
        metres, seconds = zip(*(self._matrices(name) for name in self._names), strict=True)
        farthest_m = int(max(matrix.max() for matrix in metres))
        least_j = min(clock.van.profile.energy_j_per_m for clock in self._clocks.values())
        rates = [
            round(10 * self._clocks[name].van.profile.energy_j_per_m / least_j) if least_j > 0 else 1
            for name in self._names
        ]
        prize = 20 * (1 + farthest_m) * max(rates)  # more than any detour costs: first on time, then energy
        for index, name in enumerate(self._names):
            for place, parcel in enumerate(self._on_board, start=_FIRST_START + len(self._names)):
                if self._owner[parcel.order_id] != name:
                    metres[index][:, place] = metres[index][place, :] = 10 * prize
                    metres[index][place, place] = 0
        places = _FIRST_START + len(self._names)
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in range(metres[0].shape[0])],
            [self._client(place, parcel, prize) for place, parcel in enumerate(self._on_board, start=places)],
            [pyvrp.Depot(_HOME), *(pyvrp.Depot(_FIRST_START + index) for index in range(len(self._names)))],
            [self._vehicle(index, rate) for index, rate in enumerate(rates)],
            list(metres),
            list(seconds),
            shipments=[
                self._shipment(place, parcel, prize)
                for place, parcel in enumerate(self._at_depot, start=places + len(self._on_board))
            ],
        )

    def _matrices(self, name: VehicleId) -> tuple[np.ndarray, np.ndarray]:
        """Metres and seconds between all places for one van, with loading and service on the arcs that lead there."""
        clock = self._clocks[name]
        profile, doorsteps = clock.van.profile, clock.doorsteps_enu_m
        starts = [self._start_place(other) for other in self._names]
        places = [(0.0, 0.0), (0.0, 0.0), *starts]
        places += [doorsteps[parcel.order_id] for parcel in (*self._on_board, *self._at_depot)]
        road = np.array([[road_m(first, second, profile) for second in places] for first in places])
        seconds = road / profile.speed_m_s
        seconds[:, _LOADING] += profile.load_s
        seconds[:, _FIRST_START + len(starts) :] += profile.service_s
        np.fill_diagonal(seconds, 0.0)
        return np.ceil(road).astype(np.int64), np.ceil(seconds).astype(np.int64)

    def _start_place(self, name: VehicleId) -> tuple[float, float]:
        """Where the van is free to choose: after the doorstep it is driving to."""
        clock, fixed = self._clocks[name], self._start[name]
        return clock.doorsteps_enu_m[fixed[-1].parcel.order_id] if fixed else clock.start_enu_m

    def _vehicle(self, index: int, rate: int) -> pyvrp.VehicleType:
        clock, fixed = self._clocks[self._names[index]], self._start[self._names[index]]
        free_s = clock.time(fixed).tasks[-1].done_s if fixed else max(clock.now_s, clock.van.free_at_s)
        profile = clock.van.profile
        on_board_kg = math.fsum(parcel.weight_kg for parcel in clock.van.on_board)
        return pyvrp.VehicleType(
            capacity=[
                _grams(max(profile.capacity_kg, on_board_kg)),
                max(profile.capacity_parcels, len(clock.van.on_board)),
            ],
            start_depot=1 + index,
            end_depot=0,
            tw_early=math.ceil(free_s - self._now_s),
            unit_distance_cost=rate,
            profile=index,
        )

    def _window(self, parcel: VanParcel) -> tuple[int, int]:
        latest_s = math.floor(parcel.promised_by_s - self._now_s)
        return min(latest_s, max(0, _whole_s(parcel.earliest_s - self._now_s))), latest_s

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
            pickup_tw_early=max(0, _whole_s(parcel.loadable_from_s - self._now_s)),
            delivery_tw_early=early_s,
            delivery_tw_late=late_s,
            amount=[_grams(parcel.weight_kg), 1],
            prize=prize,
            required=False,
        )

    def _solution(self, built: Routes) -> pyvrp.Solution:
        """The start of the search: what insertion built, without the late ones."""
        number = {parcel.order_id: index for index, parcel in enumerate(self._at_depot)}
        clients = {parcel.order_id: index for index, parcel in enumerate(self._on_board)}
        routes = []
        for index, name in enumerate(self._names):
            timed = self._clocks[name].time(built[name]).tasks
            late = {step.task.parcel.order_id for step in timed if step.lateness_s > 0}
            activities = []
            for step in timed[fixed_tasks(self._clocks[name]) :]:
                order_id = step.task.parcel.order_id
                if order_id in late:
                    continue
                if order_id in clients:
                    activities.append(pyvrp.Activity(pyvrp.ActivityType.CLIENT, clients[order_id]))
                elif order_id in number:
                    kind = pyvrp.ActivityType.PICKUP if step.task.picks else pyvrp.ActivityType.DELIVERY
                    activities.append(pyvrp.Activity(kind, number[order_id]))
            if activities:
                routes.append(pyvrp.Route(self._data, activities, index))
        return pyvrp.Solution(self._data, routes)

    def _read(self, solution: pyvrp.Solution) -> Routes:
        routes = {name: list(tasks) for name, tasks in self._start.items()}
        if not solution.is_feasible():
            return routes
        for route in solution.routes():
            name = self._names[route.vehicle_type()]
            for activity in route:
                if activity.is_client():
                    routes[name].append(Task(self._on_board[activity.idx], picks=False))
                elif activity.is_shipment():
                    routes[name].append(Task(self._at_depot[activity.idx], picks=activity.is_pickup()))
        return {
            name: [task for task in tasks if self._owner.get(task.parcel.order_id, name) == name]
            for name, tasks in routes.items()
        }


def _grams(weight_kg: float) -> int:
    return math.ceil(weight_kg * 1e3 - 1e-6)


def _whole_s(time_s: float) -> int:
    return math.ceil(time_s) if math.isfinite(time_s) else 0
