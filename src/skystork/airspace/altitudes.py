"""Altitudes as aeronautical publications write them: ``SFC``, ``1200 ft``, ``400 ft AGL``, ``120 m``, ``FL150``."""

from __future__ import annotations

import math
import re

from skystork.airspace.zone import AltitudeLimit, AltitudeReference

METRES_PER_FOOT = 0.3048  # exact, international foot of 1959
ACCEPTED = "SFC, UNL, FL150, 1200 ft, 120 m, with AGL, AMSL or WGS84 behind feet and metres"

SURFACE = AltitudeLimit(0.0, AltitudeReference.AGL, "SFC")
UNLIMITED = AltitudeLimit(math.inf, AltitudeReference.AMSL, "UNL")

_FIGURE = re.compile(r"(-?\d{1,6}(?:\.\d{1,12})?)\s*(ft|m)(?:\s+(agl|amsl|wgs84))?", re.ASCII | re.IGNORECASE)
_LEVEL = re.compile(r"fl\s?(\d{1,3})", re.ASCII | re.IGNORECASE)


def read_altitude(published: object) -> AltitudeLimit | None:
    """A published limit in metres; None where it is not understood.

    Feet and metres without a reference are above mean sea level, as in the national publications (ICAO Annex 15).
    """
    if not isinstance(published, str):
        return None
    text = published.strip()
    if text.upper() in {"SFC", "GND"}:
        return AltitudeLimit(0.0, AltitudeReference.AGL, published)
    if text.upper() in {"UNL", "UNLTD"}:
        return AltitudeLimit(math.inf, AltitudeReference.AMSL, published)
    level = _LEVEL.fullmatch(text)
    if level is not None:
        return AltitudeLimit(float(level[1]) * 100 * METRES_PER_FOOT, AltitudeReference.FL, published)
    figure = _FIGURE.fullmatch(text)
    if figure is None or (text.startswith("-") and figure[3] is None):  # below the sea only where that is said
        return None
    scale = METRES_PER_FOOT if figure[2].lower() == "ft" else 1.0
    reference = AltitudeReference((figure[3] or "amsl").upper())
    return AltitudeLimit(float(figure[1]) * scale, reference, published)


def is_upside_down(lower: AltitudeLimit, upper: AltitudeLimit) -> bool:
    """Whether the band is empty for certain; limits above ground, sea level and ellipsoid are not comparable."""
    levels = {AltitudeReference.AMSL, AltitudeReference.FL}
    comparable = lower.reference is upper.reference or {lower.reference, upper.reference} <= levels
    return comparable and lower.value_m > upper.value_m


def written(limit: AltitudeLimit) -> str:
    """A limit in the words :func:`read_altitude` reads: as published where that says the same, else in metres."""
    again = read_altitude(limit.published)
    if again is not None and (again.value_m, again.reference) == (limit.value_m, limit.reference):
        return limit.published
    if math.isinf(limit.value_m):
        return "UNL"
    if limit.reference is AltitudeReference.AGL and limit.value_m == 0:
        return "SFC"
    if limit.reference is AltitudeReference.FL:
        return f"FL{limit.value_m / METRES_PER_FOOT / 100:03.0f}"
    return f"{limit.value_m:.12g} m {limit.reference}"
