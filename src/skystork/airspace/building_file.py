"""Buildings and masts from GeoJSON: footprints with heights in metres, as mapping services export them.

``height`` or ``height_m`` is the roof above the ground there, ``roof_amsl_m`` above sea level. A mast is a point with
``radius_m``. What has no height is closed at all heights unless the site gives one for such: storeys are not guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from skystork.airspace.geojson import features_of
from skystork.airspace.notices import Notice
from skystork.airspace.obstacles import Obstacle
from skystork.airspace.polygons import Area, read_circle, read_multipolygon, read_polygon
from skystork.airspace.reading import Reader, number_of
from skystork.airspace.rules import AirspaceRules
from skystork.errors import ConfigError
from skystork.frames import Geodetic

HIGHEST_M = 1_000.0
"""Nothing built is higher (828 m); a greater number is in another unit."""
MAX_OBSTACLES = 200_000
_HEIGHTS = ("height_m", "height", "building:height", "render_height")
_NAMES = ("id", "osm_id", "@id", "fid", "OBJECTID")
_NO_RULES = AirspaceRules({})  # nobody permits a flight through a wall
_METRES = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*m?", re.ASCII)


def read_obstacles(
    text: str | bytes, *, where: str, service_area: tuple[Geodetic, float] | None, default_height_m: float | None = None
) -> tuple[tuple[Obstacle, ...], tuple[Notice, ...]]:
    """All obstacles of a file and what was noticed; raises ConfigError with everything wrong."""
    reader, obstacles = Reader(where, _NO_RULES, service_area), []
    unknown: list[str] = []
    features = features_of(text, where)
    if len(features) > MAX_OBSTACLES:
        reader.refuse(where, "too many obstacles", len(features), f"at most {MAX_OBSTACLES}")
    for index, feature in enumerate(features):
        obstacles += _read_feature(reader, feature, index, default_height_m, unknown)
    for name, count in Counter(each.obstacle_id for each in obstacles).items():
        if count > 1:
            reader.refuse(where, "two obstacles have one id", name, "each id once")
    if reader.problems:
        raise ConfigError(tuple(reader.problems))
    if unknown:
        shown = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
        what = f"{len(unknown)} obstacles have no height in metres ({shown})"
        taken = "closed at all heights" if default_height_m is None else f"taken as {default_height_m:g} m high"
        reader.note(where, what, taken)
    return tuple(obstacles), tuple(reader.notices)


def _read_feature(
    reader: Reader, feature: object, index: int, default_height_m: float | None, unknown: list[str]
) -> list[Obstacle]:
    where = f"{reader.where} features/{index}"
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        reader.refuse(where, "not a feature", feature, "an object with properties and geometry")
        return []
    properties, before = feature["properties"], len(reader.problems)
    given = feature.get("id", next((properties[key] for key in _NAMES if properties.get(key) is not None), None))
    name = str(index if given is None else given)
    named = f"{where} ({name})"
    areas = _areas(reader, feature.get("geometry"), properties, named, name)
    for area in areas:
        reader.check_distance(named, area.rings[0])
    height_m = _height_m(reader, properties, named)
    roof_m = number_of(properties.get("roof_amsl_m"))
    if properties.get("roof_amsl_m") is not None and roof_m is None:
        reader.refuse(f"{named} roof_amsl_m", "not a height", properties["roof_amsl_m"], "metres above sea level")
    if len(reader.problems) > before:
        return []
    if height_m is None and roof_m is None:
        unknown.append(name)
        height_m = default_height_m if default_height_m is not None else float("inf")
    return [
        Obstacle(name if len(areas) == 1 else f"{name}#{part}", area.rings, height_m, roof_m, reader.where)
        for part, area in enumerate(areas, start=1)
    ]


def _areas(reader: Reader, geometry: object, properties: Mapping[str, Any], where: str, name: str) -> list[Area]:
    shape = geometry if isinstance(geometry, dict) else {}
    raw = shape.get("coordinates")
    match shape.get("type"):
        case "Polygon":
            return read_polygon(reader, raw, where, name)
        case "MultiPolygon":
            return read_multipolygon(reader, raw, where, name)
        case "Point" if properties.get("radius_m") is not None:
            return read_circle(reader, raw, properties["radius_m"], where)
    limit = "Polygon, MultiPolygon, or a Point with radius_m"
    reader.refuse(where, "an obstacle needs an area", shape.get("type"), limit)
    return []


def _height_m(reader: Reader, properties: Mapping[str, Any], where: str) -> float | None:
    """The greatest of the heights given; None where there is none."""
    found = []
    for key in _HEIGHTS:
        value = properties.get(key)
        if value is None or value == "":
            continue
        number = number_of(value)
        if number is None and isinstance(value, str) and (words := _METRES.fullmatch(value.strip())):
            number = float(words[1])
        if number is None or not 0 <= number <= HIGHEST_M:
            reader.refuse(f"{where} {key}", "not a height", value, f"0 to {HIGHEST_M:g} m")
        else:
            found.append(number)
    return max(found, default=None)
