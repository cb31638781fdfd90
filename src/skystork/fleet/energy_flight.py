"""Energy of a delivery flight, leg by leg, and the reserve that PX4's own formula of returning asks for.

The ground speed follows from the wind triangle: the part of the air speed across the track holds against the wind
from the side, the rest adds to the wind along it (ICAO Doc 8168). The parcel is on board to the end of the hover over
the doorstep. Each way begins and ends at rest, which takes speed over acceleration longer than passing through; for
that time the rotors carry the vehicle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from skystork.fleet.energy_rotor import (
    SEA_LEVEL_KG_M3,
    RotorAirframe,
    WingAirframe,
    rotor_power_w,
    wing_power_w,
)

RETURN_TIME_FACTOR = 1.1
"""RTL_TIME_FACTOR by default (PX4 v1.17.0, src/lib/rtl/rtl_time_estimator.cpp)."""
RETURN_TIME_MARGIN_S = 100.0
"""RTL_TIME_MARGIN by default (the same)."""

LEAST_GROUND_SPEED_M_S = 1.0
"""Slower over the ground is not flying there [m/s]."""


class Phase(StrEnum):
    """The legs of a delivery, in the order flown."""

    CLIMB = "climb"
    """From the pad to the height of the way out."""
    OUT = "out"
    """To the doorstep."""
    DESCENT = "descent"
    """To the drop height."""
    HOVER = "hover"
    """Look, release, confirm."""
    CLIMB_HOME = "climb home"
    """To the height of the way home, empty."""
    HOME = "home"
    """To the pad."""
    LANDING = "landing"
    """To the ground."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is asked of a flight."""

    payload_kg: float
    distance_m: float
    """One way."""
    air_speed_m_s: float
    out_height_m: float
    home_height_m: float
    drop_height_m: float
    hover_s: float
    climb_speed_m_s: float
    descent_speed_m_s: float
    wind_along_m_s: float = 0.0
    """From behind on the way out; negative is a headwind [m/s]."""
    wind_across_m_s: float = 0.0
    """From either side [m/s]."""
    acceleration_m_s2: float = math.inf
    """From rest to speed and back [m/s^2]; infinite leaves that time out."""
    air_density_kg_m3: float = SEA_LEVEL_KG_M3


@dataclass(frozen=True, slots=True)
class PhaseEnergy:
    """One leg."""

    phase: Phase
    duration_s: float
    """``inf`` where the wind does not let it get there."""
    energy_j: float


def delivery_energy(airframe: RotorAirframe | WingAirframe, delivery: Delivery) -> tuple[PhaseEnergy, ...]:
    """Foresee every leg of a flight, one for each :class:`Phase`."""
    loaded, wind_m_s = delivery.payload_kg, math.hypot(delivery.wind_along_m_s, delivery.wind_across_m_s)
    density = delivery.air_density_kg_m3
    rotor = airframe.rotor if isinstance(airframe, WingAirframe) else airframe

    def upright_w(payload_kg: float, climb_m_s: float = 0.0) -> float:
        return rotor_power_w(
            rotor, payload_kg=payload_kg, air_speed_m_s=wind_m_s, climb_m_s=climb_m_s, air_density_kg_m3=density
        )

    def upwards(phase: Phase, rise_m: float, payload_kg: float) -> PhaseEnergy:
        duration_s = max(rise_m, 0.0) / delivery.climb_speed_m_s
        return PhaseEnergy(phase, duration_s, duration_s * upright_w(payload_kg, delivery.climb_speed_m_s))

    def downwards(phase: Phase, fall_m: float, payload_kg: float) -> PhaseEnergy:
        duration_s = max(fall_m, 0.0) / delivery.descent_speed_m_s
        return PhaseEnergy(phase, duration_s, duration_s * upright_w(payload_kg))

    def en_route(phase: Phase, along_m_s: float, payload_kg: float) -> PhaseEnergy:
        speed_m_s = ground_speed_m_s(delivery.air_speed_m_s, along_m_s, delivery.wind_across_m_s)
        if delivery.distance_m <= 0:
            return PhaseEnergy(phase, 0.0, 0.0)
        if speed_m_s <= 0:
            return PhaseEnergy(phase, math.inf, math.inf)
        cruise_s, ramps_s = delivery.distance_m / speed_m_s, speed_m_s / delivery.acceleration_m_s2
        energy_j = cruise_s * _level_w(airframe, delivery, payload_kg) + ramps_s * upright_w(payload_kg)
        return PhaseEnergy(phase, cruise_s + ramps_s, energy_j)

    return (
        upwards(Phase.CLIMB, delivery.out_height_m, loaded),
        en_route(Phase.OUT, delivery.wind_along_m_s, loaded),
        downwards(Phase.DESCENT, delivery.out_height_m - delivery.drop_height_m, loaded),
        PhaseEnergy(Phase.HOVER, delivery.hover_s, delivery.hover_s * upright_w(loaded)),
        upwards(Phase.CLIMB_HOME, delivery.home_height_m - delivery.drop_height_m, 0.0),
        en_route(Phase.HOME, -delivery.wind_along_m_s, 0.0),
        downwards(Phase.LANDING, delivery.home_height_m, 0.0),
    )


def _level_w(airframe: RotorAirframe | WingAirframe, delivery: Delivery, payload_kg: float) -> float:
    speed_m_s, density = delivery.air_speed_m_s, delivery.air_density_kg_m3
    if isinstance(airframe, WingAirframe):
        return wing_power_w(airframe, payload_kg=payload_kg, air_speed_m_s=speed_m_s, air_density_kg_m3=density)
    return rotor_power_w(airframe, payload_kg=payload_kg, air_speed_m_s=speed_m_s, air_density_kg_m3=density)


def ground_speed_m_s(air_speed_m_s: float, along_m_s: float, across_m_s: float) -> float:
    """Speed over the ground along the track [m/s]; 0 where the wind wins, or leaves less than a walk."""
    if abs(across_m_s) >= air_speed_m_s:
        return 0.0
    speed_m_s = math.sqrt(air_speed_m_s**2 - across_m_s**2) + along_m_s
    return speed_m_s if speed_m_s >= LEAST_GROUND_SPEED_M_S else 0.0


def needed_at_take_off_j(
    legs: tuple[PhaseEnergy, ...],
    *,
    factor: float = RETURN_TIME_FACTOR,
    margin_s: float = RETURN_TIME_MARGIN_S,
) -> float:
    """Energy on board with which PX4 never turns the flight home by itself [J].

    At the end of each leg the battery must last factor x (time home) + margin at the mean power of the way home. The
    way home from before the drop is what the plan flies after it. At touch-down the margin is landing power.
    """
    order = tuple(Phase)
    spent_j, needed_j = 0.0, 0.0
    for leg in legs:
        spent_j += leg.energy_j
        rest = [
            each for each in legs if order.index(each.phase) > max(order.index(leg.phase), order.index(Phase.HOVER))
        ]
        if leg.phase is Phase.CLIMB:
            rest = [legs[-1]]
        home_s, home_j = sum(each.duration_s for each in rest), sum(each.energy_j for each in rest)
        last_w = legs[-1].energy_j / legs[-1].duration_s if legs[-1].duration_s > 0 else 0.0
        home_w = home_j / home_s if home_s > 0 else last_w
        needed_j = max(needed_j, spent_j + home_w * (factor * home_s + margin_s))
    return needed_j
