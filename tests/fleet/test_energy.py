"""Power by a profile's own table, against figures worked by hand and against the maker's endurance table."""

from __future__ import annotations

import math

import pytest

from skystork.fleet.energy import level_power_w, upright_power_w, wing_from_m_s
from skystork.fleet.energy_airframes import ALTA_8
from skystork.fleet.energy_rotor import rotor_power_w
from skystork.fleet.profile import Airframe, DroneProfile, PowerModel


def profile(airframe: Airframe, empty_mass_kg: float, power: PowerModel) -> DroneProfile:
    return DroneProfile(
        "test", airframe, empty_mass_kg, 2.268, (0.4, 0.3, 0.2), 15.0, 18.0, 3.0, 1.5, 3.0, 4.0, 1.6e6, 0.25, 10.0,
        5.0, 120.0, 45.0, 4.0, 15.0, power,
    )  # fmt: skip


ALTA = profile(Airframe.MULTIROTOR, 9.4, PowerModel(8, 0.2286, 1.5552, 13.357, 90.0, 0.15, 0.0, "FreeFly Alta 8"))
WINGED = profile(
    Airframe.LIFT_AND_CRUISE,
    35.4,
    PowerModel(6, 0.33, 1.5552, 1.0, 120.0, 0.4, 60.0, "design", 9.0, 30.0, 0.7, 21.0),
)


def test_five_pounds_on_an_alta_8_give_the_seventeen_minutes_its_maker_states() -> None:
    assert 444 * 3_600 / upright_power_w(ALTA, payload_kg=2.268) / 60 == pytest.approx(17, rel=0.03)


@pytest.mark.parametrize("air_speed_m_s", [0.0, 8.0, 15.0])
def test_a_profile_takes_what_its_airframe_takes(air_speed_m_s: float) -> None:
    watts = level_power_w(ALTA, payload_kg=1.0, air_speed_m_s=air_speed_m_s)
    assert watts == rotor_power_w(ALTA_8, payload_kg=1.0, air_speed_m_s=air_speed_m_s)
    assert watts == upright_power_w(ALTA, payload_kg=1.0, air_speed_m_s=air_speed_m_s)


def test_hover_grows_with_mass_to_the_power_of_one_and_a_half() -> None:
    empty, doubled = (upright_power_w(ALTA, payload_kg=kg) for kg in (0.0, 9.4))
    assert doubled / empty == pytest.approx(2**1.5)


def test_a_climb_takes_more_and_the_air_driven_down_takes_part_of_it_back() -> None:
    hover, up, down = (upright_power_w(ALTA, payload_kg=0.0, climb_m_s=w) for w in (0.0, 3.0, -1.5))
    lifted_w = 9.4 * 9.80665 * 3.0
    assert 0.5 * lifted_w < up - hover < 1.5552 * lifted_w
    assert down == hover


def test_on_the_wing_the_vehicle_takes_a_third_of_what_its_rotors_take() -> None:
    wing = level_power_w(WINGED, payload_kg=0.0, air_speed_m_s=30.0)
    assert wing == pytest.approx(35.4 * 9.80665 / 9 * 30 / 0.7 + 60)
    assert wing < upright_power_w(WINGED, payload_kg=0.0) / 2.5


def test_a_loaded_wing_takes_over_at_a_higher_speed_and_without_a_wing_none_does() -> None:
    assert wing_from_m_s(WINGED, payload_kg=0.0) == 21.0
    assert wing_from_m_s(WINGED, payload_kg=2.268) == pytest.approx(21.0 * math.sqrt(37.668 / 35.4))
    assert wing_from_m_s(ALTA, payload_kg=2.268) == math.inf
    limit = wing_from_m_s(WINGED, payload_kg=2.268)
    slow, fast = (level_power_w(WINGED, payload_kg=2.268, air_speed_m_s=limit + step) for step in (-0.01, 0.01))
    assert slow > 2 * fast
