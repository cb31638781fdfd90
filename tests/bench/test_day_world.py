"""A day replayed: every policy ends with every order handed over once, and nobody beats the bound."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from skystork.bench.day_bound import bound_day
from skystork.bench.day_horizon import Horizon
from skystork.bench.day_policies import DroneFirst, GreedyNearest, NearestIdle, Territory
from skystork.bench.day_result import DayResult
from skystork.bench.day_stream import COSTS, LOADS, Day, DayOrder, Load, make_day
from skystork.bench.day_world import Policy, replay

SMALL = Load("small", 3, 2, 40)


def small_day() -> Day:
    """Forty orders of a morning for three drones and two vans."""
    day = make_day(SMALL, np.random.default_rng(5))
    orders = tuple(replace(order, placed_s=order.placed_s / 5) for order in day.orders)
    return replace(day, orders=orders, storm_begins_s=3_600.0)


POLICIES: tuple[Policy, ...] = (
    NearestIdle(),
    GreedyNearest(),
    DroneFirst(),
    Territory(3_000.0),
    Horizon(control=False),
    Horizon(control=True),
)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_order_is_handed_over_once_and_never_before_it_can_be(policy: Policy) -> None:
    day = small_day()
    result = replay(day, policy)
    assert [fate.order.number for fate in result.fates] == list(range(40))
    for fate in result.fates:
        direct_s = math.hypot(fate.order.east_m, fate.order.north_m) / COSTS.drone_m_s
        assert fate.order.placed_s + direct_s < fate.delivered_s < math.inf
        assert fate.way == "van" or (fate.order.flyable and not fate.order.breaks_off)
    assert result.cost > 0


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_nobody_keeps_more_first_wishes_than_the_bound_says(policy: Policy) -> None:
    day = small_day()
    bound = bound_day(day)
    assert replay(day, policy).wished_percent <= bound.fleet_percent + 1e-6 <= bound.unlimited_percent + 2e-6


def test_looking_ahead_keeps_more_promises_than_the_simple_ways() -> None:
    day = small_day()
    simple = max(replay(day, policy).kept_percent for policy in (NearestIdle(), GreedyNearest(), DroneFirst()))
    assert replay(day, Horizon(control=False)).kept_percent > simple


def test_promises_made_longer_are_counted() -> None:
    day = small_day()
    plain, controlled = replay(day, Horizon(control=False)), replay(day, Horizon(control=True))
    assert plain.changed_percent == 0
    assert controlled.changed_percent > 0
    assert controlled.kept_percent >= plain.kept_percent
    assert controlled.wished_percent <= controlled.kept_percent


def lone(number: int, **more: object) -> DayOrder:
    given: dict[str, object] = {"out_s": 295.0, "total_s": 590.0, "breaks_off": False, "weight_kg": 1.0} | more
    return DayOrder(number, 0.0, 5_000.0, 0.0, wish_s=3_600.0, **given)  # type: ignore[arg-type]


def played(order: DayOrder) -> DayResult:
    return replay(Day(Load("one", 1, 1, 1), (order,), (), 40_000.0), NearestIdle())


def test_a_flight_takes_what_it_takes_and_one_that_is_broken_off_goes_by_road() -> None:
    (flown,) = played(lone(0)).fates
    assert (flown.way, flown.delivered_s) == ("drone", 15.0 + 295.0)
    (driven,) = played(lone(0, breaks_off=True)).fates
    road_s = 5_000.0 * COSTS.circuity / COSTS.van_m_s
    home_s = math.ceil((15.0 + 295.0) / 15.0) * 15.0
    assert driven.way == "van"
    assert driven.delivered_s == pytest.approx(home_s + COSTS.load_s + road_s + COSTS.service_s)


def test_with_a_vehicle_for_each_order_all_but_the_impossible_is_possible() -> None:
    bound = bound_day(make_day(LOADS[0], np.random.default_rng(100)))
    assert 99.0 < bound.unlimited_percent < 100.0
    assert bound.fleet_percent <= bound.unlimited_percent
