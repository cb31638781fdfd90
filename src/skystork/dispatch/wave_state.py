"""What the compiled search of a wave is made of: dice, the worth of a plan, and one stop taken out or put in."""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled
from skystork.dispatch.wave_arrays import NOWHERE, Model, Seed, State


@compiled
def random(seed: Seed) -> float:
    """xorshift64*, Vigna (2016); in [0, 1)."""
    word = seed[0]
    word ^= word >> np.uint64(12)
    word ^= word << np.uint64(25)
    word ^= word >> np.uint64(27)
    seed[0] = word
    return np.float64((word * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def below(seed: Seed, limit: int) -> int:
    """A whole number from 0 to below the limit."""
    return min(limit - 1, int(random(seed) * limit))


@compiled
def guided(model: Model, state: State, absent_cost: float) -> float:
    """What the search goes by."""
    total: float = state.cost[0] + absent_cost * state.unplaced[0]
    if model.span_cost > 0:
        total += model.span_cost * state.busy.max()
    return total


@compiled
def worth(model: Model, state: State) -> float:
    """What is to be least: without the guide, orders left out at their highest cost."""
    trucks = len(model.kind)
    total: float = guided(model, state, 0.0) + model.absent_cost * state.absent[0]
    if model.span_cost > 0:
        total -= model.truck_guide * state.busy[:trucks].sum() + model.drone_guide * state.busy[trucks:].sum()
    return total


@compiled
def take_out(model: Model, state: State, customer: int) -> None:
    """Remove a customer from its tour or its drone."""
    n, trucks = len(state.where) - 1, len(model.kind)
    vehicle = state.where[customer]
    if vehicle < trucks:
        before, after = state.before[customer], state.after[customer]
        state.after[before], state.before[after] = after, before
        a, b, kind = min(before, n + 1) % (n + 1), min(after, n + 1) % (n + 1), model.kind[vehicle]
        cost, time = model.truck_cost[kind], model.truck_time[kind]
        state.cost[0] += cost[a, b] - cost[a, customer] - cost[customer, b]
        state.busy[vehicle] += time[a, b] - time[a, customer] - time[customer, b]
        state.load[vehicle] -= model.weight[customer]
        state.stops[vehicle] -= 1
        if state.stops[vehicle] == 0:
            state.cost[0] -= model.truck_fixed[vehicle]
            state.busy[vehicle] = state.load[vehicle] = 0.0
    else:
        state.cost[0] -= model.drone_cost[vehicle - trucks, customer]
        state.busy[vehicle] -= model.drone_time[vehicle - trucks, customer]
    state.where[customer] = NOWHERE
    state.absent[0] += 1
    state.unplaced[0] += model.hardness[customer]


@compiled
def put_in(model: Model, state: State, customer: int, vehicle: int, before: int) -> None:
    """Insert a customer after a node of a truck's tour, or give it to a drone."""
    n, trucks = len(state.where) - 1, len(model.kind)
    if vehicle < trucks:
        after = state.after[before]
        state.after[before] = state.before[after] = customer
        state.before[customer], state.after[customer] = before, after
        a, b, kind = min(before, n + 1) % (n + 1), min(after, n + 1) % (n + 1), model.kind[vehicle]
        cost, time = model.truck_cost[kind], model.truck_time[kind]
        state.cost[0] += cost[a, customer] + cost[customer, b] - cost[a, b]
        state.busy[vehicle] += time[a, customer] + time[customer, b] - time[a, b]
        state.load[vehicle] += model.weight[customer]
        state.stops[vehicle] += 1
        if state.stops[vehicle] == 1:
            state.cost[0] += model.truck_fixed[vehicle]
    else:
        state.cost[0] += model.drone_cost[vehicle - trucks, customer]
        state.busy[vehicle] += model.drone_time[vehicle - trucks, customer]
    state.where[customer] = vehicle
    state.absent[0] -= 1
    state.unplaced[0] = state.unplaced[0] - model.hardness[customer] if state.absent[0] else 0.0
