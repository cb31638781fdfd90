"""One supervisor for each flight: starts it, takes it over after a restart, and keeps its failure its own.

A flight whose code fails is told once and taken over anew; the second time it is left to its mission, and its vehicle
goes out of service. No other vehicle notices.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_runner import FlightRunner
from skystork.app.flight_services import FlightServices
from skystork.app.hand_mission import Errand, HandMission
from skystork.app.parts import is_of_ledger
from skystork.app.planless import follow_without_plan
from skystork.app.reattach import Found, Takeover, classify, has_told
from skystork.errors import LedgerError
from skystork.fleet.vehicle import LandedState, LinkState
from skystork.flight.flight import Flight
from skystork.flight.mission import compile_mission
from skystork.orders import events as e
from skystork.orders.book import FlightRecord, OrderRecord
from skystork.orders.by_hand import HandOrder
from skystork.orders.order import FlightId, VehicleId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode

log = logging.getLogger("skystork")

SECOND_ATTEMPTS = 1
"""How often a flight whose code failed is taken over anew before a person must look."""


class FlightSupervisor:
    """Runs the flights of a site in a task group that is given to it when the service starts."""

    def __init__(self, services: FlightServices, desks: Sequence[DroneDesk]) -> None:
        self._s, self._desks = services, desks
        self._runners: dict[VehicleId, FlightRunner] = {}
        self.tasks: asyncio.TaskGroup | None = None
        """Where flights run; None while the service does not."""

    def start(self, desk: DroneDesk, flight_id: FlightId, errand: Errand) -> None:
        """Begin a flight on a free vehicle."""
        desk.busy = True
        self._supervise(self._runner(desk, flight_id, errand).run(), desk, flight_id, SECOND_ATTEMPTS)

    def runner_of(self, desk: DroneDesk) -> FlightRunner | None:
        """Who flies the vehicle now; None where nobody does."""
        return self._runners.get(desk.drone.vehicle_id) if desk.flight is not None else None

    def cancel(self, desk: DroneDesk, order: HandOrder) -> str:
        """Have a flight that has not left give its order up; empty where it will, else why not."""
        runner = self._runners.get(desk.drone.vehicle_id)
        if runner is None or not desk.busy:
            return "what its flight does is not known yet: try again when its vehicle is heard"
        return runner.cancel(order)

    def call_off(self, desk: DroneDesk, why: Reason) -> str:
        """Have a flight that has not left stay on the ground, its order waiting; empty where it will, else why not."""
        runner = self._runners.get(desk.drone.vehicle_id)
        if runner is None or not desk.busy:
            return "what its flight does is not known yet: try again when its vehicle is heard"
        return runner.call_off(why)

    def _runner(self, desk: DroneDesk, flight_id: FlightId, errand: Errand) -> FlightRunner:
        runner = self._runners[desk.drone.vehicle_id] = FlightRunner(self._s, desk, flight_id, errand)
        return runner

    async def take_over(self, record: FlightRecord, attempts: int = SECOND_ATTEMPTS) -> None:
        """Go on with a flight of the ledger that has not ended."""
        desk = next((desk for desk in self._desks if desk.drone.vehicle_id == record.vehicle_id), None)
        if desk is None:
            log.error("flight %s: its vehicle %s is not in the site file", record.flight_id, record.vehicle_id)
            return
        desk.busy = True  # from here on, so that nothing else is given to it while we wait
        work = await self._work(record, desk, attempts)
        self._supervise(work, desk, record.flight_id, attempts)

    async def _work(self, record: FlightRecord, desk: DroneDesk, attempts: int) -> Coroutine[object, object, None]:
        """What is to be done about the flight, by the ledger and the vehicle's own words."""
        order = await self._order(record)
        if record.plan_hash is None:
            return self._drop(record, desk, "was not planned")
        state = desk.state
        if record.launched_at_s is None and state.link is not LinkState.UP:
            return self._wait_and_take_over(record, desk, attempts)
        stands = not state.armed and state.landed is LandedState.ON_GROUND
        try:
            plan = self._s.files.load(record.flight_id, record.plan_hash)
        except LedgerError as error:
            if record.launched_at_s is None and stands:
                return self._drop(record, desk, "had not left the ground")
            return follow_without_plan(self._s, desk, record, error)
        frame = self._s.site.frame
        flight = Flight(plan, compile_mission(plan, frame), frame)
        takeover = classify(record, order, state, flight.mission.hold_sequence, by_winch=flight.release.by_winch)
        log.warning("flight %s on %s taken over: %s", record.flight_id, record.vehicle_id, takeover.found)
        if takeover.found is Found.NEVER_LEFT:
            return self._drop(record, desk, "had not left the ground")
        return await self._resume(record, desk, flight, takeover, order)

    async def _resume(
        self, record: FlightRecord, desk: DroneDesk, flight: Flight, takeover: Takeover, order: OrderRecord | None
    ) -> Coroutine[object, object, None]:
        if record.launched_at_s is None:
            await self._s.journal.record(e.FlightLaunched(record.flight_id, record.vehicle_id, record.order_id))
        flight.drifted = takeover.found is Found.DRIFTED  # what somebody flies already is watched, not commanded
        if record.reroute_item is not None and takeover.found in {Found.HALF_REROUTED, Found.SILENT}:
            flight.back_item = record.reroute_item
        elif not flight.drifted:
            flight.cleared_mission_id, flight.cleared_fence_id = record.mission_id, record.fence_id
        if record.ground_amsl_m is not None:
            desk.tracker.count_from(record.ground_amsl_m)
        launched_at_s = record.launched_at_s or asyncio.get_running_loop().time()
        raised = self._s.journal.book.contingencies
        flight.recall(frozenset(rule for flight_id, rule in raised if flight_id == record.flight_id))
        flight.adopt(
            takeover.phase,
            takeover.parcel,
            launched_at_s=launched_at_s,
            returning=takeover.returning,
            vehicle=desk.state,
        )
        if record.landed:
            flight.came_down(at_pad=record.landed_at_pad, position=record.landed_position)
        errand = order.order if order is not None else HandMission(record.mission)
        return self._runner(desk, record.flight_id, errand).resume(flight, record.rerouted_at_s or launched_at_s)

    async def _order(self, record: FlightRecord) -> OrderRecord | None:
        """The flight's order; a release that was asked for and not reported is unknown from here on.

        None for a mission by hand.
        """
        book = self._s.journal.book
        if record.mission:
            return None
        if book.order(record.order_id).state is OrderState.RELEASING:
            evidence = "the controller restarted between the request and the report"
            unresolved = e.ReleaseUnresolved(record.order_id, record.flight_id, record.vehicle_id, evidence)
            await self._s.journal.record(unresolved)
        return book.order(record.order_id)

    async def _wait_and_take_over(self, record: FlightRecord, desk: DroneDesk, attempts: int) -> None:
        """Whether it left is the vehicle's to say; until then nobody is sent to it and its order waits."""
        ids, rule = (record.flight_id, record.vehicle_id), "LINK_LOST"
        text = "not heard since the controller started, and whether it left the ground is not known"
        await self._s.journal.record(e.ContingencyRaised(*ids, rule, "WARN", text, record.order_id))
        while not (desk.state.link is LinkState.UP and has_told(desk.state)):
            desk.changed.clear()
            await desk.changed.wait()
        await self._s.journal.record(e.ContingencyCleared(*ids, rule, record.order_id))
        await self.take_over(record, attempts)

    async def _drop(self, record: FlightRecord, desk: DroneDesk, why: str) -> None:
        """A flight that never left: the parcel comes out if it was in, the order waits again.

        Runs beside the start: a minute of the crew's work must not keep an aircraft in the air from being watched.
        """
        order_id = record.order_id
        try:
            reason = Reason(ReasonCode.VEHICLE, f"its control began anew when it {why}", record.phase, "launched")
            if record.mission:
                dropped = e.MissionDropped(record.flight_id, record.vehicle_id, order_id, (reason,))
                await self._s.journal.record(dropped)
                return
            if record.phase not in {"assigned", "planned"}:
                await self._s.crew.unload(desk.drone.serial_number, record.flight_id, order_id)
            await self._s.journal.record(e.AssignmentDropped(order_id, record.flight_id, record.vehicle_id, (reason,)))
        finally:
            desk.busy = False

    def _supervise(
        self, work: Coroutine[object, object, None], desk: DroneDesk, flight_id: FlightId, attempts: int
    ) -> None:
        assert self.tasks is not None, "flights start while the service runs"
        name = f"flight[{desk.drone.vehicle_id}]"
        self.tasks.create_task(self._guard(work, desk, flight_id, attempts), name=name)

    async def _guard(
        self, work: Coroutine[object, object, None], desk: DroneDesk, flight_id: FlightId, attempts: int
    ) -> None:
        """A flight's failure is told once and stays its own."""
        try:
            await work
        except Exception as error:  # a fault in one flight must not stop the fleet
            if is_of_ledger(error):
                raise
            log.exception(
                "flight %s on %s failed; the vehicle flies on by its mission", flight_id, desk.drone.vehicle_id
            )
            if attempts > 0:
                await self.take_over(self._s.journal.book.flights[flight_id], attempts - 1)
            else:
                why = f"the control of flight {flight_id} failed twice: see the log"
                await desk.take_out_of_service(self._s.journal, why)
