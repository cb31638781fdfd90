"""Keeps every promise in sight: where the arrival foreseen breaks it, the customer hears first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping

from skystork.app.journal import Journal
from skystork.customer.promise import Promise, review_promise, revision_sentence
from skystork.dispatch.rules import SiteRules
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, OrderId
from skystork.orders.order_state import OrderState

ROUND_S = 15.0
"""Between reviews: a fifth of the margin by which a customer is told ahead."""
LEAST_FLIGHT_SHARE = 0.25
"""Of the promise by air: loading and the flight take at least this (450 s of 1,800 s: 45 s to load, 10 km at 25 m/s),
so an order that nobody has chosen a drone for is late no later than this before its promise."""
_BY_ROAD_NOW = frozenset({OrderState.RETURNING, OrderState.ROUTED, OrderState.ON_ROAD})


class PromiseDesk:
    """Reviews the promises of all open orders, round after round."""

    def __init__(
        self,
        journal: Journal,
        rules: SiteRules,
        road: Container[OrderId],
        foreseen: Callable[[], Mapping[OrderId, float]] = dict,
    ) -> None:
        self._journal, self._rules, self._road, self._foreseen = journal, rules, road, foreseen

    async def run(self) -> None:
        """Review for the life of the service."""
        while True:
            await self.review()
            await asyncio.sleep(ROUND_S)

    async def review(self) -> None:
        """One round; every revision is on disk before the next is made."""
        now_s = asyncio.get_running_loop().time()
        for record in list(self._journal.book.orders()):
            event = None if record.ended else self._revision(record, now_s)
            if event is not None:
                await self._journal.record(event)

    def _revision(self, record: OrderRecord, now_s: float) -> e.PromiseRevised | None:
        eta_s = self._arrives_s(record, now_s)
        if eta_s is None or record.promised_by_s is None:
            return None
        order_id = record.order.order_id
        promise = Promise(order_id, record.mode or Mode.VAN, record.promised_by_s, record.accepted_at_s)
        by_road = record.state in _BY_ROAD_NOW or order_id in self._road
        reason = "it comes by van instead of by drone" if by_road and not record.drone_reasons else ""
        revision = review_promise(promise, eta_s, now_s, reason=reason, margin_s=self._rules.warn_ahead_s)
        if revision is None:
            return None
        return e.PromiseRevised(order_id, revision.promised_by_s, revision.previous_s, revision_sentence(revision))

    def _arrives_s(self, record: OrderRecord, now_s: float) -> float | None:
        """Arrival foreseen by its vehicle, or by the last decision; where there is none, the end of the slot by road,
        or the soonest that any drone could bring it."""
        if record.eta_s is not None and record.state is not OrderState.RETURNING:
            return record.eta_s
        if (
            record.state is OrderState.WAITING
            and (decided_s := self._foreseen().get(record.order.order_id)) is not None
        ):
            return max(decided_s, now_s)
        by_road = record.state is OrderState.RETURNING or record.order.order_id in self._road
        if by_road:
            return now_s + self._rules.van_slot_s if self._was_promised_by_air(record.promised_by_s, record) else None
        if record.state is not OrderState.WAITING or not self._was_promised_by_air(record.first_promise_s, record):
            return None
        return now_s + LEAST_FLIGHT_SHARE * self._rules.drone_promise_s

    def _was_promised_by_air(self, told_s: float | None, record: OrderRecord) -> bool:
        """A promise by road holds until a route says otherwise."""
        return told_s is None or told_s - record.accepted_at_s <= self._rules.drone_promise_s
