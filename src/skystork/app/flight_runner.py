"""Flies one delivery: has it launched, then performs whatever the flight asks for, until it is over.

A launch that is refused (:mod:`skystork.app.launch`) takes the parcel out again and leaves the order waiting. In the
air nothing is refused: effects are performed in order, a note is on disk before what follows it is done, and commands
to the vehicle run beside the loop so that no slow answer keeps the flight from being watched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.hand_mission import Errand, HandMission
from skystork.app.homeward import (
    fly_mission,
    go_on,
    hold_and_reel_in,
    land_now,
    move_on,
    put_back,
    return_home,
    stay_here,
    stood_down,
    take_back,
)
from skystork.app.kept_back import keep_back
from skystork.app.launch import Launch
from skystork.app.offboard_flight import fly_offboard
from skystork.app.refused import RefusedError
from skystork.app.reroute import Reroute
from skystork.app.space_keeping import SpaceKeeping
from skystork.app.telemetry_plan import FLIGHT_INTERVALS_US, Intervals
from skystork.app.turnaround import turn_round
from skystork.clearance.deconfliction import reserve
from skystork.flight.effects import (
    Effect,
    FlyMission,
    Hold,
    LandNow,
    MoveOn,
    Note,
    PutBack,
    Release,
    Resume,
    ReturnHome,
    StayHere,
    TakeBack,
)
from skystork.flight.flight import Flight
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.flight.steering import SteerAction, SteerOrder, is_done
from skystork.orders import events as e
from skystork.orders.by_hand import HandOrder, cancelled
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.orders.reasons import Reason

EFFECT_PATIENCE_S = 20.0
"""How long the answer to an order waits for its effect: the mode is told at 1 Hz, and tries are 2 s apart."""


BEFORE_START = frozenset({FlightPhase.PLANNING, FlightPhase.LOADING, FlightPhase.UPLOADING, FlightPhase.STARTING})
"""Phases in which an order may still be given up; a vehicle that was told to arm is asked no more."""


class FlightRunner:
    """One flight on one desk."""

    def __init__(self, services: FlightServices, desk: DroneDesk, flight_id: FlightId, errand: Errand) -> None:
        self._s, self._desk = services, desk
        self._flight_id, self._errand = flight_id, errand
        self._commands: asyncio.TaskGroup | None = None
        self._steering: asyncio.Task[None] | None = None
        self._goes_on: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()
        self._reroute: Reroute | None = None
        self._space = SpaceKeeping(services, desk, flight_id)
        self._launch = Launch(services, desk, flight_id, errand, self._perform)

    @property
    def _ids(self) -> tuple[OrderId, FlightId, VehicleId]:
        return self._errand.order_id, self._flight_id, self._desk.drone.vehicle_id

    async def run(self) -> None:
        """From the chosen vehicle to its turnaround, or to where it is offered again after a refusal."""
        self._desk.busy = True
        try:
            wrong = await self._launch_and_fly()
        finally:
            self._space.let_go()
            self._desk.stand_free()
        if wrong:
            pause_s = self._s.site.rules.refused_pause_s
            await keep_back(self._desk, wrong, pause_s, lambda: self._launch.is_mended(wrong))

    async def _launch_and_fly(self) -> tuple[str, ...]:
        """What of the vehicle's own refused the launch; empty where it flew, or where that was something else."""
        try:
            flight = await self._launch.run()
        except RefusedError as refusal:
            started = self._desk.flight
            if started is None or await stood_down(self._desk, started, self._perform):
                await self._give_up(refusal)
                return refusal.wrong
            flight = started
        await self.fly(flight)
        return ()

    async def resume(self, flight: Flight, began_at_s: float) -> None:
        """Take over a flight that was in the air when this process started; it holds its space as before.

        Parameters
        ----------
        began_at_s
            When it began the plan that it follows: at its launch, or where it was rerouted [s since the Unix epoch].
        """
        self._desk.busy = True
        self._s.reservations[self._flight_id] = reserve(flight.plan, began_at_s)
        self._space.taken_over()
        try:
            await self.fly(flight, FLIGHT_INTERVALS_US)
        finally:
            self._desk.stand_free()

    async def fly(self, flight: Flight, rates: Intervals = ()) -> None:
        """Watch a flight that is starting or in the air until it has landed, then turn it round.

        ``rates`` are asked for beside that: one that is not heard lets each of these wait for seconds.
        """
        self._desk.flight = flight
        async with asyncio.TaskGroup() as commands:
            self._commands = commands
            vehicle_id = self._desk.drone.vehicle_id
            commands.create_task(fly_offboard(self._desk, flight, self._s.site.frame), name=f"guide[{vehicle_id}]")
            if rates:
                commands.create_task(self._desk.set_rates(rates), name=f"rates[{vehicle_id}]")
            await self._perform(flight, flight.take_up(self._desk.state))
            while flight.phase is FlightPhase.STARTING or flight.phase in AIRBORNE:
                self._desk.changed.clear()
                await self._perform(flight, flight.observe(self._desk.state))
                self._space.follow(flight, goes_on=self._is_to_go_on())
                if (meeting := self._space.news_of_meeting()) is not None:
                    await self._perform(flight, flight.tell_in_the_way(meeting))
                if flight.phase is FlightPhase.STARTING or flight.phase in AIRBORNE:
                    await self._desk.changed.wait()
        self._space.let_go()
        await turn_round(self._s, self._desk, flight, self._errand, self._perform)

    async def _give_up(self, refusal: RefusedError) -> None:
        """Never left the ground: the parcel comes out, the order waits again."""
        order_id, flight_id, vehicle_id = self._ids
        if isinstance(self._errand, HandMission):
            await self._s.journal.record(e.MissionDropped(flight_id, vehicle_id, order_id, refusal.reasons))
            return
        if self._launch.loaded:
            await self._s.crew.unload(self._desk.drone.serial_number, flight_id, order_id)
        events: list[e.Event] = [e.AssignmentDropped(order_id, flight_id, vehicle_id, refusal.reasons)]
        if self._launch.cancelled is not None:  # in the same commit: nobody else is given it in between
            events.append(cancelled(self._s.journal.book.order(order_id), self._launch.cancelled))
        await self._s.journal.record(*events)

    def cancel(self, order: HandOrder) -> str:
        """Give the order up before it leaves the ground; empty where that is still possible, else why not."""
        flight = self._desk.flight
        if flight is not None and flight.phase not in BEFORE_START:
            return f"its flight is {flight.phase}: return it, and cancel the order when the parcel is back"
        self._launch.cancelled = order
        return ""

    def call_off(self, why: Reason) -> str:
        """Keep it on the ground, the order waiting; empty where that is still possible, else why not."""
        flight = self._desk.flight
        if flight is not None and flight.phase not in BEFORE_START:
            return f"its flight is {flight.phase}"
        self._launch.called_off = why
        return ""

    # ------------------------------------------------------------------ steered by a person

    def why_not(self, order: SteerOrder) -> str:
        """Why an order is refused now; empty where it is not."""
        flight = self._desk.flight
        if flight is None:
            return "no flight of it is under way"
        if self._reroute is not None and order.action in {SteerAction.RESUME, SteerAction.DIVERT, SteerAction.RALLY}:
            return "a new plan is being made or put on board by order: wait, or hold, return or land it"
        if order.action is SteerAction.HOLD and flight.phase is FlightPhase.HOLDING and self._is_to_go_on():
            return ""
        why = flight.why_not(order, self._desk.state)
        if not why and order.action is SteerAction.RESUME and not self._is_to_go_on():
            return self._space.why_not_on(flight)
        return why

    def _is_to_go_on(self) -> bool:
        """It holds, and was told or will be told to hold no longer."""
        return self._reroute is not None or (self._goes_on is not None and not self._goes_on.done())

    async def steer(self, order: SteerOrder) -> str:
        """Carry out an order that is not refused; empty when its effect was seen, else what was not."""
        flight = self._desk.flight
        assert flight is not None, "an order without a flight is refused"
        order_id, flight_id, vehicle_id = self._ids
        ids = (flight_id, vehicle_id, order_id, order.action_id)
        async with self._beginning:  # one order after the other is written, looked at and begun
            await self._s.journal.record(e.SteeringOrdered(*ids, order.action, order.by, order.why, order.place))
            if why := self.why_not(order):  # writing it took its time
                return why
            reroute = await self._begin(flight, order)
        if reroute is not None:
            try:
                why = await reroute.run(order)
            finally:
                self._reroute = None
            if why:
                return why
        self._desk.changed.set()

        def seen() -> bool:
            hold_sequence = flight.mission.hold_sequence
            return is_done(order.action, flight.phase, self._desk.state, hold_sequence=hold_sequence)

        await self._desk.wait_until(seen, EFFECT_PATIENCE_S)
        if seen():
            return ""
        return f"not seen within {EFFECT_PATIENCE_S:.0f} s (mode {self._desk.state.mode}); it is asked for on"

    async def _begin(self, flight: Flight, order: SteerOrder) -> Reroute | None:
        """Hold, return and landing take the way from a new plan under way; a new plan is the caller's to run."""
        if order.action not in {SteerAction.DIVERT, SteerAction.RALLY}:
            if self._reroute is not None and order.action is SteerAction.HOLD:
                self._reroute.call_off(order)
            if order.action is SteerAction.RESUME:
                self._space.take_rest(flight)
            await self._perform(flight, flight.steer(order))
            return None
        delivers = order.action is SteerAction.DIVERT
        shared = (self._s, self._desk, flight, self._errand, self._perform)
        self._reroute = Reroute(*shared, space=self._space, beginning=self._beginning, delivers=delivers)
        return self._reroute

    # ------------------------------------------------------------------ in the air

    async def _perform(self, flight: Flight, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Note():
                    await self._s.journal.record(*effect.events)
                case Release():
                    self._start_command(self._release(flight, effect.confirmation), "release")
                case Hold():
                    self._steer_with(hold_and_reel_in(self._desk, flight), "hold")
                case StayHere():
                    self._steer_with(stay_here(self._desk, flight), "stay")
                case FlyMission():
                    self._steer_with(fly_mission(self._desk, flight), "fly on")
                case Resume():
                    self._steer_with(go_on(self._desk, flight), "resume")
                    self._goes_on = self._steering
                case MoveOn():
                    self._start_command(move_on(self._desk, flight, effect.sequence), "move on")
                case ReturnHome():
                    self._steer_with(return_home(self._desk, flight), "return")
                case TakeBack():
                    self._steer_with(take_back(self._desk, flight, effect.sequence, self._perform), "take back")
                case PutBack():
                    self._steer_with(put_back(self._desk, flight, effect.sequence, self._perform), "put back")
                case LandNow():
                    self._steer_with(land_now(self._desk, flight), "land")

    def _steer_with(self, work: Coroutine[object, object, None], word: str) -> None:
        """The newest way to fly is the one meant: what is still being asked for is asked for no more."""
        if self._steering is not None:
            self._steering.cancel()
        self._steering = self._start_command(work, word)

    def _start_command(self, work: Coroutine[object, object, None], word: str) -> asyncio.Task[None]:
        assert self._commands is not None, "commands in the air are only asked for while flying"
        return self._commands.create_task(work, name=f"{word}[{self._desk.drone.vehicle_id}]")

    async def _release(self, flight: Flight, confirmation: int) -> None:
        """Writing the request took its time: whatever is no longer true now keeps it from being sent."""
        effects = flight.release.withhold(self._desk.state, asyncio.get_running_loop().time())
        if not effects and flight.release.by_winch:
            effects = flight.settle_winch(await self._desk.port.winch_deliver())
        elif not effects:
            settled = await self._desk.port.gripper_release(confirmation=confirmation)
            effects = flight.settle_gripper(settled, self._desk.state)
        await self._perform(flight, effects)
        self._desk.changed.set()
