"""The same questions put to PyVRP, cold, and to VROOM; their routes re-timed by our clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from skystork.dispatch.van_arrays import no_log
from skystork.dispatch.van_insertion import insert_by_regret, settle
from skystork.dispatch.van_model import Routes, Setup
from skystork.dispatch.van_peer import polish
from skystork.dispatch.van_plan import Unserved, VanPlan, describe_route
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.van_route import Task
from skystork.frames import Geodetic

if TYPE_CHECKING:
    from van_replan import Question

SEED = np.array([88_172_645_463_325_252], dtype=np.uint64)


def _setup(asked: Question, depot: Geodetic, now_s: float) -> Setup:
    return Setup(asked.vans, asked.parcels, depot=depot, now_s=now_s, roads=Roads())


def _timed(setup: Setup, routes: Routes) -> VanPlan:
    """On our clock; what it left out is put in by insertion, as ours would."""
    state = setup.state(routes)
    for index in range(len(setup.vans)):
        settle(setup.model, state, index, no_log())
    insert_by_regret(setup.model, state, SEED.copy(), no_log())
    left = [Unserved(setup.parcels[index].order_id, ()) for index in np.flatnonzero(state.where < 0)]
    return VanPlan(tuple(describe_route(setup, state, index) for index in range(len(setup.vans))), tuple(left))


def by_pyvrp(asked: Question, depot: Geodetic, now_s: float, seconds: float) -> VanPlan:
    """PyVRP from nothing, given the time from the first look at its model on."""
    setup = _setup(asked, depot, now_s)
    began = time.process_time()
    routes = polish(setup, None, lambda _: time.process_time() - began >= seconds, 1)
    return _timed(setup, routes or {van.vehicle_id: [] for van in setup.vans})


def by_vroom(asked: Question, depot: Geodetic, now_s: float, level: int) -> tuple[VanPlan, float]:
    """VROOM at an exploration level, one thread; and how long it took [s]."""
    import vroom  # an extra of the benchmarks

    setup = _setup(asked, depot, now_s)
    model, problem = setup.model, vroom.Input()
    seconds = np.ceil(model.seconds[0]).astype(np.uint32)
    problem.set_durations_matrix("car", seconds)
    problem.set_distances_matrix("car", np.ceil(model.metres[0]).astype(np.uint32))
    service, load = int(model.service_s[0]), int(model.load_s[0])
    for index in range(len(setup.vans)):
        capacity = [int(model.capacity_kg[index] * 1e3), int(model.capacity_parcels[index])]
        problem.add_vehicle(
            vroom.Vehicle(
                index,
                start=int(model.start[index]),
                end=0,
                profile="car",
                capacity=capacity,
                skills={index + 1},
                costs=vroom.VehicleCosts(fixed=0, per_hour=0, per_km=3600),
            )
        )
    for number, parcel in enumerate(setup.parcels):
        due = max(1, int(model.due_s[number]) - service)
        amount = [int(parcel.weight_kg * 1e3), 1]
        owner = int(model.owner[number])
        place = int(model.drop[number])
        window = [vroom.TimeWindow(0, due)]
        if owner >= 0:
            problem.add_job(
                vroom.Job(number, place, default_service=service, delivery=vroom.Amount(amount), skills={owner + 1},
                          time_windows=window)
            )  # fmt: skip
        else:
            pick = vroom.ShipmentStep(number, 0, default_setup=load)
            drop = vroom.ShipmentStep(number, place, default_service=service, time_windows=window)
            problem.add_shipment(pick, drop, amount=vroom.Amount(amount))
    began = time.process_time()
    solution = problem.solve(exploration_level=level, nb_threads=1)
    took_s = time.process_time() - began
    routes: Routes = {van.vehicle_id: [] for van in setup.vans}
    for step in solution.routes.itertuples():
        if step.type in {"job", "pickup", "delivery"}:
            parcel = setup.parcels[int(step.id)]
            routes[setup.vans[int(step.vehicle_id)].vehicle_id].append(Task(parcel, picks=step.type == "pickup"))
    return _timed(setup, routes), took_s
