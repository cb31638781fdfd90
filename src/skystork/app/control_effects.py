"""What each command does: what it would touch and cause, told beforehand, and then the doing of it.

The desks that have the matter do the work: flights by the steering desk, orders by the hand desk, zones by the zone
desk. Here is only which, in which order, and how what they say becomes an answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from skystork.app.control_console import DeskEffects
from skystork.app.control_fleet import FleetEffects
from skystork.app.control_targets import ControlTargets
from skystork.app.control_zones import zone_closed
from skystork.app.hand_desk import UNKNOWN, HandDesk
from skystork.app.journal import Journal
from skystork.app.mission_desk import CAUSES, MissionDesk
from skystork.app.zone_desk import ZoneDesk
from skystork.control import commands as c
from skystork.control.answer import Status, Touched, Why
from skystork.control.roles import Issuer
from skystork.orders import events as e
from skystork.orders.by_hand import Found, HandAction, HandOrder
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.order_state import OrderState


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a command would do."""

    targets: tuple[Touched, ...]
    why_not: str = ""
    """Why it does nothing as things are; empty where it does."""


@dataclass(frozen=True, slots=True)
class Done:
    """What it did."""

    status: Status
    detail: str
    reason: Why | None = None
    events: tuple[e.Event, ...] = ()
    """To be written with the answer, in one commit."""
    targets: tuple[Touched, ...] = ()


class ControlEffects:
    """Foresees and performs."""

    def __init__(
        self,
        targets: ControlTargets,
        journal: Journal,
        *,
        fleet: FleetEffects,
        hand: HandDesk,
        zones: ZoneDesk,
        desk: DeskEffects,
        missions: MissionDesk,
    ) -> None:
        self._missions = missions
        self._targets, self._journal = targets, journal
        self._fleet, self._hand, self._zones, self._desk = fleet, hand, zones, desk

    def foresee(self, command: c.Command, issuer: Issuer) -> Foreseen:
        """What would come of it now; nothing is changed by asking."""
        match command:
            case c.FlyMission():
                return Foreseen(*self._missions.foresee(command))
            case c.VehicleCommand():
                return Foreseen(*self._fleet.foresee(command, issuer))
            case c.FlightCommand() | c.TakeAlarm():
                return Foreseen(*self._desk.foresee(command, issuer))
            case c.GroundFleet():
                return Foreseen(self._fleet.foresee_grounding(command, issuer))
            case c.TakeOrderOffDrone():
                return self._foresee_taking_off(command)
            case c.OrderCommand():
                record = self._journal.book.order(OrderId(command.order_id))
                told = Touched(
                    target=c.target_of(command), action=c.kind_of(command), consequence=f"the order is {record.state}"
                )
                return Foreseen((told,))
            case c.CloseZone() | c.OpenZone():
                return self._foresee_zone(command, issuer)
            case _:
                return self._foresee_site(command)

    def _foresee_zone(self, command: c.CloseZone | c.OpenZone, issuer: Issuer) -> Foreseen:
        target = c.target_of(command)
        if isinstance(command, c.OpenZone):
            known = command.zone_id in self._journal.book.control.closed
            why = "" if known else f"{command.zone_id} was not closed by command; published zones stay as published"
            return Foreseen((Touched(target=target, action="open", consequence="as published"),), why)
        closed = zone_closed(command, issuer, self._zones.zones)
        why = closed if isinstance(closed, str) else self._zones.why_not_closed(closed)
        if command.until.timestamp() <= asyncio.get_running_loop().time():
            why = "its end is over already"
        text = "new plans go round it; flights in the air that it touches hold, return or land"
        return Foreseen((Touched(target=target, action="close", consequence=text),), why)

    def _foresee_site(self, command: c.Command) -> Foreseen:
        match command:
            case c.SetCapacity():
                return _foresee_capacity(command)
            case c.PauseDispatch():
                return Foreseen((_site("pause", "no flight and no tour begins; what is under way goes on"),))
            case c.ResumeDispatch():
                paused = self._journal.book.control.pause is not None
                told = _site("resume", "waiting orders are given to vehicles again")
                return Foreseen((told,), "" if paused else "dispatch is running")
        raise AssertionError(f"{c.kind_of(command)} is not a command to the site")

    async def perform(self, command: c.Command, issuer: Issuer, action_id: str) -> Done:
        """Do it; returns when its effect was seen, or why not."""
        match command:
            case c.FlightCommand() | c.TakeAlarm():
                return _of_desk(await self._desk.perform(command, issuer))
            case c.VehicleCommand():
                return await self._perform_on_vehicle(command, issuer, action_id)
            case c.GroundFleet():
                return _of_grounding(await self._fleet.ground(command, issuer, action_id))
            case c.CancelOrder() | c.CloseOrder():
                return await self._settle(command, issuer, action_id)
            case c.TakeOrderOffDrone():
                return await self._take_off(command, issuer, action_id)
            case c.CloseZone() | c.OpenZone():
                return await self._change_zone(command, issuer)
            case _:
                return _of_site(command, issuer)

    async def _perform_on_vehicle(self, command: c.VehicleCommand, issuer: Issuer, action_id: str) -> Done:
        match command:
            case c.FlyMission():
                why = await self._missions.perform(command, issuer)
                return Done(Status.REFUSED, why, Why.NOT_POSSIBLE) if why else Done(Status.FINISHED, CAUSES)
            case c.TakeOutOfService() | c.RestoreVehicle():
                return await self._service_of(command, issuer, action_id)
        return _of_steering(*await self._fleet.steer(command, issuer, action_id))

    async def _change_zone(self, command: c.CloseZone | c.OpenZone, issuer: Issuer) -> Done:
        if isinstance(command, c.OpenZone):
            opened = e.ZoneOpened(command.zone_id, issuer.name, command.why)
            return _of_zone(await self._zones.open(opened), "open again")
        closed = zone_closed(command, issuer, self._zones.zones)
        return _of_zone(closed if isinstance(closed, str) else await self._zones.close(closed), "closed")

    # ------------------------------------------------------------------ orders and vehicles at the desk

    async def _service_of(self, command: c.TakeOutOfService | c.RestoreVehicle, issuer: Issuer, action_id: str) -> Done:
        desk = self._targets.drones[command.vehicle_id]
        if isinstance(command, c.TakeOutOfService):
            await desk.take_out_of_service(self._journal, f"{issuer.name}: {command.why}")
            return Done(Status.FINISHED, "out of service")
        return await self._by_hand(
            HandOrder(action_id, HandAction.RESTORE, issuer.name, command.why, vehicle_id=VehicleId(command.vehicle_id))
        )

    async def _settle(self, command: c.CancelOrder | c.CloseOrder, issuer: Issuer, action_id: str) -> Done:
        action = HandAction.CANCEL if isinstance(command, c.CancelOrder) else HandAction.CLOSE
        found = Found(command.outcome.lower()) if isinstance(command, c.CloseOrder) else None
        order_id = OrderId(command.order_id)
        return await self._by_hand(HandOrder(action_id, action, issuer.name, command.why, order_id, found=found))

    async def _by_hand(self, order: HandOrder) -> Done:
        outcome, detail = await self._hand.settle(order)
        if outcome == "finished":
            return Done(Status.FINISHED, detail)
        return Done(Status.REFUSED, detail, Why.NOT_FOUND if outcome == UNKNOWN else Why.NOT_POSSIBLE)

    def _foresee_taking_off(self, command: c.TakeOrderOffDrone) -> Foreseen:
        record = self._journal.book.order(OrderId(command.order_id))
        causes = {
            OrderState.WAITING: "goes by road",
            OrderState.ASSIGNED: f"{record.vehicle_id} stays on the ground and is unloaded; goes by road",
            OrderState.FLYING: f"{record.vehicle_id} returns with the parcel, which then goes by road",
        }
        why = "" if record.state in causes else f"the order is {record.state}: no drone has it to be taken off"
        if record.van_reasons:
            why = f"no van can carry it: {'; '.join(map(str, record.van_reasons))}"
        cause = causes.get(record.state, "none")
        return Foreseen((Touched(target=c.target_of(command), action="takeOff", consequence=cause),), why)

    async def _take_off(self, command: c.TakeOrderOffDrone, issuer: Issuer, action_id: str) -> Done:
        order_id = OrderId(command.order_id)
        record = self._journal.book.order(order_id)
        await self._journal.record(e.OrderTakenOffDrone(order_id, issuer.name, command.why))
        desk = self._targets.drones.get(record.vehicle_id or "")
        if record.state is OrderState.WAITING or desk is None:
            return Done(Status.FINISHED, "goes by road")
        told = f"taken off the drone by {issuer.name}: {command.why}"
        outcome, detail = await self._fleet.bring_back(desk, issuer, action_id, told)
        return _of_steering(outcome, f"{detail}; goes by road from there")


def _foresee_capacity(command: c.SetCapacity) -> Foreseen:
    told = Touched(target=c.target_of(command), action="limit", consequence="counts from the next decision on")
    if command.vehicle_id is None:
        wrong = "payloadKg is a vehicle's: name it with vehicleId" if command.payload_kg is not None else ""
    else:
        wrong = "flightsAtOnce is the depot's: leave out vehicleId" if command.flights_at_once is not None else ""
    return Foreseen((told,), wrong)


def _of_site(command: c.Command, issuer: Issuer) -> Done:
    who = (issuer.name, command.why)
    match command:
        case c.SetCapacity():
            vehicle_id = VehicleId(command.vehicle_id) if command.vehicle_id is not None else None
            event = e.CapacitySet(*who, vehicle_id, command.payload_kg, command.flights_at_once)
            return Done(Status.FINISHED, "counts from the next decision on", None, (event,))
        case c.PauseDispatch():
            return Done(Status.FINISHED, "paused", None, (e.DispatchPaused(*who),))
        case c.ResumeDispatch():
            return Done(Status.FINISHED, "running", None, (e.DispatchResumed(*who),))
    raise AssertionError(f"{c.kind_of(command)} is not a command to the site")


def _of_grounding(targets: tuple[Touched, ...]) -> Done:
    failed = [each.target for each in targets if each.outcome.startswith("failed")]
    if failed:
        return Done(Status.FAILED, f"not seen of {', '.join(failed)}", Why.NOT_SEEN, (), targets)
    told = f"{len(targets)} aircraft; dispatch is closed until two people resume it"
    return Done(Status.FINISHED, told, None, (), targets)


def _site(action: str, consequence: str) -> Touched:
    return Touched(target=c.SITE, action=action, consequence=consequence)


def _of_steering(outcome: str, detail: str) -> Done:
    if outcome == "finished":
        return Done(Status.FINISHED, detail)
    if outcome == "failed":
        return Done(Status.FAILED, detail, Why.NOT_SEEN)
    return Done(Status.REFUSED, detail, Why.NOT_POSSIBLE)


def _of_desk(why: str) -> Done:
    return Done(Status.FAILED, why, Why.NOT_POSSIBLE) if why else Done(Status.FINISHED, "as said")


def _of_zone(why: str, done: str) -> Done:
    return Done(Status.REFUSED, why, Why.NOT_POSSIBLE) if why else Done(Status.FINISHED, done)
