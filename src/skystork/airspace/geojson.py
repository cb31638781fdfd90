"""GeoJSON zones (RFC 7946), read and written; the properties are those of docs/zones.md.

``id``, ``name``, ``type``, ``localtype``, ``lower`` and ``upper`` are what national airspace files have. Beyond them a
feature may have ``restriction``, ``granted_below_agl_m``, ``speed_limit_m_s``, ``applicability`` (as ED-269 writes it),
``circle`` and ``crosses_antimeridian``, so that every zone we know can be written and read again with nothing lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from skystork.airspace.altitudes import ACCEPTED, UNLIMITED, read_altitude, written
from skystork.airspace.applicability import read_applicability, write_applicability
from skystork.airspace.json_text import parse_json, refusal
from skystork.airspace.loss import Loss, Written
from skystork.airspace.members import (
    check_identity,
    read_speed_limit,
    rest_losses,
    rest_of,
    with_rest,
    word_of,
    words_of,
)
from skystork.airspace.polygons import Area, read_circle, read_multipolygon, read_polygon
from skystork.airspace.reading import Reader, ZoneFile, ZoneFormat, number_of
from skystork.airspace.rules import KindRule
from skystork.airspace.zone import AltitudeLimit, Published, Restriction, Zone

_KNOWN = frozenset(
    [
        "id",
        "name",
        "type",
        "localtype",
        "class",
        "lower",
        "upper",
        "restriction",
        "granted_below_agl_m",
        "speed_limit_m_s",
        "applicability",
        "circle",
        "country",
        "variant",
        "identifier",
        "reason",
        "message",
        "crosses_antimeridian",
        "outside",
        "everywhere",
    ]
)
_DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326", "WGS84")


def read_geojson(reader: Reader, text: str | bytes) -> ZoneFile:
    """All zones of a feature collection, in the order of the file; raises ConfigError with everything wrong."""
    for index, feature in enumerate(features_of(text, reader.where)):
        _read_feature(reader, feature, f"{reader.where} features/{index}")
    return reader.finish(ZoneFormat.GEOJSON)


def features_of(text: str | bytes, where: str) -> list[object]:
    """Features of a collection whose coordinates are degrees."""
    document = parse_json(text, where)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        seen = document.get("type") if isinstance(document, dict) else type(document).__name__
        raise refusal(where, "not a GeoJSON feature collection", seen, 'an object with "type": "FeatureCollection"')
    check_crs(document.get("crs"), where)
    features = document.get("features")
    if not isinstance(features, list):
        raise refusal(where, "no list of features", type(features).__name__, '"features": […]')
    return features


def check_crs(crs: object, where: str) -> None:
    """Refuse another reference system than longitude and latitude."""
    if crs is None:
        return
    name = str(crs)
    if not any(word in name for word in _DEGREES):
        remedy = "Convert the file to longitude and latitude (EPSG:4326)."
        what = "its coordinates are in another reference system and look like metres"
        raise refusal(where, what, name, "no crs member, or CRS84", remedy)


def write_geojson(zones: Sequence[Zone]) -> Written:
    """A feature collection that :func:`read_geojson` reads to the same zones."""
    losses: list[Loss] = []
    document = {"type": "FeatureCollection", "features": [_feature(zone, losses) for zone in zones]}
    return Written(json.dumps(document, indent=1, ensure_ascii=False) + "\n", tuple(losses))


def _read_feature(reader: Reader, feature: object, where: str) -> None:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        reader.refuse(where, "not a feature", feature, "an object with properties and geometry")
        return
    properties = feature["properties"]
    zone_id = properties.get("id")
    named, before = f"{where} ({zone_id})", len(reader.problems)
    areas = _areas(reader, feature.get("geometry"), properties, named)
    for key in ("id", "name", "type"):
        word_of(reader, properties, key, named)
    localtype = properties.get("localtype")
    if localtype is not None and not isinstance(localtype, str):
        reader.refuse(f"{named} localtype", "not a word", localtype, "a word or null")
    band = _band(reader, properties, named)
    published = _restriction(reader, properties, named)
    limit_m_s = read_speed_limit(reader, properties.get("speed_limit_m_s"), named)
    if properties.get("country") is not None:
        check_identity(reader, str(properties.get("identifier", zone_id)), properties["country"], named)
    active = read_applicability(reader, properties.get("applicability"), named)
    for area in areas:
        reader.check_distance(named, area.rings[0])
    if len(reader.problems) > before or band is None:
        return
    kind = reader.rules.kind_of(localtype, properties["type"])
    identifier = str(properties.get("identifier", ""))
    rule = reader.rules.rule_for(kind, identifier or str(zone_id), published)
    for part, area in enumerate(areas, start=1):
        reader.add(
            Zone(
                str(zone_id) if len(areas) == 1 else f"{zone_id}#{part}",
                properties["name"],
                kind,
                Restriction.PROHIBITED if area.everywhere else rule.restriction,
                area.rings,
                *band,
                rule.granted_below_agl_m,
                active,
                reader.where,
                area.circle,
                _published(properties),
                properties.get("outside") is True,
                area.everywhere,
                limit_m_s if rule.speed_limit_m_s is None else rule.speed_limit_m_s,
            )
        )


def _areas(reader: Reader, geometry: object, properties: Mapping[str, Any], where: str) -> list[Area]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    cut, zone = properties.get("crosses_antimeridian") is True, str(properties.get("id"))
    if isinstance(geometry, dict) and kind == "Polygon":
        areas = read_polygon(reader, geometry.get("coordinates"), where, zone, cut=cut)
        return _with_circle(reader, areas, properties.get("circle"), where)
    if isinstance(geometry, dict) and kind == "MultiPolygon":
        return read_multipolygon(reader, geometry.get("coordinates"), where, zone, cut=cut)
    circle = properties.get("circle")
    if isinstance(geometry, dict) and kind == "Point" and isinstance(circle, dict):
        return read_circle(reader, geometry.get("coordinates"), circle.get("radius_m"), f"{where} circle")
    limit = "Polygon or MultiPolygon, or a Point with a circle that has its radius_m"
    reader.refuse(where, "a zone needs an area", kind, limit)
    return []


def _with_circle(reader: Reader, areas: list[Area], circle: object, where: str) -> list[Area]:
    """The ring beside a circle is for those who draw; the circle counts."""
    if circle is None or not areas:
        return areas
    if not isinstance(circle, dict):
        reader.refuse(f"{where} circle", "not a circle", circle, '{"centre": [lon, lat], "radius_m": …}')
        return []
    found = read_circle(reader, circle.get("centre"), circle.get("radius_m"), f"{where} circle")
    return [Area(area.rings, found[0].circle) for area in areas] if found else []


def _band(reader: Reader, properties: Mapping[str, Any], where: str) -> tuple[AltitudeLimit, AltitudeLimit] | None:
    limits = []
    for key in ("lower", "upper"):
        value = properties.get(key)
        limit = UNLIMITED if key == "upper" and key in properties and value is None else read_altitude(value)
        if limit is None:
            reader.refuse(f"{where} {key}", "altitude not understood", value, ACCEPTED)
        else:
            limits.append(limit)
    if len(limits) < 2 or not reader.check_band(where, limits[0], limits[1]):
        return None
    return limits[0], limits[1]


def _restriction(reader: Reader, properties: Mapping[str, Any], where: str) -> KindRule | None:
    """What the file itself says of the zone; None where it says nothing, and the site's rules alone count."""
    word, granted_m = properties.get("restriction"), properties.get("granted_below_agl_m")
    if word is not None and word not in set(Restriction):
        reader.refuse(f"{where} restriction", "unknown restriction", word, ", ".join(Restriction))
    height_m = number_of(0 if granted_m is None else granted_m)
    if height_m is None or height_m < 0:
        reader.refuse(f"{where} granted_below_agl_m", "not a height", granted_m, "metres, 0 or more")
    if word not in set(Restriction):
        return None
    return KindRule(Restriction(word), height_m or 0.0)


def _published(properties: Mapping[str, Any]) -> Published:
    return Published(
        str(properties.get("identifier", "")),
        str(properties.get("country", "")),
        str(properties.get("variant", "")),
        words_of(properties.get("reason")),
        str(properties.get("message", "")),
        rest_of(properties, _KNOWN),
        ZoneFormat.GEOJSON,
    )


def _feature(zone: Zone, losses: list[Loss]) -> dict[str, object]:
    properties: dict[str, object] = {
        "id": zone.zone_id,
        "name": zone.name,
        "type": zone.kind,
        "localtype": None,
        "lower": written(zone.lower),
        "upper": written(zone.upper),
        "restriction": zone.restriction.value,
    }
    if zone.granted_below_agl_m > 0:
        properties["granted_below_agl_m"] = zone.granted_below_agl_m
    if zone.speed_limit_m_s is not None:
        properties["speed_limit_m_s"] = zone.speed_limit_m_s
    if zone.active is not None:
        properties["applicability"] = write_applicability(zone.active)
        if not zone.active:
            losses.append(Loss(zone.zone_id, "active", "never", "written as always active"))
            del properties["applicability"]
    if zone.circle is not None:
        properties["circle"] = {"centre": list(zone.circle.centre), "radius_m": zone.circle.radius_m}
    if zone.outside:
        properties["outside"] = True
    told = zone.published
    given: dict[str, object] = {"identifier": told.identifier, "country": told.country, "variant": told.variant}
    given |= {"reason": list(told.reasons), "message": told.message}
    properties = with_rest(
        {**properties, **{key: value for key, value in given.items() if value}}, told, ZoneFormat.GEOJSON
    )
    losses.extend(rest_losses(zone, ZoneFormat.GEOJSON))
    rings = [[list(position) for position in ring] for ring in zone.rings]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": rings}}
