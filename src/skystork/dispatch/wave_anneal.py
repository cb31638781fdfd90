"""One van and its drones where only the longest duty counts: small changes by the million, simulated annealing.

The steps of a wave's search (:mod:`skystork.dispatch.wave_kernel`) find which parts of a town to drive to. Which of two
doors is flown to is decided here: arcs of the tour are exchanged (Croes, 1958) and strings moved (Or, 1976), a customer
goes from the van to a drone or back, one for another, between drones, and now and then a whole string for others. Each
is weighed by the difference it makes, some millions of them a second, and taken or not as Kirkpatrick,
Gelatt and Vecchi (Science 220:671, 1983) have it. Only where every road is as quick both ways.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled, inlined
from skystork.dispatch.wave_arrays import LEAST_GAIN, Floats, Seed, Whole
from skystork.dispatch.wave_duties import (
    COUNT,
    DRONE,
    FLOWN,
    ROAD,
    SHARE,
    SHIFTS,
    SPOT,
    TOUR,
    VAN_SHIFT,
    WIDTH,
    at,
    between,
    freest,
    longest,
    put,
    saved,
    spot_beside_near,
    to_drone,
    to_tour,
)
from skystork.dispatch.wave_state import below, random

LONGEST_STRING = 10
"""Customers that go between the van and the drones at once."""
GUIDE = 0.2
"""What the van's time by its share and the drones' mean time by the rest count, beside the longest duty."""
ROUNDING = 1000.0
"""Width of the rounded edge, in temperatures."""
LEARNT = 0.01
"""Of a new share, each time that the temperature is set."""
LEAST_SHARE = 0.05


@inlined
def _rounded(bounds: Floats, road: float, air: float) -> float:
    """The longer of both duties, its edge rounded off where they are about as long: there the van has its share."""
    width = bounds[WIDTH]
    beyond = road - air + bounds[SHARE] * width
    if beyond <= 0:
        return air
    rounded: float = air + (beyond - 0.5 * width if beyond >= width else 0.5 * beyond * beyond / width)
    return rounded


@inlined
def _change(bounds: Floats, times: Floats, more_road: float, more_air: float, last_drone: float) -> float:
    """By how much a change alters what the search goes by; ``inf`` where the van would be late."""
    road = times[0] + more_road
    if road > bounds[VAN_SHIFT]:
        return np.inf
    return _gain(bounds, times[0], times[1], road, last_drone, more_air / max(1, len(times) - 2))


@inlined
def _gain(bounds: Floats, road: float, last: float, then_road: float, then_last: float, more_mean: float) -> float:
    """What the search goes by, of the duties then and before: the longest, and beside it a guide."""
    longer = _rounded(bounds, then_road, then_last) - _rounded(bounds, road, last)
    change: float = longer + GUIDE * (bounds[SHARE] * (then_road - road) + (1.0 - bounds[SHARE]) * more_mean)
    return change


@inlined
def _exchange(arc: Floats, close: Whole, bounds: Floats, plan: Whole, times: Floats, seed: Seed, room: float) -> None:
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
    if _change(bounds, times, more, 0.0, times[1]) >= room:
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
def _carry(arc: Floats, close: Whole, bounds: Floats, plan: Whole, times: Floats, seed: Seed, room: float) -> None:
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
    if _change(bounds, times, more, 0.0, times[1]) >= room:
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


@inlined
def _give(
    arc: Floats, close: Whole, flight: Floats, bounds: Floats, plan: Whole, times: Floats, seed: Seed, room: float
) -> None:
    """A customer goes from the van to a drone, or back."""
    customer = 1 + below(seed, plan.shape[1] - 1)
    if plan[DRONE, customer] == ROAD:
        drone = freest(flight, bounds, times, customer)
        if drone == ROAD or plan[COUNT, 0] < 4:
            return
        time = flight[drone, customer]
        until = max(times[1], times[2 + drone] + time)
        if _change(bounds, times, -saved(arc, plan, customer), time, until) < room:
            to_drone(arc, flight, plan, times, customer, drone)
        return
    near = close[customer, below(seed, close.shape[1])]
    if plan[DRONE, near] != ROAD:
        return
    spot = plan[SPOT, near]
    more, after = between(arc, at(plan, spot - 1), customer, near), at(plan, spot + 1)
    if between(arc, near, customer, after) < more:
        more, spot = between(arc, near, customer, after), spot + 1
    drone = plan[DRONE, customer]
    time = flight[drone, customer]
    times[2 + drone] -= time
    until = longest(times)
    times[2 + drone] += time
    if _change(bounds, times, more, -time, until) < room:
        to_tour(arc, flight, plan, times, customer, spot)


@inlined
def _swap(
    arc: Floats, close: Whole, flight: Floats, bounds: Floats, plan: Whole, times: Floats, seed: Seed, room: float
) -> None:
    """A customer that is flown to and one that is driven to, near it or anywhere, change places."""
    comes, size = plan[FLOWN, below(seed, plan[COUNT, 1])], plan[COUNT, 0]
    goes = close[comes, below(seed, close.shape[1])]
    if random(seed) < 0.5:
        goes = plan[TOUR, below(seed, size)]
    drone = plan[DRONE, comes]
    if goes == 0 or plan[DRONE, goes] != ROAD or size < 5:
        return
    near = close[comes, below(seed, close.shape[1])]
    spot, beside = plan[SPOT, goes], ROAD
    more = between(arc, at(plan, spot - 1), comes, at(plan, spot + 1))
    if plan[DRONE, near] == ROAD and near != goes:
        for side in range(2):
            other = at(plan, plan[SPOT, near] - 1 + 2 * side)
            if other != goes and between(arc, other, comes, near) < more:
                more, beside = between(arc, other, comes, near), other if side == 0 else near
    more -= saved(arc, plan, goes)
    times[2 + drone] -= flight[drone, comes]
    flies = drone if random(seed) < 0.5 else freest(flight, bounds, times, goes)
    until = np.inf
    if flies != ROAD and times[2 + flies] + flight[flies, goes] <= bounds[SHIFTS + flies]:
        times[2 + flies] += flight[flies, goes]
        until = longest(times)
        times[2 + flies] -= flight[flies, goes]
    times[2 + drone] += flight[drone, comes]
    if until == np.inf:
        return
    time = flight[flies, goes] - flight[drone, comes]
    if _change(bounds, times, more, time, until) >= room:
        return
    left = at(plan, spot - 1) if beside == ROAD else beside
    to_drone(arc, flight, plan, times, goes, flies)
    to_tour(arc, flight, plan, times, comes, plan[SPOT, left] + 1)


@inlined
def _among_drones(flight: Floats, bounds: Floats, plan: Whole, times: Floats, seed: Seed, room: float) -> None:
    """A flight goes to another drone, half of the time against one of its own."""
    one, other = plan[FLOWN, below(seed, plan[COUNT, 1])], plan[FLOWN, below(seed, plan[COUNT, 1])]
    mine = plan[DRONE, one]
    swapped = random(seed) < 0.5
    its = plan[DRONE, other] if swapped else below(seed, len(flight))
    if mine == its:
        return
    before_mine, before_its = times[2 + mine], times[2 + its]
    times[2 + mine] -= flight[mine, one]
    times[2 + its] += flight[its, one]
    more = flight[its, one] - flight[mine, one]
    if swapped:
        times[2 + mine] += flight[mine, other]
        times[2 + its] -= flight[its, other]
        more += flight[mine, other] - flight[its, other]
    within = times[2 + mine] <= bounds[SHIFTS + mine] and times[2 + its] <= bounds[SHIFTS + its]
    if not within or _change(bounds, times, 0.0, more, longest(times)) >= room:
        times[2 + mine], times[2 + its] = before_mine, before_its
        return
    times[1] = longest(times)
    plan[DRONE, one] = its
    if swapped:
        plan[DRONE, other] = mine


@inlined
def _strings(
    arc: Floats,
    close: Whole,
    flight: Floats,
    bounds: Floats,
    plan: Whole,
    times: Floats,
    kept_plan: Whole,
    kept_times: Floats,
    seed: Seed,
    room: float,
) -> None:
    """A string of the tour is flown to, or neighbours that are flown to are driven to, or both at once."""
    kept_plan[:] = plan
    kept_times[:] = times
    kind, centre, last = below(seed, 3), ROAD, 0
    if plan[COUNT, 1] > 0 and kind != 0:
        centre = plan[FLOWN, below(seed, plan[COUNT, 1])]
    if kind != 1:
        spot = below(seed, plan[COUNT, 0])
        for _ in range(2 + below(seed, LONGEST_STRING - 1)):
            if spot >= plan[COUNT, 0] or plan[COUNT, 0] <= 4:
                break
            place = plan[TOUR, spot]
            drone = freest(flight, bounds, times, place) if place else ROAD
            if drone == ROAD:
                spot += 1
            else:
                to_drone(arc, flight, plan, times, place, drone)
    if centre != ROAD:
        last = 2 + below(seed, LONGEST_STRING - 1)
    for index in range(-1, close.shape[1]):
        customer = centre if index < 0 else close[centre, index]
        if last == 0:
            break
        if customer == 0 or plan[DRONE, customer] == ROAD:
            continue
        spot = spot_beside_near(arc, close, plan, customer)
        if spot >= 0:
            to_tour(arc, flight, plan, times, customer, spot)
            last -= 1
    more_mean = (times[2:].sum() - kept_times[2:].sum()) / len(flight)
    change = _gain(bounds, kept_times[0], kept_times[1], times[0], times[1], more_mean)
    if change >= room or times[0] > bounds[VAN_SHIFT]:
        plan[:] = kept_plan
        times[:] = kept_times


@inlined
def _balance(bounds: Floats, times: Floats, width: float) -> None:
    """A width for the edge; the share of the van a little nearer to what it is on it just now."""
    slope = min(1.0, max(0.0, (times[0] - times[1]) / width + bounds[SHARE]))
    share = bounds[SHARE] + LEARNT * (slope - bounds[SHARE])
    bounds[SHARE], bounds[WIDTH] = min(1.0 - LEAST_SHARE, max(LEAST_SHARE, share)), width


@compiled
def anneal(
    arc: Floats,
    close: Whole,
    flight: Floats,
    bounds: Floats,
    plan: Whole,
    times: Floats,
    best_plan: Whole,
    best_times: Floats,
    kept_plan: Whole,
    kept_times: Floats,
    seed: Seed,
    moves: int,
    hot: float,
    cold: float,
) -> None:
    """Try so many changes while the temperature falls; the best plan seen is left in ``best``, ``kept`` is scratch.

    The longest duty alone is a bad guide: where van and drones are busy as long, nearly every change makes one of them
    longer and is refused. So its edge is rounded off, over a width that shrinks with the temperature, and on the edge
    the van's time counts by its share, the drones' by the rest. The share is what keeps both about as long: it grows
    while the van is the longer one, as the multiplier of a Lagrangian does.

    The arrays are described at :mod:`skystork.dispatch.wave_duties`; the plan serves every customer.
    """
    least, temperature = max(best_times[0], best_times[1]), hot
    by_air, drones = len(flight) > 0 and plan.shape[1] > 1, len(flight)
    for move in range(moves):
        if move & 255 == 0:
            temperature = hot * (cold / hot) ** (move / moves)
            _balance(bounds, times, ROUNDING * temperature)
        room = -temperature * np.log(1e-300 + random(seed))
        draw = random(seed)
        if not by_air:
            draw *= 0.6
        if draw < 0.29:
            _exchange(arc, close, bounds, plan, times, seed, room)
        elif draw < 0.6:
            _carry(arc, close, bounds, plan, times, seed, room)
        elif draw < 0.73 or (draw < 0.985 and plan[COUNT, 1] == 0):
            _give(arc, close, flight, bounds, plan, times, seed, room)
        elif draw < 0.935 or (draw < 0.985 and drones == 1):
            _swap(arc, close, flight, bounds, plan, times, seed, room)
        elif draw < 0.985:
            _among_drones(flight, bounds, plan, times, seed, room)
        else:
            _strings(arc, close, flight, bounds, plan, times, kept_plan, kept_times, seed, room)
        reached = max(times[0], times[1])
        if reached < least - LEAST_GAIN:
            least = reached
            best_plan[:] = plan
            best_times[:] = times
