"""Fences of a QGroundControl plan file as zones, and zones as fences.

An exclusion is a prohibited zone. Inclusions allow what lies in any of them (PX4 1.17, Geofence::checkPolygons), so
together they are one zone: everything else, out to :data:`REACH_DEG`. A circle of an inclusion is taken a little too
small, one of an exclusion a little too large.

Source: QGroundControl developer guide, plan file format, GeoFence object version 2.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from shapely import Polygon, box, union_all

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.json_text import parse_json, refusal
from skystork.airspace.loss import Loss, Written
from skystork.airspace.polygons import CIRCLE_SIDES, Area, read_circle, read_polygon
from skystork.airspace.reading import Reader, ZoneFile, ZoneFormat
from skystork.airspace.rings import normalised
from skystork.airspace.rules import KindRule
from skystork.airspace.zone import OPEN, Restriction, Ring, Zone
from skystork.frames import Geodetic, LocalFrame

EXCLUSION, INCLUSION = "EXCLUSION", "INCLUSION"
REACH_DEG = 1.5
"""What is outside an inclusion ends this far beyond it: 165 km, more than any vehicle's way [deg of latitude]."""
_KEYS = {"polygons": "polygon", "circles": "circle"}


def read_plan_fence(reader: Reader, text: str | bytes) -> ZoneFile:
    """The geofence of a plan; raises ConfigError with everything wrong."""
    fence = _fence(text, reader.where)
    inclusions: list[Polygon] = []
    for key in _KEYS:
        rows = fence.get(key, [])
        if not isinstance(rows, list):
            raise refusal(f"{reader.where} geoFence/{key}", "not a list", type(rows).__name__, "a list")
        for index, row in enumerate(rows):
            _read_part(reader, row, key, index, inclusions)
    if inclusions and not reader.problems:
        _add_outside(reader, inclusions)
    if not reader.zones and not reader.problems:
        reader.note(reader.where, "its geofence is empty", "it closes nothing")
    return reader.finish(ZoneFormat.PLAN)


def write_plan_fence(zones: Sequence[Zone]) -> Written:
    """A plan with a geofence and no mission; it has no heights, times or names, so each of those is a loss."""
    losses: list[Loss] = []
    polygons: list[dict[str, object]] = []
    circles: list[dict[str, object]] = []
    for zone in zones:
        _tell(zone, losses)
        if zone.restriction in OPEN:
            continue
        if zone.outside:
            polygons += [_polygon(ring, inclusion=True) for ring in zone.rings[1:]]
        elif zone.circle is not None:
            latitude_first = [zone.circle.centre[1], zone.circle.centre[0]]
            shape = {"center": latitude_first, "radius": zone.circle.radius_m}
            circles.append({"circle": shape, "inclusion": False, "version": 1})
        else:
            polygons.append(_polygon(zone.rings[0], inclusion=False))
    document = {
        "fileType": "Plan",
        "geoFence": {"circles": circles, "polygons": polygons, "version": 2},
        "groundStation": "QGroundControl",
        "mission": {"items": [], "version": 2},
        "rallyPoints": {"points": [], "version": 2},
        "version": 1,
    }
    return Written(json.dumps(document, indent=1) + "\n", tuple(losses))


def _fence(text: str | bytes, where: str) -> Mapping[str, Any]:
    document = parse_json(text, where)
    if not isinstance(document, dict) or document.get("fileType") != "Plan":
        seen = document.get("fileType") if isinstance(document, dict) else type(document).__name__
        raise refusal(where, "not a plan of QGroundControl", seen, '"fileType": "Plan"')
    if document.get("version") != 1:
        raise refusal(f"{where} version", "unknown version of the plan", document.get("version"), "1")
    fence = document.get("geoFence")
    if not isinstance(fence, dict):
        raise refusal(f"{where} geoFence", "the plan has no geofence", type(fence).__name__, "an object, version 2")
    if fence.get("version") != 2:
        raise refusal(f"{where} geoFence/version", "unknown version of the geofence", fence.get("version"), "2")
    return fence


def _read_part(reader: Reader, row: object, key: str, index: int, inclusions: list[Polygon]) -> None:
    where, before = f"{reader.where} geoFence/{key}/{index}", len(reader.problems)
    if not isinstance(row, dict) or not isinstance(row.get("inclusion"), bool):
        reader.refuse(where, "not a part of a fence", row, f"an object with {_KEYS[key]} and inclusion, true or false")
        return
    areas = _areas(reader, row.get(_KEYS[key]), key, where)
    for area in areas:
        reader.check_distance(where, area.rings[0])
    if len(reader.problems) > before:
        return
    if row["inclusion"]:
        inclusions += [_inner(area) for area in areas]
        return
    zone_id = f"{EXCLUSION}-{_KEYS[key]}-{index}"
    rule = reader.rules.rule_for(EXCLUSION, zone_id, KindRule(Restriction.PROHIBITED))
    for area in areas:
        reader.add(
            Zone(
                zone_id,
                f"exclusion {_KEYS[key]} {index}",
                EXCLUSION,
                rule.restriction,
                area.rings,
                SURFACE,
                UNLIMITED,
                rule.granted_below_agl_m,
                None,
                reader.where,
                area.circle,
                everywhere=area.everywhere,
                speed_limit_m_s=rule.speed_limit_m_s,
            )
        )


def _areas(reader: Reader, shape: object, key: str, where: str) -> list[Area]:
    """Positions are latitude first, and a ring does not repeat its first corner."""
    if key == "circles":
        circle = shape if isinstance(shape, dict) else {}
        centre = circle.get("center")
        turned = centre[::-1] if isinstance(centre, list) and len(centre) == 2 else centre
        return read_circle(reader, turned, circle.get("radius"), where)
    if not isinstance(shape, list):
        reader.refuse(where, "not a polygon", shape, "[[latitude, longitude], …]")
        return []
    ring = [item[1::-1] if isinstance(item, list) else item for item in shape]
    closed = [*ring, ring[0]] if ring and ring[0] != ring[-1] else ring
    return read_polygon(reader, [closed], where, where)


def _inner(area: Area) -> Polygon:
    """What is allowed for certain."""
    if area.circle is None:
        return Polygon(area.rings[0])
    longitude, latitude = area.circle.centre
    frame = LocalFrame(Geodetic(latitude, longitude))
    angles = (2 * math.pi * side / CIRCLE_SIDES for side in range(CIRCLE_SIDES))
    corners = [
        frame.to_geodetic(area.circle.radius_m * math.cos(a), area.circle.radius_m * math.sin(a)) for a in angles
    ]
    return Polygon([(corner.longitude_deg, corner.latitude_deg) for corner in corners])


def _add_outside(reader: Reader, inclusions: list[Polygon]) -> None:
    allowed = union_all(inclusions)
    west, south, east, north = allowed.bounds
    wide_deg = REACH_DEG / max(0.02, math.cos(math.radians(max(abs(south), abs(north)))))
    reach = box(
        max(-180.0, west - wide_deg),
        max(-89.0, south - REACH_DEG),
        min(180.0, east + wide_deg),
        min(89.0, north + REACH_DEG),
    )
    outside = reach.difference(allowed)
    parts = list(getattr(outside, "geoms", [outside]))
    for number, part in enumerate(parts):
        rings: list[Ring] = [tuple((x, y) for x, y in ring.coords) for ring in (part.exterior, *part.interiors)]
        zone_id = INCLUSION if number == 0 else f"{INCLUSION}-{number}"
        rule = reader.rules.rule_for(INCLUSION, zone_id, KindRule(Restriction.PROHIBITED))
        is_outer = bool(part.exterior.bounds == reach.bounds)
        name = "outside the inclusions of the fence"
        reader.add(
            Zone(
                zone_id,
                name,
                INCLUSION,
                rule.restriction,
                normalised(rings),
                SURFACE,
                UNLIMITED,
                rule.granted_below_agl_m,
                None,
                reader.where,
                outside=is_outer,
                speed_limit_m_s=rule.speed_limit_m_s,
            )
        )


def _polygon(ring: Ring, *, inclusion: bool) -> dict[str, object]:
    corners = [[latitude, longitude] for longitude, latitude in ring[:-1]]
    return {"inclusion": inclusion, "polygon": corners, "version": 1}


def _tell(zone: Zone, losses: list[Loss]) -> None:
    def lose(field: str, value: object, done: str) -> None:
        losses.append(Loss(zone.zone_id, field, str(value), done))

    if zone.restriction in OPEN:
        lose("restriction", zone.restriction, "left out: a fence can only close")
        return
    lose("name", zone.name, "left out: fences have no names, ids or kinds")
    if zone.lower.value_m > 0 or math.isfinite(zone.upper.value_m):
        band = f"{zone.lower.published} to {zone.upper.published}"
        lose("lower, upper", band, "closed at all heights: it closes more")
    if zone.restriction is not Restriction.PROHIBITED:
        lose("restriction", zone.restriction, "written as an exclusion: it closes more")
    if zone.granted_below_agl_m > 0:
        lose("granted_below_agl_m", f"{zone.granted_below_agl_m:g} m", "closed at all heights: it closes more")
    if zone.speed_limit_m_s is not None:
        lose("speed_limit_m_s", f"{zone.speed_limit_m_s:g} m/s", "left out: a fence can only close")
    if zone.active is not None:
        lose("active", f"{len(zone.active)} periods", "always active: it closes more")
    if len(zone.rings) > 1 and not zone.outside:
        lose("rings", f"{len(zone.rings) - 1} holes", "closed too: it closes more")
    told = zone.published
    if told.identifier or told.country or told.message or told.reasons:
        lose("published", told.identifier or told.message, "left out")
