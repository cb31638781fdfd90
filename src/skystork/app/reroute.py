"""A new plan for a flight in the air, from where it is: to another doorstep, or to the nearest rally point.

It holds, stands still, and is planned, checked by the independent check, separated from the others and uploaded like
any flight; only then it goes on, from the first item. Whatever is refused on the way leaves the old plan on board, and
the flight goes on with it or holds as before. A rally point is flown to by such a small mission rather than by a
reposition and a landing: PX4 flies those in a straight line that nobody has checked, and accepts one outside its fence.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.planning_job import CheckedPlan, plan_and_check
from skystork.app.turnaround import Perform
from skystork.clearance.deconfliction import Conflict, find_conflict, reserve
from skystork.errors import Unavailable
from skystork.fleet.vehicle import MissionState, VehicleState
from skystork.flight.contingency import BATTERY_LAST
from skystork.flight.drop import POSITION_AGE_S
from skystork.flight.effects import FlyMission, Resume
from skystork.flight.flight import Flight
from skystork.flight.mission import VehicleMission, compile_mission
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic, distance_m
from skystork.link.contract import MissionItem, MissionType, TransferOutcome
from skystork.orders import events as e
from skystork.orders.order import Order
from skystork.planning.flight_plan import FlightRequest, Infeasible, LegName
from skystork.shell.solver_pool import SolverOverrunError

STANDS_M_S = 1.0
"""A rotorcraft that holds is slower; a wing circles at its air speed."""
STAND_PATIENCE_S = 30.0
"""From 15 m/s to a standstill takes a few seconds; the mode is told at 1 Hz, and tries are 2 s apart."""
UPLOAD_S = 15.0
"""From the plan to the first item: three lists written and read back, and the verdict."""
VERDICT_S = 5.0
"""As before a launch (skystork.app.launch)."""


class Reroute:
    """One such order of a person."""

    def __init__(
        self, services: FlightServices, desk: DroneDesk, flight: Flight, order: Order, perform: Perform
    ) -> None:
        self._s, self._desk, self._flight, self._order, self._perform = services, desk, flight, order, perform
        self._mission_id: int | None = None
        self._old_plan_is_whole = True

    async def run(self, order: SteerOrder) -> str:
        """Carry it out; empty when the vehicle was sent on its new way, else why not."""
        flight, was_held = self._flight, self._flight.phase is FlightPhase.HOLDING
        if not was_held:
            await self._perform(flight, flight.hold(order))
        why = await self._reroute(order)
        if why and not was_held and order.action is SteerAction.DIVERT and self._may_go_on():
            await self._perform(flight, [Resume()])
            return f"{why}; the old plan goes on"
        return f"{why}; it holds" if why else ""

    async def _reroute(self, order: SteerOrder) -> str:
        await self._desk.wait_until(self._stands, STAND_PATIENCE_S)
        if not self._stands():
            return "it does not stand still: a wing circles, and no path begins on a circle. Return or land it"
        checked = await self._plan(order)
        if isinstance(checked, str):
            return checked
        if self._flight.phase is not FlightPhase.HOLDING:
            return f"it is {self._flight.phase} by now"
        others = [held for name, held in self._s.reservations.items() if name != checked.plan.request.flight_id]
        mine = reserve(checked.plan, asyncio.get_running_loop().time() + UPLOAD_S)
        conflict = find_conflict(mine, others, self._s.site.flight.separation)
        if isinstance(conflict, Conflict):
            return f"it would come within {conflict.horizontal_m:.0f} m of flight {conflict.other}"
        site = self._s.site
        closed = site.closed_about(checked.plan.request.departs_at_s)
        mission = compile_mission(checked.plan, site.frame, closed)
        old_id, self._flight.cleared_mission_id = self._flight.cleared_mission_id, None  # it changes by our own hand
        before = self._desk.state.mission_sequence or 0
        why = await self._upload(mission, 0)
        if self._flight.phase is not FlightPhase.HOLDING:  # a return or a landing began: nothing may override it
            return f"it is {self._flight.phase} by now"
        if why:
            restored = await self._upload(self._flight.mission, before)
            self._old_plan_is_whole = not restored
            self._flight.cleared_mission_id = old_id
            return f"{why}; {restored or 'the old mission is on board again'}"
        self._s.reservations[checked.plan.request.flight_id] = mine
        await self._go(order, checked, mission)
        return ""

    def _may_go_on(self) -> bool:
        return self._flight.phase is FlightPhase.HOLDING and self._old_plan_is_whole

    def _stands(self) -> bool:
        state, now_s = self._desk.state, asyncio.get_running_loop().time()
        if self._flight.phase is not FlightPhase.HOLDING or state.mode != "AUTO.LOITER":
            return False
        known = state.position is not None and state.velocity_enu_m_s is not None and state.height_home_m is not None
        fresh = state.position_at_s is not None and now_s - state.position_at_s <= POSITION_AGE_S
        return known and fresh and math.hypot(*(state.velocity_enu_m_s or ())) < STANDS_M_S

    async def _plan(self, order: SteerOrder) -> CheckedPlan | str:
        if order.action is SteerAction.DIVERT:
            assert order.place is not None, "a diversion without a place is refused"
            return await self._checked(self._request(order.place, lands_there=False))
        here = self._desk.state.position
        assert here is not None, "a vehicle that stands has a position"
        points = sorted(self._s.site.rally_points, key=lambda point: distance_m(here, point.position))
        refused = ["the site file names no rally_points"] if not points else []
        for point in points:
            checked = await self._checked(self._request(point.position, lands_there=True))
            short = checked if isinstance(checked, str) else self._short_of_energy(checked, self._desk.state)
            if not short:
                return checked
            refused.append(f"{point.name}: {short}")
        return "; ".join(refused)

    def _request(self, place: Geodetic, *, lands_there: bool) -> FlightRequest:
        old, state, site = self._flight.plan.request, self._desk.state, self._s.site
        weather = self._s.weather()
        on_board = self._flight.parcel in {Parcel.ON_BOARD, Parcel.UNKNOWN}
        return FlightRequest(
            flight_id=old.flight_id,
            order_id=old.order_id,
            vehicle_id=old.vehicle_id,
            profile=old.profile,
            pad=old.pad,
            drop_off=place,
            payload_kg=self._order.parcel.weight_kg if on_board else 0.0,
            departs_at_s=asyncio.get_running_loop().time() + UPLOAD_S,
            outbound_height_m=site.flight.outbound_height_m,
            inbound_height_m=site.flight.inbound_height_m,
            wind_enu_m_s=weather.wind_enu_m_s if weather else old.wind_enu_m_s,
            # Judged as a flight there and home; whether what is left reaches the rally point alone is looked at after.
            battery_j=(1.0 if lands_there else state.battery_fraction or 0.0) * old.profile.battery_j,
            start=state.position,
            start_height_home_m=max(state.height_home_m or 0.0, 0.0),
            ends_at_drop_off=lands_there,
        )

    async def _checked(self, request: FlightRequest) -> CheckedPlan | str:
        try:
            answer = await self._s.pool.run(plan_and_check, self._s.site.folder, request)
        except (SolverOverrunError, Unavailable) as error:
            return str(error)
        return "; ".join(str(reason) for reason in answer.reasons) if isinstance(answer, Infeasible) else answer

    def _short_of_energy(self, checked: CheckedPlan, state: VehicleState) -> str:
        """The legs' energies were computed anew by the check; down from the drop height costs as the descent does."""
        plan = checked.plan
        there_j = sum(plan.leg(name).energy_j for name in (LegName.CLIMB, LegName.OUTBOUND, LegName.DESCENT))
        has_j = ((state.battery_fraction or 0.0) - BATTERY_LAST) * plan.request.profile.battery_j
        return "" if there_j <= has_j else f"{there_j / 1000:.0f} kJ to get there, {has_j / 1000:.0f} kJ can be used"

    async def _upload(self, mission: VehicleMission, first_item: int) -> str:
        """Empty when mission, fence and rally point are on board, read back equal, the mission is feasible, and this
        item of it is current."""
        parts: Sequence[tuple[MissionType, Sequence[MissionItem]]] = (
            (MissionType.MISSION, mission.items),
            (MissionType.FENCE, mission.fence),
            (MissionType.RALLY, mission.rally),
        )
        for kind, items in parts:
            settled = await self._desk.port.upload(kind, items)
            if settled.outcome is not TransferOutcome.VERIFIED:
                return f"upload of the {kind.name.lower()} ended {settled.outcome}: {settled.detail}"
            if kind is MissionType.MISSION:
                self._mission_id = settled.opaque_id

        def feasible() -> bool:
            state = self._desk.state
            known = state.mission_state not in {MissionState.NO_MISSION, MissionState.UNKNOWN}
            return known and self._mission_id in {None, state.mission_id}

        await self._desk.wait_until(feasible, VERDICT_S)
        if not feasible():
            return f"the vehicle calls the new mission {self._desk.state.mission_state}"
        if self._flight.phase is not FlightPhase.HOLDING:
            return f"it is {self._flight.phase} by now"
        jump = await self._desk.port.set_current_item(first_item)  # PX4 keeps the old index over an upload
        shown = self._desk.state.mission_sequence
        return "" if shown == first_item else f"item {first_item} was not made current: {jump.result}"

    async def _go(self, order: SteerOrder, checked: CheckedPlan, mission: VehicleMission) -> None:
        plan, flight = checked.plan, self._flight
        request = plan.request
        self._s.files.save(plan, checked.plan_hash)
        ids = (request.flight_id, request.vehicle_id, request.order_id)
        rerouted = e.FlightRerouted(
            *ids,
            checked.plan_hash,
            self._mission_id,
            request.drop_off,
            plan.energy_j,
            lands_there=request.ends_at_drop_off,
        )
        await self._s.journal.record(rerouted)
        flight.follow(plan, mission)
        flight.cleared_mission_id = self._mission_id
        if request.ends_at_drop_off:
            await self._perform(flight, [*flight.steer(order), FlyMission()])
        else:
            await self._perform(flight, [Resume()])
