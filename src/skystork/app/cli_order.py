"""What the commands about one order share: finding it in the ledger, and how a time is shown."""

from __future__ import annotations

from pathlib import Path

from skystork.app.bus_header import rfc3339
from skystork.app.cli_text import ExitCode, fail
from skystork.app.ledger_view import LedgerView, Row
from skystork.orders.book import OrderRecord
from skystork.orders.order import Order, OrderId


def read_order(state: Path, order_id: str) -> tuple[OrderRecord, list[Row]]:
    """The order as it stands and its rows of the ledger; ends the command where there is no such order."""
    view = LedgerView.read(state)
    if OrderId(order_id) not in view.book:
        text = f"no order {order_id} in the ledger of {state}; `skystork orders list` shows them."
        raise fail(text, ExitCode.NOT_FOUND)
    return view.book.order(OrderId(order_id)), [row for row in view.rows if row.order_id == order_id]


def wanted_when(order: Order) -> str:
    """What was said of its times, the parcel's and the customer's; empty where nothing was."""
    said = {"parcel ready at": order.ready_at_s, "not before": order.deliver_from_s, "by": order.deliver_by_s}
    return ", ".join(f"{words} {clock(time_s)}" for words, time_s in said.items() if time_s is not None)


def clock(at_s: float | None) -> str:
    """The time of day in UTC, hours to seconds; nothing for no time."""
    return "" if at_s is None else rfc3339(at_s)[11:19]
