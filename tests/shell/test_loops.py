"""The clocks of the simulated world."""

import asyncio
import random
import socket
import threading
import time
from pathlib import Path

import pytest

from skystork.errors import ConfigError
from skystork.shell.loops import Deadlock, PacedLoop, real_span_s, run_paced, run_virtual
from skystork.shell.world_clock import WorldClock, join_clock, load_or_create_clock

START_S = 1_795_255_200.0  # 2026-11-21T10:00:00Z


def test_the_clock_jumps_to_exactly_the_next_timer() -> None:
    async def day() -> list[float]:
        loop, seen = asyncio.get_running_loop(), []
        for span_s in (0.1, 3600.0, 0.1, 2 * 86_400.0):
            await asyncio.sleep(span_s)
            seen.append(loop.time())
        return seen

    first = START_S + 0.1
    assert run_virtual(day(), START_S) == [
        first,
        first + 3600.0,
        first + 3600.0 + 0.1,
        first + 3600.0 + 0.1 + 172_800.0,
    ]


def test_a_time_out_ends_a_wait_at_its_simulated_time() -> None:
    async def wait() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30.0):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_virtual(wait(), START_S) == START_S + 30.0


def test_a_wait_that_nobody_will_end_is_an_error_that_names_the_waiters() -> None:
    async def forever(event: asyncio.Event) -> None:
        await event.wait()

    async def main() -> None:
        await asyncio.sleep(60.0)
        async with asyncio.TaskGroup() as group:
            group.create_task(forever(asyncio.Event()), name="flight[LC-1]")

    with pytest.raises(Deadlock) as caught:
        run_virtual(main(), START_S)
    assert "2026-11-21T10:01:00" in str(caught.value)
    assert "flight[LC-1] at test_loops.py" in str(caught.value)
    assert "in forever" in str(caught.value)


def test_executor_calls_run_inline_and_hand_back_result_and_error() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    async def main() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        thread = await asyncio.to_thread(threading.get_ident)
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, fail)
        return thread, loop.time()

    assert run_virtual(main(), START_S) == (threading.get_ident(), START_S)


def test_the_same_seed_gives_the_same_history() -> None:
    async def worker(name: int, rng: random.Random, history: list[tuple[float, int]]) -> None:
        for _ in range(50):
            await asyncio.sleep(rng.random())
            history.append((asyncio.get_running_loop().time(), name))

    async def main() -> list[tuple[float, int]]:
        rng, history = random.Random(7), list[tuple[float, int]]()
        async with asyncio.TaskGroup() as group:
            for name in range(20):
                group.create_task(worker(name, rng, history))
        return history

    first = run_virtual(main(), START_S)
    assert first == run_virtual(main(), START_S)
    assert [at_s for at_s, _ in first] == sorted(at_s for at_s, _ in first)


def test_a_socket_that_is_ready_is_served_before_time_moves_on() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            arrived = asyncio.Event()
            loop.add_reader(ours, arrived.set)
            theirs.send(b"x")
            async with asyncio.timeout(10.0):
                await arrived.wait()
            loop.remove_reader(ours)
        return loop.time()

    assert run_virtual(main(), START_S) == START_S


def test_a_paced_world_runs_at_its_speed() -> None:
    async def main() -> float:
        await asyncio.sleep(60.0)
        return asyncio.get_running_loop().time()

    clock = WorldClock(time.time(), START_S, 600.0)
    began_s = time.monotonic()
    ended_at_s = run_paced(main(), clock)
    real_s = time.monotonic() - began_s
    assert ended_at_s >= START_S + 60.0
    assert real_s >= 0.09  # 60 s at 600; a busy machine may take longer, no machine less


def test_two_processes_of_one_world_agree_on_time(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    first = load_or_create_clock(path, sim_start_s=START_S, speed=60.0)
    second = load_or_create_clock(path, sim_start_s=START_S + 999.0, speed=60.0)
    assert first == second
    assert second.sim_at(first.wall_start_s + 10.0) == START_S + 600.0
    assert list(tmp_path.iterdir()) == [path]


def test_a_world_at_another_speed_is_refused_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    load_or_create_clock(path, sim_start_s=START_S, speed=60.0)
    with pytest.raises(ConfigError, match=r"60.*Run with speed 60"):
        load_or_create_clock(path, sim_start_s=START_S, speed=1.0)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf"), 1e6])
def test_a_speed_that_no_clock_can_keep_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ConfigError, match="speed out of range"):
        load_or_create_clock(tmp_path / "clock.json", sim_start_s=START_S, speed=speed)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"wall_start_s":0,"sim_start_s":0,"speed":-5}'])
def test_a_clock_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clock.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load_or_create_clock(path, sim_start_s=START_S, speed=60.0)


def test_deadlines_on_the_outside_are_stretched_by_the_speed() -> None:
    async def span() -> float:
        return real_span_s(10.0)

    assert run_paced(span(), WorldClock(time.time(), START_S, 60.0)) == 600.0
    assert asyncio.run(span()) == 10.0


def test_a_restarted_loop_goes_on_at_the_worlds_time() -> None:
    loop = PacedLoop(WorldClock(time.time() - 100.0, START_S, 60.0))
    try:
        assert loop.time() >= START_S + 6000.0
    finally:
        loop.close()


def test_a_world_that_runs_already_is_joined_at_its_own_speed(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    running = load_or_create_clock(path, sim_start_s=START_S, speed=5.0)
    assert join_clock(path, sim_start_s=0.0) == running
    assert join_clock(tmp_path / "new.json", sim_start_s=START_S).speed == 1.0
