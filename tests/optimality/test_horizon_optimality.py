"""The rolling horizon against every possible sharing of orders between two drones and a van."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence

from skystork.dispatch.horizon import FROZEN, decide
from skystork.dispatch.horizon_situation import Flight, HorizonDrone, HorizonOrder, HorizonVan, Hub, Situation
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

KIND = "hub/wing"
TURN_S, LOAD_S, SERVICE_S, PACE_S_M = 240.0, 180.0, 120.0, 1.3 * 3.6 / 30
NO_FLIGHT = (Reason(ReasonCode.WEIGHT, "too heavy to fly", 9, 2.268),)


def scene(seed: int) -> Situation:
    """Five orders, two drones one of which comes back later, one van."""
    dice = random.Random(seed)
    orders = []
    for number in range(5):
        far_m, angle = dice.uniform(800, 9_000), dice.uniform(0, 2 * math.pi)
        out_s, heavy = far_m / 20 + 45, dice.random() < 0.2
        flights = () if heavy else (Flight(KIND, out_s, 2 * out_s, 0.0, 2.0 + out_s / 300),)
        orders.append(
            HorizonOrder(
                OrderId(str(number)),
                (far_m * math.cos(angle), far_m * math.sin(angle)),
                dice.uniform(500, 3_000),
                1.0,
                flights,
                NO_FLIGHT if heavy else (),
            )
        )
    drones = tuple(
        HorizonDrone(VehicleId(f"D{number}"), KIND, "hub", ready_s, turn_s=TURN_S)
        for number, ready_s in enumerate((0.0, dice.uniform(0, 900)))
    )
    van = HorizonVan(VehicleId("V"), "hub", (0.0, 0.0), 0.0, 30 / 3.6, 1.3, 100.0, 20, SERVICE_S, LOAD_S)
    return Situation(tuple(orders), drones, (Hub("hub"),), (van,))


def shares(count: int) -> Iterator[tuple[int, ...]]:
    """For each order drone 0, drone 1, the van, or nobody in time."""
    return itertools.product(range(4), repeat=count)


def flown_in_time(orders: Sequence[HorizonOrder], ready_s: float) -> bool:
    """Whether one drone brings all of them in time in some sequence."""
    for sequence in itertools.permutations(orders):
        free_s = ready_s
        for order in sequence:
            if not order.flights or free_s + order.flights[0].out_s > order.due_s - FROZEN.margin_s:
                break
            free_s += order.flights[0].total_s + TURN_S
        else:
            return True
    return False


def driven_in_time(orders: Sequence[HorizonOrder]) -> bool:
    """Whether the van brings all of them in time on one tour."""
    for sequence in itertools.permutations(orders):
        at_s, here = LOAD_S, (0.0, 0.0)
        for order in sequence:
            at_s += math.dist(here, order.position_enu_m) * PACE_S_M + SERVICE_S
            here = order.position_enu_m
            if at_s > order.due_s - FROZEN.margin_s:
                break
        else:
            return True
    return False


def most_in_time(now: Situation) -> int:
    """By trying everything."""
    best = 0
    for share in shares(len(now.orders)):
        count = sum(vehicle < 3 for vehicle in share)
        if count <= best:
            continue
        given = [[order for order, to in zip(now.orders, share, strict=True) if to == each] for each in range(3)]
        flown = all(flown_in_time(given[each], now.drones[each].ready_at_s) for each in range(2))
        if flown and driven_in_time(given[2]):
            best = count
    return best


SEEDS = range(60)


def test_no_more_than_one_promise_is_given_up_that_could_be_kept_and_that_rarely() -> None:
    missed = []
    for seed in SEEDS:
        now = scene(seed)
        kept = sum(choice.way is not None and not choice.breaks for choice in decide(now).choices)
        missed.append(most_in_time(now) - kept)
    assert max(missed) <= 1
    assert sum(each > 0 for each in missed) <= 3
