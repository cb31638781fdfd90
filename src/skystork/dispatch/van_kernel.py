"""The compiled search over van routes.

Slack induction by string removals (Christiaens and Vanden Berghe, Transp. Sci. 54:417, 2020) on routes in which a
parcel is picked and dropped: neighbouring parcels are taken out and put back where they cost least, kept by annealing.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled
from skystork.dispatch.van_arrays import ANY_VAN, DEPOT, Flags, Floats, Log, Model, Seed, State, Whole
from skystork.dispatch.van_insertion import best_place, put_in, settle, take_out, vans_near
from skystork.dispatch.wave_state import below, random

MOST_REMOVED, LONGEST_STRING = 14, 8
"""Parcels taken out in a step at most, and stops of one route; tried on three questions of 200 orders and 20 vans."""
BLINK = 0.01
"""Share of the places that an insertion overlooks."""
ALL_VANS = 0.1
"""Share of the insertions that try all vans, not only those that call near."""


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
def _take_over(source: State, target: State, touched: Flags) -> None:
    """Copy the routes that were touched."""
    for van in range(len(touched)):
        if touched[van]:
            size = source.size[van]
            target.route[van, :size] = source.route[van, :size]
    target.size[:] = source.size
    target.cost[:] = source.cost
    target.over[:] = source.over
    target.where[:] = source.where


@compiled
def _recreate(
    model: Model,
    state: State,
    seed: Seed,
    removed: Whole,
    count: int,
    absent_cost: float,
    touched: Flags,
    trial: Whole,
    log: Log,
) -> None:
    """Put parcels back one by one: a shallow look at each van first, so that few deep ones are needed."""
    vans, near = len(model.kind), model.near
    few = np.zeros(vans, dtype=np.bool_)
    for index in range(count):
        parcel, best_van, pick, drop = removed[index], -1, -2, -2
        owner = model.owner[parcel]
        cheapest = absent_cost if owner == ANY_VAN else np.inf
        vans_near(state.where, near, owner, parcel, few)
        if owner == ANY_VAN and random(seed) < ALL_VANS:
            few[:] = True
        for look in range(2):
            for van in range(vans):
                if few[van]:
                    added, found_pick, found_drop = best_place(
                        model, state, van, parcel, cheapest, look == 1, BLINK, seed, trial, log
                    )
                    if found_drop >= 0:
                        cheapest, best_van, pick, drop = added, van, found_pick, found_drop
        if best_van < 0 and owner != ANY_VAN:
            best_van = owner
            _, pick, drop = best_place(model, state, best_van, parcel, np.inf, True, 0.0, seed, trial, log)
        if best_van >= 0 and drop >= 0:
            touched[best_van] = True
            put_in(model, state, best_van, parcel, pick, drop, trial, log)


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
    current, least = _total(state, absent_cost), _total(best, absent_cost)
    for step in range(steps):
        temperature = hot * (cold / hot) ** (step / steps)
        count = _ruin(model, state, seed, MOST_REMOVED, LONGEST_STRING, removed)
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
        _recreate(model, state, seed, removed, count, absent_cost, touched, trial, log)
        reached = _total(state, absent_cost)
        if reached < limit:
            current = reached
            _take_over(state, backup, touched)
            if reached < least - 1e-6:
                least = reached
                copy_state(state, best)
        else:
            _take_over(backup, state, touched)
        touched[:] = False
