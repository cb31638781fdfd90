"""Work in other processes, with deadlines; inline in virtual time."""

import asyncio
import math
import operator
import os
import signal
import time

import pytest

from skystork.errors import Unavailable
from skystork.shell.loops import run_paced, run_virtual
from skystork.shell.solver_pool import SolverBusyError, SolverOverrunError, SolverPool
from skystork.shell.world_clock import WorldClock


async def test_work_runs_in_other_processes_and_errors_come_back() -> None:
    async with SolverPool(2, preload=("json",)) as pool:
        first, second = await asyncio.gather(pool.run(os.getpid), pool.run(os.getpid))
        assert os.getpid() not in (first, second)
        assert await pool.run(operator.add, 2, 3) == 5
        with pytest.raises(ValueError, match=r"math domain|nonnegative"):
            await pool.run(math.sqrt, -1.0)
        assert await pool.run(math.sqrt, 4.0) == 2.0
        assert pool.busy == 0


async def test_a_call_that_overruns_is_ended_and_the_next_one_served() -> None:
    async with SolverPool(1) as pool:
        process_id = await pool.run(os.getpid)
        with pytest.raises(SolverOverrunError, match=r"sleep did not end within 0\.05 s"):
            await pool.run(time.sleep, 3600.0, deadline_s=0.05)
        replacement = await pool.run(os.getpid)
        assert replacement != process_id
        with pytest.raises(ProcessLookupError):
            while True:  # until the kernel has buried it
                os.kill(process_id, 0)
                await asyncio.sleep(0)


async def test_an_overrun_leaves_the_other_workers_calls_alone() -> None:
    async with SolverPool(2) as pool:
        slow = asyncio.create_task(pool.run(time.sleep, 0.5))
        await asyncio.sleep(0)
        with pytest.raises(SolverOverrunError):
            await pool.run(time.sleep, 3600.0, deadline_s=0.2)
        await slow


async def test_many_calls_at_once_on_one_worker_all_end_though_together_they_take_longer_than_the_deadline() -> None:
    async with SolverPool(1) as pool:
        calls = [asyncio.create_task(pool.run(time.sleep, 0.2, deadline_s=2.0)) for _ in range(16)]
        await asyncio.gather(*calls)
        assert (pool.busy, pool.waiting) == (0, 0)


async def test_who_finds_no_free_worker_is_told_how_many_are_before_it_and_harms_nobody() -> None:
    async with SolverPool(1) as pool:
        await pool.run(os.getpid)
        busy = asyncio.create_task(pool.run(time.sleep, 3600.0))
        await asyncio.sleep(0)
        told = r"getpid found no free worker within 0\.05 s: 1 calls are under way, 0 more wait\. Ask again"
        with pytest.raises(SolverBusyError, match=told):
            await pool.run(os.getpid, patience_s=0.05)
        assert not busy.done()
        busy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await busy
        assert await pool.run(operator.add, 1, 1) == 2


async def test_who_waits_no_longer_for_a_new_worker_leaves_it_starting_for_the_next() -> None:
    async with SolverPool(1) as pool:
        with pytest.raises(SolverBusyError):
            await pool.run(os.getpid, patience_s=0.001)
        assert await pool.run(operator.add, 1, 1) == 2


async def test_a_worker_that_cannot_start_is_reported_and_its_place_is_free() -> None:
    async with SolverPool(1, preload=("no_such_module_of_ours",)) as pool:
        for _ in range(2):
            with pytest.raises(Unavailable, match="process died"):
                await pool.run(operator.add, 1, 1)


async def test_a_worker_that_dies_is_reported_and_replaced() -> None:
    async with SolverPool(1) as pool:
        process_id = await pool.run(os.getpid)
        dying = asyncio.create_task(pool.run(time.sleep, 3600.0))
        await asyncio.sleep(0)
        os.kill(process_id, signal.SIGKILL)
        with pytest.raises(Unavailable, match="process died"):
            await dying
        assert await pool.run(operator.add, 1, 1) == 2


def test_in_virtual_time_work_runs_inline_and_takes_no_time() -> None:
    async def main() -> tuple[int, float]:
        async with SolverPool(1) as pool:
            return await pool.run(os.getpid), asyncio.get_running_loop().time()

    assert run_virtual(main(), 1000.0) == (os.getpid(), 1000.0)


def test_a_deadline_is_real_time_in_a_fast_world() -> None:
    async def main() -> int:
        async with SolverPool(1) as pool:
            return await pool.run(operator.add, 1, 2, deadline_s=30.0)  # 0.05 s of real time if it were the world's

    assert run_paced(main(), WorldClock(time.time(), 1000.0, 600.0)) == 3
