"""The check's own writing of power against the planner's: two codes, one physics."""

from types import SimpleNamespace

import numpy as np
import pytest
from tests_support.plans import QUAD

from skystork.fleet.energy import level_power_w, upright_power_w
from skystork.planning.check_power import level_w, rotor_w

SPEEDS = np.linspace(0.0, 40.0, 321)


def written(profile, winged):
    """What the check reads of a profile."""
    power = {name: getattr(profile.power, name) for name in profile.power.__slots__ if name != "source"}
    return SimpleNamespace(power=power, profile={"empty_mass_kg": profile.empty_mass_kg}, winged=winged)


@pytest.mark.parametrize("payload_kg", [0.0, 1.3])
def test_level_power_agrees_on_rotors_and_on_a_wing(darlington, payload_kg):
    for profile, winged in ((QUAD, False), (darlington.winged, True)):
        own = level_w(written(profile, winged), SPEEDS, payload_kg)
        ours = [level_power_w(profile, payload_kg=payload_kg, air_speed_m_s=float(speed)) for speed in SPEEDS]
        assert own == pytest.approx(np.array(ours), rel=2e-4)


@pytest.mark.parametrize("climb", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("wind", [0.0, 7.0])
def test_upright_power_agrees(climb, wind):
    own = rotor_w(written(QUAD, False), np.array([wind]), 1.0, climb)[0]
    ours = upright_power_w(QUAD, payload_kg=1.0, air_speed_m_s=wind, climb_m_s=climb)
    assert own == pytest.approx(ours, rel=1e-9)
