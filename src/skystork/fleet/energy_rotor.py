"""Electrical power of a rotorcraft by momentum theory: induced, profile, parasite, climb.

Induced power is thrust times the velocity that the rotors give the air, which falls with forward speed (Glauert's
high-speed form of momentum theory; Leishman, Principles of Helicopter Aerodynamics, 2nd ed., eq. 2.126). Profile
power is that of the blades, with the cube of the rotor's speed, so with thrust^1.5 for blades of fixed pitch, and
grows with 1 + 4.65 mu^2 (eq. 5.26). Parasite power is drag times speed. Together they make the U over speed that
measured multirotors show: least at a medium speed, more in hover and in haste.

Two figures are measured for each airframe: ``induced_factor`` holds everything between the ideal disc and the battery
(tip losses, overlap, motors, controllers), ``profile_w_per_kg_1_5`` the blades. Thrust balances weight and drag, so
flying fast also loads the rotors more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

STANDARD_GRAVITY_M_S2 = 9.80665  # ISO 80000-3
SEA_LEVEL_KG_M3 = 1.225  # ISO 2533, 15 degrees Celsius
PROFILE_GROWTH = 4.65  # Leishman, eq. 5.26: Stepniewski's value
_ROUNDS = 40
_SOLVED = 1e-13
"""Of the hover velocity squared."""
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class RotorAirframe:
    """What the power of a rotorcraft depends on."""

    name: str
    empty_mass_kg: float
    """Ready to fly, without a parcel [kg]."""
    rotors: int
    rotor_radius_m: float
    induced_factor: float
    """Battery power for each watt of ideal induced or climbing power, at least 1."""
    profile_w_per_kg_1_5: float
    """Battery power of the blades at hover, sea level, for each kg^1.5 [W/kg^1.5]."""
    tip_speed_m_s: float
    """Of the blades in hover [m/s]."""
    drag_area_m2: float
    """Drag coefficient times frontal area [m^2]."""
    avionics_w: float
    source: str
    """Where the figures come from."""

    @property
    def disc_area_m2(self) -> float:
        """All rotors [m^2]."""
        return self.rotors * math.pi * self.rotor_radius_m**2


def rotor_power_w(
    airframe: RotorAirframe,
    *,
    payload_kg: float,
    air_speed_m_s: float = 0.0,
    climb_m_s: float = 0.0,
    air_density_kg_m3: float = SEA_LEVEL_KG_M3,
) -> float:
    """Power drawn from the battery in steady flight [W].

    Parameters
    ----------
    air_speed_m_s
        Horizontal, through the air [m/s].
    climb_m_s
        Upward [m/s]. Descending counts as level flight: slow descents take within 3 % of hover (Leishman, eq. 2.94,
        below a quarter of the induced velocity), and faster ones are not credited.
    """
    weight_n = (airframe.empty_mass_kg + payload_kg) * STANDARD_GRAVITY_M_S2
    drag_n = _HALF * air_density_kg_m3 * airframe.drag_area_m2 * air_speed_m_s**2
    thrust_n = math.hypot(weight_n, drag_n)
    rising_m_s = max(climb_m_s, 0.0)
    through_m_s = air_speed_m_s * drag_n / thrust_n + rising_m_s
    across_m_s = air_speed_m_s * weight_n / thrust_n
    hover_m_s = math.sqrt(thrust_n / (2 * air_density_kg_m3 * airframe.disc_area_m2))
    induced_m_s = induced_velocity_m_s(hover_m_s, across_m_s=across_m_s, through_m_s=through_m_s)
    ideal_w = thrust_n * induced_m_s + drag_n * air_speed_m_s + weight_n * rising_m_s
    thin_air = math.sqrt(SEA_LEVEL_KG_M3 / air_density_kg_m3)
    advance = air_speed_m_s / airframe.tip_speed_m_s
    blades_w = airframe.profile_w_per_kg_1_5 * math.pow(thrust_n / STANDARD_GRAVITY_M_S2, 1.5) * thin_air
    return airframe.induced_factor * ideal_w + blades_w * (1 + PROFILE_GROWTH * advance**2) + airframe.avionics_w


def induced_velocity_m_s(hover_m_s: float, *, across_m_s: float, through_m_s: float) -> float:
    """Velocity that the rotors add to the air [m/s]: v = v_h^2 / |free stream + v|, by Newton's method.

    v |free stream + v| is convex in v and above v_h^2 at v_h, so the steps come down to the solution from above.

    Parameters
    ----------
    hover_m_s
        The same in hover at this thrust, v_h [m/s].
    across_m_s, through_m_s
        Free stream along the disc and down through it [m/s].
    """
    velocity_m_s = hover_m_s
    for _ in range(_ROUNDS):
        down_m_s = through_m_s + velocity_m_s
        stream_m_s = math.hypot(across_m_s, down_m_s)
        excess = velocity_m_s * stream_m_s - hover_m_s**2
        if abs(excess) <= _SOLVED * hover_m_s**2:
            break
        velocity_m_s -= excess / (stream_m_s + velocity_m_s * down_m_s / stream_m_s)
    return velocity_m_s


@dataclass(frozen=True, slots=True)
class WingAirframe:
    """A lift-and-cruise vehicle: rotors to rise and hover, a wing to travel."""

    rotor: RotorAirframe
    lift_over_drag: float
    """At the best speed, rotors at rest."""
    best_air_speed_m_s: float
    """Least drag, at the empty mass and sea level [m/s]."""
    drive_fraction: float
    """Thrust power for each watt from the battery, 0..1."""
    stall_air_speed_m_s: float
    """Below it, at the empty mass, the rotors carry the vehicle [m/s]."""


def stall_speed_m_s(airframe: WingAirframe, *, payload_kg: float, air_density_kg_m3: float = SEA_LEVEL_KG_M3) -> float:
    """Air speed below which the rotors carry the vehicle at this mass and density [m/s]."""
    return airframe.stall_air_speed_m_s * _faster(airframe, payload_kg, air_density_kg_m3)


def _faster(airframe: WingAirframe, payload_kg: float, air_density_kg_m3: float) -> float:
    """By what factor speeds on the wing grow with the load and in thin air."""
    loaded = 1 + payload_kg / airframe.rotor.empty_mass_kg
    return math.sqrt(loaded * SEA_LEVEL_KG_M3 / air_density_kg_m3)


def wing_power_w(
    airframe: WingAirframe,
    *,
    payload_kg: float,
    air_speed_m_s: float,
    climb_m_s: float = 0.0,
    air_density_kg_m3: float = SEA_LEVEL_KG_M3,
) -> float:
    """Power en route [W]: on the wing above the stall speed of this mass, else on the rotors.

    The drag polar is parabolic, drag = W / (2 L/D) (s^2 + 1/s^2) at s times the best speed, which grows with the root
    of mass over density (Anderson, Introduction to Flight, chapter 6).
    """
    rotor = airframe.rotor
    mass_kg = rotor.empty_mass_kg + payload_kg
    faster = _faster(airframe, payload_kg, air_density_kg_m3)
    if air_speed_m_s < airframe.stall_air_speed_m_s * faster:
        return rotor_power_w(
            rotor,
            payload_kg=payload_kg,
            air_speed_m_s=air_speed_m_s,
            climb_m_s=climb_m_s,
            air_density_kg_m3=air_density_kg_m3,
        )
    weight_n, share = mass_kg * STANDARD_GRAVITY_M_S2, air_speed_m_s / (airframe.best_air_speed_m_s * faster)
    drag_n = weight_n / (2 * airframe.lift_over_drag) * (share**2 + share**-2)
    return (drag_n * air_speed_m_s + weight_n * max(climb_m_s, 0.0)) / airframe.drive_fraction + rotor.avionics_w
