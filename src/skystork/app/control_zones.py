"""An area that a command closes, as a GeoJSON feature that planner and independent check both read."""

from __future__ import annotations

import json
from collections.abc import Sequence

import shapely

from skystork.airspace.altitudes import written
from skystork.airspace.zone import Zone
from skystork.control import commands as c
from skystork.control.roles import Issuer
from skystork.orders import events as e

KIND = "CLOSED_BY_COMMAND"


def zone_closed(command: c.CloseZone, issuer: Issuer, zones: Sequence[Zone]) -> e.ZoneClosed | str:
    """The event that closes it, or why there is no area to close."""
    extra: dict[str, object] = {}
    if command.area is None:
        template = next((zone for zone in zones if zone.zone_id == command.zone_id), None)
        if template is None:
            return f"there is no zone {command.zone_id} in force: give an area to close a new one"
        rings = [[list(position) for position in ring] for ring in template.rings]
        geometry: dict[str, object] = {"type": "Polygon", "coordinates": rings}
        band = (written(template.lower), written(template.upper))
    else:
        geometry, extra = _geometry(command.area)
        if (why := _why_no_area(geometry)) != "":
            return why
        band = (_limit(command.lower, "SFC"), _limit(command.upper, "UNL"))
    properties = {
        "id": f"closed-{command.zone_id}",
        "name": f"{command.zone_id}, closed by {issuer.name}",
        "type": KIND,
        "lower": band[0],
        "upper": band[1],
        "restriction": "PROHIBITED",
        "message": command.why,
        **extra,
    }
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    until_s = command.until.timestamp()
    return e.ZoneClosed(command.zone_id, json.dumps(feature, sort_keys=True), until_s, issuer.name, command.why)


def _geometry(area: c.CircleArea | c.PolygonArea) -> tuple[dict[str, object], dict[str, object]]:
    if isinstance(area, c.CircleArea):
        place = [area.longitude, area.latitude]
        return {"type": "Point", "coordinates": place}, {"circle": {"centre": place, "radius_m": area.radius_m}}
    ring = [list(position) for position in area.positions]
    if ring[0] != ring[-1]:
        ring.append(ring[0])
    return {"type": "Polygon", "coordinates": [ring]}, {}


def _why_no_area(geometry: dict[str, object]) -> str:
    shape = shapely.geometry.shape(geometry)
    return "" if shape.is_valid else f"the outline is no area: {shapely.is_valid_reason(shape)}"


def _limit(limit: c.ZoneLimit | None, otherwise: str) -> str:
    return otherwise if limit is None else f"{limit.value:g} m {limit.reference}"
