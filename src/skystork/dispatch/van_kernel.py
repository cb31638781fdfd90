"""The compiled clock of a van's route, and the compiled search over routes.

The clock puts a sequence of pick-ups and hand-overs on the time: speeds by the hour, one loading for each call at the
depot, windows, the driver's rest, charging. Everything that plans vans asks this one clock, whoever proposed the plan.

The search is regret insertion (Potvin and Rousseau, EJOR 66:331, 1993) for what stands in no route yet, then slack
induction by string removals (Christiaens and Vanden Berghe, Transp. Sci. 54:417, 2020) on routes in which a parcel is
picked and dropped: neighbouring parcels are taken out and put back where they cost least, kept by annealing. A place is
looked at in full only where the extra way alone is cheaper than the best place so far.
"""

from __future__ import annotations

import numpy as np

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
from skystork.dispatch.wave_state import below, compiled, random

HOUR_S = 3600.0
BLINK = 0.01
"""Share of the places that an insertion overlooks."""
NEAR_CALLS = 16
"""Neighbours of a doorstep whose vans are tried."""
ALL_VANS = 0.1
"""Share of the insertions that try all vans all the same."""
NO_FIT = 1e300
_SLACK_KG = 1e-9


@compiled
def drive_s(base_s: float, leaves_s: float, hours: Floats) -> float:
    """How long a leg takes that leaves so many seconds from now; see :mod:`skystork.dispatch.van_roads`."""
    left_s, now_s, hour = base_s, leaves_s, 0
    until_s = hours[0]
    if now_s >= until_s:
        hour = 1 + int((now_s - until_s) // HOUR_S)
        until_s += HOUR_S * hour
    while True:
        factor = hours[1 + hour % 24]
        room_s = (until_s - now_s) * factor
        if left_s <= room_s:
            return now_s + left_s / factor - leaves_s
        left_s -= room_s
        now_s = until_s
        until_s += HOUR_S
        hour += 1


@compiled
def route_metres(metres: Floats, start: int, place: Whole, tasks: Whole, size: int) -> float:
    """By road from where the van is, back to the depot."""
    here, total = start, 0.0
    for step in range(size):
        there = place[tasks[step]]
        total += metres[here, there]
        here = there
    return total + metres[here, DEPOT]


@compiled
def _charge_stop(metres: Floats, chargers: Whole, here: int, there: int) -> int:
    """The charger that lies least off the way."""
    best, least = chargers[0], np.inf
    for charger in chargers:
        detour = metres[here, charger] + metres[charger, there]
        if detour < least:
            best, least = charger, detour
    return best


@compiled
def time_route(model: Model, van: int, tasks: Whole, size: int, log: Log) -> tuple[float, float, float, float, float]:
    """Lateness [s], orders late, metres (``NO_FIT`` for too much on board), seconds over, and when it is back."""
    kind, rate, battery = model.kind[van], model.energy_j_per_m[van], model.battery_j[van]
    metres, seconds, told = model.metres[kind], model.seconds[kind], len(log.done_s) > 0
    electric, even = np.isfinite(battery), model.even
    place, pick_at, weight, hours = model.place, model.pick, model.weight_kg, model.hours
    early, due, ready = model.early_s, model.due_s, model.ready_s
    load_s, service_s = model.load_s[van], model.service_s[van]
    most_kg, most_parcels = model.capacity_kg[van] + _SLACK_KG, model.capacity_parcels[van]
    kg, parcels = 0.0, 0
    for step in range(size):
        if tasks[step] % 2 and pick_at[tasks[step] // 2] == ABOARD:
            kg += weight[tasks[step] // 2]
            parcels += 1
    ahead_m = route_metres(metres, model.start[van], place, tasks, size) if electric else 0.0
    now, here, picking = max(0.0, model.free_s[van]), model.start[van], False
    driven = lateness = late = over = 0.0
    resting = model.rest_from_s[van]
    for step in range(size + 1):
        task = tasks[step] if step < size else -1
        there = place[task] if step < size else DEPOT
        leg = metres[here, there]
        if electric and battery - rate * (leg + model.to_charger_m[kind, there]) < -1e-6:
            charger = _charge_stop(metres, model.chargers, here, there)
            detour = metres[here, charger]
            over += max(0.0, rate * detour - battery) / max(1.0, model.charge_w[van])
            now += seconds[here, charger] if even else drive_s(seconds[here, charger], now, hours)
            battery = max(0.0, battery - rate * detour)
            wanted = min(model.full_j[van], rate * (ahead_m - leg + metres[charger, there]))
            takes = max(0.0, wanted - battery) / max(1.0, model.charge_w[van])
            if told:
                log.charger[step], log.charged_from_s[step], log.charged_until_s[step] = charger, now, now + takes
            now, battery, here, picking = now + takes, max(battery, wanted), charger, False
            driven += detour
            if told and step < size:
                log.metres[step] += detour
            ahead_m += metres[charger, there] - leg
            leg = metres[here, there]
            over += max(0.0, rate * (leg + model.to_charger_m[kind, there]) - battery) / max(1.0, model.charge_w[van])
        now += seconds[here, there] if even else drive_s(seconds[here, there], now, hours)
        driven += leg
        ahead_m -= leg
        battery -= rate * leg
        here = there
        if step == size:
            break
        parcel, arrived = task // 2, now
        if task % 2 == 0:
            if there == DEPOT:
                if not picking:
                    takes = load_s
                    if electric:
                        wanted = min(model.full_j[van], max(battery + model.charge_w[van] * takes, rate * ahead_m))
                        takes = max(takes, (wanted - battery) / max(1.0, model.charge_w[van]))
                        battery = max(battery, wanted)
                    now += takes
            else:
                now += service_s
            now = max(now, ready[parcel])
            kg += weight[parcel]
            parcels += 1
            if kg > most_kg or parcels > most_parcels:
                return 0.0, 0.0, NO_FIT, 0.0, 0.0
            picking = there == DEPOT
        else:
            now = max(now + service_s, early[parcel])
            kg -= weight[parcel]
            parcels -= 1
            picking = False
            if now > due[parcel]:
                lateness += now - due[parcel]
                late += 1.0
        if told:
            log.metres[step] += leg
            log.arrives_s[step], log.done_s[step] = arrived, now
        if now >= resting:
            if told:
                log.rested[0] = step
            now, resting = now + model.rest_s[van], np.inf
    over += max(0.0, now - model.shift_ends_s[van])
    return lateness, late, driven, over, now


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
    return metres[here, at] + metres[at, there] - metres[here, there]


@compiled
def _same_call(place: Whole, route: Whole, size: int, fixed: int, step: int) -> bool:
    """Whether a position lies inside a call at the depot: there all are the same, and the last stands for all."""
    if not fixed < step < size or route[step] % 2 or route[step - 1] % 2:
        return False
    return place[route[step]] == DEPOT and place[route[step - 1]] == DEPOT


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
    found_pick, found_drop, near_pick, near_drop, near_m = -2, -2, -2, -2, best / rate
    aboard = pick_at == ABOARD
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
                if rate * more_m >= best or (pass_ == 0 and more_m >= near_m):
                    continue
                if pass_ == 1 and pick == near_pick and drop == near_drop:
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
                return best, -2, -2
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
def _vans_near(where: Whole, near: Whole, owner: int, parcel: int, few: Flags) -> None:
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
        _vans_near(state.where, model.near, model.owner[open_ones[index]], open_ones[index], tried[index])
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


@compiled
def _ruin(model: Model, state: State, seed: Seed, most: int, longest: int, removed: Whole) -> int:
    """Take strings of stops out about a parcel and its neighbours; returns how many parcels."""
    parcels, count = len(model.drop), 0
    centre, goal = below(seed, parcels), 1 + below(seed, most)
    for index in range(model.near.shape[1]):
        parcel = model.near[centre, index]
        van = state.where[parcel]
        if van < 0:
            continue
        route, size = state.route[van], state.size[van]
        length, place = 1 + below(seed, longest), 0
        while place < size and route[place] != 2 * parcel + 1:
            place += 1
        first = max(model.fixed[van], place - below(seed, length))
        strung = 0
        for step in range(first, min(size, first + length)):
            each = route[step] // 2
            if route[step] % 2 == 1 and count + strung < goal and not _is_fixed(model, state, van, each):
                removed[count + strung] = each
                strung += 1
        for which in range(count, count + strung):
            take_out(state, removed[which])
        count += strung
        if count >= goal:
            break
    return count


@compiled
def _is_fixed(model: Model, state: State, van: int, parcel: int) -> bool:
    """Whether a task of the parcel stands in the part of the route that stays."""
    fixed = model.fixed[van]
    return bool((state.route[van, :fixed] // 2 == parcel).any())


@compiled
def _sort(model: Model, seed: Seed, removed: Whole, count: int, keys: Floats) -> None:
    """In random sequence, the soonest due first, the farthest from the depot first, or those of one van first."""
    draw = random(seed)
    for place in range(count):
        parcel = removed[place]
        if draw < 0.4:
            keys[place] = random(seed)
        elif draw < 0.6:
            keys[place] = model.due_s[parcel]
        elif draw < 0.8:
            keys[place] = -model.metres[0, DEPOT, model.drop[parcel]]
        else:
            keys[place] = model.metres[0, DEPOT, model.drop[parcel]]
    for place in range(1, count):
        parcel, key, hole = removed[place], keys[place], place
        while hole > 0 and keys[hole - 1] > key:
            removed[hole], keys[hole] = removed[hole - 1], keys[hole - 1]
            hole -= 1
        removed[hole], keys[hole] = parcel, key


@compiled
def copy_state(source: State, target: State) -> None:
    """Make one plan the same as another."""
    for van in range(len(source.size)):
        count = source.size[van]
        target.route[van, :count] = source.route[van, :count]
    target.size[:] = source.size
    target.cost[:] = source.cost
    target.over[:] = source.over
    target.where[:] = source.where


@compiled
def _total(state: State, absent_cost: float) -> float:
    total: float = state.cost.sum() + absent_cost * (state.where < 0).sum()
    return total


@compiled
def search(
    model: Model,
    state: State,
    best: State,
    seed: Seed,
    steps: int,
    hot: float,
    cold: float,
    absent_cost: float,
    log: Log,
) -> None:
    """Take steps while the temperature falls from hot to cold [J]; the best plan seen is left in ``best``."""
    vans, parcels = len(model.kind), len(model.drop)
    if parcels == 0:
        return
    backup = State(state.route.copy(), state.size.copy(), state.cost.copy(), state.over.copy(), state.where.copy())
    removed, keys = np.zeros(2 * parcels + 2, dtype=np.int64), np.zeros(2 * parcels + 2)
    trial, touched = np.zeros(2 * parcels + 2, dtype=np.int64), np.zeros(vans, dtype=np.bool_)
    few, near = np.zeros(vans, dtype=np.bool_), model.near
    current, least = _total(state, absent_cost), _total(best, absent_cost)
    for step in range(steps):
        temperature = hot * (cold / hot) ** (step / steps)
        count = _ruin(model, state, seed, 14, 8, removed)
        for index in range(count):
            touched[backup.where[removed[index]]] = True
        for van in range(vans):
            if touched[van]:
                settle(model, state, van, log)
        for parcel in range(parcels):
            if backup.where[parcel] < 0:
                removed[count] = parcel
                count += 1
        _sort(model, seed, removed, count, keys)
        limit = current - temperature * np.log(1e-300 + random(seed))
        for index in range(count):
            parcel, best_van, pick, drop = removed[index], -1, -2, -2
            cheapest = absent_cost if model.owner[parcel] == ANY_VAN else np.inf
            _vans_near(state.where, near, model.owner[parcel], parcel, few)
            if model.owner[parcel] == ANY_VAN and random(seed) < ALL_VANS:
                few[:] = True
            for look in range(2):
                for van in range(vans):
                    if few[van]:
                        added, found_pick, found_drop = best_place(
                            model, state, van, parcel, cheapest, look == 1, BLINK, seed, trial, log
                        )
                        if found_drop >= 0:
                            cheapest, best_van, pick, drop = added, van, found_pick, found_drop
            if best_van < 0 and model.owner[parcel] != ANY_VAN:
                best_van = model.owner[parcel]
                _, pick, drop = best_place(model, state, best_van, parcel, np.inf, True, 0.0, seed, trial, log)
            if best_van >= 0 and drop >= 0:
                touched[best_van] = True
                put_in(model, state, best_van, parcel, pick, drop, trial, log)
        reached = _total(state, absent_cost)
        if reached < limit:
            current = reached
            for van in range(vans):
                if touched[van]:
                    size = state.size[van]
                    backup.route[van, :size] = state.route[van, :size]
            backup.size[:], backup.cost[:], backup.over[:], backup.where[:] = (
                state.size, state.cost, state.over, state.where
            )  # fmt: skip
            if reached < least - 1e-6:
                least = reached
                copy_state(state, best)
        else:
            for van in range(vans):
                if touched[van]:
                    size = backup.size[van]
                    state.route[van, :size] = backup.route[van, :size]
            state.size[:], state.cost[:], state.over[:], state.where[:] = (
                backup.size, backup.cost, backup.over, backup.where
            )  # fmt: skip
        touched[:] = False
