"""No flight ends with an order of its own still open, wherever the vehicle came down, whatever was written by then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests_support.flights import FRAME, MISSION, PLAN, at
from tests_support.port_world import START_S, LossyWire
from tests_support.px4_counterpart import Px4Counterpart

from skystork.app.crew import Crew
from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_files import FlightFiles
from skystork.app.flight_services import FlightServices
from skystork.app.journal import Journal
from skystork.app.options import default_site
from skystork.app.planless import follow_without_plan
from skystork.app.site import load_site
from skystork.app.turnaround import turn_round
from skystork.errors import LedgerError
from skystork.fleet.vehicle import Drone, LandedState
from skystork.flight.effects import Effect, Note
from skystork.flight.flight import Flight
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.link.contract import LinkSettings, TelemetrySample
from skystork.link.fleet_link import FleetLink
from skystork.orders import events as e
from skystork.orders.book import FlightRecord, OrderRecord
from skystork.orders.order import Order
from skystork.orders.order import Parcel as Goods
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.store import LedgerStore
from skystork.shell.udp import LinkRunner
from skystork.shell.vehicle_port import VehiclePort

REQUEST = PLAN.request
ORDER = Order(REQUEST.order_id, 0.0, REQUEST.drop_off, Goods(1.0, 0.2, 0.1, 0.1))
IDS = (REQUEST.flight_id, REQUEST.vehicle_id)
PARCEL_IDS = (REQUEST.order_id, *IDS)
FIELD = FRAME.to_geodetic(1500.0, 0.0)

ASKED: list[e.Event] = [
    e.OrderAccepted(ORDER.order_id, ORDER),
    e.OrderAssigned(REQUEST.order_id, *IDS, 0.0, 0.0, 0.0),
    e.FlightPlanned(*IDS, REQUEST.order_id, "ab", 1.0, 1.0, 1.0, 1.0),
    e.FlightLaunched(*IDS, REQUEST.order_id),
    e.ReleaseRequested(*PARCEL_IDS, 1),
]
COMES_HOME = e.ParcelReturning(*PARCEL_IDS, (Reason(ReasonCode.ATTEMPTED, "", "", ""),))


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


def on_the_ground(tmp_path: Path, written: list[e.Event], play: Callable[[Ground], Awaitable[None]]) -> None:
    async def run() -> None:
        fleet = FleetLink(LinkSettings())
        fleet.add_vehicle(1)
        runner = LinkRunner(fleet, LossyWire(Px4Counterpart(), loss=0.0))
        store, bus = LedgerStore.open(tmp_path / "ledger.db"), MemoryBus()
        journal = Journal(LedgerWriter(store))
        drone = Drone(REQUEST.vehicle_id, "SN1", 1, REQUEST.profile, REQUEST.pad)
        desk = DroneDesk(drone, VehiclePort(runner, 1), START_S)
        sample = TelemetrySample(
            START_S, position=FIELD, altitude_amsl_m=100.0, armed=False, landed=LandedState.ON_GROUND
        )
        desk.tracker.take(sample)
        files = FlightFiles(tmp_path / "plans")
        services = FlightServices(
            load_site(default_site()), journal, Crew(bus, "t"), SolverPool(), files, lambda: None, {}
        )
        for event in written:
            await journal.record(event)
        try:
            await play(Ground(services, desk))
        finally:
            runner.close()
            store.close()

    run_virtual(run(), START_S)


def down_in_a_field(parcel: Parcel) -> Flight:
    flight = Flight(PLAN, MISSION, FRAME)
    away = at(START_S, east_m=1500.0, height_m=0.0, armed=False, landed=LandedState.ON_GROUND)
    flight.adopt(FlightPhase.LANDED, parcel, launched_at_s=START_S - 100.0, returning=False, vehicle=away)
    return flight


LANDED = e.FlightLanded(*IDS, FIELD, False, 100.0, None, REQUEST.order_id)
WRITTEN: dict[str, tuple[list[e.Event], Parcel]] = {
    "the winch told that it kept the parcel when it was down": (
        [*ASKED, LANDED, e.ReleaseFailed(*PARCEL_IDS, ""), COMES_HOME],
        Parcel.ON_BOARD,
    ),
    "it kept it, and nothing more was written": ([*ASKED, LANDED, e.ReleaseFailed(*PARCEL_IDS, "")], Parcel.ON_BOARD),
    "the winch never told": ([*ASKED, LANDED, e.ReleaseUnresolved(*PARCEL_IDS, "")], Parcel.UNKNOWN),
    "the release was still asked for": ([*ASKED, LANDED], Parcel.RELEASING),
}


@pytest.mark.parametrize(("written", "parcel"), WRITTEN.values(), ids=WRITTEN)
def test_down_away_from_its_pad_its_order_ends_in_a_persons_hands(
    tmp_path: Path, written: list[e.Event], parcel: Parcel
) -> None:
    async def play(ground: Ground) -> None:
        await turn_round(ground.services, ground.desk, down_in_a_field(parcel), ORDER, ground.perform)
        assert ground.order.state is OrderState.UNDELIVERABLE
        assert ground.flight.ended_at_s is not None

    on_the_ground(tmp_path, written, play)


@pytest.mark.parametrize(("written", "parcel"), list(WRITTEN.values())[:3], ids=list(WRITTEN)[:3])
def test_landed_before_the_restart_and_its_plan_lost_its_order_ends_all_the_same(
    tmp_path: Path, written: list[e.Event], parcel: Parcel
) -> None:
    async def play(ground: Ground) -> None:
        await follow_without_plan(ground.services, ground.desk, ground.flight, LedgerError("the plan cannot be read"))
        assert ground.order.state is OrderState.UNDELIVERABLE
        assert ground.flight.ended_at_s is not None

    on_the_ground(tmp_path, written, play)


def test_what_landed_at_its_pad_before_the_restart_is_there_still_though_the_vehicle_does_not_say_so() -> None:
    flight = Flight(PLAN, MISSION, FRAME)
    silent = replace(at(START_S, landed=LandedState.ON_GROUND, armed=False), position=None, position_at_s=None)
    flight.adopt(FlightPhase.LANDED, Parcel.ON_BOARD, launched_at_s=0.0, returning=True, vehicle=silent)
    flight.came_down(at_pad=True, position=None)
    assert flight.landed_at_pad and not flight.at_rally
