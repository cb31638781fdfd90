"""The steps on the ground, from the chosen vehicle to its take-off: each may be refused, and a refusal says why.

Plan and check, clear, load and upload side by side, wait for the slot, see the verdict, arm, start, see it leave the
ground. Nothing here takes anything back: the runner that was refused does.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import pairwise

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.hand_mission import Errand, HandMission, payload_kg
from skystork.app.launch_desk import WaitingLaunch
from skystork.app.launch_gate import LaunchGate
from skystork.app.manual_mission import hand_request
from skystork.app.planning_job import CheckedPlan, Traffic, plan_and_check
from skystork.app.refused import RefusedError
from skystork.app.site_tables import AUTHORISED
from skystork.app.telemetry_plan import FLIGHT_INTERVALS_US
from skystork.clearance.clearance import Denied, request_clearance
from skystork.clearance.deconfliction import Reservation, find_conflict
from skystork.clearance.preflight import OnBoard
from skystork.errors import InvalidInput, Unavailable
from skystork.fleet.vehicle import VehicleState
from skystork.flight import phase as p
from skystork.flight.authorisation import Authorisation
from skystork.flight.effects import Effect
from skystork.flight.flight import Flight
from skystork.flight.mission import compile_mission
from skystork.flight.phase import FlightPhase
from skystork.link.confirmed_command import Confirmation, OrderState
from skystork.link.contract import MissionType, TransferOutcome
from skystork.orders import events as e
from skystork.orders.by_hand import HandOrder, said
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible
from skystork.shell.solver_pool import SolverBusyError, SolverOverrunError

UPLOAD_ALLOWANCE_S = 5.0
"""Three uploads read back over a link with 1 % loss take well under this."""
ARMING_GRANT_S = 5.0
"""An order to arm settles within 2 s, and 1 s more where the vehicle asks (COM_ARM_AUTH_TO)."""
TAKE_OFF_PATIENCE_S = 20.0
"""Armed to MAV_LANDED_STATE_TAKEOFF: 2.3 s on PX4 1.17.0 SITL; spool-up and a slow link on top."""

Perform = Callable[[Flight, list[Effect]], Awaitable[None]]


class Launch:
    """One launch on one desk.

    Parameters
    ----------
    perform
        Carries out what the flight asks for; on the ground that is notes.
    """

    def __init__(
        self, services: FlightServices, desk: DroneDesk, flight_id: FlightId, errand: Errand, perform: Perform
    ) -> None:
        self._s, self._desk, self._perform = services, desk, perform
        self._flight_id, self._errand = flight_id, errand
        self._gate = LaunchGate(services, desk, flight_id, errand.order_id)
        self._by_word = services.site.flight.launch == AUTHORISED or isinstance(errand, HandMission)
        self.cancelled: HandOrder | None = None
        """A person cancelled the order: looked at between the steps, the last time right before arming."""
        self.called_off: Reason | None = None
        """Why it is to stay on the ground, the order being wanted still; looked at as ``cancelled`` is."""
        self.loaded = False
        """The crew was asked to put the parcel in."""

    def is_mended(self, wrong: tuple[str, ...]) -> bool:
        """Whether what was wrong with the vehicle, by the names of the checks, is seen to be right now."""
        return self._gate.is_mended(wrong)

    @property
    def _ids(self) -> tuple[OrderId, FlightId, VehicleId]:
        return self._errand.order_id, self._flight_id, self._desk.drone.vehicle_id

    async def run(self) -> Flight:
        """The flight, seen to leave the ground; raises RefusedError."""
        try:
            return await self._to_the_air()
        finally:
            self._s.launches.leave(self._flight_id)

    async def _to_the_air(self) -> Flight:
        checked = await self._plan()
        site, plan = self._s.site, checked.plan
        flight = Flight(plan, compile_mission(plan, site.frame), site.frame)
        self._desk.flight = flight
        departs_at_s = await self._clear(checked, flight, self._earliest_s(with_load=True))
        self._refuse_cancelled()
        await self._await_authorisation(checked, departs_at_s)
        await self._perform(flight, flight.step(p.PlanCleared()))
        on_board = await self._load_and_upload(flight)
        flight.cleared_mission_id, flight.cleared_fence_id = on_board.mission_id, on_board.fence_id
        self._refuse_cancelled()
        await self._await_word_to_launch()
        departs_at_s = await self._wait_for_departure(checked, flight, departs_at_s)
        await self._start(flight, on_board)
        return flight

    async def _await_authorisation(self, checked: CheckedPlan, departs_at_s: float) -> None:
        """Where a person authorises launches, and of every mission by hand; all is checked again before arming."""
        if not self._by_word:
            return
        waits = Authorisation(asyncio.get_running_loop().time())
        checks, why = self._gate.checks, checked.separation
        order_id, flight_id, _ = self._ids
        name = self._errand.name if isinstance(self._errand, HandMission) else ""
        self._s.launches.put(
            WaitingLaunch(flight_id, order_id, self._desk, checked.plan, checks, departs_at_s, why, waits, name)
        )
        await self._s.launches.authorised(flight_id, self._is_unwanted)
        self._refuse_cancelled()

    async def _await_word_to_launch(self) -> None:
        if self._by_word:
            await self._s.launches.on_board(self._flight_id, self._gate.checks, self._is_unwanted)
            self._refuse_cancelled()

    def _is_unwanted(self) -> bool:
        return self.cancelled is not None or self.called_off is not None

    def _refuse_cancelled(self) -> None:
        if self.cancelled is not None:
            text = f"the order was cancelled {said(self.cancelled)}"
            raise RefusedError(Reason(ReasonCode.CLEARANCE, text, "cancelled", "wanted"))
        if self.called_off is not None:
            raise RefusedError(self.called_off)

    def _earliest_s(self, *, with_load: bool) -> float:
        loads = with_load and not isinstance(self._errand, HandMission)
        load_s = self._desk.drone.profile.load_s if loads else 0.0
        return asyncio.get_running_loop().time() + load_s + UPLOAD_ALLOWANCE_S

    def _wanted_s(self, plan: FlightPlan) -> float:
        """No take-off so early that the parcel could be let go before its customer wants it."""
        from_s = None if isinstance(self._errand, HandMission) else self._errand.deliver_from_s
        return -math.inf if from_s is None else from_s - plan.time_over_door_s

    async def _plan(self) -> CheckedPlan:
        request = self._request(self._desk.state)
        try:
            site = self._s.site
            traffic = Traffic(self._others(), site.flight.separation)
            answer = await self._s.pool.run(
                plan_and_check, site.folder, request, traffic, site.airspace.hash, site.airspace.commanded
            )
        except SolverBusyError as error:
            raise RefusedError(Reason(ReasonCode.SOLVER, str(error), "not begun", "a plan in time")) from error
        except (SolverOverrunError, Unavailable) as error:
            raise RefusedError(Reason(ReasonCode.PLAN, str(error), "no plan", "a plan in time")) from error
        if isinstance(answer, Infeasible):
            raise RefusedError(*answer.reasons)
        plan = answer.plan
        self._s.files.save(plan, answer.plan_hash)
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
        drone, flight, errand = self._desk.drone, self._s.site.flight, self._errand
        if isinstance(errand, HandMission):
            return self._request_by_hand(errand, state)
        return FlightRequest(
            flight_id=self._flight_id,
            order_id=errand.order_id,
            vehicle_id=drone.vehicle_id,
            profile=drone.profile,
            pad=drone.pad,
            drop_off=errand.drop_off,
            payload_kg=errand.parcel.weight_kg,
            departs_at_s=self._earliest_s(with_load=True),
            outbound_height_m=flight.outbound_height_m,
            inbound_height_m=flight.inbound_height_m,
            outbound_layers_m=flight.outbound_layers,
            inbound_layers_m=flight.inbound_layers,
            wind_enu_m_s=self._gate.weather().wind_enu_m_s,
            battery_j=(state.battery_fraction or 0.0) * self._desk.full_battery_j,
            full_battery_j=self._desk.full_battery_j,
        )

    def _request_by_hand(self, mission: HandMission, state: VehicleState) -> FlightRequest:
        try:
            request = hand_request(
                mission.items,
                mission.name,
                site=self._s.site,
                drone=self._desk.drone,
                departs_at_s=self._earliest_s(with_load=True),
                battery_j=(state.battery_fraction or 0.0) * self._desk.full_battery_j,
                wind_enu_m_s=self._gate.weather().wind_enu_m_s,
                flight_id=self._flight_id,
            )
        except InvalidInput as error:
            raise RefusedError(Reason(ReasonCode.PLAN, str(error), "no mission", "a mission to judge")) from error
        return replace(request, full_battery_j=self._desk.full_battery_j)

    def _others(self) -> tuple[Reservation, ...]:
        return tuple(held for flight_id, held in self._s.reservations.items() if flight_id != self._flight_id)

    async def _clear(self, checked: CheckedPlan, flight: Flight, earliest_s: float) -> float:
        answer = request_clearance(
            flight.plan,
            checks=await self._gate.before_loading(flight.plan),
            earliest_s=max(earliest_s, self._wanted_s(flight.plan)),
            reserved=self._others(),
            separation=self._s.site.flight.separation,
        )
        if isinstance(answer, Denied):
            raise RefusedError(*answer.reasons, wrong=self._gate.wrong)
        self._s.reservations[self._flight_id] = answer.reservation
        self._desk.departs_at_s = answer.departs_at_s
        order_id, flight_id, vehicle_id = self._ids
        cleared = e.FlightCleared(flight_id, vehicle_id, order_id, answer.departs_at_s, checked.separation)
        await self._s.journal.record(cleared)
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
        if isinstance(self._errand, HandMission):
            return
        if self._errand.ready_at_s is not None:
            await asyncio.sleep(self._errand.ready_at_s - asyncio.get_running_loop().time())
        self.loaded = True
        serial, order_id = self._desk.drone.serial_number, self._errand.order_id
        answer = await self._s.crew.load(serial, self._flight_id, order_id, payload_kg(self._errand))
        if not answer.done:
            text = f"the depot crew could not load the parcel: {answer.detail}"
            raise RefusedError(Reason(ReasonCode.VEHICLE, text, answer.detail, "FINISHED"))

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
                reason = Reason(ReasonCode.VEHICLE, text, settled.outcome, TransferOutcome.VERIFIED)
                raise RefusedError(reason, wrong=(f"upload of the {kind.name.lower()}",))
            ids[kind] = settled.opaque_id
        on_board = OnBoard(ids[MissionType.MISSION], ids[MissionType.FENCE], ids[MissionType.RALLY])
        _, flight_id, vehicle_id = self._ids
        await self._s.journal.record(
            e.MissionUploaded(
                flight_id, vehicle_id, on_board.mission_id, on_board.fence_id, on_board.rally_id, len(mission.items)
            )
        )
        return on_board

    async def _wait_for_departure(self, checked: CheckedPlan, flight: Flight, departs_at_s: float) -> float:
        loop = asyncio.get_running_loop()
        if loop.time() > departs_at_s + 1.0:  # the crew was slower than foreseen: the old slot is gone
            departs_at_s = await self._clear(checked, flight, loop.time())
        await asyncio.sleep(max(0.0, departs_at_s - loop.time()))
        while self._is_in_the_way():  # another holds where it was to pass, or comes home by there, since it was cleared
            departs_at_s = await self._clear(checked, flight, loop.time())
            await asyncio.sleep(max(0.0, departs_at_s - loop.time()))
        return departs_at_s

    def _is_in_the_way(self) -> bool:
        mine = self._s.reservations[self._flight_id]
        return find_conflict(mine, self._others(), self._s.site.flight.separation) is not None

    async def _start(self, flight: Flight, on_board: OnBoard) -> None:
        await self._desk.set_rates(FLIGHT_INTERVALS_US)
        await self._gate.before_arming(flight.plan, flight.mission, on_board)
        self._refuse_cancelled()
        self._seen("arm", await self._arm())
        started = await self._desk.orders.start_mission()
        if not started.confirmed:
            await self._desk.orders.disarm()
        self._seen("start the mission", started)
        await self._await_take_off(flight)

    async def _arm(self) -> Confirmation:
        """Arm, cleared for as long as the order to arm is under way."""
        port = self._desk.port
        port.grant_arming(ARMING_GRANT_S)
        try:
            return await self._desk.orders.arm()
        finally:
            port.withdraw_arming()

    def _seen(self, what: str, ended: Confirmation) -> None:
        if ended.confirmed:
            return
        refused = ended.outcome is OrderState.REFUSED
        checks = "; ".join(self._desk.said.why_not_arming())
        why = f" ({checks})" if checks else ""
        text = f"the vehicle {'refused' if refused else 'was not heard'} to {what}: {ended.detail}{why}"
        raise RefusedError(Reason(ReasonCode.VEHICLE, text, ended.outcome, OrderState.CONFIRMED), wrong=(what,))

    async def _await_take_off(self, flight: Flight) -> None:
        deadline_s = asyncio.get_running_loop().time() + TAKE_OFF_PATIENCE_S
        while flight.phase is FlightPhase.STARTING:
            self._desk.changed.clear()
            await self._perform(flight, flight.observe(self._desk.state))
            if flight.phase is not FlightPhase.STARTING:
                return
            left_s = deadline_s - asyncio.get_running_loop().time()
            if left_s <= 0 or not await self._desk.changed_within(left_s):
                await self._desk.port.disarm()
                text = f"armed, but not seen to take off within {TAKE_OFF_PATIENCE_S:.0f} s"
                reason = Reason(ReasonCode.VEHICLE, text, self._desk.state.landed, "takeoff")
                raise RefusedError(reason, wrong=("take-off",))


def _length_m(path: tuple[tuple[float, float], ...]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(path))
