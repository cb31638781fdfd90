import math

import numpy as np
import pytest

from skystork.fleet.energy import level_power_w, upright_power_w, wing_from_m_s
from skystork.planning.bezier import weights_at
from skystork.planning.flight_plan import BezierSegment
from skystork.planning.leg_energy import (
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
    watts = level_power_w(darlington.winged, payload_kg=1.0, air_speed_m_s=30.0)
    assert energy_j == pytest.approx(10.0 * watts)


@pytest.mark.parametrize("top_m_s", [24.0, 30.0])
def test_a_piece_with_the_transition_in_it_is_split_there(darlington, top_m_s):
    """Speed rises evenly, so each share of the time has its speed."""
    profile = darlington.winged
    energy_j = horizontal_energy_j(profile, (piece(20.0, 0.0, top_m_s),), payload_kg=0.0, wind_enu_m_s=(0.0, 0.0))
    speeds = (np.arange(20_000) + 0.5) / 20_000 * top_m_s
    watts = [level_power_w(profile, payload_kg=0.0, air_speed_m_s=float(speed)) for speed in speeds]
    assert min(speeds) < wing_from_m_s(profile, payload_kg=0.0) < max(speeds)
    assert energy_j == pytest.approx(20.0 * math.fsum(watts) / len(watts), rel=0.005)


def test_wind_makes_standing_over_a_place_cheaper_up_to_a_medium_speed(darlington):
    calm, breeze = (
        hover_energy_j(darlington.winged, 10.0, payload_kg=0.0, wind_enu_m_s=wind) for wind in ((0.0, 0.0), (6.0, 0.0))
    )
    assert calm == pytest.approx(10.0 * upright_power_w(darlington.winged, payload_kg=0.0))
    assert breeze < calm


def test_a_climb_pays_for_height_and_a_descent_earns_nothing(darlington):
    profile, calm = darlington.winged, (0.0, 0.0)
    up_j = vertical_energy_j(profile, 80.0, payload_kg=0.0, wind_enu_m_s=calm)
    down_j = vertical_energy_j(profile, -80.0, payload_kg=0.0, wind_enu_m_s=calm)
    hover_up_j = hover_energy_j(profile, vertical_duration_s(profile, 80.0), payload_kg=0.0, wind_enu_m_s=calm)
    hover_down_j = hover_energy_j(profile, vertical_duration_s(profile, -80.0), payload_kg=0.0, wind_enu_m_s=calm)
    assert 0.5 < (up_j - hover_up_j) / (profile.empty_mass_kg * 9.80665 * 80.0) < profile.power.induced_factor
    assert down_j == pytest.approx(hover_down_j)
    assert vertical_duration_s(profile, 80.0) == 20.0
    assert vertical_duration_s(profile, -80.0) == 32.0
