"""Electrical power of an aircraft, and whether a flight comes home.

Rotor-borne: P = c·m^1.5 + d·v³ + m·g·w + avionics (momentum theory for hover, parasite drag, climb rate w >= 0;
descending earns nothing back). Wing-borne: P = k·m·v + d·v³ + avionics, k = g / (lift-over-drag × efficiency).

Source: Rodrigues et al., Patterns 3:100569 (2022), for the m^1.5 law; Stolaroff et al., Nat. Commun. 9:409 (2018).
"""

from __future__ import annotations

from enum import StrEnum

from skystork.fleet.profile import Airframe, DroneProfile

STANDARD_GRAVITY_M_S2 = 9.80665  # ISO 80000-3


class Regime(StrEnum):
    """How the vehicle is borne."""

    ROTOR = "rotor"
    """Hover, climb and descent; all flight of a multirotor."""
    CRUISE = "cruise"
    """En route: on the wing where there is one."""


def power_w(
    profile: DroneProfile, regime: Regime, *, payload_kg: float, air_speed_m_s: float = 0.0, climb_m_s: float = 0.0
) -> float:
    """Electrical power drawn from the battery [W].

    Parameters
    ----------
    payload_kg
        Parcel on board [kg].
    air_speed_m_s
        Speed through the air, not over the ground [m/s].
    climb_m_s
        Upward speed [m/s]; negative counts as 0.
    """
    mass_kg = profile.empty_mass_kg + payload_kg
    model = profile.power
    drag_w = model.drag_w_per_m_s_3 * air_speed_m_s**3
    climb_w = mass_kg * STANDARD_GRAVITY_M_S2 * max(climb_m_s, 0.0)
    if regime is Regime.CRUISE and profile.airframe is Airframe.LIFT_AND_CRUISE:
        return model.cruise_w_per_kg_m_s * mass_kg * air_speed_m_s + drag_w + climb_w + model.avionics_w
    return float(model.hover_w_per_kg_1_5 * mass_kg**1.5) + drag_w + climb_w + model.avionics_w
