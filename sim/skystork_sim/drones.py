"""PX4-like drones for any ground station: no site, no vans, no crew; each on its own UDP port, as PX4's SITL has them.

Instance i has system id i + 1, listens on 18570 + i and speaks to 127.0.0.1:14550 until somebody speaks to it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.aircraft import Aircraft, AircraftType
from skystork_sim.autopilot import Autopilot
from skystork_sim.autopilot_outbox import Address
from skystork_sim.autopilot_parameters import DEFAULTS
from skystork_sim.autopilot_streams import STREAM_SETS
from skystork_sim.battery import PowerFigures
from skystork_sim.dynamics import FlightLimits
from skystork_sim.fleet import FIRST_PORT, SimulatedDrone, payloads_of
from skystork_sim.incidents import Incident, IncidentKind, VehicleFaults
from skystork_sim.toml_table import ScenarioError
from skystork_sim.udp import open_udp
from skystork_sim.wind import Wind

SITL_QUAD = AircraftType(
    "quad",
    FlightLimits(False, 5.0, 12.0, 3.0, 1.5, 3.0),
    2.0,
    1.0e6,
    PowerFigures(4, 0.19, 1.4, 16.0, 90.0, 0.08, 20.0),
)
"""Flies as PX4's SIH quadrotor with its default parameters; half an hour in the air."""
APART_M = 3.0  # chosen: the drones stand in a row towards the east
MOST = 250  # MAVLink system ids 1..250
FAULT = re.compile(r"(?:(\d+):)?([a-z_]+)(?:=([\d.]+))?(?:@([\d.]+))?(?:\+([\d.]+))?")


@dataclass(frozen=True, slots=True)
class DroneOrder:
    """What to start."""

    home: Geodetic
    home_amsl_m: float
    count: int = 1
    first_instance: int = 0
    base_port: int = FIRST_PORT
    ground: Address = ("127.0.0.1", 14_550)
    streams: str = "px4-default"
    wind_m_s: tuple[float, float] = (0.0, 0.0)
    """Towards the east and the north."""
    parameters: dict[str, float] = field(default_factory=dict)
    faults: tuple[Incident, ...] = ()
    winch: bool = False
    """A winch in place of a gripper."""


def read_fault(text: str, system_ids: Sequence[int]) -> list[Incident]:
    """Incidents of ``[ID:]KIND[=VALUE][@AFTER_S][+DURATION_S]``; of all drones where no id is given.

    Raises
    ------
    ScenarioError
        For a text of another form or a kind that there is not.
    """
    kinds = ", ".join(IncidentKind)
    match = FAULT.fullmatch(text)
    if match is None or match[2] not in list(IncidentKind):
        raise ScenarioError([f"--fault {text}: write [ID:]KIND[=VALUE][@SECONDS][+SECONDS], KIND one of {kinds}."])
    ids = system_ids if match[1] is None else [int(match[1])]
    return [
        Incident(
            IncidentKind(match[2]),
            system_id,
            after_s=float(match[4] or 0.0),
            duration_s=float(match[5] or "inf"),
            value=float(match[3] or 0.0),
        )
        for system_id in ids
    ]


def read_parameter(text: str) -> tuple[str, float]:
    """``NAME=VALUE``; raises :class:`ScenarioError` for a name that the simulated PX4 does not have."""
    name, _, value = text.partition("=")
    if name not in DEFAULTS:
        raise ScenarioError([f"--parameter {text}: the simulated PX4 has no {name}."])
    try:
        return name, float(value)
    except ValueError as error:
        raise ScenarioError([f"--parameter {text}: {value!r} is no number; write NAME=VALUE."]) from error


async def start_drones(order: DroneOrder) -> list[SimulatedDrone]:
    """Switch the drones on; they live on the running loop. Raises ``OSError`` when a port is taken."""
    now_s = asyncio.get_running_loop().time()
    frame = LocalFrame(order.home)
    wind = Wind(order.wind_m_s, 0.0, Random(1), start_s=now_s)
    drones = []
    for index in range(order.count):
        instance = order.first_instance + index
        system_id = instance + 1
        mine = [fault for fault in order.faults if fault.system_id == system_id]
        aircraft = Aircraft(
            replace(SITL_QUAD, has_winch=order.winch),
            system_id=system_id,
            frame=frame,
            pad_enu_m=(index * APART_M, 0.0),
            ground_amsl_m=order.home_amsl_m,
            wind=wind,
            faults=VehicleFaults(mine, start_s=now_s),
        )
        endpoint = await open_udp(("127.0.0.1", order.base_port + instance), aircraft.faults.link_is_cut)
        autopilot = Autopilot(
            aircraft,
            boot_s=now_s,
            controller=order.ground,
            parameters=order.parameters,
            rng=Random(f"home-{system_id}"),
            streams=STREAM_SETS[order.streams],
        )
        drone = SimulatedDrone(autopilot, endpoint, None, payloads_of(aircraft, now_s, order.ground))
        drone.start()
        drones.append(drone)
    return drones
