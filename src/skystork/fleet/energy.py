"""Electrical power of a vehicle by its profile: upright on its rotors, or level en route.

The formulas are those of :mod:`skystork.fleet.energy_rotor`; here a profile's ``power`` table becomes the airframe
that they ask for.
"""

from __future__ import annotations

import math
from functools import lru_cache

from skystork.fleet.energy_rotor import (
    RotorAirframe,
    WingAirframe,
    rotor_power_w,
    stall_speed_m_s,
    wing_power_w,
)
from skystork.fleet.profile import Airframe, DroneProfile

JOULES_PER_WH = 3600.0
"""What a person reads is in watt-hours; what is reckoned and kept is in joules."""


@lru_cache(maxsize=64)
def airframe_of(profile: DroneProfile) -> RotorAirframe | WingAirframe:
    """What the power of a type of vehicle depends on."""
    power = profile.power
    rotor = RotorAirframe(
        name=profile.name,
        empty_mass_kg=profile.empty_mass_kg,
        rotors=power.rotors,
        rotor_radius_m=power.rotor_radius_m,
        induced_factor=power.induced_factor,
        profile_w_per_kg_1_5=power.profile_w_per_kg_1_5,
        tip_speed_m_s=power.tip_speed_m_s,
        drag_area_m2=power.drag_area_m2,
        avionics_w=power.avionics_w,
        source=power.source,
    )
    if profile.airframe is not Airframe.LIFT_AND_CRUISE:
        return rotor
    return WingAirframe(
        rotor,
        lift_over_drag=power.lift_over_drag,
        best_air_speed_m_s=power.best_air_speed_m_s,
        drive_fraction=power.drive_fraction,
        stall_air_speed_m_s=power.stall_air_speed_m_s,
    )


def upright_power_w(
    profile: DroneProfile, *, payload_kg: float, air_speed_m_s: float = 0.0, climb_m_s: float = 0.0
) -> float:
    """Power on the rotors alone: climb, descent, hover [W].

    Parameters
    ----------
    air_speed_m_s
        Horizontal: standing over a place, that of the wind [m/s].
    climb_m_s
        Upward [m/s]; negative counts as 0.
    """
    airframe = airframe_of(profile)
    rotor = airframe.rotor if isinstance(airframe, WingAirframe) else airframe
    return rotor_power_w(rotor, payload_kg=payload_kg, air_speed_m_s=air_speed_m_s, climb_m_s=climb_m_s)


def level_power_w(profile: DroneProfile, *, payload_kg: float, air_speed_m_s: float) -> float:
    """Power en route at one height: on the wing where that carries, else on the rotors [W]."""
    airframe = airframe_of(profile)
    if isinstance(airframe, WingAirframe):
        return wing_power_w(airframe, payload_kg=payload_kg, air_speed_m_s=air_speed_m_s)
    return rotor_power_w(airframe, payload_kg=payload_kg, air_speed_m_s=air_speed_m_s)


def wing_from_m_s(profile: DroneProfile, *, payload_kg: float) -> float:
    """Air speed from which the wing carries this mass [m/s]; infinite without a wing."""
    airframe = airframe_of(profile)
    return stall_speed_m_s(airframe, payload_kg=payload_kg) if isinstance(airframe, WingAirframe) else math.inf
