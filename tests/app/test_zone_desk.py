"""Zones that changed are held against the plan that a flight follows, whichever was held against them before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests_support.flights import MISSION, PLAN, flying
from tests_support.ground import ASKED, FIELD, Ground, on_the_ground
from tests_support.px4_counterpart import Px4Counterpart

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.obstacles import Obstacle, ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Restriction, Ring, Zone
from skystork.app.bus_header import Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.app.site_airspace import SiteAirspace
from skystork.app.site_copies import ReadAgain
from skystork.app.steering_desk import SteerAnswer
from skystork.app.zone_desk import LOOK_S, ZoneDesk
from skystork.fleet.vehicle import LandedState
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic
from skystork.link.contract import sample_of
from skystork.orders import events as e
from skystork.planning.flight_plan import TrackPoint
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


def with_zones(*more: Zone) -> SiteAirspace:
    given = {"geoid_undulation_m": OLD.geoid_undulation_m, "terrain": OLD.terrain}
    zones = ZoneSet((*OLD.zones, *more), OLD.frame, OLD.ground_amsl_m, **given)  # type: ignore[arg-type]
    return replace(SITE.airspace, zones=zones)


class Read(SolverPool):
    """Answers with the airspace that was read."""

    def __init__(self, *found: SiteAirspace) -> None:
        super().__init__()
        self.found = list(found) or [with_zones(closed())]

    async def run(self, *_: object) -> Any:  # type: ignore[override]
        return ReadAgain(self.found.pop(0) if len(self.found) > 1 else self.found[0])


def test_a_plan_made_by_the_zones_of_before_and_followed_after_they_changed_is_looked_at(tmp_path: Path) -> None:
    raised: list[e.ContingencyRaised] = []

    async def steer(_desk: DroneDesk, _order: SteerOrder) -> SteerAnswer:
        return SteerAnswer("finished", "")

    async def play(ground: Ground) -> None:
        now_s = asyncio.get_running_loop().time()
        here = sample_of(now_s, position=FIELD, armed=True, landed=LandedState.IN_AIR, mode="AUTO.MISSION")
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


def looked_at(
    tmp_path: Path, *found: SiteAirspace, mode: str = "AUTO.MISSION", before: Sequence[e.Event] = ()
) -> tuple[list[e.Event], list[SteerOrder]]:
    """What is written and ordered while these are read one after the other, over a flight on its way out."""
    told: list[e.Event] = []
    ordered: list[SteerOrder] = []

    async def steer(_desk: DroneDesk, order: SteerOrder) -> SteerAnswer:
        ordered.append(order)
        return SteerAnswer("finished", "")

    async def play(ground: Ground) -> None:
        now_s = asyncio.get_running_loop().time()
        sample = sample_of(now_s, position=FIELD, armed=True, landed=LandedState.IN_AIR, mode=mode)
        ground.desk.tracker.take(sample)
        flight = ground.desk.flight = flying()
        cruise = [TrackPoint(27.0 + east_m / 15.0, east_m, 0.0, 80.0) for east_m in range(300, 3000, 300)]
        track = tuple(sorted((*PLAN.track, *cruise), key=lambda point: point.t_s))
        flight.follow(replace(NEW_PLAN, track=track), MISSION)
        ground.services.journal.listen(lambda _at_s, event: told.append(event))
        given: dict[str, Any] = {"bus": MemoryBus(), "root": "t", "header": Header("m")}
        zones = ZoneDesk(ground.services, [ground.desk], steer=steer, renewed=lambda _: None, **given)
        looking = asyncio.create_task(zones.run())
        for _ in found:
            zones.reload()
            await asyncio.sleep(LOOK_S + 1.0)
        looking.cancel()

    silent = Px4Counterpart()
    silent.silent = True
    on_the_ground(tmp_path, [*ASKED[:4], *before], play, pool=Read(*found), counterpart=silent)
    return told, ordered


def alerts(told: list[e.Event]) -> list[str]:
    return [event.action for event in told if isinstance(event, e.ContingencyRaised)]


def test_an_obstacle_that_was_put_up_in_its_way_turns_a_flight_home(tmp_path: Path) -> None:
    crane = Obstacle("crane", closed().rings, 200.0)
    obstacles = ObstacleSet([*(each.obstacle for each in SITE.obstacles.closed), crane], OLD.frame, OLD.ground_amsl_m)
    told, ordered = looked_at(tmp_path, replace(SITE.airspace, obstacles=obstacles))
    (changed,) = (event for event in told if isinstance(event, e.ZonesChanged))
    assert changed.obstacles_changed
    assert [touch.zone_id for touch in changed.affected] == ["obstacle crane"]
    assert ordered and ordered[0].action is SteerAction.RETURN and "crane" in ordered[0].why


def test_a_threat_that_grows_is_told_again_and_one_that_stays_is_not(tmp_path: Path) -> None:
    behind = replace(closed(), zone_id="behind", rings=(moved(closed().rings[0], -2700.0 + 400.0),))
    here = replace(closed(), zone_id="here", rings=(moved(closed().rings[0], -2700.0 + 1500.0),))
    first, second = with_zones(behind), with_zones(behind, here)
    told, ordered = looked_at(tmp_path, first, first, second, second, mode="POSCTL")
    assert alerts(told) == ["WARN", "WARN"], "the way back closed; then it is inside, and a pilot has it"
    assert not ordered


def test_an_order_of_before_a_restart_does_not_use_up_the_next_ones_name(tmp_path: Path) -> None:
    changed = with_zones(closed())
    name = f"zones-{changed.zones.hash[:12]}-{PLAN.request.flight_id}-1"
    ids = (PLAN.request.flight_id, PLAN.request.vehicle_id, PLAN.request.order_id, name)
    _, ordered = looked_at(tmp_path, changed, before=[e.SteeringOrdered(*ids, "return", "zones", "", None)])
    assert ordered[0].action_id.endswith("-2")


def moved(ring: Ring, east_m: float) -> Ring:
    """The same further east."""
    frame = SITE.frame
    places = [frame.to_enu_m(Geodetic(latitude_deg, longitude_deg)) for longitude_deg, latitude_deg in ring]
    there = [frame.to_geodetic(x_m + east_m, y_m) for x_m, y_m in places]
    return tuple((place.longitude_deg, place.latitude_deg) for place in there)
