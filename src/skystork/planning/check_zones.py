"""The airspace as the independent check reads it: from raw texts, by its own rules, closed where in doubt."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from skystork.planning.check_geometry import Array, MeridianPlane, finite_pairs, point
from skystork.planning.check_index import EdgeIndex, Flags

_OPEN = ("CONDITIONAL", "NO_RESTRICTION")
_VERTICAL_ERROR_M = 10.0  # kept from the floor and the ceiling of every zone
_LEVEL_ERROR_M = 300.0  # a flight level against the altitude it names
LONGEST_EDGE_DEG = 0.001
"""Edges are straight in degrees: so short they bend by L² tan(latitude) / 8R in the plane, 0.4 mm at 60 degrees."""
_MOST_PARTS = 20_000  # of one edge: 20 degrees, farther than any zone that a flight meets

Times = Callable[[float, float], bool]
"""Whether a zone is active at any time of a span [s since the Unix epoch]."""


@dataclass(frozen=True, slots=True)
class RawAirspace:
    """What was published, as bytes of text, and what the site made of it; nothing of it was read before."""

    sources: tuple[tuple[str, str, str], ...]
    """Name, format and text of each zone file."""
    circles: str
    """JSON list, each with ``zone_id name kind centre radius_m lower upper``."""
    kinds: str
    """JSON object by published kind: ``restriction`` and ``granted_below_agl_m``; a kind without is closed."""
    ground_amsl_m: float


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume as it was published: a polygon by all its rings, or a circle."""

    name: str
    lower_home_m: float
    upper_home_m: float
    granted_below_m: float
    """Open to flights that stay below this [m above home]; 0: closed to all."""
    rings_deg: tuple[Array, ...] = ()
    """Closed rings (n, 2) longitude, latitude [deg]; even-odd."""
    centre_deg: tuple[float, float] = (0.0, 0.0)
    radius_m: float = 0.0
    active: Times | None = None
    """None: always."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a reader of a format needs of the place."""

    kinds: Mapping[str, Mapping[str, Any]]
    ground_amsl_m: float

    def granted_m(self, kind: str) -> float | None:
        """Height below which the kind is open; None where it is open to everybody. An unknown kind is closed."""
        rule = self.kinds.get(kind)
        if rule is None:
            return 0.0
        if str(rule["restriction"]) in _OPEN:
            return None
        granted = rule["granted_below_agl_m"] if str(rule["restriction"]) == "REQ_AUTHORISATION" else 0.0
        return _finite(granted, f"kind {kind}")


@dataclass(frozen=True, slots=True)
class ClosedVolumes:
    """All volumes that are not open to everybody, in the plane, indexed."""

    names: tuple[str, ...]
    lower_home_m: Array
    upper_home_m: Array
    granted_below_m: Array
    active: tuple[Times | None, ...]
    index: EdgeIndex = field(repr=False)

    def closed(self, low_m: float, high_m: float, from_s: float, to_s: float) -> Flags:
        """By volume: whether a flight between these heights and times must stay out."""
        overlaps = (self.lower_home_m <= high_m + _VERTICAL_ERROR_M) & (self.upper_home_m >= low_m - _VERTICAL_ERROR_M)
        closed = overlaps & ~(high_m <= self.granted_below_m)
        for row in np.flatnonzero(closed):
            times = self.active[row]
            closed[row] = times is None or times(from_s, to_s)
        return closed


def texts_hash(airspace: RawAirspace) -> str:
    """SHA-256 of everything that zones are read from [hex]."""
    parts = [*itertools.chain(*airspace.sources), airspace.circles, airspace.kinds, repr(airspace.ground_amsl_m)]
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def read_airspace(airspace: RawAirspace, plane: MeridianPlane) -> ClosedVolumes:
    """Every volume that is not open to everybody; equal texts are read once.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError
        If anything of it cannot be read: then no flight can be judged.
    """
    return _read_once(airspace, plane)


@lru_cache(maxsize=4)
def _read_once(airspace: RawAirspace, plane: MeridianPlane) -> ClosedVolumes:
    site = Site(json.loads(airspace.kinds), _finite(airspace.ground_amsl_m, "ground"))
    found: list[Volume] = []
    for name, form, text in airspace.sources:
        if form not in READERS:
            raise ValueError(f"{name}: the check does not read {form!r}, only {', '.join(READERS)}")
        found += READERS[form](text, site)
    found += [volume for circle in json.loads(airspace.circles) if (volume := _circle(circle, site)) is not None]
    return closed_volumes(found, plane)


def closed_volumes(volumes: Sequence[Volume], plane: MeridianPlane) -> ClosedVolumes:
    """Volumes in the plane, with the index of their edges."""
    edges = [(_edges(ring, plane), row) for row, one in enumerate(volumes) for ring in one.rings_deg]
    circles = [(one, row) for row, one in enumerate(volumes) if one.radius_m > 0]
    index = EdgeIndex(
        np.concatenate([each for each, _ in edges]) if edges else np.empty((0, 2, 2)),
        np.repeat(np.array([row for _, row in edges], dtype=np.int64), [len(each) for each, _ in edges]),
        np.array([point(one.centre_deg, plane) for one, _ in circles]).reshape(-1, 2),
        np.array([one.radius_m for one, _ in circles]),
        np.array([row for _, row in circles], dtype=np.int64),
    )
    return ClosedVolumes(
        tuple(one.name for one in volumes),
        np.array([one.lower_home_m for one in volumes]),
        np.array([one.upper_home_m for one in volumes]),
        np.array([one.granted_below_m for one in volumes]),
        tuple(one.active for one in volumes),
        index,
    )


def _read_geojson(text: str, site: Site) -> Iterator[Volume]:
    for feature in json.loads(text)["features"]:
        properties, geometry = feature["properties"], feature["geometry"]
        localtype = properties.get("localtype")
        granted_m = site.granted_m(localtype if localtype in site.kinds else properties["type"])
        if granted_m is None:
            continue
        band = band_m(properties["lower"], properties["upper"], site.ground_amsl_m)
        for rings in polygons_of(geometry, str(properties["id"])):
            yield Volume(str(properties["name"]), *band, granted_m, rings)


def _circle(circle: Mapping[str, Any], site: Site) -> Volume | None:
    granted_m = site.granted_m(circle["kind"])
    centre, radius_m = circle["centre"], _finite(circle["radius_m"], f"radius of {circle['zone_id']}")
    if not radius_m > 0:
        raise ValueError(f"circle {circle['zone_id']} has radius {radius_m}")
    place = (_finite(centre["longitude_deg"], "centre"), _finite(centre["latitude_deg"], "centre"))
    band = band_m(circle["lower"], circle["upper"], site.ground_amsl_m)
    if granted_m is None:
        return None
    return Volume(str(circle["name"]), *band, granted_m, (), place, radius_m)


READERS: Mapping[str, Callable[[str, Site], Iterator[Volume]]] = MappingProxyType({"geojson": _read_geojson})
"""By format; any other format closes the site."""


def polygons_of(geometry: Mapping[str, Any], where: str) -> Iterator[tuple[Array, ...]]:
    """Rings of each polygon of a GeoJSON geometry."""
    if geometry["type"] not in {"Polygon", "MultiPolygon"}:
        raise ValueError(f"zone {where} is a {geometry['type']}")
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    if not parts or not all(parts):
        raise ValueError(f"zone {where} has no ring")
    for rings in parts:
        yield tuple(_ring(ring, where) for ring in rings)


def _ring(raw: Sequence[Sequence[float]], where: str) -> Array:
    corners = finite_pairs(raw, where)
    if len(corners) < 4 or np.any(corners[0] != corners[-1]):
        raise ValueError(f"a ring of {where} is not closed or too short")
    if np.any(np.abs(corners) > (180.0, 90.0)):
        raise ValueError(f"a ring of {where} leaves the globe")
    return corners


def band_m(lower: str, upper: str, ground_amsl_m: float) -> tuple[float, float]:
    """Heights above home between which a zone may be, from the words of the publication [m]."""
    low, low_error = _altitude_home_m(lower, ground_amsl_m)
    high, high_error = _altitude_home_m(upper, ground_amsl_m)
    return low - low_error, high + high_error


def _altitude_home_m(published: str, ground_amsl_m: float) -> tuple[float, float]:
    """Height above home and its error [m]."""
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
        return _finite(float(words[0][:-1]), published) - above, 0.0
    if words[1] not in {"FT", "M"}:
        raise ValueError(f"altitude {published!r} is not understood")
    return _finite(float(words[0]), published) * (0.3048 if words[1] == "FT" else 1.0) - above, 0.0


def _edges(ring_deg: Array, plane: MeridianPlane) -> Array:
    """Edges of a ring; long ones are cut so that they follow their line in degrees."""
    pieces = [ring_deg[:1]]
    for start, end in itertools.pairwise(ring_deg):
        count = max(1, math.ceil(float(np.max(np.abs(end - start))) / LONGEST_EDGE_DEG))
        if count > _MOST_PARTS:
            raise ValueError(f"an edge is {float(np.max(np.abs(end - start))):.0f} degrees long")
        pieces.append(start + (end - start) * (np.arange(1, count + 1) / count)[:, None])
    points = plane.project(np.concatenate(pieces))
    return np.stack([points[:-1], points[1:]], axis=1)


def _finite(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where} is {value!r}, not a finite number")
    return float(value)
