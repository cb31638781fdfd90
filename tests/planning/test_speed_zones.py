"""Speed limits by zone, from the file to what is flown and what the check says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from shapely import LineString, Point, Polygon, box
from tests_support.plans import DEPOT, QUAD, straight_plan

from skystork.airspace.formats import read_zones
from skystork.airspace.geojson import write_geojson
from skystork.airspace.rules import AirspaceRules, KindRule
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Restriction, Zone
from skystork.errors import ConfigError
from skystork.fleet.profile import Airframe
from skystork.flight.mission import MAV_CMD_DO_CHANGE_SPEED, compile_mission
from skystork.frames import LocalFrame
from skystork.planning.bezier import derivative_points, evaluate, segment_points
from skystork.planning.check_document import read_document
from skystork.planning.check_geometry import MeridianPlane
from skystork.planning.check_speed import speed_complaints
from skystork.planning.check_volumes import RawSource
from skystork.planning.check_zones import RawAirspace, read_limits
from skystork.planning.document import plan_document
from skystork.planning.flight_plan import FlightPlan, Infeasible, LegName
from skystork.planning.planner import Planner

FRAME = LocalFrame(DEPOT)
LIMIT_M_S = 6.0
AREA = box(500.0, -400.0, 800.0, 300.0)


def zone(**changes):
    corners = [FRAME.to_geodetic(*corner) for corner in AREA.exterior.coords]
    ring = tuple((corner.longitude_deg, corner.latitude_deg) for corner in corners)
    limits = [AltitudeLimit(metres, AltitudeReference.AGL, f"{metres} m AGL") for metres in (0.0, 500.0)]
    made = Zone("park", "TOWN PARK", "PARK", Restriction.CONDITIONAL, (ring,), *limits, speed_limit_m_s=LIMIT_M_S)
    return replace(made, **changes)


def planned(zones, **profile):
    planner = Planner(ZoneSet(zones, FRAME, 0.0), FRAME, service_radius_m=6000.0)
    asked = straight_plan(FRAME, distance_m=1500.0).request
    return planner.plan(replace(asked, profile=replace(QUAD, **profile)))


@pytest.fixture(scope="module")
def slowed():
    plan = planned([zone()])
    assert isinstance(plan, FlightPlan), plan
    return plan


def speeds_inside(leg, area):
    """Ground speeds at 200 points of each piece that lie in the area."""
    found = []
    for segment in leg.segments:
        shares = np.linspace(0.0, 1.0, 200)
        places = evaluate(segment_points(segment), shares)
        speeds = np.hypot(*evaluate(derivative_points(segment_points(segment), segment.duration_s), shares).T)
        found += [speed for place, speed in zip(places, speeds, strict=True) if area.contains(Point(place))]
    return found


@pytest.mark.parametrize("name", [LegName.OUTBOUND, LegName.INBOUND])
def test_a_leg_keeps_the_limit_inside_and_its_speed_outside(slowed, name):
    leg = slowed.leg(name)
    inside, outside = speeds_inside(leg, AREA), speeds_inside(leg, box(900, -50, 1400, 50))
    assert 0.98 * LIMIT_M_S < max(inside) <= LIMIT_M_S * (1 + 1e-6)
    assert max(outside) > 0.99 * QUAD.cruise_air_speed_m_s
    assert leg.duration_s > planned([]).leg(name).duration_s + 20.0


def test_a_limit_above_or_below_the_height_or_at_another_time_is_none(slowed):
    high = zone(lower=AltitudeLimit(300.0, AltitudeReference.AGL, "300 m AGL"))
    assert planned([high]).duration_s == pytest.approx(planned([]).duration_s)


def test_the_mission_slows_down_before_and_goes_on_faster_after(slowed):
    items = compile_mission(slowed, FRAME).items
    speeds = [item.params[1] for item in items if item.command == MAV_CMD_DO_CHANGE_SPEED]
    assert speeds[:4] == [15.0, LIMIT_M_S, 15.0, LIMIT_M_S]
    in_force, before = 15.0, None
    for item in items:
        if item.command == MAV_CMD_DO_CHANGE_SPEED:
            in_force = item.params[1]
        elif item.latitude_deg:
            here = FRAME.to_enu_m(type(DEPOT)(item.latitude_deg, item.longitude_deg))
            if before is not None and LineString([before, here]).buffer(0.1).intersects(AREA):
                assert in_force == LIMIT_M_S
            before = here


def test_a_wing_goes_round_what_it_cannot_fly_slowly_through(darlington):
    planner = Planner(ZoneSet([zone()], FRAME, 0.0), FRAME, service_radius_m=6000.0)
    asked = straight_plan(FRAME, distance_m=5000.0).request
    plan = planner.plan(replace(asked, profile=darlington.winged, battery_j=darlington.winged.battery_j))
    assert not isinstance(plan, Infeasible), plan
    assert speeds_inside(plan.leg(LegName.OUTBOUND), AREA) == []
    assert plan.request.profile.airframe is Airframe.LIFT_AND_CRUISE


def checked(plan, zones):
    document = plan_document(plan)
    source = RawSource("zones.geojson", "geojson", write_geojson(zones).text)
    raw = RawAirspace((source,), "[]", "{}", 0.0)
    flight = read_document(document)
    return list(speed_complaints(flight, read_limits(raw, flight.plane)))


def test_the_check_passes_the_plan_and_blocks_one_that_never_heard_of_the_limit(slowed):
    assert checked(slowed, [zone()]) == []
    told = checked(planned([]), [zone()])
    assert [(rule, leg) for rule, leg, *_ in told] == [("zone speed", "outbound"), ("zone speed", "inbound")]
    assert "15.00 m/s in TOWN PARK, where 6.00 m/s are allowed" in told[0][2]


def test_the_check_sees_a_fast_passage_through_a_corner_of_the_zone():
    """Neither end of any piece lies inside, and the area is two metres wide."""
    narrow = Polygon([(749.0, -1.0), (751.0, -1.0), (751.0, 1.0), (749.0, 1.0)])
    ring = tuple((c.longitude_deg, c.latitude_deg) for c in (FRAME.to_geodetic(*xy) for xy in narrow.exterior.coords))
    told = checked(planned([]), [zone(rings=(ring,))])
    assert {leg for _, leg, *_ in told} == {"outbound", "inbound"}


@pytest.mark.parametrize("limit", [0.2, 400.0, "6 m/s", True])
def test_a_limit_of_another_unit_or_none_at_all_is_refused(limit):
    document = json.loads(write_geojson([zone()]).text)
    document["features"][0]["properties"]["speed_limit_m_s"] = limit
    with pytest.raises(ConfigError, match="not a limit of speed"):
        read_zones(json.dumps(document), where="zones", rules=AirspaceRules({}))


def test_a_site_rule_says_the_limit_where_the_file_cannot():
    rules = AirspaceRules({"PARK": KindRule(Restriction.CONDITIONAL, speed_limit_m_s=4.0)})
    (found,) = read_zones(write_geojson([zone()]).text, where="zones", rules=rules).zones
    assert found.speed_limit_m_s == 4.0
    raw = RawAirspace(
        (RawSource("zones", "geojson", write_geojson([zone(speed_limit_m_s=None)]).text),),
        "[]",
        json.dumps({"PARK": {"restriction": "CONDITIONAL", "granted_below_agl_m": 0.0, "speed_limit_m_s": 4.0}}),
        0.0,
    )
    limits = read_limits(raw, MeridianPlane(DEPOT.latitude_deg, DEPOT.longitude_deg))
    assert list(limits.speed_limit_m_s) == [4.0]
