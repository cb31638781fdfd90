"""Requests that no flight can meet: numbers that are none, of the wrong sign, or that no vehicle of this kind has."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import MappingProxyType

from skystork.frames import Geodetic
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.flight_plan import FlightRequest, LegName

SLOWEST_GROUND_SPEED_SHARE = 0.2
"""Of cruise air speed: with more wind than leaves this against it, a flight is refused."""
PLAUSIBLE = MappingProxyType(
    {
        # Widest of delivery aircraft under the special conditions SC Light-UAS (EASA, below 600 kg), with room.
        "cruise_air_speed_m_s": (1.0, 100.0, "m/s"),
        "max_air_speed_m_s": (1.0, 120.0, "m/s"),
        "climb_speed_m_s": (0.1, 30.0, "m/s"),
        "descent_speed_m_s": (0.1, 30.0, "m/s"),
        "max_acceleration_m_s2": (0.1, 50.0, "m/s²"),
        "max_jerk_m_s3": (0.1, 500.0, "m/s³"),
        "position_error_m": (0.01, 100.0, "m"),
        "empty_mass_kg": (0.05, 600.0, "kg"),
        "battery_j": (1e3, 1e9, "J"),
        "reserve_fraction": (0.0, 0.95, "of the battery"),
        "drop_height_m": (0.1, 120.0, "m"),
        "drop_hold_s": (0.1, 3600.0, "s"),
        "wind_limit_m_s": (0.0, 50.0, "m/s"),
    }
)
"""Least and greatest value of what the planner reckons with, and its unit."""


def request_reasons(request: FlightRequest, max_height_home_m: float) -> tuple[Reason, ...]:
    """Everything about a request that refuses it before any way is sought."""
    absurd = (*_profile_reasons(request), *_place_reasons(request))
    if absurd:
        return absurd
    return (*_weather_reasons(request), *_load_reasons(request), *_height_reasons(request, max_height_home_m))


def _profile_reasons(request: FlightRequest) -> Iterator[Reason]:
    profile = request.profile
    for name, (least, greatest, unit) in PLAUSIBLE.items():
        value = getattr(profile, name)
        if not least <= value <= greatest:
            text = f"{name} of {profile.name} is {value:g}, outside {least:g} to {greatest:g} {unit}"
            remedy = f"correct {name} of the profile {profile.name}"
            yield Reason(ReasonCode.PLAN, text, _told(value), f"{least:g} to {greatest:g}", remedy=remedy)
    if profile.max_air_speed_m_s < profile.cruise_air_speed_m_s:
        text = f"{profile.name} cruises at {profile.cruise_air_speed_m_s:g} m/s, above its greatest air speed"
        limit = profile.max_air_speed_m_s
        yield Reason(ReasonCode.PLAN, text, profile.cruise_air_speed_m_s, limit, remedy="correct the profile")


def _place_reasons(request: FlightRequest) -> Iterator[Reason]:
    for name, place in (("pad", request.pad), ("drop-off", request.drop_off), ("start", request.begins)):
        if not _is_on_globe(place):
            text = f"the {name} {place.latitude_deg}, {place.longitude_deg} is no place on the globe"
            limit = "latitude -90 to 90, longitude -180 to 180"
            yield Reason(ReasonCode.PLAN, text, f"{place.latitude_deg}, {place.longitude_deg}", limit)
    if not 0 <= request.battery_j <= min(request.full_j, request.profile.battery_j):
        text = f"{request.battery_j:g} J on board is not between 0 and a full battery"
        yield Reason(ReasonCode.ENERGY, text, _told(request.battery_j), request.full_j)
    if not math.isfinite(request.departs_at_s):
        text = f"departure at {request.departs_at_s} is not a time, so no zone could be told closed or open"
        yield Reason(ReasonCode.PLAN, text, str(request.departs_at_s), "seconds since the Unix epoch")
    if not 0 <= request.start_height_home_m <= 10_000:
        text = f"a start {request.start_height_home_m:g} m above home is no height of a flight"
        yield Reason(ReasonCode.PLAN, text, _told(request.start_height_home_m), "0 to 10,000 m")


def _weather_reasons(request: FlightRequest) -> Iterator[Reason]:
    profile, wind_m_s = request.profile, math.hypot(*request.wind_enu_m_s)
    strongest = min(profile.wind_limit_m_s, (1 - SLOWEST_GROUND_SPEED_SHARE) * profile.cruise_air_speed_m_s)
    if not wind_m_s <= strongest:
        text = f"wind of {wind_m_s:.1f} m/s is above the {strongest:.1f} m/s that {profile.name} flies in"
        remedy = f"wait for {strongest:.1f} m/s or less, or by road"
        yield Reason(ReasonCode.WEATHER, text, _told(wind_m_s), strongest, remedy=remedy)


def _load_reasons(request: FlightRequest) -> Iterator[Reason]:
    profile = request.profile
    if not 0 <= request.payload_kg <= profile.payload_limit_kg:
        text = f"payload of {request.payload_kg:.2f} kg is outside 0 to {profile.payload_limit_kg:.2f} kg"
        remedy = f"a parcel of up to {profile.payload_limit_kg:g} kg, or by road"
        yield Reason(ReasonCode.WEIGHT, text, _told(request.payload_kg), profile.payload_limit_kg, remedy=remedy)


def _height_reasons(request: FlightRequest, max_height_home_m: float) -> Iterator[Reason]:
    drop_m = request.profile.drop_height_m
    remedy = f"a cruise height above {drop_m:g} m, at most {max_height_home_m:g} m"
    for leg in (LegName.OUTBOUND, LegName.INBOUND):
        for height_m in request.layers_m(leg):
            if not height_m > drop_m:
                text = f"cruise height {height_m:.1f} m is not above the drop height of {drop_m:.1f} m"
                yield Reason(ReasonCode.PLAN, text, _told(height_m), drop_m, leg=leg, remedy=remedy)
            elif not height_m <= max_height_home_m:
                text = f"cruise height {height_m:.1f} m is outside 0 to {max_height_home_m:.1f} m above home"
                yield Reason(ReasonCode.PLAN, text, _told(height_m), max_height_home_m, leg=leg, remedy=remedy)


def _is_on_globe(place: Geodetic) -> bool:
    return abs(place.latitude_deg) <= 90 and abs(place.longitude_deg) <= 180


def _told(value: float) -> float | str:
    """The number; as a word where JSON has none for it."""
    return value if math.isfinite(value) else str(value)
