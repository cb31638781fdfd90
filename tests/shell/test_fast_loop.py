"""The same service on asyncio's loop and on uvloop."""

import asyncio
import time
from importlib.util import find_spec

import pytest
from tests_support.px4_counterpart import Px4Counterpart

from skystork.errors import InvalidInput
from skystork.link.contract import Heard, LinkEvent, LinkSettings
from skystork.link.fleet_link import FleetLink
from skystork.shell.fast_loop import LoopChoice, run_on
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import PacedLoop
from skystork.shell.udp import open_fleet_socket
from skystork.shell.world_clock import WorldClock

UVLOOP = pytest.param(
    LoopChoice.UVLOOP, marks=pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")
)
CHOICES = [LoopChoice.ASYNCIO, UVLOOP]
FAST_WORLD = WorldClock(time.time(), 1_795_255_200.0, 20.0)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_loop_tells_the_time_since_the_epoch_and_its_timers_keep_it(choice: LoopChoice) -> None:
    async def wait() -> tuple[float, float, float]:
        loop = asyncio.get_running_loop()
        due_s, came = loop.time() + 0.05, loop.create_future()
        loop.call_at(due_s, came.set_result, None)
        await came
        return due_s, loop.time(), loop.time() - time.time()

    due_s, came_s, apart_s = run_on(wait(), WorldClock.real(), choice)
    assert came_s >= due_s - 0.001  # uvloop counts whole milliseconds
    assert abs(apart_s) < 1.0


@pytest.mark.parametrize("choice", CHOICES)
def test_a_vehicle_on_a_real_socket_is_heard_on_either_loop(choice: LoopChoice) -> None:
    async def meet() -> Heard:
        heard: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()

        def note(event: LinkEvent) -> None:
            if isinstance(event, Heard) and not heard.done():
                heard.set_result(event)

        ground, air = await open_fleet_socket("127.0.0.1", 0), await open_fleet_socket("127.0.0.1", 0)
        fleet, vehicle = FleetLink(LinkSettings()), Px4Counterpart(3)
        fleet.add_vehicle(3)
        runner = LinkRunner(fleet, ground)
        runner.subscribe(3, note)
        vehicle.handle_timer(runner.now_s())
        for data in vehicle.outbox:
            air.send(data, ground.address)
        try:
            async with asyncio.timeout(10):
                return await heard
        finally:
            runner.close()
            air.close()

    assert abs(run_on(meet(), WorldClock.real(), choice).at_s - time.time()) < 60


async def loop_of_now() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_a_world_at_another_speed_runs_on_the_loop_that_can_keep_it() -> None:
    assert isinstance(run_on(loop_of_now(), FAST_WORLD, LoopChoice.AUTO), PacedLoop)


@pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")
def test_uvloop_is_refused_for_a_world_at_another_speed_and_taken_by_itself_for_ours() -> None:
    with pytest.raises(InvalidInput, match="Use --loop asyncio"):
        run_on(loop_of_now(), FAST_WORLD, LoopChoice.UVLOOP)
    assert not isinstance(run_on(loop_of_now(), WorldClock.real(), LoopChoice.AUTO), PacedLoop)
