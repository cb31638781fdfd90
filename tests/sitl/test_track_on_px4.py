"""The flown track against the plan, round a closed zone, on a real PX4."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests_support.px4_play_world import Px4PlayWorld
from tests_support.zone_site import DOORSTEP, with_a_zone

from skystork.flight.track_report import CRUISE
from skystork.orders import events as e
from skystork.orders.order_state import OrderState
from skystork_sim.px4.fixtures import StartFleet
from skystork_sim.px4.site_fleet import vehicles_of_site

pytestmark = pytest.mark.sitl

CROSS_TRACK_P95_M = 2.0
"""In cruise, without wind."""


@pytest.mark.parametrize("guidance", ["mission", "offboard"])
def test_the_flown_track_stays_in_its_corridor_round_a_closed_zone(
    guidance: str, px4_fleet: StartFleet, px4_instances: Callable[[int], list[int]], px4_speed: float, tmp_path: Path
) -> None:
    (instance,) = px4_instances(1)
    site = with_a_zone(tmp_path / "site", {"SQ-1": instance + 1}, guidance=guidance)
    world = Px4PlayWorld(site, tmp_path / "state", px4_fleet(vehicles_of_site(site), speed=px4_speed))

    async def script() -> None:
        async with world.serving() as run:
            await run.until_ready()
            await run.accept("O-1", **DOORSTEP)
            await run.until_at_rest()
            assert (guidance == "offboard") == ("OFFBOARD" in world.logbook.normal()["SQ-1 mode"])
            assert run.state_of("O-1") is OrderState.DELIVERED, world.logbook.story()
            tracked = next(event for _, event in world.logbook.events if isinstance(event, e.FlightTracked))
            for part in tracked.parts:
                print(part)
            cruise = next(part for part in tracked.parts if part.part == CRUISE)
            assert cruise.outside_corridor == 0
            assert cruise.cross_track_p95_m < CROSS_TRACK_P95_M

    world.play(script)
