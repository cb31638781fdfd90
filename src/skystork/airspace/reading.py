"""What all readers of zone files share: options, what was found wrong, what was noticed, and the zones so far.

Everything wrong with a file is collected and told at once, and then no zone of it is applied: a zone set that is half
there is worse than none, because nobody would see what is missing.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

from shapely import Point, Polygon

from skystork.airspace.altitudes import is_upside_down
from skystork.airspace.json_text import problem
from skystork.airspace.notices import Notice
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.zone import AltitudeLimit, Ring, Zone
from skystork.errors import ConfigError, Problem
from skystork.frames import Geodetic, distance_m

FAR_M = 500_000.0
"""A zone farther than this from the site has nothing to do with it; most often its axes are swapped [m]."""
MAX_ZONES = 100_000
MAX_TOTAL_VERTICES = 2_000_000
REMEDY = "Correct the file; nothing of it was applied."


class ZoneFormat(StrEnum):
    """How a file of zones is written."""

    GEOJSON = "geojson"
    """RFC 7946, with the properties docs/zones.md names."""
    ED269 = "ed269"
    """EUROCAE ED-269, UASZoneList."""
    ED318 = "ed318"
    """EUROCAE ED-318, GeoJSON with layers."""
    KML = "kml"
    """OGC KML 2.3."""
    PLAN = "plan"
    """QGroundControl's plan file; its geofence."""
    UASFM = "uasfm"
    """FAA UAS Facility Map: cells with a ceiling."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person allows that is refused otherwise."""

    repair: bool = False
    """Close rings that are not closed, and number zones that share one identifier."""
    allow_remote: bool = False
    """Zones far from the service area."""
    ground_stop: bool = False
    """A zone over the whole world."""
    wrap_longitudes: bool = False
    """Longitudes from 180 to 360, taken as west."""
    cut_antimeridian: bool = False
    """Cut rings that cross the antimeridian, as features with ``crosses_antimeridian`` are."""
    authorised: bool = False
    """Ceilings of a facility map are held, not only published."""


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """What a file holds."""

    zones: tuple[Zone, ...]
    format: ZoneFormat
    notices: tuple[Notice, ...] = ()
    issued_s: float | None = None
    """When it was made [s since the Unix epoch]; None where it does not say."""
    valid_from_s: float | None = None
    valid_to_s: float | None = None

    def age_notices(self, now_s: float, where: str) -> tuple[Notice, ...]:
        """Remarks on a file that is not of now."""
        held = []
        if self.issued_s is not None and self.issued_s > now_s:
            held.append(Notice(where, "it says that it was made in the future", "no flight is launched by it"))
        if self.valid_from_s is not None and self.valid_from_s > now_s:
            held.append(Notice(where, "its validity has not begun", "its zones count; no flight is launched by it"))
        if self.valid_to_s is not None and self.valid_to_s < now_s:
            held.append(Notice(where, "its validity is over", "its zones count; no flight is launched by it"))
        return tuple(held)


class Reader:
    """One reading of one file; collects what it finds."""

    def __init__(
        self,
        where: str,
        rules: AirspaceRules,
        service_area: tuple[Geodetic, float] | None,
        options: ReadOptions | None = None,
    ) -> None:
        self.where, self.rules, self.service_area = where, rules, service_area
        self.options = options or ReadOptions()
        self.problems: list[Problem] = []
        self.notices: list[Notice] = []
        self.zones: list[Zone] = []
        self.vertices = 0

    def refuse(self, where: str, what: str, seen: object, limit: str, remedy: str = REMEDY) -> None:
        """Take down something that refuses the file."""
        self.problems.append(problem(where, what, seen, limit, remedy))

    def note(self, where: str, what: str, done: str) -> None:
        """Take down something a person should know."""
        self.notices.append(Notice(where, what, done))

    def check_band(self, where: str, lower: AltitudeLimit, upper: AltitudeLimit) -> bool:
        """Whether the band may hold anything."""
        if is_upside_down(lower, upper):
            seen = f"{lower.published} to {upper.published}"
            self.refuse(where, "the lower limit is above the upper", seen, "lower <= upper")
            return False
        return True

    def check_distance(self, where: str, ring: Ring) -> None:
        """Refuse what lies far from the service area; holding the site counts as near."""
        if self.service_area is None or self.options.allow_remote:
            return
        centre, radius_m = self.service_area
        if abs(ring[0][0] - centre.longitude_deg) < 3 and abs(ring[0][1] - centre.latitude_deg) < 3:
            return  # within 475 km at every latitude: the common case, told at once
        if Polygon(ring).covers(Point(centre.longitude_deg, centre.latitude_deg)):
            return
        nearest_m = min(distance_m(centre, Geodetic(lat, lon)) for lon, lat in ring) - radius_m
        if nearest_m > FAR_M:
            away = f"{nearest_m / 1000:,.0f} km from the service area"
            what = f"the zone is {away}; did you swap latitude and longitude?"
            limit = f"at most {FAR_M / 1000:.0f} km away, or --allow-remote"
            self.refuse(where, what, ring[0], limit)

    def add(self, zone: Zone) -> None:
        """One more zone."""
        self.zones.append(zone)
        self.vertices += sum(map(len, zone.rings))

    def finish(self, zone_format: ZoneFormat, **dates: float | None) -> ZoneFile:
        """What was read; raises ConfigError with all that was found wrong."""
        self._check_size()
        self._name_apart()
        if self.problems:
            raise ConfigError(tuple(self.problems))
        return ZoneFile(tuple(self.zones), zone_format, tuple(self.notices), **dates)

    def _check_size(self) -> None:
        if len(self.zones) > MAX_ZONES:
            self.refuse(self.where, "too many zones", len(self.zones), f"at most {MAX_ZONES}")
        if self.vertices > MAX_TOTAL_VERTICES:
            self.refuse(self.where, "too many vertices in the file", self.vertices, f"at most {MAX_TOTAL_VERTICES}")

    def _name_apart(self) -> None:
        counts = Counter(zone.zone_id for zone in self.zones)
        for zone_id, count in counts.items():
            if count == 1:
                continue
            if not self.options.repair:
                remedy = "Give each its own, or read it with --repair, which numbers them."
                self.refuse(self.where, "two zones have one id", zone_id, "each id once", remedy)
                continue
            self.note(self.where, f"{count} zones have the id {zone_id}", "all are kept, numbered")
            self._number(zone_id)

    def _number(self, zone_id: str) -> None:
        taken, number = {zone.zone_id for zone in self.zones}, 0
        for index, zone in enumerate(self.zones):
            if zone.zone_id == zone_id:
                number += 1
                while f"{zone_id}~{number}" in taken:
                    number += 1
                self.zones[index] = replace(zone, zone_id=f"{zone_id}~{number}")


def number_of(value: object) -> float | None:
    """A finite number; None for anything else, also for true and false."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
