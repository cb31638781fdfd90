"""The demonstration hour in virtual time: the same service, the simulated world at the other end of its wires."""

from __future__ import annotations

import asyncio
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from skystork.app.networks import MAIN
from skystork.app.service import Service
from skystork.app.site import Site, starts_at_s
from skystork.app.snapshot import Watch
from skystork.app.state_folder import StateFolder
from skystork.frames import Geodetic
from skystork.orders.order import Order
from skystork.orders.parsing import read_orders
from skystork.shell.console import ConsoleView
from skystork.shell.fast_loop import rest_collector
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.zone_map import Town
from skystork_sim.demand import generate_orders, read_towns, to_jsonl, utc
from skystork_sim.fleet import FIRST_PORT, SimWorld
from skystork_sim.network import MemoryNetwork
from skystork_sim.site import read_site
from skystork_sim.truth import TruthLog
from skystork_sim.world import World, read_world

CONTROLLER = ("127.0.0.1", 14550)
LOOK_S = 20.0
"""Simulated time between looks whether all is over."""
LONGEST_RUN_S = 6 * 3600.0
"""A simulated day's work after an hour of orders is over long before this; then what is open stays open and is told."""


@dataclass(frozen=True, slots=True)
class DemoOrders:
    """The orders of a run and the file they came from."""

    orders: tuple[Order, ...]
    text: str
    """As JSON Lines."""


def seeded_orders(site: Site, seed: int, count: int) -> DemoOrders:
    """Orders of the site's towns for a seed, through the same door as anybody's file."""
    start = utc(site.table.starts_at)
    rows = generate_orders(read_towns(site.folder / "towns.toml"), seed=seed, count=count, start=start)
    text = to_jsonl(rows)
    return DemoOrders(read_orders(text, name=f"orders of seed {seed}", depot=site.depot), text)


def read_town_names(site: Site) -> tuple[Town, ...]:
    """Names for the map."""
    path = site.folder / "towns.toml"
    if not path.exists():
        return ()
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("towns", [])
    return tuple(Town(row["name"], Geodetic(row["latitude_deg"], row["longitude_deg"])) for row in rows)


def run_demo(site: Site, folder: Path, orders: Sequence[Order], *, seed: int) -> float:
    """Run the orders to their end in virtual time; returns the simulated seconds it took.

    Parameters
    ----------
    folder
        Emptied first; holds the ledger, tracks, plans and the world's ground truth afterwards.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rest_collector()
    return run_virtual(_demo(site, folder, orders, seed), starts_at_s(site))


async def _demo(site: Site, folder: Path, orders: Sequence[Order], seed: int) -> float:
    loop, bus = asyncio.get_running_loop(), MemoryBus()
    sim_site = read_site(site.folder)
    world = read_world(site.folder / "world.toml", sim_site)
    with TruthLog(folder / "truth") as truth:
        fleet = SimWorld(sim_site, world, controller=CONTROLLER, bus=bus, record=truth.write)
        network = _network(loop, world, seed)
        for index, entry in enumerate(sim_site.drones):
            address = (CONTROLLER[0], FIRST_PORT + index)
            network.cut_while(address, fleet.faults[entry.system_id].link_is_cut)
            fleet.connect(entry, network.endpoint(address))
        async with SolverPool() as pool:
            endpoints = {MAIN: network.endpoint(CONTROLLER)}
            service = Service(site, StateFolder(folder), bus=bus, endpoints=endpoints, pool=pool, seed=seed)
            await _run_to_the_end(service, fleet, orders)
    return loop.time() - starts_at_s(site)


def _network(loop: asyncio.AbstractEventLoop, world: World, seed: int) -> MemoryNetwork:
    return MemoryNetwork(
        loop,
        Random(f"{seed}-network"),
        loss=world.loss,
        delay_s=world.delay_s,
        jitter_s=world.jitter_s,
        duplication=world.duplication,
    )


async def _run_to_the_end(service: Service, fleet: SimWorld, orders: Sequence[Order]) -> None:
    watch = Watch(service, speed=None, expected_orders=len(orders))
    world = asyncio.create_task(fleet.run(), name="world")
    serving = asyncio.create_task(service.run(orders), name="service")
    try:
        with ConsoleView() as view:
            await watch_until_over(service, watch, view, len(orders), (world, serving))
    finally:
        for task in (serving, world):
            task.cancel()
        await asyncio.gather(serving, world, return_exceptions=True)


async def watch_until_over(
    service: Service, watch: Watch, view: ConsoleView, expected: int, tasks: Sequence[asyncio.Task[None]]
) -> None:
    """Show the service until every order ended and every vehicle is back; a failed task ends it with its error."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + LONGEST_RUN_S
    while loop.time() < deadline_s:
        view.show(watch.snapshot())
        done, _ = await asyncio.wait(tasks, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
            return
        accepted = sum(1 for _ in service.journal.book.orders())
        if accepted >= expected and service.at_rest():
            view.show(watch.snapshot())
            service.parts.raise_first()
            return
