"""Small changes of the van's sequence: arcs exchanged (Croes, 1958), strings moved (Or, 1976)."""

from __future__ import annotations

from skystork.compiled import inlined
from skystork.dispatch.wave_arrays import Floats, Seed, Whole
from skystork.dispatch.wave_duties import COUNT, DRONE, ROAD, SPOT, TOUR, at, put
from skystork.dispatch.wave_edge import change_of
from skystork.dispatch.wave_state import below, random


@inlined
def exchange_arcs(
    arc: Floats, close: Whole, bounds: Floats, plan: Whole, times: Floats, seed: Seed, room: float
) -> None:
    """Exchange two arcs, the stops between them turned round."""
    size = plan[COUNT, 0]
    one = plan[TOUR, below(seed, size)]
    other = close[one, below(seed, close.shape[1])]
    if plan[DRONE, other] != ROAD:
        return
    back = 0 if random(seed) < 0.5 else 1
    first, last = plan[SPOT, one] - back, plan[SPOT, other] - back
    a, b, c, d = at(plan, first), at(plan, first + 1), at(plan, last), at(plan, last + 1)
    if a in (c, d) or b == c:
        return
    more = arc[a, c] + arc[b, d] - arc[a, b] - arc[c, d]
    if change_of(bounds, times, more, 0.0, times[1]) >= room:
        return
    times[0] += more
    first, last = plan[SPOT, b], plan[SPOT, c]
    length = last - first + 1 if last >= first else last - first + 1 + size
    if 2 * length > size:
        first, last, length = plan[SPOT, d], plan[SPOT, a], size - length
    for _ in range(length // 2):
        left, right = plan[TOUR, first], plan[TOUR, last]
        put(plan, right, first)
        put(plan, left, last)
        first = first + 1 if first + 1 < size else 0
        last = last - 1 if last > 0 else size - 1


@inlined
def carry_string(
    arc: Floats, close: Whole, bounds: Floats, plan: Whole, times: Floats, seed: Seed, room: float
) -> None:
    """Move a string of up to three places beside one that is near its first, either way round."""
    size = plan[COUNT, 0]
    if size < 8:
        return
    length, begin = 1 + below(seed, 3), below(seed, size)
    head, tail = plan[TOUR, begin], at(plan, begin + length - 1)
    before, behind = at(plan, begin - 1), at(plan, begin + length)
    flip = random(seed) < 0.5
    stop, end = (tail, head) if flip else (head, tail)
    near = close[stop, below(seed, close.shape[1])]
    if plan[DRONE, near] != ROAD:
        return
    forward = random(seed) < 0.5  # the string comes behind the near place, or before it
    beyond = at(plan, plan[SPOT, near] + (1 if forward else -1))
    ahead = plan[SPOT, near] - begin
    past = plan[SPOT, beyond] - begin
    if (ahead if ahead >= 0 else ahead + size) < length or (past if past >= 0 else past + size) < length:
        return
    more = arc[before, behind] - arc[before, head] - arc[tail, behind]
    more += arc[near, stop] + arc[end, beyond] - arc[near, beyond]
    if change_of(bounds, times, more, 0.0, times[1]) >= room:
        return
    times[0] += more
    _shift(plan, begin, length, near if forward else beyond, forward == flip)


@inlined
def _shift(plan: Whole, begin: int, length: int, left: int, turned: bool) -> None:
    """Carry the string at a spot behind the place ``left``, by whichever way round is shorter."""
    size = plan[COUNT, 0]
    one, two, three = plan[TOUR, begin], at(plan, begin + 1), at(plan, begin + 2)
    last = begin + length - 1 if begin + length - 1 < size else begin + length - 1 - size
    ahead = plan[SPOT, left] - last
    ahead = ahead if ahead >= 0 else ahead + size
    if 2 * ahead <= size:
        spot = begin
        for _ in range(ahead):
            put(plan, at(plan, spot + length), spot)
            spot = spot + 1 if spot + 1 < size else 0
    else:
        spot = last
        for _ in range(size - length - ahead):
            put(plan, at(plan, spot - length), spot)
            spot = spot - 1 if spot > 0 else size - 1
        spot = spot - length + 1 if spot - length + 1 >= 0 else spot - length + 1 + size
    for index in range(length):
        which = length - 1 - index if turned else index
        place = one if which == 0 else (two if which == 1 else three)
        put(plan, place, spot)
        spot = spot + 1 if spot + 1 < size else 0
