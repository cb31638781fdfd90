"""The tables of a site file that only the dispatcher reads: neighbourhoods, pilots, partners, chargers, robots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from skystork.app.site_tables import ChargerTable, RobotRow
from skystork.app.tables import read_table
from skystork.dispatch.hours import PilotShift
from skystork.dispatch.noise import Neighbourhood
from skystork.dispatch.partners import Partner
from skystork.errors import ConfigError, Problem
from skystork.fleet.profile import RobotProfile
from skystork.fleet.vehicle import Robot
from skystork.orders.order import VehicleId

T = TypeVar("T", Neighbourhood, PilotShift, Partner, ChargerTable)
TABLES = ("neighbourhoods", "pilots", "partners", "chargers", "robots")


@dataclass(frozen=True, slots=True)
class SiteDispatch:
    """What the site says about who may be dispatched over whom, when, and with whom."""

    neighbourhoods: tuple[Neighbourhood, ...] = ()
    pilots: tuple[PilotShift, ...] = ()
    partners: tuple[Partner, ...] = ()
    chargers: tuple[ChargerTable, ...] = ()
    """Beside the depot."""
    robots: tuple[Robot, ...] = ()


NO_LIMITS = SiteDispatch()
"""Of a site that names none."""


def read_dispatch(document: Mapping[str, Any], where: str) -> SiteDispatch:
    """Read the lists; raises ConfigError."""
    return SiteDispatch(
        _rows(document, "neighbourhoods", Neighbourhood, where),
        _rows(document, "pilots", PilotShift, where),
        _rows(document, "partners", Partner, where),
        _rows(document, "chargers", ChargerTable, where),
        tuple(_robots(document, where)),
    )


def _robots(document: Mapping[str, Any], where: str) -> Iterator[Robot]:
    tables = document.get("profiles", {}).get("robot", {})
    profiles = {
        name: read_table({"name": name, **table}, RobotProfile, f"{where} profiles.robot.{name}")
        for name, table in tables.items()
    }
    for index, row in enumerate(document.get("robots", [])):
        robot = read_table(row, RobotRow, f"{where} robots[{index}]")
        if robot.profile not in profiles:
            limit = ", ".join(profiles) or "none"
            place = f"{where} robots[{index}].profile"
            raise ConfigError((Problem(place, "no such profile", robot.profile, limit, "Name one of these."),))
        yield Robot(VehicleId(robot.vehicle_id), robot.serial_number, profiles[robot.profile])


def _rows(document: Mapping[str, Any], name: str, kind: type[T], where: str) -> tuple[T, ...]:
    rows: Sequence[Any] = document.get(name, [])
    if not isinstance(rows, list):
        raise ConfigError(
            (Problem(f"{where} {name}", "not a list", type(rows).__name__, f"[[{name}]]", f"Write [[{name}]]."),)
        )
    found = tuple(read_table(row, kind, f"{where} {name}[{index}]") for index, row in enumerate(rows))
    twice = [each for each, count in Counter(row.name for row in found).items() if count > 1]
    if twice:
        raise ConfigError(
            (Problem(f"{where} {name}.name", "the same name twice", twice[0], "each its own", "Rename one."),)
        )
    return found
