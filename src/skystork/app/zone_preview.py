"""A file of zones looked at: what it closes here, what the reader remarks, what a format would lose."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import msgspec
from shapely import Point

from skystork.airspace.formats import WRITERS, read_zones
from skystork.airspace.reading import ReadOptions
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import OPEN
from skystork.app.console_scene import ZoneShape, shape_of
from skystork.app.drone_desk import DroneDesk
from skystork.app.site import Site
from skystork.app.site_airspace import SERVICE_RADIUS_M


class ZonePreview(msgspec.Struct, frozen=True, rename="camel"):
    """What the file holds, and what would come of it."""

    name: str
    format: str
    zones: tuple[ZoneShape, ...]
    notices: tuple[str, ...]
    losses: dict[str, tuple[str, ...]]
    """By format: what it cannot say of these zones."""
    touched: tuple[str, ...]
    """Vehicles in the air that are inside of one that would close."""


def preview_zones(content: bytes, name: str, site: Site, desks: Sequence[DroneDesk]) -> ZonePreview:
    """Read a file as the site would; raises ConfigError with everything that is wrong with it."""
    rules = AirspaceRules(site.kinds, site.airspace.zone_rules)
    area = (site.depot, SERVICE_RADIUS_M)
    found = read_zones(content, where=name, rules=rules, service_area=area, options=ReadOptions())
    here = ZoneSet(
        found.zones,
        site.frame,
        site.table.ground_amsl_m,
        geoid_undulation_m=site.zones.geoid_undulation_m,
        terrain=site.terrain,
    )
    losses = {str(form): tuple(map(str, write(found.zones).losses)) for form, write in WRITERS.items()}
    shapes = tuple(_shapes(here, site.max_height_m))
    notices = tuple(map(str, (*found.notices, *here.notices)))
    return ZonePreview(name, str(found.format), shapes, notices, losses, tuple(_inside(here, desks, site)))


def _shapes(zones: ZoneSet, ceiling_m: float) -> Iterator[ZoneShape]:
    for index, zone in enumerate(zones.zones):
        lower_m, upper_m, granted_m = zones.heights_m(index)
        closes = zone.restriction not in OPEN and lower_m < ceiling_m and not granted_m >= ceiling_m
        yield shape_of(zone, lower_m, upper_m, granted_m, closes=closes)


def _inside(zones: ZoneSet, desks: Sequence[DroneDesk], site: Site) -> Iterator[str]:
    """Over the area of a zone that closes some height of the site's flights, at whatever height it is now."""
    now_s = asyncio.get_running_loop().time()
    closed = zones.closed_zones(0.0, site.max_height_m, now_s, now_s)
    for desk in desks:
        if desk.flight is None or desk.state.position is None or not desk.state.armed:
            continue
        place = Point(site.frame.to_enu_m(desk.state.position))
        if any(each.polygon_enu_m.intersects(place) for each in closed):
            yield desk.drone.vehicle_id
