"""The rows of the ledger and the chain of hashes that holds them together; no file is touched here."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from skystork.errors import LedgerError

FIRST_HASH = "0" * 64
"""What stands before the first row."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One event on its way into the ledger."""

    kind: str
    at_s: float
    """When it happened [s since the Unix epoch]."""
    payload: Mapping[str, object]
    """The event as plain JSON types."""
    order_id: str | None = None
    flight_id: str | None = None
    vehicle_id: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One row as it stands on the disk."""

    seq: int
    """1, 2, 3 …, without gaps."""
    at_s: float
    kind: str
    order_id: str | None
    flight_id: str | None
    vehicle_id: str | None
    payload_text: str
    """Canonical JSON: sorted keys, no blanks."""
    hash: str

    def row(self) -> tuple[int, float, str, str | None, str | None, str | None, str, str]:
        """The columns, in the order of the table."""
        ids = (self.order_id, self.flight_id, self.vehicle_id)
        return self.seq, self.at_s, self.kind, *ids, self.payload_text, self.hash

    @property
    def payload(self) -> dict[str, object]:
        """The event as plain JSON types."""
        payload: dict[str, object] = json.loads(self.payload_text)
        return payload


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """The first row that does not follow from the one before it."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What a walk along the hash chain found."""

    rows: int
    """Rows in order, counted up to the broken one."""
    last_hash: str
    broken: BrokenRow | None


@dataclass(frozen=True, slots=True)
class EncodedEntry:
    """An entry with its payload as canonical JSON, lacking only its place in the chain. See :func:`encode`."""

    at_s: float
    kind: str
    order_id: str | None
    flight_id: str | None
    vehicle_id: str | None
    payload_text: str


def encode(entry: LedgerEntry) -> EncodedEntry:
    """Make an entry ready to be written.

    Raises
    ------
    LedgerError
        When the payload is no JSON (NaN is none), the time no number, or an identifier no Unicode text.
    """
    try:
        payload = json.dumps(entry.payload, sort_keys=True, separators=(",", ":"), allow_nan=False)
        for text in (entry.kind, entry.order_id, entry.flight_id, entry.vehicle_id):
            (text or "").encode()  # a lone surrogate cannot be stored as UTF-8
        if not math.isfinite(entry.at_s):
            raise ValueError(f"time {entry.at_s}")
    except (TypeError, ValueError) as error:
        raise LedgerError(f"event {entry.kind!r} cannot be written: {error}") from error
    return EncodedEntry(float(entry.at_s), entry.kind, entry.order_id, entry.flight_id, entry.vehicle_id, payload)


def chain(entries: Iterable[EncodedEntry], *, last_seq: int, last_hash: str) -> tuple[LedgerRecord, ...]:
    """Number the entries and hash each with its predecessor's hash."""
    records: list[LedgerRecord] = []
    for seq, entry in enumerate(entries, last_seq + 1):
        draft = LedgerRecord(
            seq, entry.at_s, entry.kind, entry.order_id, entry.flight_id, entry.vehicle_id, entry.payload_text, ""
        )
        last_hash = _hash(last_hash, draft)
        records.append(replace(draft, hash=last_hash))
    return tuple(records)


def verify_chain(records: Iterable[LedgerRecord]) -> LedgerReport:
    """Walk along the chain; the report names the first row that does not follow from the one before it."""
    rows, last_hash = 0, FIRST_HASH
    for record in records:
        what = _flaw(record, rows + 1, last_hash)
        if what is not None:
            return LedgerReport(rows, last_hash, BrokenRow(min(record.seq, rows + 1), what))
        rows, last_hash = rows + 1, record.hash
    return LedgerReport(rows, last_hash, None)


def _flaw(record: LedgerRecord, expected_seq: int, previous_hash: str) -> str | None:
    if record.seq != expected_seq:
        return f"row {expected_seq} is missing; row {record.seq} stands in its place"
    if _hash(previous_hash, record) != record.hash:
        return f"row {record.seq} ({record.kind}) is not what was written"
    return None


def _hash(previous_hash: str, record: LedgerRecord) -> str:
    """SHA-256 of the hash before and of the row's canonical line: its columns but the hash, as one JSON array."""
    columns = record.row()[:-1]
    line = json.dumps(columns, separators=(",", ":"))
    return hashlib.sha256((previous_hash + line).encode()).hexdigest()
