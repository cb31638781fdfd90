"""KML polygons as the independent check reads them; a document with a document type or entities is not read.

Source: OGC 12-007r2 (KML 2.3), sections 9.9 (altitudeMode), 10.8 (Polygon) and 13 (TimeSpan).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from skystork.planning.check_formats import read_geojson
from skystork.planning.check_volumes import RawSource, SiteRules, Volume

_KML_KIND = "KML"
_SHAPES = {"Point", "LineString", "LinearRing", "Model", "Track", "MultiTrack"}


def read_kml(source: RawSource, rules: SiteRules) -> Iterator[Volume]:
    """Placemarks, turned to the features they stand for."""
    if "<!" in source.text.replace("<!--", "").replace("<![CDATA[", ""):
        raise ValueError(f"{source.name} has a document type or entities")
    try:
        root = ElementTree.fromstring(source.text)
    except ElementTree.ParseError as error:
        raise ValueError(f"{source.name} is not XML: {error}") from error
    if _tag(root) != "kml" or any(_tag(each) == "NetworkLink" for each in root.iter()):
        raise ValueError(f"{source.name} is not KML, or links to what lies elsewhere")
    features = [
        feature
        for index, placemark in enumerate(each for each in root.iter() if _tag(each) == "Placemark")
        for feature in _features(placemark, index)
    ]
    document = json.dumps({"features": features})
    yield from read_geojson(RawSource(source.name, "geojson", document, source.options), rules)


def _features(placemark: ElementTree.Element, index: int) -> Iterator[dict[str, Any]]:
    data = _data(placemark)
    name = _text(placemark, "name") or f"placemark {index}"
    polygons = [each for each in placemark.iter() if _tag(each) == "Polygon"]
    rings_of = {id(ring) for polygon in polygons for ring in polygon.iter()}
    if not polygons or any(_tag(each) in _SHAPES and id(each) not in rings_of for each in placemark.iter()):
        raise ValueError(f"placemark {name} is no area")
    given: dict[str, Any] = {
        "id": data.get("identifier") or data.get("id") or placemark.get("id") or name,
        "name": name,
        "type": data.get("type") or _KML_KIND,
        "applicability": _times(placemark, data),
    }
    if "restriction" in data:
        given |= {"restriction": data["restriction"], "granted_below_agl_m": float(data.get("granted_below_agl_m", 0))}
    if "speed_limit_m_s" in data:
        given["speed_limit_m_s"] = float(data["speed_limit_m_s"])
    for polygon in polygons:
        rings, heights_m = [], []
        for ring in (each for each in polygon.iter() if _tag(each) == "LinearRing"):
            positions = [[float(number) for number in word.split(",")] for word in _text(ring, "coordinates").split()]
            rings.append([position[:2] for position in positions])
            heights_m += [position[2] for position in positions if len(position) > 2]
        lower, upper = _band(polygon, data, heights_m)
        properties = {**given, "lower": lower, "upper": upper, **_circle(data)}
        yield {"properties": properties, "geometry": {"type": "Polygon", "coordinates": rings}}


def _band(polygon: ElementTree.Element, data: dict[str, str], heights_m: list[float]) -> tuple[str, str]:
    """A polygon extruded to the ground reaches up to its height; any other closes all heights."""
    if "lower" in data or "upper" in data:
        return data["lower"], data["upper"]
    mode = {"relativeToGround": "AGL", "absolute": "AMSL"}.get(_text(polygon, "altitudeMode"))
    if mode is None or not heights_m or _text(polygon, "extrude") not in {"1", "true"}:
        return "SFC", "UNL"
    return "SFC", f"{max(heights_m)} m {mode}"


def _circle(data: dict[str, str]) -> dict[str, Any]:
    if "circle" not in data:
        return {}
    longitude, latitude, radius_m = (float(word) for word in data["circle"].split(","))
    return {"circle": {"centre": [longitude, latitude], "radius_m": radius_m}}


def _times(placemark: ElementTree.Element, data: dict[str, str]) -> Any:
    if "applicability" in data:
        try:
            return json.loads(data["applicability"])
        except ValueError:
            return None
    span = placemark.find("{*}TimeSpan")
    if span is None:
        return None
    row = {"startDateTime": _text(span, "begin") or None, "endDateTime": _text(span, "end") or None}
    return [row] if any(row.values()) else None


def _data(placemark: ElementTree.Element) -> dict[str, str]:
    found = {}
    for extended in placemark.findall("{*}ExtendedData"):
        for each in extended.iter():
            if _tag(each) == "Data":
                found[each.get("name", "")] = _text(each, "value")
            elif _tag(each) == "SimpleData":
                found[each.get("name", "")] = (each.text or "").strip()
    return {name: value for name, value in found.items() if value}


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: ElementTree.Element, tag: str) -> str:
    found = element.find(f"{{*}}{tag}")
    return (found.text or "").strip() if found is not None else ""
