"""Sunrise, sunset and civil twilight at a place, for zones that are active by day or by night.

Method: mean elements of the sun and the hour angle at which it stands at the event's altitude, refined three times
(Meeus, Astronomical Algorithms, chapters 15, 25 and 28, in the low-accuracy form NOAA publishes). Good to a minute
between 72 degrees south and north; the zone's times are widened by :data:`SUN_ERROR_S` for it.
"""

from __future__ import annotations

import math
from enum import StrEnum

SUN_ERROR_S = 120.0
"""Kept on both sides of an event [s]: the method's minute, and another for a horizon that is not flat."""
_J2000_S = 946_728_000.0  # 2000-01-01T12:00Z since the Unix epoch
_DAY_S = 86_400.0
_S_PER_DEG = 240.0  # the Earth turns 1 degree in 4 minutes


class SunEvent(StrEnum):
    """CodeDaylightEventType of ED-269 and ED-318."""

    BMCT = "BMCT"
    """Beginning of morning civil twilight: the sun 6 degrees below the horizon."""
    SR = "SR"
    """Sunrise: its upper edge on the horizon, with refraction."""
    SS = "SS"
    """Sunset."""
    EECT = "EECT"
    """End of evening civil twilight."""


SPELLINGS = {**{event.value: event for event in SunEvent}, "BCMT": SunEvent.BMCT, "ECET": SunEvent.EECT}
"""Also the words of ICAO Annex 15 data sets."""
_ALTITUDE_DEG = {SunEvent.BMCT: -6.0, SunEvent.SR: -0.833, SunEvent.SS: -0.833, SunEvent.EECT: -6.0}


def sun_event_s(midnight_utc_s: float, latitude_deg: float, longitude_deg: float, event: SunEvent) -> float | None:
    """When the event happens on the day that has this midnight; None where the sun does not get there that day.

    Parameters
    ----------
    midnight_utc_s
        00:00 UTC of the date [s since the Unix epoch]; the event of the place's own solar day of that date is meant.
    """
    side = -1.0 if event in {SunEvent.BMCT, SunEvent.SR} else 1.0
    noon_s = midnight_utc_s + _DAY_S / 2 - longitude_deg * _S_PER_DEG
    at_s = noon_s
    for _ in range(4):
        declination_rad, equation_s = _sun(at_s)
        angle_deg = _hour_angle_deg(latitude_deg, declination_rad, _ALTITUDE_DEG[event])
        if angle_deg is None:
            return None
        at_s = noon_s - equation_s + side * angle_deg * _S_PER_DEG
    return at_s


def _hour_angle_deg(latitude_deg: float, declination_rad: float, altitude_deg: float) -> float | None:
    latitude_rad = math.radians(latitude_deg)
    below = math.sin(math.radians(altitude_deg)) - math.sin(latitude_rad) * math.sin(declination_rad)
    cosine = below / (math.cos(latitude_rad) * math.cos(declination_rad))
    return math.degrees(math.acos(cosine)) if abs(cosine) <= 1 else None


def _sun(at_s: float) -> tuple[float, float]:
    """Declination [rad] and equation of time [s]."""
    days = (at_s - _J2000_S) / _DAY_S
    anomaly = math.radians(357.529 + 0.98560028 * days)
    mean_longitude_deg = 280.459 + 0.98564736 * days
    longitude = math.radians(mean_longitude_deg + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    obliquity = math.radians(23.439 - 3.6e-7 * days)
    ascension_deg = math.degrees(math.atan2(math.cos(obliquity) * math.sin(longitude), math.cos(longitude)))
    difference_deg = (mean_longitude_deg - ascension_deg + 180.0) % 360.0 - 180.0
    return math.asin(math.sin(obliquity) * math.sin(longitude)), difference_deg * _S_PER_DEG
