"""A controller as people run it, a process on a real broker, killed in flight (SIGKILL) and started again."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import pytest
from tests_support.delivery_plays import DOORSTEP, QUAD
from tests_support.play_world import write_play_site
from tests_support.px4_play_world import Hangar, Px4PlayWorld

from skystork.app.cli_orders import order_line
from skystork.app.ledger_view import LedgerView
from skystork.app.site import starts_at_s
from skystork.frames import distance_m
from skystork.orders.order import OrderId
from skystork.orders.order_state import OrderState
from skystork.shell import spool
from skystork.shell.broker import start_broker
from skystork.shell.world_clock import load_or_create_clock
from skystork_sim.crew import CrewTimes, DepotCrew
from skystork_sim.mqtt_bus import MqttBus
from skystork_sim.px4.fixtures import StartFleet
from skystork_sim.px4.site_fleet import vehicles_of_site
from skystork_sim.weather_station import Mast, run_station

pytestmark = pytest.mark.sitl
PATIENCE_S = 900.0


class Depot:
    """Everything but the controller: broker, crew, weather station; and the controller's process."""

    def __init__(self, world: Px4PlayWorld, clock_file: Path) -> None:
        self.world, self._clock_file = world, clock_file
        self._url = ""
        self.controller: subprocess.Popen[bytes] | None = None

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with start_broker(0) as url:
            self._url, parts = url, urlsplit(url)
            version = aiomqtt.ProtocolVersion.V311 if "3.1.1" in parts.query else aiomqtt.ProtocolVersion.V5
            bus = MqttBus(str(parts.hostname), int(parts.port or 0), protocol=version)
            site, drone = self.world.site, self.world.site.drones[0]
            crew = DepotCrew(
                bus,
                site.table.name,
                self.world.hangar,
                systems={drone.serial_number: drone.system_id},
                times={drone.serial_number: CrewTimes(drone.profile.load_s, drone.profile.turnaround_s)},
            )
            station = run_station(bus, lambda: Mast((0.0, 0.0), 0.0), site=site.table.name)
            tasks = [asyncio.create_task(work) for work in (bus.run(), crew.run(), station)]
            try:
                yield
            finally:
                self.kill()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, port: int) -> None:
        """``skystork run``."""
        command = [sys.executable, "-m", "skystork.app.cli", "run", "--site", str(self.world.site.folder)]
        command += ["--state", str(self.world.folder.root), "--mqtt", self._url, "--clock", str(self._clock_file)]
        log = (self.world.folder.root / "controller.log").open("ab")
        self.controller = subprocess.Popen(
            [*command, "--listen", f"127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()

    def kill(self) -> None:
        """No goodbye."""
        if self.controller is not None:
            self.controller.send_signal(signal.SIGKILL)
            self.controller.wait()
            self.controller = None

    async def until(self, condition: Callable[[LedgerView], bool], what: str) -> None:
        """Wait for the ledger on disk to say something."""
        deadline_s = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            if self.world.folder.ledger.exists() and condition(LedgerView.read(self.world.folder.root)):
                return
            said = (self.world.folder.root / "controller.log").read_text(errors="replace")[-3000:]
            assert self.controller is not None and self.controller.poll() is None, said
            assert asyncio.get_running_loop().time() < deadline_s, f"not {what}: {said}"
            await asyncio.sleep(1.0)


def phases(view: LedgerView) -> list[str]:
    return [str(row.payload["phase"]) for row in view.rows if row.kind == "FlightPhaseChanged"]


@pytest.mark.parametrize("phase", ["outbound", "dropping", "inbound"])
def test_a_controller_killed_in_flight_takes_over_and_nothing_is_done_twice(
    phase: str,
    px4_fleet: StartFleet,
    px4_instances: Callable[[int], list[int]],
    px4_speed: float,
    tmp_path: Path,
) -> None:
    (instance,) = px4_instances(1)
    site = write_play_site(tmp_path / "site", {QUAD: instance + 1})
    world = Px4PlayWorld(site, tmp_path / "state", px4_fleet(vehicles_of_site(site), speed=px4_speed))
    world.hangar = Hangar()
    clock = load_or_create_clock(tmp_path / "clock.json", sim_start_s=starts_at_s(world.site), speed=px4_speed)
    depot = Depot(world, tmp_path / "clock.json")

    async def script() -> None:
        async with depot.open():
            port = await world.claim()
            depot.start(port)
            await asyncio.sleep(30.0)
            order = world.order("O-1", **DOORSTEP)
            spool.submit(world.folder.inbox, order_line(order))
            await depot.until(lambda view: phase in phases(view), phase)
            depot.kill()
            before = len(LedgerView.read(world.folder.root).rows)
            await asyncio.sleep(4.0)
            depot.start(port)
            await depot.until(lambda view: any(row.kind == "FlightLanded" for row in view.rows), "landed")
            await depot.until(lambda view: view.book.order(OrderId("O-1")).ended, "the order ended")
            assert len(LedgerView.read(world.folder.root).rows) > before
            truth = world.truth(QUAD)
            assert not truth.armed and distance_m(world.site.drones[0].pad, truth.position) < 2.0

    world.play_at(script, clock)
    view = LedgerView.read(world.folder.root)
    assert view.report.broken is None
    kinds = [row.kind for row in view.rows]
    assert kinds.count("FlightLaunched") == 1
    if phase == "dropping" and view.book.order(OrderId("O-1")).state is not OrderState.DELIVERED:
        # Taken over while it held, nobody knew for how long it still would: nothing was released.
        assert kinds.count("ReleaseRequested") == 0 and kinds.count("ParcelReturned") == 1
        return
    assert kinds.count("OrderDelivered") == kinds.count("ReleaseConfirmed") == 1
    assert view.book.order(OrderId("O-1")).state is OrderState.DELIVERED
