"""Terrain from a GeoTIFF or an SRTM tile: longitude and latitude, metres above sea level, or a plain refusal.

Sources: OGC 19-008r4 (GeoTIFF 1.1), GeoKeys and raster space; USGS, SRTM topography 2.1 (the .hgt layout); JPL D-31639,
SRTM's absolute vertical error of 16 m (90 %).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from skystork.airspace.terrain import Terrain
from skystork.errors import ConfigError, Problem

VERTICAL_ERROR_M = 16.0
"""Taken where the site does not give its data's own [m]."""
MAX_SAMPLES = 100_000_000
_HGT_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})\.hgt", re.ASCII | re.IGNORECASE)
_HGT_SIDES = {1201 * 1201 * 2: 1201, 3601 * 3601 * 2: 3601}
_HGT_HOLE = -32768
_GEOGRAPHIC, _EPSG_4326 = 2, 4326
_PIXEL_IS_POINT = 2
_METRES = 9001
_ELLIPSOIDS = (4979, 5030)
_LOWEST_M, _HIGHEST_M = -500.0, 9_000.0  # Dead Sea shore, Everest
_CONVERT = "Convert it: gdalwarp -t_srs EPSG:4326 in.tif out.tif"


def read_terrain(path: Path, *, vertical_error_m: float | None = None) -> Terrain:
    """A grid of heights.

    Parameters
    ----------
    vertical_error_m
        Of the data [m]; None: :data:`VERTICAL_ERROR_M`.

    Raises
    ------
    ConfigError
        Where it is another kind of file, another projection, or holds no heights.
    """
    error_m = VERTICAL_ERROR_M if vertical_error_m is None else vertical_error_m
    if path.suffix.lower() == ".hgt":
        return _read_hgt(path, error_m)
    try:
        with tifffile.TiffFile(path) as file:
            return _read_page(path, file.pages.first, error_m)
    except (OSError, tifffile.TiffFileError) as error:
        limit = "a GeoTIFF, or an SRTM tile named like N54W002.hgt"
        raise _refusal(path, "not terrain that can be read", str(error), limit, "Check the file.") from error
    except (ValueError, KeyError, RuntimeError, ImportError, IndexError, TypeError) as error:
        limit = "uncompressed or deflate, one band"
        remedy = "Write it anew: gdal_translate -co COMPRESS=DEFLATE -co PREDICTOR=1 in.tif out.tif"
        raise _refusal(path, "a GeoTIFF that cannot be decoded", str(error), limit, remedy) from error


def _read_hgt(path: Path, error_m: float) -> Terrain:
    named = _HGT_NAME.fullmatch(path.name)
    if named is None:
        raise _refusal(path, "the name does not say where it is", path.name, "like N54W002.hgt", "Keep its name.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refusal(path, "cannot be read", str(error), "a readable file", "Check the path.") from error
    side = _HGT_SIDES.get(len(content))
    if side is None:
        limit = " or ".join(f"{size} bytes" for size in _HGT_SIDES)
        raise _refusal(path, "not the size of a tile", f"{len(content)} bytes", limit, "Fetch it again.")
    samples = np.frombuffer(content, dtype=">i2").reshape(side, side)
    south = int(named[2]) * (1 if named[1].upper() == "N" else -1)
    west = int(named[4]) * (1 if named[3].upper() == "E" else -1)
    step = 1.0 / (side - 1)
    return _terrain(path, samples, float(_HGT_HOLE), (float(west), south + 1.0, step, step), error_m)


def _read_page(path: Path, page: Any, error_m: float) -> Terrain:
    keys: dict[str, Any] = page.geotiff_tags or {}
    _check_system(path, keys)
    if page.ndim != 2 or page.size > MAX_SAMPLES:
        seen, limit = f"{page.shape}", f"one band, at most {MAX_SAMPLES} samples"
        raise _refusal(path, "not one band of heights", seen, limit, "Take its first band: gdal_translate -b 1.")
    place = _place(path, keys)
    hole = page.tags.get("GDAL_NODATA")
    text = str(hole.value).strip().strip("\0") if hole is not None else ""
    return _terrain(path, page.asarray(), float(text) if text else None, place, error_m)


def _check_system(path: Path, keys: dict[str, Any]) -> None:
    model, system = keys.get("GTModelTypeGeoKey"), keys.get("GeographicTypeGeoKey")
    if model is None:
        raise _refusal(path, "no GeoTIFF: nothing says where it is", "no GeoKeys", "EPSG:4326", _CONVERT)
    if int(model) != _GEOGRAPHIC or system is None or int(system) != _EPSG_4326:
        seen = keys.get("ProjectedCSTypeGeoKey") or keys.get("GTCitationGeoKey") or system
        raise _refusal(path, "another projection", str(seen), "EPSG:4326 (longitude, latitude)", _CONVERT)
    vertical, unit = keys.get("VerticalCSTypeGeoKey"), keys.get("VerticalUnitsGeoKey")
    if vertical is not None and int(vertical) in _ELLIPSOIDS:
        remedy = "Take heights above the geoid, or convert them: gdalwarp -t_srs EPSG:4326+5773."
        raise _refusal(path, "heights above the ellipsoid", str(vertical), "above mean sea level", remedy)
    if unit is not None and int(unit) != _METRES:
        raise _refusal(path, "heights in another unit", str(unit), "metres (9001)", "Convert them to metres.")


def _place(path: Path, keys: dict[str, Any]) -> tuple[float, float, float, float]:
    """West, north and steps of the first sample's point [deg]."""
    scale, tie = keys.get("ModelPixelScale"), keys.get("ModelTiepoint")
    if scale is None or tie is None or len(tie) < 6 or not (scale[0] > 0 and scale[1] > 0):
        limit = "one tie point and a pixel scale, north up"
        raise _refusal(path, "turned, or placed by many points", str(tie), limit, _CONVERT)
    shift = 0.0 if keys.get("GTRasterTypeGeoKey") == _PIXEL_IS_POINT else 0.5
    west = float(tie[3]) + (shift - float(tie[0])) * float(scale[0])
    north = float(tie[4]) - (shift - float(tie[1])) * float(scale[1])
    return west, north, float(scale[0]), float(scale[1])


def _terrain(
    path: Path, samples: Any, hole: float | None, place: tuple[float, float, float, float], error_m: float
) -> Terrain:
    heights = np.asarray(samples).astype(np.float32)
    if hole is not None:
        heights[np.asarray(samples) == hole] = np.nan
    known = heights[np.isfinite(heights)]
    if not known.size or known.min() < _LOWEST_M or known.max() > _HIGHEST_M:
        seen = f"{known.min():g} to {known.max():g}" if known.size else "no data at all"
        limit = f"{_LOWEST_M:g} to {_HIGHEST_M:g} m, holes marked as nodata"
        raise _refusal(path, "these are no heights in metres", seen, limit, "Check its unit and its nodata value.")
    return Terrain(heights, *place, error_m=error_m, source=path.name)


def _refusal(path: Path, what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(path.name, what, seen, limit, remedy),))
