"""The part of a site file that the simulation needs: the depot, the vehicles, and what their types can do.

The same ``site.toml`` configures the controller; keys that only concern it are left alone here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.aircraft import AircraftType
from skystork_sim.battery import PowerFigures
from skystork_sim.dynamics import FlightLimits
from skystork_sim.toml_table import ScenarioError, Table, read_toml
from skystork_sim.van import VanType

AIRFRAMES = ("multirotor", "lift_and_cruise")
RELEASES = ("gripper", "winch")
RETURN_PATHS = ("mission", "direct")
RETURN_HEIGHT_M = 110.0
"""Where the profile does not say [m]."""


@dataclass(frozen=True, slots=True)
class DroneEntry:
    """One aircraft of the site."""

    vehicle_id: str
    serial_number: str
    system_id: int
    kind: AircraftType
    pad_enu_m: tuple[float, float]
    load_s: float
    turnaround_s: float


@dataclass(frozen=True, slots=True)
class VanEntry:
    """One van of the site."""

    vehicle_id: str
    serial_number: str
    kind: VanType


@dataclass(frozen=True, slots=True)
class Site:
    """What stands where."""

    name: str
    manufacturer: str
    depot: Geodetic
    ground_amsl_m: float
    starts_at_s: float
    """Beginning of the scenario [s since the Unix epoch]."""
    drones: tuple[DroneEntry, ...]
    vans: tuple[VanEntry, ...]
    robots: tuple[VanEntry, ...] = ()
    """On the pavement, each with one parcel; they speak and drive as vans do."""

    @property
    def frame(self) -> LocalFrame:
        """Metres about the depot."""
        return LocalFrame(self.depot)


def read_site(folder: Path) -> Site:
    """Read ``site.toml``; raises ``ScenarioError`` with all that is wrong."""
    path = folder / "site.toml"
    problems: list[str] = []
    root = Table(read_toml(path), path.name, problems)
    head = root.table("site")
    depot = head.table("depot")
    profiles = root.table("profiles")
    drone_types = {name: _drone_type(name, table) for name, table in profiles.named_tables("drone").items()}
    van_types = {name: _van_type(table) for name, table in profiles.named_tables("van").items()}
    robot_types = {name: _van_type(table) for name, table in profiles.named_tables("robot").items()}
    site = Site(
        name=head.text("name"),
        manufacturer=head.text("manufacturer"),
        depot=Geodetic(depot.number("latitude_deg", -90, 90), depot.number("longitude_deg", -180, 180)),
        ground_amsl_m=head.number("ground_amsl_m", -450, 6000),
        starts_at_s=_moment(head, "starts_at"),
        drones=tuple(_drone(table, drone_types) for table in root.tables("drones") if drone_types),
        vans=tuple(_van(table, van_types) for table in root.tables("vans") if van_types),
        robots=tuple(_van(table, robot_types) for table in root.tables("robots") if robot_types),
    )
    _refuse_doubles([entry.system_id for entry in site.drones], "system_id", path.name, problems)
    serials = [entry.serial_number for entry in site.drones] + [
        entry.serial_number for entry in (*site.vans, *site.robots)
    ]
    _refuse_doubles(serials, "serial_number", path.name, problems)
    if problems:
        raise ScenarioError(problems)
    return site


def _drone_type(name: str, table: Table) -> tuple[AircraftType, float, float]:
    power = table.table("power")
    limits = FlightLimits(
        has_wing=table.text("airframe", AIRFRAMES) == "lift_and_cruise",
        cruise_m_s=table.number("cruise_air_speed_m_s", 1, 60),
        max_air_speed_m_s=table.number("max_air_speed_m_s", 1, 80),
        climb_m_s=table.number("climb_speed_m_s", 0.2, 20),
        descent_m_s=table.number("descent_speed_m_s", 0.2, 20),
        acceleration_m_s2=table.number("max_acceleration_m_s2", 0.1, 20),
        back_transition_m_s2=table.number("max_acceleration_m_s2", 0.1, 20),
    )
    winged = limits.has_wing
    figures = PowerFigures(
        rotors=power.integer("rotors", 1, 32),
        rotor_radius_m=power.number("rotor_radius_m", 0.02, 10),
        induced_factor=power.number("induced_factor", 1, 5),
        profile_w_per_kg_1_5=power.number("profile_w_per_kg_1_5", 0, 500),
        tip_speed_m_s=power.number("tip_speed_m_s", 10, 340),
        drag_area_m2=power.number("drag_area_m2", 0.0001, 50),
        avionics_w=power.number("avionics_w", 0, 1000),
        lift_over_drag=power.number("lift_over_drag", 1, 40) if winged else 0.0,
        best_air_speed_m_s=power.number("best_air_speed_m_s", 1, 100) if winged else 0.0,
        drive_fraction=power.number("drive_fraction", 0.05, 1) if winged else 0.0,
    )
    mass_kg, battery_j = table.number("empty_mass_kg", 0.1, 600), table.number("battery_j", 1e3, 1e9)
    wind_m_s, jerk_m_s3 = table.number("wind_limit_m_s", 1, 40), table.number("max_jerk_m_s3", 0.1, 100)
    has_winch = table.has("release") and table.text("release", RELEASES) == "winch"
    straight = table.has("return_path") and table.text("return_path", RETURN_PATHS) == "direct"
    return_m = table.number("return_height_m", 10, 500) if table.has("return_height_m") else RETURN_HEIGHT_M
    straight_m = return_m if straight else None
    kind = AircraftType(name, limits, mass_kg, battery_j, figures, wind_m_s, jerk_m_s3, has_winch, straight_m)
    return kind, table.number("load_s", 0, 3600), table.number("turnaround_s", 0, 7200)


def _van_type(table: Table) -> VanType:
    return VanType(
        speed_m_s=table.number("speed_m_s", 0.5, 40),
        circuity=table.number("circuity", 1, 5),
        service_s=table.number("service_s", 0, 3600),
        load_s=table.number("load_s", 0, 7200),
        energy_j_per_m=table.number("energy_j_per_m", 0, 1e5),
    )


def _drone(table: Table, kinds: dict[str, tuple[AircraftType, float, float]]) -> DroneEntry:
    kind, load_s, turnaround_s = kinds[table.text("profile", tuple(kinds))]
    pad = (table.number("pad_east_m", -5000, 5000), table.number("pad_north_m", -5000, 5000))
    vehicle_id, serial_number = table.text("vehicle_id"), table.text("serial_number")
    return DroneEntry(vehicle_id, serial_number, table.integer("system_id", 1, 250), kind, pad, load_s, turnaround_s)


def _van(table: Table, kinds: dict[str, VanType]) -> VanEntry:
    return VanEntry(table.text("vehicle_id"), table.text("serial_number"), kinds[table.text("profile", tuple(kinds))])


def _moment(table: Table, key: str) -> float:
    text = table.text(key)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        table.complain(key, "is no moment", text, "RFC 3339 with offset, e.g. 2026-11-21T10:00:00+00:00")
        return 0.0
    return moment.timestamp()


def _refuse_doubles(values: Sequence[object], key: str, where: str, problems: list[str]) -> None:
    doubles = {value for value in values if values.count(value) > 1}
    problems.extend(
        f"{where}: two vehicles with {key} {value!r}; each needs its own." for value in sorted(map(str, doubles))
    )
