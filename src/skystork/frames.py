"""Where things are: geodetic positions at the edges, metres in a local frame about the site inside.

The local frame is a transverse Mercator projection (Krüger's series to the third order in n, WGS 84) whose central
meridian and origin are the site's. It is conformal; its scale differs from 1 by x²/2R²: 3.2e-6, or 5 cm, at 16 km.
It holds at every latitude and across the antimeridian because only the longitude difference enters.

Source: Karney, "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy 85 (2011), equations 7-15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

WGS84_SEMI_MAJOR_AXIS_M = 6_378_137.0  # NIMA TR8350.2
WGS84_FLATTENING = 1 / 298.257223563  # NIMA TR8350.2
MEAN_RADIUS_M = 6_371_008.8  # IUGG arithmetic mean radius

_N = WGS84_FLATTENING / (2 - WGS84_FLATTENING)
_ECCENTRICITY = math.sqrt(WGS84_FLATTENING * (2 - WGS84_FLATTENING))
_RECTIFYING_RADIUS_M = WGS84_SEMI_MAJOR_AXIS_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_ALPHA = (_N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16, 13 * _N**2 / 48 - 3 * _N**3 / 5, 61 * _N**3 / 240)
_BETA = (_N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96, _N**2 / 48 + _N**3 / 15, 17 * _N**3 / 480)


@dataclass(frozen=True, slots=True)
class Geodetic:
    """A position on the WGS 84 ellipsoid."""

    latitude_deg: float
    """Geodetic latitude, -90 to 90."""
    longitude_deg: float
    """Longitude, -180 to 180, east positive."""


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """East and north in metres about an origin; good to millimetres within 100 km."""

    origin: Geodetic

    def to_enu_m(self, position: Geodetic) -> tuple[float, float]:
        """Project a position; returns (east, north) [m]."""
        delta_deg = (position.longitude_deg - self.origin.longitude_deg + 180.0) % 360.0 - 180.0
        east_m, north_m = _project(math.radians(position.latitude_deg), math.radians(delta_deg))
        return east_m, north_m - self._origin_north_m()

    def to_geodetic(self, east_m: float, north_m: float) -> Geodetic:
        """Inverse of :meth:`to_enu_m`."""
        latitude_rad, delta_rad = _unproject(east_m, north_m + self._origin_north_m())
        longitude_deg = (self.origin.longitude_deg + math.degrees(delta_rad) + 180.0) % 360.0 - 180.0
        return Geodetic(math.degrees(latitude_rad), longitude_deg)

    def _origin_north_m(self) -> float:
        return _meridian_north_m(self.origin.latitude_deg)


def distance_m(first: Geodetic, second: Geodetic) -> float:
    """Distance along the ground between two positions [m].

    In the frame of the first within 3 degrees; beyond, along a great circle of the mean sphere (0.6 % off at most).
    """
    delta_deg = abs((second.longitude_deg - first.longitude_deg + 180.0) % 360.0 - 180.0)
    if delta_deg <= 3 and abs(second.latitude_deg - first.latitude_deg) <= 3 and abs(second.latitude_deg) < 89:
        return math.hypot(*LocalFrame(first).to_enu_m(second))
    return _great_circle_m(first, second)


def _great_circle_m(first: Geodetic, second: Geodetic) -> float:
    latitude_1, latitude_2 = math.radians(first.latitude_deg), math.radians(second.latitude_deg)
    delta_rad = math.radians(second.longitude_deg - first.longitude_deg)
    haversine = (
        math.sin((latitude_2 - latitude_1) / 2) ** 2
        + math.cos(latitude_1) * math.cos(latitude_2) * math.sin(delta_rad / 2) ** 2
    )
    return 2 * MEAN_RADIUS_M * math.asin(min(1.0, math.sqrt(haversine)))


@lru_cache(maxsize=64)
def _meridian_north_m(latitude_deg: float) -> float:
    return _project(math.radians(latitude_deg), 0.0)[1]


def _project(latitude_rad: float, delta_rad: float) -> tuple[float, float]:
    conformal = math.sinh(
        math.atanh(math.sin(latitude_rad)) - _ECCENTRICITY * math.atanh(_ECCENTRICITY * math.sin(latitude_rad))
    )
    xi = math.atan2(conformal, math.cos(delta_rad))
    eta = math.asinh(math.sin(delta_rad) / math.hypot(conformal, math.cos(delta_rad)))
    east, north = eta, xi
    for order, alpha in enumerate(_ALPHA, start=1):
        north += alpha * math.sin(2 * order * xi) * math.cosh(2 * order * eta)
        east += alpha * math.cos(2 * order * xi) * math.sinh(2 * order * eta)
    return _RECTIFYING_RADIUS_M * east, _RECTIFYING_RADIUS_M * north


def _unproject(east_m: float, north_m: float) -> tuple[float, float]:
    xi, eta = north_m / _RECTIFYING_RADIUS_M, east_m / _RECTIFYING_RADIUS_M
    xi_sphere, eta_sphere = xi, eta
    for order, beta in enumerate(_BETA, start=1):
        xi_sphere -= beta * math.sin(2 * order * xi) * math.cosh(2 * order * eta)
        eta_sphere -= beta * math.cos(2 * order * xi) * math.sinh(2 * order * eta)
    conformal_tangent = math.sin(xi_sphere) / math.hypot(math.sinh(eta_sphere), math.cos(xi_sphere))
    delta_rad = math.atan2(math.sinh(eta_sphere), math.cos(xi_sphere))
    return _latitude_from_conformal(conformal_tangent), delta_rad


def _latitude_from_conformal(conformal_tangent: float) -> float:
    """Newton's iteration of Karney (2011), equations 19-21; three steps reach double precision."""
    tangent = conformal_tangent
    for _ in range(3):
        secant = math.hypot(1, tangent)
        sigma = math.sinh(_ECCENTRICITY * math.atanh(_ECCENTRICITY * tangent / secant))
        estimate = tangent * math.hypot(1, sigma) - sigma * secant
        step = (
            (conformal_tangent - estimate)
            / math.hypot(1, estimate)
            * (1 + (1 - _ECCENTRICITY**2) * tangent**2)
            / ((1 - _ECCENTRICITY**2) * secant)
        )
        tangent += step
    return math.atan(tangent)
