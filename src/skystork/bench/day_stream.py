"""One day of orders, made from a seed: a hub, two towns in a circle of 10 miles, discs closed to flight, a storm.

What the day consists of is given: one hub, 10-mile radius, two towns, 85 % of the parcels at most 5 lb, promises of
30, 60 and 120 minutes, 12 hours with two peaks, no-fly discs, a weather stop of 45 minutes, 1 % of the flights broken
off, drones at 72 km/h with a turn of 4 minutes, vans at 30 km/h, and the three loads. What is not given was chosen here
and is the same for every policy: where the towns lie, the mix of promises, the discs, the overheads, the prices. So
chosen, the simple policies keep about as many promises as is published for them on such days (nearest first: 96, 79
and 63 %).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

RADIUS_M = 16_093.0
"""10 miles."""
DAY_S = 12 * 3_600.0
STORM_S = 45 * 60.0
FLYABLE_KG = 2.268
"""5 lb."""
TOWNS = ((0.45, 4_500.0, 2_500.0, 1_900.0), (0.35, -6_000.0, -4_500.0, 2_200.0))
"""Share of the orders, east, north, spread of each town [m]; the rest lies anywhere in the circle."""
PROMISES = ((1_800.0, 0.5), (3_600.0, 0.3), (7_200.0, 0.2))
"""Seconds and share, of parcels that may fly; 30 minutes are not offered where only a van can come."""
PEAKS = ((3.5, 1.5, 0.40), (8.5, 1.5, 0.40))
"""Hour, spread in hours, share of the orders; the rest comes evenly."""
DISCS = 3
DISC_RADIUS_M = (600.0, 1_300.0)
BROKEN_OFF = 0.01
"""Share of the flights."""


@dataclass(frozen=True, slots=True)
class Load:
    """A fleet and how much it is asked."""

    name: str
    drones: int
    vans: int
    orders: int


LOADS = (Load("nominal", 40, 12, 1_200), Load("overload 1", 28, 10, 1_500), Load("overload 2", 22, 10, 1_800))


@dataclass(frozen=True, slots=True)
class Costs:
    """What things take and cost, the same for every policy; the prices are of no real firm."""

    drone_m_s: float = 20.0
    """72 km/h."""
    drone_overhead_s: float = 45.0
    """Climb, and lowering the parcel; once more on the way home."""
    turn_s: float = 240.0
    van_m_s: float = 30.0 / 3.6
    circuity: float = 1.3
    """Road over straight line."""
    service_s: float = 120.0
    load_s: float = 180.0
    van_parcels: int = 20
    flight_cost: float = 2.0
    flight_cost_per_s: float = 0.10 / 60.0
    van_cost_per_s: float = 28.0 / 3_600.0
    van_cost_per_m: float = 0.35 / 1_000.0


COSTS = Costs()


@dataclass(frozen=True, slots=True)
class DayOrder:
    """One order as it comes in."""

    number: int
    placed_s: float
    east_m: float
    north_m: float
    weight_kg: float
    wish_s: float
    """The promise that the shop makes for it."""
    out_s: float
    """Of a flight; ``inf`` where it cannot fly."""
    total_s: float
    breaks_off: bool
    """Its first flight turns round half-way and brings the parcel home; then it goes by road."""

    @property
    def flyable(self) -> bool:
        """Light enough, and its doorstep in open air."""
        return math.isfinite(self.out_s)


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that will happen; a policy is told of it only when it has."""

    load: Load
    orders: tuple[DayOrder, ...]
    discs_m: tuple[tuple[float, float, float], ...]
    """East, north, radius [m]."""
    storm_begins_s: float

    def flying(self, now_s: float) -> bool:
        """Whether drones may lift off."""
        return not self.storm_begins_s <= now_s < self.storm_begins_s + STORM_S


def make_day(load: Load, generator: Generator) -> Day:
    """Throw the dice for a whole day."""
    discs = tuple(_disc(generator) for _ in range(DISCS))
    placed_s = np.sort(np.array([_hour(generator) for _ in range(load.orders)])) * 3_600.0
    storm_s = float(generator.uniform(3_600.0, DAY_S - 3_600.0 - STORM_S))
    orders = tuple(_order(number, float(at_s), discs, generator) for number, at_s in enumerate(placed_s))
    return Day(load, orders, discs, storm_s)


def _disc(generator: Generator) -> tuple[float, float, float]:
    """Not over the hub itself."""
    radius_m = float(generator.uniform(*DISC_RADIUS_M))
    far_m, angle = float(generator.uniform(2_500.0, 12_000.0)), float(generator.uniform(0, 2 * math.pi))
    return far_m * math.cos(angle), far_m * math.sin(angle), radius_m


def _hour(generator: Generator) -> float:
    draw = generator.random()
    for hour, spread, share in PEAKS:
        if draw < share:
            return float(np.clip(generator.normal(hour, spread), 0.0, 12.0))
        draw -= share
    return float(generator.uniform(0.0, 12.0))


def _place(generator: Generator) -> tuple[float, float]:
    draw = generator.random()
    for share, east_m, north_m, spread_m in TOWNS:
        if draw < share:
            while True:
                x, y = generator.normal(east_m, spread_m), generator.normal(north_m, spread_m)
                if math.hypot(x, y) <= RADIUS_M:
                    return float(x), float(y)
        draw -= share
    far_m, angle = RADIUS_M * math.sqrt(generator.random()), generator.uniform(0, 2 * math.pi)
    return far_m * math.cos(angle), far_m * math.sin(angle)


def _order(number: int, at_s: float, discs: tuple[tuple[float, float, float], ...], generator: Generator) -> DayOrder:
    x, y = _place(generator)
    light = generator.random() < 0.85
    weight_kg = float(generator.uniform(0.2, FLYABLE_KG) if light else generator.uniform(FLYABLE_KG + 0.1, 15.0))
    inside = any(math.hypot(x - east, y - north) < radius for east, north, radius in discs)
    flyable = light and not inside
    way_s = flown_m(x, y, discs) / COSTS.drone_m_s
    promises = PROMISES if flyable else PROMISES[1:]
    shares = np.array([share for _, share in promises])
    return DayOrder(
        number=number,
        placed_s=at_s,
        east_m=x,
        north_m=y,
        weight_kg=weight_kg,
        wish_s=float(generator.choice([promise_s for promise_s, _ in promises], p=shares / shares.sum())),
        out_s=way_s + COSTS.drone_overhead_s if flyable else math.inf,
        total_s=2 * (way_s + COSTS.drone_overhead_s) if flyable else math.inf,
        breaks_off=bool(generator.random() < BROKEN_OFF),
    )


def flown_m(x: float, y: float, discs: tuple[tuple[float, float, float], ...]) -> float:
    """Way from the hub round the discs that lie between: two tangents and the arc between them [m]."""
    straight_m = math.hypot(x, y)
    return straight_m + sum(_round(x, y, disc) - straight_m for disc in discs if _blocked(x, y, disc))


def _blocked(x: float, y: float, disc: tuple[float, float, float]) -> bool:
    east, north, radius = disc
    along = max(0.0, min(1.0, (east * x + north * y) / max(1e-9, x * x + y * y)))
    return math.hypot(east - along * x, north - along * y) < radius


def _round(x: float, y: float, disc: tuple[float, float, float]) -> float:
    east, north, radius = disc
    near_m, far_m = math.hypot(east, north), math.hypot(x - east, y - north)
    if far_m <= radius or near_m <= radius:
        return math.hypot(x, y)
    angle = math.acos(max(-1.0, min(1.0, (near_m**2 + far_m**2 - x * x - y * y) / (2 * near_m * far_m))))
    arc = angle - math.acos(radius / near_m) - math.acos(radius / far_m)
    return math.sqrt(near_m**2 - radius**2) + math.sqrt(far_m**2 - radius**2) + radius * max(0.0, arc)
