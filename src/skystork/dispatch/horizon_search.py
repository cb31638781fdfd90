"""The compiled search of the rolling horizon: a plan built order by order, then bettered.

Building follows Moore (Management Science 15:102, 1968): where an order would be late, the flight that holds a drone
longest makes room. Bettering takes out neighbours and puts them back where they cost least (Christiaens and Vanden
Berghe, Transp. Sci. 54:417, 2020), drones and vans together. What a step changes is remembered for each vehicle it
touches, so that a rejected step is undone.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled
from skystork.dispatch.horizon_arrays import BACK, NOWHERE, Model, Plan
from skystork.dispatch.horizon_kernel import (
    best_drone,
    best_van,
    lateness_cost,
    put_drone,
    put_van,
    stop_saves_s,
    take_out,
    time_queue,
    time_row,
)
from skystork.dispatch.wave_arrays import Floats, Seed, Whole
from skystork.dispatch.wave_state import random


@compiled
def _below(seed: Seed, limit: int) -> int:
    return min(limit - 1, int(random(seed) * limit))


@compiled
def _keep(plan: Plan, old: Plan, touched: Whole, vehicle: int) -> None:
    """Remember a vehicle's plan as it was before the first change of this step."""
    drones = len(plan.flights)
    for k in range(1, touched[0] + 1):
        if touched[k] == vehicle:
            return
    touched[0] += 1
    touched[touched[0]] = vehicle
    old.cost[vehicle] = plan.cost[vehicle]
    if vehicle < drones:
        old.queue[vehicle], old.flights[vehicle] = plan.queue[vehicle], plan.flights[vehicle]
    else:
        van = vehicle - drones
        old.row[van], old.stops[van] = plan.row[van], plan.stops[van]


@compiled
def put_best(
    model: Model, plan: Plan, old: Plan, touched: Whole, fleet: tuple[Whole, Whole], node: int, seed: Seed, blinks: bool
) -> bool:
    """Insert where it costs least, if that is less than leaving it out."""
    best, drone, gap, _ = best_drone(model, plan, node, fleet[0], model.absent_cost[node], seed, blinks)
    _, van, at, _ = best_van(model, plan, node, fleet[1], best, seed, blinks)
    if van != NOWHERE:
        _keep(plan, old, touched, len(plan.flights) + van)
        put_van(model, plan, node, van, at)
    elif drone != NOWHERE:
        _keep(plan, old, touched, drone)
        put_drone(model, plan, node, drone, gap)
    else:
        return False
    return True


@compiled
def displace(model: Model, plan: Plan, old: Plan, touched: Whole, node: int) -> int:
    """Moore's step: put a short flight in the place of the longest one that it frees a drone from.

    Returns the order displaced, or NOWHERE.
    """
    best, drone, gap = 0.0, NOWHERE, 0
    for each in range(len(plan.flights)):
        kind = model.drone_kind[each]
        if not model.out_s[node, kind] < np.inf or model.energy_j[node, kind] > model.usable_j[each]:
            continue
        for k in range(model.head[each], plan.flights[each]):
            other = plan.queue[each, k]
            saved_s = model.total_s[other, kind] - model.total_s[node, kind]
            lift_s = max(plan.free_s[each, k] + model.load_s[each], model.opens_s[node, kind], model.released_s[node])
            on_time = lift_s + model.out_s[node, kind] <= model.due_s[node] and lift_s <= model.closes_s[node, kind]
            ends_s = lift_s + model.total_s[node, kind] + model.turn_s[each]
            worthless = model.absent_cost[other] > model.absent_cost[node]
            if on_time and saved_s > best and ends_s <= plan.latest_s[each, k + 1] and not worthless:
                best, drone, gap = saved_s, each, k
    if drone == NOWHERE:
        return NOWHERE
    displaced: int = plan.queue[drone, gap]
    _keep(plan, old, touched, drone)
    take_out(model, plan, displaced)
    put_drone(model, plan, node, drone, gap)
    return displaced


@compiled
def build(model: Model, plan: Plan, old: Plan, touched: Whole, todo: Whole, seed: Seed) -> None:
    """Put orders in, one by one; where there is no room, the order that holds a drone longest makes it."""
    fleet = (np.arange(len(plan.flights)), np.arange(len(plan.stops)))
    for node in todo:
        touched[0] = 0
        if not put_best(model, plan, old, touched, fleet, node, seed, False) and model.late_cost[node] > 0:
            other = displace(model, plan, old, touched, node)
            if other != NOWHERE:
                put_best(model, plan, old, touched, fleet, other, seed, False)


@compiled
def _ruin(model: Model, fixed: Whole, removed: Whole, keys: Floats, seed: Seed) -> int:
    """Choose the orders of one step: neighbours of one, or what is left out and some others."""
    n, wanted, count = model.orders, 1 + _below(seed, 7), 0
    first = _below(seed, n)
    by_place = random(seed) < 0.7
    for node in range(n):
        apart = np.hypot(model.x_out[node] - model.x_out[first], model.y_out[node] - model.y_out[first])
        keys[node] = (apart + 200.0 if by_place else 1.0) * (0.3 + random(seed))
        if fixed[node] == 1:
            keys[node] = np.inf
    for _ in range(min(wanted, n)):
        node = int(np.argmin(keys))
        if keys[node] < np.inf:
            removed[count] = node
            keys[node] = np.inf
            count += 1
    return count


@compiled
def _reorder(model: Model, removed: Whole, count: int, keys: Floats, seed: Seed) -> None:
    rule = _below(seed, 4)
    for k in range(count):
        node = removed[k]
        keys[k] = random(seed)
        if rule == 1:
            keys[k] = model.due_s[node]
        elif rule == 2:
            keys[k] = -np.hypot(model.x_out[node], model.y_out[node])
        elif rule == 3:
            keys[k] = -model.absent_cost[node] + keys[k]
    removed[:count] = removed[:count][np.argsort(keys[:count])]


@compiled
def _undo(model: Model, plan: Plan, old: Plan, touched: Whole, removed: Whole, count: int) -> None:
    drones = len(plan.flights)
    for k in range(count):
        plan.where[removed[k]] = NOWHERE
    for t in range(1, touched[0] + 1):
        vehicle = touched[t]
        if vehicle < drones:
            plan.queue[vehicle], plan.flights[vehicle] = old.queue[vehicle], old.flights[vehicle]
            plan.where[plan.queue[vehicle, : plan.flights[vehicle]]] = vehicle
            time_queue(model, plan, vehicle)
        else:
            van = vehicle - drones
            plan.row[van], plan.stops[van] = old.row[van], old.stops[van]
            for node in plan.row[van, : plan.stops[van]]:
                if node != BACK:
                    plan.where[node] = vehicle
            time_row(model, plan, van)


@compiled
def better(model: Model, plan: Plan, old: Plan, fixed: Whole, steps: int, hot: float, seed: Seed) -> float:
    """Take out and put back; what is worse by little is kept now and then, ever less so. Returns what it saved."""
    touched, removed = np.zeros(len(plan.cost) + 1, np.int64), np.zeros(model.orders + 1, np.int64)
    fleet = (np.arange(len(plan.flights)), np.arange(len(plan.stops)))
    keys, saved = np.zeros(model.orders + 1), 0.0
    keys[model.orders] = np.inf
    for step in range(steps):
        touched[0] = 0
        count = _ruin(model, fixed, removed, keys, seed)
        change = 0.0
        for k in range(count):
            node = removed[k]
            if plan.where[node] == NOWHERE:
                change -= model.absent_cost[node]
            else:
                _keep(plan, old, touched, plan.where[node])
                take_out(model, plan, node)
        _reorder(model, removed, count, keys, seed)
        for k in range(count):
            if not put_best(model, plan, old, touched, fleet, removed[k], seed, True):
                change += model.absent_cost[removed[k]]
        for t in range(1, touched[0] + 1):
            change += plan.cost[touched[t]] - old.cost[touched[t]]
        if change < -hot * (1.0 - step / steps) * np.log(max(1e-12, random(seed))) - 1e-9:
            saved -= change
        else:
            _undo(model, plan, old, touched, removed, count)
        keys[model.orders] = np.inf
    return saved


@compiled
def survey(model: Model, plan: Plan, drones: Whole, seed: Seed, table: Floats, first: int) -> None:
    """For each order from the first asked on the best drone and the best van beside the plan, and what it has now.

    Columns: drone, what it adds, when; van, what it adds, when; of the plan: when it begins, when it is handed over,
    the latest beginning that keeps the promises, what leaving it out would save.
    """
    many, vans = len(plan.flights), np.arange(len(plan.stops))
    for node in range(first, model.orders):
        found, vehicle = table[node], plan.where[node]
        found[:] = np.inf
        found[0] = found[3] = NOWHERE
        if vehicle == NOWHERE or vehicle >= many:
            added, drone, _, eta_s = best_drone(model, plan, node, drones, np.inf, seed, False)
            found[0], found[1], found[2] = drone, added, eta_s
        if vehicle == NOWHERE or vehicle < many:
            added, van, _, eta_s = best_van(model, plan, node, vans, np.inf, seed, False)
            found[3], found[4], found[5] = van, added, eta_s
    for drone in range(many):
        kind = model.drone_kind[drone]
        for k in range(plan.flights[drone]):
            node = plan.queue[drone, k]
            begins_s = max(plan.free_s[drone, k], model.opens_s[node, kind] - model.load_s[drone])
            begins_s = max(begins_s, model.released_s[node])
            down_s = begins_s + model.load_s[drone] + model.out_s[node, kind]
            own = model.flight_cost[node, kind] + lateness_cost(model, node, down_s)
            found = table[node]
            found[0], found[1], found[2] = drone, own, down_s
            found[6], found[7], found[8], found[9] = begins_s, down_s, plan.latest_s[drone, k], own
    for van in range(len(plan.stops)):
        _survey_row(model, plan, van, table)


@compiled
def _survey_row(model: Model, plan: Plan, van: int, table: Floats) -> None:
    row, first = plan.row[van], 0
    for k in range(plan.stops[van]):
        node = row[k]
        if node == BACK:
            first = k + 1
        elif node < model.orders:
            saved_s = stop_saves_s(model, plan, van, k)
            own = saved_s * (model.drive_cost_per_s[van] + model.work_cost_per_s[van])
            own += (model.service_s[van] + model.inner_s[node]) * model.work_cost_per_s[van]
            own += lateness_cost(model, node, plan.leaves_s[van, k + 1])
            begins_s = plan.leaves_s[van, first] - (model.van_load_s[van] if model.at_hub[node] == 1 else 0.0)
            slack_s = plan.arrive_latest_s[van, first] - plan.leaves_s[van, first] - plan.leg_s[van, first]
            found, done_s = table[node], plan.leaves_s[van, k + 1]
            found[3], found[4], found[5] = van, own, done_s
            found[6], found[7], found[8], found[9] = begins_s, done_s, begins_s + slack_s, own


@compiled
def time_all(model: Model, plan: Plan) -> None:
    """Put everything on the clock."""
    for drone in range(len(plan.flights)):
        time_queue(model, plan, drone)
    for van in range(len(plan.stops)):
        time_row(model, plan, van)


@compiled
def resume(model: Model, plan: Plan, queues: Whole, tours: Whole) -> None:
    """Go on from the last decision: what still fits and is not late stays where it was foreseen.

    Rows hold nodes, NOWHERE behind the last; a tour begins with a call at the hub where its van is away.
    """
    for drone in range(len(plan.flights)):
        kind = model.drone_kind[drone]
        for node in queues[drone]:
            if node == NOWHERE or plan.where[node] != NOWHERE or plan.flights[drone] >= plan.queue.shape[1]:
                continue
            if not (model.out_s[node, kind] < np.inf and model.energy_j[node, kind] <= model.full_j[drone]):
                continue
            gap = plan.flights[drone]
            put_drone(model, plan, node, drone, gap)
            lift_s = max(plan.free_s[drone, gap] + model.load_s[drone], model.opens_s[node, kind])
            late = lift_s + model.out_s[node, kind] > model.due_s[node] or lift_s > model.closes_s[node, kind]
            if late and gap >= model.head[drone]:
                take_out(model, plan, node)
    for van in range(len(plan.stops)):
        for node in tours[van]:
            if node == NOWHERE or plan.where[node] != NOWHERE or model.by_road[node] == 0:
                continue
            _resume_stop(model, plan, node, van)


@compiled
def _resume_stop(model: Model, plan: Plan, node: int, van: int) -> None:
    count = plan.stops[van]
    if count + 2 >= plan.row.shape[1]:
        return
    outside = model.at_hub[node] == 1 and np.isnan(plan.tour_begins_s[van, count])
    gap = count + 1 if outside else count
    if not outside:
        heavy = plan.tour_kg[van, count] + model.weight_kg[node] > model.most_kg[van]
        if heavy or plan.tour_parcels[van, count] >= model.most_parcels[van]:
            return
        if model.at_hub[node] == 1 and plan.tour_begins_s[van, count] < model.released_s[node]:
            return
    put_van(model, plan, node, van, gap)
    late = plan.leaves_s[van, plan.stops[van]] > model.due_s[node] and model.late_cost[node] > 0
    if late or plan.back_s[van] > model.shift_end_s[van] or model.weight_kg[node] > model.most_kg[van]:
        take_out(model, plan, node)
