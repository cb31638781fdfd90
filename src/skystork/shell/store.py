"""The ledger in SQLite: the truth; accounts and flown tracks beside it open their files by the same door.

Theory of operation of the ledger. Rows are only ever appended (triggers refuse the rest), each in a transaction that
is on the disk before it is acknowledged: write-ahead log with ``synchronous=FULL``, one ``fdatasync`` a commit. Each
row carries the SHA-256 of the row before it and of its own canonical line, so that an edited, inserted or removed row
is found and named; rows cut off the end can only be found by somebody who remembers the last hash.

After a failed commit nothing is tried again: what an ``fsync`` reported once it may not report twice
(wiki.postgresql.org/wiki/Fsync_Errors). The store refuses further work, and a restart reads what is really there.

One process writes, held by a lock file; within it one connection, because SQLite before 3.51.3 can damage a
write-ahead log that two connections checkpoint (sqlite.org, "WAL-reset bug"). Readers open read-only.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from skystork.errors import LedgerError, Unavailable
from skystork.shell.ledger_rows import (
    FIRST_HASH,
    EncodedEntry,
    LedgerEntry,
    LedgerRecord,
    LedgerReport,
    chain,
    encode,
    verify_chain,
)

BUSY_TIMEOUT_S = 5.0
"""How long a reader waits for the moment in which the writer moves the log into the file."""

_LEDGER_SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    kind TEXT NOT NULL,
    order_id TEXT,
    flight_id TEXT,
    vehicle_id TEXT,
    payload TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS ledger_rows_stay BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS ledger_rows_last BEFORE DELETE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE INDEX IF NOT EXISTS ledger_of_order ON ledger (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_by_time ON ledger (at_s);
"""
_COLUMNS = "seq, at_s, kind, order_id, flight_id, vehicle_id, payload, hash"
_INSERT = f"INSERT INTO ledger ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT_AFTER = f"SELECT {_COLUMNS} FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?"
_SELECT_OF_ORDER = f"SELECT {_COLUMNS} FROM ledger WHERE order_id = ? ORDER BY seq"
_SELECT_SPAN = f"SELECT {_COLUMNS} FROM ledger WHERE at_s >= ? AND at_s < ? AND seq > ? ORDER BY seq LIMIT ?"
_SELECT_LAST = "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1"
_PAGE_ROWS = 1000
_BEFORE_ALL = -(2**63)  # a row slipped in at 0 or below is found too


class LedgerReader:
    """Reads a ledger that another process may be writing. See :meth:`open`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open an existing ledger read-only.

        Raises
        ------
        Unavailable
            When there is no ledger that can be read.
        """
        try:
            connection = connect(f"{path.absolute().as_uri()}?mode=ro", "SELECT 1 FROM ledger LIMIT 1")
        except sqlite3.Error as error:
            raise Unavailable(f"no ledger to read at {path} ({error}). Check the folder of the run.") from error
        return cls(connection, path)

    def read(self, after_seq: int = 0) -> Iterator[LedgerRecord]:
        """The rows after a sequence number, in order."""
        page = self._page(after_seq)
        while page:
            yield from page
            page = self._page(page[-1].seq)

    def of_order(self, order_id: str) -> tuple[LedgerRecord, ...]:
        """Everything that is written of an order."""
        with _translated(self._path):
            rows = self._connection.execute(_SELECT_OF_ORDER, (order_id,)).fetchall()
        return tuple(LedgerRecord(*row) for row in rows)

    def span(self, from_s: float, until_s: float, after_seq: int, limit: int) -> tuple[LedgerRecord, ...]:
        """At most so many rows of a span of time, after a sequence number."""
        with _translated(self._path):
            rows = self._connection.execute(_SELECT_SPAN, (from_s, until_s, after_seq, limit)).fetchall()
        return tuple(LedgerRecord(*row) for row in rows)

    def of_kinds(self, kinds: Sequence[str], before_seq: int, limit: int) -> tuple[LedgerRecord, ...]:
        """At most so many rows of these kinds before a sequence number, the newest first."""
        marks = ", ".join("?" * len(kinds))
        statement = f"SELECT {_COLUMNS} FROM ledger WHERE seq < ? AND kind IN ({marks}) ORDER BY seq DESC LIMIT ?"
        with _translated(self._path):
            rows = self._connection.execute(statement, (before_seq, *kinds, limit)).fetchall()
        return tuple(LedgerRecord(*row) for row in rows)

    def last_seq(self) -> int:
        """Of the newest row; 0 for an empty ledger."""
        with _translated(self._path):
            row: tuple[int, str] | None = self._connection.execute(_SELECT_LAST).fetchone()
        return row[0] if row else 0

    def page(self, after_seq: int, limit: int) -> tuple[LedgerRecord, ...]:
        """At most so many rows after a sequence number."""
        with _translated(self._path):
            rows = self._connection.execute(_SELECT_AFTER, (after_seq, limit)).fetchall()
        return tuple(LedgerRecord(*row) for row in rows)

    def verify(self) -> LedgerReport:
        """Walk along the hash chain; the report names the first row that is not what was written."""
        return verify_chain(self.read(_BEFORE_ALL))

    def _page(self, after_seq: int) -> list[LedgerRecord]:
        """Read whole pages, so that no open cursor holds an old state of the file while the writer goes on."""
        return list(self.page(after_seq, _PAGE_ROWS))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LedgerStore(LedgerReader):
    """The ledger in the hands of its one writer. See :meth:`open`."""

    def __init__(self, connection: sqlite3.Connection, path: Path, lock: int) -> None:
        super().__init__(connection, path)
        self._lock = lock
        self._failure: str | None = None
        last: tuple[int, str] | None = connection.execute(_SELECT_LAST).fetchone()
        self._last_seq, self._last_hash = last or (0, FIRST_HASH)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create a ledger for writing.

        Raises
        ------
        Unavailable
            When another process writes it (its process id is in the message), or the file cannot be had.
        LedgerError
            When the file is damaged or on a disk that cannot hold a write-ahead log.
        """
        lock = _take_lock(path.with_name(path.name + ".lock"))
        try:
            with _translated(path):
                return cls(_open_for_writing(path), path, lock)
        except (LedgerError, Unavailable):
            os.close(lock)
            raise

    def append(self, batch: Sequence[LedgerEntry]) -> tuple[LedgerRecord, ...]:
        """Write a batch in one transaction; when this returns, it is on the disk.

        Raises
        ------
        LedgerError
            When a payload is no JSON, or the disk refused; after the latter, ever again. None of the batch counts then.
        """
        return self.append_encoded([encode(entry) for entry in batch])

    def append_encoded(self, batch: Sequence[EncodedEntry]) -> tuple[LedgerRecord, ...]:
        """:meth:`append` for entries that :func:`encode` made ready."""
        if self._failure is not None:
            raise LedgerError(self._failure)
        records = chain(batch, last_seq=self._last_seq, last_hash=self._last_hash)
        try:
            self._commit(records)
        except sqlite3.Error as error:
            self._failure = _failure_text(self._path, error)
            raise LedgerError(self._failure) from error
        if records:
            self._last_seq, self._last_hash = records[-1].seq, records[-1].hash
        return records

    def _commit(self, records: Sequence[LedgerRecord]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(_INSERT, [record.row() for record in records])
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise

    def close(self) -> None:
        """Let go of the file and of the lock."""
        super().close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def connect(uri: str, *statements: str) -> sqlite3.Connection:
    """Open a file and run the opening statements; autocommit, used by one thread at a time."""
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S)
    try:
        for statement in statements:
            connection.executescript(statement)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _open_for_writing(path: Path) -> sqlite3.Connection:
    connection = connect(path.absolute().as_uri(), "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _LEDGER_SCHEMA)
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        connection.close()
        raise LedgerError(f"{path}: no write-ahead log on this file system ({mode}). Put the run on a local disk.")
    return connection


def _take_lock(path: Path) -> int:
    """Take the writer's lock; the kernel lets go of it when the process ends, however it ends."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock_or_name_holder(lock, path)
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        except (OSError, Unavailable):
            os.close(lock)
            raise
    except OSError as error:
        raise Unavailable(f"cannot make {path}: {error.strerror}. Check the folder of the run.") from error
    return lock


def _lock_or_name_holder(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
        ledger = path.with_suffix("")
        raise Unavailable(
            f"ledger {ledger} is being written by process {holder}. Stop that controller first."
        ) from error


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(_failure_text(path, error)) from error


def _failure_text(path: Path, error: sqlite3.Error) -> str:
    return (
        f"ledger {path}: {error}. Nothing is accepted that cannot be written: "
        "make room or replace the disk, then start the service again."
    )
