"""A mission from a .plan file is judged leg by leg; what cannot be judged is refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests_support.flights import FRAME, PLAN
from tests_support.http_world import DARLINGTON

from skystork.airspace.zone import Restriction
from skystork.app.manual_mission import MissionView, hand_request, judge_mission
from skystork.app.planning_job import check_plan, make_planner
from skystork.app.site import load_site
from skystork.errors import InvalidInput
from skystork.flight.mission import compile_mission
from skystork.flight.plan_file import read_plan_items, write_plan_file
from skystork.frames import Geodetic
from skystork.planning.flight_plan import FlightPlan

SITE = load_site(DARLINGTON)
DRONE = next(drone for drone in SITE.drones if drone.vehicle_id.startswith("MR"))
DEPARTS_S = 1_795_255_200.0
PAD = DRONE.pad


def item(command: int, place: Geodetic, height_m: float, frame: int = 3) -> dict[str, Any]:
    params = [0, 0, 0, None, place.latitude_deg, place.longitude_deg, height_m]
    return {"type": "SimpleItem", "autoContinue": True, "command": command, "frame": frame, "params": params}


def plan_of(*items: dict[str, Any]) -> bytes:
    return json.dumps({"fileType": "Plan", "version": 1, "mission": {"version": 2, "items": list(items)}}).encode()


def beside(east_m: float, north_m: float) -> Geodetic:
    east, north = SITE.frame.to_enu_m(PAD)
    return SITE.frame.to_geodetic(east + east_m, north + north_m)


def judged(*items: dict[str, Any], battery: float = 1.0) -> MissionView:
    return judge_mission(
        plan_of(*items), "t.plan", site=SITE, drone=DRONE, departs_at_s=DEPARTS_S, battery_fraction=battery
    )


UP, DOWN = item(22, PAD, 60.0), item(21, PAD, 0.0)


def survey(height_m: float = 60.0) -> list[dict[str, Any]]:
    corners = (beside(0, 300), beside(60, 300), beside(60, 0))
    return [UP, *(item(16, corner, height_m) for corner in corners), DOWN]


def test_a_survey_beside_the_pad_passes_on_every_leg() -> None:
    view = judged(*survey())
    assert view.passes, view
    assert [leg.name for leg in view.legs] == [
        "1 take-off", "2 way-point", "3 way-point", "4 way-point", "5 to the landing", "5 landing",
    ]  # fmt: skip


def test_the_leg_that_is_too_high_is_named_and_the_others_pass() -> None:
    items = survey()
    items[2] = item(16, beside(60, 300), 150.0)
    refused = {leg.name: leg.refusals for leg in judged(*items).legs if leg.refusals}
    assert refused.keys() == {"3 way-point", "4 way-point"}
    assert "150 m" in refused["3 way-point"][0]


def test_a_leg_through_a_closed_zone_is_refused_with_its_name() -> None:
    zone = next(zone for zone in SITE.zones.zones if zone.restriction is Restriction.PROHIBITED and not zone.everywhere)
    longitude, latitude = zone.rings[0][0]
    view = judged(UP, item(16, Geodetic(latitude, longitude), 60.0), item(16, PAD, 60.0), DOWN)
    assert any(zone.name.split()[0] in refusal for leg in view.legs for refusal in leg.refusals)


def test_a_mission_that_its_battery_does_not_bring_home_is_refused_where_it_runs_short() -> None:
    full, tired = judged(*survey()), judged(*survey(), battery=0.26)
    assert full.passes
    assert "reserve" in tired.legs[-1].refusals[0]


def test_a_mission_ends_at_a_pad_or_rally_point() -> None:
    assert any("rally point" in each for each in judged(*survey()[:-1]).refusals)


def test_low_over_ground_is_refused() -> None:
    items = [item(22, PAD, 4.0), item(16, beside(0, 200), 4.0), item(16, PAD, 4.0), DOWN]
    assert any("climb" in refusal for leg in judged(*items).legs for refusal in leg.refusals)


def planned(*items: dict[str, Any]) -> FlightPlan:
    read = read_plan_items(plan_of(*items), "t.plan")
    about = {"site": SITE, "drone": DRONE, "departs_at_s": DEPARTS_S, "battery_j": DRONE.profile.battery_j}
    plan = make_planner(SITE).plan(hand_request(read, "t.plan", wind_enu_m_s=(0.0, 0.0), **about))
    assert isinstance(plan, FlightPlan), plan
    return plan


def test_the_fence_of_a_mission_is_held_to_its_ways_before_it_is_flown() -> None:
    """The plan's own fence passes; one that the vehicle would break on its way, or that shuts it out, does not."""
    plan = planned(*survey())
    assert check_plan(SITE, plan) == ()
    corner_m = SITE.frame.to_enu_m(beside(60, 300))
    about = [(corner_m[0] + east, corner_m[1] + north) for east, north in ((-9, -9), (9, -9), (9, 9), (-9, 9))]
    fence = plan.around.fence
    for broken in (
        replace(fence, inclusion_enu_m=tuple(about)),
        replace(fence, exclusions_enu_m=(*fence.exclusions_enu_m, tuple(about))),
    ):
        found = check_plan(SITE, replace(plan, around=replace(plan.around, fence=broken)))
        assert {violation.rule for violation in found} == {"by hand"}
        assert any("fence" in violation.detail for violation in found)
        assert "3 way-point" in {violation.leg for violation in found}


@pytest.mark.parametrize("command", [177, 17, 82, 31000])
def test_what_jumps_stays_or_bends_is_refused_by_its_number(command: int) -> None:
    with pytest.raises(InvalidInput, match=str(command)):
        judged(UP, item(command, beside(0, 100), 60.0), DOWN)


def test_heights_above_terrain_are_refused() -> None:
    with pytest.raises(InvalidInput, match="MAV_FRAME 10"):
        judged(UP, item(16, beside(0, 100), 60.0, frame=10), DOWN)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"fileType":"Plan","mission":{"items":[]}}', b"\xff\xfe", b"[" * 9999]
)
def test_what_is_no_plan_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        judge_mission(content, "t.plan", site=SITE, drone=DRONE, departs_at_s=DEPARTS_S, battery_fraction=1.0)


def test_a_flight_is_written_and_read_back_item_by_item() -> None:
    mission = compile_mission(PLAN, FRAME)
    text = write_plan_file(mission, PLAN.request.pad, 40.0, PLAN.request.profile)
    read = read_plan_items(text.encode(), "f.plan")
    assert [(each.command, each.frame) for each in read] == [(each.command, each.frame) for each in mission.items]
    assert [each.latitude_deg for each in read] == [each.latitude_deg for each in mission.items]
    document = json.loads(text)
    assert sum(len(ring["polygon"]) for ring in document["geoFence"]["polygons"]) == len(mission.fence)
    assert document["mission"]["plannedHomePosition"][0] == PLAN.request.pad.latitude_deg
