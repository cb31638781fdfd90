"""Time and energy of a delivery flight, against sums done by hand."""

from __future__ import annotations

import math

import pytest

from skystork.dispatch.flight_estimate import (
    FlightHeights,
    TrackWind,
    estimate_flight,
    wind_on_track,
)
from skystork.fleet.energy import level_power_w, upright_power_w
from skystork.fleet.profile import DroneProfile

HEIGHTS = FlightHeights(80.0, 105.0)
CALM = TrackWind()


def test_a_ten_mile_flight_by_lift_and_cruise_is_the_sum_of_its_legs(lift_and_cruise: DroneProfile) -> None:
    way_s = 16_093 / 30
    estimate = estimate_flight(lift_and_cruise, route_length_m=16_093, payload_kg=2.268, wind=CALM, heights=HEIGHTS)
    assert estimate.time_to_drop_s == pytest.approx(80 / 4 + way_s + 30 / 3 + 76 / 2.5 + 15)
    assert estimate.duration_s == pytest.approx(estimate.time_to_drop_s + 101 / 4 + way_s + 30 / 3 + 105 / 2.5)
    loaded, empty = {"payload_kg": 2.268}, {"payload_kg": 0.0}
    by_hand_j = (
        upright_power_w(lift_and_cruise, **loaded, climb_m_s=4.0) * 80 / 4
        + upright_power_w(lift_and_cruise, **loaded) * (10 + 76 / 2.5 + 15)
        + level_power_w(lift_and_cruise, **loaded, air_speed_m_s=30.0) * way_s
        + upright_power_w(lift_and_cruise, **empty, climb_m_s=4.0) * 101 / 4
        + level_power_w(lift_and_cruise, **empty, air_speed_m_s=30.0) * way_s
        + upright_power_w(lift_and_cruise, **empty) * (10 + 105 / 2.5)
    )
    assert estimate.energy_j == pytest.approx(by_hand_j)
    assert estimate.energy_j < 0.75 * 5.4e6


def test_a_multirotor_with_five_pounds_reaches_a_few_kilometres_and_not_ten_miles(multirotor: DroneProfile) -> None:
    def energy_j(length_m: float) -> float:
        return estimate_flight(
            multirotor, route_length_m=length_m, payload_kg=2.268, wind=CALM, heights=HEIGHTS
        ).energy_j

    usable_j = 0.75 * 1.6e6
    assert energy_j(3_000) < usable_j < energy_j(6_000)
    assert energy_j(16_093) > 1.9 * 1.6e6


def test_a_westerly_helps_to_the_east_and_pushes_sideways_to_the_north() -> None:
    east, north, diagonal = (wind_on_track((8.0, 0.0), track) for track in ((1_000.0, 0.0), (0.0, 500.0), (-3.0, 4.0)))
    assert (east.along_m_s, east.cross_m_s) == (8.0, 0.0)
    assert (north.along_m_s, abs(north.cross_m_s)) == (0.0, 8.0)
    assert diagonal.along_m_s == pytest.approx(-4.8)
    assert diagonal.speed_m_s == pytest.approx(8.0)


def test_at_the_depot_itself_the_whole_wind_is_taken_as_headwind() -> None:
    assert wind_on_track((3.0, 4.0), (0.0, 0.0)) == TrackWind(along_m_s=-5.0)


def test_any_wind_makes_out_and_back_dearer_than_calm(multirotor: DroneProfile) -> None:
    energies = [
        estimate_flight(multirotor, route_length_m=3_000, payload_kg=1.0, wind=wind, heights=HEIGHTS).energy_j
        for wind in (CALM, TrackWind(cross_m_s=8.0), TrackWind(along_m_s=8.0), TrackWind(along_m_s=-8.0))
    ]
    assert energies[0] < energies[1] < energies[2] < energies[3]  # loaded against the wind is the worst


def test_a_wind_the_vehicle_cannot_beat_makes_the_flight_endless(multirotor: DroneProfile) -> None:
    estimate = estimate_flight(
        multirotor, route_length_m=1_000, payload_kg=1.0, wind=TrackWind(along_m_s=-15.0), heights=HEIGHTS
    )
    assert math.isinf(estimate.time_to_drop_s)
    assert math.isinf(estimate.energy_j)


def test_what_must_be_on_board_is_more_than_what_is_flown_and_endless_where_the_flight_is(
    multirotor: DroneProfile,
) -> None:
    there = estimate_flight(multirotor, route_length_m=3_000, payload_kg=1.0, wind=CALM, heights=HEIGHTS)
    assert there.energy_j < there.needed_j < 2 * there.energy_j
    gale = TrackWind(along_m_s=-40.0)
    assert (
        estimate_flight(multirotor, route_length_m=3_000, payload_kg=1.0, wind=gale, heights=HEIGHTS).needed_j
        == math.inf
    )
