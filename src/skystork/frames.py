"""Where things are: geodetic positions at the edges, metres in a local frame about the site inside.

The local frame is a transverse Mercator projection (Krüger's series to the third order in n, WGS 84) whose central
meridian and origin are the site's. It is conformal; its scale differs from 1 by x²/2R²: 3.2e-6, or 5 cm, at 16 km.
It holds at every latitude and across the antimeridian because only the longitude difference enters. An origin within a
degree of a pole is refused: east and north turn so fast there that nothing straight in the frame is straight outside.
Against the geodesic a length 20 km from the origin is 0.1 m off at most (4.9e-6, x²/2R²).

Source: Karney, "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy 85 (2011), equations 7-15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from skystork.errors import ConfigError, Problem

Array = NDArray[np.float64]

WGS84_SEMI_MAJOR_AXIS_M = 6_378_137.0  # NIMA TR8350.2
WGS84_FLATTENING = 1 / 298.257223563  # NIMA TR8350.2
MEAN_RADIUS_M = 6_371_008.8  # IUGG arithmetic mean radius

POLAR_LATITUDE_DEG = 89.0
"""Beyond it no local frame is made."""

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

    def __post_init__(self) -> None:
        latitude_deg, longitude_deg = self.origin.latitude_deg, self.origin.longitude_deg
        if not (abs(latitude_deg) <= POLAR_LATITUDE_DEG and math.isfinite(longitude_deg)):
            seen, limit = (
                f"{latitude_deg}, {longitude_deg}",
                f"latitude -{POLAR_LATITUDE_DEG:g} to {POLAR_LATITUDE_DEG:g}",
            )
            what, remedy = "no local frame can be made about this origin", "Sites beside a pole are not served."
            raise ConfigError((Problem("origin of the local frame", what, seen, limit, remedy),))

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

    def to_enu_array_m(self, longitude_deg: Array, latitude_deg: Array) -> Array:
        """Project many positions at once; returns (n, 2), east and north [m]."""
        delta_deg = (np.asarray(longitude_deg) - self.origin.longitude_deg + 180.0) % 360.0 - 180.0
        east_m, north_m = _project_array(np.radians(latitude_deg), np.radians(delta_deg))
        return np.column_stack([east_m, north_m - self._origin_north_m()])

    def to_geodetic_array(self, positions_enu_m: Array) -> tuple[Array, Array]:
        """Inverse of :meth:`to_enu_array_m`; returns longitudes and latitudes [deg]."""
        east_m, north_m = np.asarray(positions_enu_m, dtype=float).T
        latitude_rad, delta_rad = _unproject_array(east_m, north_m + self._origin_north_m())
        longitude_deg = (self.origin.longitude_deg + np.degrees(delta_rad) + 180.0) % 360.0 - 180.0
        return longitude_deg, np.degrees(latitude_rad)

    def _origin_north_m(self) -> float:
        return _meridian_north_m(self.origin.latitude_deg)


def distance_m(first: Geodetic, second: Geodetic) -> float:
    """Distance along the ground between two positions [m].

    In the frame of the first within 3 degrees; beyond, along a great circle of the mean sphere (0.6 % off at most).
    """
    delta_deg = abs((second.longitude_deg - first.longitude_deg + 180.0) % 360.0 - 180.0)
    if delta_deg <= 3 and abs(second.latitude_deg - first.latitude_deg) <= 3 and _is_frame_land(first, second):
        return math.hypot(*LocalFrame(first).to_enu_m(second))
    return _great_circle_m(first, second)


def _is_frame_land(*positions: Geodetic) -> bool:
    return all(abs(position.latitude_deg) < POLAR_LATITUDE_DEG for position in positions)


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


def _project_array(latitude_rad: Array, delta_rad: Array) -> tuple[Array, Array]:
    """:func:`_project` on arrays."""
    sine = np.sin(latitude_rad)
    conformal = np.sinh(np.arctanh(sine) - _ECCENTRICITY * np.arctanh(_ECCENTRICITY * sine))
    xi = np.arctan2(conformal, np.cos(delta_rad))
    eta = np.arcsinh(np.sin(delta_rad) / np.hypot(conformal, np.cos(delta_rad)))
    east, north = eta.copy(), xi.copy()
    for order, alpha in enumerate(_ALPHA, start=1):
        north += alpha * np.sin(2 * order * xi) * np.cosh(2 * order * eta)
        east += alpha * np.cos(2 * order * xi) * np.sinh(2 * order * eta)
    return _RECTIFYING_RADIUS_M * east, _RECTIFYING_RADIUS_M * north


def _unproject_array(east_m: Array, north_m: Array) -> tuple[Array, Array]:
    """:func:`_unproject` on arrays."""
    xi, eta = north_m / _RECTIFYING_RADIUS_M, east_m / _RECTIFYING_RADIUS_M
    xi_sphere, eta_sphere = xi.copy(), eta.copy()
    for order, beta in enumerate(_BETA, start=1):
        xi_sphere -= beta * np.sin(2 * order * xi) * np.cosh(2 * order * eta)
        eta_sphere -= beta * np.cos(2 * order * xi) * np.sinh(2 * order * eta)
    conformal = np.sin(xi_sphere) / np.hypot(np.sinh(eta_sphere), np.cos(xi_sphere))
    tangent = conformal.copy()
    for _ in range(3):
        secant = np.hypot(1, tangent)
        sigma = np.sinh(_ECCENTRICITY * np.arctanh(_ECCENTRICITY * tangent / secant))
        estimate = tangent * np.hypot(1, sigma) - sigma * secant
        slope = np.hypot(1, estimate) * (1 - _ECCENTRICITY**2) * secant
        tangent += (conformal - estimate) * (1 + (1 - _ECCENTRICITY**2) * tangent**2) / slope
    return np.arctan(tangent), np.arctan2(np.sinh(eta_sphere), np.cos(xi_sphere))
