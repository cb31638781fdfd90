"""Where orders come in: the inbox folder of ``skystork orders submit``, and an order file played at its own times."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from skystork.app.journal import Journal
from skystork.errors import InvalidInput
from skystork.frames import Geodetic
from skystork.orders.events import OrderAccepted
from skystork.orders.order import Order
from skystork.orders.parsing import read_order
from skystork.shell import spool

POLL_S = 1.0
"""An order waits for the inbox to be looked at no longer than the dispatcher waits for its next round."""


class Intake:
    """Accepts each order once: accepted means in the ledger, on disk."""

    def __init__(self, journal: Journal, depot: Geodetic, inbox: Path) -> None:
        self._journal, self._depot, self._inbox = journal, depot, inbox

    async def accept(self, order: Order) -> bool:
        """Whether it was new."""
        if order.order_id in self._journal.book:
            return False
        await self._journal.record(OrderAccepted(order.order_id, order))
        return True

    async def watch_inbox(self) -> None:
        """Take orders from the inbox for the life of the service."""
        while True:
            await self.empty_inbox()
            await asyncio.sleep(POLL_S)

    async def empty_inbox(self) -> None:
        """Accept what is there; what cannot be read any more is put aside with the reason."""
        for spooled in spool.pending(self._inbox):
            try:
                order = read_order(json.loads(spooled.line), where=spooled.name, depot=self._depot)
            except (InvalidInput, ValueError, TypeError, RecursionError) as error:
                spool.refuse(self._inbox, spooled.name, str(error))
                continue
            await self.accept(order)
            spool.done(self._inbox, spooled.name)

    async def play(self, orders: Sequence[Order]) -> None:
        """Accept each order when its customer placed it; those already accepted are passed over."""
        loop = asyncio.get_running_loop()
        for order in sorted(orders, key=lambda order: (order.placed_at_s, order.order_id)):
            if order.order_id not in self._journal.book:
                await asyncio.sleep(max(0.0, order.placed_at_s - loop.time()))
                await self.accept(order)
