"""A wave in the terms of the compiled search, and back."""

from __future__ import annotations

import numpy as np

from skystork.dispatch.wave_arrays import NOWHERE, Floats, Model, State
from skystork.dispatch.wave_problem import WavePlan, WaveProblem
from skystork.dispatch.wave_state import put_in

NEAREST = 5
"""Neighbours that a short arc is the mean of."""
CLOSEST = 40
"""Places about one among which those of its own tour are sought."""
SHIFT_SLACK = 1e-9
"""Relative; sums of doubles in another sequence differ by less."""


def make_model(problem: WaveProblem, *, reach: int, truck_guide: float, drone_guide: float) -> Model:
    """Lay a problem out.

    Parameters
    ----------
    reach
        Neighbours beside which a stop is inserted.
    truck_guide, drone_guide
        Where the longest duty counts: weight of the trucks' own time, and of the drones' mean time.
    """
    trucks, drones = problem.trucks, len(problem.drone_shift_s)
    truck_guide, drone_guide = problem.span_cost * truck_guide, problem.span_cost * drone_guide / max(1, drones)
    allowed = np.isfinite(problem.drone_time_s)
    times = np.where(allowed, problem.drone_time_s, 0.0)
    truck_cost = np.ascontiguousarray(problem.truck_cost + truck_guide * problem.truck_time_s)
    dearest = float(truck_cost.max(initial=0.0) + problem.span_cost * problem.truck_time_s.max(initial=0.0))
    dearest += max((truck.leaving_cost for truck in trucks), default=0.0)
    flights = np.where(allowed, problem.drone_cost, 0.0) + (drone_guide + problem.span_cost) * times
    return Model(
        truck_cost=truck_cost,
        truck_time=np.ascontiguousarray(problem.truck_time_s),
        cost_into=np.ascontiguousarray(truck_cost.transpose(0, 2, 1)),
        time_into=np.ascontiguousarray(problem.truck_time_s.transpose(0, 2, 1)),
        kind=np.array([truck.kind for truck in trucks], dtype=np.int64),
        both_ways=np.array([_same_both_ways(*pair) for pair in zip(truck_cost, problem.truck_time_s, strict=True)]),
        capacity=np.array([truck.capacity_kg for truck in trucks]),
        most_stops=np.array([truck.capacity_parcels for truck in trucks], dtype=np.int64),
        truck_limit=np.array([truck.shift_s * (1 + SHIFT_SLACK) for truck in trucks]),
        truck_fixed=np.array([truck.leaving_cost for truck in trucks]),
        weight=np.ascontiguousarray(problem.weight_kg),
        hardness=np.ones(problem.size + 1),
        drone_time=np.ascontiguousarray(problem.drone_time_s),
        drone_cost=np.where(allowed, problem.drone_cost + drone_guide * times, 0.0),
        drone_limit=np.array(problem.drone_shift_s) * (1 + SHIFT_SLACK),
        near=_neighbours(problem),
        close=_close(problem),
        reach=min(problem.size, reach),
        span_cost=float(problem.span_cost),
        absent_cost=1.0 + 4 * (dearest + float(flights.max(initial=0.0))),
        truck_guide=truck_guide,
        drone_guide=drone_guide,
    )


def _same_both_ways(cost: Floats, time_s: Floats) -> bool:
    return bool(np.allclose(cost, cost.T, rtol=1e-9) and np.allclose(time_s, time_s.T, rtol=1e-9))


def _neighbours(problem: WaveProblem) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Customers by the length of the arc to them, each before all others of its own row (n+1, n)."""
    if problem.trucks:
        arcs = np.minimum(problem.truck_time_s[0], problem.truck_time_s[0].T)[:, 1:].copy()
    else:
        arcs = np.zeros((problem.size + 1, problem.size))
    arcs[np.arange(1, problem.size + 1), np.arange(problem.size)] = -1.0
    return np.ascontiguousarray(np.argsort(arcs, axis=1, kind="stable") + 1)


def _close(problem: WaveProblem) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Places by the time of the arc to them, the depot among them, without the place itself."""
    if not problem.trucks:
        return np.zeros((problem.size + 1, 0), dtype=np.int64)
    arcs = problem.truck_time_s[0].copy()
    np.fill_diagonal(arcs, np.inf)
    return np.ascontiguousarray(np.argsort(arcs, axis=1, kind="stable")[:, : min(CLOSEST, problem.size)])


def short_arc(model: Model) -> float:
    """A cost to measure temperatures by: of an arc to a near neighbour, median over the stops."""
    if len(model.kind) and len(model.weight) > 2:
        arcs = np.sort(model.truck_cost[0, 1:, 1:], axis=1)[:, 1 : NEAREST + 1]
        return max(float(np.median(arcs.mean(axis=1))), 1e-6 * model.absent_cost)
    return max(0.01 * model.absent_cost, 1e-9)


def make_state(model: Model, plan: WavePlan | None = None) -> State:
    """A plan as the search has it; nothing placed where none is given."""
    orders, trucks, drones = len(model.weight) - 1, len(model.kind), len(model.drone_limit)
    own = np.zeros(orders + 1 + trucks, dtype=np.int64)
    own[orders + 1 :] = np.arange(orders + 1, orders + 1 + trucks)
    state = State(
        after=own,
        before=own.copy(),
        where=np.full(orders + 1, NOWHERE, dtype=np.int64),
        stops=np.zeros(trucks, dtype=np.int64),
        load=np.zeros(trucks),
        busy=np.zeros(trucks + drones),
        cost=np.zeros(1),
        absent=np.array([orders], dtype=np.int64),
        unplaced=np.array([model.hardness[1:].sum()]),
    )
    if plan is not None:
        for truck, tour in enumerate(plan.tours):
            for order in tour:
                put_in(model, state, order, truck, int(state.before[orders + 1 + truck]))
        for drone, flights in enumerate(plan.flights):
            for order in flights:
                put_in(model, state, order, trucks + drone, 0)
    return state


def copied(state: State) -> State:
    """The same plan, to be changed on its own."""
    return State._make(array.copy() for array in state)


def read_plan(model: Model, state: State) -> WavePlan:
    """What the search has, as a plan."""
    stops, trucks, drones = len(model.weight), len(model.kind), len(model.drone_limit)
    tours = list[tuple[int, ...]]()
    for truck in range(trucks):
        tour, node = list[int](), int(state.after[stops + truck])
        while node < stops:
            tour.append(node)
            node = int(state.after[node])
        tours.append(tuple(tour))
    where = state.where[1:]

    def served_by(vehicle: int) -> tuple[int, ...]:
        return tuple(int(order) + 1 for order in np.flatnonzero(where == vehicle))

    return WavePlan(tuple(tours), tuple(served_by(trucks + drone) for drone in range(drones)), served_by(NOWHERE))


def first_prices(model: Model, *, short_arc_cost: float, fewer_trucks: bool) -> Floats:
    """Of drone time; of an order left out, now and least (3,)."""
    times = model.drone_time[np.isfinite(model.drone_time) & (model.drone_time > 0)]
    price = short_arc_cost / float(np.median(times)) if len(times) else 1.0
    least_absent = 2 * short_arc_cost if fewer_trucks else model.absent_cost
    return np.array([price, model.absent_cost, least_absent])
