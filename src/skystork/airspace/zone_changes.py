"""What differs between two sets of zones, and which planned ways the new one closes, where and when.

A set never changes; another takes its place. Ways are polylines with heights and times; a zone touches one where it
closes any height from the ground to that of the way, for as long as the way is there, with the margin that is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point
from shapely.geometry.base import BaseGeometry

from skystork.airspace.volume import ClosedZone, ZoneSet
from skystork.airspace.zone import Zone

CHORD_M = 1.0
"""A track's pieces leave the curve by less: chords of 30 m in a bend of 300 m radius by 0.4 m."""
_SAME_M = 0.01
_WORDS = {"source"}
"""Fields that close nothing."""


@dataclass(frozen=True, slots=True)
class ZoneChanges:
    """Zones of the new set that the old did not have, the other way round, and those that say something else."""

    added: tuple[Zone, ...]
    removed: tuple[Zone, ...]
    changed: tuple[tuple[Zone, tuple[str, ...]], ...]
    """The new zone, and the fields that differ; ``band`` where the ground under it is another."""

    @property
    def closing(self) -> frozenset[str]:
        """Ids of zones that may close what was open."""
        return frozenset([zone.zone_id for zone in self.added] + [zone.zone_id for zone, _ in self.changed])

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class PlannedWay:
    """A polyline that is flown from its first point to its last."""

    track: NDArray[np.float64]
    """(n, 3) east, north, height above home in the site's frame [m]."""
    times_s: NDArray[np.float64]
    """(n,) [s since the Unix epoch]."""
    margin_m: float
    """Kept from zones."""
    late_s: float = 0.0
    """How much later than planned it may be at any of its points."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A zone that closes a part of a way."""

    zone: Zone
    first_at_s: float
    last_at_s: float
    """Both as planned, without lateness."""
    nearest_m: float
    """Of the way from the zone, 0 where it goes through [m]."""


def zone_changes(old: ZoneSet, new: ZoneSet) -> ZoneChanges:
    """Compare by id."""
    before = {zone.zone_id: index for index, zone in enumerate(old.zones)}
    after = {zone.zone_id for zone in new.zones}
    added, changed = [], []
    for index, zone in enumerate(new.zones):
        if zone.zone_id not in before:
            added.append(zone)
            continue
        at = before[zone.zone_id]
        differing = _differing(old.zones[at], zone)
        if old.heights_m(at) != new.heights_m(index):
            differing = (*differing, "band")
        if differing:
            changed.append((zone, differing))
    removed = tuple(zone for zone in old.zones if zone.zone_id not in after)
    return ZoneChanges(tuple(added), removed, tuple(changed))


def touches(zones: ZoneSet, way: PlannedWay, only: frozenset[str] | None = None) -> tuple[Touch, ...]:
    """Closed zones that touch the way, in the order it meets them.

    Parameters
    ----------
    only
        Ids of the zones asked about; None: all.
    """
    if len(way.track) == 0:
        return ()
    line = shapely.linestrings(way.track[:, :2]) if len(way.track) > 1 else shapely.points(way.track[0, :2])
    near = zones.closed_zones(
        0.0,
        float(way.track[:, 2].max()),
        float(way.times_s[0]),
        float(way.times_s[-1]) + way.late_s,
        within=shapely.buffer(line, way.margin_m) if way.margin_m > 0 else line,
    )
    found = [touch for each in near if only is None or each.zone.zone_id in only if (touch := _touch(zones, way, each))]
    return tuple(sorted(found, key=lambda touch: touch.first_at_s))


def is_inside(zones: ZoneSet, way: PlannedWay, only: frozenset[str] | None = None) -> bool:
    """Whether the way begins in one of the zones, its margin not counted."""
    here = PlannedWay(way.track[:1], way.times_s[:1], 0.0)
    return bool(touches(zones, here, only))


def leaves_for_good(zones: ZoneSet, way: PlannedWay, only: frozenset[str] | None = None) -> bool:
    """Whether a way that begins in closed zones comes out of all of them and into none again.

    Its pieces are looked at, not only its points: a narrow zone may lie between two of them.
    """
    if len(way.track) < 2:
        return not touches(zones, replace(way, margin_m=CHORD_M), only)
    spans = sorted(span for each in _closed_along(zones, replace(way, margin_m=CHORD_M), only) for span in each)
    out_m = 0.0
    for from_m, to_m in spans:
        if from_m > out_m + _SAME_M:
            return False
        out_m = max(out_m, to_m)
    return bool(out_m < _lengths_m(way)[-1] - _SAME_M)


def _closed_along(zones: ZoneSet, way: PlannedWay, only: frozenset[str] | None) -> Iterator[list[tuple[float, float]]]:
    """Of each zone that the way touches, from where to where along it that is so [m]."""
    ends_m, pieces = _lengths_m(way), _pieces(way)
    for touch in touches(zones, way, only):
        closed = zones.volume_of(touch.zone)
        area = shapely.buffer(closed.polygon_enu_m, way.margin_m)
        met = _met(zones, way, closed)
        yield [
            (float(ends_m[at] + pieces[at].project(part[0])), float(ends_m[at] + pieces[at].project(part[1])))
            for at in met
            for part in _ends_of(shapely.intersection(pieces[at], area))
        ]


def _ends_of(inside: BaseGeometry) -> Iterator[tuple[Point, Point]]:
    """First and last point of each part of a piece that lies in an area."""
    for part in shapely.get_parts(inside):
        if not part.is_empty:
            yield Point(part.coords[0]), Point(part.coords[-1])


def _lengths_m(way: PlannedWay) -> NDArray[np.float64]:
    """Along the way to each of its points [m]."""
    steps = np.linalg.norm(np.diff(way.track[:, :2], axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _touch(zones: ZoneSet, way: PlannedWay, closed: ClosedZone) -> Touch | None:
    """The points of the way that lie in the zone's area and times; those between two points belong to both."""
    met = _met(zones, way, closed)
    if not len(met):
        return None
    starts_s, ends_s = _spans_s(way)
    nearest_m = float(shapely.distance(_pieces(way)[met], closed.polygon_enu_m).min())
    return Touch(closed.zone, float(starts_s[met[0]]), float(ends_s[met[-1]]), nearest_m)


def _met(zones: ZoneSet, way: PlannedWay, closed: ClosedZone) -> NDArray[np.intp]:
    """Pieces of the way that a zone closes."""
    shapely.prepare(closed.polygon_enu_m)
    met = np.flatnonzero(shapely.distance(_pieces(way), closed.polygon_enu_m) <= way.margin_m)
    starts_s, ends_s = _spans_s(way)
    heights_m = way.track[:, 2] if len(way.track) == 1 else np.maximum(way.track[:-1, 2], way.track[1:, 2])
    latest_s = ends_s + way.late_s
    closes = [zones.closes(closed.zone, heights_m[at], starts_s[at], latest_s[at]) for at in met]
    return met[closes] if len(met) else met


def _pieces(way: PlannedWay) -> NDArray[np.object_]:
    """Lines between its points; one that stands still is a point."""
    if len(way.track) == 1:
        return np.asarray(shapely.points(way.track[:, :2]), dtype=object)
    lines = np.stack([way.track[:-1, :2], way.track[1:, :2]], axis=1)
    return np.asarray(shapely.linestrings(lines), dtype=object)


def _spans_s(way: PlannedWay) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each piece begins and ends."""
    return (way.times_s, way.times_s) if len(way.track) == 1 else (way.times_s[:-1], way.times_s[1:])


def _differing(old: Zone, new: Zone) -> tuple[str, ...]:
    names = (field.name for field in fields(Zone) if field.name not in _WORDS)
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))
