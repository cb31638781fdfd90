"""The world of a play with real PX4s on instances of their own, flown at a constant pace, watched by MAVSDK."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from pymavlink.dialects.v20 import common

from skystork.app.drone_desk import DroneDesk
from skystork.app.planning_job import plan_and_check
from skystork.app.service import Service
from skystork.app.site import starts_at_s
from skystork.shell.bus import Address, DatagramEndpoint
from skystork.shell.loops import run_paced
from skystork.shell.solver_pool import SolverPool
from skystork.shell.udp import open_fleet_socket
from skystork.shell.world_clock import WorldClock
from skystork_sim.crew import CrewTimes, DepotCrew
from skystork_sim.px4.fleet import Px4Fleet
from skystork_sim.px4.observer import Observer, observing
from skystork_sim.px4.running import RunningPx4
from skystork_sim.px4.vehicle import LOCALHOST
from skystork_sim.weather_station import Mast, run_station
from tests_support.agreement import Agreement
from tests_support.play_world import PlayWorld, Truth

DRAINING_S = 30.0
"""SIM_BAT_DRAIN while the battery sags: 3 % a second."""
START_S = 300.0
"""Of a worker on a machine that is busy [real s]."""
SITE_DRAIN_S = "1200"
"""SIM_BAT_DRAIN of the site's px4.toml."""


CALM = (0.0, 0.0)


class Hangar:
    """What the crew does to aircraft that have no parcel box: SIH flies without a load."""

    def __init__(self) -> None:
        self.parcels: dict[int, str] = {}

    def load_parcel(self, system_id: int, order_id: str, weight_kg: float) -> bool:
        self.parcels[system_id] = order_id
        return True

    def unload_parcel(self, system_id: int) -> str | None:
        return self.parcels.pop(system_id, None)

    def collect(self, system_id: int) -> tuple[bool, str | None]:
        return True, self.parcels.pop(system_id, None)

    def swap_battery(self, system_id: int) -> bool:
        self.parcels.pop(system_id, None)
        return True


class Px4PlayWorld(PlayWorld):
    """Real PX4s that run already; ``speed`` is theirs."""

    kind = "px4"

    def __init__(
        self, site_folder: Path, folder: Path, fleet: Px4Fleet, wind_enu_m_s: tuple[float, float] = CALM
    ) -> None:
        super().__init__(site_folder, folder)
        self.fleet, self.hangar = fleet, Hangar()
        self._wind_enu_m_s = wind_enu_m_s
        self._port = _free_port()
        self._observers: dict[str, Observer] = {}
        self.agreements = {drone.vehicle_id: Agreement(fleet.speed) for drone in self.site.drones}

    def play(self, script: Callable[[], Awaitable[None]]) -> None:
        """Run at the pace PX4 flies at, in the site's own time."""
        self.play_at(script, WorldClock(time.time(), starts_at_s(self.site), self.fleet.speed))

    def play_at(self, script: Callable[[], Awaitable[None]], clock: WorldClock) -> None:
        """Run by a clock that other processes share."""

        async def run() -> None:
            self._blow()
            async with contextlib.AsyncExitStack() as stack:
                for name in self.agreements:
                    ports = self.fleet[name].vehicle.ports
                    self._observers[name] = await stack.enter_async_context(observing(ports))
                await script()

        run_paced(run(), clock)
        self.fleet.complain_if_ended()

    def _blow(self) -> None:
        """SIH's parameters, from 1.18 on, say where the wind comes from."""
        east_m_s, north_m_s = self._wind_enu_m_s
        for name in self.agreements if self._wind_enu_m_s != CALM else ():
            self.running(name).run_tool("param", "set", "SIH_WIND_E", f"{-east_m_s:g}")
            self.running(name).run_tool("param", "set", "SIH_WIND_N", f"{-north_m_s:g}")

    async def open_endpoint(self) -> DatagramEndpoint:
        """One port for the whole play: PX4 answers the first that spoke to it, so this one speaks at once."""
        endpoint = await open_fleet_socket(LOCALHOST, self._port)
        self._speak(endpoint)
        return endpoint

    async def claim(self) -> int:
        """Let the PX4s answer a port, for a controller in another process; returns the port."""
        endpoint = await open_fleet_socket(LOCALHOST, self._port)
        self._speak(endpoint)
        endpoint.close()
        return self._port

    def _speak(self, endpoint: DatagramEndpoint) -> None:
        heartbeat = common.MAVLink_heartbeat_message(common.MAV_TYPE_GCS, common.MAV_AUTOPILOT_INVALID, 0, 0, 4, 3)
        frame = heartbeat.pack(common.MAVLink(None, srcSystem=255, srcComponent=190))
        for name in self.agreements:
            if self.address_of(name) not in self.cut_off:
                endpoint.send(frame, self.address_of(name))

    def address_of(self, vehicle_id: str) -> Address:
        """PX4's ground-station link."""
        return (LOCALHOST, self.fleet[vehicle_id].vehicle.ports.ground)

    @contextlib.asynccontextmanager
    async def pool(self) -> AsyncIterator[SolverPool]:
        """A process, since the loop has to keep the time; its planner is built before the play begins."""
        async with SolverPool(1) as pool:
            request = self.request(east_m=100.0, north_m=0.0)
            await pool.run(plan_and_check, self.site.folder, request, deadline_s=START_S)
            yield pool

    @contextlib.asynccontextmanager
    async def around_service(self, service: Service) -> AsyncIterator[None]:
        """Crew and weather station, and MAVSDK's word compared with ours all along."""
        works = [
            self._crew().run(),
            run_station(self.bus, lambda: Mast(self._wind_enu_m_s, 0.0), site=self.site.table.name),
        ]
        works += [self._compare(desk) for desk in service.desks]
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _compare(self, desk: DroneDesk) -> None:
        name = desk.drone.vehicle_id
        while True:
            await asyncio.sleep(0.5)
            now_s = asyncio.get_running_loop().time()
            if self.address_of(name) in self.cut_off:
                self.agreements[name].pause(now_s)
            else:
                self.agreements[name].compare(desk.state, self._observers[name].seen, now_s)

    def _crew(self) -> DepotCrew:
        return DepotCrew(
            self.bus,
            self.site.table.name,
            self.hangar,
            systems={drone.serial_number: drone.system_id for drone in self.site.drones},
            times={
                drone.serial_number: CrewTimes(drone.profile.load_s, drone.profile.turnaround_s)
                for drone in self.site.drones
            },
        )

    def running(self, vehicle_id: str) -> RunningPx4:
        """The PX4 itself."""
        return self.fleet[vehicle_id]

    def observer(self, vehicle_id: str) -> Observer:
        """MAVSDK."""
        return self._observers[vehicle_id]

    def truth(self, vehicle_id: str) -> Truth:
        """By MAVSDK, over a link of its own."""
        seen = self._observers[vehicle_id].seen
        assert seen.position is not None and seen.armed is not None
        height_m = (seen.altitude_amsl_m or 0.0) - self.site.zones.ground_amsl_m
        return Truth(seen.position, seen.armed, str(seen.landed), str(seen.mode), height_m)

    def parcel_in(self, vehicle_id: str) -> str | None:
        """By what the crew put in and took out."""
        drone = next(drone for drone in self.site.drones if drone.vehicle_id == vehicle_id)
        return self.hangar.parcels.get(drone.system_id)

    async def sag_battery(self, vehicle_id: str, to_fraction: float) -> None:
        """Drained fast for as long as it takes, then at its own pace; PX4 tells it some seconds late, filtered."""
        self.logbook.note(f"{vehicle_id} battery_sag")
        px4, full = self.running(vehicle_id), self._observers[vehicle_id].seen.battery_fraction
        assert full is not None
        px4.run_tool("param", "set", "SIM_BAT_DRAIN", f"{DRAINING_S:g}")
        await asyncio.sleep((full - to_fraction) * DRAINING_S)
        px4.run_tool("param", "set", "SIM_BAT_DRAIN", SITE_DRAIN_S)

    def silence_gripper(self, vehicle_id: str) -> None:
        """The module that answers is stopped."""
        self.logbook.note(f"{vehicle_id} gripper_silent")
        self.running(vehicle_id).run_tool("payload_deliverer", "stop")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])
