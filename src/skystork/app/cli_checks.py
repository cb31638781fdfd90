"""``skystork checks``: what was looked at before a vehicle's last launches, and what stood in the way."""

from __future__ import annotations

from typing import Annotated

import typer

from skystork.app.bus_header import rfc3339
from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.ledger_view import LedgerView, Row
from skystork.app.options import JsonOption, StateOption
from skystork.orders.events import LaunchChecked, event_from_payload
from skystork.orders.reasons import Finding

PASSED = "pass"


def checks(
    vehicle: Annotated[str, typer.Argument(help="As in the site file.")],
    state: StateOption,
    last: Annotated[int, typer.Option(min=1, help="How many launches.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """The checks before a vehicle's last launch, graded: what was seen, what is required, what to do."""
    with told_plainly():
        view = LedgerView.read(state)
        rows = [row for row in view.rows if row.kind == LaunchChecked.__name__ and row.vehicle_id == vehicle][-last:]
        if not rows:
            raise fail(
                f"no launch of {vehicle} was checked in the ledger of {state}; `skystork fleet` shows the vehicles.",
                ExitCode.NOT_FOUND,
            )
        if as_json:
            print_json([{"at": rfc3339(row.at_s), **row.payload} for row in rows])
            return
        for row in rows:
            _print(row)


def _print(row: Row) -> None:
    event = event_from_payload(row.kind, row.payload)
    assert isinstance(event, LaunchChecked), "rows of this kind are this event"
    findings = sorted(event.findings, key=lambda each: each.grade)  # failures before warnings
    print_table(
        f"{event.vehicle_id}, flight {event.flight_id} for {event.order_id}, before {event.step}, {rfc3339(row.at_s)}: "
        f"{_verdict(findings)}, {len(event.passed)} passed",
        ("grade", "check", "seen", "required", "what to do"),
        [
            *((each.grade, each.name, each.seen, each.required, each.remedy) for each in findings),
            *((PASSED, name, "", "", "") for name in event.passed),
        ],
    )


def _verdict(findings: list[Finding]) -> str:
    failed = sum(each.grade == "failure" for each in findings)
    return f"not launched, {failed} failed" if failed else "may arm"
