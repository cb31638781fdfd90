"""``skystork orders``: submit to the inbox, list and show from the ledger; cancel and close by the running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from skystork.app import cli_by_hand, cli_changes
from skystork.app.bus_header import rfc3339
from skystork.app.bus_messages import delivery_status
from skystork.app.cli_flight import print_tracks
from skystork.app.cli_order import clock, read_order, wanted_when
from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.ledger_view import LedgerView
from skystork.app.options import DryOption, JsonOption, SiteOption, StateOption
from skystork.app.site import load_site
from skystork.orders.book import OrderRecord
from skystork.orders.order import Order
from skystork.orders.parsing import read_orders
from skystork.shell import spool

app = typer.Typer(no_args_is_help=True, help="Submit, list, show, cancel and close orders.")
app.command("cancel")(cli_by_hand.cancel)
app.command("close")(cli_by_hand.close)
app.command("reschedule")(cli_changes.reschedule)
app.command("redirect")(cli_changes.redirect)


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="JSON Lines or CSV; the fields are in docs/orders.md.")],
    site: SiteOption,
    state: StateOption,
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hand an order file to the service, running or not. All lines are checked first: one bad line, no order."""
    with told_plainly():
        place = load_site(site)
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise fail(
                f"{file}: cannot be read ({error}). Check the path; the file must be UTF-8.", ExitCode.NOT_FOUND
            ) from error
        orders = read_orders(text, name=file.name, depot=place.depot)
        given = () if dry_run else orders
        outcomes = [spool.submit(state / "inbox", order_line(order)) for order in given]
        new = sum(outcome is spool.Submission.NEW for outcome in outcomes)
        if as_json:
            print_json({"dryRun": dry_run, "orders": [order.order_id for order in orders], "submitted": new})
        elif dry_run:
            print(f"{len(orders)} orders are in order; nothing was submitted (dry run).")
        else:
            print(f"{new} orders submitted, {len(orders) - new} were there already. `skystork orders list` shows them.")


def order_line(order: Order) -> dict[str, object]:
    """An order as a line of an order file."""
    line: dict[str, object] = {
        "order_id": order.order_id,
        "placed_at": rfc3339(order.placed_at_s),
        "latitude_deg": order.drop_off.latitude_deg,
        "longitude_deg": order.drop_off.longitude_deg,
        "weight_kg": order.parcel.weight_kg,
        "length_m": order.parcel.length_m,
        "width_m": order.parcel.width_m,
        "height_m": order.parcel.height_m,
        "hazard": order.parcel.hazard.value,
        "recipient": order.recipient,
    }
    times = {"deliver_by": order.deliver_by_s, "deliver_from": order.deliver_from_s, "ready_at": order.ready_at_s}
    return line | {name: rfc3339(time_s) for name, time_s in times.items() if time_s is not None}


@app.command("list")
def list_orders(state: StateOption, as_json: JsonOption = False) -> None:
    """All orders of the ledger, and those still in the inbox."""
    with told_plainly():
        waiting = [json.loads(spooled.line)["order_id"] for spooled in spool.pending(state / "inbox")]
        records = list(LedgerView.read(state).book.orders()) if (state / "ledger.db").exists() else []
        if as_json:
            print_json({"inbox": waiting, "orders": [_told(record) for record in records]})
            return
        rows = [_row(record) for record in records] + [(order_id, "inbox", "", "", "", "") for order_id in waiting]
        print_table(
            f"{len(records)} orders, {len(waiting)} in the inbox",
            ("order", "state", "mode", "vehicle", "promised by", "delivered"),
            rows,
        )


def _told(record: OrderRecord) -> dict[str, object]:
    """As ``deliveries/<id>/status`` tells it."""
    told: dict[str, object] = msgspec.to_builtins(delivery_status(record, None))
    for name in ("headerId", "timestamp", "version", "manufacturer", "serialNumber", "targetVersion"):
        del told[name]
    return told


def _row(record: OrderRecord) -> tuple[str, ...]:
    return (
        record.order.order_id,
        record.state,
        record.mode or "",
        record.vehicle_id or "",
        clock(record.promised_by_s),
        clock(record.delivered_at_s),
    )


def _place(record: OrderRecord) -> str:
    return f"{record.order.drop_off.latitude_deg:.5f},{record.order.drop_off.longitude_deg:.5f}"


@app.command()
def show(
    order_id: Annotated[str, typer.Argument(help="As in the order file.")],
    state: StateOption,
    as_json: JsonOption = False,
) -> None:
    """One order: where it stands, why, and everything that happened to it."""
    with told_plainly():
        record, events = read_order(state, order_id)
        if as_json:
            history = [{"at": rfc3339(row.at_s), "kind": row.kind, **row.payload} for row in events]
            print_json({**_told(record), "history": history})
            return
        _print_order(record)
        print_table(
            "history", ("time", "event", "what"), [(clock(row.at_s), row.kind, row.summary()) for row in events]
        )
        print_tracks(events)


def _print_order(record: OrderRecord) -> None:
    parcel = record.order.parcel
    print(f"{record.order.order_id}: {record.state}, {record.mode or 'no mode yet'} {record.vehicle_id or ''}")
    print(f"  {parcel.weight_kg:g} kg, {parcel.hazard}, to {_place(record)} for {record.order.recipient or '?'}")
    if wanted := wanted_when(record.order):
        print(f"  wanted: {wanted}")
    for mode, reasons in (("drone", record.drone_reasons), ("van", record.van_reasons)):
        words = "not assessed" if reasons is None else "; ".join(str(reason) for reason in reasons) or "yes"
        print(f"  by {mode}: {words}")
