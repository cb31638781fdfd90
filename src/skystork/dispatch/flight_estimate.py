"""What a delivery flight costs in time and energy before it is planned, by the formulas of the fleet."""

from __future__ import annotations

import math
from dataclasses import dataclass

from skystork.fleet.energy import airframe_of
from skystork.fleet.energy_flight import Delivery, Phase, delivery_energy, needed_at_take_off_j
from skystork.fleet.profile import DroneProfile


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
    needed_j: float
    """On board at take-off, so that PX4's own formula of returning never turns it home by itself [J]."""

    def above_reserve_j(self, profile: DroneProfile) -> float:
        """What the battery must hold above the profile's reserve, by the flight itself and by PX4's formula [J]."""
        return max(self.energy_j, self.needed_j - profile.reserve_fraction * profile.battery_j)


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
    delivery = Delivery(
        payload_kg=payload_kg,
        distance_m=route_length_m,
        air_speed_m_s=profile.cruise_air_speed_m_s,
        out_height_m=heights.outbound_m,
        home_height_m=heights.inbound_m,
        drop_height_m=profile.drop_height_m,
        hover_s=profile.drop_hold_s,
        climb_speed_m_s=profile.climb_speed_m_s,
        descent_speed_m_s=profile.descent_speed_m_s,
        wind_along_m_s=wind.along_m_s,
        wind_across_m_s=wind.cross_m_s,
        acceleration_m_s2=profile.max_acceleration_m_s2,
    )
    legs = delivery_energy(airframe_of(profile), delivery)
    before = (Phase.CLIMB, Phase.OUT, Phase.DESCENT, Phase.HOVER)
    return FlightEstimate(
        duration_s=sum(leg.duration_s for leg in legs),
        time_to_drop_s=sum(leg.duration_s for leg in legs if leg.phase in before),
        energy_j=sum(leg.energy_j for leg in legs),
        needed_j=needed_at_take_off_j(legs) if all(math.isfinite(leg.duration_s) for leg in legs) else math.inf,
    )
