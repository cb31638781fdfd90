"""A new plan for a flight in the air, from where it is: to another doorstep, or to the nearest rally point.

It holds, stands still, and is planned, checked by the independent check, separated from the others and uploaded like
any flight; only then it goes on, from the first item. Whatever is refused on the way leaves the old plan on board, and
the flight goes on with it or holds as before. A rally point is flown to by such a small mission rather than by a
reposition and a landing: PX4 flies those in a straight line that nobody has checked, and accepts one outside its fence.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.hand_mission import Errand, payload_kg
from skystork.app.homeward import upload_plan
from skystork.app.planning_job import CheckedPlan, plan_and_check
from skystork.app.space_keeping import SpaceKeeping
from skystork.app.turnaround import Perform
from skystork.clearance.deconfliction import Conflict, find_conflict, reserve
from skystork.errors import Unavailable
from skystork.fleet.energy import JOULES_PER_WH
from skystork.fleet.vehicle import MissionState, VehicleState
from skystork.flight.contingency import BATTERY_LAST
from skystork.flight.drop import POSITION_AGE_S
from skystork.flight.effects import Effect, FlyMission, Resume
from skystork.flight.flight import Flight
from skystork.flight.mission import PlanIds, VehicleMission, compile_mission
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic, distance_m
from skystork.orders import events as e
from skystork.orders.order import FlightId
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible, LegName
from skystork.planning.legs import begins_at_m
from skystork.shell.solver_pool import SolverOverrunError

STANDS_M_S = 1.0
"""A rotorcraft that holds is slower; a wing circles at its air speed."""
STAND_PATIENCE_S = 30.0
"""From 15 m/s to a standstill takes a few seconds; the mode is told at 1 Hz, and tries are 2 s apart."""
PATIENCE_S = 60.0
"""For a free solver [s of real time]: it holds in the air meanwhile."""
UPLOAD_S = 15.0
"""From the plan to the first item: three lists written and read back, and the verdict."""
VERDICT_S = 5.0
"""As before a launch (skystork.app.launch)."""


class Reroute:
    """One such order of a person.

    Parameters
    ----------
    space
        Of the flight: its old plan goes on only where that keeps clear of the others.
    beginning
        Held while an order of a person for this flight is written and begun.
    delivers
        At another doorstep, rather than landing at a rally point.
    """

    def __init__(
        self,
        services: FlightServices,
        desk: DroneDesk,
        flight: Flight,
        errand: Errand,
        perform: Perform,
        *,
        space: SpaceKeeping,
        beginning: asyncio.Lock,
        delivers: bool,
    ) -> None:
        self._s, self._desk, self._flight, self._errand, self._perform = services, desk, flight, errand, perform
        self._space, self._beginning, self._delivers = space, beginning, delivers
        self._ids = PlanIds()
        self._called_off = ""

    async def run(self, order: SteerOrder) -> str:
        """Carry it out; empty when the vehicle was sent on its new way, else why not."""
        flight, was_held = self._flight, self._flight.phase is FlightPhase.HOLDING
        if not was_held:
            await self._perform(flight, flight.hold(order))
        why = await self._reroute(order)
        if why and not was_held and order.action is SteerAction.DIVERT and self._may_go_on():
            if stays := self._space.why_not_on(flight):
                return f"{why}; it holds: {stays}"
            self._space.take_rest(flight)
            await self._perform(flight, [Resume()])
            return f"{why}; the old plan goes on"
        return f"{why}; it holds" if why and flight.phase is FlightPhase.HOLDING else why

    def call_off(self, order: SteerOrder) -> None:
        """A person wants it held where it is: whatever is on board by then, nothing goes on."""
        self._called_off = f"{order.by} ordered it to {order.action}"

    async def _reroute(self, order: SteerOrder) -> str:
        await self._desk.wait_until(lambda: self._stands() or self._goes_elsewhere(), STAND_PATIENCE_S)
        if self._called_off or self._goes_elsewhere():
            return self._called_off or f"it is {self._flight.phase} by now"
        if not self._stands():
            circles = "it does not stand still: a wing circles, and no path begins on a circle. Return or land it"
            return self._flown_by_another() or circles
        checked = await self._plan(order)
        if isinstance(checked, str):
            return checked
        if why := self._gives_way() or self._outdated(checked.plan):
            return why
        if why := self._take_space(checked.plan, self._next_key, UPLOAD_S):
            return why
        try:
            return await self._put_on_board(order, checked)
        finally:
            self._s.reservations.pop(self._next_key, None)

    async def _put_on_board(self, order: SteerOrder, checked: CheckedPlan) -> str:
        plan = checked.plan
        mission = compile_mission(plan, self._s.site.frame)
        before, old_ids = await self._begin(checked)
        if why := self._gives_way() or await self._upload(mission, 0, self._gives_way):
            return await self._undo(why, before, old_ids)
        async with self._beginning:  # an order of a person that is being written now is looked at first
            why = self._gives_way() or self._outdated(plan) or self._take_space(plan, plan.request.flight_id, 0.0)
            if not why:
                return await self._go(order, checked, mission)
        return await self._undo(why, before, old_ids)  # and a landing ordered meanwhile does not wait for it

    @property
    def _next_key(self) -> FlightId:
        """Under which it holds the space of the new plan besides that of the old one, until it goes."""
        return FlightId(f"{self._flight.plan.request.flight_id} rerouted")

    def _take_space(self, plan: FlightPlan, key: FlightId, from_now_s: float) -> str:
        """Held from here on, where no other flight comes too near; else why not."""
        mine = reserve(plan, asyncio.get_running_loop().time() + from_now_s)
        others = [held for held in self._s.reservations.values() if held.flight_id != mine.flight_id]
        conflict = find_conflict(mine, others, self._s.site.flight.separation)
        if isinstance(conflict, Conflict):
            return f"it would come within {conflict.horizontal_m:.0f} m of flight {conflict.other}"
        self._s.reservations[key] = mine
        return ""

    def _gives_way(self) -> str:
        """Why it must not go on: something else began, which nothing may override; empty where it may."""
        flight = self._flight
        if flight.phase is not FlightPhase.HOLDING:
            return f"it is {flight.phase} by now"
        if self._delivers and flight.parcel is not Parcel.ON_BOARD:
            return f"its parcel is {flight.parcel} by now: there is nothing to deliver"
        return self._called_off or self._flown_by_another()

    def _flown_by_another(self) -> str:
        """Held is also what a pilot flies by hand, and that is not taken from him."""
        mode = self._desk.state.mode
        return "" if mode == "AUTO.LOITER" else f"it is in {mode} by now: a pilot has it"

    def _outdated(self, plan: FlightPlan) -> str:
        """Why it is not flown though it was checked: what it was held to is no longer what is in force."""
        zones, obstacles = self._s.site.airspace.planned_by
        if plan.zone_set_hash != zones:
            return "the zones changed while the new plan was made: order it anew"
        is_same = plan.around.obstacle_set_hash == obstacles
        return "" if is_same else "the obstacles changed while the new plan was made: order it anew"

    def _goes_elsewhere(self) -> bool:
        return self._flight.phase is FlightPhase.RETURNING or self._flight.phase not in AIRBORNE

    def _may_go_on(self) -> bool:
        is_held = self._flight.phase is FlightPhase.HOLDING and not self._flown_by_another()
        return is_held and self._flight.back_item is None and not self._called_off

    async def _begin(self, checked: CheckedPlan) -> tuple[int, PlanIds]:
        """Written before anything is sent: whoever takes over from here puts the old plan back.

        The old item and mission id are returned; the id is looked at no more, for it changes by our own hand.
        """
        flight, request = self._flight, checked.plan.request
        before = flight.back_item = self._desk.state.mission_sequence or 0
        old_ids = PlanIds(flight.cleared_mission_id, flight.cleared_fence_id)
        flight.cleared_mission_id = flight.cleared_fence_id = None
        self._s.files.save(checked.plan, checked.plan_hash)
        begun = e.RerouteBegun(request.flight_id, request.vehicle_id, request.order_id, checked.plan_hash, before)
        await self._s.journal.record(begun)
        return before, old_ids

    async def _undo(self, why: str, before: int, old_ids: PlanIds) -> str:
        """The old plan on board again; a flight that goes home puts it back by itself, one that lands needs none."""
        flight = self._flight
        if flight.phase is not FlightPhase.HOLDING:
            return why
        failed = await self._upload(flight.mission, before, self._leaves_hold)
        if not failed:
            await self._perform(flight, flight.put_back(old_ids))
            return f"{why}; the old plan is on board again"
        if flight.phase is FlightPhase.HOLDING:
            await self._perform(flight, flight.break_off_reroute(f"{why}; {failed}", before))
        return f"{why}; {failed}"

    def _leaves_hold(self) -> str:
        return f"it is {self._flight.phase} by now" if self._goes_elsewhere() else ""

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
            payload_kg=payload_kg(self._errand) if on_board else 0.0,
            departs_at_s=asyncio.get_running_loop().time() + UPLOAD_S,
            outbound_height_m=site.flight.outbound_height_m,
            inbound_height_m=site.flight.inbound_height_m,
            outbound_layers_m=site.flight.outbound_layers,
            inbound_layers_m=site.flight.inbound_layers,
            wind_enu_m_s=weather.wind_enu_m_s if weather else old.wind_enu_m_s,
            # Judged as a flight there and home; whether what is left reaches the rally point alone is looked at after.
            battery_j=(1.0 if lands_there else state.battery_fraction or 0.0) * self._desk.full_battery_j,
            full_battery_j=self._desk.full_battery_j,
            start=state.position,
            start_height_home_m=begins_at_m(state.height_home_m or 0.0, site.flight.outbound_height_m),
            ends_at_drop_off=lands_there,
        )

    async def _checked(self, request: FlightRequest) -> CheckedPlan | str:
        try:
            site = self._s.site
            answer = await self._s.pool.run(
                plan_and_check,
                site.folder,
                request,
                None,
                site.airspace.hash,
                site.airspace.commanded,
                patience_s=PATIENCE_S,
            )
        except (SolverOverrunError, Unavailable) as error:
            return str(error)
        return "; ".join(str(reason) for reason in answer.reasons) if isinstance(answer, Infeasible) else answer

    def _short_of_energy(self, checked: CheckedPlan, state: VehicleState) -> str:
        """The legs' energies were computed anew by the check; down from the drop height costs as the descent does."""
        plan = checked.plan
        there_j = sum(plan.leg(name).energy_j for name in (LegName.CLIMB, LegName.OUTBOUND, LegName.DESCENT))
        has_j = ((state.battery_fraction or 0.0) - BATTERY_LAST) * plan.request.full_j
        needs_wh, has_wh = there_j / JOULES_PER_WH, has_j / JOULES_PER_WH
        return "" if there_j <= has_j else f"{needs_wh:.0f} Wh to get there, {has_wh:.0f} Wh can be used"

    async def _upload(self, mission: VehicleMission, first_item: int, gives_way: Callable[[], str]) -> str:
        """Empty when mission, fence and rally point are on board, read back equal, the mission is feasible, and this
        item of it is current."""
        why, self._ids = await upload_plan(self._desk, mission.parts, gives_way)
        if why:
            return why

        def feasible() -> bool:
            state = self._desk.state
            known = state.mission_state not in {MissionState.NO_MISSION, MissionState.UNKNOWN}
            return known and self._ids.mission in {None, state.mission_id}

        await self._desk.wait_until(feasible, VERDICT_S)
        if not feasible():
            return f"the vehicle calls the new mission {self._desk.state.mission_state}"
        if why := gives_way():
            return why
        jump = await self._desk.port.set_current_item(first_item)  # PX4 keeps the old index over an upload
        shown = self._desk.state.mission_sequence
        return "" if shown == first_item else f"item {first_item} was not made current: {jump.result}"

    def _moved(self, order: SteerOrder, request: FlightRequest) -> tuple[e.OrderRedirected, ...]:
        """In the same commit: a ledger that ends here says the doorstep that is flown to."""
        if not order.redirects:
            return ()
        before = self._s.journal.book.order(request.order_id).order.drop_off
        return (e.OrderRedirected(request.order_id, order.by, request.drop_off, before),)

    async def _go(self, order: SteerOrder, checked: CheckedPlan, mission: VehicleMission) -> str:
        """The flight follows the new plan from here on, whatever comes in while that is written."""
        plan, flight = checked.plan, self._flight
        request = plan.request
        flight.follow(plan, mission)
        flight.cleared_mission_id, flight.cleared_fence_id = self._ids.mission, self._ids.fence
        flight.back_item = None
        rerouted = e.FlightRerouted(
            request.flight_id,
            request.vehicle_id,
            request.order_id,
            checked.plan_hash,
            self._ids.mission,
            request.drop_off,
            plan.energy_j,
            lands_there=request.ends_at_drop_off,
            fence_id=self._ids.fence,
        )
        await self._s.journal.record(rerouted, *self._moved(order, request))
        if why := self._gives_way():
            return f"{why}; the new plan is on board"
        on: list[Effect] = [*flight.steer(order), FlyMission()] if request.ends_at_drop_off else [Resume()]
        await self._perform(flight, on)
        return ""
