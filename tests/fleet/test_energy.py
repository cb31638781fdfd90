"""The power formulas against figures worked by hand and against the maker's endurance table."""

from __future__ import annotations

import math

import pytest

from skystork.fleet.energy import Regime, power_w
from skystork.fleet.profile import Airframe, DroneProfile, PowerModel


def profile(airframe: Airframe, empty_mass_kg: float, power: PowerModel) -> DroneProfile:
    return DroneProfile(
        "test", airframe, empty_mass_kg, 2.268, (0.4, 0.3, 0.2), 15.0, 18.0, 3.0, 1.5, 3.0, 4.0, 1.6e6, 0.25, 10.0,
        5.0, 120.0, 45.0, 4.0, 15.0, power,
    )  # fmt: skip


ALTA = profile(Airframe.MULTIROTOR, 9.4, PowerModel(40.2, 0.09, 0.0, 0.0, "FreeFly Alta 8"))
WINGED = profile(Airframe.LIFT_AND_CRUISE, 35.4, PowerModel(22.85, 0.0, 1.557, 60.0, "momentum theory"))


def test_five_pounds_on_an_alta_8_give_the_seventeen_minutes_its_maker_states() -> None:
    watts = power_w(ALTA, Regime.ROTOR, payload_kg=2.268)
    assert watts == pytest.approx(1_602, rel=0.01)
    assert 444 * 3_600 / watts / 60 == pytest.approx(17, rel=0.03)


def test_rotor_power_grows_with_mass_to_the_power_of_one_and_a_half() -> None:
    empty, doubled = (power_w(ALTA, Regime.ROTOR, payload_kg=kg) for kg in (0.0, 9.4))
    assert doubled / empty == pytest.approx(2**1.5)


def test_climbing_costs_weight_times_climb_rate_and_descending_earns_nothing() -> None:
    hover, up, down = (power_w(ALTA, Regime.ROTOR, payload_kg=0.0, climb_m_s=w) for w in (0.0, 3.0, -1.5))
    assert up - hover == pytest.approx(9.4 * 9.80665 * 3.0)
    assert down == hover


def test_drag_is_of_the_speed_through_the_air_cubed() -> None:
    hover, moving = (power_w(ALTA, Regime.CRUISE, payload_kg=0.0, air_speed_m_s=v) for v in (0.0, 15.0))
    assert moving - hover == pytest.approx(0.09 * 15.0**3)


def test_on_the_wing_the_vehicle_takes_a_third_of_what_its_rotors_take() -> None:
    rotor = power_w(WINGED, Regime.ROTOR, payload_kg=2.268)
    wing = power_w(WINGED, Regime.CRUISE, payload_kg=2.268, air_speed_m_s=30.0)
    assert rotor == pytest.approx(22.85 * 37.668**1.5 + 60)
    assert wing == pytest.approx(1.557 * 37.668 * 30 + 60)
    assert wing < rotor / 2.5


def test_without_a_wing_cruise_is_rotor_borne() -> None:
    cruise = power_w(ALTA, Regime.CRUISE, payload_kg=1.0, air_speed_m_s=10.0)
    assert cruise == power_w(ALTA, Regime.ROTOR, payload_kg=1.0, air_speed_m_s=10.0)
    assert math.isfinite(cruise)
