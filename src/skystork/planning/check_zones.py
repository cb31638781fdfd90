"""The zone file as the independent check reads it: from its raw text, by its own rules, closed where in doubt."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.planning.check_geometry import TangentPlane, distance_to_point_m, distance_to_polygon_m

Array = NDArray[np.float64]

_OPEN = ("CONDITIONAL", "NO_RESTRICTION")
_VERTICAL_ERROR_M = 10.0  # kept from the floor and the ceiling of every zone
_LEVEL_ERROR_M = 300.0  # a flight level against the altitude it names


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One volume in the plane of the check: a polygon by its edges, or a circle."""

    name: str
    lower_home_m: float
    upper_home_m: float
    granted_below_m: float
    """Open to flights that stay below this [m above home]; 0: closed to all."""
    edges: Array
    """(n, 2, 2) [m]; of a circle none."""
    centre: Array
    radius_m: float
    """0 for a polygon."""

    def closes(self, low_m: float, high_m: float) -> bool:
        """Whether a flight between these heights must stay out."""
        overlaps = self.lower_home_m <= high_m + _VERTICAL_ERROR_M and self.upper_home_m >= low_m - _VERTICAL_ERROR_M
        return overlaps and not high_m <= self.granted_below_m

    def distance_m(self, start: Array, end: Array) -> float:
        """Of a segment from the volume's outline on the ground; 0 or less inside [m]."""
        if self.radius_m > 0:
            return distance_to_point_m(start, end, self.centre) - self.radius_m
        return distance_to_polygon_m(start, end, self.edges)


def read_obstacles(
    zones_geojson: str,
    circles: Sequence[Mapping[str, Any]],
    kinds: Mapping[str, Mapping[str, Any]],
    plane: TangentPlane,
    ground_amsl_m: float,
) -> list[Obstacle]:
    """Every volume that is not open to everybody.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError, AttributeError
        If the data cannot be read.
    """
    found = []
    for feature in json.loads(zones_geojson)["features"]:
        properties, geometry = feature["properties"], feature["geometry"]
        localtype = properties.get("localtype")
        granted_m = _granted_m(kinds, localtype if localtype in kinds else properties["type"])
        if granted_m is None:
            continue
        if geometry["type"] not in {"Polygon", "MultiPolygon"}:
            raise ValueError(f"zone {properties['id']} is a {geometry['type']}")
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        band = _band_m(properties["lower"], properties["upper"], ground_amsl_m)
        for rings in parts:
            edges = np.concatenate([_edges(ring, plane) for ring in rings])
            found.append(Obstacle(str(properties["name"]), *band, granted_m, edges, np.zeros(2), 0.0))
    for circle in circles:
        granted_m = _granted_m(kinds, circle["kind"])
        if granted_m is not None:
            found.append(_circle(circle, granted_m, plane, ground_amsl_m))
    return found


def _circle(circle: Mapping[str, Any], granted_m: float, plane: TangentPlane, ground_amsl_m: float) -> Obstacle:
    centre = plane.project(np.array([[circle["centre"]["longitude_deg"], circle["centre"]["latitude_deg"]]]))[0]
    radius_m = float(circle["radius_m"])
    if not (math.isfinite(radius_m) and radius_m > 0):
        raise ValueError(f"circle {circle['zone_id']} has radius {radius_m}")
    band = _band_m(circle["lower"], circle["upper"], ground_amsl_m)
    return Obstacle(str(circle["name"]), *band, granted_m, np.empty((0, 2, 2)), centre, radius_m)


def _granted_m(kinds: Mapping[str, Mapping[str, Any]], kind: str) -> float | None:
    """Height below which the kind is open; None where it is open to everybody. An unknown kind is closed."""
    rule = kinds.get(kind)
    if rule is None:
        return 0.0
    if str(rule["restriction"]) in _OPEN:
        return None
    return float(rule["granted_below_agl_m"]) if str(rule["restriction"]) == "REQ_AUTHORISATION" else 0.0


def _band_m(lower: str, upper: str, ground_amsl_m: float) -> tuple[float, float]:
    low, low_error = _altitude_home_m(lower, ground_amsl_m)
    high, high_error = _altitude_home_m(upper, ground_amsl_m)
    return low - low_error, high + high_error


def _altitude_home_m(published: str, ground_amsl_m: float) -> tuple[float, float]:
    """Height above home and its error [m], from the words of the publication."""
    words = published.strip().upper().replace("FT", " FT").split()
    if words[0] in {"SFC", "GND"}:
        return -math.inf, 0.0
    if words[0] in {"UNL", "UNLTD"}:
        return math.inf, 0.0
    if words[0].startswith("FL"):
        digits = words[0][2:] or words[1]
        return int(digits) * 30.48 - ground_amsl_m, _LEVEL_ERROR_M
    above = 0.0 if words[-1] == "AGL" else ground_amsl_m
    if words[0].endswith("M") and len(words[0]) > 1:
        return float(words[0][:-1]) - above, 0.0
    if words[1] not in {"FT", "M"}:
        raise ValueError(f"altitude {published!r} is not understood")
    return float(words[0]) * (0.3048 if words[1] == "FT" else 1.0) - above, 0.0


def _edges(ring: Sequence[Sequence[float]], plane: TangentPlane) -> Array:
    """Edges of a ring; long ones are cut so that they follow their line in degrees."""
    corners = np.array([position[:2] for position in ring], dtype=float)
    if not np.all(np.isfinite(corners)) or len(corners) < 4 or np.any(corners[0] != corners[-1]):
        raise ValueError("a ring is not closed, too short or not finite")
    pieces = [corners[:1]]
    for start, end in itertools.pairwise(corners):
        count = max(1, math.ceil(float(np.max(np.abs(end - start))) / 0.05))
        pieces.append(start + (end - start) * (np.arange(1, count + 1) / count)[:, None])
    points = plane.project(np.concatenate(pieces))
    return np.stack([points[:-1], points[1:]], axis=1)
