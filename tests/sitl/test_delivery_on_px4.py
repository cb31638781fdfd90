"""The whole chain on a real PX4: what the project's own simulator claims of the autopilot, flown on the autopilot."""

import asyncio
from pathlib import Path

import pytest
from tests_support.px4_world import Running, World, fly, px4

from skystork.flight.phase import FlightPhase
from skystork.frames import distance_m
from skystork.orders.order import OrderId
from skystork.orders.order_state import OrderState

pytestmark = [pytest.mark.sitl, pytest.mark.usefixtures("px4_source")]

DOORSTEP = {"east_m": 250.0, "north_m": -320.0}
"""406 m from the pad."""


def state_of(run: Running, order_id: str) -> OrderState:
    return run.service.journal.book.order(OrderId(order_id)).state


def in_phase(run: Running, phase: FlightPhase) -> bool:
    return run.desk.flight is not None and run.desk.flight.phase is phase


def from_pad_m(run: Running) -> float:
    position = run.desk.state.position
    return distance_m(run.desk.drone.pad, position) if position else 0.0


async def deliver(run: Running, world: World, order_id: str) -> None:
    await run.until_ready()
    assert await run.service.intake.accept(world.order(order_id, **DOORSTEP))
    await run.until(run.service.at_rest, "at rest")
    assert state_of(run, order_id) is OrderState.DELIVERED, run.record.story()


def landed_from_pad_m(run: Running) -> float:
    return next(p.from_pad_m for p in reversed(run.record.points) if not p.armed and p.from_pad_m is not None)


def test_two_orders_are_delivered_one_after_the_other_by_one_drone(tmp_path: Path) -> None:
    """The second flight needs a mission state of NOT_STARTED after the first one has ended."""

    async def play() -> None:
        world = World("SQ-1", tmp_path / "state")
        async with world.serving() as run:
            for order_id in ("O-1", "O-2"):
                await deliver(run, world, order_id)
            print(run.record.story())
            run.record.print_figures()
            assert landed_from_pad_m(run) < 2.0
            cruise = [p.cross_track_m for p in run.record.points if p.phase == "outbound" and p.cross_track_m]
            assert max(cruise) < 10.0

    with px4("SQ-1", tmp_path / "px4"):
        fly(play)


def test_a_return_on_the_way_out_goes_back_along_the_path_and_brings_the_parcel_home(tmp_path: Path) -> None:
    async def play() -> None:
        world = World("SQ-1", tmp_path / "state")
        async with world.serving() as run:
            await run.until_ready()
            await run.service.intake.accept(world.order("O-1", **DOORSTEP))
            await run.until(lambda: in_phase(run, FlightPhase.OUTBOUND) and from_pad_m(run) > 300.0, "far out")
            turned_at_m = from_pad_m(run)
            await run.desk.port.return_to_launch()
            await run.until(lambda: not run.desk.state.armed, "home")
            print(run.record.story())
            back = [p for p in run.record.points if p.mode == "AUTO.RTL"]
            assert max(p.from_pad_m or 0.0 for p in back) < turned_at_m + 30.0
            assert max(p.cross_track_m or 0.0 for p in back) < 10.0
            assert landed_from_pad_m(run) < 2.0
            await run.until(run.service.at_rest, "at rest")
            assert state_of(run, "O-1") is OrderState.UNDELIVERABLE  # by air once; and there is no van here

    with px4("SQ-1", tmp_path / "px4"):
        fly(play)


def test_a_drone_that_hears_nobody_releases_nothing_and_comes_home_by_its_mission(tmp_path: Path) -> None:
    """COM_DLL_EXCEPT bit 0: the failsafe leaves a mission alone, and its hold ends by itself."""

    async def play() -> None:
        world = World("SQ-1", tmp_path / "state")
        async with world.serving() as run:
            await run.until_ready()
            await run.service.intake.accept(world.order("O-1", **DOORSTEP))
            await run.until(lambda: in_phase(run, FlightPhase.OUTBOUND) and from_pad_m(run) > 60.0, "under way")
            run.endpoint.muted = True
            run.record.note("--- muted")
            await run.until(lambda: not run.desk.state.armed, "home")
            print(run.record.story())
            run.record.print_figures()
            run.endpoint.muted = False
            assert {p.mode for p in run.record.points if p.armed} == {"AUTO.MISSION"}
            assert landed_from_pad_m(run) < 2.0
            assert state_of(run, "O-1") is OrderState.RELEASE_UNKNOWN
            await run.until(lambda: state_of(run, "O-1") is not OrderState.RELEASE_UNKNOWN, "the box was looked into")
            assert state_of(run, "O-1") is OrderState.WAITING

    with px4("SQ-1", tmp_path / "px4"):
        fly(play)


def test_a_controller_that_stops_over_the_doorstep_takes_over_and_delivers(tmp_path: Path) -> None:
    async def play() -> None:
        world = World("SQ-1", tmp_path / "state")
        async with world.serving() as run:
            await run.until_ready()
            await run.service.intake.accept(world.order("O-1", **DOORSTEP))
            await run.until(lambda: in_phase(run, FlightPhase.DROPPING), "at the doorstep")
            await asyncio.sleep(10.0)
            print(run.record.story())
        async with world.serving() as again:
            await again.until(again.service.at_rest, "at rest")
            print(again.record.story())
            assert state_of(again, "O-1") is OrderState.DELIVERED
            assert landed_from_pad_m(again) < 2.0

    with px4("SQ-1", tmp_path / "px4"):
        fly(play)
