"""The door for clients' programs: orders placed once whatever is sent twice, moved in time, or to another doorstep.

Placing an order writes its acceptance and the client's key in one commit, together with whatever else waits to be
written; only then is it answered. A key that comes again while its first request is still being written waits for it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec

from skystork.app.drone_desk import DroneDesk
from skystork.app.journal import Journal
from skystork.app.steering_desk import SteerAnswer
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.client_changes import why_not_redirected, why_not_rescheduled
from skystork.orders.order import Order, OrderId
from skystork.orders.order_state import OrderState

Steer = Callable[[DroneDesk, SteerOrder], Awaitable[SteerAnswer]]


@dataclass(frozen=True, slots=True)
class Placing:
    """An order as a client asks for it."""

    order: Order
    by: str
    key: str
    content: bytes
    """What was sent, as it was sent."""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of it."""

    order_id: OrderId | None
    """None where it is refused."""
    again: bool = False
    """It was placed before, by the same request."""
    why_not: str = ""


class OrderDesk:
    """Places and changes orders.

    Parameters
    ----------
    steer
        Have a flight in the air do something.
    in_tour
        The van in whose tour an order is; empty where in none.
    renew
        Decide anew about an order whose doorstep or time changed.
    """

    def __init__(
        self,
        journal: Journal,
        desks: Sequence[DroneDesk],
        *,
        steer: Steer,
        in_tour: Callable[[OrderId], str],
        renew: Callable[[OrderId], None],
    ) -> None:
        self._journal, self._steer, self._in_tour, self._renew = journal, steer, in_tour, renew
        self._desks = {desk.drone.vehicle_id: desk for desk in desks}
        self._writing: dict[tuple[str, str], asyncio.Future[None]] = {}

    async def place(self, asked: Placing) -> Placed:
        """Accept an order once; returns when it is on the disk."""
        key = (asked.by, asked.key)
        while key in self._writing:
            await asyncio.wait({self._writing[key]})
        fingerprint = hashlib.sha256(asked.content).hexdigest()
        before = self._journal.book.placed(*key)
        if before is not None:
            if before.fingerprint == fingerprint:
                return Placed(before.order_id, again=True)
            return Placed(None, why_not="the key was used for another order: give each order a key of its own")
        if asked.order.order_id in self._journal.book:
            return Placed(None, why_not=f"there is an order {asked.order.order_id} already: give it another identity")
        await self._write(key, asked, fingerprint)
        return Placed(asked.order.order_id)

    async def _write(self, key: tuple[str, str], asked: Placing, fingerprint: str) -> None:
        done = self._writing[key] = asyncio.get_running_loop().create_future()
        order_id = asked.order.order_id
        placed = e.OrderPlaced(order_id, asked.by, asked.key, fingerprint, asked.reference)
        try:
            await self._journal.record(e.OrderAccepted(order_id, asked.order), placed)
        finally:
            del self._writing[key]
            done.set_result(None)

    async def reschedule(self, order_id: OrderId, deliver_by_s: float, by: str, *, dry_run: bool = False) -> str:
        """Another time; empty where it is so from now on, else why not. With ``dry_run`` nothing is changed."""
        record = self._record(order_id)
        why = why_not_rescheduled(record, deliver_by_s, asyncio.get_running_loop().time())
        if why or dry_run:
            return why
        events: list[e.Event] = [e.OrderRescheduled(order_id, by, deliver_by_s, record.order.deliver_by_s)]
        if record.promised_by_s is not None:
            told = "You asked for another time; this is the new one."
            events.append(e.PromiseRevised(order_id, deliver_by_s, record.promised_by_s, told))
        await self._journal.record(*events)
        self._renew(order_id)
        return ""

    async def redirect(
        self, order_id: OrderId, drop_off: Geodetic, by: str, action_id: str, *, dry_run: bool = False
    ) -> str:
        """Another doorstep; empty where it goes there from now on, else why not.

        With ``dry_run`` nothing is changed; in the air it then stays open whether a way there is found.
        """
        record = self._record(order_id)
        why = why_not_redirected(record, self._in_tour(order_id))
        if why or dry_run:
            return why
        if record.state is OrderState.FLYING:
            return await self._divert(record, drop_off, by, action_id)
        await self._journal.record(e.OrderRedirected(order_id, by, drop_off, record.order.drop_off))
        self._renew(order_id)
        return ""

    async def _divert(self, record: OrderRecord, drop_off: Geodetic, by: str, action_id: str) -> str:
        """In the air: a new plan from where it is, proven like every other, or none; the reroute writes down both."""
        desk = self._desks.get(record.vehicle_id) if record.vehicle_id else None
        if desk is None:
            return f"{record.vehicle_id}, which has it, is not in the site file"
        order = SteerOrder(
            action_id, SteerAction.DIVERT, by, "the client redirected the order", drop_off, redirects=True
        )
        answer = await self._steer(desk, order)
        if answer.outcome == "finished" or self._record(record.order.order_id).order.drop_off == drop_off:
            return ""  # it may be held on its new way by another's order: the doorstep is the new one all the same
        return f"it is in the air, and cannot go there: {answer.detail}"

    def _record(self, order_id: OrderId) -> OrderRecord:
        return self._journal.book.order(order_id)


def content_of(body: msgspec.Struct) -> bytes:
    """What a request asks for, the same for every way of writing it."""
    return msgspec.json.encode(body, order="deterministic")
