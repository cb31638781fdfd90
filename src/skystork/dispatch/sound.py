"""The sound of one flight at one place on the ground, as sound exposure.

The aircraft is a point whose sound spreads over a sphere: its level falls by 20 lg of the distance. Absorption by air
and ground is left out, so every figure is on the loud side. Over a straight stretch flown at one speed the exposure is
an arctangent, exactly. Exposures of flights are added as energies; SEL and LAeq are 10 lg of them (ISO 1996-1:2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from skystork.fleet.profile import DroneProfile, NoiseFigures

Point = tuple[float, float]
BESIDE_M = 25.0
"""Nobody but the recipient is nearer than this to where it comes down [m]; a garden's width."""
SILENT_DB = -math.inf


def exposure_db(energy_s: float) -> float:
    """Sound exposure level of an exposure [dB(A) re 1 s]; minus infinity of none."""
    return 10.0 * math.log10(energy_s) if energy_s > 0 else SILENT_DB


def energy_of(level_db: float) -> float:
    """The energy of a level, in units of the reference."""
    return math.pow(10.0, level_db / 10.0)


def passed(
    noise: NoiseFigures, level_db: float, *, aside_m: float, from_m: float, to_m: float, speed_m_s: float
) -> float:
    """Exposure by a straight stretch [s].

    Parameters
    ----------
    level_db
        At ``noise.at_m`` [dB(A)].
    aside_m
        The stretch's line, from the listener [m].
    from_m, to_m
        Its ends along the line, from the point nearest to the listener [m].
    """
    turned_rad = math.atan2(to_m, aside_m) - math.atan2(from_m, aside_m)
    return energy_of(level_db) * noise.at_m**2 * turned_rad / (aside_m * speed_m_s)


def heard_from_way(
    profile: DroneProfile, noise: NoiseFigures, way_enu_m: Sequence[Point], height_m: float, listener_enu_m: Point
) -> float:
    """Exposure by a level way at cruise, and by going up and down at its ends [s].

    Parameters
    ----------
    height_m
        Of the way above the listener [m].
    """
    speed_m_s, energy_s = profile.cruise_air_speed_m_s, 0.0
    for first, second in pairwise(way_enu_m):
        length_m = math.dist(first, second)
        if length_m == 0:
            continue
        ahead = ((second[0] - first[0]) / length_m, (second[1] - first[1]) / length_m)
        to_listener = (listener_enu_m[0] - first[0], listener_enu_m[1] - first[1])
        foot_m = to_listener[0] * ahead[0] + to_listener[1] * ahead[1]
        across_m = to_listener[0] * ahead[1] - to_listener[1] * ahead[0]
        energy_s += passed(
            noise, noise.pass_db, aside_m=math.hypot(across_m, height_m), from_m=-foot_m, to_m=length_m - foot_m,
            speed_m_s=speed_m_s,
        )  # fmt: skip
    return energy_s + sum(
        _upright(profile, noise, end, height_m, listener_enu_m) for end in {way_enu_m[0], way_enu_m[-1]}
    )


def _upright(
    profile: DroneProfile, noise: NoiseFigures, place_enu_m: Point, height_m: float, listener_enu_m: Point
) -> float:
    """Exposure by going up or down at an end of a way, and half of the hover there [s]: each end has two ways."""
    aside_m = max(BESIDE_M, math.dist(place_enu_m, listener_enu_m))
    slower_m_s = min(profile.climb_speed_m_s, profile.descent_speed_m_s)
    vertical_s = passed(noise, noise.hover_db, aside_m=aside_m, from_m=0.0, to_m=height_m, speed_m_s=slower_m_s)
    away_m = math.hypot(aside_m, profile.drop_height_m)
    hover_s = energy_of(noise.hover_db) * (noise.at_m / away_m) ** 2 * profile.drop_hold_s / 2
    return vertical_s + hover_s
