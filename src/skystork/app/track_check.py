"""Every flown track point against the zone file's own polygons, by code that shares nothing with the planner.

Reads the GeoJSON anew, works in degrees with a plate carrée scale about each point, and decides with the crossing
number (O'Rourke, Computational Geometry in C, section 7.4). Used on the record of every run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from skystork.airspace.reading import ZoneFormat
from skystork.app.site import Site
from skystork.shell.track_store import TrackStore

METRES_PER_DEGREE = 111_320.0
"""Of latitude; one per cent off at most (the ellipsoid: 110,574 to 111,694 m)."""
_CLOSED = ("PROHIBITED",)
_EARTH_RADIUS_M = 6_371_008.8

Ring = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class TrackVerdict:
    """What the check found."""

    points: int
    inside: int
    """Points inside a prohibited zone's outline, whatever the height."""
    nearest_m: float
    """Least distance of any point to a prohibited outline [m]."""
    nearest_zone: str
    offenders: tuple[str, ...]
    """Flight and zone of the first points inside, if any."""


def check_tracks(tracks: Path, site: Site) -> TrackVerdict:
    """Check all points of a run."""
    store = TrackStore.open(tracks)
    try:
        points = [(point.flight_id, point.longitude_deg, point.latitude_deg) for point in store.points()]
    finally:
        store.close()
    drone_points = [point for point in points if point[0].startswith("F-")]
    return judge(drone_points, prohibited_outlines(site))


def prohibited_outlines(site: Site) -> list[tuple[str, Ring]]:
    """Outlines of prohibited zones: the files' own rings, and the circles of the site file as 360-gons.

    GeoJSON polygons are read anew; other formats are taken as the site read them, without zones that have times or that
    close what is outside.
    """
    outlines: list[tuple[str, Ring]] = []
    for source in site.zone_sources:
        if source.format is ZoneFormat.GEOJSON:
            outlines += _geojson_outlines(source.text, site)
        else:
            zones = [zone for zone in site.zones.zones if zone.source == source.name and zone.active is None]
            closed = [zone for zone in zones if zone.restriction in _CLOSED and not zone.outside]
            outlines += [(zone.name, zone.rings[0]) for zone in closed]
    for circle in site.circles:
        if circle.kind not in site.kinds or site.kinds[circle.kind].restriction in _CLOSED:
            centre = (circle.centre.longitude_deg, circle.centre.latitude_deg)
            outlines.append((circle.name, _circle(centre, circle.radius_m)))
    return outlines


def _geojson_outlines(text: str, site: Site) -> Iterator[tuple[str, Ring]]:
    for feature in json.loads(text)["features"]:
        properties, geometry = feature["properties"], feature["geometry"]
        kind = properties.get("localtype") if properties.get("localtype") in site.kinds else properties["type"]
        if kind in site.kinds and site.kinds[kind].restriction not in _CLOSED:
            continue
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        if geometry["type"] in {"Polygon", "MultiPolygon"}:
            yield from ((properties["name"], [tuple(pair[:2]) for pair in rings[0]]) for rings in parts)


def judge(points: Iterable[tuple[str, float, float]], outlines: Sequence[tuple[str, Ring]]) -> TrackVerdict:
    """Decide for each (flight, longitude, latitude) and each outline."""
    count = inside = 0
    nearest_m, nearest_zone, offenders = math.inf, "none", []
    for flight, lon, lat in points:
        count += 1
        for name, ring in outlines:
            if _is_inside(lon, lat, ring):
                inside += 1
                offenders.append(f"{flight} in {name}")
                break
            if count % 5 == 0:  # the distance is for information; every fifth second is enough
                distance_m = _distance_m(lon, lat, ring, nearest_m)
                if distance_m < nearest_m:
                    nearest_m, nearest_zone = distance_m, name
    return TrackVerdict(count, inside, nearest_m, nearest_zone, tuple(offenders[:10]))


def _is_inside(lon: float, lat: float, ring: Ring) -> bool:
    odd = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
            odd = not odd
        x1, y1 = x2, y2
    return odd


def _distance_m(lon: float, lat: float, ring: Ring, enough_m: float) -> float:
    """To the nearest edge; outlines whose box is farther than ``enough_m`` are not looked at."""
    scale = math.cos(math.radians(lat))
    best = enough_m
    x1, y1 = (ring[-1][0] - lon) * scale * METRES_PER_DEGREE, (ring[-1][1] - lat) * METRES_PER_DEGREE
    for lon2, lat2 in ring:
        x2, y2 = (lon2 - lon) * scale * METRES_PER_DEGREE, (lat2 - lat) * METRES_PER_DEGREE
        dx, dy = x2 - x1, y2 - y1
        square = dx * dx + dy * dy
        share = 0.0 if square == 0 else max(0.0, min(1.0, -(x1 * dx + y1 * dy) / square))
        best = min(best, math.hypot(x1 + share * dx, y1 + share * dy))
        x1, y1 = x2, y2
    return best


def _circle(centre: tuple[float, float], radius_m: float) -> list[tuple[float, float]]:
    """Points at the radius along great circles."""
    lon, lat = math.radians(centre[0]), math.radians(centre[1])
    angle = radius_m / _EARTH_RADIUS_M
    points = []
    for degree in range(360):
        bearing = math.radians(degree)
        lat2 = math.asin(math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(bearing))
        east = math.sin(bearing) * math.sin(angle) * math.cos(lat)
        lon2 = lon + math.atan2(east, math.cos(angle) - math.sin(lat) * math.sin(lat2))
        points.append((math.degrees(lon2), math.degrees(lat2)))
    return points
