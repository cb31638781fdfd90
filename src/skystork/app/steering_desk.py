"""The door for a person who steers a flight: orders come over the bus as instantActions, and are answered there.

An order names its sender and has an id of its own. One that is old, comes a second time, was retained by the broker, or
is not understood, is refused with the reason; nothing is queued for later. After VDA 5050 2.0, 6.8 (instantActions) and
6.11 (actionStates); docs/mqtt.md has the fields.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skystork.app.announcer import Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_supervisor import FlightSupervisor
from skystork.app.instant_actions import InstantAction, read_instant_actions, why_stale
from skystork.app.journal import Journal
from skystork.errors import LedgerError
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.shell.bus import Bus, BusMessage

log = logging.getLogger("skystork")


@dataclass(frozen=True, slots=True)
class SteerAnswer:
    """What came of an order."""

    outcome: str
    """``finished``, ``failed`` or ``refused``."""
    detail: str


class SteeringDesk:
    """Takes orders from the bus and from the service itself."""

    def __init__(
        self,
        bus: Bus,
        root: str,
        header: Header,
        *,
        desks: Sequence[DroneDesk],
        journal: Journal,
        flights: FlightSupervisor,
    ) -> None:
        self._bus, self._root, self._header = bus, root, header
        self._desks, self._journal, self._flights = desks, journal, flights

    async def listen(self) -> None:
        """Take orders from the bus; runs for the life of the service."""
        base = f"{self._root}/{self._header.manufacturer}"
        async with asyncio.TaskGroup() as orders:
            async for message in self._bus.subscribe(f"{base}/+/instantActions"):
                for desk in self._desks:
                    if message.topic == f"{base}/{desk.drone.serial_number}/instantActions":
                        self._take(orders, desk, message)

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
        try:
            detail = await runner.steer(order)
        except LedgerError:
            raise
        except Exception as error:  # a fault in one order must not stop the fleet
            log.exception("order %s for %s failed", order.action_id, desk.drone.vehicle_id)
            detail = f"a fault of the controller: {error!r}; the vehicle flies on by its mission"
        answer = SteerAnswer("failed", detail) if detail else SteerAnswer("finished", f"seen to {order.action}")
        await self._settle(desk, order, answer)
        return answer

    def _take(self, orders: asyncio.TaskGroup, desk: DroneDesk, message: BusMessage) -> None:
        try:
            timestamp, actions = read_instant_actions(message.payload)
            given = [read_steer_order(action) for action in actions]
        except ValueError as error:
            orders.create_task(self._answer(desk, "", "", SteerAnswer("refused", str(error))))
            return
        why = why_stale(message, timestamp, asyncio.get_running_loop().time())
        for order in given:
            work = self._refuse(desk, order, why) if why else self._run(desk, order)
            orders.create_task(self._told(desk, order, work), name=f"steer[{desk.drone.vehicle_id}]")

    async def _run(self, desk: DroneDesk, order: SteerOrder) -> SteerAnswer:
        await self._answer(desk, order.action_id, order.action, None)
        return await self.steer(desk, order)

    async def _told(self, desk: DroneDesk, order: SteerOrder, work: Any) -> None:
        answer: SteerAnswer = await work
        await self._answer(desk, order.action_id, order.action, answer)

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

    async def _answer(self, desk: DroneDesk, action_id: str, action: str, answer: SteerAnswer | None) -> None:
        """``RUNNING`` while it is under way."""
        serial = desk.drone.serial_number
        topic = f"{self._root}/{self._header.manufacturer}/{serial}/actionStates"
        finished = answer is not None and answer.outcome == "finished"
        status = {
            "actionId": action_id,
            "actionType": action,
            "actionStatus": "RUNNING" if answer is None else "FINISHED" if finished else "FAILED",
            "resultDescription": "" if answer is None else f"{answer.outcome}: {answer.detail}",
        }
        header = self._header.make(topic, serial, asyncio.get_running_loop().time())
        await self._bus.publish(topic, json.dumps({**header, "actionStates": [status]}).encode(), qos=1, retain=True)


def read_steer_order(action: InstantAction) -> SteerOrder:
    """An action of a vehicle; raises ValueError that says what is wrong."""
    if action.kind not in set(SteerAction):
        raise ValueError(f"no action is called {action.kind!r}; there are {', '.join(SteerAction)}")
    given = action.given
    place = _place(given) if "latitude" in given or "longitude" in given else None
    return SteerOrder(action.action_id, SteerAction(action.kind), action.by, action.why, place)


def _place(given: dict[str, Any]) -> Geodetic:
    try:
        latitude_deg, longitude_deg = float(given["latitude"]), float(given["longitude"])
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"latitude and longitude are two numbers: {type(error).__name__} {error}") from error
    if not (math.isfinite(latitude_deg) and math.isfinite(longitude_deg)):
        raise ValueError(f"{latitude_deg}, {longitude_deg} is no place")
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        raise ValueError(f"{latitude_deg}, {longitude_deg} is not on the globe")
    return Geodetic(latitude_deg, longitude_deg)
