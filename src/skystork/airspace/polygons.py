"""Raw coordinates to the rings of zones, whatever format they stand in; what is wrong goes to the reader."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from skystork.airspace.reading import FAR_M, Reader, number_of
from skystork.airspace.rings import (
    Complaint,
    count_complaint,
    cut_at_antimeridian,
    holes_complaint,
    is_uncut,
    is_world,
    normalised,
    pole_complaint,
    position_complaint,
    topology_complaint,
    wrapped,
)
from skystork.airspace.zone import Circle, Ring
from skystork.frames import POLAR_LATITUDE_DEG, Geodetic, LocalFrame

CIRCLE_SIDES = 72
"""One corner every 5 degrees: the polygon reaches 0.1 % of the radius beyond the circle."""
LEAST_RADIUS_M = 10.0
"""A smaller circle is most often one written in kilometres [m]."""
_FRAME_ERROR_M = 1e-3  # of skystork.frames within 100 km


@dataclass(frozen=True, slots=True)
class Area:
    """Where a zone lies."""

    rings: tuple[Ring, ...]
    circle: Circle | None = None
    everywhere: bool = False


def read_polygon(reader: Reader, raw: object, where: str, zone: str, *, cut: bool = False) -> list[Area]:
    """Rings of a polygon; several areas where it was cut at the antimeridian, none where it is refused."""
    if not isinstance(raw, list | tuple) or not raw:
        reader.refuse(where, "a polygon without rings", raw, "[[[lon, lat], …]]")
        return []
    rings = [_read_ring(reader, item, f"{where} ring {number}", number, zone) for number, item in enumerate(raw)]
    sound = [ring for ring in rings if ring is not None]
    if len(sound) < len(rings):
        return []
    if is_world(sound[0]):
        return _world(reader, sound, where)
    if _told(reader, where, pole_complaint(sound[0])):
        return []
    parts: list[tuple[Ring, ...]] = [tuple(sound)]
    if is_uncut(sound[0]):
        parts = _cut(reader, sound, where, allowed=cut or reader.options.cut_antimeridian)
    return [Area(normalised(part)) for part in parts if not _is_unsound(reader, part, where, zone)]


def read_multipolygon(reader: Reader, raw: object, where: str, zone: str, *, cut: bool = False) -> list[Area]:
    """All parts of a MultiPolygon."""
    if not isinstance(raw, list) or not raw:
        reader.refuse(where, "no coordinates", raw, "rings of positions")
        return []
    return [
        area
        for number, part in enumerate(raw)
        for area in read_polygon(reader, part, f"{where} part {number}", zone, cut=cut)
    ]


def read_circle(reader: Reader, centre: object, radius_m: object, where: str) -> list[Area]:
    """A circle as the regular polygon drawn about it."""
    complaint = position_complaint(centre, wrap=reader.options.wrap_longitudes)
    if _told(reader, where, complaint) or not isinstance(centre, list | tuple):
        return []
    radius = number_of(radius_m)
    if radius is None or not LEAST_RADIUS_M <= radius <= FAR_M:
        near_km = radius is not None and 0 < radius < LEAST_RADIUS_M
        remedy = "Radii are in metres; is it in kilometres?" if near_km else "Radii are in metres."
        limit = f"{LEAST_RADIUS_M:g} to {FAR_M:.0f} m"
        reader.refuse(where, "radius not usable", "none" if radius_m is None else f"{radius_m} m", limit, remedy)
        return []
    place = Geodetic(float(centre[1]), wrapped(float(centre[0])))
    if abs(place.latitude_deg) + math.degrees(radius / 6.3e6) > POLAR_LATITUDE_DEG:
        limit = f"up to {POLAR_LATITUDE_DEG:g} deg of latitude"
        reader.refuse(where, "the circle reaches a pole", centre, limit, "No site is served beside a pole.")
        return []
    circle = Circle((place.longitude_deg, place.latitude_deg), radius)
    ring = ring_about(place, radius)
    if is_uncut(ring):
        return [Area(normalised(part)) for part in cut_at_antimeridian([ring])]
    return [Area((ring,), circle)]


def ring_about(centre: Geodetic, radius_m: float) -> Ring:
    """A closed ring, counter-clockwise, that holds the whole circle."""
    frame = LocalFrame(centre)
    corner_m = (radius_m + _FRAME_ERROR_M) / math.cos(math.pi / CIRCLE_SIDES)
    angles = (2 * math.pi * side / CIRCLE_SIDES for side in range(CIRCLE_SIDES))
    corners = [frame.to_geodetic(corner_m * math.cos(angle), corner_m * math.sin(angle)) for angle in angles]
    return tuple((corner.longitude_deg, corner.latitude_deg) for corner in (*corners, corners[0]))


def _read_ring(reader: Reader, raw: object, where: str, number: int, zone: str) -> Ring | None:
    if not isinstance(raw, list | tuple):
        reader.refuse(where, "a ring must be a list of positions", raw, "[[lon, lat], …]", "Correct the ring.")
        return None
    if all(map(_is_plain, raw)):  # nearly every ring is: told in a fifth of the time
        plain: Ring = tuple((item[0], item[1]) for item in raw)
        return _closed(reader, plain, where, number, zone)
    wrap = reader.options.wrap_longitudes
    complaints = [(index, position_complaint(item, wrap=wrap)) for index, item in enumerate(raw)]
    if sum(_told(reader, f"{where}/{index}", complaint) for index, complaint in complaints if complaint):
        return None
    ring: Ring = tuple((float(item[0]), float(item[1])) for item in raw)
    if wrap and any(abs(longitude) > 180 for longitude, _ in ring):
        ring = tuple((wrapped(longitude), latitude) for longitude, latitude in ring)
        reader.note(where, "longitudes beyond 180 degrees", "taken as west, as was asked")
    return _closed(reader, ring, where, number, zone)


def _is_plain(item: object) -> bool:
    """Two floats on the globe; NaN is none."""
    if type(item) is not list or len(item) != 2 or type(item[0]) is not float or type(item[1]) is not float:
        return False
    return -180.0 <= item[0] <= 180.0 and -90.0 <= item[1] <= 90.0


def _closed(reader: Reader, ring: Ring, where: str, number: int, zone: str) -> Ring | None:
    """The ring if it is closed, or was closed by repair, and has the corners of one."""
    if reader.options.repair and len(ring) > 2 and ring[0] != ring[-1]:
        ring = (*ring, ring[0])
        reader.note(where, f"ring {number} of zone {zone} is not closed", "closed by repeating its first position")
    return None if _told(reader, where, count_complaint(ring)) else ring


def _world(reader: Reader, rings: Sequence[Ring], where: str) -> list[Area]:
    if reader.options.ground_stop:
        reader.note(where, "it holds the whole world", "all airspace is closed, as was confirmed")
        return [Area(tuple(rings), everywhere=True)]
    what = "this would close all airspace"
    reader.refuse(where, what, "a ring about the whole world", "a part of it", "Confirm with --ground-stop.")
    return []


def _cut(reader: Reader, rings: Sequence[Ring], where: str, *, allowed: bool) -> list[tuple[Ring, ...]]:
    parts = cut_at_antimeridian(rings)
    if allowed and parts:
        reader.note(where, "it crosses the antimeridian", f"cut there into {len(parts)} parts")
        return parts
    width = max(x for x, _ in rings[0]) - min(x for x, _ in rings[0])
    form = " and ".join(str([list(position) for position in part[0]]) for part in parts)
    shown = form if len(form) < 400 else f"{len(parts)} polygons"
    remedy = (
        f"If it crosses the antimeridian, cut it there in two (RFC 7946, 3.1.9): {shown}; or write "
        '"crosses_antimeridian": true.'
        if parts
        else "Longitudes of a ring must follow each other the short way."
    )
    reader.refuse(where, "wider than half the globe", f"{width:.1f} deg", "at most 180 deg", remedy)
    return []


def _is_unsound(reader: Reader, rings: Sequence[Ring], where: str, zone: str) -> bool:
    found = [
        _told(reader, f"{where} ring {number}", topology_complaint(ring, number, zone))
        for number, ring in enumerate(rings)
    ]
    return any(found) or _told(reader, where, holes_complaint(rings))


def _told(reader: Reader, where: str, complaint: Complaint | None) -> bool:
    if complaint is not None:
        reader.refuse(where, *complaint)
    return complaint is not None
