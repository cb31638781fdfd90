"""KML polygons as zones: altitude modes, inner boundaries, spans of time, and our own data behind them.

A polygon extruded to the ground is a volume up to its height. One that is not is a sheet without thickness: nobody
means that by a zone, so it closes all heights, and a remark says so. ``ExtendedData`` with ``lower`` and ``upper`` goes
before what is drawn. Documents with a DTD or entities are refused before anything of them is expanded.

Source: OGC 12-007r2 (KML 2.3), sections 9.9 (altitudeMode), 10.8 (Polygon) and 13 (TimeSpan).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

import defusedxml
from defusedxml import ElementTree

from skystork.airspace.altitudes import ACCEPTED, SURFACE, UNLIMITED, read_altitude
from skystork.airspace.applicability import read_applicability
from skystork.airspace.json_text import decode_text, refusal
from skystork.airspace.members import read_speed_limit, words_of
from skystork.airspace.polygons import Area, read_circle, read_polygon
from skystork.airspace.reading import Reader, ZoneFile, ZoneFormat
from skystork.airspace.rules import KindRule
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Circle, Published, Restriction, Zone

_MODES = {"relativeToGround": AltitudeReference.AGL, "absolute": AltitudeReference.AMSL}
_GEOMETRIES = {"Polygon", "MultiGeometry", "Point", "LineString", "LinearRing", "Model", "Track", "MultiTrack"}

Band = tuple[AltitudeLimit, AltitudeLimit]


def read_kml(reader: Reader, text: str | bytes) -> ZoneFile:
    """All placemarks with polygons; raises ConfigError with everything wrong."""
    root = _parse(text, reader.where)
    if _tag(root) != "kml":
        raise refusal(reader.where, "not KML", f"<{_tag(root)}>", "a <kml> document")
    for link in _all(root, "NetworkLink"):
        limit = "the placemarks themselves"
        reader.refuse(reader.where, "zones that lie behind a NetworkLink", _text(link, "name"), limit, "Save them in.")
    for index, placemark in enumerate(_all(root, "Placemark")):
        _read_placemark(reader, placemark, index)
    return reader.finish(ZoneFormat.KML)


def _parse(text: str | bytes, where: str) -> Element:
    try:
        root: Element = ElementTree.fromstring(decode_text(text, where).encode(), forbid_dtd=True)
    except defusedxml.DefusedXmlException as error:
        what = "it has a document type or entities, which could name anything"
        raise refusal(where, what, type(error).__name__, "KML without <!DOCTYPE> and <!ENTITY>") from error
    except (ParseError, ValueError) as error:
        raise refusal(where, "not well-formed XML", error, "KML (OGC 12-007r2)") from error
    return root


def _read_placemark(reader: Reader, placemark: Element, index: int) -> None:
    data = _data(placemark)
    name = _text(placemark, "name").strip() or f"placemark {index}"
    zone_id = data.get("id") or placemark.get("id") or name
    where, before = f"{reader.where} Placemark {index} ({zone_id})", len(reader.problems)
    polygons = list(_polygons(placemark))
    others = [_tag(each) for each in _geometries(placemark) if _tag(each) != "Polygon"]
    if others or not polygons:
        limit = "Polygon (a zone needs an area)"
        reader.refuse(where, "a placemark that is no area", ", ".join(others) or "no geometry", limit, "Leave it out.")
        return
    volumes = [
        (area, band)
        for number, polygon in enumerate(polygons)
        for area, band in _volume(reader, polygon, data, f"{where} Polygon {number}", zone_id)
    ]
    published = _restriction(reader, data, where)
    limit_m_s = read_speed_limit(reader, _number(data.get("speed_limit_m_s")), where)
    active = read_applicability(reader, _times(reader, placemark, data, where), where)
    for area, _ in volumes:
        reader.check_distance(where, area.rings[0])
    if len(reader.problems) > before:
        return
    kind = data.get("type") or "KML"
    rule = reader.rules.rule_for(kind, data.get("identifier") or zone_id, published)
    for part, (area, band) in enumerate(volumes, start=1):
        reader.add(
            Zone(
                zone_id if len(volumes) == 1 else f"{zone_id}#{part}",
                name,
                kind,
                Restriction.PROHIBITED if area.everywhere else rule.restriction,
                area.rings,
                *band,
                rule.granted_below_agl_m,
                active,
                reader.where,
                area.circle,
                _published(placemark, data),
                data.get("outside") == "true",
                area.everywhere,
                limit_m_s if rule.speed_limit_m_s is None else rule.speed_limit_m_s,
            )
        )


def _volume(reader: Reader, polygon: Element, data: dict[str, str], where: str, zone: str) -> list[tuple[Area, Band]]:
    rings, heights_m = [], []
    for boundary in ("outerBoundaryIs", "innerBoundaryIs"):
        for edge in polygon.findall(f"{{*}}{boundary}"):
            for ring in _all(edge, "LinearRing"):
                positions = _positions(reader, _text(ring, "coordinates"), where)
                rings.append([position[:2] for position in positions])
                heights_m += [position[2] for position in positions if len(position) > 2]
    areas = _with_circle(reader, read_polygon(reader, rings, where, zone), data, where)
    band = _band(reader, polygon, data, heights_m, where)
    return [(area, band) for area in areas] if band is not None else []


def _positions(reader: Reader, text: str, where: str) -> list[list[float]]:
    """``lon,lat[,alt]`` tuples; what is no number stays out and is refused."""
    positions = []
    for word in text.split():
        try:
            numbers = [float(part) for part in word.split(",")]
        except ValueError:
            numbers = [math.nan]
        if len(numbers) in {2, 3} and all(map(math.isfinite, numbers)):
            positions.append(numbers)
        else:
            reader.refuse(f"{where} coordinates", "not a position", word, "longitude,latitude[,altitude]")
    return positions


def _band(reader: Reader, polygon: Element, data: dict[str, str], heights_m: list[float], where: str) -> Band | None:
    if "lower" in data or "upper" in data:
        limits = [read_altitude(data.get(key)) for key in ("lower", "upper")]
        for key, limit in zip(("lower", "upper"), limits, strict=True):
            if limit is None:
                reader.refuse(f"{where} {key}", "altitude not understood", data.get(key), ACCEPTED)
        lower, upper = limits
        if lower is None or upper is None or not reader.check_band(where, lower, upper):
            return None
        return lower, upper
    mode = _text(polygon, "altitudeMode").strip() or "clampToGround"
    if mode == "clampToGround":
        return SURFACE, UNLIMITED
    extruded = _text(polygon, "extrude").strip() in {"1", "true"}
    if mode not in _MODES or not heights_m or not extruded:
        what = (
            f"altitudeMode {mode}, {'extruded' if extruded else 'not extruded'}, gives no heights to fly above or below"
        )
        reader.note(where, what, "closed at all heights")
        return SURFACE, UNLIMITED
    if max(heights_m) - min(heights_m) > 0:
        what = f"its corners are between {min(heights_m):g} and {max(heights_m):g} m high"
        reader.note(where, what, "taken up to the highest")
    top = AltitudeLimit(max(heights_m), _MODES[mode], f"{max(heights_m):.12g} m {_MODES[mode]}")
    return (SURFACE, top) if reader.check_band(where, SURFACE, top) else None


def _with_circle(reader: Reader, areas: list[Area], data: dict[str, str], where: str) -> list[Area]:
    if "circle" not in data or not areas:
        return areas
    try:
        longitude, latitude, radius_m = (float(word) for word in data["circle"].split(","))
    except ValueError:
        reader.refuse(f"{where} circle", "not a circle", data["circle"], "longitude,latitude,radius in metres")
        return []
    found = read_circle(reader, [longitude, latitude], radius_m, f"{where} circle")
    circle: Circle | None = found[0].circle if found else None
    return [Area(area.rings, circle) for area in areas]


def _restriction(reader: Reader, data: dict[str, str], where: str) -> KindRule | None:
    word = data.get("restriction")
    if word is None:
        return None
    if word not in set(Restriction):
        reader.refuse(f"{where} restriction", "unknown restriction", word, ", ".join(Restriction))
        return None
    try:
        granted_m = float(data.get("granted_below_agl_m", "0"))
    except ValueError:
        granted_m = math.nan
    if not (math.isfinite(granted_m) and granted_m >= 0):
        seen = data["granted_below_agl_m"]
        reader.refuse(f"{where} granted_below_agl_m", "not a height", seen, "metres, 0 or more")
        return None
    return KindRule(Restriction(word), granted_m)


def _number(word: str | None) -> object:
    """The number that a word is; the word itself where it is none, to be refused by who asked for one."""
    try:
        return None if word is None else float(word)
    except ValueError:
        return word


def _times(reader: Reader, placemark: Element, data: dict[str, str], where: str) -> object:
    """Our own applicability, else the span of time; a moment is no span."""
    if "applicability" in data:
        try:
            return json.loads(data["applicability"])
        except ValueError:
            reader.note(where, "its applicability is not JSON", "it is taken as always active")
            return None
    span = placemark.find("{*}TimeSpan")
    if span is None:
        return None
    row = {"startDateTime": _text(span, "begin").strip() or None, "endDateTime": _text(span, "end").strip() or None}
    return [row] if any(row.values()) else None


def _published(placemark: Element, data: dict[str, str]) -> Published:
    reasons = words_of(data["reason"].split()) if data.get("reason") else ()
    message = _text(placemark, "description").strip()
    return Published(data.get("identifier", ""), data.get("country", ""), data.get("variant", ""), reasons, message)


def _data(placemark: Element) -> dict[str, str]:
    found = {}
    for extended in placemark.findall("{*}ExtendedData"):
        for each in _all(extended, "Data"):
            found[each.get("name", "")] = _text(each, "value").strip()
        for each in _all(extended, "SimpleData"):
            found[each.get("name", "")] = (each.text or "").strip()
    return {name: value for name, value in found.items() if value}


def _geometries(placemark: Element) -> Iterator[Element]:
    for child in placemark:
        if _tag(child) == "MultiGeometry":
            yield from _geometries(child)
        elif _tag(child) in _GEOMETRIES:
            yield child


def _polygons(placemark: Element) -> Iterator[Element]:
    return (each for each in _geometries(placemark) if _tag(each) == "Polygon")


def _all(element: Element, tag: str) -> Iterator[Element]:
    return (each for each in element.iter() if _tag(each) == tag)


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, tag: str) -> str:
    found = element.find(f"{{*}}{tag}")
    return (found.text or "") if found is not None else ""
