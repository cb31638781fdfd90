"""MAVSDK, which shares no code with the controller, watches a PX4 over its onboard link.

It speaks as a companion computer, never as a ground station: PX4's loss of the ground must not be hidden by it.
Each value is kept as MAVSDK told it last, with the loop's time. Needs the extra ``mavsdk``.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

from mavsdk.asyncio import Configuration, Mavsdk
from mavsdk.asyncio.plugins.telemetry import TelemetryAsync

from skystork.frames import Geodetic
from skystork_sim.px4.vehicle import LOCALHOST, Ports

COMPANION_COMPONENT = 191  # MAV_COMP_ID_ONBOARD_COMPUTER, common.xml
FIND_S = 10.0
POSITION_HZ = 10.0
MODES = {
    "HOLD": "AUTO.LOITER",
    "MISSION": "AUTO.MISSION",
    "RETURN_TO_LAUNCH": "AUTO.RTL",
    "LAND": "AUTO.LAND",
    "TAKEOFF": "AUTO.TAKEOFF",
}
"""MAVSDK's word and PX4's."""
LANDED = {"TAKING_OFF": "takeoff"}
"""MAVSDK's word and MAVLink's, where they differ."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What MAVSDK says of a vehicle; None where it said nothing yet."""

    position: Geodetic | None = None
    altitude_amsl_m: float | None = None
    armed: bool | None = None
    mode: str | None = None
    """In PX4's words where there is one."""
    landed: str | None = None
    """``on_ground``, ``in_air``, ``takeoff`` or ``landing``."""
    battery_fraction: float | None = None


class Observer:
    """The newest word of MAVSDK about one vehicle; mutable because it listens.

    Parameters
    ----------
    system
        MAVSDK's vehicle, for its other plugins (calibration, log files).
    """

    def __init__(self, system: Any) -> None:
        self.system = system
        self._newest: dict[str, Any] = {}

    @property
    def seen(self) -> Seen:
        """Everything told so far."""
        position = self._newest.get("position")
        return Seen(
            position=None if position is None else Geodetic(position.latitude_deg, position.longitude_deg),
            altitude_amsl_m=None if position is None else position.absolute_altitude_m,
            armed=self._newest.get("armed"),
            mode=None if (mode := self._newest.get("flight_mode")) is None else MODES.get(mode.name, mode.name),
            landed=_landed(self._newest.get("landed_state")),
            battery_fraction=_fraction(self._newest.get("battery")),
        )

    async def keep(self, name: str, stream: AsyncGenerator[Any, None]) -> None:
        """Keep the newest of one stream, until cancelled."""
        async for value in stream:
            self._newest[name] = value


@contextlib.asynccontextmanager
async def observing(ports: Ports) -> AsyncIterator[Observer]:
    """MAVSDK on a PX4's onboard link, for as long as the context lasts.

    Raises
    ------
    TimeoutError
        When it finds no autopilot there.
    """
    mavsdk = Mavsdk(Configuration.create_manual(ports.instance + 1, COMPANION_COMPONENT, True))
    try:
        await mavsdk.add_any_connection(f"udpout://{LOCALHOST}:{ports.onboard}")
        system = await mavsdk.first_autopilot(timeout_s=FIND_S)
        if system is None:
            raise TimeoutError(f"MAVSDK found no autopilot on UDP {ports.onboard} within {FIND_S:g} s")
        telemetry = TelemetryAsync(system)
        await telemetry.set_rate_position(POSITION_HZ)
        observer = Observer(system)
        async with asyncio.TaskGroup() as tasks:
            listening = [
                tasks.create_task(observer.keep(name, getattr(telemetry, f"subscribe_{name}")()), name=f"mavsdk {name}")
                for name in ("position", "armed", "flight_mode", "landed_state", "battery")
            ]
            try:
                yield observer
            finally:
                for task in listening:
                    task.cancel()
    finally:
        mavsdk.destroy()


def _fraction(battery: Any) -> float | None:
    percent = math.nan if battery is None else float(battery.remaining_percent)
    return None if math.isnan(percent) else percent / 100.0


def _landed(state: Any) -> str | None:
    return None if state is None else LANDED.get(state.name, state.name.lower())
