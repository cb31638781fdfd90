"""What a delivery flight costs in time and energy before it is planned.

The flight is: climb, out with the parcel, down, hold over the doorstep, climb, home empty, down. En route the air
speed is the profile's and the ground speed follows from the wind triangle (ICAO Doc 8168: the drift angle cancels
the cross component, the rest adds). Each way begins and ends at rest, which takes v/a longer than passing through;
for that time the rotors carry the vehicle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from skystork.fleet.energy import Regime, power_w
from skystork.fleet.profile import DroneProfile

LEAST_GROUND_SPEED_M_S = 1.0
"""Slower over the ground is not flying there [m/s]."""


@dataclass(frozen=True, slots=True)
class FlightHeights:
    """Cruise heights of the site, above home."""

    outbound_m: float
    inbound_m: float


@dataclass(frozen=True, slots=True)
class TrackWind:
    """Velocity of the air in the frame of the way out."""

    along_m_s: float = 0.0
    """From behind on the way out [m/s]; negative is a headwind."""
    cross_m_s: float = 0.0
    """From the side [m/s]; the sign does not matter."""

    @property
    def speed_m_s(self) -> float:
        """Wind speed [m/s]."""
        return math.hypot(self.along_m_s, self.cross_m_s)


@dataclass(frozen=True, slots=True)
class FlightEstimate:
    """A delivery flight foreseen."""

    duration_s: float
    """Take-off to touch-down [s]; ``inf`` where the wind does not let it get there."""
    time_to_drop_s: float
    """Take-off to the end of the drop [s]."""
    energy_j: float
    """From the battery, take-off to touch-down, without reserve [J]."""


def wind_on_track(wind_enu_m_s: tuple[float, float], track_enu_m: tuple[float, float]) -> TrackWind:
    """Resolve a wind about a straight way out.

    Parameters
    ----------
    wind_enu_m_s
        Velocity of the air, east and north [m/s].
    track_enu_m
        From pad to doorstep, east and north [m]; of length 0 gives the whole wind as headwind.
    """
    length_m = math.hypot(*track_enu_m)
    if length_m == 0:
        return TrackWind(along_m_s=-math.hypot(*wind_enu_m_s))
    east, north = track_enu_m[0] / length_m, track_enu_m[1] / length_m
    return TrackWind(
        along_m_s=wind_enu_m_s[0] * east + wind_enu_m_s[1] * north,
        cross_m_s=wind_enu_m_s[0] * north - wind_enu_m_s[1] * east,
    )


def ground_speed_m_s(air_speed_m_s: float, wind: TrackWind) -> float:
    """Speed along the track [m/s]; 0 where the wind does not let the vehicle keep to it."""
    if abs(wind.cross_m_s) >= air_speed_m_s:
        return 0.0
    speed_m_s = math.sqrt(air_speed_m_s**2 - wind.cross_m_s**2) + wind.along_m_s
    return speed_m_s if speed_m_s >= LEAST_GROUND_SPEED_M_S else 0.0


def estimate_flight(
    profile: DroneProfile, *, route_length_m: float, payload_kg: float, wind: TrackWind, heights: FlightHeights
) -> FlightEstimate:
    """Time and energy of a delivery flight; the parcel is on board to the end of the drop.

    Parameters
    ----------
    route_length_m
        One way; the way home is taken as long [m].
    payload_kg
        Parcel [kg].
    """
    down_m, up_m = heights.outbound_m - profile.drop_height_m, heights.inbound_m - profile.drop_height_m
    home_wind = TrackWind(-wind.along_m_s, wind.cross_m_s)
    out = (
        _vertical(profile, heights.outbound_m, payload_kg, wind, climbing=True),
        _en_route(profile, route_length_m, payload_kg, wind),
        _vertical(profile, down_m, payload_kg, wind, climbing=False),
        _hover(profile, profile.drop_hold_s, payload_kg, wind),
    )
    home = (
        _vertical(profile, up_m, 0.0, wind, climbing=True),
        _en_route(profile, route_length_m, 0.0, home_wind),
        _vertical(profile, heights.inbound_m, 0.0, wind, climbing=False),
    )
    time_to_drop_s = sum(leg[0] for leg in out)
    return FlightEstimate(
        duration_s=time_to_drop_s + sum(leg[0] for leg in home),
        time_to_drop_s=time_to_drop_s,
        energy_j=sum(leg[1] for leg in out + home),
    )


def _vertical(
    profile: DroneProfile, height_m: float, payload_kg: float, wind: TrackWind, *, climbing: bool
) -> tuple[float, float]:
    """Seconds and joules of going up or down while holding position in the wind."""
    speed_m_s = profile.climb_speed_m_s if climbing else profile.descent_speed_m_s
    duration_s = max(height_m, 0.0) / speed_m_s
    climb_m_s = speed_m_s if climbing else -speed_m_s
    watts = power_w(profile, Regime.ROTOR, payload_kg=payload_kg, air_speed_m_s=wind.speed_m_s, climb_m_s=climb_m_s)
    return duration_s, duration_s * watts


def _hover(profile: DroneProfile, duration_s: float, payload_kg: float, wind: TrackWind) -> tuple[float, float]:
    watts = power_w(profile, Regime.ROTOR, payload_kg=payload_kg, air_speed_m_s=wind.speed_m_s)
    return duration_s, duration_s * watts


def _en_route(profile: DroneProfile, length_m: float, payload_kg: float, wind: TrackWind) -> tuple[float, float]:
    """Seconds and joules of one way, from rest to rest."""
    if length_m == 0:
        return 0.0, 0.0
    speed_m_s = ground_speed_m_s(profile.cruise_air_speed_m_s, wind)
    if speed_m_s == 0:
        return math.inf, math.inf
    cruise_s, ramps_s = length_m / speed_m_s, speed_m_s / profile.max_acceleration_m_s2
    cruise_w = power_w(profile, Regime.CRUISE, payload_kg=payload_kg, air_speed_m_s=profile.cruise_air_speed_m_s)
    return cruise_s + ramps_s, cruise_s * cruise_w + _hover(profile, ramps_s, payload_kg, wind)[1]
