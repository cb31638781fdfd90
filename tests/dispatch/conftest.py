"""The Darlington fleet, as the dispatch tests use it."""

from __future__ import annotations

import pytest

from skystork.fleet.profile import Airframe, DroneProfile, PowerModel


def build_profile(
    name: str, airframe: Airframe, *, empty_mass_kg: float, cruise_m_s: float, battery_j: float, power: PowerModel
) -> DroneProfile:
    return DroneProfile(
        name=name,
        airframe=airframe,
        empty_mass_kg=empty_mass_kg,
        payload_limit_kg=2.268,
        box_m=(0.40, 0.30, 0.20),
        cruise_air_speed_m_s=cruise_m_s,
        max_air_speed_m_s=cruise_m_s * 1.2,
        climb_speed_m_s=4.0,
        descent_speed_m_s=2.5,
        max_acceleration_m_s2=3.0,
        max_jerk_m_s3=4.0,
        battery_j=battery_j,
        reserve_fraction=0.25,
        wind_limit_m_s=11.0,
        position_error_m=5.0,
        turnaround_s=150.0,
        load_s=45.0,
        drop_height_m=4.0,
        drop_hold_s=15.0,
        power=power,
    )


@pytest.fixture
def lift_and_cruise() -> DroneProfile:
    return build_profile(
        "lift_and_cruise",
        Airframe.LIFT_AND_CRUISE,
        empty_mass_kg=35.4,
        cruise_m_s=30.0,
        battery_j=5.4e6,
        power=PowerModel(6, 0.33, 1.5552, 1.0, 120.0, 0.4, 0.0, "design", 9.0, 30.0, 0.7, 21.0),
    )


@pytest.fixture
def multirotor() -> DroneProfile:
    return build_profile(
        "multirotor",
        Airframe.MULTIROTOR,
        empty_mass_kg=9.4,
        cruise_m_s=15.0,
        battery_j=1.6e6,
        power=PowerModel(8, 0.2286, 1.5552, 13.357, 90.0, 0.15, 0.0, "FreeFly Alta 8"),
    )
