"""The service: everything composed, started and stopped in one place, in one order.

Start: ledger replayed, bus, link, listening, take-over, then dispatch. Stop: dispatch first, flights go on being
watched until the process ends; what is in the air is taken over by the next start. One supervisor for each flight: a
flight whose code fails is reported once and taken over anew, and no other vehicle notices.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from skystork import __version__
from skystork.app.announcer import Announcer, Header
from skystork.app.crew import Crew
from skystork.app.dispatch_desk import DispatchDesk
from skystork.app.drone_desk import DroneDesk
from skystork.app.fleet_links import FleetLinks
from skystork.app.flight_files import FlightFiles
from skystork.app.flight_runner import FlightRunner
from skystork.app.flight_services import FlightServices
from skystork.app.intake import Intake
from skystork.app.journal import Journal
from skystork.app.planning_job import make_planner
from skystork.app.promise_desk import PromiseDesk
from skystork.app.reattach import Found, classify, listen
from skystork.app.site import Site
from skystork.app.van_desk import VanDesk
from skystork.app.weather_desk import WeatherDesk
from skystork.errors import LedgerError
from skystork.flight.flight import Flight
from skystork.flight.mission import compile_mission
from skystork.orders import events as e
from skystork.orders.book import FlightRecord
from skystork.orders.order import FlightId, Order
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode
from skystork.shell.bus import Bus, DatagramEndpoint
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.solver_pool import SolverPool
from skystork.shell.store import FlownPoint, LedgerStore, TrackStore

log = logging.getLogger("skystork")

TRACK_SPACING_S = 1.0
"""Between points of a flown track that are kept."""
SECOND_ATTEMPTS = 1
"""How often a flight whose code failed is taken over anew before a person must look."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Where a run keeps everything that must survive it."""

    root: Path

    @property
    def ledger(self) -> Path:
        """The ledger."""
        return self.root / "ledger.db"

    @property
    def tracks(self) -> Path:
        """Flown tracks."""
        return self.root / "tracks.db"

    @property
    def plans(self) -> Path:
        """Plans of flights."""
        return self.root / "plans"

    @property
    def inbox(self) -> Path:
        """Submitted orders."""
        return self.root / "inbox"


class Service:
    """One controller of one site."""

    def __init__(
        self,
        site: Site,
        folder: StateFolder,
        *,
        bus: Bus,
        endpoints: Mapping[str, DatagramEndpoint],
        pool: SolverPool,
        seed: int | None,
    ) -> None:
        now_s = asyncio.get_running_loop().time()
        self.site, self._bus, self._seed = site, bus, seed
        self._store = LedgerStore.open(folder.ledger)
        self._tracks = TrackStore.open(folder.tracks)
        self._writer = LedgerWriter(self._store)
        self.journal = Journal(self._writer)
        self._replayed = self.journal.replay(self._store.read())
        self.root = f"skystork/v1/{site.table.name}"
        self.links = FleetLinks(site.drones, endpoints)
        self.desks = [DroneDesk(drone, self.links.port(drone), now_s) for drone in site.drones]
        self._last_point_s: dict[str, float] = {}
        for desk in self.desks:
            desk.on_state = self._keep_point
        self._crew, self.weather = Crew(bus, self.root), WeatherDesk(bus, self.root)
        self._flights = FlightServices(
            site, self.journal, self._crew, pool, FlightFiles(folder.plans), lambda: self.weather.reading, {}
        )
        self.dispatch = DispatchDesk(
            site,
            self.journal,
            make_planner(site),
            self.desks,
            weather=lambda: self.weather.reading,
            start_flight=self._start_flight,
        )
        self.vans = VanDesk(site, self.journal, bus, self.root, road=self.dispatch.road, pool=pool)
        self._promises = PromiseDesk(self.journal, site.rules, self.dispatch.road)
        self.intake = Intake(self.journal, site.depot, folder.inbox)
        self._announcer = Announcer(bus, self.root, Header(site.table.manufacturer), self.desks, self.journal)
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self, orders: Sequence[Order] = ()) -> None:
        """Serve until cancelled, playing the orders given at their own times."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                await self._start(tasks)
                tasks.create_task(self.dispatch.run(), name="dispatch")
                tasks.create_task(self.vans.run(), name="vans")
                tasks.create_task(self._promises.run(), name="promises")
                tasks.create_task(self.intake.watch_inbox(), name="inbox")
                tasks.create_task(self.intake.play(orders), name="order file")
        finally:
            self._tasks = None
            await self._stop()

    @property
    def ledger_queue(self) -> int:
        """Rows waiting for a commit."""
        return self._writer.statistics.waiting_rows

    def at_rest(self) -> bool:
        """Nothing is open: every order ended, every flight over."""
        ended = all(record.ended for record in self.journal.book.orders())
        return ended and not self.journal.book.open_flights() and not any(desk.busy for desk in self.desks)

    async def _start(self, tasks: asyncio.TaskGroup) -> None:
        for name, work in (
            ("crew", self._crew.listen()),
            ("weather", self.weather.listen()),
            ("van states", self.vans.listen()),
        ):
            tasks.create_task(work, name=name)
        await self.journal.record(e.ServiceStarted(self.site.table.name, __version__, self._seed))
        tasks.create_task(self._announcer.run(), name="announcer")
        await self.weather.wait_first()
        await listen(self.desks)
        for record in self.journal.book.open_flights():
            await self._take_over(record)

    async def _stop(self) -> None:
        await self._announcer.publish_round()
        await self._writer.close()
        self._tracks.close()
        self._store.close()
        self.links.close()

    # ------------------------------------------------------------------ flights

    def _start_flight(self, desk: DroneDesk, flight_id: FlightId, order: Order) -> None:
        desk.busy = True
        runner = FlightRunner(self._flights, desk, flight_id, order)
        self._supervise(runner.run(), desk, flight_id)

    def _supervise(
        self,
        work: Coroutine[object, object, None],
        desk: DroneDesk,
        flight_id: FlightId,
        attempts: int = SECOND_ATTEMPTS,
    ) -> None:
        assert self._tasks is not None, "flights start while the service runs"
        name = f"flight[{desk.drone.vehicle_id}]"
        self._tasks.create_task(self._guard(work, desk, flight_id, attempts), name=name)

    async def _guard(
        self, work: Coroutine[object, object, None], desk: DroneDesk, flight_id: FlightId, attempts: int
    ) -> None:
        """One supervisor for each flight: its failure is told once and stays its own."""
        try:
            await work
        except LedgerError:
            raise
        except Exception as error:  # the one place: a fault in one flight must not stop the fleet
            if isinstance(error, ExceptionGroup) and error.subgroup(LedgerError) is not None:
                raise
            log.exception(
                "flight %s on %s failed; the vehicle flies on by its mission", flight_id, desk.drone.vehicle_id
            )
            if attempts > 0:
                await self._take_over(self.journal.book.flights[flight_id], attempts - 1)
            else:
                desk.out_of_service = f"the control of flight {flight_id} failed twice: see the log"

    async def _take_over(self, record: FlightRecord, attempts: int = SECOND_ATTEMPTS) -> None:
        """Go on with a flight of the ledger that has not ended."""
        desk = next((desk for desk in self.desks if desk.drone.vehicle_id == record.vehicle_id), None)
        if desk is None:
            log.error("flight %s: its vehicle %s is not in the site file", record.flight_id, record.vehicle_id)
            return
        desk.busy = True  # from here on, so that nothing else is given to it while we wait
        order = self.journal.book.order(record.order_id)
        if order.state is OrderState.RELEASING:
            evidence = "the controller restarted between the request and the report"
            await self.journal.record(
                e.ReleaseUnresolved(record.order_id, record.flight_id, record.vehicle_id, evidence)
            )
            order = self.journal.book.order(record.order_id)
        if record.plan_hash is None:
            self._supervise(self._drop(record, desk, "was not planned"), desk, record.flight_id, attempts)
            return
        plan = self._flights.files.load(record.flight_id)
        flight = Flight(plan, compile_mission(plan, self.site.frame), self.site.frame)
        takeover = classify(record, order, desk.state, flight.mission.hold_sequence)
        log.warning("flight %s on %s taken over: %s", record.flight_id, record.vehicle_id, takeover.found)
        if takeover.found is Found.NEVER_LEFT:
            self._supervise(self._drop(record, desk, "had not left the ground"), desk, record.flight_id, attempts)
            return
        if record.launched_at_s is None:
            await self.journal.record(e.FlightLaunched(record.flight_id, record.vehicle_id, record.order_id))
        launched_at_s = record.launched_at_s or asyncio.get_running_loop().time()
        flight.adopt(
            takeover.phase,
            takeover.parcel,
            launched_at_s=launched_at_s,
            returning=takeover.returning,
            vehicle=desk.state,
        )
        runner = FlightRunner(self._flights, desk, record.flight_id, order.order)
        self._supervise(runner.resume(flight), desk, record.flight_id, attempts)

    async def _drop(self, record: FlightRecord, desk: DroneDesk, why: str) -> None:
        """A flight that never left: the parcel comes out if it was in, the order waits again.

        Runs beside the start: a minute of the crew's work must not keep an aircraft in the air from being watched.
        """
        order_id = record.order_id
        try:
            if record.phase not in {"assigned", "planned"}:
                await self._crew.unload(desk.drone.serial_number, record.flight_id, order_id)
            reason = Reason(ReasonCode.VEHICLE, f"its control began anew when it {why}", record.phase, "launched")
            await self.journal.record(e.AssignmentDropped(order_id, record.flight_id, record.vehicle_id, (reason,)))
        finally:
            desk.busy = False

    # ------------------------------------------------------------------ tracks

    def _keep_point(self, desk: DroneDesk) -> None:
        """Keep one point a second of what is flown."""
        state, flight = desk.state, desk.flight
        if flight is None or not state.armed or state.position is None or state.altitude_amsl_m is None:
            return
        flight_id = flight.plan.request.flight_id
        if state.at_s - self._last_point_s.get(flight_id, 0.0) < TRACK_SPACING_S:
            return
        self._last_point_s[flight_id] = state.at_s
        self._tracks.add(
            FlownPoint(
                flight_id,
                desk.drone.vehicle_id,
                state.at_s,
                state.position.latitude_deg,
                state.position.longitude_deg,
                state.altitude_amsl_m,
                state.height_home_m or 0.0,
            )
        )
