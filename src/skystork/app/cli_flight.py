"""``skystork flight``: one flight, what happened in it, and how near to its plan it was flown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from skystork.app.bus_header import rfc3339
from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.ledger_view import LedgerView, Row
from skystork.app.options import JsonOption, StateOption
from skystork.orders.order import FlightId

TRACK_COLUMNS = ("part", "positions", "across [m]", "height [m]", "time [s]", "outside")


def flight(
    flight_id: Annotated[str, typer.Argument(help="As in the ledger, such as F-0001.")],
    state: StateOption,
    as_json: JsonOption = False,
) -> None:
    """One flight: where it stands, everything that happened, and how near to its plan it was flown."""
    with told_plainly():
        view = LedgerView.read(state)
        record = view.book.flights.get(FlightId(flight_id))
        if record is None:
            raise fail(
                f"no flight {flight_id} in the ledger of {state}; `skystork replay` shows them.", ExitCode.NOT_FOUND
            )
        rows = [row for row in view.rows if row.flight_id == flight_id]
        if as_json:
            history = [{"at": rfc3339(row.at_s), "kind": row.kind, **row.payload} for row in rows]
            print_json({"flight": flight_id, "order": record.order_id, "phase": record.phase, "history": history})
            return
        print(f"{flight_id}: {record.phase}, {record.vehicle_id} for {record.order_id}")
        times = [(rfc3339(row.at_s)[11:19], row.kind, row.summary()) for row in rows]
        print_table("history", ("time", "event", "what"), times)
        print_tracks(rows)


def print_tracks(rows: Iterable[Row]) -> None:
    """The track report of each flight among the rows; p50 / p95 / largest of each error."""
    for row in rows:
        if row.kind == "FlightTracked":
            title = f"{row.flight_id} against its plan: p50 / p95 / largest"
            whole = "" if row.payload.get("whole") else ", from where it was taken over"
            print_table(title + whole, TRACK_COLUMNS, list(_lines(row.payload.get("parts"))))


def _lines(parts: object) -> Iterator[tuple[str, ...]]:
    for part in parts if isinstance(parts, list) else ():
        outside = part["outside_corridor"]
        yield (
            part["part"],
            str(part["positions"]),
            *(_three(part, *error) for error in (("cross_track", "m"), ("height", "m"), ("time", "s"))),
            "" if outside is None else str(outside),
        )


def _three(part: Mapping[str, Any], error: str, unit: str) -> str:
    values = [part[f"{error}_{which}_{unit}"] for which in ("p50", "p95", "max")]
    return "" if None in values else " / ".join(f"{value:.2f}" for value in values)
