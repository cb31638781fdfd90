"""The zones of a site as volumes in metres, and the question that planning asks: which of them close this flight?

Heights are above home. The ground is taken as flat at the site's elevation, so above ground and above home are the
same number; limits above mean sea level are brought down by that elevation. A flight level may be 300 m away from the
altitude it names (see :mod:`skystork.airspace.zone`), so its band is widened by that.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely import Point, Polygon, STRtree, segmentize

from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Restriction, Zone
from skystork.frames import Geodetic, LocalFrame

FLIGHT_LEVEL_ERROR_M = 300.0  # 27 ft per hPa (ICAO Doc 8168) times 36 hPa below or above the standard 1013
HEIGHT_ERROR_M = 10.0
"""Vertical error of barometer and path keeping, kept from the floor of zones above [m] (PX4: EKF2_BARO_NOISE 3.5 m)."""

LONGEST_EDGE_DEG = 0.005
"""A shorter edge bends by less than 1 cm in the site's frame, L² tan(latitude) / 8R at 60 degrees [deg]."""


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
    """

    def __init__(self, zones: Sequence[Zone], frame: LocalFrame, ground_amsl_m: float) -> None:
        self.zones = tuple(zones)
        self.frame = frame
        self.ground_amsl_m = ground_amsl_m
        self._volumes = tuple(ClosedZone(zone, _project(zone, frame)) for zone in self.zones)
        self._tree = STRtree([volume.polygon_enu_m for volume in self._volumes])
        self.hash = _content_hash(self.zones, frame, ground_amsl_m)

    def closed_zones(
        self, floor_home_m: float, ceiling_home_m: float, from_s: float, to_s: float
    ) -> tuple[ClosedZone, ...]:
        """Zones that close some height of the band at some time of the span, in the order of the set.

        Parameters
        ----------
        floor_home_m, ceiling_home_m
            Heights the flight uses [m above home].
        from_s, to_s
            Time span [s since the Unix epoch]; a zone without times is always active.
        """
        return tuple(
            volume
            for volume in self._volumes
            if self._closes(volume.zone, floor_home_m, ceiling_home_m) and _is_active(volume.zone, from_s, to_s)
        )

    def closed_polygons(self, ceiling_home_m: float, from_s: float, to_s: float) -> tuple[Polygon, ...]:
        """Where :meth:`closed_zones` from the ground up lie, in the site's frame [m]."""
        return tuple(volume.polygon_enu_m for volume in self.closed_zones(0.0, ceiling_home_m, from_s, to_s))

    def zones_at(self, east_m: float, north_m: float, height_home_m: float, at_s: float) -> tuple[Zone, ...]:
        """All zones, of every restriction, that hold this point at this time, in the order of the set."""
        found = self._tree.query(Point(east_m, north_m), predicate="intersects")
        return tuple(
            self.zones[index]
            for index in sorted(int(index) for index in np.atleast_1d(found))
            if self._lower_home_m(self.zones[index]) <= height_home_m <= self._upper_home_m(self.zones[index])
            and _is_active(self.zones[index], at_s, at_s)
        )

    def zones_over(self, east_m: float, north_m: float) -> tuple[Zone, ...]:
        """All zones above or at a place, whatever their heights and times."""
        found = self._tree.query(Point(east_m, north_m), predicate="intersects")
        return tuple(self.zones[index] for index in sorted(int(index) for index in np.atleast_1d(found)))

    def _closes(self, zone: Zone, floor_home_m: float, ceiling_home_m: float) -> bool:
        if zone.restriction in {Restriction.CONDITIONAL, Restriction.NO_RESTRICTION}:
            return False
        if self._lower_home_m(zone) > ceiling_home_m + HEIGHT_ERROR_M:
            return False
        if self._upper_home_m(zone) < floor_home_m - HEIGHT_ERROR_M:
            return False
        return zone.restriction is Restriction.PROHIBITED or ceiling_home_m > zone.granted_below_agl_m

    def _lower_home_m(self, zone: Zone) -> float:
        widened_m = FLIGHT_LEVEL_ERROR_M if zone.lower.reference is AltitudeReference.FL else 0.0
        return self._home_m(zone.lower) - widened_m

    def _upper_home_m(self, zone: Zone) -> float:
        widened_m = FLIGHT_LEVEL_ERROR_M if zone.upper.reference is AltitudeReference.FL else 0.0
        return self._home_m(zone.upper) + widened_m

    def _home_m(self, limit: AltitudeLimit) -> float:
        if limit.reference is AltitudeReference.AGL:
            return limit.value_m if limit.value_m > 0 else -math.inf
        return limit.value_m - self.ground_amsl_m


def _project(zone: Zone, frame: LocalFrame) -> Polygon:
    """Edges are straight in degrees (RFC 7946); long ones are cut first, so that they keep their bend in metres."""
    polygon = segmentize(Polygon(zone.rings[0], zone.rings[1:]), LONGEST_EDGE_DEG)
    rings = [
        [frame.to_enu_m(Geodetic(lat, lon)) for lon, lat in ring.coords]
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return Polygon(rings[0], rings[1:])


def _is_active(zone: Zone, from_s: float, to_s: float) -> bool:
    if zone.active is None:
        return True
    return any(period.starts_s <= to_s and from_s <= period.ends_s for period in zone.active)


def _content_hash(zones: Sequence[Zone], frame: LocalFrame, ground_amsl_m: float) -> str:
    """SHA-256 over everything that decides whether a flight is closed out; the order of the zones does not matter."""
    lines = sorted(json.dumps(_content(zone), separators=(",", ":"), allow_nan=True) for zone in zones)
    origin = f"{frame.origin.latitude_deg!r},{frame.origin.longitude_deg!r},{ground_amsl_m!r}"
    return hashlib.sha256("\n".join([origin, *lines]).encode()).hexdigest()


def _content(zone: Zone) -> list[object]:
    return [
        zone.zone_id, zone.name, zone.kind, zone.restriction.value, zone.rings,
        zone.lower.value_m, zone.lower.reference.value, zone.upper.value_m, zone.upper.reference.value,
        zone.granted_below_agl_m, None if zone.active is None else [(p.starts_s, p.ends_s) for p in zone.active],
    ]  # fmt: skip
