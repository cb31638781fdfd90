"""The tables of a site file as values; ``site.py`` reads them and holds them to each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from skystork.clearance.deconfliction import Separation
from skystork.frames import Geodetic


def moment_of(text: str) -> datetime | None:
    """A point in time; None for anything else, and for a time of day that nobody can place."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class SiteTable:
    """``[site]``."""

    name: str
    manufacturer: str
    depot: Geodetic
    ground_amsl_m: float
    starts_at: str = ""
    """Start of a simulated run, RFC 3339; a real run starts now."""
    simulated: bool = False
    """The vehicles are simulated; what may then differ is in ``clearance/parameter_rules.py``."""


@dataclass(frozen=True, slots=True)
class ZoneDateTable:
    """How old the zone data may be: of ``[airspace]``."""

    published: str = ""
    """When it was published, RFC 3339; without it nobody can say how old it is."""
    max_age_s: float = 28 * 86_400.0
    """One cycle of aeronautical information (AIRAC, ICAO Annex 15)."""

    @property
    def published_s(self) -> float | None:
        """When it was published [s since the Unix epoch]; None where the file does not say."""
        moment = moment_of(self.published)
        return moment.timestamp() if moment else None


@dataclass(frozen=True, slots=True)
class CircleTable:
    """``[[airspace.circles]]``: a published circle that the zone file does not hold."""

    zone_id: str
    name: str
    kind: str
    centre: Geodetic
    radius_m: float
    lower: str
    upper: str


@dataclass(frozen=True, slots=True)
class ZoneFileTable:
    """``[[airspace.files]]``: a further file of zones, and what is allowed in it."""

    file: str
    format: str = ""
    """geojson, ed269, ed318, kml, plan or uasfm; empty: seen by its content."""
    published: str = ""
    """When it was published, RFC 3339; empty: what the file or ``airspace.published`` says."""
    repair: bool = False
    allow_remote: bool = False
    ground_stop: bool = False
    wrap_longitudes: bool = False
    cut_antimeridian: bool = False
    authorised: bool = False


@dataclass(frozen=True, slots=True)
class TerrainTable:
    """``[airspace.terrain]``."""

    file: str
    vertical_error_m: float | None = None


@dataclass(frozen=True, slots=True)
class ObstacleFileTable:
    """``[airspace.obstacles]``."""

    file: str
    default_height_m: float | None = None
    """For obstacles without a height; none: they close all heights."""
    vertical_margin_m: float | None = None


@dataclass(frozen=True, slots=True)
class RallyTable:
    """``[[rally_points]]``: a place where an aircraft may come down instead of its pad."""

    name: str
    position: Geodetic


@dataclass(frozen=True, slots=True)
class RobotRow:
    """``[[robots]]``."""

    vehicle_id: str
    serial_number: str
    profile: str


@dataclass(frozen=True, slots=True)
class ChargerTable:
    """``[[chargers]]``: a place beside the depot where vans charge."""

    name: str
    position: Geodetic


AUTOMATIC, AUTHORISED = "automatic", "authorised"
"""How launches are let go."""


@dataclass(frozen=True, slots=True)
class ConsoleTable:
    """``[console]``: what the map of the console is drawn on, besides what the site has anyway."""

    tile_url: str = ""
    """Of map tiles, like ``https://tiles.example.net/{z}/{x}/{y}.png``; empty: none, nothing leaves the machine."""
    tile_attribution: str = ""
    """What the owner of the tiles asks to be named."""
    streets: str = ""
    """GeoJSON of streets, relative to the site's folder; empty: none."""


NO_CONSOLE = ConsoleTable()


@dataclass(frozen=True, slots=True)
class FlightTable:
    """``[flight]``."""

    outbound_height_m: float
    inbound_height_m: float
    separation_horizontal_m: float
    separation_vertical_m: float
    more_outbound_heights_m: tuple[float, ...] = ()
    """Further layers for the way out [m above home]; the planner takes the one that is soonest there."""
    more_inbound_heights_m: tuple[float, ...] = ()
    energy_weight_s_per_j: float = 0.0
    """Seconds of flight time that a joule is worth to a multirotor; 0: the fastest that the battery allows."""
    launch: str = AUTOMATIC
    """``automatic``, or ``authorised``: each launch waits for a person, twice."""

    @property
    def outbound_layers(self) -> tuple[float, ...]:
        """All layers of the way out [m above home]."""
        return (self.outbound_height_m, *self.more_outbound_heights_m)

    @property
    def inbound_layers(self) -> tuple[float, ...]:
        """All layers of the way home [m above home]."""
        return (self.inbound_height_m, *self.more_inbound_heights_m)

    @property
    def both_layers(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Of the way out, and of the way home."""
        return self.outbound_layers, self.inbound_layers

    @property
    def separation(self) -> Separation:
        """Own-fleet separation."""
        return Separation(self.separation_horizontal_m, self.separation_vertical_m)


@dataclass(frozen=True, slots=True)
class DroneRow:
    """``[[drones]]``."""

    vehicle_id: str
    serial_number: str
    system_id: int
    profile: str
    pad_east_m: float
    pad_north_m: float
    autopilot: str = "px4"
    """px4, arducopter, arduplane or ardurover."""
    network: str = ""
    """Name of the network it is reached by; empty where there is one."""
    signing_key: str = ""
    """File of its signing key; empty where it does not sign."""
    battery_cycles: float = 0.0
    """Full charges so far of the oldest pack that goes into it."""


@dataclass(frozen=True, slots=True)
class VanRow:
    """``[[vans]]``."""

    vehicle_id: str
    serial_number: str
    profile: str
    shift_starts: str = ""
    """Local time of the day, like 07:30; empty: it may drive at any hour."""
    shift_ends: str = ""
    """Back at the depot by then."""
    rest_from: str = ""
    """The driver rests after the first stop that ends then or later."""
    rest_s: float = 0.0
