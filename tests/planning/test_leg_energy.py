from dataclasses import replace

import numpy as np
import pytest

from skystork.fleet.energy import Regime, power_w
from skystork.planning.bezier import weights_at
from skystork.planning.flight_plan import BezierSegment
from skystork.planning.leg_energy import (
    TRANSITION_FRACTION,
    en_route_power_w,
    horizontal_energy_j,
    hover_energy_j,
    vertical_duration_s,
    vertical_energy_j,
)


def piece(duration_s, first_m_s, last_m_s):
    """Straight east, speed changing evenly."""
    gain = (last_m_s - first_m_s) / duration_s
    length_m = (first_m_s + last_m_s) / 2 * duration_s
    states = np.array([[0, 0], [first_m_s, 0], [gain, 0], [length_m, 0], [last_m_s, 0], [gain, 0]], dtype=float)
    points = weights_at(0, np.array([duration_s]))[0] @ states
    return BezierSegment(tuple((float(x), float(y)) for x, y in points), duration_s)


def test_even_cruise_costs_power_times_time_at_the_speed_through_the_air(darlington):
    one = piece(10.0, 25.0, 25.0)
    energy_j = horizontal_energy_j(darlington.winged, (one,), payload_kg=1.0, wind_enu_m_s=(-5.0, 0.0))
    watts = power_w(darlington.winged, Regime.CRUISE, payload_kg=1.0, air_speed_m_s=30.0)
    assert energy_j == pytest.approx(10.0 * watts)


def test_below_the_transition_speed_the_rotors_of_a_winged_vehicle_carry_it(darlington):
    limit = TRANSITION_FRACTION * darlington.winged.cruise_air_speed_m_s
    slow, fast = (en_route_power_w(darlington.winged, limit + step, payload_kg=0.0) for step in (-0.01, 0.01))
    assert slow > 2 * fast


@pytest.mark.parametrize("threshold_share", [0.31, 0.5, 0.777])
def test_a_piece_with_the_transition_in_it_is_split_there(darlington, threshold_share):
    """Speed rises evenly, so the rotors carry for exactly that share of the time."""
    limit = TRANSITION_FRACTION * darlington.winged.cruise_air_speed_m_s
    top = limit / threshold_share
    flat = replace(darlington.winged.power, cruise_w_per_kg_m_s=0.0)
    profile = replace(darlington.winged, power=flat)
    energy_j = horizontal_energy_j(profile, (piece(20.0, 0.0, top),), payload_kg=0.0, wind_enu_m_s=(0.0, 0.0))
    rotor_w = power_w(profile, Regime.ROTOR, payload_kg=0.0)
    expected_j = 20.0 * (threshold_share * rotor_w + (1 - threshold_share) * flat.avionics_w)
    assert energy_j == pytest.approx(expected_j, rel=0.005)


def test_a_climb_pays_for_height_and_a_descent_earns_nothing(darlington):
    profile, calm = darlington.winged, (0.0, 0.0)
    up_j = vertical_energy_j(profile, 80.0, payload_kg=0.0, wind_enu_m_s=calm)
    down_j = vertical_energy_j(profile, -80.0, payload_kg=0.0, wind_enu_m_s=calm)
    hover_up_j = hover_energy_j(profile, vertical_duration_s(profile, 80.0), payload_kg=0.0, wind_enu_m_s=calm)
    hover_down_j = hover_energy_j(profile, vertical_duration_s(profile, -80.0), payload_kg=0.0, wind_enu_m_s=calm)
    assert up_j - hover_up_j == pytest.approx(profile.empty_mass_kg * 9.80665 * 80.0)
    assert down_j == pytest.approx(hover_down_j)
    assert vertical_duration_s(profile, 80.0) == 20.0
    assert vertical_duration_s(profile, -80.0) == 32.0
