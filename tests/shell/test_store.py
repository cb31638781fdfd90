"""The ledger on the disk: what it acknowledged is there, what was changed is found, one process writes."""

import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from skystork.errors import LedgerError, Unavailable
from skystork.shell.ledger_rows import LedgerEntry
from skystork.shell.store import LedgerReader, LedgerStore
from skystork.shell.track_store import FlownPoint, TrackStore


def entry(number: int) -> LedgerEntry:
    return LedgerEntry(
        "OrderAccepted", 1000.0 + number, {"order_id": f"o-{number}", "n": number}, order_id=f"o-{number}"
    )


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


def write_rows(path: Path, count: int) -> None:
    with LedgerStore.open(path) as store:
        store.append([entry(number) for number in range(1, count + 1)])


def test_rows_come_back_as_written_and_the_chain_goes_on_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with LedgerStore.open(path) as store:
        first = store.append([entry(1), entry(2)])
    with LedgerStore.open(path) as store:
        second = store.append([entry(3)])
        assert tuple(store.read()) == first + second
        assert [record.payload["n"] for record in store.read(after_seq=1)] == [2, 3]
        report = store.verify()
    assert (report.rows, report.last_hash, report.broken) == (3, second[0].hash, None)


def test_the_order_of_keys_does_not_change_the_hash(tmp_path: Path) -> None:
    hashes = []
    for name, payload in (("a", {"x": 1, "y": "ü"}), ("b", {"y": "ü", "x": 1})):
        with LedgerStore.open(tmp_path / name) as store:
            hashes.append(store.append([LedgerEntry("E", 1.0, payload)])[0].hash)
    assert hashes[0] == hashes[1]


def test_rows_can_be_neither_changed_nor_removed_through_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    write_rows(path, 2)
    connection = sqlite3.connect(path)
    for statement in ("UPDATE ledger SET kind = 'x'", "DELETE FROM ledger"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("tampering", "seq", "what"),
    [
        ("UPDATE ledger SET payload = '{\"n\":9}' WHERE seq = 4", 4, "row 4 .*not what was written"),
        ("UPDATE ledger SET vehicle_id = 'LC-1' WHERE seq = 1", 1, "row 1 .*not what was written"),
        ("UPDATE ledger SET at_s = at_s + 1 WHERE seq = 5", 5, "row 5 .*not what was written"),
        ("DELETE FROM ledger WHERE seq = 3", 3, "row 3 is missing"),
        ("INSERT INTO ledger VALUES (0, 1.0, 'E', NULL, NULL, NULL, '{}', 'h')", 0, "row 0 stands in its place"),
    ],
)
def test_an_edited_row_is_found_and_named(tmp_path: Path, tampering: str, seq: int, what: str) -> None:
    path = tmp_path / "ledger.sqlite"
    write_rows(path, 6)
    connection = sqlite3.connect(path)
    connection.executescript(f"DROP TRIGGER ledger_rows_stay; DROP TRIGGER ledger_rows_last; {tampering}")
    connection.close()
    with LedgerReader.open(path) as reader:
        broken = reader.verify().broken
    assert broken is not None
    assert broken.seq == seq
    assert re.search(what, broken.what)


def test_a_second_writer_is_refused_and_told_who_writes(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    code = (
        "import sys; from pathlib import Path; from skystork.shell.store import LedgerStore\n"
        "store = LedgerStore.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(Unavailable, match=rf"process {writer.pid}\b"):
            LedgerStore.open(path)
        with LedgerReader.open(path) as reader:
            assert reader.verify().rows == 0
        writer.kill()
    LedgerStore.open(path).close()  # the lock went with its holder


_APPEND_FOR_EVER = """
import sys
from pathlib import Path
from skystork.shell.ledger_rows import LedgerEntry
from skystork.shell.store import LedgerStore
store = LedgerStore.open(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    record = store.append([LedgerEntry("E", float(number), {"n": number})])[-1]
    print(record.seq, record.hash, flush=True)
"""


@pytest.mark.parametrize("rows_before_the_kill", [1, 7, 40, 150])
def test_every_acknowledged_row_outlives_a_kill(tmp_path: Path, rows_before_the_kill: int) -> None:
    path = tmp_path / "ledger.sqlite"
    with python(_APPEND_FOR_EVER, str(path)) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(rows_before_the_kill)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [line for line in writer.stdout if line.endswith("\n")]
    with LedgerStore.open(path) as store:
        hashes = {record.seq: record.hash for record in store.read()}
        assert store.verify().broken is None
        for line in acknowledged:
            seq, row_hash = line.split()
            assert hashes[int(seq)] == row_hash
        assert store.append([entry(0)])[0].seq == len(hashes) + 1


_FILL_THE_DISK = """
import resource, sys
from pathlib import Path
from skystork.errors import LedgerError
from skystork.shell.ledger_rows import LedgerEntry
from skystork.shell.store import LedgerStore
store = LedgerStore.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
acknowledged = 0
try:
    while True:
        acknowledged = store.append([LedgerEntry("E", 1.0, {"text": "x" * 1000})])[-1].seq
except LedgerError as error:
    print(acknowledged, error, sep="|")
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    store.append([LedgerEntry("E", 1.0, {})])
except LedgerError:
    print("refused")
"""


def test_a_full_disk_ends_the_writing_and_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with python(_FILL_THE_DISK, str(path)) as writer:
        output, _ = writer.communicate()
    first, second = output.splitlines()
    acknowledged, message = first.split("|")
    assert int(acknowledged) > 10
    assert "make room" in message
    assert second == "refused"
    with LedgerStore.open(path) as store:
        report = store.verify()
        assert report.broken is None
        assert report.rows >= int(acknowledged)


def test_a_folder_that_cannot_hold_a_ledger_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="Check the folder"):
        LedgerStore.open(tmp_path / "missing" / "ledger.sqlite")
    with pytest.raises(Unavailable, match="no ledger to read"):
        LedgerReader.open(tmp_path / "ledger.sqlite")


def test_a_file_that_is_no_database_is_reported_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database, but somebody's file" * 100)
    with pytest.raises(LedgerError, match="not a database"):
        LedgerStore.open(path)
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize(
    "bad",
    [
        LedgerEntry("E", 1.0, {"x": float("nan")}),
        LedgerEntry("E", 1.0, {"x": object()}),
        LedgerEntry("E", float("inf"), {}),
        LedgerEntry("E", 1.0, {}, order_id="\ud800"),
    ],
)
def test_an_entry_that_is_no_json_is_refused_whole_and_the_ledger_goes_on(tmp_path: Path, bad: LedgerEntry) -> None:
    with LedgerStore.open(tmp_path / "ledger.sqlite") as store:
        with pytest.raises(LedgerError, match="cannot be written"):
            store.append([entry(1), bad])
        assert store.append([entry(1)])[0].seq == 1
        assert store.verify().rows == 1


def test_a_reader_follows_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with LedgerStore.open(path) as store, LedgerReader.open(path) as reader:
        store.append([entry(number) for number in range(2500)])
        rows = list(reader.read())
        store.append([entry(2500)])
        assert [record.seq for record in rows] == list(range(1, 2501))
        assert [record.seq for record in reader.read(after_seq=2500)] == [2501]


def point(flight_id: str, at_s: float) -> FlownPoint:
    return FlownPoint(flight_id, "LC-1", at_s, 54.5, -1.5, 125.0, 80.0)


def test_tracks_come_back_by_flight_and_time(tmp_path: Path) -> None:
    tracks = TrackStore.open(tmp_path / "tracks.sqlite")
    for at_s in range(700):
        tracks.add(point("F-2", float(at_s)))
        tracks.add(point("F-1", float(at_s)))
    assert tracks.points("F-1") == tuple(point("F-1", float(at_s)) for at_s in range(700))
    tracks.close()
    again = TrackStore.open(tmp_path / "tracks.sqlite")
    assert [p.flight_id for p in again.points()] == ["F-1"] * 700 + ["F-2"] * 700
    again.close()
