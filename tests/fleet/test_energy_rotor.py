"""Momentum theory against figures worked by hand, and the airframes against what they were fitted on."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from skystork.fleet.energy_airframes import ALTA_8, IRIS, LIFT_AND_CRUISE, M100
from skystork.fleet.energy_rotor import induced_velocity_m_s, rotor_power_w, wing_power_w

CALIBRATION = {  # W = b1 (mass^1.5 / sqrt(density)) + b0, Rodrigues et al. (2022), table 1
    "take-off": (80.4, 13.8),
    "cruise": (68.9, 16.8),
    "landing": (71.5, -24.3),
}


def test_an_ideal_disc_in_hover_takes_what_momentum_theory_says() -> None:
    ideal = replace(M100, induced_factor=1.0, profile_w_per_kg_1_5=0.0, avionics_w=0.0)
    weight_n = 3.715 * 9.80665
    expected = weight_n**1.5 / math.sqrt(2 * 1.225 * 4 * math.pi * 0.1651**2)
    assert rotor_power_w(ideal, payload_kg=0.0) == pytest.approx(expected, rel=1e-9)


def test_induced_velocity_solves_glauerts_equation_and_falls_with_speed() -> None:
    for across, through in ((0.0, 0.0), (5.0, 0.5), (15.0, 3.0), (0.0, 4.0)):
        velocity = induced_velocity_m_s(7.0, across_m_s=across, through_m_s=through)
        assert velocity * math.hypot(across, through + velocity) == pytest.approx(49.0, rel=1e-6)
    assert induced_velocity_m_s(7.0, across_m_s=20.0, through_m_s=0.0) == pytest.approx(49.0 / 20.0, rel=0.02)


def test_climbing_straight_up_takes_what_the_exact_solution_says() -> None:
    """Vertical climb: v = -w/2 + sqrt(w^2/4 + v_h^2)."""
    assert induced_velocity_m_s(7.0, across_m_s=0.0, through_m_s=4.0) == pytest.approx(-2 + math.sqrt(4 + 49))


def test_power_over_speed_is_a_u() -> None:
    hover, medium, fast = (rotor_power_w(IRIS, payload_kg=0.0, air_speed_m_s=v) for v in (0.0, 7.0, 15.0))
    assert medium < 0.95 * hover
    assert fast > 1.3 * hover


@pytest.mark.parametrize(("speed", "watts"), [(0.26, 221), (6.9, 204), (9.65, 217), (13.3, 257), (15.0, 332)])
def test_the_iris_takes_what_was_measured(speed: float, watts: float) -> None:
    assert rotor_power_w(IRIS, payload_kg=0.0, air_speed_m_s=speed) == pytest.approx(watts, rel=0.07)


@pytest.mark.parametrize("payload_kg", [0.0, 0.25, 0.5])
def test_the_matrice_100_keeps_to_the_regressions_of_its_calibration_flights(payload_kg: float) -> None:
    density = 1.2
    group = (3.715 + payload_kg) ** 1.5 / math.sqrt(density)

    def power_w(speed: float, climb: float) -> float:
        return rotor_power_w(
            M100, payload_kg=payload_kg, air_speed_m_s=speed, climb_m_s=climb, air_density_kg_m3=density
        )

    ours = {
        "take-off": power_w(0.0, 3.0),
        "cruise": sum(power_w(speed, 0.0) for speed in (4.0, 6.0, 8.0, 10.0, 12.0)) / 5,
        "landing": power_w(0.0, -1.5),
    }
    for regime, (slope, intercept) in CALIBRATION.items():
        assert ours[regime] == pytest.approx(slope * group + intercept, rel=0.03), regime


@pytest.mark.parametrize(("payload_kg", "endurance_s"), [(0.0, 1_421), (2.268, 1_011), (4.536, 766), (9.072, 497)])
def test_the_alta_8_stays_up_as_long_as_its_maker_says(payload_kg: float, endurance_s: float) -> None:
    assert 444 * 3_600 / rotor_power_w(ALTA_8, payload_kg=payload_kg) == pytest.approx(endurance_s, rel=0.03)


def test_thin_air_and_headwind_cost_power() -> None:
    assert rotor_power_w(M100, payload_kg=0.0, air_density_kg_m3=1.0) > rotor_power_w(M100, payload_kg=0.0)


def test_the_wing_takes_a_third_of_the_rotors_and_gives_way_below_stall() -> None:
    cruise = wing_power_w(LIFT_AND_CRUISE, payload_kg=2.268, air_speed_m_s=30.0)
    hover = rotor_power_w(LIFT_AND_CRUISE.rotor, payload_kg=2.268)
    assert cruise < hover / 2
    slow = wing_power_w(LIFT_AND_CRUISE, payload_kg=2.268, air_speed_m_s=20.0)
    assert slow == rotor_power_w(LIFT_AND_CRUISE.rotor, payload_kg=2.268, air_speed_m_s=20.0)


def test_the_wings_drag_is_least_at_the_best_speed() -> None:
    def drag_n(speed: float) -> float:
        watts = wing_power_w(LIFT_AND_CRUISE, payload_kg=0.0, air_speed_m_s=speed) - 60.0
        return watts * LIFT_AND_CRUISE.drive_fraction / speed

    assert drag_n(30.0) == pytest.approx(35.4 * 9.80665 / 9.0)
    assert drag_n(25.0) > drag_n(30.0) < drag_n(36.0)
