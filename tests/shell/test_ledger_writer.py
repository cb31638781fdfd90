"""Group commit: who waited, waits together; who was answered, is on the disk."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from skystork.errors import LedgerError
from skystork.shell.ledger_rows import LedgerEntry
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.loops import run_virtual
from skystork.shell.store import LedgerReader, LedgerStore


def entry(number: int) -> LedgerEntry:
    return LedgerEntry("E", float(number), {"n": number})


async def append_many(writer: LedgerWriter, count: int) -> list[int]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(writer.append([entry(number)])) for number in range(count)]
    return [task.result()[0].seq for task in tasks]


async def test_appends_are_answered_after_the_commit_in_the_order_they_were_made(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with LedgerStore.open(path) as store, LedgerReader.open(path) as reader:
        writer = LedgerWriter(store)
        records = await writer.append([entry(1), entry(2)])
        assert tuple(reader.read()) == records
        assert await append_many(writer, 500) == list(range(3, 503))
        assert [record.payload["n"] for record in reader.read(after_seq=2)] == list(range(500))
        statistics = writer.statistics
        await writer.close()
    assert (statistics.waiting_rows, statistics.committed_rows) == (0, 502)
    assert statistics.commits < 50  # one transaction carried many


async def test_a_full_queue_makes_appenders_wait_and_loses_none(tmp_path: Path) -> None:
    with LedgerStore.open(tmp_path / "ledger.sqlite") as store:
        writer = LedgerWriter(store, queue_limit_rows=3)
        assert await append_many(writer, 100) == list(range(1, 101))
        big = await writer.append([entry(number) for number in range(10)])  # larger than the queue, and taken whole
        assert [record.seq for record in big] == list(range(101, 111))
        await writer.close()


async def test_a_cancelled_appender_leaves_the_others_alone(tmp_path: Path) -> None:
    with LedgerStore.open(tmp_path / "ledger.sqlite") as store:
        writer = LedgerWriter(store)
        first = asyncio.create_task(writer.append([entry(1)]))
        second = asyncio.create_task(writer.append([entry(2)]))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second)[0].payload == {"n": 2}
        with pytest.raises(asyncio.CancelledError):
            await first
        await writer.close()
        assert store.verify().rows == 2  # it was under way; being cancelled is not being undone


async def test_one_bad_entry_is_its_appenders_affair(tmp_path: Path) -> None:
    with LedgerStore.open(tmp_path / "ledger.sqlite") as store:
        writer = LedgerWriter(store)
        good = asyncio.create_task(writer.append([entry(1)]))
        with pytest.raises(LedgerError, match="cannot be written"):
            await writer.append([LedgerEntry("E", 1.0, {"x": {1, 2}})])
        assert (await good)[0].seq == 1
        await writer.close()


def test_in_virtual_time_a_commit_takes_no_time_and_no_thread(tmp_path: Path) -> None:
    async def main() -> float:
        with LedgerStore.open(tmp_path / "ledger.sqlite") as store:
            writer = LedgerWriter(store)
            await append_many(writer, 10)
            await writer.close()
        return asyncio.get_running_loop().time()

    assert run_virtual(main(), 1000.0) == 1000.0


_FAIL_UNDER_THE_WRITER = """
import asyncio, resource, sys
from pathlib import Path
from skystork.errors import LedgerError
from skystork.shell.ledger_rows import LedgerEntry
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.store import LedgerStore

async def main():
    store = LedgerStore.open(Path(sys.argv[1]))
    writer = LedgerWriter(store)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    tasks = [asyncio.create_task(writer.append([LedgerEntry("E", 1.0, {"text": "x" * 1000})])) for _ in range(300)]
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, LedgerError) for answer in answers), answers
    try:
        await writer.append([LedgerEntry("E", 1.0, {})])
    except LedgerError:
        print("refused")
    await writer.close()

asyncio.run(main())
"""


def test_when_the_disk_is_full_every_waiting_appender_hears_it_and_nobody_hangs(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", _FAIL_UNDER_THE_WRITER, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("refused\n", "")
    with LedgerStore.open(path) as store:
        assert store.verify().broken is None
