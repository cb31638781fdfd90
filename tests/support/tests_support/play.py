"""A play in virtual time: the real service, the simulated world at the other end, and what each of them wrote down.

The world lives as long as the play; services may be stopped and started on the same state folder while it goes on.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from skystork.app.ledger_view import LedgerView, Row
from skystork.app.networks import MAIN
from skystork.app.options import default_site
from skystork.app.service import Service
from skystork.app.site import Site, load_site, starts_at_s
from skystork.app.state_folder import StateFolder
from skystork.flight.phase import FlightPhase
from skystork.orders.book import OrderRecord
from skystork.orders.order import Hazard, Order, OrderId, Parcel
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool
from skystork_sim.fleet import FIRST_PORT, SimWorld
from skystork_sim.incidents import Incident
from skystork_sim.network import MemoryNetwork
from skystork_sim.site import read_site
from skystork_sim.world import CALM, World

CONTROLLER = ("127.0.0.1", 14550)
LONGEST_PLAY_S = 5 * 3600.0
_PROFILES = {"LC": "lift_and_cruise", "MR": "multirotor"}
_AIRSPACE = "uk_airspace_excerpt.geojson"


def write_site(folder: Path, *vehicles: str, van_leave_parcels: int = 1) -> Path:
    """The Darlington site with only these vehicles, named ``LC-1``, ``MR-7``, ``VAN-1``; vans leave at once.

    The airspace, the profiles and the rules are the published scenario's own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = default_site()
    head = (source / "site.toml").read_text(encoding="utf-8").partition("[[drones]]")[0]
    head = head.replace("[rules]\n", f"[rules]\nvan_leave_parcels = {van_leave_parcels}\n")
    rows = [_row(index, name) for index, name in enumerate(vehicles)]
    (folder / "site.toml").write_text(head + "\n".join(rows), encoding="utf-8")
    shutil.copy(source / _AIRSPACE, folder / _AIRSPACE)
    return folder


def close_circle(folder: Path, name: str, east_m: float, north_m: float, radius_m: float) -> None:
    """Close a circle about a place of the site in this folder, from the ground to 2,000 ft, in its file."""
    middle, path = load_site(folder).frame.to_geodetic(east_m, north_m), folder / "site.toml"
    circle = f"""[[airspace.circles]]
zone_id = "{name}"
name = "{name}"
kind = "D"
centre = {{ latitude_deg = {middle.latitude_deg}, longitude_deg = {middle.longitude_deg} }}
radius_m = {radius_m}
lower = "SFC"
upper = "2000 ft"

[rules]
"""
    path.write_text(path.read_text(encoding="utf-8").replace("[rules]\n", circle, 1), encoding="utf-8")


def _row(index: int, name: str) -> str:
    kind, _, number = name.partition("-")
    if kind == "VAN":
        return f'[[vans]]\nvehicle_id = "{name}"\nserial_number = "EV-000{number}"\nprofile = "e_van"\n'
    return (
        f'[[drones]]\nvehicle_id = "{name}"\nserial_number = "{kind}-000{number}"\nsystem_id = {number}\n'
        f'profile = "{_PROFILES[kind]}"\npad_east_m = {30.0 * index}\npad_north_m = 0.0\n'
    )


def order_at(
    site: Site, name: str, east_m: float, north_m: float, *, weight_kg: float = 0.8, after_s: float = 30.0
) -> Order:
    """An order for a doorstep this far from the depot, placed this long after the start."""
    return Order(
        OrderId(name),
        starts_at_s(site) + after_s,
        site.frame.to_geodetic(east_m, north_m),
        Parcel(weight_kg, 0.2, 0.15, 0.1, Hazard.NONE),
        recipient="Emily Kirk",
    )


NEAR = (-2500.0, 1500.0)
"""A doorstep that every drone reaches, east and north of the depot [m]."""


def one_order(site: Site) -> list[Order]:
    """``O-1``, light, to :data:`NEAR`."""
    return [order_at(site, "O-1", *NEAR)]


@dataclass
class Stage:
    """A running play; mutable because it runs."""

    site: Site
    folder: Path
    orders: Sequence[Order]
    bus: MemoryBus
    network: MemoryNetwork
    world: SimWorld
    pool: SolverPool
    truth: dict[str, list[dict[str, Any]]]
    """What really happened so far."""
    service: Service | None = None
    serving: asyncio.Task[None] | None = None
    parts_may_fail: bool = False
    kinds: list[str] = field(default_factory=list)
    """Kinds of the events written since the service started last."""

    def start(self) -> Service:
        """Start a service on the state folder."""
        service = Service(
            self.site,
            StateFolder(self.folder),
            bus=self.bus,
            endpoints={MAIN: self.network.endpoint(CONTROLLER)},
            pool=self.pool,
            seed=None,
        )
        self.kinds = []
        service.journal.listen(lambda _, event: self.kinds.append(type(event).__name__))
        self.service = service
        self.serving = asyncio.create_task(service.run(self.orders), name="service")
        return service

    async def stop(self) -> None:
        """Stop the service wherever it is; the world goes on."""
        assert self.serving is not None
        self.serving.cancel()
        await asyncio.gather(self.serving, return_exceptions=True)

    async def until(self, condition: Callable[[Service], bool], *, step_s: float = 0.5) -> None:
        """Let time pass until the condition holds; a service that failed raises its own error."""
        deadline_s = starts_at_s(self.site) + LONGEST_PLAY_S
        while True:
            assert self.service is not None and self.serving is not None
            if self.serving.done():
                self.serving.result()
            if not self.parts_may_fail:
                self.service.parts.raise_first()
            if condition(self.service):
                return
            assert asyncio.get_running_loop().time() < deadline_s, "the play did not come to this point"
            await asyncio.sleep(step_s)

    async def until_phase(self, phase: FlightPhase, *, wait_s: float = 0.0, desk: int = 0) -> None:
        """Until the drone's flight is in a phase, and for a while after."""

        def reached(service: Service) -> bool:
            flight = service.desks[desk].flight
            return flight is not None and flight.phase is phase

        await self.until(reached, step_s=0.1)
        await asyncio.sleep(wait_s)

    async def until_over(self) -> None:
        """Until every order ended and every vehicle is back."""
        await self.until(
            lambda service: sum(1 for _ in service.journal.book.orders()) == len(self.orders) and service.at_rest(),
            step_s=5.0,
        )


Script = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    """What the ledger says, and what really happened."""

    site: Site
    ledger: LedgerView
    truth: dict[str, list[dict[str, Any]]]
    bus: MemoryBus
    folder: Path

    def kinds(self, order_id: str, *only: str) -> list[str]:
        """Kinds of the ledger's events of an order, in order."""
        rows = [row.kind for row in self.ledger.rows if row.order_id == order_id]
        return [kind for kind in rows if kind in only] if only else rows

    def rows(self, kind: str) -> list[Row]:
        """All events of a kind."""
        return [row for row in self.ledger.rows if row.kind == kind]

    def record(self, order_id: str) -> OrderRecord:
        """The order as the ledger leaves it."""
        return self.ledger.book.order(OrderId(order_id))

    def rules(self) -> list[str]:
        """Names of the contingencies raised."""
        return [str(row.payload["rule"]) for row in self.rows("ContingencyRaised")]

    @property
    def dropped(self) -> Counter[str]:
        """Times that a parcel really left a drone, by order."""
        return Counter(str(release["order_id"]) for release in self.truth["releases"])

    @property
    def handed_over(self) -> Counter[str]:
        """Times that a van really handed a parcel over, by order."""
        actions = [str(each["action_id"]).partition(":") for each in self.truth["vans"]]
        return Counter(order_id for kind, _, order_id in actions if kind == "drop")


def play(
    site_folder: Path,
    state: Path,
    orders: Callable[[Site], Sequence[Order]],
    *,
    world: World = CALM,
    incidents: Iterable[Incident] = (),
    script: Script | None = None,
) -> Outcome:
    """Run a play over the site in the folder and return what came of it.

    Parameters
    ----------
    state
        Empty folder for the ledger.
    orders
        Given the site, the orders.
    script
        What to do while it runs; a service is running when it is called. Without one: wait until all is over.
    """
    site = load_site(site_folder)
    truth: dict[str, list[dict[str, Any]]] = {"releases": [], "tracks": [], "vans": []}
    bus = MemoryBus()

    async def run() -> None:
        stage = _stage(site, state, orders(site), replace(world, incidents=tuple(incidents)), bus, truth)
        turning = asyncio.create_task(stage.world.run(), name="world")
        try:
            stage.start()
            await (script or Stage.until_over)(stage)
        finally:
            await stage.stop()
            turning.cancel()
            await asyncio.gather(turning, return_exceptions=True)

    gc.disable()  # millions of short-lived objects and hardly a cycle
    try:
        run_virtual(run(), starts_at_s(site))
    finally:
        gc.enable()
    return Outcome(site, LedgerView.read(state), truth, bus, state)


def _stage(  # noqa: PLR0917  # one call, right above
    site: Site,
    root: Path,
    orders: Sequence[Order],
    world: World,
    bus: MemoryBus,
    truth: dict[str, list[dict[str, Any]]],
) -> Stage:
    sim_site = read_site(site.folder)
    network = MemoryNetwork(
        asyncio.get_running_loop(),
        Random("play"),
        loss=world.loss,
        delay_s=world.delay_s,
        jitter_s=world.jitter_s,
        duplication=world.duplication,
    )
    fleet = SimWorld(
        sim_site, world, controller=CONTROLLER, bus=bus, record=lambda kind, record: truth[kind].append(record)
    )
    for index, entry in enumerate(sim_site.drones):
        address = (CONTROLLER[0], FIRST_PORT + index)
        network.cut_while(address, fleet.faults[entry.system_id].link_is_cut)
        fleet.connect(entry, network.endpoint(address))
    return Stage(site, root, orders, bus, network, fleet, SolverPool(), truth)
