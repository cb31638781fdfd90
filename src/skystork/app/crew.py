"""The depot crew over the bus: load a parcel, take it out, swap a battery. Asked by request id, so never done twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from skystork.app.bus_header import CONTROLLER, Header
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import CrewOrder
from skystork.frames import Geodetic
from skystork.orders.order import FlightId, OrderId
from skystork.shell.bus import Bus

ASK_AGAIN_S = 120.0
"""A request that nobody answered is published again after this; a battery swap takes two to three minutes."""
_ENDINGS = frozenset({"FINISHED", "FAILED"})


@dataclass(frozen=True, slots=True)
class CrewAnswer:
    """What the crew reported."""

    done: bool
    detail: str
    order_id: str | None
    """Whose parcel was handled, as read from its label."""


class Crew:
    """Requests to people on the ground, each answered once."""

    def __init__(self, bus: Bus, topic_root: str, header: Header) -> None:
        self._bus, self._header = bus, header
        self._orders, self._states = f"{topic_root}/depot/crew/order", f"{topic_root}/depot/crew/state"
        self._pending: dict[str, asyncio.Future[CrewAnswer]] = {}

    async def listen(self) -> None:
        """Take answers in; runs for the life of the service."""
        async for message in self._bus.subscribe(self._states):
            try:
                answer = json.loads(message.payload)
                request_id, status = answer["requestId"], answer["status"]
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # somebody else's message on our topic; the request is asked again
            waiting = self._pending.get(str(request_id))
            if waiting is not None and not waiting.done() and str(status) in _ENDINGS:
                detail, order_id = str(answer.get("detail", status)), answer.get("orderId")
                waiting.set_result(CrewAnswer(status == "FINISHED", detail, order_id))

    async def load(self, serial: str, flight_id: FlightId, order_id: OrderId, weight_kg: float) -> CrewAnswer:
        """Put a parcel into a vehicle."""
        return await self._ask(serial, f"{flight_id}:LOAD", "LOAD", order_id=order_id, weight_kg=weight_kg)

    async def unload(self, serial: str, flight_id: FlightId, order_id: OrderId) -> CrewAnswer:
        """Take the parcel out; not done when there is none."""
        return await self._ask(serial, f"{flight_id}:UNLOAD", "UNLOAD", order_id=order_id)

    async def collect(self, serial: str, flight_id: FlightId, order_id: OrderId, place: Geodetic | None) -> CrewAnswer:
        """Fetch a vehicle from a rally point; the answer's order is whose parcel was in it."""
        where = {} if place is None else {"latitude": place.latitude_deg, "longitude": place.longitude_deg}
        return await self._ask(serial, f"{flight_id}:COLLECT", "COLLECT", order_id=order_id, **where)

    async def swap(self, serial: str, flight_id: FlightId) -> CrewAnswer:
        """Swap the battery and inspect."""
        return await self._ask(serial, f"{flight_id}:SWAP", "SWAP")

    async def _ask(self, serial: str, request_id: str, action: str, **facts: Any) -> CrewAnswer:
        request = CrewOrder(**NO_HEADER, request_id=request_id, vehicle=serial, action=action, **facts)
        answer = self._pending[request_id] = asyncio.get_running_loop().create_future()
        try:
            while True:
                now_s = asyncio.get_running_loop().time()
                await self._bus.publish(
                    self._orders, self._header.seal(request, self._orders, CONTROLLER, now_s), qos=1
                )
                done, _ = await asyncio.wait({answer}, timeout=ASK_AGAIN_S)
                if done:
                    settled: CrewAnswer = answer.result()
                    return settled
        finally:
            del self._pending[request_id]
