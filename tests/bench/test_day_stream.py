"""The day stream: what was asked of it, and that the same seed makes the same day."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skystork.bench.day_stream import DAY_S, LOADS, RADIUS_M, flown_m, make_day

DAY = make_day(LOADS[0], np.random.default_rng(1))


def test_a_seed_makes_one_day_and_another_seed_another() -> None:
    assert make_day(LOADS[0], np.random.default_rng(1)) == DAY
    assert make_day(LOADS[0], np.random.default_rng(2)) != DAY


def test_the_day_is_as_described() -> None:
    orders = DAY.orders
    assert len(orders) == 1_200
    assert all(0 <= order.placed_s <= DAY_S and math.hypot(order.east_m, order.north_m) <= RADIUS_M for order in orders)
    assert [order.placed_s for order in orders] == sorted(order.placed_s for order in orders)
    light = sum(order.weight_kg <= 2.268 for order in orders) / len(orders)
    assert light == pytest.approx(0.85, abs=0.03)
    assert {order.wish_s for order in orders} == {1_800.0, 3_600.0, 7_200.0}
    assert all(order.wish_s > 1_800.0 for order in orders if not order.flyable)
    assert 0 < sum(order.breaks_off for order in orders) < 30


def test_nothing_lifts_off_for_45_minutes_of_weather() -> None:
    begins_s = DAY.storm_begins_s
    assert [DAY.flying(begins_s + after_s) for after_s in (-1.0, 0.0, 2_699.0, 2_700.0)] == [True, False, False, True]


def test_a_flight_goes_round_a_disc_by_tangents() -> None:
    disc = (5_000.0, 0.0, 1_000.0)
    angle = math.pi - 2 * math.acos(1 / 5)
    expected_m = 2 * math.sqrt(5_000.0**2 - 1_000.0**2) + 1_000.0 * angle
    assert flown_m(10_000.0, 0.0, (disc,)) == pytest.approx(expected_m)
    assert flown_m(10_000.0, 3_000.0, (disc,)) == pytest.approx(math.hypot(10_000.0, 3_000.0))


def test_no_doorstep_inside_a_disc_is_flown_to() -> None:
    for order in DAY.orders:
        if order.flyable:
            assert all(math.hypot(order.east_m - x, order.north_m - y) >= radius for x, y, radius in DAY.discs_m)
