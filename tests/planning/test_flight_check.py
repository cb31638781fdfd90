import copy
import json
import math
import random

import pytest
from tests_support.document_faults import NOT_CHECKED

from skystork.planning.document import plan_document
from skystork.planning.flight_plan import FlightPlan


@pytest.fixture(scope="module")
def sound(darlington):
    plan = darlington.planner.plan(darlington.request(darlington.yarm, wind_enu_m_s=(4.0, -3.0)))
    assert isinstance(plan, FlightPlan)
    return plan_document(plan)


def rules_broken(darlington, document, **changes):
    return {violation.rule for violation in darlington.check(document, **changes)}


def shifted(document, place, east_deg, north_deg):
    """Move one control point, alike in degrees and in metres, as a lying writer would."""
    leg, piece, point = place
    changed = copy.deepcopy(document)
    written = changed["legs"][leg]["segments"][piece]
    written["control_points_deg"][point][0] += east_deg
    written["control_points_deg"][point][1] += north_deg
    written["control_points_enu_m"][point][0] += east_deg * 64_700.0
    written["control_points_enu_m"][point][1] += north_deg * 111_320.0
    return changed


def test_the_plan_as_planned_passes(darlington, sound):
    assert darlington.check(sound) == ()


def test_the_whole_way_moved_into_the_zone_is_refused_with_metres(darlington, sound):
    changed = copy.deepcopy(sound)
    for written in changed["legs"][1]["segments"][5:-5]:
        for point, metres in zip(written["control_points_deg"], written["control_points_enu_m"], strict=True):
            point[1] -= 0.004
            metres[1] -= 0.004 * 111_320.0
    found = [one for one in darlington.check(changed) if one.rule == "clearance"]
    assert found
    assert "TEESSIDE INTERNATIONAL FRZ" in found[0].detail
    assert found[0].limit == pytest.approx(5.0 + 2 * 36.0**2 / 7.0 + 20.0)
    assert float(found[0].value) < 0.0


def test_a_zone_published_after_the_plan_is_seen(darlington, sound):
    yarm = {"latitude_deg": 54.509, "longitude_deg": -1.345}
    circle = {
        "zone_id": "n",
        "name": "NEW",
        "kind": "D",
        "centre": yarm,
        "radius_m": 50.0,
        "lower": "SFC",
        "upper": "UNL",
    }
    legs = {violation.leg for violation in darlington.check(sound, circles=[circle])}
    assert legs == {"outbound", "descent", "drop", "drop_climb", "inbound", ""}  # and the hover box of the doorstep


def test_a_thin_zone_across_the_way_is_found_between_all_control_points(darlington, sound):
    """A strip 20 cm wide across the inbound leg: sampling every metre would miss it."""
    middle = sound["legs"][5]["segments"][20]["control_points_deg"][2]
    lon, lat = middle[0], middle[1]
    ring = [[lon, lat - 0.01], [lon + 3e-6, lat - 0.01], [lon + 3e-6, lat + 0.01], [lon, lat + 0.01], [lon, lat - 0.01]]
    properties = {"id": "s", "name": "STRIP", "type": "D", "localtype": None, "lower": "SFC", "upper": "UNL"}
    feature = {"properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    text = json.dumps({"features": [feature]})
    broken = darlington.check(sound, zones_geojson=text)
    assert {(one.rule, one.leg) for one in broken} >= {("clearance", "inbound")}


def test_a_kind_that_the_rules_do_not_know_is_closed(darlington, sound):
    broken = darlington.check(sound, kinds={})
    assert {violation.leg for violation in broken} >= {"climb", "outbound", "inbound", "landing"}


def test_zone_data_that_cannot_be_read_refuses_every_plan(darlington, sound):
    for text in ("", "[]", '{"features": [{}]}', '{"features": [{"properties": {"type": "D"}, "geometry": null}]}'):
        assert rules_broken(darlington, sound, zones_geojson=text) == {"readable"}


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (("legs", 1, "start_height_home_m"), 300.0, "heights"),
        (("legs", 2, "end_height_home_m"), 40.0, "heights"),
        (("legs", 0, "duration_s"), 5.0, "vertical speed"),
        (("legs", 3, "duration_s"), 2.0, "drop hold"),
        (("legs", 1, "duration_s"), 200.0, "duration"),
        (("duration_s",), 500.0, "duration"),
        (("time_to_drop_s",), 100.0, "duration"),
        (("legs", 1, "energy_j"), 1.0, "energy"),
        (("energy_j",), 1.0e5, "energy"),
        (("reserve_j",), 5.0e6, "energy"),
        (("battery_on_board_j",), 2.0e6, "reserve"),
        (("battery_on_board_j",), 5.4e7, "energy"),
        (("battery_on_board_j",), 0.6e6, "way back"),
        (("drop_off", "latitude_deg"), 54.52, "places"),
        (("pad", "longitude_deg"), -1.50, "places"),
        (("origin", "latitude_deg"), 54.50, "frame"),
        (("profile", "max_acceleration_m_s2"), 0.05, "motion"),
        (("profile", "max_air_speed_m_s"), 20.0, "motion"),
        (("profile", "max_jerk_m_s3"), 0.5, "motion"),
        (("profile", "position_error_m"), 400.0, "clearance"),
        (("profile", "drop_height_m"), 2.0, "drop height"),
        (("version",), 2, "readable"),
        (("flight_id",), "F-2", "request"),
        (("order_id",), "O-2", "request"),
        (("vehicle_id",), "LC-2", "request"),
        (("departs_at_s",), 1.8e9 + 1.0, "request"),
        (("payload_kg",), 1.9, "request"),
        (("profile", "max_jerk_m_s3"), 400.0, "request"),
        (("start", "latitude_deg"), 54.5167, "request"),
        (("margin_m",), 395.0, "margin"),
        (("zone_set_hash",), "", "zones"),
        (("profile", "reserve_fraction"), 0.95, "reserve"),
        (("wind_enu_m_s",), [11.0, 0.0], "energy"),
        (("wind_enu_m_s",), [40.0, 0.0], "readable"),
        (("payload_kg",), 5.0, "readable"),
        (("legs", 1, "segments"), [], "readable"),
        (("legs", 0, "segments", 0), None, "readable"),
    ],
)
def test_one_changed_number_breaks_the_rule_it_stands_for(darlington, sound, path, value, rule):
    changed = copy.deepcopy(sound)
    place = changed
    for key in path[:-1]:
        place = place[key]
    if path[-1] == 0:
        place.append(value)
    else:
        place[path[-1]] = value
    assert rule in rules_broken(darlington, changed)


def test_doorstep_and_pad_exchanged_are_refused(darlington, sound):
    changed = {**sound, "pad": sound["drop_off"], "drop_off": sound["pad"]}
    assert "places" in rules_broken(darlington, changed)


def test_missing_doubled_and_exchanged_legs_are_refused(darlington, sound):
    legs = sound["legs"]
    for other in (legs[1:], legs[:-1], [*legs, legs[-1]], [legs[0], legs[5], *legs[2:5], legs[1], legs[6]], []):
        assert rules_broken(darlington, {**sound, "legs": other}) & {"legs", "readable"}


def test_a_missing_part_of_any_name_is_refused(darlington, sound):
    for key in sound.keys() - NOT_CHECKED:
        assert rules_broken(darlington, {name: value for name, value in sound.items() if name != key}) == {"readable"}


@pytest.mark.parametrize("seed", range(30))
def test_no_random_damage_to_the_curve_passes(darlington, sound, seed):
    """A control point moved by 20 m to 1 km anywhere on either way breaks clearance, continuity or a bound."""
    rng = random.Random(seed)
    leg = rng.choice((1, 5))
    piece, point = rng.randrange(len(sound["legs"][leg]["segments"])), rng.randrange(6)
    size, angle = 10 ** rng.uniform(1.3, 3.0) / 64_700.0, rng.uniform(0, 2 * math.pi)
    changed = shifted(sound, (leg, piece, point), size * math.cos(angle), size * math.sin(angle))
    assert rules_broken(darlington, changed)


@pytest.mark.parametrize("seed", range(30))
def test_no_number_that_is_not_one_passes(darlington, sound, seed):
    rng = random.Random(seed)
    changed = copy.deepcopy(sound)
    leg = changed["legs"][rng.randrange(7)]
    bad = rng.choice([math.nan, math.inf, -math.inf, "7", None, True])
    places = [(leg, "duration_s"), (leg, "energy_j"), (leg, "start_height_home_m"), (changed, "energy_j")]
    places += [(changed["profile"], "position_error_m"), (changed["pad"], "latitude_deg"), (changed["wind_enu_m_s"], 0)]
    if leg["segments"]:
        written = rng.choice(leg["segments"])
        places += [(written, "duration_s"), (rng.choice(written["control_points_deg"]), rng.randrange(2))] * 3
    holder, key = rng.choice(places)
    holder[key] = bad
    assert rules_broken(darlington, changed) == {"readable"}
