"""The flown track against the plan, round a closed zone, on a real PX4."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests_support.play_world import write_play_site
from tests_support.px4_play_world import Px4PlayWorld

from skystork.flight.track_report import CRUISE
from skystork.orders import events as e
from skystork.orders.order_state import OrderState
from skystork_sim.px4.fixtures import StartFleet
from skystork_sim.px4.site_fleet import vehicles_of_site

pytestmark = pytest.mark.sitl

CROSS_TRACK_P95_M = 2.0
"""In cruise, without wind."""
ZONE_EAST_M, ZONE_NORTH_M, ZONE_RADIUS_M = -200.0, -260.0, 60.0
DOORSTEP = {"east_m": -400.0, "north_m": -500.0}
"""Behind the zone."""


def with_a_zone(folder: Path, systems: dict[str, int]) -> Path:
    """The SITL site with one more closed circle between pad and doorstep."""
    site = write_play_site(folder, systems)
    text = (site / "site.toml").read_text(encoding="utf-8")
    metres_per_degree = 111_250.0  # of latitude at 54.5° (WGS 84)
    latitude_deg = 54.5166 + ZONE_NORTH_M / metres_per_degree
    longitude_deg = -1.5075 + ZONE_EAST_M / (metres_per_degree * 0.5807)
    circle = (
        '[[airspace.circles]]\nzone_id = "works"\nname = "CRANE WORKS"\nkind = "FRZ"\n'
        f"centre = {{ latitude_deg = {latitude_deg:.6f}, longitude_deg = {longitude_deg:.6f} }}\n"
        f'radius_m = {ZONE_RADIUS_M}\nlower = "SFC"\nupper = "400 ft"\n\n'
    )
    (site / "site.toml").write_text(text.replace("[rules]", circle + "[rules]", 1), encoding="utf-8")
    return site


def test_the_flown_track_stays_in_its_corridor_round_a_closed_zone(
    px4_fleet: StartFleet, px4_instances: Callable[[int], list[int]], px4_speed: float, tmp_path: Path
) -> None:
    (instance,) = px4_instances(1)
    site = with_a_zone(tmp_path / "site", {"SQ-1": instance + 1})
    world = Px4PlayWorld(site, tmp_path / "state", px4_fleet(vehicles_of_site(site), speed=px4_speed))

    async def script() -> None:
        async with world.serving() as run:
            await run.until_ready()
            await run.accept("O-1", **DOORSTEP)
            await run.until_at_rest()
            assert run.state_of("O-1") is OrderState.DELIVERED, world.logbook.story()
            tracked = next(event for _, event in world.logbook.events if isinstance(event, e.FlightTracked))
            for part in tracked.parts:
                print(part)
            cruise = next(part for part in tracked.parts if part.part == CRUISE)
            assert cruise.outside_corridor == 0
            assert cruise.cross_track_p95_m < CROSS_TRACK_P95_M

    world.play(script)
