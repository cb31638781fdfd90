"""Buildings and terrain as the independent check reads them: solid up to the roof, and no flight into a hill.

Source: RFC 7946 for the file of buildings; heights as in docs/zones.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.planning.check_formats import areas_of
from skystork.planning.check_geometry import Array, MeridianPlane
from skystork.planning.check_volumes import RawSource, Volume, finite

_HEIGHTS = ("height_m", "height", "building:height", "render_height")
_VERTICAL_ERROR_M = 10.0
_ON_THE_LINE = 1e-6  # of a step of the grid
_SEMI_MAJOR_M, _E2 = 6_378_137.0, 6.694379990141e-3  # WGS 84

Box = tuple[float, float, float, float]
"""West, south, east, north [deg]."""


@dataclass(frozen=True, slots=True, eq=False)
class RawTerrain:
    """A grid of heights, north to south and west to east, as it was read from its file; NaN where there are none."""

    heights_amsl_m: NDArray[np.float32]
    west_deg: float
    north_deg: float
    step_longitude_deg: float
    step_latitude_deg: float
    error_m: float

    def range_amsl_m(self, box: Box) -> tuple[float, float] | None:
        """Lowest and highest ground in a box, error included [m]; None where any of it is not known."""
        rows, columns = self.heights_amsl_m.shape
        left = ((box[0] - self.west_deg + 180.0) % 360.0 - 180.0) / self.step_longitude_deg
        right = ((box[2] - self.west_deg + 180.0) % 360.0 - 180.0) / self.step_longitude_deg
        top, bottom = (
            (self.north_deg - box[3]) / self.step_latitude_deg,
            (self.north_deg - box[1]) / self.step_latitude_deg,
        )
        first = (math.floor(top + _ON_THE_LINE), math.floor(left + _ON_THE_LINE))
        last = (math.ceil(bottom - _ON_THE_LINE), math.ceil(right - _ON_THE_LINE))
        if min(first) < 0 or last[0] > rows - 1 or last[1] > columns - 1 or last[1] < first[1]:
            return None
        part = self.heights_amsl_m[first[0] : last[0] + 1, first[1] : last[1] + 1]
        if not np.all(np.isfinite(part)):
            return None
        return float(part.min()) - self.error_m, float(part.max()) + self.error_m


@dataclass(frozen=True, slots=True)
class RawObstacles:
    """A file of buildings as text, unread."""

    name: str
    text: str
    default_height_m: float | None
    margin_m: float
    """Kept above a roof."""


def read_obstacles(raw: RawObstacles, ground_amsl_m: float, terrain: RawTerrain | None) -> Iterator[Volume]:
    """Every building and mast, closed from the ground to its roof and the margin above."""
    source = RawSource(raw.name, "geojson", raw.text)
    for number, feature in enumerate(json.loads(raw.text)["features"]):
        given = feature["properties"]
        radius = None if given.get("radius_m") is None else {"radius_m": given["radius_m"]}
        height_m, roof_m = _height_m(given), given.get("roof_amsl_m")
        if height_m is None and roof_m is None:
            height_m = math.inf if raw.default_height_m is None else raw.default_height_m
        for rings, circle in areas_of(feature["geometry"], radius, source):
            tops = [] if roof_m is None else [finite(roof_m, "roof_amsl_m") - ground_amsl_m]
            ground_m: float | None = 0.0
            if terrain is not None:
                found = terrain.range_amsl_m(box_of(rings, circle))
                ground_m = None if found is None else found[1] - ground_amsl_m
            if height_m is not None and (terrain is not None or not tops):
                tops += [height_m + ground_m] if ground_m is not None else [] if tops else [math.inf]
            # The check widens every band by the vertical error; here the margin of the file is meant instead.
            top_m = np.nextafter(max(tops) + raw.margin_m, -math.inf) - _VERTICAL_ERROR_M
            name = f"obstacle {feature.get('id', number)}"
            yield Volume(name, -math.inf, float(top_m), -math.inf, rings, circle, is_obstacle=True)


def box_of(rings: tuple[Array, ...], circle: tuple[float, float, float] | None) -> Box:
    """Box of a volume [deg]."""
    if rings:
        (west, south), (east, north) = rings[0].min(axis=0), rings[0].max(axis=0)
        return float(west), float(south), float(east), float(north)
    assert circle is not None, "a volume has rings or a circle"
    flat = 1 - _E2 * math.sin(math.radians(circle[1])) ** 2
    high = math.degrees(circle[2] * flat**1.5 / (_SEMI_MAJOR_M * (1 - _E2)))
    wide = math.degrees(circle[2] * math.sqrt(flat) / (_SEMI_MAJOR_M * math.cos(math.radians(circle[1]))))
    return circle[0] - wide, circle[1] - high, circle[0] + wide, circle[1] + high


def highest_ground_amsl_m(terrain: RawTerrain, plane: MeridianPlane, low: Array, high: Array) -> float:
    """Highest ground under boxes (n, 2) of the plane [m]; infinite where any of it is not known."""
    phi = math.radians(plane.latitude_deg)
    flat = 1 - _E2 * math.sin(phi) ** 2
    north_deg = math.degrees(flat**1.5 / (_SEMI_MAJOR_M * (1 - _E2)))
    most_m = -math.inf
    for (west, south), (east, north) in zip(low, high, strict=True):
        away_m = max(abs(west), abs(east), abs(south), abs(north))
        spill_m = 1.0 + away_m**2 / 6.0e6  # degrees by the origin's radii: the plane bends away from them by this
        latitude = [plane.latitude_deg + (edge + way * spill_m) * north_deg for edge, way in ((south, -1), (north, 1))]
        widest = math.cos(math.radians(min(89.0, max(abs(value) for value in latitude))))
        per_m = math.degrees(math.sqrt(flat) / (_SEMI_MAJOR_M * widest))
        sides = [plane.longitude_deg + (edge + way * spill_m) * per_m for edge, way in ((west, -1), (east, 1))]
        narrow = math.degrees(math.sqrt(flat) / (_SEMI_MAJOR_M * math.cos(phi)))
        sides += [plane.longitude_deg + (edge + way * spill_m) * narrow for edge, way in ((west, -1), (east, 1))]
        found = terrain.range_amsl_m((min(sides), latitude[0], max(sides), latitude[1]))
        most_m = max(most_m, math.inf if found is None else found[1])
    return most_m


def _height_m(given: Mapping[str, Any]) -> float | None:
    found = []
    for key in _HEIGHTS:
        value = given.get(key)
        if value is not None and value != "":
            number = float(value.strip().removesuffix("m")) if isinstance(value, str) else value
            found.append(finite(number, key))
    return max(found, default=None)
