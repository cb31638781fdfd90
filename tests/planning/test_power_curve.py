import numpy as np
import pytest
from tests_support.plans import QUAD

from skystork.fleet.energy import level_power_w, wing_from_m_s
from skystork.planning.power_curve import STEP_M_S, power_curve

SPEEDS = np.linspace(0.0, 20.0, 333)


@pytest.mark.parametrize("payload_kg", [0.0, 2.0])
def test_the_table_is_the_power_to_two_parts_in_ten_thousand(payload_kg):
    power = power_curve(QUAD, payload_kg=payload_kg)
    exact = [level_power_w(QUAD, payload_kg=payload_kg, air_speed_m_s=float(speed)) for speed in SPEEDS]
    assert power.at(SPEEDS) == pytest.approx(np.array(exact), rel=2e-4)


def test_a_wing_takes_over_where_it_carries(darlington):
    power, limit = power_curve(darlington.winged, payload_kg=1.0), wing_from_m_s(darlington.winged, payload_kg=1.0)
    speeds = np.array([limit - 0.01, limit + 0.01, 30.0])
    exact = [level_power_w(darlington.winged, payload_kg=1.0, air_speed_m_s=float(speed)) for speed in speeds]
    assert power.at(speeds) == pytest.approx(np.array(exact), rel=1e-3)


@pytest.mark.parametrize("winged", [False, True])
def test_no_speed_between_two_takes_more_than_the_most_between_them(darlington, winged):
    power = power_curve(darlington.winged if winged else QUAD, payload_kg=1.0)
    rng = np.random.default_rng(4)
    for slowest, fastest in np.sort(rng.uniform(0.0, 35.0, (200, 2)), axis=1):
        between = power.at(np.linspace(slowest, fastest, 50)).max()
        most = float(power.most_between(np.array(slowest), np.array(fastest)))
        assert most >= between - 0.05
        assert most <= max(power.rotor_w[: int(fastest / STEP_M_S) + 3].max(), between) + 0.05


@pytest.mark.parametrize("speed_m_s", [10.0, 15.0, 18.0])
def test_what_the_cones_reckon_with_touches_the_power_at_the_speed_given(speed_m_s):
    power = power_curve(QUAD, payload_kg=1.0)
    constant, cubic = power.touching(speed_m_s, on_wing=False)
    step = 0.5
    slope = (power.watts(speed_m_s + step) - power.watts(speed_m_s - step)) / (2 * step)
    assert min(constant, cubic) >= 0
    assert constant + cubic * speed_m_s**3 == pytest.approx(power.watts(speed_m_s))
    assert 3 * cubic * speed_m_s**2 == pytest.approx(slope, rel=0.05)
