"""Flies one delivery: performs on the ground what a launch needs, then whatever the flight asks for, until it is over.

Each step on the ground may be refused; a refusal says why, takes the parcel out again, and leaves the order waiting.
In the air nothing is refused: effects are performed in order, a note is on disk before what follows it is done, and
commands to the vehicle run beside the loop so that no slow answer keeps the flight from being watched.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import pairwise

from skystork.airspace.weather import Weather
from skystork.app.crew import Crew
from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_files import FlightFiles
from skystork.app.homeward import land_now, move_on, return_home, stood_down
from skystork.app.journal import Journal
from skystork.app.planning_job import CheckedPlan, plan_and_check
from skystork.app.site import Site
from skystork.app.telemetry_plan import FLIGHT_INTERVALS_US, GROUND_INTERVALS_US
from skystork.clearance.clearance import Denied, request_clearance
from skystork.clearance.deconfliction import Reservation, reserve
from skystork.clearance.preflight import OnBoard, check_on_board, failures
from skystork.errors import Unavailable
from skystork.fleet.vehicle import MissionState, VehicleState
from skystork.flight import phase as p
from skystork.flight.effects import Effect, LandNow, MoveOn, Note, Release, ReturnHome
from skystork.flight.flight import Flight, Parcel
from skystork.flight.mission import compile_mission
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.link.contract import CommandResult, MissionType, TransferOutcome
from skystork.orders import events as e
from skystork.orders.order import FlightId, Order, OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible
from skystork.shell.solver_pool import SolverOverrunError, SolverPool

UPLOAD_ALLOWANCE_S = 5.0
"""Three uploads read back over a link with 1 % loss take well under this."""
VERDICT_PATIENCE_S = 5.0
"""PX4's feasibility verdict comes 10-50 ms after the upload and is told in MISSION_CURRENT at 1 Hz."""
TAKE_OFF_PATIENCE_S = 20.0
"""Armed to MAV_LANDED_STATE_TAKEOFF: 2.3 s on PX4 1.17.0 SITL; spool-up and a slow link on top."""


@dataclass(frozen=True, slots=True)
class FlightServices:
    """What every runner shares."""

    site: Site
    journal: Journal
    crew: Crew
    pool: SolverPool
    files: FlightFiles
    weather: Callable[[], Weather | None]
    reservations: dict[FlightId, Reservation]
    """Space and time held by cleared flights; written by runners only, each its own entry."""


class _RefusedError(Exception):
    """A step before take-off was refused."""

    def __init__(self, *reasons: Reason) -> None:
        self.reasons = reasons
        super().__init__("; ".join(str(reason) for reason in reasons))


class FlightRunner:
    """One flight on one desk."""

    def __init__(self, services: FlightServices, desk: DroneDesk, flight_id: FlightId, order: Order) -> None:
        self._s, self._desk = services, desk
        self._flight_id, self._order = flight_id, order
        self._commands: asyncio.TaskGroup | None = None
        self._loaded = False

    @property
    def _ids(self) -> tuple[OrderId, FlightId, VehicleId]:
        return self._order.order_id, self._flight_id, self._desk.drone.vehicle_id

    async def run(self) -> None:
        """From the chosen vehicle to its turnaround."""
        self._desk.busy = True
        try:
            try:
                flight = await self._prepare()
            except _RefusedError as refusal:
                started = self._desk.flight
                if started is None or await stood_down(self._desk, started, self._perform):
                    await self._give_up(refusal)
                    return
                flight = started
            await self.fly(flight)
        finally:
            self._s.reservations.pop(self._flight_id, None)
            self._desk.flight, self._desk.busy, self._desk.free_at_s = None, False, None

    async def resume(self, flight: Flight) -> None:
        """Take over a flight that was in the air when this process started; it holds its space as before."""
        self._desk.busy = True
        if flight.launched_at_s is not None:
            self._s.reservations[self._flight_id] = reserve(flight.plan, flight.launched_at_s)
        try:
            await self._desk.set_rates(FLIGHT_INTERVALS_US)
            await self.fly(flight)
        finally:
            self._desk.flight, self._desk.busy, self._desk.free_at_s = None, False, None

    async def fly(self, flight: Flight) -> None:
        """Watch a flight that is starting or in the air until it has landed, then turn it round."""
        self._desk.flight = flight
        async with asyncio.TaskGroup() as commands:
            self._commands = commands
            if flight.phase is FlightPhase.INBOUND:  # taken over at the hold, the parcel no longer on board
                self._start_command(move_on(self._desk, flight, flight.mission.inbound_sequence), "move on")
            while flight.phase is FlightPhase.STARTING or flight.phase in AIRBORNE:
                self._desk.changed.clear()
                await self._perform(flight, flight.observe(self._desk.state))
                if flight.phase is FlightPhase.STARTING or flight.phase in AIRBORNE:
                    await self._desk.changed.wait()
        self._s.reservations.pop(self._flight_id, None)
        await self._turn_round(flight)

    # ------------------------------------------------------------------ on the ground

    async def _prepare(self) -> Flight:
        checked = await self._plan()
        flight = Flight(checked.plan, compile_mission(checked.plan, self._s.site.frame), self._s.site.frame)
        self._desk.flight = flight
        departs_at_s = await self._clear(flight, self._earliest_s(with_load=True))
        await self._perform(flight, flight.step(p.PlanCleared()))
        on_board = await self._load_and_upload(flight)
        departs_at_s = await self._wait_for_departure(flight, departs_at_s)
        await self._start(flight, on_board)
        return flight

    def _earliest_s(self, *, with_load: bool) -> float:
        load_s = self._desk.drone.profile.load_s if with_load else 0.0
        return asyncio.get_running_loop().time() + load_s + UPLOAD_ALLOWANCE_S

    def _weather(self) -> Weather:
        weather = self._s.weather()
        if weather is None:
            raise _RefusedError(
                Reason(ReasonCode.WEATHER, "no weather reading: check the station", "none", "a reading")
            )
        return weather

    async def _plan(self) -> CheckedPlan:
        request = self._request(self._desk.state)
        try:
            answer = await self._s.pool.run(plan_and_check, self._s.site.folder, request)
        except (SolverOverrunError, Unavailable) as error:
            raise _RefusedError(Reason(ReasonCode.PLAN, str(error), "no plan", "a plan in time")) from error
        if isinstance(answer, Infeasible):
            raise _RefusedError(*answer.reasons)
        plan = answer.plan
        self._s.files.save(plan)
        order_id, flight_id, vehicle_id = self._ids
        route = plan.legs[1].corridor
        await self._s.journal.record(
            e.FlightPlanned(
                flight_id,
                vehicle_id,
                order_id,
                answer.plan_hash,
                plan.duration_s,
                plan.energy_j,
                plan.reserve_j,
                _length_m(route.path_enu_m if route else ()),
            )
        )
        self._desk.free_at_s = (
            self._earliest_s(with_load=True) + plan.duration_s + self._desk.drone.profile.turnaround_s
        )
        return answer

    def _request(self, state: VehicleState) -> FlightRequest:
        drone, flight = self._desk.drone, self._s.site.flight
        return FlightRequest(
            flight_id=self._flight_id,
            order_id=self._order.order_id,
            vehicle_id=drone.vehicle_id,
            profile=drone.profile,
            pad=drone.pad,
            drop_off=self._order.drop_off,
            payload_kg=self._order.parcel.weight_kg,
            departs_at_s=self._earliest_s(with_load=True),
            outbound_height_m=flight.outbound_height_m,
            inbound_height_m=flight.inbound_height_m,
            wind_enu_m_s=self._weather().wind_enu_m_s,
            battery_j=(state.battery_fraction or 0.0) * drone.profile.battery_j,
        )

    async def _clear(self, flight: Flight, earliest_s: float) -> float:
        now_s = asyncio.get_running_loop().time()
        others = [held for flight_id, held in self._s.reservations.items() if flight_id != self._flight_id]
        answer = request_clearance(
            flight.plan,
            vehicle=self._desk.state,
            weather=self._weather(),
            zone_set_hash=self._s.site.zones.hash,
            earliest_s=earliest_s,
            reserved=others,
            separation=self._s.site.flight.separation,
            now_s=now_s,
        )
        if isinstance(answer, Denied):
            raise _RefusedError(*answer.reasons)
        self._s.reservations[self._flight_id] = answer.reservation
        order_id, flight_id, vehicle_id = self._ids
        await self._s.journal.record(e.FlightCleared(flight_id, vehicle_id, order_id, answer.departs_at_s))
        return answer.departs_at_s

    async def _load_and_upload(self, flight: Flight) -> OnBoard:
        """Side by side: the vehicle stands disarmed for both, and each takes a good part of a minute."""
        upload = asyncio.create_task(self._upload(flight), name=f"upload[{self._desk.drone.vehicle_id}]")
        try:
            await self._load()
        except BaseException:
            upload.cancel()
            raise
        await self._perform(flight, flight.step(p.ParcelSecured()))
        on_board = await upload
        await self._perform(flight, flight.step(p.UploadVerified()))
        return on_board

    async def _load(self) -> None:
        weight_kg = self._order.parcel.weight_kg
        self._loaded = True
        answer = await self._s.crew.load(
            self._desk.drone.serial_number, self._flight_id, self._order.order_id, weight_kg
        )
        if not answer.done:
            text = f"the depot crew could not load the parcel: {answer.detail}"
            raise _RefusedError(Reason(ReasonCode.VEHICLE, text, answer.detail, "FINISHED"))

    async def _upload(self, flight: Flight) -> OnBoard:
        """What the last flight left is cleared first: PX4 1.17 does not begin anew a mission equal to the one on board,
        and calls any mission active while its mode is AUTO.MISSION, as it is after a landing (seen on SITL)."""
        mission, port, ids = flight.mission, self._desk.port, {}
        await port.hold()
        parts = (
            (MissionType.MISSION, ()),
            (MissionType.FENCE, mission.fence),
            (MissionType.RALLY, mission.rally),
            (MissionType.MISSION, mission.items),
        )
        for kind, items in parts:
            settled = await port.upload(kind, items)
            if settled.outcome is not TransferOutcome.VERIFIED:
                text = f"upload of the {kind.name.lower()} ended {settled.outcome}: {settled.detail}"
                raise _RefusedError(Reason(ReasonCode.VEHICLE, text, settled.outcome, TransferOutcome.VERIFIED))
            ids[kind] = settled.opaque_id
        on_board = OnBoard(ids[MissionType.MISSION], ids[MissionType.FENCE], ids[MissionType.RALLY])
        _, flight_id, vehicle_id = self._ids
        await self._s.journal.record(
            e.MissionUploaded(
                flight_id, vehicle_id, on_board.mission_id, on_board.fence_id, on_board.rally_id, len(mission.items)
            )
        )
        return on_board

    async def _wait_for_departure(self, flight: Flight, departs_at_s: float) -> float:
        loop = asyncio.get_running_loop()
        if loop.time() > departs_at_s + 1.0:  # the crew was slower than foreseen: the old slot is gone
            departs_at_s = await self._clear(flight, loop.time())
        await asyncio.sleep(max(0.0, departs_at_s - loop.time()))
        return departs_at_s

    async def _start(self, flight: Flight, on_board: OnBoard) -> None:
        await self._await_verdict(on_board)
        await self._desk.set_rates(FLIGHT_INTERVALS_US)
        armed = await self._desk.port.arm()
        if armed.result is not CommandResult.ACCEPTED:
            text = f"the vehicle refused to arm: {armed.result} {armed.detail}"
            raise _RefusedError(Reason(ReasonCode.VEHICLE, text, armed.result, CommandResult.ACCEPTED))
        started = await self._desk.port.start_mission()
        if started.result is not CommandResult.ACCEPTED:
            await self._desk.port.disarm()
            text = f"the vehicle refused to start the mission: {started.result} {started.detail}"
            raise _RefusedError(Reason(ReasonCode.VEHICLE, text, started.result, CommandResult.ACCEPTED))
        await self._await_take_off(flight)

    async def _await_verdict(self, on_board: OnBoard) -> None:
        """What is on board must be what was cleared, and feasible to the autopilot, right before arming."""
        await self._wait_until(
            lambda: (
                self._desk.state.mission_state is MissionState.NOT_STARTED
                and not failures(check_on_board(self._desk.state, on_board))
            ),
            VERDICT_PATIENCE_S,
        )
        failed = failures(check_on_board(self._desk.state, on_board))
        if failed:
            raise _RefusedError(*(Reason(ReasonCode.CLEARANCE, check.text, check.name, "pass") for check in failed))

    async def _await_take_off(self, flight: Flight) -> None:
        deadline_s = asyncio.get_running_loop().time() + TAKE_OFF_PATIENCE_S
        while flight.phase is FlightPhase.STARTING:
            self._desk.changed.clear()
            await self._perform(flight, flight.observe(self._desk.state))
            if flight.phase is not FlightPhase.STARTING:
                return
            left_s = deadline_s - asyncio.get_running_loop().time()
            if left_s <= 0 or not await self._changed_within(left_s):
                await self._desk.port.disarm()
                text = f"armed, but not seen to take off within {TAKE_OFF_PATIENCE_S:.0f} s"
                raise _RefusedError(Reason(ReasonCode.VEHICLE, text, self._desk.state.landed, "takeoff"))

    async def _wait_until(self, condition: Callable[[], bool], patience_s: float) -> None:
        deadline_s = asyncio.get_running_loop().time() + patience_s
        while not condition():
            self._desk.changed.clear()
            left_s = deadline_s - asyncio.get_running_loop().time()
            if left_s <= 0 or not await self._changed_within(left_s):
                return

    async def _changed_within(self, patience_s: float) -> bool:
        try:
            async with asyncio.timeout(patience_s):
                await self._desk.changed.wait()
        except TimeoutError:
            return False
        return True

    async def _give_up(self, refusal: _RefusedError) -> None:
        """Never left the ground: the parcel comes out, the order waits again."""
        if self._loaded:
            await self._s.crew.unload(self._desk.drone.serial_number, self._flight_id, self._order.order_id)
        order_id, flight_id, vehicle_id = self._ids
        await self._s.journal.record(e.AssignmentDropped(order_id, flight_id, vehicle_id, refusal.reasons))

    # ------------------------------------------------------------------ in the air

    async def _perform(self, flight: Flight, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Note():
                    await self._s.journal.record(*effect.events)
                case Release():
                    self._start_command(self._release(flight), "release")
                case MoveOn():
                    self._start_command(move_on(self._desk, flight, effect.sequence), "move on")
                case ReturnHome():
                    self._start_command(return_home(self._desk, flight), "return")
                case LandNow():
                    self._start_command(land_now(self._desk, flight), "land")

    def _start_command(self, work: Coroutine[object, object, None], word: str) -> None:
        assert self._commands is not None, "commands in the air are only asked for while flying"
        self._commands.create_task(work, name=f"{word}[{self._desk.drone.vehicle_id}]")

    async def _release(self, flight: Flight) -> None:
        settled = await self._desk.port.gripper_release()
        await self._perform(flight, flight.settle_release(settled))
        self._desk.changed.set()

    # ------------------------------------------------------------------ back on the ground

    async def _turn_round(self, flight: Flight) -> None:
        state, drone = self._desk.state, self._desk.drone
        at_pad = flight.landed_at_pad
        if not at_pad:
            self._desk.out_of_service = f"landed away from its pad at {state.position}: collect it"
            await self._perform(flight, flight.step(p.MadeReady()))
            return
        await self._perform(flight, flight.step(p.CrewTookOver()))
        await self._desk.set_rates(GROUND_INTERVALS_US)
        self._desk.free_at_s = asyncio.get_running_loop().time() + drone.profile.turnaround_s
        if flight.parcel is not Parcel.GONE:
            await self._take_parcel_out(flight.plan)
        swapped = await self._s.crew.swap(drone.serial_number, self._flight_id)
        if not swapped.done:
            self._desk.out_of_service = f"the depot crew kept it: {swapped.detail}"
        await self._perform(flight, flight.step(p.MadeReady()))

    async def _take_parcel_out(self, plan: FlightPlan) -> None:
        order_id, flight_id, vehicle_id = self._ids
        answer = await self._s.crew.unload(self._desk.drone.serial_number, flight_id, order_id)
        if answer.done:
            await self._s.journal.record(e.ParcelReturned(order_id, flight_id, vehicle_id))
            return
        text = (
            f"the box came home empty and the gripper never reported open over {plan.request.drop_off}: "
            "ask the recipient, then close the order by hand"
        )
        reason = Reason(ReasonCode.VEHICLE, text, answer.detail, "a report from the gripper")
        await self._s.journal.record(e.OrderUndeliverable(order_id, (reason,)))


def _length_m(path: tuple[tuple[float, float], ...]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(path))
