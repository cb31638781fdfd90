"""The small moves of a wave's search: a few thousand of them cost what one step of taking out and putting in costs.

Within a tour: two arcs exchanged (2-opt, Croes 1958), and up to three stops moved to another place (Or 1976). Between
drones: one flight moved, or two exchanged, where that shortens the longer of the two duties. A move is chosen by dice,
judged by what it alone changes, and kept by the same annealing as a whole step. So tours come out of the steps
straight, and the drones balanced, which a step that looks at ten stops at a time does only by luck.
"""

from __future__ import annotations

import numpy as np

from skystork.dispatch.wave_arrays import LEAST_GAIN, Model, Seed, State
from skystork.dispatch.wave_state import below, compiled, random

CLOSE = 8
"""Neighbours beside which a stop is moved."""


@compiled
def _others_span(state: State, vehicle: int) -> float:
    """The longest duty of all other vehicles."""
    longest = 0.0
    for other in range(len(state.busy)):
        if other != vehicle:
            longest = max(longest, state.busy[other])
    return longest


@compiled
def _keeps(model: Model, state: State, seed: Seed, truck: int, cost: float, time: float, heat: float) -> bool:
    """Whether a tour's change of cost and time is kept."""
    until = state.busy[truck] + time
    if until > model.truck_limit[truck]:
        return False
    if model.span_cost > 0:
        others = _others_span(state, truck)
        cost += model.span_cost * (max(until, others) - max(state.busy[truck], others))
    return cost <= 0.0 or cost < -heat * np.log(1e-300 + random(seed))


@compiled
def _exchange_arcs(model: Model, state: State, seed: Seed, heat: float) -> None:
    """Turn the stops between two arcs round; only where every road is as long both ways."""
    n = len(state.where) - 1
    first = 1 + below(seed, n)
    truck = state.where[first]
    if not 0 <= truck < len(model.kind):
        return
    second = model.near[first, 1 + below(seed, min(CLOSE, n - 1))]
    if state.where[second] != truck:
        return
    after, before, kind = state.after, state.before, model.kind[truck]
    if random(seed) < 0.5:
        start, end = after[first], second
        head, tail = first, after[second]
    else:
        start, end = first, before[second]
        head, tail = before[first], second
    if start == tail or head == end:
        return
    a, b = (head if head <= n else 0), (start if start <= n else 0)
    c, d = (end if end <= n else 0), (tail if tail <= n else 0)
    cost, time = model.truck_cost[kind], model.truck_time[kind]
    more = cost[a, c] + cost[b, d] - cost[a, b] - cost[c, d]
    longer = time[a, c] + time[b, d] - time[a, b] - time[c, d]
    if not _keeps(model, state, seed, truck, more, longer, heat):
        return
    node = start
    while node != tail:
        following = after[node]
        after[node], before[node] = before[node], following
        node = following
    after[head], before[end] = end, head
    before[tail], after[start] = start, tail
    state.cost[0] += more
    state.busy[truck] += longer


@compiled
def _move_stops(model: Model, state: State, seed: Seed, heat: float) -> None:
    """Move one to three stops of a tour beside a neighbour of the first, either way round where roads allow."""
    n = len(state.where) - 1
    first = 1 + below(seed, n)
    truck = state.where[first]
    if not 0 <= truck < len(model.kind):
        return
    after, before, kind = state.after, state.before, model.kind[truck]
    last, beside = first, model.near[first, 1 + below(seed, min(CLOSE, n - 1))]
    if state.where[beside] != truck:
        return
    forward = random(seed) < 0.5  # the string reaches ahead of the stop or behind it
    for _ in range(below(seed, 3)):
        onward = after[last] if forward else before[last]
        if onward > n or onward == beside:
            break
        last = onward
    start, end = (first, last) if forward else (last, first)
    head, tail = before[start], after[end]
    previous = beside if random(seed) < 0.5 else before[beside]
    following = after[previous]
    if previous in (head, end) or following == start:
        return
    node = start
    while node != tail:
        if node == previous:
            return
        node = after[node]
    a, d = (head if head <= n else 0), (tail if tail <= n else 0)
    e, f = (previous if previous <= n else 0), (following if following <= n else 0)
    cost, time = model.truck_cost[kind], model.truck_time[kind]
    gone = cost[a, d] - cost[a, start] - cost[end, d] - cost[e, f]
    straight, turned = cost[e, start] + cost[end, f], cost[e, end] + cost[start, f]
    turn = model.both_ways[kind] and turned < straight
    more = gone + (turned if turn else straight)
    longer = time[a, d] - time[a, start] - time[end, d] - time[e, f]
    longer += time[e, end] + time[start, f] if turn else time[e, start] + time[end, f]
    if not _keeps(model, state, seed, truck, more, longer, heat):
        return
    after[head], before[tail] = tail, head
    if turn:
        node = start
        while node != tail:
            onward = after[node]
            after[node], before[node] = before[node], onward
            if node == end:
                break
            node = onward
        start, end = end, start
    after[previous], before[start] = start, previous
    before[following], after[end] = end, following
    state.cost[0] += more
    state.busy[truck] += longer


@compiled
def _exchange_flights(model: Model, state: State, seed: Seed, heat: float) -> None:
    """Give a flight to another drone, or exchange it for one of that drone's."""
    n, trucks, drones = len(state.where) - 1, len(model.kind), len(model.drone_limit)
    first = 1 + below(seed, n)
    one = state.where[first] - trucks
    if one < 0:
        return
    other = below(seed, drones)
    second = 1 + below(seed, n)
    if state.where[second] >= trucks:
        other = state.where[second] - trucks
    else:
        second = 0
    if other == one:
        return
    time, cost = model.drone_time, model.drone_cost
    here = state.busy[trucks + one] - time[one, first]
    there = state.busy[trucks + other] + time[other, first]
    more = cost[other, first] - cost[one, first]
    if second:
        here += time[one, second]
        there -= time[other, second]
        more += cost[one, second] - cost[other, second]
    if here > model.drone_limit[one] or there > model.drone_limit[other]:
        return
    now = max(state.busy[trucks + one], state.busy[trucks + other])
    if model.span_cost > 0:
        more += model.span_cost * (max(here, there) - now)
    if more > 0.0 and more >= -heat * np.log(1e-300 + random(seed)):
        return
    if more > -LEAST_GAIN and max(here, there) > now:
        return
    state.busy[trucks + one], state.busy[trucks + other] = here, there
    state.cost[0] += cost[other, first] - cost[one, first]
    state.where[first] = trucks + other
    if second:
        state.cost[0] += cost[one, second] - cost[other, second]
        state.where[second] = trucks + one


@compiled
def small_moves(model: Model, state: State, seed: Seed, heat: float, count: int) -> None:
    """Try so many, a few of them between the drones."""
    if len(state.where) < 4:
        return
    drones = len(model.drone_limit) > 1
    turns = len(model.kind) > 0 and model.both_ways.all()
    for _ in range(count):
        draw = random(seed)
        if drones and draw < 0.1:
            _exchange_flights(model, state, seed, heat)
        elif turns and draw < 0.5:
            _exchange_arcs(model, state, seed, heat)
        elif len(model.kind) > 0:
            _move_stops(model, state, seed, heat)
