"""One truck's tour made as short as can be found, its stops given: iterated 2-opt and Or-opt.

The steps of a wave's search decide who carries what, and leave a tour that is nearly straight. Here only the sequence
is at stake: a double bridge among neighbouring stops (Martin, Otto and Felten, 1991), then arcs exchanged (Croes, 1958)
and strings of up to three stops moved (Or, 1976) about what was touched, and the whole kept where it is no longer than
before. Some hundred thousand of such kicks a second; only where every road is as long and as quick both ways.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled
from skystork.dispatch.wave_arrays import Floats, Model, Seed, State, Whole
from skystork.dispatch.wave_state import below

CLOSE = 8
"""Neighbours of a stop that are looked at."""
BRIDGED = 50
"""Stops over which a double bridge reaches."""
SHORTER = 1e-9


@compiled
def _turn(tour: Whole, pos: Whole, first: int, last: int) -> None:
    """Turn the stops from one position to another round, or all others, whichever are fewer."""
    size = len(tour)
    count = (last - first) % size + 1
    if 2 * count > size:
        first, last, count = (last + 1) % size, (first - 1) % size, size - count
    for _ in range(count // 2):
        tour[first], tour[last] = tour[last], tour[first]
        pos[tour[first]], pos[tour[last]] = first, last
        first = first + 1 if first + 1 < size else 0
        last = last - 1 if last > 0 else size - 1


@compiled
def _exchange(arc: Floats, close: Whole, tour: Whole, pos: Whole, stop: int) -> int:
    """Exchange two arcs, one of them at the stop, if that is shorter; another end of them, or -1."""
    size = len(tour)
    for side in range(2):
        step = 1 if side == 0 else -1
        beside = tour[(pos[stop] + step) % size]
        for index in range(close.shape[1]):
            other: int = close[stop, index]
            if other < 0 or arc[stop, other] >= arc[stop, beside]:
                break
            past = tour[(pos[other] + step) % size]
            more = arc[stop, other] + arc[beside, past] - arc[stop, beside] - arc[other, past]
            if more < -SHORTER:
                if side == 0:
                    _turn(tour, pos, pos[beside], pos[other])
                else:
                    _turn(tour, pos, pos[stop], pos[past])
                return other
    return -1


@compiled
def _move(arc: Floats, close: Whole, tour: Whole, pos: Whole, stop: int) -> int:
    """Move a string of up to three stops that begins at the stop beside one of its neighbours, if that is shorter."""
    size = len(tour)
    for side in range(2):
        step = 1 if side == 0 else -1
        end = stop
        for length in range(1, min(4, size - 2)):
            if length > 1:
                end = tour[(pos[end] + step) % size]
            head: int = tour[(pos[stop] - step) % size]
            tail: int = tour[(pos[end] + step) % size]
            gone = arc[head, stop] + arc[end, tail] - arc[head, tail]
            for index in range(close.shape[1]):
                other = close[stop, index]
                if other < 0 or arc[stop, other] >= gone:
                    break
                if (step * (pos[other] - pos[stop])) % size < length:
                    continue
                for way in range(2):
                    beyond = tour[(pos[other] + (step if way == 0 else -step)) % size]
                    inside = (step * (pos[beyond] - pos[stop])) % size < length
                    if inside or arc[stop, other] + arc[end, beyond] - arc[other, beyond] - gone >= -SHORTER:
                        continue
                    _carry(tour, pos, stop, end, other, beyond, step)
                    return tail
    return -1


@compiled
def _carry(tour: Whole, pos: Whole, stop: int, end: int, other: int, beyond: int, step: int) -> None:
    """Put the string from the stop to its end between two neighbours, the stop beside the first of them.

    By turning round: the string with all that lies between it and its new place, then that again by itself, then,
    where the stop would lie at the wrong end, the string by itself.
    """
    size = len(tour)
    first, last = (stop, end) if step == 1 else (end, stop)
    length = (pos[last] - pos[first]) % size + 1
    near, far = (other, beyond) if (pos[beyond] - pos[other]) % size == 1 else (beyond, other)
    ahead = (pos[near] - pos[last]) % size  # stops between the string and its new place, going forward
    if length + ahead <= size - length:
        begin = pos[first]
        between = ahead
        _turn_plain(tour, pos, begin, length + between)
        _turn_plain(tour, pos, begin, between)
        string = (begin + between) % size
    else:
        between = (pos[first] - pos[far]) % size
        begin = pos[far]
        _turn_plain(tour, pos, begin, length + between)
        _turn_plain(tour, pos, (begin + length) % size, between)
        string = begin
    wanted = stop if other == near else end
    if tour[string] != wanted:
        _turn_plain(tour, pos, string, length)


@compiled
def _turn_plain(tour: Whole, pos: Whole, first: int, count: int) -> None:
    """Turn so many stops from a position on round."""
    size = len(tour)
    last = (first + count - 1) % size
    for _ in range(count // 2):
        tour[first], tour[last] = tour[last], tour[first]
        pos[tour[first]], pos[tour[last]] = first, last
        first = first + 1 if first + 1 < size else 0
        last = last - 1 if last > 0 else size - 1


@compiled
def _settle(arc: Floats, close: Whole, tour: Whole, pos: Whole, queue: Whole, waits: Whole, count: int) -> None:
    """Exchange and move about the stops of the queue until nothing gets shorter; ``waits`` says who is in it."""
    size = len(tour)
    while count > 0:
        count -= 1
        stop = queue[count]
        waits[stop] = 0
        touched = _exchange(arc, close, tour, pos, stop)
        if touched < 0:
            touched = _move(arc, close, tour, pos, stop)
        if touched < 0:
            continue
        for each in (stop, touched):
            for step in range(-1, 2):
                again = tour[(pos[each] + step) % size]
                if not waits[again]:
                    waits[again] = 1
                    queue[count] = again
                    count += 1


@compiled
def _length(arc: Floats, tour: Whole) -> float:
    total: float = arc[tour[len(tour) - 1], tour[0]]
    for place in range(len(tour) - 1):
        total += arc[tour[place], tour[place + 1]]
    return total


@compiled
def shorten(arc: Floats, close: Whole, tour: Whole, seed: Seed, kicks: int) -> None:
    """Shorten a tour in place: ``tour`` (stops,) numbers of rows of ``arc``; ``close`` (rows, near), -1 at the end."""
    size, rows = len(tour), len(arc)
    pos, waits, queue = np.full(rows, -1), np.zeros(rows, dtype=np.int64), np.zeros(rows + 1, dtype=np.int64)
    for place in range(size):
        pos[tour[place]] = place
        queue[place] = tour[place]
        waits[tour[place]] = 1
    _settle(arc, close, tour, pos, queue, waits, size)
    kept, kept_pos, least = tour.copy(), pos.copy(), _length(arc, tour)
    piece = np.zeros(BRIDGED + 1, dtype=np.int64)
    for _ in range(kicks if size >= 8 else 0):
        reach = min(BRIDGED, size - 1)
        start = below(seed, size)
        one = 1 + below(seed, reach - 2)
        two = one + 1 + below(seed, reach - one - 1)
        before = tour[start]
        for place in range(two):
            piece[place] = tour[(start + 1 + place) % size]
        after = tour[(start + 1 + two) % size]
        for place in range(two):
            at = (start + 1 + place) % size
            tour[at] = piece[one + place] if place < two - one else piece[place - (two - one)]
            pos[tour[at]] = at
        count = 0
        for each in (before, piece[0], piece[one - 1], piece[one], piece[two - 1], after):
            if not waits[each]:
                waits[each] = 1
                queue[count] = each
                count += 1
        _settle(arc, close, tour, pos, queue, waits, count)
        length = _length(arc, tour)
        if length <= least + SHORTER:
            least = length
            kept[:], kept_pos[:] = tour, pos
        else:
            tour[:], pos[:] = kept, kept_pos


@compiled
def straighten(model: Model, state: State, close: Whole, seed: Seed, kicks: int) -> None:
    """Shorten the tour of every truck whose roads are the same both ways; by time, as the longest duty counts."""
    n = len(state.where) - 1
    for truck in range(len(model.kind)):
        size, node = state.stops[truck] + 1, n + 1 + truck
        kind = model.kind[truck]
        if size < 5 or not model.both_ways[kind]:
            continue
        tour, inside, was = np.zeros(size, dtype=np.int64), np.zeros(n + 1, dtype=np.bool_), 0.0
        for place in range(size):
            tour[place] = node if node <= n else 0
            inside[tour[place]] = True
            node = state.after[node]
            was += model.truck_cost[kind, tour[place], node if node <= n else 0]
        mine = np.full((n + 1, CLOSE), -1, dtype=np.int64)
        for stop in range(n + 1):
            found = 0
            for index in range(close.shape[1]):
                if inside[stop] and inside[close[stop, index]] and found < CLOSE:
                    mine[stop, found] = close[stop, index]
                    found += 1
        shorten(model.truck_time[kind], mine, tour, seed, kicks)
        start = 0
        while tour[start] != 0:
            start += 1
        node, cost, time = n + 1 + truck, 0.0, 0.0
        for place in range(1, size + 1):
            here, there = tour[(start + place - 1) % size], tour[(start + place) % size]
            following = n + 1 + truck if there == 0 else there
            state.after[node], state.before[following] = following, node
            node = following
            cost += model.truck_cost[kind, here, there]
            time += model.truck_time[kind, here, there]
        state.cost[0] += cost - was
        state.busy[truck] = time
