"""Zone files in, zones out: everything that can be wrong with a file is found before any of it is used.

The format is GeoJSON (RFC 7946) with the properties ``id``, ``name``, ``type``, ``localtype``, ``class``, ``lower``
and ``upper``. All problems of a file are collected into one error, and then no zone of it is applied: a zone set that
is half there is worse than none, because nobody would see what is missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from skystork.airspace.altitudes import ACCEPTED, SURFACE, UNLIMITED, is_upside_down, read_altitude
from skystork.airspace.rings import Ring, normalised, polygon_problems, read_ring
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.zone import AltitudeLimit, Zone
from skystork.errors import ConfigError, Problem
from skystork.frames import Geodetic, LocalFrame

FAR_M = 500_000.0
"""A zone farther than this from the site has nothing to do with it; most often its axes are swapped [m]."""
MAX_BYTES = 50_000_000
"""A national file has a few megabytes [bytes]."""
CIRCLE_SIDES = 72
"""One corner every 5 degrees: the polygon reaches 0.1 % of the radius beyond the circle."""
_FRAME_ERROR_M = 1e-3  # of skystork.frames within 100 km
_EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


class _DuplicateKeyError(ValueError):
    """A JSON object names the same key twice; Python would silently keep the last."""


@dataclass(frozen=True, slots=True)
class _Reader:
    where: str
    rules: AirspaceRules
    service_area: tuple[Geodetic, float] | None


def read_geojson_zones(
    text: str | bytes, *, where: str, rules: AirspaceRules, service_area: tuple[Geodetic, float] | None
) -> tuple[Zone, ...]:
    """All zones of a GeoJSON feature collection, in the order of the file.

    Parameters
    ----------
    text
        The content; bytes are taken as UTF-8.
    where
        How messages name the file.
    service_area
        Centre and radius [m]; zones more than :data:`FAR_M` beyond are refused. None: no such check.

    Raises
    ------
    ConfigError
        With every problem found; nothing was applied.
    """
    reader = _Reader(where, rules, service_area)
    zones: list[Zone] = []
    problems: list[Problem] = []
    for index, feature in enumerate(_features(text, where)):
        found, wrong = _read_feature(reader, feature, f"{where} features/{index}")
        zones.extend(found)
        problems.extend(wrong)
    problems.extend(_duplicates(zones, where))
    if problems:
        raise ConfigError(tuple(problems))
    return tuple(zones)


def circle_zone(
    zone_id: str,
    name: str,
    kind: str,
    centre: Geodetic,
    radius_m: float,
    *,
    rules: AirspaceRules,
    lower: AltitudeLimit = SURFACE,
    upper: AltitudeLimit = UNLIMITED,
    source: str = "",
) -> Zone:
    """A circle as the regular polygon drawn about it, so that nothing of the circle is outside.

    Parameters
    ----------
    radius_m
        On the ground [m], above 0 and at most 500 km.
    """
    if not (math.isfinite(radius_m) and 0 < radius_m <= FAR_M):
        limit = f"above 0, at most {FAR_M:.0f} m"
        problem = Problem(f"circle {zone_id}", "radius not usable", f"{radius_m} m", limit, "Radii are in metres.")
        raise ConfigError((problem,))
    frame = LocalFrame(centre)
    corner_m = (radius_m + _FRAME_ERROR_M) / math.cos(math.pi / CIRCLE_SIDES)
    angles = (2 * math.pi * side / CIRCLE_SIDES for side in range(CIRCLE_SIDES))
    corners = [frame.to_geodetic(corner_m * math.cos(angle), corner_m * math.sin(angle)) for angle in angles]
    ring = tuple((corner.longitude_deg, corner.latitude_deg) for corner in (*corners, corners[0]))
    rule = rules.rule_for(kind)
    return Zone(zone_id, name, kind, rule.restriction, (ring,), lower, upper, rule.granted_below_agl_m, None, source)


def _features(text: str | bytes, where: str) -> list[object]:
    document = _parse(text, where)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        seen = document.get("type") if isinstance(document, dict) else type(document).__name__
        raise _refusal(where, "not a GeoJSON feature collection", seen, 'an object with "type": "FeatureCollection"')
    features = document.get("features")
    if not isinstance(features, list):
        raise _refusal(where, "no list of features", type(features).__name__, '"features": […]')
    return features


def _parse(text: str | bytes, where: str) -> dict[str, object]:
    if len(text) > MAX_BYTES:
        raise _refusal(where, "file too large", len(text), f"at most {MAX_BYTES} bytes")
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        document: dict[str, object] = json.loads(decoded, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except RecursionError as error:
        raise _refusal(where, "nested too deeply", "brackets within brackets", "GeoJSON, some ten deep") from error
    except UnicodeDecodeError as error:
        raise _refusal(where, f"not UTF-8 at byte {error.start}", error.reason, "UTF-8 text") from error
    except ValueError as error:
        raise _refusal(where, "not valid JSON", error, "JSON (RFC 8259), finite numbers, each key once") from error
    return document


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result:
            raise _DuplicateKeyError(f"key {key!r} stands twice in one object")
        result[key] = value
    return result


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a finite number")


def _read_feature(reader: _Reader, feature: object, where: str) -> tuple[list[Zone], list[Problem]]:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        return [], [_refusal(where, "not a feature", feature, "an object with properties and geometry").problems[0]]
    properties = feature["properties"]
    zone_id = properties.get("id")
    named = f"{where} ({zone_id})"
    polygons, problems = _read_geometry(feature.get("geometry"), named)
    problems += _property_problems(properties, named)
    for rings in polygons:
        problems += _distance_problems(reader, rings, named)
    if problems:
        return [], problems
    return [
        _zone(reader, properties, zone_id if len(polygons) == 1 else f"{zone_id}#{part}", rings)
        for part, rings in enumerate(polygons, start=1)
    ], []


def _read_geometry(geometry: object, where: str) -> tuple[list[tuple[Ring, ...]], list[Problem]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in {"Polygon", "MultiPolygon"}:
        limit = "Polygon or MultiPolygon (a circle goes into the site file with its radius)"
        return [], [_refusal(where, "a zone needs an area", kind, limit).problems[0]]
    raw = geometry.get("coordinates")
    parts = [raw] if kind == "Polygon" else raw
    if not isinstance(parts, list) or not parts:
        return [], [_refusal(where, "no coordinates", raw, "rings of positions").problems[0]]
    polygons, problems = [], []
    for number, part in enumerate(parts):
        rings, wrong = _read_polygon(part, where if kind == "Polygon" else f"{where} part {number}")
        polygons.append(rings)
        problems += wrong
    return polygons, problems


def _read_polygon(raw: object, where: str) -> tuple[tuple[Ring, ...], list[Problem]]:
    if not isinstance(raw, list) or not raw:
        return (), [_refusal(where, "a polygon without rings", raw, "[[[lon, lat], …]]").problems[0]]
    rings, problems = [], []
    for number, item in enumerate(raw):
        ring, wrong = read_ring(item, f"{where} ring {number}")
        problems += wrong
        if ring is not None:
            rings.append(ring)
    if not problems:
        problems = polygon_problems(rings, where)
    return (normalised(rings) if not problems else ()), problems


def _property_problems(properties: Mapping[str, object], where: str) -> list[Problem]:
    problems = []
    for key in ("id", "name", "type"):
        value = properties.get(key)
        if not isinstance(value, str) or not value.strip():
            problems.append(_refusal(f"{where} {key}", f"{key} is missing", value, "a word").problems[0])
    localtype = properties.get("localtype")
    if localtype is not None and not isinstance(localtype, str):
        problems.append(_refusal(f"{where} localtype", "not a word", localtype, "a word or null").problems[0])
    lower, upper = read_altitude(properties.get("lower")), read_altitude(properties.get("upper"))
    for key, limit in (("lower", lower), ("upper", upper)):
        if limit is None:
            wrong = _refusal(f"{where} {key}", "altitude not understood", properties.get(key), ACCEPTED)
            problems.append(wrong.problems[0])
    if lower is not None and upper is not None and is_upside_down(lower, upper):
        seen = f"{lower.published} to {upper.published}"
        problems.append(_refusal(where, "the lower limit is above the upper", seen, "lower <= upper").problems[0])
    return problems


def _distance_problems(reader: _Reader, rings: tuple[Ring, ...], where: str) -> list[Problem]:
    if reader.service_area is None or not rings:
        return []
    centre, radius_m = reader.service_area
    nearest_m = min(_great_circle_m(centre, latitude, longitude) for longitude, latitude in rings[0]) - radius_m
    if nearest_m <= FAR_M:
        return []
    what = f"the zone is {nearest_m / 1000:,.0f} km from the service area; did you swap latitude and longitude?"
    return [_refusal(where, what, rings[0][0], f"at most {FAR_M / 1000:.0f} km away").problems[0]]


def _great_circle_m(first: Geodetic, latitude_deg: float, longitude_deg: float) -> float:
    """Haversine, good at every distance [m]."""
    lat1, lat2 = math.radians(first.latitude_deg), math.radians(latitude_deg)
    half_lon = math.radians(longitude_deg - first.longitude_deg) / 2
    root = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(root)))


def _zone(reader: _Reader, properties: Mapping[str, str], zone_id: str, rings: tuple[Ring, ...]) -> Zone:
    kind = reader.rules.kind_of(properties.get("localtype"), properties["type"])
    rule = reader.rules.rule_for(kind)
    lower, upper = read_altitude(properties["lower"]), read_altitude(properties["upper"])
    if lower is None or upper is None:
        raise ValueError("altitudes are checked before a zone is built")
    return Zone(
        zone_id, properties["name"], kind, rule.restriction, rings, lower, upper,
        rule.granted_below_agl_m, None, reader.where,
    )  # fmt: skip


def _duplicates(zones: list[Zone], where: str) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for zone in zones:
        if zone.zone_id in seen:
            problems.append(_refusal(where, "two zones have one id", zone.zone_id, "each id once").problems[0])
        seen.add(zone.zone_id)
    return problems


def _refusal(where: str, what: str, seen: object, limit: str) -> ConfigError:
    text = str(seen)
    shown = text if len(text) <= 80 else text[:77] + "…"
    return ConfigError((Problem(where, what, shown, limit, "Correct the file; nothing of it was applied."),))
