"""The duties of one van and its drones in memory, where only the longest of them counts, and how they are changed.

Plain arrays, each an argument of its own: a record of them is counted up and down at every call, which took three
quarters of the time.

``plan`` (6, n+1) has a row for each of what is named below. The tour closes on itself, so that a part of it can be
turned round; a stop taken out or put in shifts what lies behind. ``times`` (2+drones,) is the tour, the longest of the
drones' duties, and each of those. ``arc`` (n+1, n+1) is the time from place to place, the same both ways, index 0 the
depot; ``close`` (n+1, near) are the places by the time to them, without the place itself; ``flight`` (drones, n+1) is
out and back, ``inf`` where the drone may not serve it. ``bounds`` (3+drones,) is the share of the van and the width of
the edge, both described at :mod:`skystork.dispatch.wave_edge` and changed by the search, then the longest duty of the
van and of each drone.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import inlined
from skystork.dispatch.wave_arrays import Floats, Whole

ROAD = -1
"""Who serves a customer of the tour."""
TOUR = 0
"""Places as driven, as many as count; the depot is one of them."""
SPOT = 1
"""Where in the tour a place is."""
DRONE = 2
"""Who flies to a customer, or ROAD."""
FLOWN = 3
"""Customers with the drones, as many as count."""
SLOT = 4
"""Where in that list a customer is."""
COUNT = 5
"""Places of the tour, then customers flown to."""

SHARE = 0
WIDTH = 1
VAN_SHIFT = 2
SHIFTS = 3
"""Of the bounds: where the drones' begin."""


@inlined
def at(plan: Whole, spot: int) -> int:
    """The place at a spot of the tour, which may lie one round too far either way."""
    size = plan[COUNT, 0]
    if spot >= size:
        spot -= size
    elif spot < 0:
        spot += size
    place: int = plan[TOUR, spot]
    return place


@inlined
def between(arc: Floats, one: int, place: int, other: int) -> float:
    """What a place adds to the tour between two others."""
    detour: float = arc[one, place] + arc[place, other] - arc[one, other]
    return detour


@inlined
def saved(arc: Floats, plan: Whole, place: int) -> float:
    """What the tour is shorter without a place of it."""
    spot = plan[SPOT, place]
    return between(arc, at(plan, spot - 1), place, at(plan, spot + 1))


@inlined
def freest(flight: Floats, bounds: Floats, times: Floats, customer: int) -> int:
    """The drone that would be back first after one more flight; ROAD where none may serve the customer."""
    best, drone = np.inf, ROAD
    for each in range(len(flight)):
        until = times[2 + each] + flight[each, customer]
        if until < best and until <= bounds[SHIFTS + each]:
            best, drone = until, each
    return drone


@inlined
def longest(times: Floats) -> float:
    """The longest of the drones' duties."""
    most = 0.0
    for each in range(2, len(times)):
        most = max(most, times[each])
    return most


@inlined
def put(plan: Whole, place: int, spot: int) -> None:
    """Write a place at a spot of the tour."""
    plan[TOUR, spot] = place
    plan[SPOT, place] = spot


@inlined
def to_drone(arc: Floats, flight: Floats, plan: Whole, times: Floats, customer: int, drone: int) -> None:
    """Take a customer out of the tour and fly there."""
    times[0] -= saved(arc, plan, customer)
    plan[COUNT, 0] -= 1
    for spot in range(plan[SPOT, customer], plan[COUNT, 0]):
        put(plan, plan[TOUR, spot + 1], spot)
    plan[DRONE, customer] = drone
    times[2 + drone] += flight[drone, customer]
    plan[FLOWN, plan[COUNT, 1]] = customer
    plan[SLOT, customer] = plan[COUNT, 1]
    plan[COUNT, 1] += 1
    times[1] = max(times[1], times[2 + drone])


@inlined
def to_tour(arc: Floats, flight: Floats, plan: Whole, times: Floats, customer: int, spot: int) -> None:
    """Drive to a customer that was flown to; it stands at the spot, what was there comes after it."""
    drone, size = plan[DRONE, customer], plan[COUNT, 0]
    times[0] += between(arc, at(plan, spot - 1), customer, at(plan, spot))
    for each in range(size, spot, -1):
        put(plan, plan[TOUR, each - 1], each)
    put(plan, customer, spot)
    plan[COUNT, 0] += 1
    plan[DRONE, customer] = ROAD
    times[2 + drone] -= flight[drone, customer]
    plan[COUNT, 1] -= 1
    last, slot = plan[FLOWN, plan[COUNT, 1]], plan[SLOT, customer]
    plan[FLOWN, slot], plan[SLOT, last] = last, slot
    times[1] = longest(times)


@inlined
def spot_beside_near(arc: Floats, close: Whole, plan: Whole, customer: int) -> int:
    """The spot beside a near place of the tour where a customer adds least; -1 where none is near."""
    best, where = np.inf, -1
    for index in range(close.shape[1]):
        near = close[customer, index]
        if plan[DRONE, near] != ROAD:
            continue
        spot = plan[SPOT, near]
        for side in range(2):
            more = between(arc, at(plan, spot - 1 + 2 * side), customer, near)
            if more < best:
                best, where = more, spot + side
    return where
