"""Keeps every promise in sight: where the arrival foreseen breaks it, the customer hears first.

Reviewed are all open orders every :data:`ROUND_S`, and one order at once when something happened to it that moves its
arrival. An order that nobody can say anything about cannot be there before now: so each one is told by the margin
before its promise passes, whatever went wrong, and sooner where a desk knows sooner. A parcel that a drone brings home
is told at once, unless a van that is ready could still keep its promise: then the promise stands, and is planned for.

An order that another vehicle may still be given is given that chance first: :data:`MOVED_WITHIN_S`.

What an order's arrival is now is kept in memory, and told to whoever asks (:meth:`PromiseDesk.as_foreseen`). The ledger
has it where it matters: when it is another one by :data:`ETA_WRITTEN_S`, or passes the promise, either way.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace

from skystork.app.arrivals import Arrivals
from skystork.app.journal import Journal
from skystork.customer.promise import Promise, review_promise, revision_sentence
from skystork.dispatch.rules import SiteRules
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import OrderId
from skystork.orders.order_state import OrderState

ROUND_S = 15.0
"""Between reviews: an eighth of the margin by which a customer is told ahead."""
ETA_NEWS_S = 60.0
"""A change of the foreseen arrival smaller than this is not told [s]: customers are told minutes."""
ETA_WRITTEN_S = 600.0
"""A change by so much is in the ledger [s]; a smaller one where it passes the promise."""
MOVED_WITHIN_S = 45.0
"""So long the desks have for an order that can still change hands, before its customer hears that it comes later: the
dispatcher decides each second, the vans are planned anew within half a minute, and what one of them keeps nobody has to
be told of. The dispatcher reckons a van's arrival at the end of its tour; the vans' own plan puts it where it fits."""
LEAST_FLIGHT_SHARE = 0.25
"""Of the promise by air: loading and the flight take at least this (450 s of 1,800 s: 45 s to load, 10 km at 25 m/s),
so an order that nobody has chosen a drone for is late no later than this before its promise."""
_BY_ROAD_NOW = frozenset({OrderState.RETURNING, OrderState.ROUTED, OrderState.ON_ROAD})
_MOVABLE = frozenset({OrderState.WAITING, OrderState.ASSIGNED, OrderState.ROUTED})
"""Given to nobody yet, or to a vehicle that may not have begun."""
_CARRIED = frozenset(
    {
        OrderState.ASSIGNED,
        OrderState.FLYING,
        OrderState.RELEASING,
        OrderState.ROUTED,
        OrderState.ON_ROAD,
        OrderState.OFFERED,
        OrderState.WITH_PARTNER,
    }
)
_MOVING = (
    e.AssignmentDropped,
    e.FlightCleared,
    e.FlightPhaseChanged,
    e.OrderRouted,
    e.OrderTakenOffDrone,
    e.ParcelAwaitsCollection,
    e.ParcelReturned,
    e.ParcelReturning,
    e.PartnerAsked,
    e.PartnerDeclined,
    e.ReleaseWithheld,
    e.RouteDropped,
)
"""Events that may move an order's arrival: it is reviewed at once."""
_GIVING = (e.OrderAssigned, e.OrderRouted, e.PartnerAsked)
"""Events that say who carries an order, and when it comes."""


class PromiseDesk:
    """Reviews the promises of all open orders, round after round."""

    def __init__(
        self,
        journal: Journal,
        rules: SiteRules,
        road: Container[OrderId],
        arrivals: Arrivals,
        foreseen: Callable[[], Mapping[OrderId, float]] = dict,
    ) -> None:
        self._journal, self._rules, self._road, self._foreseen = journal, rules, road, foreseen
        self._arrivals = arrivals
        self._moved: set[OrderId] = set()
        self._broken_since_s: dict[OrderId, float] = {}
        """Orders whose promise would break by what is foreseen, and whose customers were not told yet."""
        self._eta_s: dict[OrderId, float] = {}
        """Of orders that somebody carries, as told last."""
        self.on_arrival: Callable[[OrderId], None] = lambda _: None
        """Called when an order's arrival is another one by a minute."""
        self._wake = asyncio.Event()
        journal.listen(self._note)

    async def run(self) -> None:
        """Review for the life of the service."""
        loop, whole_s = asyncio.get_running_loop(), 0.0
        while True:
            now_s = loop.time()
            if now_s >= whole_s:
                whole_s = now_s + ROUND_S
                await self.review()
            else:
                await self._review_moved()
            self._wake.clear()
            await self._pause(whole_s - loop.time())

    async def _pause(self, longest_s: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, longest_s)):
                if not self._moved:
                    await self._wake.wait()
        except TimeoutError:
            return

    async def review(self) -> None:
        """One round; every revision is on disk before the next is made."""
        self._moved.clear()
        still_open = [record.order.order_id for record in self._journal.book.orders() if not record.ended]
        for of_ended in (self._eta_s.keys() | self._broken_since_s.keys()) - set(still_open):
            self._eta_s.pop(of_ended, None)
            self._broken_since_s.pop(of_ended, None)
        await self._review(still_open)

    def as_foreseen(self, record: OrderRecord) -> OrderRecord:
        """The record with its arrival as it is foreseen now."""
        eta_s = self._eta_s.get(record.order.order_id)
        return record if eta_s is None or record.ended else replace(record, eta_s=eta_s)

    def _note(self, _: float, event: e.Event) -> None:
        order_id = getattr(event, "order_id", None)
        if isinstance(event, _GIVING):
            self._eta_s.pop(event.order_id, None)  # who carries it now has just said when
        if order_id is not None and isinstance(event, _MOVING):
            self._moved.add(order_id)
            self._wake.set()

    async def _review_moved(self) -> None:
        moved = sorted(self._moved)
        self._moved.clear()
        await self._review([order_id for order_id in moved if order_id in self._journal.book])

    async def _review(self, order_ids: Iterable[OrderId]) -> None:
        """Each as it is when its turn comes: writing takes its time."""
        loop = asyncio.get_running_loop()
        self._arrivals.look(loop.time())
        for order_id in order_ids:
            record = self._journal.book.order(order_id)
            news = [] if record.ended else self._news(record, loop.time())
            if news:
                await self._journal.record(*news)

    def _news(self, record: OrderRecord, now_s: float) -> list[e.Event]:
        """What is to be written of one order: where it is foreseen now, and what its customer is told."""
        order_id, eta_s = record.order.order_id, self._arrives_s(record, now_s)
        news: list[e.Event] = []
        if record.state not in _CARRIED:
            self._eta_s.pop(order_id, None)
        elif self._is_to_be_told(record, eta_s):
            self._eta_s[order_id] = eta_s
            if self._is_to_be_written(record, eta_s):
                news.append(e.ArrivalForeseen(order_id, eta_s))
            self.on_arrival(order_id)
        revised = self._revision(record, eta_s, now_s)
        return news if revised is None else [*news, revised]

    def _is_to_be_written(self, record: OrderRecord, eta_s: float) -> bool:
        """Another time than the ledger has: by much, or on the other side of what keeps the promise."""
        if record.eta_s is None or abs(eta_s - record.eta_s) >= ETA_WRITTEN_S:
            return True
        return self._breaks(record, eta_s) is not self._breaks(record, record.eta_s)

    def _is_to_be_told(self, record: OrderRecord, eta_s: float) -> bool:
        """Moved by a minute, or by as little as it takes to break the promise: the dispatcher goes by the ledger."""
        before_s = self._eta_s.get(record.order.order_id, record.eta_s)
        if before_s is None or abs(eta_s - before_s) >= ETA_NEWS_S:
            return True
        return self._breaks(record, eta_s) and not self._breaks(record, record.eta_s or 0.0)

    def _breaks(self, record: OrderRecord, eta_s: float) -> bool:
        """Whether a customer would have to be told of this arrival."""
        return eta_s + self._rules.warn_ahead_s > (record.promised_by_s or math.inf)

    def _may_change_hands(self, record: OrderRecord, now_s: float) -> bool:
        """It broke its promise a moment ago, and another vehicle may still be given it in time."""
        since_s = self._broken_since_s.setdefault(record.order.order_id, now_s)
        told_by_s = now_s + MOVED_WITHIN_S + 2 * ROUND_S
        in_time = record.state in _MOVABLE and told_by_s < (record.promised_by_s or 0.0)
        return in_time and now_s - since_s < MOVED_WITHIN_S

    def _revision(self, record: OrderRecord, eta_s: float, now_s: float) -> e.PromiseRevised | None:
        if record.promised_by_s is None:
            return None
        order_id = record.order.order_id
        by_road = record.state in _BY_ROAD_NOW or order_id in self._road
        was_by_air = self._was_promised_by_air(record.promised_by_s, record)
        reason = "it comes by van instead of by drone" if by_road and was_by_air and not record.drone_reasons else ""
        promise = Promise(order_id, record.promised_by_s)
        revision = review_promise(promise, eta_s, now_s, reason=reason, margin_s=self._rules.warn_ahead_s)
        if revision is None:
            self._broken_since_s.pop(order_id, None)
            return None
        if self._may_change_hands(record, now_s):
            return None
        self._broken_since_s.pop(order_id, None)
        return e.PromiseRevised(order_id, revision.promised_by_s, revision.previous_s, revision_sentence(revision))

    def _arrives_s(self, record: OrderRecord, now_s: float) -> float:
        """Arrival foreseen by its vehicle, or by the last decision; where there is none, the end of the slot by road,
        the soonest that any drone could bring it, or now: it is not there yet."""
        waits, order_id = record.state is OrderState.WAITING, record.order.order_id
        decided_s = self._foreseen().get(order_id) if waits or record.state is OrderState.ASSIGNED else None
        if decided_s is not None:
            return max(decided_s, now_s)
        if record.state in _CARRIED:
            return self._arrivals.of(record, now_s) or now_s
        if record.state is OrderState.RETURNING:
            soonest_s = self._arrivals.soonest_by_road(record, now_s)
            if soonest_s + self._rules.warn_ahead_s <= (record.promised_by_s or 0.0):
                return soonest_s
        if record.state is OrderState.RETURNING or order_id in self._road:
            return now_s + (self._rules.van_slot_s if self._was_promised_by_air(record.promised_by_s, record) else 0.0)
        if waits and self._was_promised_by_air(record.first_promise_s, record):
            return now_s + LEAST_FLIGHT_SHARE * self._rules.drone_promise_s
        return now_s

    def _was_promised_by_air(self, told_s: float | None, record: OrderRecord) -> bool:
        """A promise by road holds until a route says otherwise."""
        return told_s is None or told_s - record.order.begins_s(record.accepted_at_s) <= self._rules.drone_promise_s
