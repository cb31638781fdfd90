"""Emission factors against the published totals, and the comparison tour against every possible one."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from skystork.frames import Geodetic, LocalFrame
from skystork.insight.carbon import (
    ELECTRIC_VAN_KG_PER_KM,
    ELECTRICITY_KG_PER_KWH,
    Carbon,
    battery_kg,
    diesel_van_kg,
    electric_van_kg,
    short_tour_m,
    way_m,
)

DEPOT = Geodetic(54.5166, -1.5075)
FRAME = LocalFrame(DEPOT)


def test_vans_emit_what_desnz_2025_publishes_for_class_three() -> None:
    assert electric_van_kg(1_000) == pytest.approx(0.103, abs=5e-4)
    assert diesel_van_kg(1_000) == pytest.approx(0.346, abs=5e-4)


def test_the_factor_for_electricity_agrees_with_that_of_the_electric_van() -> None:
    kwh_per_km = 0.07609 / 0.177
    assert kwh_per_km * ELECTRICITY_KG_PER_KWH == pytest.approx(ELECTRIC_VAN_KG_PER_KM, rel=0.02)


def test_a_ten_mile_flight_emits_some_two_hundred_grams() -> None:
    assert battery_kg(2.8e6) == pytest.approx(2.8 / 3.6 / 0.88 * 0.2436, rel=1e-3)


def test_the_share_saved_is_of_the_diesel_van() -> None:
    assert Carbon(0.4, 2.0, 0.6, 12.0).saved_fraction == pytest.approx(0.75)
    assert Carbon(0.0, 0.0, 0.0, 0.0).saved_fraction == 0.0


def test_a_way_is_driven_in_its_order_and_home_again() -> None:
    places = [FRAME.to_geodetic(3_000, 0), FRAME.to_geodetic(3_000, 4_000)]
    assert way_m(places, DEPOT, 1.5) == pytest.approx(12_000 * 1.5, rel=1e-6)
    assert way_m([], DEPOT, 1.5) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_the_comparison_tour_is_near_the_shortest_of_all(seed: int) -> None:
    rng = random.Random(seed)
    doors = [FRAME.to_geodetic(rng.uniform(-9e3, 9e3), rng.uniform(-9e3, 9e3)) for _ in range(7)]
    best_m = min(way_m(order, DEPOT, 1.35) for order in itertools.permutations(doors))
    assert best_m - 0.01 <= short_tour_m(doors, DEPOT, 1.35) <= best_m * 1.08


def test_crossing_legs_are_undone() -> None:
    square = [FRAME.to_geodetic(x, y) for x, y in ((2e3, 1e3), (2e3, -1e3), (4e3, 1e3), (4e3, -1e3))]
    shortest_m = 2 * (math.hypot(2e3, 1e3) + 2e3) + 2e3
    assert short_tour_m(square, DEPOT, 1.0) == pytest.approx(shortest_m, rel=1e-6)
