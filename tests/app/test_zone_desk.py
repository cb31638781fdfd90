"""Zones that changed are held against the plan that a flight follows, whichever was held against them before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests_support.flights import MISSION, PLAN, flying
from tests_support.ground import ASKED, FIELD, Ground, on_the_ground

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Restriction, Zone
from skystork.app.announcer import Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.app.steering_desk import SteerAnswer
from skystork.app.zone_desk import LOOK_S, ZoneDesk
from skystork.fleet.vehicle import LandedState
from skystork.flight.steering import SteerOrder
from skystork.link.contract import TelemetrySample
from skystork.orders import events as e
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool

SITE = load_site(default_site())
OLD = SITE.zones
CLOSED_EAST_M = 2700.0
NEW_PLAN = replace(PLAN, zone_set_hash=OLD.hash)
OLD_PLAN = replace(NEW_PLAN, track=tuple(point for point in PLAN.track if point.east_m < CLOSED_EAST_M - 900.0))
"""It stays away from what closes."""


def closed() -> Zone:
    """A square of 200 m on the way of the new plan."""
    corners = [(-100.0, -100.0), (100.0, -100.0), (100.0, 100.0), (-100.0, 100.0), (-100.0, -100.0)]
    places = [SITE.frame.to_geodetic(CLOSED_EAST_M + east_m, north_m) for east_m, north_m in corners]
    ring = tuple((place.longitude_deg, place.latitude_deg) for place in places)
    return Zone("crash-site", "CRASH SITE", "D", Restriction.PROHIBITED, (ring,), SURFACE, UNLIMITED)


class Read(SolverPool):
    """Answers with the airspace that was read."""

    async def run(self, *_: object) -> Any:  # type: ignore[override]
        given = {"geoid_undulation_m": OLD.geoid_undulation_m, "terrain": OLD.terrain}
        zones = ZoneSet((*OLD.zones, closed()), OLD.frame, OLD.ground_amsl_m, **given)  # type: ignore[arg-type]
        return replace(SITE.airspace, zones=zones)


def test_a_plan_made_by_the_zones_of_before_and_followed_after_they_changed_is_looked_at(tmp_path: Path) -> None:
    raised: list[e.ContingencyRaised] = []

    async def steer(_desk: DroneDesk, _order: SteerOrder) -> SteerAnswer:
        return SteerAnswer("finished", "")

    async def play(ground: Ground) -> None:
        now_s = asyncio.get_running_loop().time()
        here = TelemetrySample(now_s, position=FIELD, armed=True, landed=LandedState.IN_AIR, mode="AUTO.MISSION")
        ground.desk.tracker.take(here)
        flight = ground.desk.flight = flying()
        flight.follow(OLD_PLAN, MISSION)
        journal, told = ground.services.journal, list[e.Event]()
        journal.listen(lambda _at_s, event: told.append(event))
        given: dict[str, Any] = {"bus": MemoryBus(), "root": "t", "header": Header("m")}
        zones = ZoneDesk(ground.services, [ground.desk], steer=steer, renewed=lambda _: None, **given)
        looking = asyncio.create_task(zones.run())
        zones.reload()
        await asyncio.sleep(LOOK_S / 2)
        assert [type(event).__name__ for event in told] == ["ZonesChanged"], "the old plan stays away from it"
        flight.follow(NEW_PLAN, MISSION)
        await asyncio.sleep(2 * LOOK_S)
        raised.extend(event for event in told if isinstance(event, e.ContingencyRaised))
        looking.cancel()

    on_the_ground(tmp_path, ASKED[:4], play, pool=Read())
    assert [each.rule for each in raised] == ["ZONES_CHANGED"]
