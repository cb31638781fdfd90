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
    SHIFTS,
    SPOT,
    TOUR,
    VAN_SHIFT,
    at,
    between,
    freest,
    longest,
    saved,
    spot_beside_near,
    to_drone,
    to_tour,
)
from skystork.dispatch.wave_edge import ROUNDING, balance, change_of, gain
from skystork.dispatch.wave_sequence import carry_string, exchange_arcs
from skystork.dispatch.wave_state import below, random

LONGEST_STRING = 10
"""Customers that go between the van and the drones at once."""


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
        if change_of(bounds, times, -saved(arc, plan, customer), time, until) < room:
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
    if change_of(bounds, times, more, -time, until) < room:
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
    if change_of(bounds, times, more, time, until) >= room:
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
    if not within or change_of(bounds, times, 0.0, more, longest(times)) >= room:
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
    change = gain(bounds, kept_times[0], kept_times[1], times[0], times[1], more_mean)
    if change >= room or times[0] > bounds[VAN_SHIFT]:
        plan[:] = kept_plan
        times[:] = kept_times


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

    It goes by the rounded edge of :mod:`skystork.dispatch.wave_edge`. The arrays are described at
    :mod:`skystork.dispatch.wave_duties`; the plan serves every customer.
    """
    least, temperature = max(best_times[0], best_times[1]), hot
    by_air, drones = len(flight) > 0 and plan.shape[1] > 1, len(flight)
    for move in range(moves):
        if move & 255 == 0:
            temperature = hot * (cold / hot) ** (move / moves)
            balance(bounds, times, ROUNDING * temperature)
        room = -temperature * np.log(1e-300 + random(seed))
        draw = random(seed)
        if not by_air:
            draw *= 0.6
        if draw < 0.29:
            exchange_arcs(arc, close, bounds, plan, times, seed, room)
        elif draw < 0.6:
            carry_string(arc, close, bounds, plan, times, seed, room)
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
