"""A site from its folder: depot, airspace, rules, fleet. Read whole or not at all, before anything is started."""

from __future__ import annotations

import dataclasses
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.rules import KindRule
from skystork.airspace.terrain import Terrain
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import OPEN, Restriction
from skystork.app.map_tiles import tile_source
from skystork.app.networks import LinkTable, Network, drone_network, read_networks
from skystork.app.remote_id import read_operator
from skystork.app.road_table import RoadTable
from skystork.app.site_airspace import SiteAirspace, ZoneSource, read_airspace
from skystork.app.site_dispatch import NO_LIMITS, SiteDispatch, read_dispatch
from skystork.app.site_dispatch import TABLES as DISPATCH_TABLES
from skystork.app.site_http import NO_HTTP, HttpSettings, read_http
from skystork.app.site_tables import (
    AUTHORISED,
    AUTOMATIC,
    NO_CONSOLE,
    CircleTable,
    ConsoleTable,
    DroneRow,
    FlightTable,
    RallyTable,
    SiteTable,
    VanRow,
    ZoneDateTable,
    moment_of,
)
from skystork.app.tables import read_table
from skystork.app.van_shift import read_shift
from skystork.app.vehicle_keys import read_vehicle_keys
from skystork.dispatch.rules import SiteRules
from skystork.errors import ConfigError, Problem
from skystork.fleet.profile import Airframe, DroneProfile, VanProfile
from skystork.fleet.vehicle import Drone, Robot, Van
from skystork.frames import Geodetic, LocalFrame, distance_m
from skystork.link.ardupilot import AUTOPILOTS
from skystork.link.contract import Operator
from skystork.link.signing import SigningKey
from skystork.orders.order import VehicleId
from skystork.shell.event_metadata import EventMetadata

SITE_FILE = "site.toml"
LOWEST_LAYER_M = 20.0
"""Of a cruise layer above home: as the band of ``outbound_height_m``."""
_TABLES = (
    "site",
    "link",
    "airspace",
    "rules",
    "flight",
    "profiles",
    "drones",
    "vans",
    "rally_points",
    "road",
    "console",
    "http",
    *DISPATCH_TABLES,
)


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the service needs to know of a place."""

    folder: Path
    """Where it was read."""
    table: SiteTable
    link: LinkTable
    networks: tuple[Network, ...]
    signing_keys: Mapping[VehicleId, SigningKey]
    """Of the drones that sign, where they were read."""
    flight: FlightTable
    rules: SiteRules
    frame: LocalFrame
    airspace: SiteAirspace
    drones: tuple[Drone, ...]
    vans: tuple[Van, ...]
    rally_points: tuple[RallyTable, ...] = ()
    road: RoadTable = dataclasses.field(default_factory=RoadTable)
    """Who says how long a van takes."""
    console: ConsoleTable = NO_CONSOLE
    http: HttpSettings = NO_HTTP
    """Where console and API are served, and to whom."""
    dispatch: SiteDispatch = NO_LIMITS
    """Neighbourhoods, pilots, partners and chargers."""
    source: Path | None = None
    """The folder that people edit, where ``folder`` is a copy of it (:mod:`skystork.app.site_copies`)."""
    unread: tuple[str, ...] = ()
    """What is wrong with the site's own files while an earlier copy is served: nothing is launched then."""

    @property
    def zones(self) -> ZoneSet:
        """All zones, in the site's frame."""
        return self.airspace.zones

    @property
    def obstacles(self) -> ObstacleSet:
        """Buildings and masts; empty where the site names no file of them."""
        return self.airspace.obstacles

    @property
    def terrain(self) -> Terrain | None:
        """The ground; None: flat at the depot's elevation."""
        return self.airspace.terrain

    @property
    def max_height_m(self) -> float:
        """No plan goes higher [m above home]."""
        return self.airspace.max_height_m

    @property
    def zone_date(self) -> ZoneDateTable:
        """How old the zone data may be."""
        return self.airspace.date

    @property
    def zone_sources(self) -> tuple[ZoneSource, ...]:
        """Every zone file's own text, for the independent check."""
        return self.airspace.sources

    @property
    def circles(self) -> tuple[CircleTable, ...]:
        """Published circles that no file holds."""
        return self.airspace.circles

    @property
    def kinds(self) -> Mapping[str, KindRule]:
        """What each published kind asks of a flight."""
        return self.airspace.kinds

    @property
    def operator(self) -> Operator | None:
        """Who operates the fleet, as Remote ID broadcasts it; the depot is where from."""
        return read_operator(self.link, self.depot, f"{SITE_FILE} link")

    @property
    def event_metadata(self) -> Path | None:
        """The given table of the firmware's events."""
        return self.folder / self.link.event_metadata if self.link.event_metadata else None

    @property
    def robots(self) -> tuple[Robot, ...]:
        """Sidewalk robots."""
        return self.dispatch.robots

    @property
    def depot(self) -> Geodetic:
        """Where everything leaves from."""
        return self.table.depot


def load_site(folder: Path, *, with_keys: bool = False, commanded: str = "") -> Site:
    """Read a site folder.

    Parameters
    ----------
    with_keys
        Also the signing keys, which only the service's own user can read.
    commanded
        Zones closed by command, as GeoJSON.

    Raises
    ------
    ConfigError
        With everything that is wrong with it; nothing is half loaded.
    """
    document = read_site_file(folder)
    unknown = [key for key in document if key not in _TABLES]
    if unknown:
        raise _refuse(f"{SITE_FILE} [{unknown[0]}]", "unknown table", unknown[0], ", ".join(_TABLES), "Remove it.")
    table = read_table(document.get("site"), SiteTable, f"{SITE_FILE} site")
    frame = LocalFrame(table.depot)
    airspace = read_airspace(folder, document.get("airspace"), table, frame, commanded)
    link = read_table(document.get("link", {}), LinkTable, f"{SITE_FILE} link")
    networks = read_networks(link, f"{SITE_FILE} link")
    drones, vans = _fleet(document, frame, networks)
    site = Site(
        folder=folder,
        table=table,
        link=link,
        networks=networks,
        signing_keys=read_vehicle_keys(folder, drones if with_keys else (), f"{SITE_FILE} drones"),
        flight=read_table(document.get("flight"), FlightTable, f"{SITE_FILE} flight"),
        rules=read_table(document.get("rules", {}), SiteRules, f"{SITE_FILE} rules"),
        frame=frame,
        airspace=airspace,
        drones=drones,
        vans=vans,
        rally_points=_rally_points(document.get("rally_points", [])),
        road=read_table(document.get("road", {}), RoadTable, f"{SITE_FILE} road"),
        console=read_table(document.get("console", {}), ConsoleTable, f"{SITE_FILE} console"),
        http=read_http(folder, document.get("http"), f"{SITE_FILE} http", with_keys=with_keys),
        dispatch=read_dispatch(document, SITE_FILE),
    )
    problems = [
        *_fleet_problems(site),
        *_place_problems(site),
        *_height_problems(site),
        *_charger_problems(site),
        *_noise_problems(site),
    ]
    if problems:
        raise ConfigError(tuple(problems))
    tile_source(site.console.tile_url)
    EventMetadata(None, site.event_metadata)  # a table that cannot be read is told now, not when a vehicle comes
    read_operator(site.link, site.depot, f"{SITE_FILE} link")
    return site


def read_site_file(folder: Path) -> dict[str, Any]:
    """The site file's tables, as they are written; raises ConfigError where it is no TOML."""
    return _read_toml(folder / SITE_FILE)


def _rally_points(rows: Sequence[Any]) -> tuple[RallyTable, ...]:
    return tuple(read_table(row, RallyTable, f"{SITE_FILE} rally_points[{index}]") for index, row in enumerate(rows))


def starts_at_s(site: Site) -> float:
    """Start of a simulated run [s since the Unix epoch]."""
    moment = moment_of(site.table.starts_at)
    if moment is None:
        limit = "RFC 3339 with an offset, like 2026-11-21T10:00:00+00:00"
        raise _refuse(f"{SITE_FILE} site.starts_at", "not a moment", site.table.starts_at, limit, "Correct it.")
    return moment.timestamp()


def _fleet(
    document: Mapping[str, Any], frame: LocalFrame, networks: Sequence[Network]
) -> tuple[tuple[Drone, ...], tuple[Van, ...]]:
    profiles = document.get("profiles", {})
    drone_profiles = _profiles(profiles.get("drone", {}), DroneProfile, "drone")
    van_profiles = _profiles(profiles.get("van", {}), VanProfile, "van")
    drones = []
    for index, row in enumerate(document.get("drones", [])):
        where = f"{SITE_FILE} drones[{index}]"
        drone = read_table(row, DroneRow, where)
        pad = frame.to_geodetic(drone.pad_east_m, drone.pad_north_m)
        profile = _named(drone_profiles, drone.profile, where)
        autopilot = _named(AUTOPILOTS, drone.autopilot, where, "autopilot").name
        network = drone_network(networks, drone.network, f"{where}.network")
        vehicle_id = VehicleId(drone.vehicle_id)
        rest = (autopilot, network, drone.signing_key, drone.battery_cycles)
        drones.append(Drone(vehicle_id, drone.serial_number, drone.system_id, profile, pad, *rest))
    vans = []
    for index, row in enumerate(document.get("vans", [])):
        where = f"{SITE_FILE} vans[{index}]"
        van = read_table(row, VanRow, where)
        shift = read_shift(van, where)
        profile = _named(van_profiles, van.profile, where)
        vans.append(Van(VehicleId(van.vehicle_id), van.serial_number, profile, shift))
    return tuple(drones), tuple(vans)


def _profiles(tables: Mapping[str, Any], kind: type[Any], word: str) -> dict[str, Any]:
    return {
        name: read_table({"name": name, **table}, kind, f"{SITE_FILE} profiles.{word}.{name}")
        for name, table in tables.items()
    }


def _named(table: Mapping[str, Any], name: str, where: str, what: str = "profile") -> Any:
    if name not in table:
        raise _refuse(f"{where}.{what}", f"no such {what}", name, ", ".join(table) or "none", "Name one of these.")
    return table[name]


def _fleet_problems(site: Site) -> Iterator[Problem]:
    where = f"{SITE_FILE} drones"
    if not (site.drones or site.vans or site.robots):
        yield Problem(where, "no vehicle at all", "0", "at least one", "Add [[drones]], [[vans]] or [[robots]].")
    for network in site.networks:
        system_ids = [drone.system_id for drone in site.drones if drone.network == network.name]
        what = "MAVLink system id" + (f" on network {network.name}" if len(site.networks) > 1 else "")
        yield from _repeats(system_ids, f"{where}.system_id", what)
    vehicles: list[Drone | Van | Robot] = [*site.drones, *site.vans, *site.robots]
    yield from _repeats([vehicle.vehicle_id for vehicle in vehicles], f"{where}.vehicle_id", "vehicle id")
    yield from _repeats([vehicle.serial_number for vehicle in vehicles], f"{where}.serial_number", "serial number")
    yield from _wing_problems({drone.profile.name: drone.profile for drone in site.drones})


def _wing_problems(profiles: Mapping[str, DroneProfile]) -> Iterator[Problem]:
    """A wing whose power nobody stated would cost nothing to fly."""
    for name, profile in profiles.items():
        if profile.airframe is not Airframe.LIFT_AND_CRUISE:
            continue
        for field in ("lift_over_drag", "best_air_speed_m_s", "drive_fraction", "stall_air_speed_m_s"):
            if not getattr(profile.power, field) > 0:
                where = f"{SITE_FILE} profiles.drone.{name}.power.{field}"
                yield Problem(where, "missing for a wing", "nothing", "a number above 0", "Add it.")


def _repeats(values: Sequence[object], where: str, what: str) -> Iterator[Problem]:
    for value, count in Counter(values).items():
        if count > 1:
            seen = f"{value}, {count} times"
            yield Problem(where, f"two vehicles with one {what}", seen, "each its own", "Give each vehicle its own.")


def _place_problems(site: Site) -> Iterator[Problem]:
    places = [("site.depot", site.depot), *((f"drones {drone.vehicle_id} pad", drone.pad) for drone in site.drones)]
    places += [(f"rally_points {rally.name}", rally.position) for rally in site.rally_points]
    for place, position in places:
        east_m, north_m = site.frame.to_enu_m(position)
        for zone in site.zones.zones_at(east_m, north_m, 0.0, 0.0):
            closed = zone.restriction is Restriction.PROHIBITED or (
                zone.restriction not in OPEN and zone.granted_below_agl_m <= 0
            )
            if closed:
                yield Problem(
                    f"{SITE_FILE} {place}",
                    f"inside {zone.name} ({zone.kind}, {zone.restriction})",
                    f"{position.latitude_deg:.5f}, {position.longitude_deg:.5f}",
                    "outside every zone that is closed to flights",
                    "Correct the position, or the zone's rule under [airspace.kinds] if an authorisation is held.",
                )


def _noise_problems(site: Site) -> Iterator[Problem]:
    """A budget of sound that no aircraft's figures count against would let everybody over."""
    measured = any(each.leq_per_hour_db or each.leq_per_day_db for each in site.dispatch.neighbourhoods)
    for name in sorted(
        {drone.profile.name for drone in site.drones if drone.profile.noise is None} if measured else ()
    ):
        where, limit = (
            f"{SITE_FILE} profiles.drone.{name}.noise",
            "its levels, where a neighbourhood has a budget in dB",
        )
        yield Problem(where, "missing", "nothing", limit, "Add them, or give the budget in flights.")


def _charger_problems(site: Site) -> Iterator[Problem]:
    """A charger that no van comes to is a slip of the pen, and would draw vans there."""
    for charger in site.dispatch.chargers:
        away_m, limit_m = distance_m(site.depot, charger.position), site.rules.van_radius_m
        if not away_m <= limit_m:
            where, limit = f"{SITE_FILE} chargers {charger.name}", f"at most rules.van_radius_m, {limit_m:.0f} m"
            yield Problem(where, "too far from the depot", f"{away_m:.0f} m", limit, "Correct its position.")


def _height_problems(site: Site) -> Iterator[Problem]:
    if site.flight.launch not in {AUTOMATIC, AUTHORISED}:
        limit = f"{AUTOMATIC} or {AUTHORISED}"
        yield Problem(f"{SITE_FILE} flight.launch", "no such way", site.flight.launch, limit, "Name one of these.")
    layers = {"outbound_height_m": site.flight.outbound_layers, "inbound_height_m": site.flight.inbound_layers}
    for name, height_m in ((name, height_m) for name, heights_m in layers.items() for height_m in heights_m):
        if not height_m >= LOWEST_LAYER_M:
            limit = f"at least {LOWEST_LAYER_M:g} m"
            yield Problem(f"{SITE_FILE} flight.{name}", "too low", f"{height_m:g} m", limit, "Raise it.")
        if height_m > site.max_height_m:
            limit = f"at most airspace.max_height_m, {site.max_height_m:g} m"
            yield Problem(f"{SITE_FILE} flight.{name}", "too high", f"{height_m:g} m", limit, "Lower it.")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise _refuse(path.name, "not TOML", str(error), "TOML 1.0", "Mend the line it names.") from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _refuse(str(path), "cannot be read", str(error), "a readable UTF-8 file", "Check the path.") from error


def _refuse(where: str, what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(where, what, seen, limit, remedy),))
