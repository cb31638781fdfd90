"""A desk with its vehicle, its ledger, and everything that flights share: what there is when a controller starts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from skystork.app.bus_header import Header
from skystork.app.crew import Crew
from skystork.app.current_site import CurrentSite
from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_files import FlightFiles
from skystork.app.flight_services import FlightServices
from skystork.app.journal import Journal
from skystork.app.launch_desk import LaunchDesk
from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.fleet.vehicle import Drone, LandedState
from skystork.flight.effects import Effect, Note
from skystork.flight.flight import Flight
from skystork.link.contract import LinkSettings, sample_of
from skystork.link.fleet_link import FleetLink
from skystork.orders import events as e
from skystork.orders.book import FlightRecord, OrderRecord
from skystork.orders.order import Order
from skystork.orders.order import Parcel as Goods
from skystork.planning.document import plan_hash as hash_of
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.store import LedgerStore
from skystork.shell.vehicle_port import VehiclePort
from tests_support.flights import FRAME, PLAN
from tests_support.port_world import START_S, LossyWire
from tests_support.px4_counterpart import Px4Counterpart

REQUEST = PLAN.request
PLAN_HASH = hash_of(PLAN)
ORDER = Order(REQUEST.order_id, 0.0, REQUEST.drop_off, Goods(1.0, 0.2, 0.1, 0.1))
IDS = (REQUEST.flight_id, REQUEST.vehicle_id)
PARCEL_IDS = (REQUEST.order_id, *IDS)
FIELD = FRAME.to_geodetic(1500.0, 0.0)

ASKED: list[e.Event] = [
    e.OrderAccepted(ORDER.order_id, ORDER),
    e.OrderAssigned(REQUEST.order_id, *IDS, 0.0, 0.0, 0.0),
    e.FlightPlanned(*IDS, REQUEST.order_id, PLAN_HASH, 1.0, 1.0, 1.0, 1.0),
    e.FlightLaunched(*IDS, REQUEST.order_id),
    e.ReleaseRequested(*PARCEL_IDS, 1),
]


@dataclass
class Ground:
    """A desk, its ledger, and everything a flight shares."""

    services: FlightServices
    desk: DroneDesk

    async def perform(self, _: Flight, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Note):
                await self.services.journal.record(*effect.events)

    @property
    def order(self) -> OrderRecord:
        return self.services.journal.book.order(ORDER.order_id)

    @property
    def flight(self) -> FlightRecord:
        return self.services.journal.book.flights[REQUEST.flight_id]


def on_the_ground(
    tmp_path: Path,
    written: list[e.Event],
    play: Callable[[Ground], Awaitable[None]],
    *,
    counterpart: Px4Counterpart | None = None,
    pool: SolverPool | None = None,
) -> None:
    async def run() -> None:
        fleet = FleetLink(LinkSettings())
        fleet.add_vehicle(1)
        runner = LinkRunner(fleet, LossyWire(counterpart or Px4Counterpart(), loss=0.0))
        store, bus = LedgerStore.open(tmp_path / "ledger.db"), MemoryBus()
        journal = Journal(LedgerWriter(store))
        drone = Drone(REQUEST.vehicle_id, "SN1", 1, REQUEST.profile, REQUEST.pad)
        desk = DroneDesk(drone, VehiclePort(runner, 1), START_S)
        sample = sample_of(START_S, position=FIELD, altitude_amsl_m=100.0, armed=False, landed=LandedState.ON_GROUND)
        desk.tracker.take(sample)
        files = FlightFiles(tmp_path / "plans")
        services = FlightServices(
            CurrentSite(load_site(default_site())),
            journal,
            Crew(bus, "t", Header("m")),
            pool or SolverPool(),
            files,
            lambda: None,
            LaunchDesk(journal),
            {},
        )
        for event in written:
            await journal.record(event)
        try:
            await play(Ground(services, desk))
        finally:
            runner.close()
            store.close()

    run_virtual(run(), START_S)
