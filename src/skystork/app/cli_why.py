"""``skystork why``: how an order goes and why, by the ledger alone, beside a running service too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from skystork.app.bus_header import rfc3339
from skystork.app.cli_order import clock, read_order
from skystork.app.cli_text import print_json, print_table, told_plainly
from skystork.app.ledger_view import Row
from skystork.app.options import JsonOption, StateOption
from skystork.orders import events as e
from skystork.orders.book import OrderRecord

HISTORY = (
    "EligibilityAssessed",
    "OrderDecided",
    "PromiseOffered",
    "PromiseMade",
    "PromiseRevised",
    "OrderAssigned",
    "AssignmentDropped",
    "OrderRouted",
    "RouteDropped",
    "PartnerAsked",
    "PartnerDeclined",
    "OrderDelivered",
    "OrderUndeliverable",
    "OrderCancelled",
)
"""Kinds of events that say why."""


def why(
    order_id: Annotated[str, typer.Argument(help="As in the order file.")],
    state: StateOption,
    as_json: JsonOption = False,
) -> None:
    """How an order goes: the mode chosen, what each other would cost, and the reasons; from the ledger."""
    with told_plainly():
        record, events = read_order(state, order_id)
        rows = [row for row in events if row.kind in HISTORY]
        if as_json:
            print_json(_facts(record, rows))
            return
        print(_headline(record))
        if record.decided is not None:
            print_table(
                f"decided: {record.decided.action}, because {', '.join(record.decided.why) or 'nothing else was open'}",
                ("way", "by", "arrives", "late [s]", "cost", "compared", "what stands in the way"),
                [_way(way) for way in record.decided.ways],
            )
        print_table("how it came to that", ("time", "event", "what"), [_told(row) for row in rows])


def _headline(record: OrderRecord) -> str:
    by = f" {record.mode} {record.vehicle_id}" if record.mode and record.vehicle_id else ""
    promised = f"promised by {clock(record.promised_by_s)}" if record.promised_by_s else "nothing promised yet"
    first = ""
    if record.first_promise_s is not None and record.first_promise_s != record.promised_by_s:
        first = f", at first by {clock(record.first_promise_s)}"
    reasons = "; ".join(str(reason) for reason in record.reasons)
    return f"{record.order.order_id}: {record.state}{by}, {promised}{first}" + (f"\n  {reasons}" if reasons else "")


def _way(way: e.PricedWay) -> tuple[str, ...]:
    return (
        way.mode,
        way.vehicle_id or "nobody",
        clock(way.eta_s),
        _figure(way.late_s, 0),
        _figure(way.cost, 2),
        _figure(way.price, 2),
        "; ".join(str(reason) for reason in way.reasons),
    )


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _told(row: Row) -> tuple[str, ...]:
    if row.kind != "OrderDecided":
        return clock(row.at_s), row.kind, row.summary()
    payload: dict[str, Any] = row.payload
    by = f" {payload['mode']} {payload['vehicle_id']}" if payload["mode"] else ""
    return clock(row.at_s), row.kind, f"{payload['action']}{by}: {', '.join(payload['why'])}"


def _facts(record: OrderRecord, rows: list[Row]) -> dict[str, object]:
    decided = record.decided
    return {
        "orderId": record.order.order_id,
        "status": record.state.upper(),
        "mode": record.mode,
        "vehicle": record.vehicle_id,
        "promisedBy": _moment(record.promised_by_s),
        "firstPromisedBy": _moment(record.first_promise_s),
        "reasons": [_reason(reason) for reason in record.reasons],
        "decision": None if decided is None else {"action": decided.action, "why": decided.why},
        "ways": [] if decided is None else list(_ways(decided)),
        "history": [{"at": rfc3339(row.at_s), "kind": row.kind, **row.payload} for row in rows],
    }


def _ways(decided: e.OrderDecided) -> Iterator[dict[str, object]]:
    for way in decided.ways:
        yield {
            "mode": way.mode,
            "by": way.vehicle_id,
            "chosen": way.mode == decided.mode and way.vehicle_id == decided.vehicle_id,
            "eta": _moment(way.eta_s),
            "lateS": way.late_s,
            "cost": way.cost,
            "compared": way.price,
            "reasons": [_reason(reason) for reason in way.reasons],
        }


def _reason(reason: Any) -> dict[str, object]:
    return {"code": reason.code, "text": reason.text, "remedy": reason.remedy or None}


def _moment(at_s: float | None) -> str | None:
    return None if at_s is None else rfc3339(at_s)
