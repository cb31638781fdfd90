"""The zones of a site as volumes in metres, and the question that planning asks: which of them close this flight?

Projected and indexed once, never changed: another set of zones is another :class:`ZoneSet`. Bands are brought to
heights above home by :mod:`skystork.airspace.bands`; areas are found by an STRtree, bands by comparing arrays, and only
what is left is asked for its times.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from skystork.airspace.bands import Bands, bands_of
from skystork.airspace.notices import Notice
from skystork.airspace.schedule import is_active
from skystork.airspace.terrain import Terrain
from skystork.airspace.zone import OPEN, Restriction, Zone
from skystork.frames import LocalFrame

HEIGHT_ERROR_M = 10.0
"""Vertical error of barometer and path keeping, kept from the floor of zones above [m] (PX4: EKF2_BARO_NOISE 3.5 m)."""
LONGEST_EDGE_DEG = 0.005
"""A shorter edge bends by less than 1 cm in the site's frame, L² tan(latitude) / 8R at 60 degrees [deg]."""
EVERYWHERE_M = 1_000_000.0
"""Half side of the square that stands for the whole world [m]."""


@dataclass(frozen=True, slots=True)
class ClosedZone:
    """A zone that a flight must stay out of."""

    zone: Zone
    polygon_enu_m: Polygon
    """In the site's frame [m]."""


class ZoneSet:
    """Zones projected once, indexed, with a hash of their content; never changed after it is built.

    Parameters
    ----------
    ground_amsl_m
        Elevation of the site [m].
    geoid_undulation_m
        Height of the geoid above the ellipsoid at the site [m]; None where nobody said.
    terrain
        Ground under the zones; None: flat at the site's elevation.
    """

    def __init__(
        self,
        zones: Sequence[Zone],
        frame: LocalFrame,
        ground_amsl_m: float,
        *,
        geoid_undulation_m: float | None = None,
        terrain: Terrain | None = None,
    ) -> None:
        self.zones = tuple(zones)
        self.frame = frame
        self.ground_amsl_m = ground_amsl_m
        self.geoid_undulation_m, self.terrain = geoid_undulation_m, terrain
        self._bands: Bands = bands_of(self.zones, ground_amsl_m, geoid_undulation_m, terrain)
        self.notices: tuple[Notice, ...] = self._bands.notices
        """Where a band was widened, and why."""
        self._volumes = tuple(map(ClosedZone, self.zones, _project(self.zones, frame)))
        self._tree = STRtree([volume.polygon_enu_m for volume in self._volumes])
        self._index = {zone.zone_id: index for index, zone in enumerate(self.zones)}
        self._may_close = np.array([zone.restriction not in OPEN for zone in self.zones], dtype=bool)
        self._prohibited = np.array(
            [zone.restriction is Restriction.PROHIBITED or zone.everywhere for zone in self.zones], dtype=bool
        )
        self._limited = np.array([zone.speed_limit_m_s is not None for zone in self.zones], dtype=bool)
        self._always = np.array([zone.active is None for zone in self.zones], dtype=bool)
        self._places = tuple(zone.places if zone.active is not None else () for zone in self.zones)
        self.hash = self._content_hash()

    def closed_zones(
        self,
        floor_home_m: float,
        ceiling_home_m: float,
        from_s: float,
        to_s: float,
        *,
        within: BaseGeometry | None = None,
    ) -> tuple[ClosedZone, ...]:
        """Zones that close some height of the band at some time of the span, in the order of the set.

        Parameters
        ----------
        floor_home_m, ceiling_home_m
            Heights the flight uses [m above home].
        from_s, to_s
            Time span [s since the Unix epoch]; a zone without times is always active.
        within
            Only zones that touch this area of the site's frame [m]; None: all.
        """
        closing = self._closing(floor_home_m, ceiling_home_m)
        if within is None:
            candidates = np.flatnonzero(closing)
        else:
            found = np.sort(self._tree.query(within, predicate="intersects"))
            candidates = found[closing[found]]
        always = self._always[candidates]
        active = always.copy()
        active[~always] = [self._is_active(index, from_s, to_s) for index in candidates[~always]]
        return tuple(map(self._volumes.__getitem__, candidates[active].tolist()))

    def speed_zones(
        self, height_home_m: float, from_s: float, to_s: float, *, within: BaseGeometry
    ) -> tuple[ClosedZone, ...]:
        """Zones that limit the speed of a flight at this height at some time of the span, closed to it or not.

        Parameters
        ----------
        within
            Only zones that touch this area of the site's frame [m].
        """
        if not self._limited.any():
            return ()
        bands = self._bands
        meets = (bands.lower_home_m <= height_home_m + HEIGHT_ERROR_M) & (
            bands.upper_home_m >= height_home_m - HEIGHT_ERROR_M
        )
        found = np.sort(self._tree.query(within, predicate="intersects"))
        return tuple(
            self._volumes[index]
            for index in found[(meets & self._limited)[found]]
            if self._is_active(index, from_s, to_s)
        )

    def closed_polygons(
        self, ceiling_home_m: float, from_s: float, to_s: float, *, within: BaseGeometry | None = None
    ) -> tuple[Polygon, ...]:
        """Where :meth:`closed_zones` from the ground up lie, in the site's frame [m]."""
        closed = self.closed_zones(0.0, ceiling_home_m, from_s, to_s, within=within)
        return tuple(volume.polygon_enu_m for volume in closed)

    def zones_at(self, east_m: float, north_m: float, height_home_m: float, at_s: float) -> tuple[Zone, ...]:
        """All zones, of every restriction, that hold this point at this time, in the order of the set."""
        return tuple(
            self.zones[index]
            for index in self._over(east_m, north_m)
            if self._bands.lower_home_m[index] <= height_home_m <= self._bands.upper_home_m[index]
            and self._is_active(index, at_s, at_s)
        )

    def zones_over(self, east_m: float, north_m: float) -> tuple[Zone, ...]:
        """All zones above or at a place, whatever their heights and times."""
        return tuple(self.zones[index] for index in self._over(east_m, north_m))

    def ceiling_home_m(self, east_m: float, north_m: float, at_s: float) -> float:
        """Greatest height that stays clear of every closed zone over a place at a time; 0 or less: closed [m]."""
        ceiling_m = np.inf
        for index in self._over(east_m, north_m):
            if self._may_close[index] and self._is_active(index, at_s, at_s):
                below_m = self._bands.lower_home_m[index] - HEIGHT_ERROR_M
                granted_m = -np.inf if self._prohibited[index] else self._bands.granted_home_m[index]
                ceiling_m = min(ceiling_m, max(below_m, granted_m))
        return float(ceiling_m)

    @property
    def closed(self) -> tuple[ClosedZone, ...]:
        """All zones with their areas, of every restriction, in the order of the set."""
        return self._volumes

    def volume_of(self, zone: Zone) -> ClosedZone:
        """A zone of this set with its area."""
        return self._volumes[self._index[zone.zone_id]]

    def band_home_m(self, zone: Zone) -> tuple[float, float]:
        """Lower and upper edge of a zone of this set, errors included [m above home]."""
        return self.heights_m(self._index[zone.zone_id])[:2]

    def heights_m(self, index: int) -> tuple[float, float, float]:
        """Lower and upper edge of a zone by its number, and the height it is granted below [m above home]."""
        bands = self._bands
        return float(bands.lower_home_m[index]), float(bands.upper_home_m[index]), float(bands.granted_home_m[index])

    def closes(self, zone: Zone, height_home_m: float, from_s: float, to_s: float) -> bool:
        """Whether a zone of this set closes any height from the ground to this one at some time of the span."""
        index = self._index[zone.zone_id]
        return bool(self._closing(0.0, height_home_m)[index]) and self._is_active(index, from_s, to_s)

    def _closing(self, floor_home_m: float, ceiling_home_m: float) -> NDArray[np.bool_]:
        bands = self._bands
        meets = (bands.lower_home_m <= ceiling_home_m + HEIGHT_ERROR_M) & (
            bands.upper_home_m >= floor_home_m - HEIGHT_ERROR_M
        )
        return self._may_close & meets & (self._prohibited | (ceiling_home_m > bands.granted_home_m))

    def _over(self, east_m: float, north_m: float) -> Iterator[int]:
        found = self._tree.query(Point(east_m, north_m), predicate="intersects")
        return (int(index) for index in np.sort(np.atleast_1d(found)))

    def _is_active(self, index: int, from_s: float, to_s: float) -> bool:
        return is_active(self.zones[index].active, from_s, to_s, self._places[index])

    def _content_hash(self) -> str:
        """SHA-256 over everything that decides whether a flight is closed out; the zones' order does not matter."""
        lines = sorted(json.dumps(_content(zone), separators=(",", ":"), allow_nan=True) for zone in self.zones)
        origin = f"{self.frame.origin.latitude_deg!r},{self.frame.origin.longitude_deg!r},{self.ground_amsl_m!r}"
        ground = f"{self.geoid_undulation_m!r},{self.terrain.hash if self.terrain else ''}"
        return hashlib.sha256("\n".join([origin, ground, *lines]).encode()).hexdigest()


def _project(zones: Sequence[Zone], frame: LocalFrame) -> list[Polygon]:
    """Edges are straight in degrees (RFC 7946); long ones are cut first, so that they keep their bend in metres."""
    if not zones:
        return []
    nowhere = Polygon()  # a ring about the world cannot be projected; the world's square takes its place
    polygons = [nowhere if zone.everywhere else Polygon(zone.rings[0], zone.rings[1:]) for zone in zones]
    cut = shapely.segmentize(polygons, LONGEST_EDGE_DEG)
    projected = shapely.transform(cut, lambda degrees: frame.to_enu_array_m(degrees[:, 0], degrees[:, 1]))
    world = shapely.box(-EVERYWHERE_M, -EVERYWHERE_M, EVERYWHERE_M, EVERYWHERE_M)
    return [world if zone.everywhere else polygon for zone, polygon in zip(zones, projected, strict=True)]


def _content(zone: Zone) -> list[object]:
    return [
        zone.zone_id, zone.name, zone.kind, zone.restriction.value, zone.rings,
        zone.lower.value_m, zone.lower.reference.value, zone.upper.value_m, zone.upper.reference.value,
        zone.granted_below_agl_m, None if zone.active is None else [asdict(period) for period in zone.active],
        zone.everywhere, *(() if zone.speed_limit_m_s is None else (zone.speed_limit_m_s,)),
    ]  # fmt: skip
