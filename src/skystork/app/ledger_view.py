"""The ledger as another process reads it: rows, the fold of them, and whether the chain holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from skystork.app.bus_header import rfc3339
from skystork.orders.book import OrderBook
from skystork.orders.events import event_from_payload
from skystork.shell.ledger_rows import LedgerReport
from skystork.shell.store import LedgerReader

_QUIET = {"order_id", "flight_id", "vehicle_id", "order", "reasons", "drone_reasons", "van_reasons", "parts"}
EPOCH_TIMES_S = 1e9
"""Greater numbers of seconds are times of day since 2001, not durations."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event with its time."""

    seq: int
    at_s: float
    kind: str
    order_id: str | None
    flight_id: str | None
    vehicle_id: str | None
    payload: dict[str, object]

    def summary(self) -> str:
        """The event's own facts in one line, for a person."""
        facts = [
            f"{key} {_readable(key, value)}"
            for key, value in self.payload.items()
            if key not in _QUIET and value not in (None, [])
        ]
        reasons = [
            str(reason["text"]) + (f" (possible: {reason['remedy']})" if reason.get("remedy") else "")
            for key in ("reasons", "drone_reasons")
            for reason in _dicts(self.payload.get(key))
        ]
        where = [word for word in (self.vehicle_id, self.flight_id) if word]
        return "; ".join([*where, *facts, *reasons])


def _readable(key: str, value: object) -> object:
    """Times as a clock shows them, figures without their noise, hashes by their first letters."""
    if isinstance(value, float):
        return rfc3339(value) if key.endswith("_s") and value > EPOCH_TIMES_S else round(value, 1)
    if isinstance(value, str) and key.endswith("_hash"):
        return value[:12]
    return value


def _dicts(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class LedgerView:
    """Everything read once."""

    rows: tuple[Row, ...]
    book: OrderBook
    report: LedgerReport

    @classmethod
    def read(cls, state: Path) -> Self:
        """Read the ledger of a run; raises Unavailable where there is none, LedgerError where it is damaged."""
        book, rows = OrderBook(), []
        with LedgerReader.open(state / "ledger.db") as reader:
            report = reader.verify()
            for record in reader.read():
                payload = record.payload
                book.apply(record.at_s, event_from_payload(record.kind, payload))
                rows.append(
                    Row(
                        record.seq,
                        record.at_s,
                        record.kind,
                        record.order_id,
                        record.flight_id,
                        record.vehicle_id,
                        payload,
                    )
                )
        return cls(tuple(rows), book, report)
