"""A delivery round a closed zone by mission items and by set points, on the stand-in; and set points that stop."""

import asyncio
from pathlib import Path

import pytest
from tests_support.sim_play_world import SimPlayWorld
from tests_support.zone_site import DOORSTEP, with_a_zone

from skystork.flight.track_report import CRUISE
from skystork.orders import events as e
from skystork.orders.order_state import OrderState
from skystork.orders.track import TrackFigures


def cruise_of(world: SimPlayWorld) -> TrackFigures:
    tracked = next(event for _, event in world.logbook.events if isinstance(event, e.FlightTracked))
    return next(part for part in tracked.parts if part.part == CRUISE)


@pytest.mark.parametrize("guidance", ["mission", "offboard"])
def test_the_flown_track_stays_in_its_corridor(guidance: str, tmp_path: Path) -> None:
    world = SimPlayWorld(with_a_zone(tmp_path / "site", {"SQ-1": 1}, guidance=guidance), tmp_path / "state")

    async def script() -> None:
        async with world.serving() as run:
            await run.until_ready()
            await run.accept("O-1", **DOORSTEP)
            await run.until_at_rest()
            assert run.state_of("O-1") is OrderState.DELIVERED, world.logbook.story()

    world.play(script)
    modes = world.logbook.normal()["SQ-1 mode"]
    assert modes.count("OFFBOARD") == (2 if guidance == "offboard" else 0), modes
    cruise = cruise_of(world)
    print(guidance, cruise)
    # the fastest curve touches the corridor's wall: a few centimetres of error there are counted
    assert cruise.positions > 50 and cruise.outside_corridor == 0
    assert cruise.cross_track_p95_m < 2.0


@pytest.mark.parametrize("silent_s", [3.0, 30.0])
def test_set_points_that_stop_bring_it_home_along_its_mission_and_are_not_taken_up_again(
    silent_s: float, tmp_path: Path
) -> None:
    world = SimPlayWorld(with_a_zone(tmp_path / "site", {"SQ-1": 1}, guidance="offboard"), tmp_path / "state")

    async def script() -> None:
        async with world.serving() as run:
            await run.until_ready()
            await run.accept("O-1", **DOORSTEP)
            await run.until(lambda: run.desk.state.mode == "OFFBOARD" and run.from_pad_m() > 150.0, "under way")
            world.cut_link("SQ-1")
            await asyncio.sleep(silent_s)
            world.mend_link("SQ-1")
            await run.until(lambda: run.desk.state.mode == "AUTO.RTL", "on its way home")
            flown: set[str | None] = set()

            def down() -> bool:
                flown.add(run.desk.state.mode if run.desk.state.armed else "down")
                return "down" in flown

            await run.until(down, "down again")
            assert flown == {"AUTO.RTL", "down"} and run.from_pad_m() < 5.0
            await run.until(lambda: world.parcel_in("SQ-1") is None, "the box was looked into")

    world.play(script)
    assert "ReleaseRequested" not in world.logbook.normal()["ledger"]
