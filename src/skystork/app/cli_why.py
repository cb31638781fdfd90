"""``skystork why``: how an order goes and why, by the ledger alone, beside a running service too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import typer

from skystork.app.bus_header import rfc3339
from skystork.app.cli_order import clock, read_order, wanted_when
from skystork.app.cli_text import print_json, print_table, told_plainly
from skystork.app.ledger_history import for_people, in_words
from skystork.app.ledger_view import Row
from skystork.app.options import JsonOption, StateOption
from skystork.dispatch.horizon_decision import WHY_WORDS, Why
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order_state import OrderState

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
_REASONED_ABOVE = frozenset({"EligibilityAssessed", "OrderUndeliverable"})
"""Their reasons are those of the ways, or of the order."""


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
        for line in _headline(record):
            print(line)
        if record.decided is not None:
            _print_decision(record.decided)
        print_table("how it came to that", ("time", "event", "what"), [_told(row) for row in rows])


def _headline(record: OrderRecord) -> Iterator[str]:
    """Where it stands, what was promised and whether that holds; then what an order that came to nothing came to."""
    by = f" by {record.mode} {record.vehicle_id}" if record.mode and record.vehicle_id else ""
    at = f" at {clock(record.delivered_at_s)}" if record.delivered_at_s is not None else ""
    there = f", foreseen at {clock(record.eta_s)}" if record.eta_s is not None and not record.ended else ""
    yield f"{record.order.order_id} is {record.state.replace('_', ' ')}{by}{at}{there}; {_promised(record)}"
    if wanted := wanted_when(record.order):
        yield f"  wanted: {wanted}"
    if record.state is OrderState.DELIVERED:
        return
    for reason in record.reasons:
        yield f"  {reason}"


def _promised(record: OrderRecord) -> str:
    if record.promised_by_s is None:
        return "nothing was promised"
    first_s, now_s = record.first_promise_s or record.promised_by_s, record.delivered_at_s or record.eta_s
    told = f"promised by {clock(first_s)}"
    if first_s != record.promised_by_s:
        told += f", its customer was told {clock(record.promised_by_s)} since"
    if now_s is None or (record.ended and record.delivered_at_s is None):
        return told
    left_min = (first_s - now_s) / 60.0
    return f"{told}, that is {abs(left_min):.0f} min {'before' if left_min >= 0 else 'after'} it"


def _print_decision(decided: e.OrderDecided) -> None:
    by = f" by {decided.mode} {decided.vehicle_id or ''}".rstrip() if decided.mode else ""
    print(f"decided: {decided.action}{by}, because")
    for code in decided.why:
        print(f"  {code}: {WHY_WORDS[Why(code)]}" if code in set(Why) else f"  {code}")
    chosen = next((way for way in decided.ways if _is_chosen(way, decided)), None)
    print_table(
        "every way that was looked at; compared = cost, the price of the drone's minutes and of a broken promise",
        ("", "way", "by", "arrives", "late [min]", "cost", "compared", "why not"),
        [_way(way, chosen) for way in decided.ways],
    )


def _is_chosen(way: e.PricedWay, decided: e.OrderDecided) -> bool:
    return way.eta_s is not None and way.mode == decided.mode and way.vehicle_id == decided.vehicle_id


def _way(way: e.PricedWay, chosen: e.PricedWay | None) -> tuple[str, ...]:
    possible = way.eta_s is not None
    return (
        "chosen" if way is chosen else "",
        way.mode,
        way.vehicle_id or "nobody",
        clock(way.eta_s),
        f"{way.late_s / 60.0:.0f}" if possible and way.late_s else "",
        _figure(way.cost, 2),
        _figure(way.price, 2),
        "\n".join(str(reason) for reason in way.reasons) or _against(way, chosen),
    )


def _against(way: e.PricedWay, chosen: e.PricedWay | None) -> str:
    """What makes a possible way the worse one."""
    if chosen is None or way is chosen or way.price is None or chosen.price is None:
        return ""
    late = "breaks the promise, " if way.late_s and not chosen.late_s else ""
    dearer = way.price - chosen.price
    return f"{late}compares {abs(dearer):.2f} {'dearer' if dearer >= 0 else 'cheaper'}"


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _told(row: Row) -> tuple[str, ...]:
    payload: dict[str, Any] = row.payload
    if row.kind == "OrderDecided":
        by = f" {payload['mode']} {payload['vehicle_id'] or ''}".rstrip() if payload["mode"] else ""
        said = f"{payload['action']}{by}: {', '.join(payload['why'])}"
    elif row.kind in _REASONED_ABOVE:
        said = _codes(payload)
    else:
        said = replace(row, payload=for_people(payload)).summary()
    return clock(row.at_s), in_words(row.kind), said


def _codes(payload: dict[str, Any]) -> str:
    """Of reasons that stand in full above: their codes."""
    told = {"drone_reasons": "no drone", "van_reasons": "no van", "reasons": "by no mode"}
    closed = [
        f"{words}: {', '.join(dict.fromkeys(reason['code'] for reason in payload[key]))}"
        for key, words in told.items()
        if payload.get(key)
    ]
    able = ", ".join(payload.get("drone_profiles", ()))
    return "; ".join([*([f"may be flown by {able}"] if able else []), *closed])


def _facts(record: OrderRecord, rows: list[Row]) -> dict[str, object]:
    decided = record.decided
    return {
        "orderId": record.order.order_id,
        "status": record.state.upper(),
        "mode": record.mode,
        "vehicle": record.vehicle_id,
        "readyAt": _moment(record.order.ready_at_s),
        "deliverFrom": _moment(record.order.deliver_from_s),
        "deliverBy": _moment(record.order.deliver_by_s),
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
            "chosen": _is_chosen(way, decided),
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
