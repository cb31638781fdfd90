"""The compiled plan of the rolling horizon: queues of drones and plans of vans, timed, and where an order fits in.

Every gap of every plan knows how long what follows it can be put off without breaking a promise that now holds
(Savelsbergh's forward slack, ORSA J. Computing 4:146, 1992), so that an insertion is judged in constant time and never
breaks the promise of another order. :mod:`skystork.dispatch.horizon_search` builds on it and must be saved anew when
this module changes: Numba's cache looks at the age of one file only.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled
from skystork.dispatch.horizon_arrays import BACK, LATE_SCALE_S, NOWHERE, Model, Plan
from skystork.dispatch.wave_arrays import Floats, Seed, Whole
from skystork.dispatch.wave_state import random

BLINK = 0.02
"""Share of the gaps that an insertion overlooks while a plan is bettered."""


@compiled
def lateness_cost(model: Model, node: int, done_s: float) -> float:
    """What it costs to hand over then."""
    late_s = done_s - model.due_s[node]
    if late_s <= 0:
        return 0.0
    cost: float = model.late_cost[node] * (1.0 + late_s / LATE_SCALE_S) + model.stale_cost_per_s[node] * late_s
    return cost


@compiled
def time_queue(model: Model, plan: Plan, drone: int) -> None:
    """Put a drone's queue on the clock, forwards, then its slack backwards."""
    queue, count, kind = plan.queue[drone], plan.flights[drone], model.drone_kind[drone]
    cost, load_s, turn_s = 0.0, model.load_s[drone], model.turn_s[drone]
    free_s = model.ready_s[drone]
    if count > 0 and model.energy_j[queue[0], kind] > model.usable_j[drone]:
        free_s = model.full_ready_s[drone]
    for k in range(count):
        node = queue[k]
        plan.free_s[drone, k] = free_s
        lift_s = max(free_s + load_s, model.opens_s[node, kind], model.released_s[node] + load_s)
        down_s = lift_s + model.out_s[node, kind]
        cost += model.flight_cost[node, kind] + lateness_cost(model, node, down_s)
        cost += model.wait_cost_per_s * (down_s - model.now_s)
        free_s = lift_s + model.total_s[node, kind] + turn_s
    plan.free_s[drone, count] = free_s
    latest_s = np.inf
    plan.latest_s[drone, count] = latest_s
    for k in range(count - 1, -1, -1):
        node = queue[k]
        lift_s = max(plan.free_s[drone, k] + load_s, model.opens_s[node, kind], model.released_s[node] + load_s)
        latest_s = min(latest_s - model.total_s[node, kind] - turn_s, model.closes_s[node, kind])
        if lift_s + model.out_s[node, kind] <= model.due_s[node]:
            latest_s = min(latest_s, model.due_s[node] - model.out_s[node, kind])
        latest_s -= load_s
        plan.latest_s[drone, k] = latest_s
    plan.cost[drone] = cost


@compiled
def best_drone(
    model: Model, plan: Plan, node: int, drones: Whole, most: float, seed: Seed, blinks: bool
) -> tuple[float, int, int, float]:
    """The cheapest gap of the drones' queues: what it adds, drone, gap, when the parcel is down; below ``most``."""
    best, drone, gap, eta_s = most, NOWHERE, 0, np.inf
    released_s, due_s = model.released_s[node], model.due_s[node]
    late_cost, stale_per_s, wait_per_s = model.late_cost[node], model.stale_cost_per_s[node], model.wait_cost_per_s
    for each in drones:
        kind, count = model.drone_kind[each], plan.flights[each]
        out_s, flight_cost = model.out_s[node, kind], model.flight_cost[node, kind]
        load_s, ready_s, energy_j = model.load_s[each], model.ready_s[each], model.energy_j[node, kind]
        if not flight_cost + wait_per_s * (ready_s + load_s + out_s - model.now_s) < best:
            continue
        if energy_j > model.full_j[each] or count >= plan.queue.shape[1]:
            continue
        holds_s = model.total_s[node, kind] + model.turn_s[each]
        first_s = max(model.opens_s[node, kind], released_s + load_s)
        for k in range(model.head[each], count + 1):
            free_s = plan.free_s[each, k]
            if k == 0:
                free_s = model.full_ready_s[each] if energy_j > model.usable_j[each] else ready_s
            lift_s = max(free_s + load_s, first_s)
            if not lift_s <= model.closes_s[node, kind] or (blinks and random(seed) < BLINK):
                continue
            if k < count and lift_s + holds_s > plan.latest_s[each, k]:
                continue
            down_s = lift_s + out_s
            added = flight_cost + wait_per_s * (down_s - model.now_s)
            if down_s > due_s:
                added += late_cost * (1.0 + (down_s - due_s) / LATE_SCALE_S) + stale_per_s * (down_s - due_s)
            if added < best:
                best, drone, gap, eta_s = added, each, k, down_s
    return best, drone, gap, eta_s


@compiled
def _leg(road_s: Floats, pace_s_m: float, ax: float, ay: float, ap: int, bx: float, by: float, bp: int) -> float:
    if len(road_s) > 0:
        leg_s: float = road_s[ap, bp]
        return leg_s
    straight_s: float = np.sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay)) * pace_s_m
    return straight_s


@compiled
def _tidy(model: Model, plan: Plan, van: int) -> None:
    """Take out calls at the hub that load nothing."""
    row, count, kept = plan.row[van], plan.stops[van], 0
    for k in range(count):
        needless = row[k] == BACK and (k + 1 == count or row[k + 1] == BACK or (kept == 0 and model.away[van] == 0))
        if not needless:
            row[kept] = row[k]
            kept += 1
    if kept > 0 and row[kept - 1] == BACK:
        kept -= 1
    plan.stops[van] = kept


@compiled
def _lay_out(model: Model, plan: Plan, van: int) -> None:
    """Where a van is at each gap, where it goes from there, and how long that takes."""
    row, count, pace_s_m = plan.row[van], plan.stops[van], model.pace_s_m[van]
    x, y, p = model.van_x[van], model.van_y[van], model.van_place[van]
    for k in range(count + 1):
        node = row[k] if k < count else BACK
        to_x, to_y, to_p = model.hub_x[van], model.hub_y[van], model.hub_place[van]
        if node != BACK:
            to_x, to_y, to_p = model.x_in[node], model.y_in[node], model.p_in[node]
        plan.from_x[van, k], plan.from_y[van, k], plan.from_p[van, k] = x, y, p
        plan.to_x[van, k], plan.to_y[van, k], plan.to_p[van, k] = to_x, to_y, to_p
        plan.leg_s[van, k] = _leg(model.road_s, pace_s_m, x, y, p, to_x, to_y, to_p)
        x, y, p = to_x, to_y, to_p
        if node != BACK:
            x, y, p = model.x_out[node], model.y_out[node], model.p_out[node]


@compiled
def time_row(model: Model, plan: Plan, van: int) -> None:
    """Put a van's plan on the clock, forwards, then its slack backwards."""
    _tidy(model, plan, van)
    _lay_out(model, plan, van)
    row, count, place = plan.row[van], plan.stops[van], len(plan.flights) + van
    service_s, load_s, leg_s = model.service_s[van], model.van_load_s[van], plan.leg_s[van]
    begun_s, cost = model.van_start_s[van], 0.0
    now_s = begun_s if model.away[van] == 1 else begun_s + load_s
    begins_s = np.nan if model.away[van] == 1 else begun_s
    first, kg, parcels = 0, 0.0, 0
    for k in range(count):
        node = row[k]
        plan.leaves_s[van, k] = now_s
        plan.tour_begins_s[van, k] = begins_s
        if node == BACK:
            plan.tour_kg[van, first : k + 1] = kg
            plan.tour_parcels[van, first : k + 1] = parcels
            first, kg, parcels = k + 1, 0.0, 0
            begins_s = now_s + leg_s[k]
            now_s = begins_s + load_s
        else:
            now_s = max(now_s + leg_s[k] + model.inner_s[node] + service_s, model.earliest_s[node])
            kg += model.weight_kg[node]
            parcels += 1
            cost += lateness_cost(model, node, now_s)
    plan.leaves_s[van, count] = now_s
    plan.tour_begins_s[van, count] = begins_s
    plan.tour_kg[van, first : count + 1] = kg
    plan.tour_parcels[van, first : count + 1] = parcels
    plan.back_s[van] = begun_s
    if count > 0 or model.away[van] == 1:
        plan.back_s[van] = now_s + leg_s[count]
        cost += leg_s[: count + 1].sum() * model.drive_cost_per_s[van]
        cost += (plan.back_s[van] - begun_s) * model.work_cost_per_s[van]
    plan.cost[place] = cost
    _new_tour(model, plan, van)
    latest_s = model.shift_end_s[van]
    for k in range(count, -1, -1):
        if k < count:
            node = row[k]
            latest_s -= leg_s[k + 1]
            if node == BACK:
                latest_s -= load_s
            else:
                if plan.leaves_s[van, k + 1] <= model.due_s[node]:
                    latest_s = min(latest_s, model.due_s[node])
                latest_s -= model.inner_s[node] + service_s
        plan.arrive_latest_s[van, k] = latest_s


@compiled
def _new_tour(model: Model, plan: Plan, van: int) -> None:
    """The gap behind the last one: another tour, which a van that waits empty has no need of."""
    gap, possible = plan.stops[van] + 1, plan.stops[van] > 0 or model.away[van] == 1
    plan.from_x[van, gap] = plan.to_x[van, gap] = model.hub_x[van]
    plan.from_y[van, gap] = plan.to_y[van, gap] = model.hub_y[van]
    plan.from_p[van, gap] = plan.to_p[van, gap] = model.hub_place[van]
    plan.leg_s[van, gap] = plan.tour_kg[van, gap] = 0.0
    plan.tour_parcels[van, gap] = 0
    plan.tour_begins_s[van, gap] = plan.back_s[van]
    plan.leaves_s[van, gap] = plan.back_s[van] + model.van_load_s[van]
    plan.arrive_latest_s[van, gap] = model.shift_end_s[van] if possible else -np.inf


@compiled
def stop_saves_s(model: Model, plan: Plan, van: int, gap: int) -> float:
    """Driving that leaving out the stop behind a gap would save [s]."""
    ax, ay, ap = plan.from_x[van, gap], plan.from_y[van, gap], plan.from_p[van, gap]
    bx, by, bp = plan.to_x[van, gap + 1], plan.to_y[van, gap + 1], plan.to_p[van, gap + 1]
    direct_s = _leg(model.road_s, model.pace_s_m[van], ax, ay, ap, bx, by, bp)
    saved_s: float = plan.leg_s[van, gap] + plan.leg_s[van, gap + 1] - direct_s
    return saved_s


@compiled
def best_van(
    model: Model, plan: Plan, node: int, vans: Whole, most: float, seed: Seed, blinks: bool
) -> tuple[float, int, int, float]:
    """The cheapest gap of the vans' plans: what it adds, van, gap, when it is handed over; below ``most``.

    A gap beyond the last one stands for a new tour at the end.
    """
    best, chosen, gap, eta_s = most, NOWHERE, 0, np.inf
    if model.by_road[node] == 0:
        return best, chosen, gap, eta_s
    weight_kg, at_hub, released_s = model.weight_kg[node], model.at_hub[node] == 1, model.released_s[node]
    x_in, y_in, p_in = model.x_in[node], model.y_in[node], model.p_in[node]
    x_out, y_out, p_out = model.x_out[node], model.y_out[node], model.p_out[node]
    due_s, earliest_s, road_s = model.due_s[node], model.earliest_s[node], model.road_s
    late_cost, stale_per_s = model.late_cost[node], model.stale_cost_per_s[node]
    for van in vans:
        count = plan.stops[van]
        if count + 2 >= plan.row.shape[1] or weight_kg > model.most_kg[van] or model.most_parcels[van] < 1:
            continue
        work, pace_s_m = model.work_cost_per_s[van], model.pace_s_m[van]
        per_s, busy_s = model.drive_cost_per_s[van] + work, model.inner_s[node] + model.service_s[van]
        opening = count == 0 and model.away[van] == 0
        for g in range(count + 2):
            full = plan.tour_parcels[van, g] >= model.most_parcels[van]
            if full or plan.tour_kg[van, g] + weight_kg > model.most_kg[van]:
                continue
            if (at_hub and not plan.tour_begins_s[van, g] >= released_s) or (blinks and random(seed) < BLINK):
                continue
            x, y, p, free_s = plan.from_x[van, g], plan.from_y[van, g], plan.from_p[van, g], plan.leaves_s[van, g]
            to_x, to_y, to_p = plan.to_x[van, g], plan.to_y[van, g], plan.to_p[van, g]
            there_s = _leg(road_s, pace_s_m, x, y, p, x_in, y_in, p_in)
            on_s = _leg(road_s, pace_s_m, x_out, y_out, p_out, to_x, to_y, to_p)
            done_s = max(free_s + there_s + busy_s, earliest_s)
            if not done_s + on_s <= plan.arrive_latest_s[van, g]:
                continue
            added = (there_s + on_s - plan.leg_s[van, g]) * per_s + (done_s - free_s - there_s) * work
            if opening or g > count:
                added += model.van_load_s[van] * work
            if done_s > due_s:
                added += late_cost * (1.0 + (done_s - due_s) / LATE_SCALE_S) + stale_per_s * (done_s - due_s)
            if added < best:
                best, chosen, gap, eta_s = added, van, g, done_s
    return best, chosen, gap, eta_s


@compiled
def put_drone(model: Model, plan: Plan, node: int, drone: int, gap: int) -> None:
    """Insert an order into a queue."""
    for k in range(plan.flights[drone], gap, -1):
        plan.queue[drone, k] = plan.queue[drone, k - 1]
    plan.queue[drone, gap] = node
    plan.flights[drone] += 1
    plan.where[node] = drone
    time_queue(model, plan, drone)


@compiled
def put_van(model: Model, plan: Plan, node: int, van: int, gap: int) -> None:
    """Insert a node into a van's plan; beyond the end after a call at the hub."""
    count = plan.stops[van]
    if gap > count:
        plan.row[van, count] = BACK
        count += 1
        gap = count
    for k in range(count, gap, -1):
        plan.row[van, k] = plan.row[van, k - 1]
    plan.row[van, gap] = node
    plan.stops[van] = count + 1
    plan.where[node] = len(plan.flights) + van
    time_row(model, plan, van)


@compiled
def take_out(model: Model, plan: Plan, node: int) -> None:
    """Take an order out of whatever it is in."""
    vehicle, drones = plan.where[node], len(plan.flights)
    if vehicle < drones:
        row, count = plan.queue[vehicle], plan.flights[vehicle]
    else:
        row, count = plan.row[vehicle - drones], plan.stops[vehicle - drones]
    kept = 0
    for k in range(count):
        if row[k] != node:
            row[kept] = row[k]
            kept += 1
    plan.where[node] = NOWHERE
    if vehicle < drones:
        plan.flights[vehicle] = kept
        time_queue(model, plan, vehicle)
    else:
        plan.stops[vehicle - drones] = kept
        time_row(model, plan, vehicle - drones)
