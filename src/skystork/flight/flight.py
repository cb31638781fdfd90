"""One delivery flight from a chosen vehicle to its turnaround, without I/O.

Vehicle states and command results go in, effects come out. The flight never assumes: it is in the air when the
vehicle says so, at the doorstep when the hold item is current and the vehicle at rest, released when the gripper
reports it, and over when the vehicle is disarmed on the ground.
"""

from __future__ import annotations

from skystork.fleet.vehicle import LandedState, LinkState, VehicleState
from skystork.flight import phase as p
from skystork.flight.conformance import Conformance, Deviation
from skystork.flight.contingency import Action, Contingency, Decision, Situation
from skystork.flight.effects import (
    Effect,
    FlyMission,
    Hold,
    LandNow,
    MoveOn,
    PutBack,
    Resume,
    ReturnHome,
    StayHere,
    TakeBack,
)
from skystork.flight.landing import Touchdown
from skystork.flight.mission import PlanIds, VehicleMission
from skystork.flight.notes import FlightNotes
from skystork.flight.phase import AIRBORNE, FlightPhase, next_phase
from skystork.flight.release import Parcel, ReleaseDesk
from skystork.flight.steering import SteerAction, SteerOrder, refusal
from skystork.flight.track_report import TrackReport
from skystork.flight.way_home import WayHome
from skystork.frames import Geodetic, LocalFrame
from skystork.link.contract import CommandSettled
from skystork.link.service_contract import WinchSettled
from skystork.planning.flight_plan import FlightPlan

_OWN_RETURN_MODES = frozenset({"AUTO.RTL", "AUTO.LAND", "AUTO.PRECLAND"})


class Flight:
    """The state of one flight; not frozen, its one writer is its own runner."""

    def __init__(self, plan: FlightPlan, mission: VehicleMission, frame: LocalFrame) -> None:
        self.plan, self.mission = plan, mission
        self.phase = FlightPhase.PLANNING
        self.release = ReleaseDesk(plan, mission.hold_sequence)
        self.deviation: Deviation | None = None
        self.launched_at_s: float | None = None
        self.touchdown = Touchdown()
        self.cleared_mission_id: int | None = None
        self.cleared_fence_id: int | None = None
        """Of the mission that was uploaded for this flight, as the vehicle told it."""
        self.back_item: int | None = None
        """Item of the cleared mission to go on from; set while another plan may be on board, whole or in part."""
        self.drifted = False
        """Taken over flying what we did not upload: watched, and not sent home by whatever that is."""
        self._own_sequence = 0
        self._frame, self._notes = frame, FlightNotes(plan.request)
        self._contingency = Contingency()
        self._not_held_at_s: float | None = None
        self._told_returning = self._adopted = self._broken_off = False
        self.held_by = ""
        """Who told it to hold, for its sayings; empty where nobody did since it was last seen to go on."""
        self.release.forbidden = self._why_no_release
        if not mission.delivers:
            self.release.parcel = Parcel.GONE
        self._lay_out()

    @property
    def at_rally(self) -> bool:
        """It landed where its plan ends, away from its pad: somebody comes for it and its parcel."""
        return self.plan.request.ends_at_drop_off and self.touchdown.at_drop_off

    @property
    def parcel(self) -> Parcel:
        """Where the parcel is."""
        return self.release.parcel

    def step(self, event: object) -> list[Effect]:
        """Move the phase on by an event of :mod:`skystork.flight.phase`."""
        self.phase = next_phase(self.phase, event)
        return [self._notes.phase(self.phase)]

    def adopt(
        self, phase: FlightPhase, parcel: Parcel, *, launched_at_s: float, returning: bool, vehicle: VehicleState
    ) -> None:
        """Take over a flight that was under way before this process started; ``returning`` as the ledger has it."""
        self.phase, self.release.parcel, self.launched_at_s = phase, parcel, launched_at_s
        self._told_returning, self._adopted = returning, True
        self.touchdown.left(vehicle)
        self.touchdown.see(self.plan.request, vehicle)
        # A winch that was at work when the controller ended may be at it still; its status tells when the line is in.
        self.release.line_out = self.release.by_winch and parcel is not Parcel.ON_BOARD
        if phase is FlightPhase.DROPPING and parcel is Parcel.ON_BOARD:
            self.release.begin_drop(vehicle, self._not_held_at_s)

    def recall(self, rules: frozenset[str]) -> None:
        """These were raised before this process started and not cleared, as the ledger has it."""
        self._contingency.recall(rules)
        self._notes.recall(rules)

    def came_down(self, *, at_pad: bool, position: Geodetic | None) -> None:
        """Take the landing as the ledger has it: the vehicle may not say by now where it stands."""
        self.touchdown.was(self.plan.request, position, at_pad=at_pad)

    def take_up(self, vehicle: VehicleState) -> list[Effect]:
        """What a flight that was taken over needs at once: with nothing left to do at the hold, to be moved on."""
        if self.drifted:
            detail = f"mission {vehicle.mission_id} is on board, and was not uploaded for this flight: it is watched"
            return self._raise("DRIFTED", "WARN", detail)
        if self.back_item is not None:
            return self.break_off_reroute("the controller ended while a new plan went on board", self.back_item)
        if self.phase is not FlightPhase.INBOUND or self.is_line_out(vehicle) or not self.mission.delivers:
            return []
        return [MoveOn(self.mission.inbound_sequence)]

    def observe(self, vehicle: VehicleState) -> list[Effect]:
        """Take a state of the vehicle; returns what is to be done, in order."""
        if self.phase is FlightPhase.STARTING:
            return self._look_for_take_off(vehicle)
        if self.phase not in AIRBORNE:
            return []
        if vehicle.link is LinkState.UP:
            self.deviation = self._conformance.deviation(vehicle, held=self.phase is FlightPhase.HOLDING)
            if vehicle.landed is LandedState.ON_GROUND:  # disarming follows within seconds
                return [] if vehicle.armed or self.touchdown.is_awaited(vehicle) else self._land(vehicle)
            self._see_elsewhere(vehicle)
            if vehicle.mission_id == self.cleared_mission_id:
                self._own_sequence = vehicle.mission_sequence or 0
            self._track.take(vehicle)
        effects = self._follow_mode(vehicle) + self._follow_mission(vehicle)
        return effects + self._apply_rules(vehicle)

    def why_not(self, order: SteerOrder, vehicle: VehicleState) -> str:
        """Why an order of a person is refused now; empty where it is not."""
        if self.back_item is not None and order.action in {SteerAction.RESUME, SteerAction.DIVERT, SteerAction.RALLY}:
            return "a plan is going on board, and which one it has is not known: wait, return or land it"
        if self.drifted and order.action is SteerAction.RETURN:
            return "it carries a mission that is not ours, and a return would follow that: land it, or let it come"
        return refusal(order, self.phase, self.parcel, vehicle, returning=self._told_returning)

    def steer(self, order: SteerOrder) -> list[Effect]:
        """Begin to carry out an order that is not refused; a diversion and a rally are the runner's to plan."""
        ordered = _ordered(order)
        match order.action:
            case SteerAction.HOLD | SteerAction.DIVERT:
                return self.hold(order)
            case SteerAction.RESUME:
                return [Resume()]
            case SteerAction.RETURN:
                return [*self._return(ordered), self._way_home()]
            case SteerAction.LAND:
                return [*self._return(ordered), LandNow()]
            case SteerAction.RALLY:
                return self._return(ordered)

    def hold(self, order: SteerOrder) -> list[Effect]:
        """Stop it for an order, whatever the order is."""
        self.held_by = f"; {_ordered(order)}"
        return [StayHere()]

    def follow(self, plan: FlightPlan, mission: VehicleMission) -> None:
        """Another plan is on board, from where it is in the air; what was flown of the old one is told no more."""
        self.plan, self.mission = plan, mission
        self.release.follow(plan, mission.hold_sequence)
        self._adopted = True
        self._lay_out()

    def _lay_out(self) -> None:
        """What is compared with the plan while it flies."""
        self._conformance = Conformance(self.plan, self._frame)
        self._way = WayHome(self.plan, self._frame)
        self._track = TrackReport(self.plan, self.mission, self._frame)

    def settle_gripper(self, settled: CommandSettled, vehicle: VehicleState) -> list[Effect]:
        """The command to the gripper came to its end."""
        return self._after_release(self.release.settle_gripper(settled, vehicle), settled.detail)

    def settle_winch(self, settled: WinchSettled) -> list[Effect]:
        """The order to the winch came to its end."""
        return self._after_release(self.release.settle_winch(settled), settled.detail)

    def _after_release(self, settled: list[Effect], why: str) -> list[Effect]:
        if self.parcel is Parcel.GONE and not self.release.line_out:
            return [*settled, *self._end_drop()]
        if self.parcel is Parcel.ON_BOARD and self.phase is not FlightPhase.DROPPING:
            return [*settled, *self._parcel_returns(f"the parcel was not let go: {why}")]
        return settled

    def _see_elsewhere(self, vehicle: VehicleState) -> None:
        """Remember when it last said that it flies something else than its hold."""
        if vehicle.mode != "AUTO.MISSION":
            self._not_held_at_s = vehicle.mode_at_s
        elif vehicle.mission_sequence != self.mission.hold_sequence:
            self._not_held_at_s = vehicle.mission_at_s

    def _look_for_take_off(self, vehicle: VehicleState) -> list[Effect]:
        if not vehicle.armed or vehicle.landed not in {LandedState.TAKEOFF, LandedState.IN_AIR}:
            return []
        self.launched_at_s = vehicle.at_s
        self.touchdown.left(vehicle)
        return [self._notes.launched(vehicle), *self.step(p.TookOff())]

    def _follow_mode(self, vehicle: VehicleState) -> list[Effect]:
        """Somebody else flies it: a failsafe, or a person holding it."""
        if vehicle.mode in _OWN_RETURN_MODES and self.phase is not FlightPhase.RETURNING:
            detail = f"the autopilot is in {vehicle.mode} without our order"
            way: list[Effect] = [TakeBack(self.back_item)] if self.back_item is not None else []
            told = self._raise("AUTOPILOT_FAILSAFE", "RETURN", detail)
            return [*told, *self._go_home(detail, p.FailsafeSeen()), *way]
        holds = (vehicle.by_hand or vehicle.mode == "AUTO.LOITER") and not vehicle.failsafe
        if holds and self.phase in {FlightPhase.OUTBOUND, FlightPhase.DROPPING, FlightPhase.INBOUND}:
            detail = f"the vehicle is in {vehicle.mode}{self.held_by}"
            return [*self._raise("HELD", "WARN", detail), *self.step(p.HoldSeen())]
        if self.phase is FlightPhase.HOLDING and vehicle.mode == "AUTO.MISSION":
            homeward = (vehicle.mission_sequence or 0) > self.mission.hold_sequence
            self.held_by = ""
            return [*self._clear("HELD"), *self.step(p.ResumedHome() if homeward else p.Resumed())]
        return []

    def _follow_by_hand(self, vehicle: VehicleState) -> list[Effect]:
        past = (vehicle.mission_sequence or 0) > self.mission.hold_sequence
        return self.step(p.HomewardSeen()) if past and self.phase is FlightPhase.OUTBOUND else []

    def _follow_mission(self, vehicle: VehicleState) -> list[Effect]:
        if not self.mission.delivers:
            return self._follow_by_hand(vehicle)
        if self._went_on_by_itself(vehicle):
            reached = self.step(p.DropReached()) if self.phase is FlightPhase.OUTBOUND else []
            why = "the vehicle went on before anything was released"
            return [*reached, *self._parcel_returns(why), *self.step(p.DropEnded())]
        if self.phase is FlightPhase.OUTBOUND and vehicle.mission_sequence == self.mission.hold_sequence:
            return self._reach_drop(vehicle)
        if self._waited_for_the_line(vehicle):
            return self._end_drop()
        drop = self.release.drop
        looks = self.phase is FlightPhase.DROPPING and not self.held_by
        if looks and drop is not None and drop.observe(vehicle):
            return self.release.ask()
        return []

    def _waited_for_the_line(self, vehicle: VehicleState) -> bool:
        """Taken over with the winch at work, so that there is no drop to end; its line is in."""
        waits = self.phase is FlightPhase.DROPPING and self.release.drop is None
        return waits and self.parcel is not Parcel.ON_BOARD and not self.is_line_out(vehicle)

    def _why_no_release(self) -> str:
        """Looked at right before each sending: an order of a person, or a way home, may have come in between."""
        if self.phase is not FlightPhase.DROPPING:
            return f"it is {self.phase} by now"
        return f"it was told to hold{self.held_by}" if self.held_by else ""

    def _reach_drop(self, vehicle: VehicleState) -> list[Effect]:
        """Begin the drop; after a hold of a person go on with the one that is settling, or home where it is done."""
        reached = self.step(p.DropReached())
        if self.parcel is Parcel.ON_BOARD and not self._told_returning:
            self.release.begin_drop(vehicle, self._not_held_at_s)
        elif self.parcel is not Parcel.RELEASING:
            return [*reached, *self._end_drop()]
        return reached

    def _went_on_by_itself(self, vehicle: VehicleState) -> bool:
        """Past the hold without our order: its time ran out, with or without a link."""
        past = (vehicle.mission_sequence or 0) > self.mission.hold_sequence
        going_out = self.phase in {FlightPhase.OUTBOUND, FlightPhase.DROPPING}
        return past and going_out and self.parcel is not Parcel.RELEASING

    def _apply_rules(self, vehicle: VehicleState) -> list[Effect]:
        raised, cleared = self._contingency.decide(self._situation(vehicle))
        effects: list[Effect] = [effect for rule in cleared for effect in self._clear(rule)]
        for decision in raised:
            effects += self._raise(decision.rule, decision.action.name, decision.text)
        return effects + (self._act(raised[0]) if raised else [])

    def _situation(self, vehicle: VehicleState) -> Situation:
        return Situation(
            vehicle=vehicle,
            phase=self.phase,
            parcel_on_board=self.parcel is Parcel.ON_BOARD,
            home_need_fraction=self._way.need_fraction(vehicle.position, climbs=self._is_low(vehicle)),
            drop_given_up=self.release.given_up,
            release_failed=self.release.failed,
            line_out=self.is_line_out(vehicle),
            deviation=self.deviation,
            cleared_mission_id=self.cleared_mission_id,
            cleared_fence_id=self.cleared_fence_id,
        )

    def is_line_out(self, vehicle: VehicleState) -> bool:
        """Whether a winch's line hangs out, its order being over."""
        return self.release.line_out and vehicle.winch_retracted is not True

    def _is_low(self, vehicle: VehicleState) -> bool:
        """Over the doorstep, dropping or held there: it climbs first."""
        held = self.phase is FlightPhase.HOLDING and vehicle.mission_sequence == self.mission.hold_sequence
        return held or self.phase is FlightPhase.DROPPING

    def _act(self, decision: Decision) -> list[Effect]:
        match decision.action:
            case Action.SKIP_DROP:
                return [*self._parcel_returns(decision.text), *self._end_drop()]
            case Action.HOLD:
                return [Hold()]
            case Action.RETURN if self.phase is not FlightPhase.RETURNING:
                return [*self._return(decision.text), self._way_home()]
            case Action.TAKE_BACK:
                return [*self._return(decision.text), TakeBack(self._own_sequence)]
            case Action.LAND:
                return [*self._return(decision.text), LandNow()]
        return []

    def _end_drop(self) -> list[Effect]:
        """Send it home by the mission, unless it is on its way already."""
        if self.phase is not FlightPhase.DROPPING:
            return []
        return [MoveOn(self.mission.inbound_sequence), *self.step(p.DropEnded())]

    def _return(self, why: str) -> list[Effect]:
        return [] if self.phase is FlightPhase.RETURNING else self._go_home(why, p.ReturnOrdered())

    def _go_home(self, why: str, event: p.ReturnOrdered | p.FailsafeSeen) -> list[Effect]:
        held = self._clear("HELD") if self.phase is FlightPhase.HOLDING else []
        return [*held, *self._parcel_returns(why), *self.step(event)]

    def _way_home(self) -> Effect:
        """By the plan it follows, which is put back first where another may be on board."""
        if self.back_item is not None:
            return TakeBack(self.back_item)
        goes_on = self.plan.request.ends_at_drop_off and self.mission.delivers
        return FlyMission() if goes_on else ReturnHome()

    def break_off_reroute(self, why: str, item: int) -> list[Effect]:
        """Another plan is on board, whole or in part, and will not be flown.

        One that returns by itself by then goes along whatever is on board, or hangs in the air where that is no mission
        (seen on PX4 1.17.0 SITL, in AUTO.RTL): it is stopped, and goes home by its own plan.
        """
        self.back_item, self._broken_off = item, True
        goes_home = self.phase is FlightPhase.RETURNING
        then = "goes home by it" if goes_home else "holds until a person resumes or returns it"
        detail = f"{why}: the old plan is put back, and it {then}"
        back: Effect = TakeBack(item) if goes_home else PutBack(item)
        return [*self._raise("REROUTE_BROKEN_OFF", "WARN", detail), back]

    def put_back(self, ids: PlanIds) -> list[Effect]:
        """The cleared plan is on board again, read back equal, and the vehicle is at its item of it."""
        was_open = self.back_item is not None
        self.back_item = None
        self.cleared_mission_id = self.cleared_mission_id if ids.mission is None else ids.mission
        self.cleared_fence_id = self.cleared_fence_id if ids.fence is None else ids.fence
        cleared = self._clear("REROUTE_BROKEN_OFF") if self._broken_off else []
        self._broken_off = False
        return [self._notes.reroute_undone(), *cleared] if was_open else []

    def _parcel_returns(self, why: str) -> list[Effect]:
        if self.parcel is not Parcel.ON_BOARD or self._told_returning:
            return []
        self._told_returning = True
        return [self._notes.returning(why)]

    def tell_item_not_taken(self, sequence: int, vehicle: VehicleState) -> list[Effect]:
        """The vehicle holds, and does not show the mission item that it is to go on from."""
        detail = f"item {vehicle.mission_sequence} is current, {sequence} was asked for again and again; it holds"
        return self._raise("ITEM_NOT_TAKEN", "WARN", detail)

    def tell_item_settled(self) -> list[Effect]:
        """It shows it after all, or something else was begun."""
        return self._clear("ITEM_NOT_TAKEN")

    def tell_in_the_way(self, detail: str) -> list[Effect]:
        """Another flight leads through where it holds; an empty detail: no more."""
        return self._raise("IN_THE_WAY", "WARN", detail) if detail else self._clear("IN_THE_WAY")

    def _raise(self, rule: str, action: str, detail: str) -> list[Effect]:
        return [self._notes.raised(rule, action, detail)]

    def _clear(self, rule: str) -> list[Effect]:
        return [self._notes.cleared(rule)]

    def _land(self, vehicle: VehicleState) -> list[Effect]:
        request = self.plan.request
        self.touchdown.see(request, vehicle)
        landed = self._notes.landed(
            vehicle,
            at_pad=self.touchdown.at_pad,
            flown_s=vehicle.at_s - (self.launched_at_s or vehicle.at_s),
            used_j=self.touchdown.used_j(request, vehicle),
            track=self._track,
            whole=not self._adopted,
            stranded=not self.touchdown.at_pad and not self.at_rally and self.parcel is Parcel.ON_BOARD,
        )
        return [landed, *self._notes.all_over(), *self.step(p.Landed())]


def _ordered(order: SteerOrder) -> str:
    return f"{order.by} ordered it to {order.action}" + (f": {order.why}" if order.why else "")
