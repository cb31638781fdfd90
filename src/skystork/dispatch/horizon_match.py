"""Which of the drones that stand ready flies which first flight: a sparse assignment, batteries in its cost.

The plan says which orders fly next; among drones that are ready together it does not matter for the times who flies
what, but for the batteries it does: the least battery that carries a flight home flies it, and the full ones are kept
for the far orders. The match is SciPy's sparse one (after Jonker and Volgenant, Computing 38:325, 1987).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from skystork.dispatch.horizon_arrays import Model, Plan
from skystork.dispatch.horizon_kernel import time_queue
from skystork.dispatch.wave_arrays import Floats, Whole

STEPS = 1e6
"""Costs are matched in whole numbers of a millionth. With fractions SciPy 1.17 may never come back: its dual prices are
compared for equality, and a 13 by 13 match of full batteries hung. Whole numbers below 2^53 add up exactly."""
SOON_S = 30.0
"""Drones ready within this are matched together."""
MOST_EDGES = 128
"""Drones tried for a flight, the least battery that is enough first; twice the drones of a hub is enough
(measured: no loss from there on), and a hub has 64 ready together at most."""
BATTERY_COST = 0.5
"""Of sending a drone whose battery would last for any flight, where a nearly empty one would do."""


def match_first_flights(model: Model, plan: Plan) -> None:
    """Exchange first flights among drones that are ready together, so that batteries are used up to the end."""
    soon = (model.ready_s <= model.now_s + SOON_S) & (model.head == 0)
    for kind in np.unique(model.drone_kind[soon]):
        drones = np.flatnonzero(soon & (model.drone_kind == kind))
        usable_j = np.minimum(model.usable_j[drones], 1e12)
        if len(drones) > 1 and np.ptp(usable_j) > 0 and (plan.flights[drones] > 0).any():
            _match(model, plan, drones, int(kind))


def _match(model: Model, plan: Plan, drones: Whole, kind: int) -> None:
    flying = drones[plan.flights[drones] > 0]
    firsts = plan.queue[flying, 0].copy()
    cost = _costs(model, plan, firsts, drones, kind)
    own = np.searchsorted(drones, flying)
    for row in range(len(firsts)):
        order = np.argsort(cost[row], kind="stable")
        cost[row, [column for column in order[MOST_EDGES:] if column != own[row]]] = np.inf
        cost[row, own[row]] = min(cost[row, own[row]], 1e6)
    rows, columns = cheapest(cost)
    if cost[rows, columns].sum() < cost[np.arange(len(own)), own].sum() - 1e-9:
        _exchange(model, plan, flying, drones, dict(zip(drones[columns], firsts[rows], strict=True)))


def cheapest(cost: Floats) -> tuple[Whole, Whole]:
    """The cheapest full match of rows to columns, ``inf`` where there is no edge; there must be one."""
    edges = np.nonzero(np.isfinite(cost))
    sparse = csr_matrix((1.0 + np.rint(cost[edges] * STEPS), edges), shape=cost.shape)
    rows, columns = min_weight_full_bipartite_matching(sparse)
    return rows, columns


def _costs(model: Model, plan: Plan, firsts: Whole, drones: Whole, kind: int) -> Floats:
    """(flights, drones) ``inf`` where it would break a promise that now holds, or the battery is not enough."""
    energy_j, usable_j = model.energy_j[firsts, kind][:, None], model.usable_j[drones][None, :]
    ready_s = np.where(energy_j > usable_j, model.full_ready_s[drones][None, :], model.ready_s[drones][None, :])
    lift_s = np.maximum(ready_s + model.load_s[drones][None, :], model.opens_s[firsts, kind][:, None])
    lift_s = np.maximum(lift_s, model.released_s[firsts][:, None])
    down_s = lift_s + model.out_s[firsts, kind][:, None]
    late_s = np.maximum(0.0, down_s - model.due_s[firsts][:, None])
    ends_s = lift_s + model.total_s[firsts, kind][:, None] + model.turn_s[drones][None, :]
    tail_s = np.where(plan.flights[drones] > 1, plan.latest_s[drones, 1], np.inf)[None, :]
    spare = np.clip((usable_j - energy_j) / np.maximum(1.0, model.full_j[drones][None, :]), 0.0, 1.0)
    spare = np.where(np.isfinite(spare), spare, 0.0)
    cost = model.wait_cost_per_s * (down_s - model.now_s) + BATTERY_COST * spare + 0.1 * late_s
    wrong = (energy_j > model.full_j[drones][None, :]) | (lift_s > model.closes_s[firsts, kind][:, None])
    wrong |= (ends_s > tail_s) | ((late_s > 0) & (model.late_cost[firsts] > 0)[:, None])
    return np.where(wrong, np.inf, cost)


def _exchange(model: Model, plan: Plan, flying: Whole, drones: Whole, given: dict[int, int]) -> None:
    for drone in drones:
        tail = plan.queue[drone, 1 if drone in flying else 0 : plan.flights[drone]].copy()
        first = [given[drone]] if drone in given else []
        queue = [*first, *tail]
        plan.queue[drone, : len(queue)] = queue
        plan.flights[drone] = len(queue)
        plan.where[np.array(queue, np.int64)] = drone
        time_queue(model, plan, int(drone))
