"""Compiled insertion into van routes: where one parcel adds least, and all that stand in no route by regret.

Regret insertion is Potvin and Rousseau's (EJOR 66:331, 1993). A place is looked at in full only where the extra way
alone is cheaper than the best place so far.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled
from skystork.dispatch.van_arrays import (
    ABOARD,
    ANY_VAN,
    DEPOT,
    LATE_J,
    LATE_ORDER_J,
    OVER_J,
    Flags,
    Floats,
    Log,
    Model,
    Seed,
    State,
    Whole,
)
from skystork.dispatch.van_clock import NO_FIT, time_route
from skystork.dispatch.wave_state import random

NEAR_CALLS = 16
"""Neighbours of a doorstep whose vans are tried."""


@compiled
def _weigh(model: Model, van: int, tasks: Whole, size: int, log: Log) -> tuple[float, float]:
    """Cost of a route, and its seconds over."""
    lateness, late, metres, over, _ = time_route(model, van, tasks, size, log)
    if metres >= NO_FIT:
        return np.inf, 0.0
    cost = metres * model.energy_j_per_m[van] + LATE_J * lateness + LATE_ORDER_J * late + OVER_J * over
    return cost, over


@compiled
def settle(model: Model, state: State, van: int, log: Log) -> None:
    """Derive a route's cost anew."""
    state.cost[van], state.over[van] = _weigh(model, van, state.route[van], state.size[van], log)


@compiled
def _with(route: Whole, size: int, parcel: int, pick: int, drop: int, trial: Whole) -> int:
    """The route with a parcel picked at a position and dropped at another of the old route; ``pick`` < 0: on board."""
    place = 0
    for step in range(size + 1):
        if step == pick:
            trial[place] = 2 * parcel
            place += 1
        if step == drop:
            trial[place] = 2 * parcel + 1
            place += 1
        if step < size:
            trial[place] = route[step]
            place += 1
    return place


@compiled
def _extra_m(metres: Floats, start: int, place: Whole, route: Whole, size: int, step: int, at: int) -> float:
    """What a place adds to the way when called at before a step."""
    here = start if step == 0 else place[route[step - 1]]
    there = DEPOT if step == size else place[route[step]]
    extra_m: float = metres[here, at] + metres[at, there] - metres[here, there]
    return extra_m


@compiled
def _same_call(place: Whole, route: Whole, size: int, fixed: int, step: int) -> bool:
    """Whether a position lies inside a call at the depot: there all are the same, and the last stands for all."""
    if not fixed < step < size or route[step] % 2 or route[step - 1] % 2:
        return False
    return bool(place[route[step]] == DEPOT and place[route[step - 1]] == DEPOT)


@compiled
def best_place(
    model: Model,
    state: State,
    van: int,
    parcel: int,
    best: float,
    deep: bool,
    blink: float,
    seed: Seed,
    trial: Whole,
    log: Log,
) -> tuple[float, int, int]:
    """Where a parcel adds least to a van's cost, if less than the best so far: what it adds, pick and drop.

    The place that adds least to the way is looked at first: where it keeps every promise no other can be better. Only
    a deep look goes on from there.
    """
    route, size, fixed, cost_now = state.route[van], state.size[van], model.fixed[van], state.cost[van]
    rate, pick_at, drop_at = model.energy_j_per_m[van], model.pick[parcel], model.drop[parcel]
    metres, start, place = model.metres[model.kind[van]], model.start[van], model.place
    most_over = np.inf if model.owner[parcel] != ANY_VAN else state.over[van] + 1e-6
    found_pick, found_drop, near_pick, near_drop, near_m, aboard = -2, -2, -2, -2, best / rate, pick_at == ABOARD
    for pass_ in range(2):
        for pick in range(-1 if aboard else fixed, 0 if aboard else size + 1):
            pick_m, both_m = 0.0, 0.0
            if pick >= 0:
                if pick_at == DEPOT and _same_call(place, route, size, fixed, pick):
                    continue
                here = start if pick == 0 else place[route[pick - 1]]
                there = DEPOT if pick == size else place[route[pick]]
                pick_m = metres[here, pick_at] + metres[pick_at, there] - metres[here, there]
                both_m = metres[here, pick_at] + metres[pick_at, drop_at] + metres[drop_at, there] - metres[here, there]
            for drop in range(max(pick, fixed), size + 1):
                more_m = both_m
                if pick != drop:
                    more_m = pick_m + _extra_m(metres, start, place, route, size, drop, drop_at)
                seen = more_m >= near_m if pass_ == 0 else pick == near_pick and drop == near_drop
                if rate * more_m >= best or seen:
                    continue
                if blink > 0.0 and random(seed) < blink:
                    continue
                if pass_ == 0:
                    near_pick, near_drop, near_m = pick, drop, more_m
                    continue
                count = _with(route, size, parcel, pick, drop, trial)
                cost, over = _weigh(model, van, trial, count, log)
                if cost - cost_now < best and over <= most_over:
                    best, found_pick, found_drop = cost - cost_now, pick, drop
        if pass_ == 0:
            if near_drop < 0:
                break
            count = _with(route, size, parcel, near_pick, near_drop, trial)
            cost, over = _weigh(model, van, trial, count, log)
            if cost - cost_now < best and over <= most_over:
                best, found_pick, found_drop = cost - cost_now, near_pick, near_drop
                if best <= rate * near_m * (1.0 + 1e-9) + 1e-3:
                    return best, found_pick, found_drop
            if not deep:
                return best, found_pick, found_drop
    return best, found_pick, found_drop


@compiled
def put_in(model: Model, state: State, van: int, parcel: int, pick: int, drop: int, trial: Whole, log: Log) -> None:
    """Insert a parcel where :func:`best_place` found."""
    count = _with(state.route[van], state.size[van], parcel, pick, drop, trial)
    state.route[van, :count] = trial[:count]
    state.size[van] = count
    state.where[parcel] = van
    settle(model, state, van, log)


@compiled
def take_out(state: State, parcel: int) -> None:
    """Remove a parcel's tasks; the cost is to be settled afterwards."""
    van, place = state.where[parcel], 0
    route, size = state.route[van], state.size[van]
    for step in range(size):
        if route[step] // 2 != parcel:
            route[place] = route[step]
            place += 1
    state.size[van] = place
    state.where[parcel] = -1


@compiled
def vans_near(where: Whole, near: Whole, owner: int, parcel: int, few: Flags) -> None:
    """Which vans to try: those that call near the doorstep; all of them where these are fewer than three."""
    few[:] = False
    if owner != ANY_VAN:
        few[owner] = True
        return
    count = 0
    for index in range(1, min(NEAR_CALLS, near.shape[1])):
        van = where[near[parcel, index]]
        if van >= 0 and not few[van]:
            few[van] = True
            count += 1
    if count < 3:
        few[:] = True


@compiled
def insert_by_regret(model: Model, state: State, seed: Seed, log: Log) -> None:
    """Put every parcel in that stands in no route: first whose second-best van is worst beside its best."""
    vans, parcels = len(model.kind), len(model.drop)
    open_ones = np.flatnonzero(state.where < 0)
    added = np.full((len(open_ones), vans), np.inf)
    picks, drops = np.zeros((len(open_ones), vans), dtype=np.int64), np.zeros((len(open_ones), vans), dtype=np.int64)
    trial, stale = np.zeros(2 * parcels + 2, dtype=np.int64), np.ones(vans, dtype=np.bool_)
    left, tried = np.ones(len(open_ones), dtype=np.bool_), np.zeros((len(open_ones), vans), dtype=np.bool_)
    for index in range(len(open_ones)):
        vans_near(state.where, model.near, model.owner[open_ones[index]], open_ones[index], tried[index])
    while left.any():
        for index in range(len(open_ones)):
            parcel = open_ones[index]
            for van in range(vans):
                if left[index] and stale[van] and tried[index, van]:
                    added[index, van], picks[index, van], drops[index, van] = best_place(
                        model, state, van, parcel, np.inf, True, 0.0, seed, trial, log
                    )
        stale[:] = False
        chosen, chosen_van, widest, cheapest = -1, -1, -1.0, np.inf
        for index in range(len(open_ones)):
            if not left[index]:
                continue
            van = int(np.argmin(added[index]))
            least, second = added[index, van], np.inf
            for other in range(vans):
                if other != van:
                    second = min(second, added[index, other])
            if least >= LATE_J and model.owner[open_ones[index]] == ANY_VAN and not tried[index].all():
                tried[index, :] = True  # those that call near have no room or time: all the others
                stale[:] = True
                continue
            if not np.isfinite(least):
                left[index] = False
                continue
            regret = min(second - least, 1e250)
            if regret > widest or (regret == widest and least < cheapest):
                chosen, chosen_van, widest, cheapest = index, van, regret, least
        if chosen < 0:
            continue
        put_in(
            model,
            state,
            chosen_van,
            open_ones[chosen],
            picks[chosen, chosen_van],
            drops[chosen, chosen_van],
            trial,
            log,
        )
        left[chosen], stale[chosen_van] = False, True
