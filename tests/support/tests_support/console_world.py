"""The whole product for a browser: simulated world, service, HTTP server, in a thread with a paced loop of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from skystork.app.demo import CONTROLLER
from skystork.app.drone_desk import DroneDesk
from skystork.app.http.api import http_api
from skystork.app.make_ready import make_ready
from skystork.app.networks import MAIN
from skystork.app.planning_job import plan_and_check
from skystork.app.service import Service
from skystork.app.site import Site, load_site, starts_at_s
from skystork.app.state_folder import StateFolder
from skystork.control.roles import Role
from skystork.frames import Geodetic
from skystork.orders.order import FlightId, Order, OrderId
from skystork.planning.flight_plan import FlightRequest
from skystork.shell.account_store import AccountStore, User
from skystork.shell.http_address import Listen
from skystork.shell.loops import PacedLoop
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.mqtt import MqttBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.web.passwords import hash_password
from skystork.shell.world_clock import WorldClock
from skystork_sim.fleet import FIRST_PORT, SimWorld
from skystork_sim.network import MemoryNetwork
from skystork_sim.site import read_site
from skystork_sim.world import read_world
from tests_support.http_world import DARLINGTON

PATIENCE_S = 90.0
PASSWORD = "correct horse battery staple"
NAMES = {
    Role.VIEWER: "vera",
    Role.DISPATCHER: "dina",
    Role.SUPERVISOR: "sven",
    Role.SAFETY_OFFICER: "olga",
    Role.ADMIN: "ada",
}


@dataclass
class ConsoleWorld:
    """What a browser test talks to; `call` runs in the service's own loop."""

    url: str
    service: Service
    fleet: SimWorld
    loop: asyncio.AbstractEventLoop

    def call(self, work: Callable[[], Any]) -> Any:
        """The result of a function that is run where the service runs."""

        async def run() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(PATIENCE_S)

    def wait_ready(self) -> None:
        """Until every drone is ready to fly: an order that comes before goes by road."""
        until_s = time.monotonic() + PATIENCE_S
        while not self.call(lambda: all(map(self._is_free, self.service.desks))):
            assert time.monotonic() < until_s, "the drones are not ready"
            threading.Event().wait(0.2)

    def _is_free(self, desk: DroneDesk) -> bool:
        return desk.availability(self.loop.time()) is not None

    def accept(self, *orders: Order) -> None:
        """Take orders in, as any door does."""
        for order in orders:
            asyncio.run_coroutine_threadsafe(self.service.intake.accept(order), self.loop).result(PATIENCE_S)


@contextmanager
def console_world(
    folder: Path,
    *,
    site: Site | None = None,
    speed: float = 20.0,
    orders: Sequence[Order] = (),
    port: int = 0,
    broker: str = "",
) -> Iterator[ConsoleWorld]:
    """Serve the Darlington site with its simulated vehicles while the block runs.

    Parameters
    ----------
    port
        Of the HTTP server; 0: any.
    broker
        URL of one, where the bus is to be a real one; empty: in memory.
    """
    place, over = site or load_site(DARLINGTON), threading.Event()
    compile_searches(place.folder)
    ready: Future[ConsoleWorld] = Future()

    async def run() -> None:
        async with _world(place, folder, orders, port, broker) as world:
            ready.set_result(world)
            await asyncio.to_thread(over.wait)

    def serve() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        clock = WorldClock(time.time(), starts_at_s(place), speed)
        try:
            with asyncio.Runner(loop_factory=lambda: PacedLoop(clock)) as runner:
                runner.run(run())
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=serve, name="console world")
    thread.start()
    try:
        yield ready.result(PATIENCE_S)
    finally:
        over.set()
        thread.join(PATIENCE_S)


@lru_cache(maxsize=1)
def compile_searches(place_folder: Path) -> None:
    """Plan a flight without a clock: what it compiles is kept on disk, and the service's worker finds it there."""
    make_ready()
    place = load_site(place_folder)
    drone = place.drones[0]
    plan_and_check(
        place.folder,
        FlightRequest(
            flight_id=FlightId("F-0"),
            order_id=OrderId("O-0"),
            vehicle_id=drone.vehicle_id,
            profile=drone.profile,
            pad=drone.pad,
            drop_off=Geodetic(54.5600, -1.5650),
            payload_kg=0.8,
            departs_at_s=starts_at_s(place),
            outbound_height_m=place.flight.outbound_height_m,
            inbound_height_m=place.flight.inbound_height_m,
            wind_enu_m_s=(4.0, 0.0),
            battery_j=drone.profile.battery_j,
        ),
    )


@asynccontextmanager
async def _world(
    place: Site, folder: Path, orders: Sequence[Order], port: int, broker: str
) -> AsyncIterator[ConsoleWorld]:
    async with AsyncExitStack() as opened:
        bus: Any = MemoryBus()
        of_fleet = bus
        if broker:
            bus = await opened.enter_async_context(MqttBus(broker, "service"))
            of_fleet = await opened.enter_async_context(MqttBus(broker, "fleet"))
        async with _served(place, folder, orders, port, (bus, of_fleet)) as world:
            yield world


@asynccontextmanager
async def _served(
    place: Site, folder: Path, orders: Sequence[Order], port: int, buses: tuple[Any, Any]
) -> AsyncIterator[ConsoleWorld]:
    state, (bus, of_fleet) = StateFolder(folder), buses
    fleet, controller = _connected(place, of_fleet)
    _make_accounts(state)
    async with SolverPool(1) as pool:
        service = Service(place, state, bus=bus, endpoints={MAIN: controller}, pool=pool, seed=1)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(fleet.run()), tasks.create_task(service.run(orders))]
            async with http_api(service, Listen("127.0.0.1", port)) as served:
                yield ConsoleWorld(served.url, service, fleet, asyncio.get_running_loop())
            for task in running:
                task.cancel()
            service.parts.raise_first()


def _connected(place: Site, bus: Any) -> tuple[SimWorld, Any]:
    sim_site = read_site(place.folder)
    fleet = SimWorld(sim_site, read_world(place.folder / "world.toml", sim_site), controller=CONTROLLER, bus=bus)
    network = MemoryNetwork(asyncio.get_running_loop(), Random(1))
    for index, entry in enumerate(sim_site.drones):
        address = (CONTROLLER[0], FIRST_PORT + index)
        network.cut_while(address, fleet.faults[entry.system_id].link_is_cut)
        fleet.connect(entry, network.endpoint(address))
    return fleet, network.endpoint(CONTROLLER)


def _make_accounts(state: StateFolder) -> None:
    """One person of each role, all with the same password."""
    kept = hash_password(PASSWORD)
    with closing(AccountStore.open(state.accounts)) as store:
        for role, name in NAMES.items():
            store.add_user(User(name, role, kept, 0.0))
