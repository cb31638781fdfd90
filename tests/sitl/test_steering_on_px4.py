"""A person's orders to a flight on a real PX4: each is seen to be flown, and ends as it must."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests_support.play_world import Running, with_a_rally_point, write_play_site
from tests_support.px4_play_world import Px4PlayWorld

from skystork.flight.phase import FlightPhase
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import distance_m
from skystork.orders.events import FlightLanded
from skystork.orders.order_state import OrderState
from skystork_sim.px4.fixtures import StartFleet
from skystork_sim.px4.site_fleet import vehicles_of_site

pytestmark = pytest.mark.sitl

DOORSTEP = {"east_m": 250.0, "north_m": -320.0}
"""406 m from the pad."""
Script = Callable[[Running], Awaitable[None]]


async def steer(run: Running, action: SteerAction, **given: object) -> None:
    number = sum(1 for _, event in run.world.logbook.events if type(event).__name__ == "SteeringOrdered")
    order = SteerOrder(f"A-{number}", action, "Ann Duty", "a test", **given)  # type: ignore[arg-type]
    answer = await run.service.steer("SQ-1", order)
    assert answer.outcome == "finished", f"{action}: {answer.detail}\n{run.world.logbook.story()}"


async def hold_over_the_doorstep(run: Running) -> None:
    """Held while it is at rest over the doorstep for longer than its own hold would last; resumed, it delivers."""
    await run.until_phase(FlightPhase.DROPPING)
    await run.until(lambda: (run.desk.state.height_home_m or 99.0) < 6.0, "at the drop height")
    await steer(run, SteerAction.HOLD)
    await asyncio.sleep(80.0)
    await steer(run, SteerAction.RESUME)
    await run.until_at_rest()
    assert run.state_of("O-1") is OrderState.DELIVERED, run.world.logbook.story()


async def return_from_a_hold(run: Running) -> None:
    """It goes back along its path, not on to the doorstep."""
    await run.until(lambda: run.desk.flight is not None and run.from_pad_m() > 300.0, "far out")
    await steer(run, SteerAction.HOLD)
    await asyncio.sleep(10.0)
    farthest_m = run.from_pad_m()
    await steer(run, SteerAction.RETURN)
    while run.desk.state.armed:
        farthest_m_now = run.from_pad_m()
        assert farthest_m_now < farthest_m + 30.0, run.world.logbook.story()
        await asyncio.sleep(0.5)
    position = run.desk.state.position
    assert position is not None and distance_m(position, run.desk.drone.pad) < 2.0
    await run.until_at_rest()


async def land_on_the_way(run: Running) -> None:
    """Down where it is, out of service, its parcel recorded as stranded."""
    await run.until(lambda: run.desk.flight is not None and run.from_pad_m() > 200.0, "far out")
    await steer(run, SteerAction.LAND)
    await run.until_at_rest()
    assert run.state_of("O-1") is OrderState.UNDELIVERABLE
    assert run.desk.out_of_service


ELSEWHERE = (-150.0, -250.0)
RALLY = (200.0, -60.0)


async def divert_in_the_air(run: Running) -> None:
    """Stopped, planned anew from where it stands, uploaded, resumed: delivered at the other doorstep, and home."""
    await run.until(lambda: run.desk.flight is not None and run.from_pad_m() > 150.0, "far out")
    await steer(run, SteerAction.DIVERT, place=run.world.site.frame.to_geodetic(*ELSEWHERE))
    await run.until_phase(FlightPhase.INBOUND)
    assert run.state_of("O-1") is OrderState.DELIVERED, run.world.logbook.story()
    position = run.desk.state.position
    assert position is not None
    assert math.dist(run.world.site.frame.to_enu_m(position), ELSEWHERE) < 5.0
    await run.until_at_rest()
    assert run.from_pad_m() < 2.0


async def rally(run: Running) -> None:
    """It lands at the nearest rally point by a mission of its own; collected, its order waits again."""
    await run.until(lambda: run.desk.flight is not None and run.from_pad_m() > 150.0, "far out")
    await steer(run, SteerAction.RALLY)
    await run.until(lambda: not run.desk.state.armed, "down")
    position = run.desk.state.position
    assert position is not None
    assert math.dist(run.world.site.frame.to_enu_m(position), RALLY) < 2.0, run.world.logbook.story()
    await run.until_at_rest()
    assert "rally point" in (run.desk.out_of_service or "")


@pytest.mark.parametrize(
    "script", [hold_over_the_doorstep, return_from_a_hold, land_on_the_way, divert_in_the_air, rally]
)
def test_what_was_ordered_is_flown(
    script: Script,
    px4_fleet: StartFleet,
    px4_instances: Callable[[int], list[int]],
    px4_speed: float,
    tmp_path: Path,
) -> None:
    (instance,) = px4_instances(1)
    site = with_a_rally_point(write_play_site(tmp_path / "site", {"SQ-1": instance + 1}), RALLY)
    world = Px4PlayWorld(site, tmp_path / "state", px4_fleet(vehicles_of_site(site), speed=px4_speed))

    async def play() -> None:
        async with world.serving() as run:
            await run.until_ready()
            await run.accept("O-1", **DOORSTEP)
            await script(run)
            print(world.logbook.story())

    world.play(play)


def test_a_controller_gone_in_the_middle_of_a_new_plan_leaves_a_way_home_on_board(
    px4_fleet: StartFleet, px4_instances: Callable[[int], list[int]], px4_speed: float, tmp_path: Path
) -> None:
    """Back after PX4 counted the ground as lost, for a process takes longer to start than COM_DL_LOSS_T.

    By then it is on its way home or about to land there; the parcel comes out, and is not flown a second time.
    """
    (instance,) = px4_instances(1)
    site = write_play_site(tmp_path / "site", {"SQ-1": instance + 1})
    world = Px4PlayWorld(site, tmp_path / "state", px4_fleet(vehicles_of_site(site), speed=px4_speed))

    def landings() -> list[FlightLanded]:
        return [event for _, event in world.logbook.events if isinstance(event, FlightLanded)]

    async def until(condition: Callable[[], bool]) -> None:
        while not condition():  # noqa: ASYNC110  # a moment within an upload
            await asyncio.sleep(0.005)

    async def play() -> None:
        async with world.serving() as run:
            await run.until_ready()
            await run.accept("O-1", **DOORSTEP)
            await run.until(lambda: run.desk.flight is not None and run.from_pad_m() > 150.0, "far out")
            before = run.desk.state.fence_id
            place = run.world.site.frame.to_geodetic(*ELSEWHERE)
            order = SteerOrder("A-0", SteerAction.DIVERT, "Ann Duty", "a test", place)
            divert = asyncio.create_task(run.service.steer("SQ-1", order))
            await asyncio.wait_for(until(lambda: run.desk.state.fence_id != before), 120.0)
        divert.cancel()
        kinds = [type(event).__name__ for _, event in world.logbook.events]
        assert "RerouteBegun" in kinds and "FlightRerouted" not in kinds, world.logbook.story()
        world.logbook.note("the controller is gone")
        await asyncio.sleep(20.0)
        assert world.truth("SQ-1").mode == "AUTO.RTL", world.logbook.story()
        async with world.serving() as again:
            await again.until(lambda: bool(landings()), "down")
            assert landings()[0].at_pad, world.logbook.story()
            await again.until_at_rest()
            assert world.parcel_in("SQ-1") is None, world.logbook.story()
            assert again.state_of("O-1") is OrderState.UNDELIVERABLE  # by air once; and there is no van here
            print(world.logbook.story())

    world.play(play)
