"""A ground station in stepped time: it speaks MAVLink bytes to a simulated vehicle and keeps all that comes back."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from pymavlink.dialects.v20 import common

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.aircraft import Aircraft, AircraftType
from skystork_sim.autopilot import Autopilot
from skystork_sim.battery import PowerFigures
from skystork_sim.dynamics import FlightLimits
from skystork_sim.gripper import Release
from skystork_sim.incidents import Incident, VehicleFaults
from skystork_sim.wind import Wind

START_S = 1_795_255_200.0  # 2026-11-21T10:00Z
PAD = Geodetic(47.3977419, 8.5455938)  # of the recorded reference flight
GROUND_M = 489.0
Item = tuple[int, int, tuple[float, float, float, float], int, int, float]
"""frame, command, params, x, y, z"""
REFERENCE_ITEMS: tuple[Item, ...] = (
    (6, 22, (0, 0, 0, math.nan), 473977419, 85455938, 30.0),
    (2, 178, (1, 10, -1, 0), 0, 0, 0.0),
    (6, 16, (0, 0, 0, math.nan), 473988199, 85455938, 30.0),
    (6, 16, (0, 0, 0, math.nan), 473993589, 85475844, 30.0),
    (6, 16, (2, 0, 0, math.nan), 473993589, 85475844, 10.0),
    (2, 211, (1, 0, 0, 0), 0, 0, 0.0),
    (2, 93, (5, -1, -1, -1), 0, 0, 0.0),
    (6, 16, (0, 0, 0, math.nan), 473993589, 85475844, 30.0),
    (2, 20, (0, 0, 0, 0), 0, 0, 0.0),
)
"""The mission of the recorded reference flight on PX4 v1.17.0."""


@dataclass
class Heard:
    """One message with its time since the vehicle's start and the fields that the dialect lacks."""

    at_s: float
    kind: str
    message: Any
    extension: tuple[int, ...] = ()


@dataclass
class Ground:
    """A ground station wired to one vehicle."""

    vehicle: Autopilot
    now_s: float = START_S
    heard: list[Heard] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    heartbeats: bool = True
    deaf: bool = False
    address: tuple[str, int] = ("ground", 14550)
    items: Sequence[Item] = ()
    answering: bool = True

    def __post_init__(self) -> None:
        self.codec = common.MAVLink(None, srcSystem=255, srcComponent=190)
        self.parser = common.MAVLink(None)
        self.parser.robust_parsing = True
        self._heartbeat_s = self.now_s

    @property
    def elapsed_s(self) -> float:
        return self.now_s - START_S

    def send(self, message: Any, address: tuple[str, int] | None = None) -> None:
        self.vehicle.receive_datagram(message.pack(self.codec), address or self.address, self.now_s)
        self._take()

    def run(self, seconds: float = 600.0, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass from timer to timer; True when the condition came."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            if until():
                return True
            next_s = min(self.vehicle.next_timer_s(), end_s)
            assert next_s >= self.now_s - 1e-6, "the vehicle's timer lies in the past"
            self.now_s = max(self.now_s, next_s)
            self.vehicle.handle_timer(self.now_s)
            self._take()
            if self.heartbeats and self.now_s >= self._heartbeat_s:
                self._heartbeat_s = self.now_s + 1.0
                self.send(common.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        return until()

    def ready(self) -> Ground:
        assert self.run(
            10.0, lambda: bool(self.of("HEARTBEAT")) and self.of("HEARTBEAT")[-1].message.system_status == 3
        )
        return self

    def upload(self, items: Sequence[Item], mission_type: int = 0, *, settle_s: float = 0.2) -> Heard:
        self.items = items
        before = len(self.of("MISSION_ACK"))
        self.send(common.MAVLink_mission_count_message(1, 1, len(items), mission_type))
        assert self.run(20.0, lambda: len(self.of("MISSION_ACK")) > before)
        acknowledged = self.of("MISSION_ACK")[-1]
        self.run(settle_s)
        return acknowledged

    def command(self, command: int, *params: float, wait_s: float = 0.05) -> list[int]:
        """Results of the acknowledgements that came."""
        before = len(self.of("COMMAND_ACK"))
        seven = [*params, *([0.0] * (7 - len(params)))]
        self.send(common.MAVLink_command_long_message(1, 1, command, 0, *seven))
        self.run(wait_s)
        return [each.message.result for each in self.of("COMMAND_ACK")[before:]]

    def of(self, kind: str) -> list[Heard]:
        return [each for each in self.heard if each.kind == kind]

    def texts(self) -> list[str]:
        return [each.message.text for each in self.of("STATUSTEXT")]

    def changes(self, kind: str, field_name: str) -> list[int]:
        """Values in the order seen, repetitions left out."""
        values: list[int] = []
        for each in self.of(kind):
            value = getattr(each.message, field_name)
            if not values or values[-1] != value:
                values.append(value)
        return values

    def item_message(self, sequence: int, mission_type: int, current: int = 0) -> Any:
        frame, command, params, x, y, z = self.items[sequence]
        return common.MAVLink_mission_item_int_message(
            1, 1, sequence, frame, command, current, 1, *params, x, y, z, mission_type
        )

    def _take(self) -> None:
        for data, _ in self.vehicle.datagrams_to_send(self.now_s):
            if self.deaf:
                continue
            for message in self.parser.parse_buffer(data) or []:
                self._hear(message, data)

    def _hear(self, message: Any, data: bytes) -> None:
        payload = data[10:-2].ljust(64, b"\0")
        extensions = {"MISSION_CURRENT": ("<III", 6), "MISSION_ACK": ("<I", 4), "MISSION_COUNT": ("<I", 5)}
        kind = message.get_type()
        layout, offset = extensions.get(kind, ("", 0))
        self.heard.append(Heard(self.elapsed_s, kind, message, struct.unpack_from(layout, payload, offset)))
        if kind == "MISSION_REQUEST_INT" and self.answering:
            self.send(self.item_message(message.seq, message.mission_type))


QUAD = AircraftType(
    "quad",
    FlightLimits(False, 10.0, 15.0, 3.0, 1.5, 3.0),
    6.0,
    1.5e6,
    PowerFigures(4, 0.19, 1.4, 16.0, 90.0, 0.08, 20.0),
)
WINGED = AircraftType(
    "winged",
    FlightLimits(True, 30.0, 36.0, 4.0, 2.5, 4.0, 4.0),
    35.4,
    5.4e6,
    PowerFigures(6, 0.33, 1.5552, 1.0, 120.0, 0.4, 60.0, 9.0, 30.0, 0.7),
)


@pytest.fixture
def frame() -> LocalFrame:
    return LocalFrame(PAD)


@pytest.fixture
def make_ground() -> Callable[..., Ground]:
    """Builds a vehicle and a ground station that talks to it."""

    def build(
        *,
        winged: bool = False,
        parameters: dict[str, float] | None = None,
        incidents: Sequence[Incident] = (),
        wind_m_s: tuple[float, float] = (0.0, 0.0),
        gust_m_s: float = 0.0,
    ) -> Ground:
        releases: list[Release] = []
        kind = WINGED if winged else QUAD
        limits = kind.limits
        speeds = {"MPC_XY_CRUISE": limits.cruise_m_s, "FW_AIRSPD_TRIM": limits.cruise_m_s}
        speeds |= {"MPC_XY_VEL_MAX": limits.max_air_speed_m_s, "MPC_TKO_SPEED": limits.climb_m_s}
        aircraft = Aircraft(
            kind,
            system_id=1,
            frame=LocalFrame(PAD),
            pad_enu_m=(0.0, 0.0),
            ground_amsl_m=GROUND_M,
            wind=Wind(wind_m_s, gust_m_s, Random(7), start_s=START_S),
            faults=VehicleFaults(incidents, start_s=START_S),
            on_release=releases.append,
        )
        vehicle = Autopilot(
            aircraft,
            boot_s=START_S,
            controller=("ground", 14550),
            parameters=speeds | (parameters or {}),
            rng=Random(3),
        )
        return Ground(vehicle, releases=releases)

    return build
