"""Zone files in JSON as the independent check reads them: GeoJSON, ED-269, ED-318, UAS Facility Maps, fences of plans.

Source: RFC 7946; EUROCAE ED-269 and ED-318, data models; FAA UAS Facility Map Data; QGroundControl plan file format.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from skystork.planning.check_geometry import Array, crossings, finite_pairs
from skystork.planning.check_times import Schedule, read_schedule
from skystork.planning.check_volumes import (
    ALL_HEIGHTS,
    Area,
    Limit,
    RawSource,
    SiteRules,
    Volume,
    finite,
    limit_in_words,
)

_SCALE = {"M": 1.0, "FT": 0.3048, "m": 1.0, "ft": 0.3048}
_WORLD_DEG = (350.0, 160.0)
_CIRCLE_SIDES = 360
_WITHIN = 1 - 2e-6
_SEMI_MAJOR_M, _E2 = 6_378_137.0, 6.694379990141e-3  # WGS 84
SURFACE, UNLIMITED = ALL_HEIGHTS


def read_geojson(source: RawSource, rules: SiteRules) -> Iterator[Volume]:
    """Features with ``id name type localtype lower upper``, and what docs/zones.md adds."""
    for feature in _parsed(source.text)["features"]:
        given, geometry = feature["properties"], feature["geometry"]
        localtype = given.get("localtype")
        kind = localtype if localtype in rules.kinds else given["type"]
        identifier = str(given.get("identifier") or given["id"])
        granted_m = rules.granted_m(kind, identifier, _own_rule(given))
        most_m_s = rules.limit_m_s(kind, identifier, given.get("speed_limit_m_s"))
        upper = UNLIMITED if given["upper"] is None else limit_in_words(given["upper"])
        band = (limit_in_words(given["lower"]), upper)
        for area in areas_of(geometry, given.get("circle"), source):
            times = _times(given, "applicability", area)
            yield rules.volume(str(given["name"]), band, granted_m, area, times, limit_m_s=most_m_s)


def read_ed269(source: RawSource, rules: SiteRules) -> Iterator[Volume]:
    """``UASZoneList`` or ``features``; polygons and circles in metres or feet."""
    document = _parsed(source.text)
    zones = document if isinstance(document, list) else document.get("UASZoneList", document.get("features"))
    for zone in zones:
        kind = str(zone["restriction"])
        granted_m = rules.granted_m(kind, str(zone["identifier"]), _published(kind))
        most_m_s = rules.limit_m_s(kind, str(zone["identifier"]))
        for row in [zone["geometry"]] if isinstance(zone["geometry"], dict) else zone["geometry"]:
            scale, shape = _SCALE[row["uomDimensions"]], row["horizontalProjection"]
            lower = _limit(row.get("lowerLimit"), row.get("lowerVerticalReference"), scale, SURFACE)
            upper = _limit(row.get("upperLimit"), row.get("upperVerticalReference"), scale, UNLIMITED)
            if shape["type"] == "Circle":
                radius_m = finite(shape["radius"], "radius") * scale
                areas: Iterable[Area] = [((), (*_position(shape["center"]), radius_m))]
            else:
                areas = areas_of(shape, None, source)
            name = str(zone.get("name") or zone["identifier"])
            for area in areas:
                times = _times(zone, "applicability", area)
                yield rules.volume(name, (lower, upper), granted_m, area, times, limit_m_s=most_m_s)


def read_ed318(source: RawSource, rules: SiteRules) -> Iterator[Volume]:
    """Features whose geometries have a ``layer``, and points an ``extent``."""
    for feature in _parsed(source.text)["features"]:
        given = feature["properties"]
        kind = "REQ_AUTHORISATION" if given["type"] == "REQ_AUTHORIZATION" else str(given["type"])
        granted_m = rules.granted_m(kind, str(given["identifier"]), _published(kind))
        most_m_s = rules.limit_m_s(kind, str(given["identifier"]))
        for geometry in _flat(feature["geometry"]):
            layer = geometry.get("layer")
            band = ALL_HEIGHTS
            if isinstance(layer, dict):
                scale = _SCALE[layer["uom"]]
                lower = _limit(layer.get("lower"), layer.get("lowerReference"), scale, SURFACE)
                band = (lower, _limit(layer.get("upper"), layer.get("upperReference"), scale, UNLIMITED))
            extent = geometry.get("extent") or {}
            circle = {"radius_m": extent["radius"]} if extent.get("subType") == "Circle" else None
            for area in areas_of(geometry, circle, source):
                times = _times(given, "limitedApplicability", area)
                yield rules.volume(str(given["identifier"]), band, granted_m, area, times, limit_m_s=most_m_s)


def read_uasfm(source: RawSource, rules: SiteRules) -> Iterator[Volume]:
    """Cells with a ``CEILING`` in feet: open below it only where the authorisation is held."""
    for feature in _parsed(source.text)["features"]:
        ceiling_ft = finite(feature["properties"]["CEILING"], "CEILING")
        granted_m = ceiling_ft * 0.3048 if "authorised" in source.options else 0.0
        for area in areas_of(feature["geometry"], None, source):
            yield rules.volume(f"UASFM {ceiling_ft:g} ft", ALL_HEIGHTS, granted_m, area, None)


def read_plan(source: RawSource, rules: SiteRules) -> Iterator[Volume]:
    """The geofence of a plan: exclusions, and everything outside the inclusions."""
    fence, inclusions = _parsed(source.text)["geoFence"], []
    granted_m, most_m_s = rules.granted_m("EXCLUSION", "", 0.0), rules.limit_m_s("EXCLUSION", "")
    parts = [(row, False) for row in fence.get("polygons", [])] + [(row, True) for row in fence.get("circles", [])]
    for row, is_circle in parts:
        rings, circle = area = _fence_part(row, circle=is_circle)
        if row["inclusion"]:
            inclusions.append(_ring_about(*circle) if circle else rings[0])
        else:
            yield rules.volume("exclusion of the fence", ALL_HEIGHTS, granted_m, area, None, limit_m_s=most_m_s)
    if inclusions:
        granted_m = rules.granted_m("INCLUSION", "INCLUSION", 0.0)
        most_m_s = rules.limit_m_s("INCLUSION", "INCLUSION")
        area = (_outside(inclusions), None)
        yield rules.volume("outside of the fence", ALL_HEIGHTS, granted_m, area, None, limit_m_s=most_m_s)


def _own_rule(given: Mapping[str, Any]) -> float | None:
    """What a GeoJSON feature says of itself; 0 where it says nothing."""
    if given.get("restriction") is None:
        return 0.0
    granted_m = finite(given.get("granted_below_agl_m") or 0.0, "granted_below_agl_m")
    return _published(str(given["restriction"]), granted_m)


def _published(restriction: str, granted_m: float = 0.0) -> float | None:
    """Height below which a published restriction leaves the zone open; None: open, 0: closed."""
    if restriction in {"CONDITIONAL", "NO_RESTRICTION"}:
        return None
    if restriction not in {"PROHIBITED", "REQ_AUTHORISATION", "USPACE"}:
        raise ValueError(f"restriction {restriction!r} is not known")
    return 0.0 if restriction == "PROHIBITED" else granted_m


def _limit(value: Any, reference: Any, scale: float, unset: Limit) -> Limit:
    if value is None:
        return unset
    number = float(value) if isinstance(value, str) else value
    if reference not in {"AGL", "AMSL", "WGS84"}:
        raise ValueError(f"reference {reference!r} is not known")
    return finite(number, "limit") * scale, str(reference)


def _times(given: Mapping[str, Any], key: str, area: Area) -> Schedule | None:
    raw, (rings, circle) = given.get(key), area
    if not raw:
        return None
    corners = rings[0] if rings else _ring_about(*circle) if circle else np.empty((0, 2))
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    return read_schedule(raw, tuple((lon, lat) for lon in (west, east) for lat in (south, north)))


def areas_of(geometry: Mapping[str, Any], circle: Any, source: RawSource) -> Iterator[Area]:
    """Rings of each polygon, and a circle beside them where one is given; of a point the circle alone."""
    kind, raw = geometry["type"], geometry["coordinates"]
    if kind == "Point" and isinstance(circle, dict):
        yield (), (*_position(raw), finite(circle["radius_m"], "radius_m"))
        return
    if kind not in {"Polygon", "MultiPolygon"}:
        raise ValueError(f"a zone is a {kind}")
    parts = [raw] if kind == "Polygon" else raw
    if not parts or not all(parts):
        raise ValueError("a zone has no ring")
    beside = None
    if kind == "Polygon" and isinstance(circle, dict):
        beside = (*_position(circle["centre"]), finite(circle["radius_m"], "radius_m"))
    for rings in parts:
        yield tuple(_ring(ring, source) for ring in rings), beside


def _ring(raw: Any, source: RawSource) -> Array:
    corners = finite_pairs(raw, source.name)
    if "repair" in source.options and len(corners) > 2 and np.any(corners[0] != corners[-1]):
        corners = np.concatenate([corners, corners[:1]])
    if len(corners) < 4 or np.any(corners[0] != corners[-1]):
        raise ValueError(f"a ring of {source.name} is not closed or too short")
    if np.any(np.abs(corners) > (360.0 if "wrap_longitudes" in source.options else 180.0, 90.0)):
        raise ValueError(f"a ring of {source.name} leaves the globe")
    return corners


def _position(raw: Any) -> tuple[float, float]:
    (longitude, latitude), *others = finite_pairs([raw], "a position")
    if others or abs(longitude) > 360 or abs(latitude) > 90:
        raise ValueError(f"{raw} is not on the globe")
    return float(longitude), float(latitude)


def _flat(geometry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if geometry["type"] == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _flat(part)
    else:
        yield geometry


def is_world(rings: Sequence[Array]) -> bool:
    """Whether the outer ring is meant to hold everything."""
    if not rings:
        return False
    size = rings[0].max(axis=0) - rings[0].min(axis=0)
    return bool(np.all(size >= _WORLD_DEG))


def _fence_part(row: Mapping[str, Any], *, circle: bool) -> Area:
    """Latitude first, rings not closed."""
    if not isinstance(row["inclusion"], bool):
        raise ValueError("a part of the fence neither includes nor excludes")
    if circle:
        latitude, longitude = row["circle"]["center"]
        return (), (*_position([longitude, latitude]), finite(row["circle"]["radius"], "radius"))
    corners = finite_pairs(row["polygon"], "polygon")[:, ::-1]
    if len(corners) < 3:
        raise ValueError("a polygon of the fence has no area")
    return (np.concatenate([corners, corners[:1]]),), None


def _ring_about(longitude_deg: float, latitude_deg: float, radius_m: float) -> Array:
    """A ring within a circle, by the radii of curvature at its centre [deg]; 4 mm off at 5 km."""
    angles = np.arange(_CIRCLE_SIDES + 1) * (2 * math.pi / _CIRCLE_SIDES)
    flat = 1 - _E2 * math.sin(math.radians(latitude_deg)) ** 2
    north = latitude_deg + np.degrees(radius_m * np.sin(angles) * flat**1.5 / (_SEMI_MAJOR_M * (1 - _E2)))
    east = np.degrees(radius_m * np.cos(angles) * math.sqrt(flat) / (_SEMI_MAJOR_M * np.cos(np.radians(north))))
    return np.stack([longitude_deg + east * _WITHIN, latitude_deg + (north - latitude_deg) * _WITHIN], axis=1)


def _outside(inclusions: Sequence[Array]) -> tuple[Array, ...]:
    """Edges of the union of what is included, each as an open ring, within a ring far about it; even-odd."""
    corners = np.concatenate(inclusions)
    reach = np.array((4.0, 1.5))  # degrees; farther than any vehicle's way
    low, high = corners.min(axis=0) - reach, corners.max(axis=0) + reach
    frame = np.array([low, (high[0], low[1]), high, (low[0], high[1]), low])
    walls = []
    for number, ring in enumerate(inclusions):
        others = [other for at, other in enumerate(inclusions) if at != number]
        for start, end in itertools.pairwise(ring):
            walls += _not_inside(start, end, others)
    return (frame, *walls)


def _not_inside(start: Array, end: Array, others: Sequence[Array]) -> list[Array]:
    """The parts of an edge that lie in none of the other rings."""
    cuts = {0.0, 1.0}
    for ring in others:
        first, step, along = ring[:-1], ring[1:] - ring[:-1], end - start
        across = along[0] * step[:, 1] - along[1] * step[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = first - start
            share = (gap[:, 0] * step[:, 1] - gap[:, 1] * step[:, 0]) / across
            other = (gap[:, 0] * along[1] - gap[:, 1] * along[0]) / across
        cuts.update(float(each) for each in share[(share > 0) & (share < 1) & (other >= 0) & (other <= 1)])
    parts = [(start + a * (end - start), start + b * (end - start)) for a, b in itertools.pairwise(sorted(cuts))]
    return [np.array(part) for part in parts if not any(_holds(ring, (part[0] + part[1]) / 2) for ring in others)]


def _holds(ring: Array, place: Array) -> bool:
    return int(np.count_nonzero(crossings(place, np.stack([ring[:-1], ring[1:]], axis=1)))) % 2 == 1


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not a finite number")
