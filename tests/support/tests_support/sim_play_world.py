"""The world of a play with the stand-in autopilots: everything in memory, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

from skystork.app.service import Service
from skystork.app.site import starts_at_s
from skystork.shell.bus import Address, DatagramEndpoint
from skystork.shell.loops import run_virtual
from skystork.shell.solver_pool import SolverPool
from skystork_sim.autopilot import Autopilot
from skystork_sim.fleet import FIRST_PORT, SimWorld
from skystork_sim.incidents import IncidentKind
from skystork_sim.network import MemoryNetwork
from skystork_sim.site import read_site
from skystork_sim.world import CALM, World
from tests_support.play_world import PlayWorld, Truth

CONTROLLER = ("127.0.0.1", 14550)


class SimPlayWorld(PlayWorld):
    """Stand-in autopilots, as 1.17 or as 1.18; ``weather`` is what the controller is not told."""

    kind = "sim"

    def __init__(self, site_folder: Path, folder: Path, weather: World = CALM, *, as_1_18: bool = False) -> None:
        super().__init__(site_folder, folder)
        self._weather, self._as_1_18 = weather, as_1_18
        self.released: list[str] = []
        self._network: MemoryNetwork | None = None
        self._fleet: SimWorld | None = None

    def play(self, script: Callable[[], Awaitable[None]]) -> None:
        """Run in virtual time."""

        async def run() -> None:
            self._switch_on()
            assert self._fleet is not None
            turning = asyncio.create_task(self._fleet.run(), name="world")
            try:
                await script()
            finally:
                turning.cancel()
                await asyncio.gather(turning, return_exceptions=True)

        gc.disable()  # millions of short-lived objects and hardly a cycle
        try:
            run_virtual(run(), starts_at_s(self.site))
        finally:
            gc.enable()

    def _switch_on(self) -> None:
        sim_site = read_site(self.site.folder)
        weather = dataclasses.replace(self._weather, incidents=())
        self._network = MemoryNetwork(asyncio.get_running_loop(), Random("play"), delay_s=0.01)
        self._fleet = SimWorld(sim_site, weather, controller=CONTROLLER, bus=self.bus, record=self._record)
        for entry in sim_site.drones:
            drone = self._fleet.connect(entry, self._network.endpoint(self.address_of(entry.vehicle_id)))
            drone.autopilot.failures.units_of_1_18 = self._as_1_18

    def _record(self, kind: str, record: dict[str, Any]) -> None:
        if kind == "releases":
            self.released.append(str(record["order_id"]))

    async def open_endpoint(self) -> DatagramEndpoint:
        """The memory network's."""
        assert self._network is not None
        return self._network.endpoint(CONTROLLER)

    def address_of(self, vehicle_id: str) -> Address:
        """As the simulated fleet numbers its ports."""
        index = [drone.vehicle_id for drone in self.site.drones].index(vehicle_id)  # type: ignore[arg-type]
        return (CONTROLLER[0], FIRST_PORT + index)

    def pool(self) -> SolverPool:
        """Runs inline in virtual time."""
        return SolverPool()

    @contextlib.asynccontextmanager
    async def around_service(self, service: Service) -> AsyncIterator[None]:
        """Crew and weather are part of the simulated world."""
        yield

    def autopilot(self, vehicle_id: str) -> Autopilot:
        """The stand-in itself."""
        assert self._fleet is not None
        drone = next(drone for drone in self.site.drones if drone.vehicle_id == vehicle_id)
        return self._fleet.drones[drone.system_id].autopilot

    def truth(self, vehicle_id: str) -> Truth:
        """The physics' own."""
        autopilot = self.autopilot(vehicle_id)
        status = autopilot.status
        mode = status.mode.name if status.mode.name.startswith("AUTO") else f"AUTO.{status.mode.name}"
        return Truth(
            autopilot.aircraft.position(),
            status.armed,
            status.landed.name.lower(),
            mode,
            autopilot.aircraft.mass.height_m,
        )

    def parcel_in(self, vehicle_id: str) -> str | None:
        """By looking into the box."""
        parcel = self.autopilot(vehicle_id).aircraft.gripper.parcel
        return None if parcel is None else parcel.order_id

    async def sag_battery(self, vehicle_id: str, to_fraction: float) -> None:
        """A cell gives way."""
        self._begin(vehicle_id, IncidentKind.BATTERY_SAG, to_fraction)

    def silence_gripper(self, vehicle_id: str) -> None:
        """See IncidentKind."""
        self._begin(vehicle_id, IncidentKind.GRIPPER_SILENT)

    def _begin(self, vehicle_id: str, kind: IncidentKind, value: float = 0.0) -> None:
        self.logbook.note(f"{vehicle_id} {kind}")
        self.autopilot(vehicle_id).aircraft.faults.begin(kind, asyncio.get_running_loop().time(), value)
