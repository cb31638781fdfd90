"""ED-318 zones, read and written: GeoJSON whose geometries have a ``layer``, and points an ``extent``.

Source: EUROCAE ED-318, data model and JSON schema of UAS geographical zones; member names as in InterUSS uas_standards.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from skystork.airspace.altitudes import METRES_PER_FOOT, SURFACE, UNLIMITED
from skystork.airspace.applicability import moment_s, read_applicability
from skystork.airspace.ed269 import standard_applicability
from skystork.airspace.geojson import check_crs
from skystork.airspace.json_text import parse_json, refusal
from skystork.airspace.loss import Loss, Written
from skystork.airspace.members import (
    check_identity,
    common_losses,
    expressible_band,
    limit_of,
    note_heights_in_metres,
    parts_together,
    rest_losses,
    rest_of,
    scale_of,
    texts_of,
    with_rest,
    word_of,
    words_of,
)
from skystork.airspace.polygons import Area, read_circle, read_multipolygon, read_polygon
from skystork.airspace.reading import Reader, ZoneFile, ZoneFormat
from skystork.airspace.standard_zones import Band, add_parts
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Published, Restriction, Zone

_SPELLED = {each.value: each for each in Restriction if each is not Restriction.REQ_AUTHORISATION}
TYPES: Mapping[str, Restriction] = {**_SPELLED, "REQ_AUTHORIZATION": Restriction.REQ_AUTHORISATION}
"""CodeZoneType; unlike ED-269 it is spelled with Z."""
_WORDS = {restriction: word for word, restriction in TYPES.items()}
_UNITS = {"m": 1.0, "ft": METRES_PER_FOOT, "M": 1.0, "FT": METRES_PER_FOOT}
_KNOWN = frozenset(["identifier", "country", "name", "type", "variant", "reason", "message", "limitedApplicability"])
_REFERENCES = (AltitudeReference.AGL, AltitudeReference.AMSL, AltitudeReference.WGS84)


def read_ed318(reader: Reader, text: str | bytes) -> ZoneFile:
    """All zones of a file; raises ConfigError with everything wrong."""
    document = parse_json(text, reader.where)
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection" or not isinstance(features, list):
        seen = document.get("type") if isinstance(document, dict) else type(document).__name__
        raise refusal(reader.where, "not ED-318", seen, 'an object with "type": "FeatureCollection" and features')
    check_crs(document.get("crs"), reader.where)
    uppers: list[tuple[str, float]] = []
    for index, feature in enumerate(features):
        _read_feature(reader, feature, f"{reader.where} features/{index}", uppers)
    note_heights_in_metres(reader, uppers)
    metadata = document.get("metadata")
    dates = metadata if isinstance(metadata, dict) else {}
    names = {"issued_s": "issued", "valid_from_s": "validFrom", "valid_to_s": "validTo"}
    return reader.finish(ZoneFormat.ED318, **{name: moment_s(dates.get(key)) for name, key in names.items()})


def write_ed318(zones: Sequence[Zone]) -> Written:
    """A feature collection; what ED-318 cannot say is in the losses."""
    losses: list[Loss] = []
    features = [_feature(identifier, parts, losses) for identifier, parts in parts_together(zones)]
    document = {"type": "FeatureCollection", "metadata": {}, "features": features}
    return Written(json.dumps(document, indent=1, ensure_ascii=False) + "\n", tuple(losses))


def _read_feature(reader: Reader, feature: object, where: str, uppers: list[tuple[str, float]]) -> None:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        reader.refuse(where, "not a feature", feature, "an object with properties and geometry")
        return
    properties, before = feature["properties"], len(reader.problems)
    identifier = word_of(reader, properties, "identifier", where)
    named = f"{where} ({identifier})"
    check_identity(reader, identifier, properties.get("country"), named)
    if properties.get("type") not in TYPES:
        reader.refuse(f"{named} type", "unknown restriction", properties.get("type"), ", ".join(TYPES))
    volumes = _volumes(reader, feature.get("geometry"), named, identifier, uppers)
    active = read_applicability(reader, properties.get("limitedApplicability") or None, named)
    for area, _ in volumes:
        reader.check_distance(named, area.rings[0])
    if len(reader.problems) > before:
        return
    name = texts_of(properties.get("name")) or identifier
    add_parts(reader, _published(properties), name, TYPES[properties["type"]], active, volumes)


def _volumes(
    reader: Reader, geometry: object, where: str, zone: str, uppers: list[tuple[str, float]]
) -> list[tuple[Area, Band]]:
    if isinstance(geometry, dict) and geometry.get("type") == "GeometryCollection":
        rows = geometry.get("geometries")
        if isinstance(rows, list) and rows:
            found = [_volumes(reader, row, f"{where} geometries/{at}", zone, uppers) for at, row in enumerate(rows)]
            return [volume for volumes in found for volume in volumes]
    areas = _areas(reader, geometry, where, zone)
    band = _band(reader, geometry.get("layer"), where, uppers) if areas and isinstance(geometry, dict) else None
    return [(area, band) for area in areas if band is not None]


def _areas(reader: Reader, geometry: object, where: str, zone: str) -> list[Area]:
    shape = geometry if isinstance(geometry, dict) else {}
    raw, extent = shape.get("coordinates"), shape.get("extent")
    match shape.get("type"):
        case "Polygon":
            return read_polygon(reader, raw, where, zone)
        case "MultiPolygon":
            return read_multipolygon(reader, raw, where, zone)
        case "Point" if isinstance(extent, dict) and extent.get("subType") == "Circle":
            return read_circle(reader, raw, extent.get("radius"), f"{where} circle")
    limit = "Polygon, MultiPolygon, or a Point with an extent of subType Circle and its radius"
    reader.refuse(f"{where} geometry", "a zone needs an area", shape.get("type"), limit)
    return []


def _band(reader: Reader, layer: object, where: str, uppers: list[tuple[str, float]]) -> Band | None:
    if not isinstance(layer, dict):
        reader.note(f"{where} layer", "the geometry has no layer", "taken as closed at all heights")
        return SURFACE, UNLIMITED
    scale = scale_of(reader, layer.get("uom"), f"{where} layer uom", accepted=_UNITS)
    if scale is None:
        return None
    lower: AltitudeLimit | None = SURFACE
    if layer.get("lower") is not None:
        reference = layer.get("lowerReference")
        lower = limit_of(reader, layer["lower"], reference, scale, f"{where} layer lower", upper=False)
    reference = layer.get("upperReference")
    upper = limit_of(reader, layer.get("upper"), reference, scale, f"{where} layer upper", upper=True)
    if lower is None or upper is None or not reader.check_band(where, lower, upper):
        return None
    if math.isinf(upper.value_m):
        reader.note(f"{where} layer upper", "there is no upper limit", "taken as unlimited (UNL)")
    elif scale == 1.0 and upper.reference is AltitudeReference.AGL:
        uppers.append((f"{where} layer upper", upper.value_m))
    return lower, upper


def _published(properties: Mapping[str, Any]) -> Published:
    return Published(
        str(properties["identifier"]),
        str(properties.get("country") or ""),
        str(properties.get("variant") or ""),
        words_of(properties.get("reason")),
        texts_of(properties.get("message")),
        rest_of(properties, _KNOWN),
        ZoneFormat.ED318,
    )


def _feature(identifier: str, parts: Sequence[Zone], losses: list[Loss]) -> dict[str, object]:
    zone = parts[0]
    losses.extend([*common_losses(zone), *rest_losses(zone, ZoneFormat.ED318)])
    told = zone.published
    properties: dict[str, object] = {
        "identifier": identifier,
        "country": told.country,
        "name": [{"text": zone.name, "lang": "en-GB"}],
        "type": _WORDS[zone.restriction],
        "variant": told.variant or "COMMON",
        "reason": list(told.reasons) or ["OTHER"],
    }
    if told.message:
        properties["message"] = [{"text": told.message, "lang": "en-GB"}]
    periods = standard_applicability(zone, losses)
    if periods:
        kept = [{key: value for key, value in period.items() if key != "permanent"} for period in periods]
        properties["limitedApplicability"] = kept
    volumes = [_geometry(part, losses) for part in parts]
    geometry = volumes[0] if len(volumes) == 1 else {"type": "GeometryCollection", "geometries": volumes}
    return {
        "type": "Feature",
        "properties": with_rest(properties, told, ZoneFormat.ED318),
        "geometry": geometry,
    }


def _geometry(zone: Zone, losses: list[Loss]) -> dict[str, object]:
    lower, upper = expressible_band(zone, _REFERENCES, losses)
    layer: dict[str, object] = {
        "lower": lower.value_m,
        "lowerReference": lower.reference.value,
        "upper": None if math.isinf(upper.value_m) else upper.value_m,
        "upperReference": upper.reference.value,
        "uom": "m",
    }
    if zone.circle is not None:
        extent = {"subType": "Circle", "radius": zone.circle.radius_m}
        return {"type": "Point", "coordinates": list(zone.circle.centre), "extent": extent, "layer": layer}
    rings = [[list(position) for position in ring] for ring in zone.rings]
    return {"type": "Polygon", "coordinates": rings, "layer": layer}
