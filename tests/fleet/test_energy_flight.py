"""A delivery leg by leg: time by the wind triangle, energy by the power of each leg, and the reserve of the return."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests_support.plans import QUAD

from skystork.fleet.energy_airframes import ALTA_8, LIFT_AND_CRUISE
from skystork.fleet.energy_battery import Battery, full_battery_j, usable_energy_j
from skystork.fleet.energy_flight import Delivery, Phase, delivery_energy, ground_speed_m_s, needed_at_take_off_j
from skystork.fleet.energy_rotor import rotor_power_w

CALM = Delivery(
    payload_kg=2.0, distance_m=3_000.0, air_speed_m_s=15.0, out_height_m=80.0, home_height_m=105.0,
    drop_height_m=4.0, hover_s=15.0, climb_speed_m_s=3.0, descent_speed_m_s=1.5,
)  # fmt: skip


def total(delivery: Delivery) -> float:
    return sum(leg.energy_j for leg in delivery_energy(ALTA_8, delivery))


def test_a_vehicles_own_battery_is_weaker_cold_and_old_and_warm_where_nobody_measures() -> None:
    def full_j(temperature_deg_c: float | None, cycles: float) -> float:
        return full_battery_j(QUAD, temperature_deg_c=temperature_deg_c, cycles=cycles)

    assert full_j(None, 0.0) == full_j(25.0, 0.0) == QUAD.battery_j
    assert full_j(0.0, 150.0) == pytest.approx(QUAD.battery_j * 0.9 * 0.84)
    assert full_j(-11.0, 0.0) == 0.0


def test_every_leg_is_foreseen_once_and_the_parcel_is_on_board_to_the_end_of_the_hover() -> None:
    legs = delivery_energy(ALTA_8, CALM)
    assert [leg.phase for leg in legs] == list(Phase)
    by_phase = {leg.phase: leg for leg in legs}
    assert by_phase[Phase.OUT].duration_s == pytest.approx(200.0)
    assert by_phase[Phase.HOVER].energy_j == pytest.approx(15.0 * rotor_power_w(ALTA_8, payload_kg=2.0))
    assert by_phase[Phase.LANDING].energy_j == pytest.approx(70.0 * rotor_power_w(ALTA_8, payload_kg=0.0))
    assert by_phase[Phase.HOME].energy_j < by_phase[Phase.OUT].energy_j


def test_wind_along_the_track_costs_more_than_it_gives_back() -> None:
    assert total(replace(CALM, wind_along_m_s=-6.0)) > total(CALM)
    assert total(replace(CALM, wind_across_m_s=6.0)) > total(CALM)


def test_the_wind_triangle() -> None:
    assert ground_speed_m_s(15.0, -5.0, 0.0) == 10.0
    assert ground_speed_m_s(5.0, 0.0, 3.0) == 4.0
    assert ground_speed_m_s(5.0, 0.0, 5.0) == 0.0
    assert ground_speed_m_s(5.0, -6.0, 0.0) == 0.0
    assert ground_speed_m_s(15.0, -4.0, 9.0) == pytest.approx(8.0)
    assert ground_speed_m_s(15.0, -14.5, 0.0) == 0.0


def test_a_headwind_that_wins_takes_for_ever() -> None:
    assert total(replace(CALM, wind_along_m_s=-16.0)) == math.inf


def test_ten_miles_with_five_pounds_take_a_wing() -> None:
    far = replace(CALM, payload_kg=2.268, distance_m=16_093.0)
    assert sum(leg.energy_j for leg in delivery_energy(ALTA_8, far)) > 444 * 3_600
    winged = replace(far, air_speed_m_s=30.0, climb_speed_m_s=4.0, descent_speed_m_s=2.5)
    assert sum(leg.energy_j for leg in delivery_energy(LIFT_AND_CRUISE, winged)) < 5.4e6


def test_the_reserve_covers_px4s_time_home_at_the_worst_turning_point() -> None:
    legs = delivery_energy(ALTA_8, CALM)
    needed_j = needed_at_take_off_j(legs)
    to_the_drop_j = sum(leg.energy_j for leg in legs[:4])
    home_s, home_j = sum(leg.duration_s for leg in legs[4:]), sum(leg.energy_j for leg in legs[4:])
    assert needed_j >= to_the_drop_j + home_j / home_s * (1.1 * home_s + 100.0) - 1e-6
    assert needed_j > sum(leg.energy_j for leg in legs)
    assert needed_at_take_off_j(legs, factor=1.0, margin_s=0.0) == pytest.approx(sum(leg.energy_j for leg in legs))


def test_cold_and_age_take_from_the_battery_and_warmth_gives_nothing() -> None:
    battery = Battery(1_000.0)
    assert usable_energy_j(battery, charge_fraction=1.0, temperature_deg_c=20.0, cycles=0) == 1_000.0
    assert usable_energy_j(battery, charge_fraction=1.0, temperature_deg_c=45.0, cycles=0) == 1_000.0
    assert usable_energy_j(battery, charge_fraction=1.0, temperature_deg_c=20.0, cycles=300) == pytest.approx(800.0)
    assert usable_energy_j(battery, charge_fraction=0.5, temperature_deg_c=0.0, cycles=0) == pytest.approx(420.0)
    assert usable_energy_j(battery, charge_fraction=1.0, temperature_deg_c=-15.0, cycles=0) == 0.0
    assert usable_energy_j(battery, charge_fraction=1.0, temperature_deg_c=float("nan"), cycles=0) == 0.0
