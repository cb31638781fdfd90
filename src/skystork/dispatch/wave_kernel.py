"""The compiled search of a wave: slack induction by string removals, with drones beside the trucks.

Christiaens and Vanden Berghe, Transp. Sci. 54:417 (2020): take strings of neighbouring stops out of the tours, put
them back one by one where it costs least, blinking now and then; keep the result by simulated annealing. Added for
waves: a stop may also go to a drone; whole tours are taken out so that the fleet can shrink; drone time has a price
that adapts, so that a drone carries what saves most for each of its minutes and not what happens to come first.

Everything here is arrays and compiled by Numba; the layout is described at :mod:`skystork.dispatch.wave_arrays`.

Tours are circles: node ``n + 1 + k`` stands for the depot at both ends of the tour of truck ``k``. A change is made in
place and written into a journal, from which a rejected step is undone backwards.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled
from skystork.dispatch.wave_arrays import (
    BLINK,
    HARDER,
    LEAST_GAIN,
    NOWHERE,
    Floats,
    Model,
    Seed,
    Settings,
    State,
    Whole,
    Work,
)
from skystork.dispatch.wave_state import below, guided, put_in, random, take_out, worth


@compiled
def _remove(model: Model, state: State, customer: int, work: Work) -> None:
    """Take out and remember: journal rows are customer, the node before it, its vehicle."""
    journal, removed = work.journal, work.removed
    row = journal[0, 0] = journal[0, 0] + 1
    journal[row, 0], journal[row, 1], journal[row, 2] = customer, state.before[customer], state.where[customer]
    take_out(model, state, customer)
    removed[0] += 1
    removed[removed[0]] = customer


@compiled
def _undo(model: Model, state: State, work: Work) -> None:
    journal = work.journal
    for row in range(journal[0, 0], 0, -1):
        customer, before, vehicle = journal[row, 0], journal[row, 1], journal[row, 2]
        if vehicle == NOWHERE:
            take_out(model, state, customer)
        else:
            put_in(model, state, customer, vehicle, before)
    journal[0, 0] = 0


@compiled
def _remove_string(model: Model, state: State, seed: Seed, customer: int, length: int, work: Work) -> None:
    """A string of a tour about a customer; half of the strings keep a piece in their middle."""
    n = len(state.where) - 1
    first = customer
    for _ in range(below(seed, length)):
        if state.before[first] > n:
            break
        first = state.before[first]
    kept = 0
    vehicle = state.where[customer]
    if length > 1 and random(seed) < 0.5:
        while length + kept < state.stops[vehicle] and random(seed) < 0.5:
            kept += 1
    keep_from = 1 + below(seed, length) if kept else length + 1
    node = first
    for step in range(length + kept):
        if node > n:
            break
        following = state.after[node]
        if not keep_from <= step < keep_from + kept:
            _remove(model, state, node, work)
        node = following


@compiled
def _ruin(model: Model, state: State, settings: Settings, seed: Seed, work: Work) -> None:
    n, trucks = len(state.where) - 1, len(model.kind)
    centre = 1 + below(seed, n)
    if random(seed) < settings.tour_fraction and 0 <= state.where[centre] < trucks:
        tour = n + 1 + state.where[centre]
        while state.after[tour] <= n:
            _remove(model, state, state.after[tour], work)
        return
    goal = 1 + below(seed, int(2 * settings.mean_removed))
    longest = 1 + below(seed, settings.longest_string)
    removed, touched = work.removed, work.touched
    touched[:] = False
    for position in range(n):
        customer = model.near[centre, position]
        vehicle = state.where[customer]
        if vehicle == NOWHERE or (vehicle < trucks and touched[vehicle] and not settings.same_tour):
            continue
        if vehicle < trucks:
            length = 1 + below(seed, min(longest, state.stops[vehicle]))
            touched[vehicle] = True
            _remove_string(model, state, seed, customer, length, work)
        else:
            _remove(model, state, customer, work)
        if removed[0] >= goal:
            return


@compiled
def _sort(model: Model, seed: Seed, removed: Whole, keys: Floats) -> None:
    """In random sequence, heaviest, farthest or nearest first, or by what a drone saves for its time."""
    draw, kind = random(seed), model.kind[0] if len(model.kind) else 0
    for place in range(1, removed[0] + 1):
        customer = removed[place]
        if draw < 0.4:
            keys[place] = random(seed)
        elif draw < 0.5:
            keys[place] = -model.weight[customer]
        elif draw < 0.7:
            keys[place] = -model.truck_cost[kind, 0, customer] if len(model.kind) else 0.0
        elif draw < 0.8:
            keys[place] = model.truck_cost[kind, 0, customer] if len(model.kind) else 0.0
        else:
            keys[place] = model.drone_time[:, customer].min() if len(model.drone_limit) else 0.0
            keys[place] *= 1.0 if draw < 0.9 else -1.0
    for place in range(2, removed[0] + 1):
        customer, key, hole = removed[place], keys[place], place
        while hole > 1 and keys[hole - 1] > key:
            removed[hole], keys[hole] = removed[hole - 1], keys[hole - 1]
            hole -= 1
        removed[hole], keys[hole] = customer, key


@compiled
def _drone_place(model: Model, state: State, seed: Seed, customer: int, price: float, span: float) -> tuple[int, float]:
    """The drone to which a customer adds least, and what it adds."""
    trucks, best, vehicle = len(model.kind), np.inf, NOWHERE
    drone_time, drone_cost, drone_limit, busy = model.drone_time, model.drone_cost, model.drone_limit, state.busy
    for drone in range(len(drone_limit)):
        time = drone_time[drone, customer]
        until = busy[trucks + drone] + time
        if until > drone_limit[drone] or random(seed) < BLINK:
            continue
        cost = drone_cost[drone, customer] + price * time + LEAST_GAIN * until
        if until > span:
            cost += model.span_cost * (until - span)
        if cost < best:
            best, vehicle = cost, trucks + drone
    return vehicle, best


@compiled
def _tour_place(
    model: Model, state: State, seed: Seed, customer: int, span: float, best: float, most_tours: int
) -> tuple[int, int]:
    """The tour and the node before, beside near neighbours and the depot, where a customer adds less than the best."""
    n, trucks, vehicle, node = len(state.where) - 1, len(model.kind), NOWHERE, NOWHERE
    after, before, where, stops, load, busy = (
        state.after, state.before, state.where, state.stops, state.load, state.busy
    )  # fmt: skip
    cost_into, time_into = model.cost_into, model.time_into
    truck_cost, truck_time, near, weight = model.truck_cost, model.truck_time, model.near, model.weight[customer]
    kinds, capacity, limit, span_cost = model.kind, model.capacity, model.truck_limit, model.span_cost
    most_stops = model.most_stops
    beside, used = model.reach - 1, 0
    for truck in range(trucks):
        used += stops[truck] > 0
    for candidate in range(2 * (beside + trucks)):
        if candidate < 2 * beside:
            previous = near[customer, 1 + candidate // 2]
            truck = where[previous]
            if not 0 <= truck < trucks:
                continue
        else:
            truck = (candidate - 2 * beside) // 2
            previous = n + 1 + truck
        if candidate & 1:
            previous = before[previous]
        if load[truck] + weight > capacity[truck] or stops[truck] >= most_stops[truck]:
            continue
        if stops[truck] == 0 and used >= most_tours:
            continue
        following, kind = after[previous], kinds[truck]
        a = previous if previous <= n else 0
        b = following if following <= n else 0
        cost = cost_into[kind, customer, a] + truck_cost[kind, customer, b] - truck_cost[kind, a, b]
        if cost >= best:
            continue
        until = busy[truck] + time_into[kind, customer, a] + truck_time[kind, customer, b] - truck_time[kind, a, b]
        if until > limit[truck]:
            continue
        if stops[truck] == 0:
            cost += model.truck_fixed[truck]
        if until > span:
            cost += span_cost * (until - span)
        if cost < best and random(seed) >= BLINK:
            best, vehicle, node = cost, truck, previous
    return vehicle, node


@compiled
def _recreate(
    model: Model, state: State, settings: Settings, seed: Seed, price: float, absent_cost: float, work: Work
) -> None:
    removed, journal = work.removed, work.journal
    _sort(model, seed, removed, work.keys)
    for place in range(1, removed[0] + 1):
        customer = removed[place]
        span = state.busy.max() if model.span_cost > 0 else np.inf
        drone, least = _drone_place(model, state, seed, customer, price, span)
        least = min(least, absent_cost * model.hardness[customer])
        vehicle, before = _tour_place(model, state, seed, customer, span, least, settings.most_tours)
        if vehicle == NOWHERE:
            vehicle = drone
        if vehicle != NOWHERE:
            row = journal[0, 0] = journal[0, 0] + 1
            journal[row, 0], journal[row, 1], journal[row, 2] = customer, NOWHERE, NOWHERE
            put_in(model, state, customer, vehicle, before)


@compiled
def _copy(source: State, target: State) -> None:
    target.after[:] = source.after
    target.before[:] = source.before
    target.where[:] = source.where
    target.stops[:] = source.stops
    target.load[:] = source.load
    target.busy[:] = source.busy
    target.cost[:] = source.cost
    target.absent[:] = source.absent
    target.unplaced[:] = source.unplaced


@compiled
def _drones_longest(model: Model, state: State) -> bool:
    """Whether a drone has the longest duty."""
    trucks = len(model.kind)
    drones = state.busy[trucks:]
    return len(drones) > 0 and (trucks == 0 or drones.max() > state.busy[:trucks].max())


@compiled
def _change_absent_cost(model: Model, state: State, prices: Floats) -> None:
    """An order left out becomes dearer while there are any, else cheaper."""
    if state.absent[0] > 0:
        prices[1] = min(model.absent_cost, prices[1] * 1.002)
    else:
        prices[1] = max(prices[2], prices[1] * 0.999)


@compiled
def search(
    model: Model,
    state: State,
    best: State,
    settings: Settings,
    seed: Seed,
    prices: Floats,
    steps: int,
    hot: float,
    cold: float,
) -> None:
    """Take steps while the temperature falls from hot to cold; the best plan seen is left in ``best``.

    ``seed`` (1,), not 0, and ``prices`` (3,: of drone time; of an order left out, now and least) change as it goes.
    """
    n = len(state.where) - 1
    journal, removed = np.zeros((4 * n + 4, 3), dtype=np.int64), np.zeros(2 * n + 2, dtype=np.int64)
    work = Work(journal, removed, np.zeros(2 * n + 2), np.zeros(len(model.kind) + 1, dtype=np.bool_))
    least = worth(model, best)
    for step in range(steps):
        temperature = hot * (cold / hot) ** (step / steps)
        journal[0, 0] = removed[0] = 0
        if state.absent[0]:
            for customer in range(1, n + 1):
                if state.where[customer] == NOWHERE:
                    model.hardness[customer] += HARDER
                    state.unplaced[0] += HARDER
                    removed[0] += 1
                    removed[removed[0]] = customer
        current = guided(model, state, prices[1])
        _ruin(model, state, settings, seed, work)
        price = 0.0
        if random(seed) < settings.price_fraction:
            price = prices[0] * np.exp(settings.price_spread * (2.0 * random(seed) - 1.0))
            if model.span_cost > 0 and not _drones_longest(model, state):
                price = -price
        _recreate(model, state, settings, seed, price, prices[1], work)
        _change_absent_cost(model, state, prices)
        if guided(model, state, prices[1]) < current - temperature * np.log(1e-300 + random(seed)):
            reached = worth(model, state)
            if reached < least - LEAST_GAIN:
                least = reached
                _copy(state, best)
        else:
            _undo(model, state, work)
