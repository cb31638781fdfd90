"""``/v1/orders``: placed once whatever is sent twice, looked at, cancelled, moved; a partner sees its own only."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from skystork.app.http.command_routes import issuer, unless_refused
from skystork.app.http.fields import Cursor, DryQuery, OrderName, PageSize, PartyName
from skystork.app.http.order_views import (
    BriefOrder,
    Cancellation,
    NewOrder,
    NewPlace,
    NewTime,
    OrderView,
    brief_view,
    order_view,
)
from skystork.app.http.pages import cursor_after, read_cursor
from skystork.app.order_desk import Placing, content_of
from skystork.app.service import Service
from skystork.control.answer import Status
from skystork.control.commands import CancelOrder
from skystork.errors import InvalidInput
from skystork.frames import Geodetic
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, Order, OrderId, Parcel
from skystork.orders.order_state import OrderState
from skystork.orders.parsing import hold_to_site
from skystork.shell.web.problem import HttpRefusal, conflict, field_problems, not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Caller, Nothing, Reply, Route, row, rows_of

KEY = "Idempotency-Key"
COMMAND_LIFE_S = 60.0
"""Of the command that a cancellation becomes [s]; it is begun at once."""


class OrderPath(msgspec.Struct, rename="camel"):
    """``/v1/orders/{orderId}``."""

    order_id: OrderName


class OrdersQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which orders."""

    status: OrderState | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET
    vehicle_id: PartyName | UnsetType = UNSET
    reference: PartyName | UnsetType = UNSET
    cursor: Cursor = ""
    limit: PageSize = 50


class Orders(msgspec.Struct, rename="camel", omit_defaults=True):
    """A page, the newest first."""

    items: tuple[BriefOrder, ...]
    next: str | None = None
    """``cursor`` of the next page; missing on the last."""


class OrderRoutes:
    """The rows and their handlers."""

    tag = "orders"

    def __init__(self, service: Service) -> None:
        self._service = service

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("POST", "/v1/orders", Scope.ORDERS_WRITE, status=201, refusals=(409,), request_headers=(KEY,))
    async def place_order(self, call: Call[Nothing, Nothing, NewOrder]) -> Reply[OrderView]:
        """Place an order.

        Answered when it is on the disk. The same `Idempotency-Key` with the same body is answered with the order of
        the first time, for ever; with another body it is refused. What is well formed and not served here is 409.
        """
        order = new_order(call.body, asyncio.get_running_loop().time())
        self._hold_to_site(order)
        asked = Placing(order, call.caller.name, call.headers[KEY.lower()], content_of(call.body), call.body.reference)
        placed = await self._service.orders.place(asked)
        if placed.order_id is None:
            raise conflict(placed.why_not)
        view = order_view(self._service.journal.book.order(placed.order_id))
        headers = {"Location": f"/v1/orders/{placed.order_id}"}
        return Reply(view, headers | ({"Idempotent-Replayed": "true"} if placed.again else {}))

    @row("GET", "/v1/orders", Scope.ORDERS_READ)
    async def list_orders(self, call: Call[Nothing, OrdersQuery, Nothing]) -> Orders:
        """Orders, the newest first."""
        records, limit = list(self._service.journal.book.orders()), call.query.limit
        index = min(read_cursor(call.query.cursor) or len(records), len(records))
        found: list[BriefOrder] = []
        while index > 0 and len(found) < limit:
            index -= 1
            if _wanted(records[index], call.query) and may_see(call.caller, records[index]):
                found.append(brief_view(records[index]))
        return Orders(tuple(found), cursor_after(index) if index else None)

    @row("GET", "/v1/orders/{orderId}", Scope.ORDERS_READ)
    async def get_order(self, call: Call[OrderPath, Nothing, Nothing]) -> OrderView:
        """One order."""
        return order_view(self._seen(call.caller, call.path.order_id))

    @row("POST", "/v1/orders/{orderId}/cancel", Scope.ORDERS_WRITE, refusals=(409,))
    async def cancel_order(self, call: Call[OrderPath, Nothing, Cancellation]) -> OrderView:
        """Cancel an order whose parcel has not left the depot."""
        self._seen(call.caller, call.path.order_id)
        now = datetime.fromtimestamp(asyncio.get_running_loop().time(), UTC)
        command = CancelOrder(
            command_id=f"http-{secrets.token_hex(8)}",
            issued_at=now,
            expires_at=now + timedelta(seconds=COMMAND_LIFE_S),
            why=call.body.why,
            target_version=self._service.control.version_of(f"order/{call.path.order_id}"),
            order_id=call.path.order_id,
        )
        answer = unless_refused(await self._service.control.execute(command, issuer(call.caller)))
        if answer.status is not Status.FINISHED:
            raise conflict(answer.detail)
        return order_view(self._seen(call.caller, call.path.order_id))

    @row("POST", "/v1/orders/{orderId}/reschedule", Scope.ORDERS_WRITE, refusals=(409,))
    async def reschedule_order(self, call: Call[OrderPath, DryQuery, NewTime]) -> OrderView:
        """Ask for another time, while nobody carries the parcel."""
        record = self._seen(call.caller, call.path.order_id)
        order_id, deliver_by_s = record.order.order_id, call.body.deliver_by.timestamp()
        by, dry_run = call.caller.name, call.query.dry_run
        why = await self._service.orders.reschedule(order_id, deliver_by_s, by, dry_run=dry_run)
        return self._changed(why, order_id)

    @row("POST", "/v1/orders/{orderId}/redirect", Scope.ORDERS_WRITE, refusals=(409,))
    async def redirect_order(self, call: Call[OrderPath, DryQuery, NewPlace]) -> OrderView:
        """Ask for another doorstep.

        At the depot the order is decided anew. In the air a new plan from where it is must be found and proven; it is
        answered when the drone flies by it, or why it cannot. `dryRun` does not look for that plan.
        """
        record = self._seen(call.caller, call.path.order_id)
        order_id, given = record.order.order_id, call.body.destination
        drop_off = Geodetic(given.latitude_deg, given.longitude_deg)
        self._hold_to_site(replace(record.order, drop_off=drop_off))
        action_id, by = f"http-{secrets.token_hex(8)}", call.caller.name
        why = await self._service.orders.redirect(order_id, drop_off, by, action_id, dry_run=call.query.dry_run)
        return self._changed(why, order_id)

    def _changed(self, why_not: str, order_id: OrderId) -> OrderView:
        if why_not:
            raise conflict(why_not)
        return order_view(self._service.journal.book.order(order_id))

    def _hold_to_site(self, order: Order) -> None:
        try:
            hold_to_site(order, "order", self._service.site.depot)
        except InvalidInput as error:
            problems = field_problems(error.problems)
            raise HttpRefusal(409, "not-served", problems[0].what, errors=problems) from error

    def _seen(self, caller: Caller, order_id: str) -> OrderRecord:
        return seen_order(self._service, caller, order_id)


def seen_order(service: Service, caller: Caller, order_id: str) -> OrderRecord:
    """An order that the caller may know of; HttpRefusal 404 for every other."""
    book, name = service.journal.book, OrderId(order_id)
    if name not in book or not may_see(caller, book.order(name)):
        raise not_found(f"order {order_id}")
    return service.as_foreseen(book.order(name))


def may_see(caller: Caller, record: OrderRecord) -> bool:
    """Its own, or anybody's with ``orders:all``."""
    return caller.may(Scope.ORDERS_ALL) or record.placed_by == caller.name


def new_order(body: NewOrder, now_s: float) -> Order:
    """As accepted now."""
    parcel, at = body.parcel, body.destination
    return Order(
        order_id=OrderId(body.order_id or f"W-{secrets.token_hex(6)}"),
        placed_at_s=now_s,
        drop_off=Geodetic(at.latitude_deg, at.longitude_deg),
        parcel=Parcel(parcel.weight_kg, parcel.length_m, parcel.width_m, parcel.height_m, parcel.hazard),
        recipient=body.recipient,
        deliver_by_s=body.deliver_by.timestamp() if body.deliver_by else None,
        deliver_from_s=body.deliver_from.timestamp() if body.deliver_from else None,
        ready_at_s=body.ready_at.timestamp() if body.ready_at else None,
    )


def _wanted(record: OrderRecord, query: OrdersQuery) -> bool:
    pairs = (
        (query.status, record.state),
        (query.mode, record.mode),
        (query.vehicle_id, record.vehicle_id),
        (query.reference, record.reference),
    )
    return all(asked is UNSET or asked == seen for asked, seen in pairs)
