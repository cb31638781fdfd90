"""What the ledger of a running service tells for people: an order's timeline, past hours, what persons did.

Read from the file by a connection of its own that only reads; the writer is not asked and does not wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from skystork.app.bus_header import rfc3339
from skystork.app.ledger_view import EPOCH_TIMES_S, Row
from skystork.fleet.energy import JOULES_PER_WH
from skystork.shell.ledger_rows import LedgerRecord, LedgerReport
from skystork.shell.store import LedgerReader

BY_PEOPLE = frozenset(
    {
        "SteeringOrdered", "SteeringSettled", "SettledByHand", "LaunchSettled", "VehicleRestored", "CommandProposed",
        "CommandTaken", "CommandSettled", "DispatchPaused", "DispatchResumed", "CapacitySet", "ZoneClosed",
        "ZoneOpened", "ZonesUploaded", "ZonesRemoved", "OrderTakenOffDrone", "OrderCancelled", "MissionAsked",
        "AlarmTaken",
    }
)  # fmt: skip
"""Kinds of rows that a person caused."""
GRAVE = frozenset({"ReleaseUnresolved", "ParcelStranded", "OrderUndeliverable", "VehicleOutOfService"})
WARNING = frozenset(
    {
        "ContingencyRaised",
        "AssignmentDropped",
        "MissionDropped",
        "PromiseRevised",
        "ReleaseWithheld",
        "ParcelReturning",
        "ReleaseFailed",
    }
)
CEASELESS = frozenset({"ArrivalForeseen"})
"""Told again and again while a thing goes its way: left out where everything is listed."""
FOR_PROGRAMS = frozenset({"content", "command_id", "action_id", "uses_id", "vehicle_id", "flight_id", "order_id"})
"""Keys that say nothing to a person, or stand beside the text."""
REASONS = frozenset({"reasons", "drone_reasons"})
UNITS = {"s": "s", "m": "m", "kg": "kg", "j": "Wh", "deg": "°"}
"""Ends of keys whose figure is shown with its unit."""
MOST_ROWS = 500
"""Of one page."""


class HistoryRow(msgspec.Struct, frozen=True, rename="camel"):
    """One row for a person."""

    seq: int
    at_s: float
    what: str
    """Its kind in words."""
    on: str
    """Order, flight and vehicle it is about."""
    text: str
    grade: str
    """``grave``, ``warn`` or empty."""
    by: str = ""


def row_of(record: LedgerRecord) -> HistoryRow:
    """A row of the ledger, for a person."""
    payload = record.payload
    row = Row(record.seq, record.at_s, record.kind, record.order_id, None, None, for_people(payload))
    on = " ".join(each for each in (record.order_id, record.flight_id, record.vehicle_id) if each)
    grade = "grave" if record.kind in GRAVE else "warn" if record.kind in WARNING else ""
    return HistoryRow(record.seq, record.at_s, in_words(record.kind), on, row.summary()[:400], grade, _who(payload))


def for_people(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload without what only programs read: keys as words, times as a clock shows them, units behind figures."""
    said: dict[str, Any] = {}
    for key, value in payload.items():
        if key in REASONS:
            said[key] = value
        elif isinstance(value, (dict, list)) or key in FOR_PROGRAMS or key.endswith("_hash") or value in ("", None):
            continue
        else:
            name, _, unit = key.rpartition("_")
            is_measured = isinstance(value, float) and unit in UNITS and bool(name)
            words = (name if is_measured else key).replace("_", " ")
            said[words] = _measured(value, unit) if is_measured else value
    return said


def _measured(value: float, unit: str) -> str:
    if unit == "s" and value > EPOCH_TIMES_S:
        return rfc3339(value)[11:19]
    return f"{value / JOULES_PER_WH if unit == 'j' else value:.1f} {UNITS[unit]}"


def in_words(kind: str) -> str:
    """``OrderAccepted`` as ``order accepted``."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()


def _who(payload: dict[str, Any]) -> str:
    return str(payload.get("by") or payload.get("issuer") or "")


class LedgerHistory:
    """Answers of one ledger file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def records(self) -> Iterator[LedgerRecord]:
        """All rows, oldest first."""
        with LedgerReader.open(self._path) as reader:
            yield from reader.read()

    def of_order(self, order_id: str) -> tuple[HistoryRow, ...]:
        """All that happened to an order and to the flights that carried it."""
        found = [record for record in self.records() if self._concerns(record, order_id)]
        return tuple(map(row_of, found))

    def between(self, from_s: float, to_s: float) -> tuple[HistoryRow, ...]:
        """What was recorded in a span."""
        found = (record for record in self.records() if from_s <= record.at_s <= to_s)
        return tuple(row_of(record) for record in found if record.kind not in CEASELESS)

    def span_s(self) -> tuple[float, float] | None:
        """Times of the first and the last row; None where there is none."""
        times = [record.at_s for record in self.records()]
        return (times[0], times[-1]) if times else None

    def page(self, *, before: int | None, people_only: bool, limit: int = MOST_ROWS) -> tuple[HistoryRow, ...]:
        """The newest rows before one, newest first."""
        wanted = (
            record
            for record in self.records()
            if (before is None or record.seq < before) and (not people_only or is_by_a_person(record))
        )
        return tuple(row_of(record) for record in reversed(_last(wanted, limit)))

    def verify(self) -> LedgerReport:
        """Walk along the chain of hashes."""
        with LedgerReader.open(self._path) as reader:
            return reader.verify()

    def as_lines(self) -> bytes:
        """All rows as JSON Lines, each with the hash that chains it to the one before."""
        return b"".join(
            msgspec.json.encode(
                {"seq": each.seq, "atS": each.at_s, "kind": each.kind, "hash": each.hash, **each.payload}
            )
            + b"\n"
            for each in self.records()
        )

    def events(self) -> Iterator[dict[str, Any]]:
        """As the figures want them: the payload with kind and time."""
        return ({"kind": record.kind, "at_s": record.at_s, **record.payload} for record in self.records())

    @staticmethod
    def _concerns(record: LedgerRecord, order_id: str) -> bool:
        return record.order_id == order_id


def is_by_a_person(record: LedgerRecord) -> bool:
    """Whether a person caused it: what the service orders by itself for changed zones is not."""
    return record.kind in BY_PEOPLE and _who(record.payload) not in {"zones", ""}


def _last(rows: Iterable[LedgerRecord], limit: int) -> list[LedgerRecord]:
    kept: list[LedgerRecord] = []
    for row in rows:
        kept.append(row)
        if len(kept) > 2 * limit:
            del kept[:limit]
    return kept[-limit:]
