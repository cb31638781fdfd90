"""Steers flights in the air by order: of a person, through the control desk, or of the zones that changed.

An order has an id and is never done twice; nothing is queued for later. What a vehicle was told, and how far that is,
is published after VDA 5050 2.0, 6.8 (instantActions) and 6.11 (actionStates); docs/mqtt.md has the fields.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from skystork.app.bus_header import Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_supervisor import FlightSupervisor
from skystork.app.journal import Journal
from skystork.app.parts import is_of_ledger
from skystork.contract.header import NO_HEADER
from skystork.contract.vehicle_messages import (
    ActionParameter,
    ActionState,
    ActionStatus,
    InstantAction,
    InstantActions,
)
from skystork.flight.steering import SteerOrder
from skystork.orders import events as e
from skystork.orders.order import VehicleId
from skystork.shell.bus import Bus

log = logging.getLogger("skystork")

KEPT_ACTIONS = 8
"""Of each vehicle, for the picture; the ledger has all."""


@dataclass(frozen=True, slots=True)
class SteerAnswer:
    """What came of an order."""

    outcome: str
    """``finished``, ``failed`` or ``refused``."""
    detail: str


class SteeringDesk:
    """Takes orders to flights, one vehicle at a time."""

    def __init__(
        self,
        bus: Bus,
        root: str,
        header: Header,
        *,
        journal: Journal,
        flights: FlightSupervisor,
    ) -> None:
        self._bus, self._root, self._header = bus, root, header
        self._journal, self._flights = journal, flights
        self._actions: dict[VehicleId, tuple[ActionState, ...]] = {}

    def actions_of(self, vehicle_id: VehicleId) -> tuple[ActionState, ...]:
        """The last orders to a vehicle, newest last."""
        return self._actions.get(vehicle_id, ())

    async def steer(self, desk: DroneDesk, order: SteerOrder) -> SteerAnswer:
        """Carry out an order on the vehicle of a desk; returns when its effect was seen, or why not."""
        if self._journal.book.has_action(order.action_id):
            return await self._refuse(desk, order, f"an order with the id {order.action_id} was taken before")
        runner = self._flights.runner_of(desk)
        if runner is None:
            return await self._refuse(desk, order, "no flight of it is under way, or its plan is lost")
        why = runner.why_not(order)
        if why:
            return await self._refuse(desk, order, why)
        self._note(desk, order, None)
        await self._tell(desk, order)
        try:
            detail = await runner.steer(order)
        except Exception as error:  # a fault in one order must not stop the fleet
            if is_of_ledger(error):
                raise
            log.exception("order %s for %s failed", order.action_id, desk.drone.vehicle_id)
            detail = f"a fault of the controller: {error!r}; the vehicle flies on by its mission"
        answer = SteerAnswer("failed", detail) if detail else SteerAnswer("finished", f"seen to {order.action}")
        self._note(desk, order, answer)
        await self._settle(desk, order, answer)
        return answer

    async def _refuse(self, desk: DroneDesk, order: SteerOrder, why: str) -> SteerAnswer:
        answer = SteerAnswer("refused", why)
        await self._settle(desk, order, answer)
        return answer

    async def _settle(self, desk: DroneDesk, order: SteerOrder, answer: SteerAnswer) -> None:
        request = desk.flight.plan.request if desk.flight else None
        settled = e.SteeringSettled(
            desk.drone.vehicle_id,
            order.action_id,
            order.action,
            order.by,
            answer.outcome,
            answer.detail,
            request.flight_id if request else None,
            request.order_id if request else None,
        )
        await self._journal.record(settled)

    async def _tell(self, desk: DroneDesk, order: SteerOrder) -> None:
        """What it was told, for whoever watches: the vehicle itself hears MAVLink."""
        serial = desk.drone.serial_number
        topic = f"{self._root}/{self._header.manufacturer}/{serial}/instantActions"
        given: dict[str, str | float] = {"by": order.by, "why": order.why}
        if order.place is not None:
            given |= {"latitude": order.place.latitude_deg, "longitude": order.place.longitude_deg}
        action = InstantAction(
            action_type=order.action,
            action_id=order.action_id,
            blocking_type="HARD",
            action_parameters=tuple(ActionParameter(key=key, value=value) for key, value in given.items()),
        )
        body = InstantActions(**NO_HEADER, actions=(action,))
        payload = self._header.seal(body, topic, serial, asyncio.get_running_loop().time())
        await self._bus.publish(topic, payload, qos=1)

    def _note(self, desk: DroneDesk, order: SteerOrder, answer: SteerAnswer | None) -> None:
        """In the list of its actions; ``RUNNING`` while it is under way."""
        finished = answer is not None and answer.outcome == "finished"
        status = ActionStatus.RUNNING if answer is None else ActionStatus.FINISHED if finished else ActionStatus.FAILED
        state = ActionState(
            action_id=order.action_id,
            action_type=order.action,
            action_status=status,
            result_description="" if answer is None else f"{answer.outcome}: {answer.detail}",
        )
        before = [each for each in self.actions_of(desk.drone.vehicle_id) if each.action_id != order.action_id]
        self._actions[desk.drone.vehicle_id] = (*before, state)[-KEPT_ACTIONS:]
