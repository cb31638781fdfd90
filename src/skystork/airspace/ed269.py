"""ED-269 zones, read and written: ``UASZoneList`` or ``features``, polygons and circles, metres or feet.

Source: EUROCAE ED-269, data model of UAS geographical zones; samples of the InterUSS monitoring project and FOCA.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from skystork.airspace.altitudes import SURFACE
from skystork.airspace.applicability import read_applicability, write_applicability
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
    with_rest,
    word_of,
    words_of,
)
from skystork.airspace.polygons import Area, read_circle, read_polygon
from skystork.airspace.reading import Reader, ZoneFile, ZoneFormat, number_of
from skystork.airspace.standard_zones import Band, add_parts
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Published, Restriction, Zone

RESTRICTIONS = tuple(each for each in Restriction if each is not Restriction.USPACE)
_KNOWN = frozenset(
    ["identifier", "country", "name", "type", "restriction", "reason", "message", "applicability", "geometry"]
)
_REFERENCES = (AltitudeReference.AGL, AltitudeReference.AMSL)


def read_ed269(reader: Reader, text: str | bytes) -> ZoneFile:
    """All zones of a file; raises ConfigError with everything wrong."""
    uppers: list[tuple[str, float]] = []
    for index, feature in enumerate(_features(text, reader.where)):
        _read_feature(reader, feature, f"{reader.where} features/{index}", uppers)
    note_heights_in_metres(reader, uppers)
    return reader.finish(ZoneFormat.ED269)


def write_ed269(zones: Sequence[Zone]) -> Written:
    """A document with ``features``; what ED-269 cannot say is in the losses."""
    losses: list[Loss] = []
    features = [_feature(identifier, parts, losses) for identifier, parts in parts_together(zones)]
    document = {"title": "UAS geographical zones", "features": features}
    return Written(json.dumps(document, indent=1, ensure_ascii=False) + "\n", tuple(losses))


def _features(text: str | bytes, where: str) -> list[object]:
    document = parse_json(text, where)
    found: object = document
    if isinstance(document, dict):
        found = document.get("UASZoneList", document.get("features"))
    if not isinstance(found, list) or (isinstance(document, list) and not document):
        seen = type(document).__name__ if not isinstance(document, dict) else ", ".join(list(document)[:5])
        raise refusal(where, "not ED-269 (no UASZoneList/features)", seen, "an object with UASZoneList or features")
    return found


def _read_feature(reader: Reader, feature: object, where: str, uppers: list[tuple[str, float]]) -> None:
    if not isinstance(feature, dict):
        reader.refuse(where, "not a zone", feature, "an object with identifier, restriction and geometry")
        return
    before = len(reader.problems)
    identifier = word_of(reader, feature, "identifier", where)
    named = f"{where} ({identifier})"
    check_identity(reader, identifier, feature.get("country"), named)
    restriction = feature.get("restriction")
    if restriction not in RESTRICTIONS:
        reader.refuse(f"{named} restriction", "unknown restriction", restriction, ", ".join(RESTRICTIONS))
    volumes = _volumes(reader, feature.get("geometry"), named, identifier, uppers)
    active = read_applicability(reader, feature.get("applicability"), named)
    for area, _ in volumes:
        reader.check_distance(named, area.rings[0])
    if len(reader.problems) > before:
        return
    name = feature.get("name")
    shown = name if isinstance(name, str) and name.strip() else identifier
    add_parts(reader, _published(feature), shown, Restriction(str(restriction)), active, volumes)


def _volumes(
    reader: Reader, raw: object, where: str, zone: str, uppers: list[tuple[str, float]]
) -> list[tuple[Area, Band]]:
    rows = [raw] if isinstance(raw, dict) else raw
    if not isinstance(rows, list) or not rows:
        reader.refuse(f"{where} geometry", "a zone needs an area", raw, "a list of volumes")
        return []
    found = []
    for number, row in enumerate(rows):
        place = f"{where} geometry/{number}"
        if not isinstance(row, dict):
            reader.refuse(place, "not a volume", row, "an object with limits and horizontalProjection")
            continue
        scale = scale_of(reader, row.get("uomDimensions"), f"{place} uomDimensions")
        band = _band(reader, row, scale, place, uppers) if scale is not None else None
        areas = _areas(reader, row.get("horizontalProjection"), scale or 1.0, place, zone)
        found += [(area, band) for area in areas if band is not None]
    return found


def _band(
    reader: Reader, row: Mapping[str, Any], scale: float, where: str, uppers: list[tuple[str, float]]
) -> Band | None:
    lower: AltitudeLimit | None = SURFACE
    if row.get("lowerLimit") is None:
        reader.note(f"{where} lowerLimit", "there is no lower limit", "taken from the ground up")
    else:
        reference = row.get("lowerVerticalReference")
        lower = limit_of(reader, row["lowerLimit"], reference, scale, f"{where} lowerLimit", upper=False)
    reference = row.get("upperVerticalReference")
    upper = limit_of(reader, row.get("upperLimit"), reference, scale, f"{where} upperLimit", upper=True)
    if lower is None or upper is None or not reader.check_band(where, lower, upper):
        return None
    if math.isinf(upper.value_m):
        reader.note(f"{where} upperLimit", "there is no upper limit", "taken as unlimited (UNL)")
    elif scale == 1.0 and upper.reference is AltitudeReference.AGL:
        uppers.append((f"{where} upperLimit", upper.value_m))
    return lower, upper


def _areas(reader: Reader, projection: object, scale: float, where: str, zone: str) -> list[Area]:
    kind = projection.get("type") if isinstance(projection, dict) else None
    if isinstance(projection, dict) and kind == "Polygon":
        return read_polygon(reader, projection.get("coordinates"), where, zone)
    if isinstance(projection, dict) and kind == "Circle":
        radius = number_of(projection.get("radius"))
        radius_m = projection.get("radius") if radius is None else radius * scale
        return read_circle(reader, projection.get("center"), radius_m, f"{where} circle")
    limit = "Polygon, or Circle with center and radius"
    reader.refuse(f"{where} horizontalProjection", "a zone needs an area", kind, limit)
    return []


def _published(feature: Mapping[str, Any]) -> Published:
    return Published(
        str(feature["identifier"]),
        str(feature.get("country") or ""),
        str(feature.get("type") or ""),
        words_of(feature.get("reason")),
        str(feature.get("message") or ""),
        rest_of(feature, _KNOWN),
        ZoneFormat.ED269,
    )


def _feature(identifier: str, parts: Sequence[Zone], losses: list[Loss]) -> dict[str, object]:
    zone = parts[0]
    losses.extend([*common_losses(zone), *rest_losses(zone, ZoneFormat.ED269)])
    restriction = zone.restriction
    if restriction is Restriction.USPACE:
        restriction = Restriction.REQ_AUTHORISATION
        losses.append(Loss(zone.zone_id, "restriction", "USPACE", "written as REQ_AUTHORISATION"))
    told = zone.published
    members: dict[str, object] = {
        "identifier": identifier,
        "country": told.country,
        "name": zone.name,
        "type": told.variant or "COMMON",
        "restriction": restriction.value,
        "reason": list(told.reasons) or ["OTHER"],
        "applicability": _applicability(zone, losses),
        "geometry": [_volume(part, losses) for part in parts],
    }
    if told.message:
        members["message"] = told.message
    return with_rest(members, told, ZoneFormat.ED269)


def _applicability(zone: Zone, losses: list[Loss]) -> list[dict[str, object]]:
    return standard_applicability(zone, losses) or [{"permanent": "YES"}]


def standard_applicability(zone: Zone, losses: list[Loss]) -> list[dict[str, object]]:
    """Periods in what the standards have: clocks with Z or an offset, no named time zones; empty: always."""
    names = {
        edge.zone
        for period in zone.active or ()
        for daily in period.daily
        for edge in (daily.start, daily.end)
        if edge.event is None and edge.zone != "UTC" and edge.zone[:1] not in {"+", "-"}
    }
    if names:
        losses.append(Loss(zone.zone_id, "active", f"times of {', '.join(sorted(names))}", "written as always active"))
        return []
    return write_applicability(zone.active)


def _volume(zone: Zone, losses: list[Loss]) -> dict[str, object]:
    lower, upper = expressible_band(zone, _REFERENCES, losses)
    if zone.circle is not None:
        projection: dict[str, object] = {
            "type": "Circle",
            "center": list(zone.circle.centre),
            "radius": zone.circle.radius_m,
        }
    else:
        projection = {"type": "Polygon", "coordinates": [[list(position) for position in ring] for ring in zone.rings]}
    return {
        "uomDimensions": "M",
        "lowerLimit": lower.value_m,
        "lowerVerticalReference": lower.reference.value,
        "upperLimit": None if math.isinf(upper.value_m) else upper.value_m,
        "upperVerticalReference": upper.reference.value,
        "horizontalProjection": projection,
    }
