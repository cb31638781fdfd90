"""Altitude bands of zones as heights above home, widened wherever something about them is not known.

What is known decides how much: limits above sea level need the site's elevation only; limits above ground need the
ground, flat unless terrain is given; limits above the ellipsoid need the geoid's height; a flight level is a pressure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.airspace.notices import Notice
from skystork.airspace.terrain import Terrain
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Zone

FLIGHT_LEVEL_ERROR_M = 300.0  # 27 ft per hPa (ICAO Doc 8168) times 36 hPa below or above the standard 1013
LEAST_UNDULATION_M = -107.0  # EGM96, south of India (NIMA TR8350.2, section 6)
GREATEST_UNDULATION_M = 86.0  # EGM96, near New Guinea (the same)
UNDULATION_ERROR_M = 2.0  # across a site of some 30 km, and EGM96's own metre

Ground = tuple[float, float]
"""Lowest and highest ground under a zone [m above home]."""


@dataclass(frozen=True, slots=True)
class Bands:
    """One number a zone, in the order of the set [m above home]."""

    lower_home_m: NDArray[np.float64]
    upper_home_m: NDArray[np.float64]
    granted_home_m: NDArray[np.float64]
    """Authorised below this."""
    notices: tuple[Notice, ...]


def bands_of(
    zones: Sequence[Zone], ground_amsl_m: float, geoid_undulation_m: float | None, terrain: Terrain | None
) -> Bands:
    """Bands of all zones, with a remark on each that was widened."""
    maker = _Maker(ground_amsl_m, geoid_undulation_m, terrain, [])
    rows = np.array([maker.band(zone) for zone in zones], dtype=float).reshape(len(zones), 3)
    return Bands(rows[:, 0], rows[:, 1], rows[:, 2], tuple(maker.notices))


def is_mixed(lower: AltitudeLimit, upper: AltitudeLimit) -> bool:
    """Whether one limit is above ground and the other is not; an unlimited top is above everything."""
    if math.isinf(upper.value_m):
        return False
    return (lower.reference is AltitudeReference.AGL) != (upper.reference is AltitudeReference.AGL)


@dataclass(frozen=True, slots=True)
class _Maker:
    ground_amsl_m: float
    undulation_m: float | None
    terrain: Terrain | None
    notices: list[Notice]

    def band(self, zone: Zone) -> tuple[float, float, float]:
        ground = self._ground(zone)
        granted_m = zone.granted_below_agl_m + ground[0] if zone.granted_below_agl_m > 0 else -math.inf
        if self.terrain is None and is_mixed(zone.lower, zone.upper):
            what = f"{zone.lower.published} to {zone.upper.published} mixes heights above ground and above sea level"
            self._note(zone, what, "without terrain it is taken as closed at all heights")
            return -math.inf, math.inf, granted_m
        if AltitudeReference.WGS84 in {zone.lower.reference, zone.upper.reference} and self.undulation_m is None:
            done = (
                "the geoid's height is not given, so the band is widened by its extremes, "
                f"{LEAST_UNDULATION_M:g} to {GREATEST_UNDULATION_M:g} m (EGM96)"
            )
            self._note(zone, f"{zone.lower.published} to {zone.upper.published} is above the ellipsoid", done)
        return self._lower_m(zone.lower, ground), self._upper_m(zone.upper, ground), granted_m

    def _ground(self, zone: Zone) -> Ground:
        """Flat without terrain; unbounded where the terrain does not cover a zone that needs it."""
        needs = zone.lower.reference is AltitudeReference.AGL and zone.lower.value_m > 0
        needs |= zone.upper.reference is AltitudeReference.AGL or zone.granted_below_agl_m > 0
        if self.terrain is None or not needs:
            return 0.0, 0.0
        longitudes, latitudes = zip(*zone.rings[0], strict=True)
        found = self.terrain.range_amsl_m(min(longitudes), min(latitudes), max(longitudes), max(latitudes))
        if found is None:
            self._note(zone, "the terrain does not cover it", "its heights above ground close from the lowest to all")
            return -math.inf, math.inf
        return found[0] - self.ground_amsl_m, found[1] - self.ground_amsl_m

    def _lower_m(self, limit: AltitudeLimit, ground: Ground) -> float:
        match limit.reference:
            case AltitudeReference.AGL:
                return limit.value_m + ground[0] if limit.value_m > 0 else -math.inf
            case AltitudeReference.WGS84:
                return limit.value_m - self._undulation()[1] - self.ground_amsl_m
            case AltitudeReference.FL:
                return limit.value_m - FLIGHT_LEVEL_ERROR_M - self.ground_amsl_m
        return limit.value_m - self.ground_amsl_m

    def _upper_m(self, limit: AltitudeLimit, ground: Ground) -> float:
        match limit.reference:
            case AltitudeReference.AGL:
                return limit.value_m + ground[1]
            case AltitudeReference.WGS84:
                return limit.value_m - self._undulation()[0] - self.ground_amsl_m
            case AltitudeReference.FL:
                return limit.value_m + FLIGHT_LEVEL_ERROR_M - self.ground_amsl_m
        return limit.value_m - self.ground_amsl_m

    def _undulation(self) -> tuple[float, float]:
        if self.undulation_m is None:
            return LEAST_UNDULATION_M, GREATEST_UNDULATION_M
        return self.undulation_m - UNDULATION_ERROR_M, self.undulation_m + UNDULATION_ERROR_M

    def _note(self, zone: Zone, what: str, done: str) -> None:
        self.notices.append(Notice(f"zone {zone.zone_id}", what, done))
