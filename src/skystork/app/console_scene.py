"""What the console's map stands on: zones, pads, rally points, streets, ground. It changes with the airspace only.

Positions are longitude, latitude in degrees (RFC 7946); bands are heights above home as planning counts them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from skystork.airspace.terrain import Terrain
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import OPEN, Zone
from skystork.app.site import Site
from skystork.errors import ConfigError, Problem

MOST_TERRAIN_CELLS = 128
"""Along each side of the ground that is drawn; the planner has the whole grid."""
MOST_STREETS_BYTES = 20_000_000
HIGHEST_M = 99_999.0
"""Stands for unlimited; JSON has no infinity [m]."""


class ZoneShape(msgspec.Struct, frozen=True, rename="camel"):
    """One zone to draw."""

    zone_id: str
    name: str
    kind: str
    restriction: str
    closes: bool
    """To flights of this site at some height it uses."""
    lower_m: float
    upper_m: float
    granted_m: float
    """Open to us below this [m above home]; 0 where it is not."""
    band: str
    """As published."""
    timed: bool
    everywhere: bool
    outside: bool
    rings: tuple[tuple[tuple[float, float], ...], ...]
    message: str
    source: str


class Place(msgspec.Struct, frozen=True, rename="camel"):
    """A named point."""

    name: str
    latitude: float
    longitude: float


class Ground(msgspec.Struct, frozen=True, rename="camel"):
    """Heights of the ground, row by row from the north [m above sea level]; null where there are none."""

    west: float
    north: float
    step_longitude: float
    step_latitude: float
    columns: int
    heights: tuple[float | None, ...]


class Scene(msgspec.Struct, frozen=True, rename="camel"):
    """Everything that stands still."""

    site: str
    hash: str
    depot: Place
    radius_m: float
    max_height_m: float
    zones: tuple[ZoneShape, ...]
    pads: tuple[Place, ...]
    rally_points: tuple[Place, ...]
    chargers: tuple[Place, ...]
    """Where vans charge, besides the depot."""
    terrain: Ground | None
    streets: msgspec.Raw | None
    tile_url: str
    tile_attribution: str
    launch: str
    simulated: bool


def make_scene(site: Site) -> Scene:
    """The site as it is now."""
    depot = site.depot
    return Scene(
        site=site.table.name,
        hash=site.airspace.hash[:16],
        depot=Place("depot", depot.latitude_deg, depot.longitude_deg),
        radius_m=site.rules.drone_radius_m,
        max_height_m=site.max_height_m,
        zones=tuple(_shapes(site.zones, site.max_height_m)),
        pads=tuple(Place(each.vehicle_id, each.pad.latitude_deg, each.pad.longitude_deg) for each in site.drones),
        rally_points=tuple(
            Place(each.name, each.position.latitude_deg, each.position.longitude_deg) for each in site.rally_points
        ),
        chargers=tuple(
            Place(each.name, each.position.latitude_deg, each.position.longitude_deg) for each in site.dispatch.chargers
        ),
        terrain=thin_ground(site.terrain) if site.terrain else None,
        streets=read_streets(site.folder, site.console.streets) if site.console.streets else None,
        tile_url=site.console.tile_url,
        tile_attribution=site.console.tile_attribution,
        launch=site.flight.launch,
        simulated=site.table.simulated,
    )


def _shapes(zones: ZoneSet, ceiling_m: float) -> Iterator[ZoneShape]:
    for index, zone in enumerate(zones.zones):
        lower_m, upper_m, granted_m = zones.heights_m(index)
        closes = zone.restriction not in OPEN and lower_m < ceiling_m and not granted_m >= ceiling_m
        yield shape_of(zone, lower_m, upper_m, granted_m, closes=closes)


def shape_of(zone: Zone, lower_m: float, upper_m: float, granted_m: float, *, closes: bool) -> ZoneShape:
    """One zone, for a map."""
    return ZoneShape(
        zone_id=zone.zone_id,
        name=zone.name,
        kind=zone.kind,
        restriction=zone.restriction,
        closes=closes,
        lower_m=_bounded(lower_m),
        upper_m=_bounded(upper_m),
        granted_m=max(0.0, _bounded(granted_m)),
        band=f"{zone.lower.published} – {zone.upper.published}",
        timed=zone.active is not None,
        everywhere=zone.everywhere,
        outside=zone.outside,
        rings=tuple(tuple((round(lon, 6), round(lat, 6)) for lon, lat in ring) for ring in zone.rings),
        message=zone.published.message,
        source=zone.source,
    )


def _bounded(height_m: float) -> float:
    return round(min(max(height_m, -HIGHEST_M), HIGHEST_M), 1)


def thin_ground(terrain: Terrain) -> Ground:
    """Every n-th height, so that the ground can be drawn in a browser."""
    rows, columns = terrain.heights_amsl_m.shape
    step = max(1, math.ceil(max(rows, columns) / MOST_TERRAIN_CELLS))
    thin = terrain.heights_amsl_m[::step, ::step]
    heights = tuple(round(float(each), 1) if np.isfinite(each) else None for each in thin.ravel())
    return Ground(
        terrain.west_deg, terrain.north_deg, terrain.step_longitude_deg * step, terrain.step_latitude_deg * step,
        thin.shape[1], heights,
    )  # fmt: skip


def read_streets(folder: Path, name: str) -> msgspec.Raw:
    """The site's GeoJSON of streets, handed on as it is; raises ConfigError where it is none."""
    try:
        content = (folder / name).read_bytes()
        document = json.loads(content) if len(content) <= MOST_STREETS_BYTES else None
    except (OSError, ValueError) as error:
        raise _refuse(name, "cannot be read", str(error)) from error
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise _refuse(name, "is no GeoJSON FeatureCollection of at most 20 MB", name)
    return msgspec.Raw(content)


def _refuse(name: str, what: str, seen: str) -> ConfigError:
    limit, remedy = "a GeoJSON FeatureCollection of LineStrings", "Correct [console] streets, or leave it out."
    return ConfigError((Problem(f"site.toml console.streets {name}", what, seen, limit, remedy),))
