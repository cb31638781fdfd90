"""The world of a day: what vehicles do once they are told, and when each parcel is handed over.

Decisions are made every 15 s. A drone told to fly does so at once; a van told to drive loads, goes from door to door
and comes back. A policy sees orders when they are placed, the storm when it begins (its end is then forecast), and a
flight that is broken off when the parcel is home again.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from typing import Protocol

from skystork.bench.day_result import DayResult, Fate
from skystork.bench.day_stream import COSTS, STORM_S, Day, DayOrder

TICK_S = 15.0
LATEST_END_S = 30 * 3_600.0
"""A policy that has not finished by then has left orders lying."""


class Waiting:
    """An order at the hub."""

    __slots__ = ("due_s", "flyable", "order", "promised_s")

    def __init__(self, order: DayOrder, promised_s: float) -> None:
        self.order, self.promised_s = order, promised_s
        self.due_s, self.flyable = order.placed_s + promised_s, order.flyable


class Policy(Protocol):
    """A dispatcher under test."""

    @property
    def name(self) -> str:
        """As it stands in the table."""

    def promise_s(self, world: World, order: DayOrder) -> float:
        """What is promised: the wish, or longer."""

    def act(self, world: World) -> None:
        """Tell vehicles by :meth:`World.fly` and :meth:`World.drive`."""


class World:
    """State of a day; changes as the day goes on."""

    def __init__(self, day: Day) -> None:
        self.day, self.now_s = day, 0.0
        self.waiting: dict[int, Waiting] = {}
        self.drones_ready_s = [0.0] * day.load.drones
        self.vans_back_s = [0.0] * day.load.vans
        self.cost = 0.0
        self._fates: dict[int, Fate] = {}
        self._home: list[tuple[float, int, Waiting]] = []

    @property
    def flying(self) -> bool:
        """Whether drones may lift off now."""
        return self.day.flying(self.now_s)

    @property
    def flying_from_s(self) -> float:
        """When they may lift off, as the forecast says."""
        return self.now_s if self.flying else self.day.storm_begins_s + STORM_S

    def idle_drones(self) -> list[int]:
        """Those that can lift off now."""
        return [number for number, at_s in enumerate(self.drones_ready_s) if at_s <= self.now_s] if self.flying else []

    def idle_vans(self) -> list[int]:
        """Those at the hub."""
        return [number for number, at_s in enumerate(self.vans_back_s) if at_s <= self.now_s]

    def fly(self, number: int, drone: int) -> None:
        """Lift off with an order."""
        each = self.waiting.pop(number)
        assert self.flying and self.drones_ready_s[drone] <= self.now_s and each.flyable
        order = each.order
        if order.breaks_off:
            home_s = self.now_s + order.out_s
            heapq.heappush(self._home, (home_s, number, each))
            self._pay_flight(drone, order.out_s)
        else:
            self._fates[number] = Fate(order, each.promised_s, self.now_s + order.out_s, "drone")
            self._pay_flight(drone, order.total_s)

    def _pay_flight(self, drone: int, aloft_s: float) -> None:
        self.cost += COSTS.flight_cost + COSTS.flight_cost_per_s * aloft_s
        self.drones_ready_s[drone] = self.now_s + aloft_s + COSTS.turn_s

    def drive(self, van: int, numbers: Sequence[int]) -> None:
        """Load and go from door to door in this order."""
        assert self.vans_back_s[van] <= self.now_s and 0 < len(numbers) <= COSTS.van_parcels
        at_s, x, y, road_m = self.now_s + COSTS.load_s, 0.0, 0.0, 0.0
        for number in numbers:
            each = self.waiting.pop(number)
            leg_m = math.hypot(each.order.east_m - x, each.order.north_m - y) * COSTS.circuity
            x, y, road_m = each.order.east_m, each.order.north_m, road_m + leg_m
            at_s += leg_m / COSTS.van_m_s + COSTS.service_s
            self._fates[number] = Fate(each.order, each.promised_s, at_s, "van")
        home_m = math.hypot(x, y) * COSTS.circuity
        back_s = at_s + home_m / COSTS.van_m_s
        self.cost += (back_s - self.now_s) * COSTS.van_cost_per_s + (road_m + home_m) * COSTS.van_cost_per_m
        self.vans_back_s[van] = back_s

    def come_home(self) -> None:
        """Parcels of flights that were broken off wait again, for a van."""
        while self._home and self._home[0][0] <= self.now_s:
            _, number, each = heapq.heappop(self._home)
            each.flyable = False
            self.waiting[number] = each

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return len(self._fates) == len(self.day.orders)

    def result(self, name: str) -> DayResult:
        """What the day was like."""
        lost = [order for order in self.day.orders if order.number not in self._fates]
        fates = [*self._fates.values(), *(Fate(order, order.wish_s, math.inf, "nobody") for order in lost)]
        return DayResult(name, self.day.load.name, tuple(sorted(fates, key=lambda fate: fate.order.number)), self.cost)


def replay(day: Day, policy: Policy) -> DayResult:
    """Play a day to a policy."""
    world, coming = World(day), iter(day.orders)
    following = next(coming, None)
    while not world.finished and world.now_s < LATEST_END_S:
        world.now_s += TICK_S
        world.come_home()
        while following is not None and following.placed_s <= world.now_s:
            world.waiting[following.number] = Waiting(following, policy.promise_s(world, following))
            following = next(coming, None)
        policy.act(world)
    return world.result(policy.name)


def by_nearest(world: World, numbers: Sequence[int]) -> Iterator[int]:
    """From door to door, always the nearest next."""
    left, x, y = set(numbers), 0.0, 0.0
    while left:
        number = min(left, key=lambda each: (_apart(world, each, x, y), each))
        left.remove(number)
        x, y = world.waiting[number].order.east_m, world.waiting[number].order.north_m
        yield number


def _apart(world: World, number: int, x: float, y: float) -> float:
    order = world.waiting[number].order
    return math.hypot(order.east_m - x, order.north_m - y)
