"""Simple dispatchers, each as it is known from the literature or from practice, to be measured beside ours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from skystork.bench.day_stream import COSTS, DayOrder
from skystork.bench.day_world import World, by_nearest

TOUR = 10
"""Parcels that a van takes at once at most; more make the last door late."""


class NearestIdle:
    """First come, first served: each order goes to the idle vehicle that is there soonest, drones first."""

    name = "nearest idle (first come, first served)"

    def promise_s(self, _: World, order: DayOrder) -> float:
        """The wish."""
        return order.wish_s

    def act(self, world: World) -> None:
        """Oldest first."""
        drones = world.idle_drones()
        for number in sorted(world.waiting):
            if drones and world.waiting[number].flyable:
                world.fly(number, drones.pop())
        send_vans(world, sorted(world.waiting))


class GreedyNearest:
    """Each idle vehicle takes the order that is nearest to it."""

    name = "greedy nearest"

    def promise_s(self, _: World, order: DayOrder) -> float:
        """The wish."""
        return order.wish_s

    def act(self, world: World) -> None:
        """Shortest flight first; vans from the nearest door to the next nearest."""
        near = sorted(world.waiting, key=lambda number: (world.waiting[number].order.out_s, number))
        drones = world.idle_drones()
        for number in near:
            if drones and world.waiting[number].flyable:
                world.fly(number, drones.pop())
        for van in world.idle_vans():
            if world.waiting:
                world.drive(van, list(by_nearest(world, list(world.waiting)))[:TOUR])


class DroneFirst:
    """An order waits for a drone as long as one brings it in time; else it goes by road."""

    name = "drone first"

    def promise_s(self, _: World, order: DayOrder) -> float:
        """The wish."""
        return order.wish_s

    def act(self, world: World) -> None:
        """Drones are given away in the order in which orders came."""
        send_vans(world, fly_in_time(world, sorted(world.waiting), lambda _: True))


class Territory:
    """Ulmer and Thomas (Networks 72:475, 2018): near doors go by van, far ones by drone; a distance parts them.

    The distance was tried on the development days; theirs is tuned by approximate dynamic programming.
    """

    def __init__(self, near_m: float) -> None:
        self._near_m = near_m
        self.name = f"territory split at {near_m / 1e3:g} km"

    def promise_s(self, _: World, order: DayOrder) -> float:
        """The wish."""
        return order.wish_s

    def act(self, world: World) -> None:
        """Each to its own side; who cannot fly drives."""

        def far(number: int) -> bool:
            order = world.waiting[number].order
            return math.hypot(order.east_m, order.north_m) > self._near_m

        send_vans(world, fly_in_time(world, sorted(world.waiting), far))


def fly_in_time(world: World, numbers: Sequence[int], wanted: Callable[[int], bool]) -> list[int]:
    """Fly or reserve what is wanted and in time with the drone that is free first; returns what is left."""
    free_s = sorted((max(at_s, world.flying_from_s), drone) for drone, at_s in enumerate(world.drones_ready_s))
    left: list[int] = []
    for number in numbers:
        each = world.waiting[number]
        at_s, drone = free_s[0]
        if not (each.flyable and wanted(number) and at_s + each.order.out_s <= each.due_s):
            left.append(number)
            continue
        free_s[0] = (at_s + each.order.total_s + COSTS.turn_s, drone)
        free_s.sort()
        if world.flying and world.drones_ready_s[drone] <= world.now_s:
            world.fly(number, drone)
    return left


def send_vans(world: World, numbers: Sequence[int]) -> None:
    """Each idle van takes the oldest orders, ten at most, and goes from door to door."""
    left = list(numbers)
    for van in world.idle_vans():
        if left:
            world.drive(van, list(by_nearest(world, left[:TOUR])))
            del left[:TOUR]
