import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box, union_all

from skystork.airspace.altitudes import read_altitude
from skystork.airspace.schedule import DailyPeriod, Edge
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Period, Restriction, Zone
from skystork.frames import Geodetic, LocalFrame

FRAME = LocalFrame(Geodetic(54.5166, -1.5075))
RING = ((-1.5, 54.5), (-1.4, 54.5), (-1.4, 54.6), (-1.5, 54.6), (-1.5, 54.5))


def zone(*, lower="SFC", upper="2000 ft", restriction=Restriction.PROHIBITED, granted=0.0, active=None, zone_id="z"):
    low, high = read_altitude(lower), read_altitude(upper)
    assert low is not None
    assert high is not None
    return Zone(zone_id, zone_id.upper(), "X", restriction, (RING,), low, high, granted, active)


def closed(one, *, floor_m=0.0, ceiling_m=100.0, from_s=0.0, to_s=10.0, ground_m=60.0):
    return bool(ZoneSet([one], FRAME, ground_m).closed_zones(floor_m, ceiling_m, from_s, to_s))


def test_a_prohibited_zone_from_the_surface_closes_every_flight():
    assert closed(zone())
    assert closed(zone(), ceiling_m=1.0)


def test_a_zone_high_above_closes_nothing_until_the_flight_comes_within_the_height_error():
    overhead = zone(lower="1200 ft")  # 365.76 m AMSL, 305.76 m above the site
    assert not closed(overhead, ceiling_m=290.0)
    assert closed(overhead, ceiling_m=300.0)
    assert closed(overhead, ceiling_m=290.0, ground_m=80.0)


def test_an_authorised_zone_closes_only_what_rises_above_the_granted_height():
    control = zone(restriction=Restriction.REQ_AUTHORISATION, granted=121.92)
    assert not closed(control, ceiling_m=120.0)
    assert closed(control, ceiling_m=122.0)
    assert closed(zone(restriction=Restriction.REQ_AUTHORISATION), ceiling_m=5.0)


def test_conditional_zones_are_told_but_close_nothing():
    assert not closed(zone(restriction=Restriction.CONDITIONAL))
    assert not closed(zone(restriction=Restriction.NO_RESTRICTION))


def test_a_flight_level_may_be_300_m_lower_than_it_says():
    level = zone(lower="FL15", upper="FL100")  # 457.2 m
    assert closed(level, ceiling_m=100.0)
    assert not closed(level, ceiling_m=80.0, ground_m=60.0)


def test_a_zone_is_closed_only_while_it_may_be_active():
    morning = zone(active=(Period(100.0, 200.0),))
    assert closed(morning, from_s=150.0, to_s=160.0)
    assert closed(morning, from_s=0.0, to_s=100.0)
    assert not closed(morning, from_s=201.0, to_s=300.0)
    assert not closed(morning, from_s=0.0, to_s=99.0)


def test_the_hash_changes_with_everything_that_matters_and_not_with_the_order():
    one, two = zone(), zone(zone_id="y")
    base = ZoneSet([one, two], FRAME, 60.0).hash
    assert ZoneSet([two, one], FRAME, 60.0).hash == base
    others = [
        ZoneSet([one], FRAME, 60.0),
        ZoneSet([one, two], FRAME, 61.0),
        ZoneSet([one, replace(two, granted_below_agl_m=1.0)], FRAME, 60.0),
        ZoneSet([one, replace(two, restriction=Restriction.CONDITIONAL)], FRAME, 60.0),
        ZoneSet([one, replace(two, active=())], FRAME, 60.0),
        ZoneSet([one, replace(two, rings=(((-1.5, 54.5000001), *RING[1:-1], (-1.5, 54.5000001)),))], FRAME, 60.0),
    ]
    assert base not in {other.hash for other in others}


def test_zones_at_a_point_are_those_that_hold_its_place_height_and_time():
    inside = FRAME.to_enu_m(Geodetic(54.55, -1.45))
    zones = ZoneSet([zone(), zone(lower="1200 ft", zone_id="high")], FRAME, 60.0)
    assert [one.zone_id for one in zones.zones_at(*inside, 50.0, 0.0)] == ["z"]
    assert [one.zone_id for one in zones.zones_at(*inside, 400.0, 0.0)] == ["z", "high"]
    assert [one.zone_id for one in zones.zones_over(*inside)] == ["z", "high"]
    assert zones.zones_at(0.0, 0.0, 50.0, 0.0) == ()


def test_a_long_edge_keeps_to_its_line_in_degrees():
    wide = replace(zone(), rings=(((-2.5, 54.5), (0.5, 54.5), (0.5, 54.9), (-2.5, 54.9), (-2.5, 54.5)),))
    polygon = ZoneSet([wide], FRAME, 60.0).closed_zones(0.0, 50.0, 0.0, 1.0)[0].polygon_enu_m
    on_the_edge = FRAME.to_enu_m(Geodetic(54.5, -1.5))
    nearest = min(math.dist(on_the_edge, corner) for corner in polygon.exterior.coords)
    assert nearest < 3500.0
    assert abs(polygon.exterior.distance(Point(on_the_edge))) < 1.0


def many(count):
    """Small squares in rows, every third of them only on Saturdays, every fifth far above."""
    saturdays = (Period(-math.inf, math.inf, (DailyPeriod((5,), Edge(0.0), Edge(86_399.0)),)),)
    side = math.ceil(math.sqrt(count))
    for index in range(count):
        west, south = -1.9 + 0.8 * (index % side) / side, 54.3 + 0.45 * (index // side) / side
        step = 0.3 / side
        ring = ((west, south), (west + step, south), (west + step, south + step), (west, south + step), (west, south))
        yield replace(
            zone(zone_id=f"z{index}", lower="3000 ft" if index % 5 == 0 else "SFC"),
            rings=(ring,),
            active=saturdays if index % 3 == 0 else None,
        )


@given(
    east_m=st.floats(-20_000, 20_000),
    north_m=st.floats(-20_000, 20_000),
    size_m=st.floats(10, 20_000),
    ceiling_m=st.floats(0, 1500),
    day=st.integers(0, 6),
)
@settings(max_examples=60, deadline=None)
def test_the_index_finds_what_a_look_at_every_zone_finds(east_m, north_m, size_m, ceiling_m, day):
    area = box(east_m, north_m, east_m + size_m, north_m + size_m)
    from_s = datetime(2026, 11, 16 + day, 12, tzinfo=UTC).timestamp()
    found = MANY.closed_zones(0.0, ceiling_m, from_s, from_s + 60, within=area)
    every = MANY.closed_zones(0.0, ceiling_m, from_s, from_s + 60)
    assert found == tuple(volume for volume in every if volume.polygon_enu_m.intersects(area))
    low_m = MANY.ground_amsl_m
    slow = [
        one.zone_id
        for one in MANY.zones
        if one.lower.value_m - (low_m if one.lower.value_m else math.inf) <= ceiling_m + 10
        and (one.active is None or day == 5)
    ]
    assert [volume.zone.zone_id for volume in every] == slow


MANY = ZoneSet(list(many(400)), FRAME, 60.0)


def test_the_ceiling_over_a_place_is_the_lowest_of_what_stands_over_it():
    inside = FRAME.to_enu_m(Geodetic(54.55, -1.45))
    control = zone(restriction=Restriction.REQ_AUTHORISATION, granted=121.92, upper="UNL")
    overhead = zone(lower="1200 ft", zone_id="high")
    assert ZoneSet([control, overhead], FRAME, 60.0).ceiling_home_m(*inside, 0.0) == 121.92
    assert ZoneSet([overhead], FRAME, 60.0).ceiling_home_m(*inside, 0.0) == 1200 * 0.3048 - 60 - 10
    assert ZoneSet([zone()], FRAME, 60.0).ceiling_home_m(*inside, 0.0) == -math.inf
    assert ZoneSet([], FRAME, 60.0).ceiling_home_m(*inside, 0.0) == math.inf


def test_u_space_closes_until_a_site_says_that_its_services_are_used():
    assert closed(zone(restriction=Restriction.USPACE))
    assert not closed(zone(restriction=Restriction.USPACE, granted=120.0))


def test_a_ground_stop_closes_every_place():
    world = ((-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0), (-180.0, -90.0))
    stop = ZoneSet([replace(zone(upper="UNL"), rings=(world,), everywhere=True)], FRAME, 60.0)
    assert stop.closed_zones(0.0, 1.0, 0.0, 1.0, within=Point(99_000.0, -99_000.0).buffer(1.0))


@pytest.mark.parametrize("longitude_deg", [179.98, -179.98])
def test_a_zone_cut_at_the_antimeridian_is_whole_in_the_sites_frame(longitude_deg):
    frame = LocalFrame(Geodetic(-17.0, longitude_deg))
    parts = [
        replace(zone(zone_id=name), rings=(((w, -17.05), (e, -17.05), (e, -16.95), (w, -16.95), (w, -17.05)),))
        for name, w, e in (("a", 179.9, 180.0), ("b", -180.0, -179.9))
    ]
    area = union_all(ZoneSet(parts, frame, 0.0).closed_polygons(50.0, 0.0, 1.0))
    assert area.geom_type == "Polygon"
    assert area.area == pytest.approx(0.2 * 106_469 * 0.1 * 110_669, rel=2e-3)  # metres a degree at 17 S
    assert area.contains(Point(0.0, 0.0))
