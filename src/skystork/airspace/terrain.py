"""The ground as a grid of heights: how high it is at a place, and between which heights it lies under an area.

A height above ground becomes a height above home with the lowest or the highest ground under the zone, whichever closes
more. Where the grid has a hole, or ends, nothing is guessed: the answer is None and the caller closes.
"""

from __future__ import annotations

import hashlib
import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Heights = NDArray[np.float32]


class Terrain:
    """Heights on a regular grid in longitude and latitude (EPSG:4326); never changed after it is built.

    Parameters
    ----------
    heights_amsl_m
        (rows, columns), north to south, west to east [m above mean sea level]; NaN where there are no data.
    west_deg, north_deg
        Of the first sample (a point, not the corner of a cell).
    step_longitude_deg, step_latitude_deg
        Between samples, both positive.
    error_m
        Vertical error kept on both sides (SRTM: 16 m at 90 %, JPL D-31639).
    source
        File.
    """

    def __init__(
        self,
        heights_amsl_m: Heights,
        west_deg: float,
        north_deg: float,
        step_longitude_deg: float,
        step_latitude_deg: float,
        *,
        error_m: float = 0.0,
        source: str = "",
    ) -> None:
        self.heights_amsl_m, self.error_m, self.source = heights_amsl_m, error_m, source
        self.west_deg, self.north_deg = west_deg, north_deg
        self.step_longitude_deg, self.step_latitude_deg = step_longitude_deg, step_latitude_deg

    def height_amsl_m(self, longitude_deg: float, latitude_deg: float) -> float | None:
        """Ground at a place, between its four samples [m]; None outside or beside a hole."""
        column, row = self._at(longitude_deg, latitude_deg)
        rows, columns = self.heights_amsl_m.shape
        if not (0 <= column <= columns - 1 and 0 <= row <= rows - 1):
            return None
        x, y = min(int(column), max(columns - 2, 0)), min(int(row), max(rows - 2, 0))
        corners = self.heights_amsl_m[y : y + 2, x : x + 2].astype(float)
        east, south = column - x, row - y
        shares = np.outer([1 - south, south], [1 - east, east])[: corners.shape[0], : corners.shape[1]]
        height_m = float(np.sum(corners[shares > 0] * shares[shares > 0]))  # a hole that has no share is none
        return height_m if math.isfinite(height_m) else None

    def range_amsl_m(
        self, west_deg: float, south_deg: float, east_deg: float, north_deg: float
    ) -> tuple[float, float] | None:
        """Lowest and highest ground in a box, error included [m]; None where part of it is not covered."""
        left, top = self._at(west_deg, north_deg)
        right, bottom = self._at(east_deg, south_deg)
        rows, columns = self.heights_amsl_m.shape
        if left < 0 or top < 0 or right > columns - 1 or bottom > rows - 1 or right < left:
            return None
        part = self.heights_amsl_m[math.floor(top) : math.ceil(bottom) + 1, math.floor(left) : math.ceil(right) + 1]
        low_m, high_m = float(part.min()), float(part.max())  # NaN goes through both
        if not (math.isfinite(low_m) and math.isfinite(high_m)):
            return None
        return low_m - self.error_m, high_m + self.error_m

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the grid and its place."""
        place = (self.west_deg, self.north_deg, self.step_longitude_deg, self.step_latitude_deg, self.error_m)
        digest = hashlib.sha256(repr((place, self.heights_amsl_m.shape)).encode())
        digest.update(np.ascontiguousarray(self.heights_amsl_m, dtype=np.float32).tobytes())
        return digest.hexdigest()

    def _at(self, longitude_deg: float, latitude_deg: float) -> tuple[float, float]:
        """Column and row, with parts; a place on the edge of the grid is not lost to rounding."""
        east_deg = (longitude_deg - self.west_deg + 180.0) % 360.0 - 180.0
        column, row = east_deg / self.step_longitude_deg, (self.north_deg - latitude_deg) / self.step_latitude_deg
        return round(column, 6), round(row, 6)
