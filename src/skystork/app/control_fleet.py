"""Commands to aircraft, one or all: what each would cause, told beforehand, and the steering of flights."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from skystork.app.control_targets import ControlTargets
from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_supervisor import FlightSupervisor
from skystork.app.steering_desk import SteeringDesk
from skystork.control import commands as c
from skystork.control.answer import Touched
from skystork.control.roles import Issuer
from skystork.flight.phase import FlightPhase
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic
from skystork.orders.reasons import Reason, ReasonCode

ON_GROUND_PATIENCE_S = 120.0
"""A flight on the ground gives its order up between its steps; the longest is the crew's loading, under a minute."""
GOES_HOME = frozenset({FlightPhase.INBOUND, FlightPhase.RETURNING})
CAUSES: Mapping[SteerAction, str] = MappingProxyType(
    {
        SteerAction.HOLD: "stays where it is and uses its battery, {battery}; its order {order} waits",
        SteerAction.RESUME: "goes on with its mission; its order {order} is late by the time it held",
        SteerAction.RETURN: "comes home with what it has; its order {order} waits for another way",
        SteerAction.DIVERT: "delivers its order {order} at the new doorstep, if a checked plan leads there",
        SteerAction.RALLY: "lands at the nearest rally point; the crew collects it and the parcel of {order}",
        SteerAction.LAND: "comes down where it is, whatever is below; the crew collects it and the parcel of {order}",
    }
)


class FleetEffects:
    """Steers by the steering desk."""

    def __init__(self, targets: ControlTargets, steering: SteeringDesk, flights: FlightSupervisor) -> None:
        self._targets, self._steering, self._flights = targets, steering, flights

    def foresee(self, command: c.VehicleCommand, issuer: Issuer) -> tuple[tuple[Touched, ...], str]:
        """What a command to one vehicle would cause, and why it would do nothing, where it would not."""
        desk = self._targets.drones.get(command.vehicle_id)
        target = c.target_of(command)
        if desk is None:
            text = f"{command.vehicle_id} is a van: its driver is asked, and its tours follow its orders"
            return (Touched(target=target, action="none", consequence=text),), text
        if isinstance(command, c.TakeOutOfService | c.RestoreVehicle):
            out = isinstance(command, c.TakeOutOfService)
            text = "given nothing more; a flight under way goes on" if out else "may be given orders again"
            return (Touched(target=target, action="outOfService" if out else "restore", consequence=text),), ""
        order = steer_order(command, issuer, "dry run")
        runner = self._flights.runner_of(desk)
        why = runner.why_not(order) if runner else "no flight of it is under way, or its plan is lost"
        return (self._touched(desk, order.action),), why

    def foresee_grounding(self, command: c.GroundFleet, issuer: Issuer) -> tuple[Touched, ...]:
        """Every aircraft, and what it would do."""
        action = SteerAction(command.airborne.lower())
        return tuple(self._foreseen_grounded(desk, action, issuer) for desk in self._targets.drones.values())

    async def steer(self, command: c.VehicleCommand, issuer: Issuer, action_id: str) -> tuple[str, str]:
        """Carry out a command to a flight in the air: ``finished``, ``failed`` or ``refused``, and why."""
        desk = self._targets.drones[command.vehicle_id]
        answer = await self._steering.steer(desk, steer_order(command, issuer, action_id))
        return answer.outcome, answer.detail

    async def bring_back(self, desk: DroneDesk, issuer: Issuer, action_id: str, why: str) -> tuple[str, str]:
        """What is on the ground stays there, what is in the air returns."""
        return await self._down(desk, SteerOrder(action_id, SteerAction.RETURN, issuer.name, why))

    async def ground(self, command: c.GroundFleet, issuer: Issuer, action_id: str) -> tuple[Touched, ...]:
        """All aircraft at once; returns when each was seen to, or was not."""
        action = SteerAction(command.airborne.lower())
        async with asyncio.TaskGroup() as tasks:
            works = [
                tasks.create_task(self._grounded(desk, action, issuer, f"{action_id}:{name}", command.why))
                for name, desk in self._targets.drones.items()
            ]
        return tuple(work.result() for work in works)

    async def _grounded(
        self, desk: DroneDesk, action: SteerAction, issuer: Issuer, action_id: str, why: str
    ) -> Touched:
        foreseen = self._foreseen_grounded(desk, action, issuer)
        outcome, detail = await self._down(desk, SteerOrder(action_id, action, issuer.name, f"fleet grounded: {why}"))
        return Touched(
            target=foreseen.target,
            action=foreseen.action,
            consequence=foreseen.consequence,
            outcome=f"{outcome}: {detail}",
        )

    async def _down(self, desk: DroneDesk, order: SteerOrder) -> tuple[str, str]:
        if not desk.busy and desk.flight is None:
            return "finished", "stays on the ground"
        if not self._targets.in_the_air(desk):
            text = f"{order.by}: {order.why}"
            why = self._flights.call_off(desk, Reason(ReasonCode.CLEARANCE, text, "called off", "wanted"))
            await desk.wait_until(lambda: not desk.busy or self._targets.in_the_air(desk), ON_GROUND_PATIENCE_S)
            if not self._targets.in_the_air(desk):
                return ("failed", why or "not seen to be given up") if desk.busy else ("finished", "not launched")
        if order.action is SteerAction.RETURN and desk.flight is not None and desk.flight.phase in GOES_HOME:
            return "finished", "on its way home already"
        answer = await self._steering.steer(desk, order)
        return "finished" if answer.outcome == "finished" else "failed", answer.detail

    def _foreseen_grounded(self, desk: DroneDesk, action: SteerAction, issuer: Issuer) -> Touched:
        target = f"vehicle/{desk.drone.vehicle_id}"
        if self._targets.in_the_air(desk):
            if action is SteerAction.RETURN and desk.flight is not None and desk.flight.phase in GOES_HOME:
                return Touched(target=target, action="none", consequence="is on its way home already")
            runner = self._flights.runner_of(desk)
            why = runner.why_not(SteerOrder("dry run", action, issuer.name)) if runner else "its plan is lost"
            told = self._touched(desk, action)
            return told if not why else Touched(target=target, action="none", consequence=f"cannot {action}: {why}")
        if desk.busy:
            return Touched(target=target, action="callOff", consequence="is not launched; its order waits")
        return Touched(target=target, action="none", consequence="stays on the ground")

    def _touched(self, desk: DroneDesk, action: SteerAction) -> Touched:
        charge = desk.state.battery_fraction
        battery = "its charge is not known" if charge is None else f"{charge:.0%} left"
        order = desk.flight.plan.request.order_id if desk.flight else "none"
        told = CAUSES[action].format(battery=battery, order=order)
        return Touched(target=f"vehicle/{desk.drone.vehicle_id}", action=action, consequence=told)


def steer_order(command: c.VehicleCommand, issuer: Issuer, action_id: str) -> SteerOrder:
    """The order to a flight that a command means."""
    action = SteerAction(str(command.__struct_config__.tag))
    place = Geodetic(command.latitude, command.longitude) if isinstance(command, c.Divert) else None
    return SteerOrder(action_id, action, issuer.name, command.why, place)
