"""A plan as shapes for other programs: GeoJSON for maps, KML for Google Earth. Heights are above mean sea level.

GeoJSON by RFC 7946, whose third coordinate is above the ellipsoid: the shapes are flat there and heights stand in the
properties. KML by OGC 12-007r2; ``absolute`` is above mean sea level.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import shapely
from shapely.geometry.base import BaseGeometry

from skystork.frames import LocalFrame
from skystork.planning.flight_plan import FlightPlan, LegName, Place
from skystork.shell.plan_backdrop import Backdrop

_COLOURS = {  # KML: opacity, blue, green, red
    "outbound": ("ffa85f1f", "00000000"),
    "inbound": ("ff3d8015", "00000000"),
    "vertical": ("ff3c3022", "00000000"),
    "corridor": ("80a85f1f", "20a85f1f"),
    "closed": ("ff1e26b3", "401e26b3"),
    "speed limit": ("ffa03f6a", "30a03f6a"),
    "margin": ("ff1e26b3", "00000000"),
    "fence": ("ffd9286d", "00000000"),
    "place": ("ff3c3022", "00000000"),
}


@dataclass(frozen=True, slots=True)
class _Shape:
    kind: str
    name: str
    lines: tuple[tuple[Place, ...], ...] = ()
    """Rings of one polygon, or one line [site's frame, m]."""
    is_area: bool = False
    heights_home_m: tuple[float, ...] = ()
    """Of each point of a line; empty: on the ground."""


def plan_geojson(plan: FlightPlan, backdrop: Backdrop) -> str:
    """A feature collection: legs, corridors, what is closed, its margin, speed limits, the fence, and places."""
    frame = backdrop.zones.frame
    features = [_feature(shape, plan, backdrop, frame) for shape in _shapes(plan, backdrop)]
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1, ensure_ascii=False) + "\n"


def plan_kml(plan: FlightPlan, backdrop: Backdrop) -> str:
    """A KML document with a folder for each kind of shape."""
    root = Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = SubElement(root, "Document")
    request = plan.request
    SubElement(document, "name").text = f"Flight {request.flight_id} by {request.vehicle_id}"
    SubElement(
        document, "description"
    ).text = f"{plan.duration_s:.0f} s, {plan.energy_j / 3600.0:.0f} Wh; zones {plan.zone_set_hash}"
    for kind, (line, fill) in _COLOURS.items():
        style = SubElement(document, "Style", id=kind)
        drawn = SubElement(style, "LineStyle")
        SubElement(drawn, "color").text = line
        SubElement(drawn, "width").text = "3" if kind in {"outbound", "inbound"} else "1.5"
        SubElement(SubElement(style, "PolyStyle"), "color").text = fill
    folders: dict[str, Element] = {}
    for shape in _shapes(plan, backdrop):
        if shape.kind not in folders:
            folders[shape.kind] = SubElement(document, "Folder")
            SubElement(folders[shape.kind], "name").text = shape.kind
        _placemark(folders[shape.kind], shape, backdrop, backdrop.zones.frame)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _shapes(plan: FlightPlan, backdrop: Backdrop) -> Iterator[_Shape]:
    begins_s = 0.0
    for leg in plan.legs:
        ends_s = begins_s + leg.duration_s
        points = [point for point in plan.track if begins_s - 1.0 <= point.t_s <= ends_s + 1.0]
        kind = leg.name.value if leg.name in {LegName.OUTBOUND, LegName.INBOUND} else "vertical"
        line = tuple((point.east_m, point.north_m) for point in points)
        yield _Shape(kind, leg.name.value, (line,), heights_home_m=tuple(point.height_home_m for point in points))
        begins_s = ends_s
    for leg in plan.legs:
        if leg.corridor is not None:
            cells = shapely.union_all([shapely.Polygon(polygon) for polygon in leg.corridor.polygons_enu_m])
            yield from _areas("corridor", f"corridor {leg.name}", cells)
    for name, polygon in backdrop.closed_to(plan):
        yield from _areas("closed", name, polygon)
    for name, polygon in backdrop.slow_to(plan):
        yield from _areas("speed limit", name, polygon)
    yield from _areas("margin", "margin of what is closed", backdrop.margin(plan))
    fence = plan.around.fence
    yield _Shape("fence", "fence on board", ((*fence.inclusion_enu_m, fence.inclusion_enu_m[0]),), is_area=True)
    for ring in fence.exclusions_enu_m:
        yield _Shape("fence", "excluded by the fence", ((*ring, ring[0]),), is_area=True)
    frame = backdrop.zones.frame
    places = [("pad", plan.request.pad), ("doorstep", plan.request.drop_off)]
    places += [(point.name, point.position) for point in plan.around.safe_points[1:]]
    for name, place in places:
        yield _Shape("place", name, ((frame.to_enu_m(place),),))


def _areas(kind: str, name: str, shape: BaseGeometry) -> Iterator[_Shape]:
    for part in shapely.get_parts(shape):
        if isinstance(part, shapely.Polygon) and not part.is_empty:
            rings = [part.exterior, *part.interiors]
            yield _Shape(kind, name, tuple(tuple(map(tuple, ring.coords)) for ring in rings), is_area=True)


def _degrees(line: Sequence[Place], frame: LocalFrame) -> list[list[float]]:
    places = [frame.to_geodetic(east_m, north_m) for east_m, north_m in line]
    return [[round(place.longitude_deg, 7), round(place.latitude_deg, 7)] for place in places]


def _feature(shape: _Shape, plan: FlightPlan, backdrop: Backdrop, frame: LocalFrame) -> dict[str, Any]:
    lines = [_degrees(line, frame) for line in shape.lines]
    properties: dict[str, Any] = {"kind": shape.kind, "name": shape.name, "flight_id": plan.request.flight_id}
    if shape.heights_home_m:
        properties["height_home_m"] = [round(height_m, 2) for height_m in shape.heights_home_m]
        properties["home_amsl_m"] = backdrop.zones.ground_amsl_m
    if shape.is_area:
        geometry: dict[str, Any] = {"type": "Polygon", "coordinates": lines}
    elif len({tuple(position) for position in lines[0]}) == 1:  # straight up or down
        geometry = {"type": "Point", "coordinates": lines[0][0]}
    else:
        geometry = {"type": "LineString", "coordinates": lines[0]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _placemark(folder: Element, shape: _Shape, backdrop: Backdrop, frame: LocalFrame) -> None:
    placemark = SubElement(folder, "Placemark")
    SubElement(placemark, "name").text = shape.name
    SubElement(placemark, "styleUrl").text = f"#{shape.kind}"
    lines = [_degrees(line, frame) for line in shape.lines]
    if shape.is_area:
        polygon = SubElement(placemark, "Polygon")
        SubElement(polygon, "tessellate").text = "1"
        for number, ring in enumerate(lines):
            edge = SubElement(polygon, "innerBoundaryIs" if number else "outerBoundaryIs")
            SubElement(SubElement(edge, "LinearRing"), "coordinates").text = _words(ring)
        return
    if len(lines[0]) == 1:
        SubElement(SubElement(placemark, "Point"), "coordinates").text = _words(lines[0])
        return
    line = SubElement(placemark, "LineString")
    SubElement(line, "extrude").text = "1"
    SubElement(line, "altitudeMode").text = "absolute"
    heights = [height_m + backdrop.zones.ground_amsl_m for height_m in shape.heights_home_m]
    SubElement(line, "coordinates").text = _words(
        [[*place, round(height_m, 2)] for place, height_m in zip(lines[0], heights, strict=True)]
    )


def _words(positions: Sequence[Sequence[float]]) -> str:
    return " ".join(",".join(f"{number:g}" if at == 2 else f"{number:.7f}" for at, number in enumerate(position))
                    for position in positions)  # fmt: skip
