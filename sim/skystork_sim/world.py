"""The world file: wind, ageing, the radio network, and what goes wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skystork_sim.incidents import Incident, IncidentKind
from skystork_sim.site import Site
from skystork_sim.toml_table import ScenarioError, Table, read_toml

KINDS = tuple(str(kind) for kind in IncidentKind)


@dataclass(frozen=True, slots=True)
class World:
    """Everything about a scenario that the controller is not told."""

    seed: int
    wind_enu_m_s: tuple[float, float]
    gust_m_s: float
    loss: float
    delay_s: float
    jitter_s: float
    duplication: float
    ageing: Mapping[int, float]
    """Real over modelled consumption, by system id."""
    van_speed_factor: float
    """Real over planned speed of the vans."""
    incidents: tuple[Incident, ...]


CALM = World(
    seed=1,
    wind_enu_m_s=(0.0, 0.0),
    gust_m_s=0.0,
    loss=0.0,
    delay_s=0.0,
    jitter_s=0.0,
    duplication=0.0,
    ageing={},
    van_speed_factor=1.0,
    incidents=(),
)
"""No wind, a perfect network, new batteries, nothing goes wrong."""


def read_world(path: Path, site: Site) -> World:
    """Read a world file; raises ``ScenarioError`` with all that is wrong.

    Parameters
    ----------
    path
        The file, ``world.toml`` in the site's folder as a rule.
    site
        Whose vehicles it names.
    """
    problems: list[str] = []
    root = Table(read_toml(path), path.name, problems)
    wind, network, vans = root.table("wind"), root.table("network"), root.table("vans")
    systems = {entry.vehicle_id: entry.system_id for entry in site.drones}
    speed, from_deg = wind.number("speed_m_s", 0, 40), wind.number("from_deg", 0, 360)
    world = World(
        seed=root.integer("seed", 0, 2**31),
        wind_enu_m_s=_blowing(speed, from_deg),
        gust_m_s=wind.number("gust_m_s", 0, 20),
        loss=network.number("loss", 0, 1),
        delay_s=network.number("delay_s", 0, 10),
        jitter_s=network.number("jitter_s", 0, 10),
        duplication=network.number("duplication", 0, 1),
        ageing=_ageing(root, systems),
        van_speed_factor=vans.number("speed_factor", 0.1, 3),
        incidents=tuple(_incident(table, systems) for table in root.tables("incidents") if systems),
    )
    for table in (root, wind, network, vans):
        table.refuse_unknown()
    if problems:
        raise ScenarioError(problems)
    return world


def _blowing(speed_m_s: float, from_deg: float) -> tuple[float, float]:
    """Velocity of the air from the direction it comes from: from the west (270) it goes east."""
    angle = math.radians(from_deg)
    return -speed_m_s * math.sin(angle), -speed_m_s * math.cos(angle)


def _ageing(root: Table, systems: Mapping[str, int]) -> dict[int, float]:
    if not root.has("ageing"):
        return {}
    table = root.table("ageing")
    factors = {system: table.number(vehicle, 0.5, 3, 1.0) for vehicle, system in systems.items()}
    table.refuse_unknown()
    return factors


def _incident(table: Table, systems: Mapping[str, int]) -> Incident:
    kind = IncidentKind(table.text("kind", KINDS))
    incident = Incident(
        kind=kind,
        system_id=systems[table.text("vehicle_id", tuple(systems))],
        flight=table.integer("flight", 1, 1000) if table.has("flight") else None,
        after_s=table.number("after_s", 0, 1e6, 0.0),
        duration_s=table.number("duration_s", 0, 1e6) if table.has("duration_s") else math.inf,
        value=table.number("value", 0, 100, 0.0),
    )
    table.has("comment")
    table.refuse_unknown()
    return incident
