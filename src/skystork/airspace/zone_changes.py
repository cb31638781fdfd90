"""What differs between two sets of zones, and which planned ways the new one closes, where and when.

A set never changes; another takes its place. Ways are polylines with heights and times; a zone touches one where it
closes any height from the ground to that of the way, for as long as the way is there, with the margin that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from skystork.airspace.volume import ClosedZone, ZoneSet
from skystork.airspace.zone import Zone

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
    """Whether a way that begins in closed zones comes out of all of them and into none again."""
    inside = np.zeros(len(way.track), dtype=bool)
    bare = replace(way, margin_m=0.0)
    for touch in touches(zones, bare, only):
        polygon = next(each.polygon_enu_m for each in zones.closed if each.zone is touch.zone)
        inside |= shapely.intersects_xy(polygon, way.track[:, 0], way.track[:, 1])
    outside = np.flatnonzero(~inside)
    return len(outside) > 0 and not inside[outside[0] :].any()


def _touch(zones: ZoneSet, way: PlannedWay, closed: ClosedZone) -> Touch | None:
    """The points of the way that lie in the zone's area and times; those between two points belong to both."""
    polygon = closed.polygon_enu_m
    shapely.prepare(polygon)
    if len(way.track) > 1:
        pieces = shapely.linestrings(np.stack([way.track[:-1, :2], way.track[1:, :2]], axis=1))
        starts_s, ends_s, heights_m = way.times_s[:-1], way.times_s[1:], np.maximum(way.track[:-1, 2], way.track[1:, 2])
    else:
        pieces = shapely.points(way.track[:, :2])
        starts_s, ends_s, heights_m = way.times_s, way.times_s, way.track[:, 2]
    gaps_m = shapely.distance(pieces, polygon)
    met = np.flatnonzero(gaps_m <= way.margin_m)
    latest_s = ends_s + way.late_s
    met = met[[zones.closes(closed.zone, heights_m[at], starts_s[at], latest_s[at]) for at in met]] if len(met) else met
    if not len(met):
        return None
    return Touch(closed.zone, float(starts_s[met[0]]), float(ends_s[met[-1]]), float(gaps_m[met].min()))


def _differing(old: Zone, new: Zone) -> tuple[str, ...]:
    names = (field.name for field in fields(Zone) if field.name not in _WORDS)
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))
