import math
from dataclasses import replace

import numpy as np
import pytest

from skystork.airspace.altitudes import SURFACE, UNLIMITED, read_altitude
from skystork.airspace.terrain import Terrain
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Period, Restriction, Zone
from skystork.airspace.zone_changes import PlannedWay, is_inside, leaves_for_good, touches, zone_changes
from skystork.frames import Geodetic, LocalFrame

FRAME = LocalFrame(Geodetic(54.5166, -1.5075))


def square(name, east_m, half_m=100.0, **changes):
    corners = [
        (east_m - half_m, -half_m),
        (east_m + half_m, -half_m),
        (east_m + half_m, half_m),
        (east_m - half_m, half_m),
    ]
    places = [FRAME.to_geodetic(*corner) for corner in (*corners, corners[0])]
    ring = tuple((place.longitude_deg, place.latitude_deg) for place in places)
    zone = Zone(name, name, "D", Restriction.PROHIBITED, (ring,), SURFACE, UNLIMITED)
    return replace(zone, **changes)


def zones(*found, **given):
    return ZoneSet(found, FRAME, 45.0, **given)


def way(*points, height_m=80.0, margin_m=50.0, step_s=10.0):
    track = np.array([(east, north, height_m) for east, north in points], dtype=float)
    return PlannedWay(track, np.arange(len(points)) * step_s, margin_m)


EASTWARD = way(*((100.0 * index, 0.0) for index in range(21)))


def test_zones_are_compared_by_id_with_the_fields_that_differ():
    old = zones(square("a", 0), square("b", 500), square("c", 900))
    lowered = square("b", 500, upper=read_altitude("500 ft"), restriction=Restriction.CONDITIONAL)
    changes = zone_changes(old, zones(square("a", 0, source="elsewhere"), lowered, square("d", 1500)))
    assert [zone.zone_id for zone in changes.added] == ["d"]
    assert [zone.zone_id for zone in changes.removed] == ["c"]
    ((changed, names),) = changes.changed
    assert (changed.zone_id, set(names)) == ("b", {"upper", "restriction"})
    assert changes.closing == {"b", "d"}
    assert not zone_changes(old, old)


def test_another_ground_under_an_unchanged_zone_is_a_change():
    band = {"lower": read_altitude("30 m AGL"), "upper": read_altitude("120 m AGL")}
    hill = Terrain(np.full((3, 3), 80, dtype=np.float32), -2.0, 55.0, 0.5, 0.5)
    changes = zone_changes(zones(square("a", 0, **band)), zones(square("a", 0, **band), terrain=hill))
    assert [(zone.zone_id, names) for zone, names in changes.changed] == [("a", ("band",))]


def test_a_way_is_touched_where_and_when_it_comes_nearer_than_its_margin():
    (touch,) = touches(zones(square("a", 1000)), EASTWARD)
    assert (touch.first_at_s, touch.last_at_s, touch.nearest_m) == (80.0, 120.0, 0.0)
    beside = way(*((100.0 * index, 140.0) for index in range(21)))
    (touch,) = touches(zones(square("a", 1000)), beside)
    assert touch.nearest_m == pytest.approx(40.0, abs=0.01)
    assert touches(zones(square("a", 1000)), way(*((100.0 * index, 151.0) for index in range(21)))) == ()


def test_zones_are_told_in_the_order_they_are_met_and_only_those_asked_about():
    both = zones(square("far", 1500), square("near", 500))
    assert [touch.zone.zone_id for touch in touches(both, EASTWARD)] == ["near", "far"]
    assert [touch.zone.zone_id for touch in touches(both, EASTWARD, frozenset({"far"}))] == ["far"]


def test_a_zone_counts_while_the_way_is_there():
    def active(from_s, to_s):
        return touches(zones(square("a", 1000, active=(Period(from_s, to_s),))), EASTWARD)

    assert active(90.0, 95.0)
    assert not active(0.0, 70.0)
    assert not active(125.0, math.inf)


def test_a_zone_counts_that_becomes_active_while_a_late_way_may_be_there():
    late = replace(EASTWARD, late_s=900.0)

    def active(from_s, to_s):
        return touches(zones(square("a", 1000, active=(Period(from_s, to_s),))), late)

    (touch,) = active(165.0, math.inf)  # 45 s after the planned passage
    assert (touch.first_at_s, touch.last_at_s) == (80.0, 120.0)
    assert active(1019.0, math.inf)
    assert not active(1021.0, math.inf)
    assert not active(0.0, 70.0)
    again = square("a", 1000, active=(Period(165.0, math.inf),))
    assert not leaves_for_good(zones(square("b", 0), again), late)


def test_a_zone_high_above_touches_nothing():
    assert touches(zones(square("a", 1000, lower=read_altitude("1000 ft"))), EASTWARD) == ()


def test_inside_is_where_the_way_begins_without_its_margin():
    assert is_inside(zones(square("a", 0)), EASTWARD)
    assert not is_inside(zones(square("a", 120)), EASTWARD)
    assert not is_inside(zones(square("a", 1000)), EASTWARD)


def test_a_way_leads_out_if_it_comes_into_no_zone_again():
    assert leaves_for_good(zones(square("a", 0)), EASTWARD)
    assert not leaves_for_good(zones(square("a", 0), square("b", 1000)), EASTWARD)
    assert not leaves_for_good(zones(square("a", 0, 50_000.0)), EASTWARD)
    assert leaves_for_good(zones(), EASTWARD)


def test_an_aircraft_that_stands_in_one_place_is_a_way_too():
    assert touches(zones(square("a", 0)), way((0.0, 0.0)))
    assert touches(zones(square("a", 0)), PlannedWay(np.empty((0, 3)), np.empty(0), 10.0)) == ()


def test_a_narrow_zone_between_two_points_of_a_way_that_leads_out_is_met_all_the_same():
    assert not leaves_for_good(zones(square("a", 0), square("thin", 1050, 10.0)), EASTWARD)


def test_a_way_out_may_lead_through_zones_that_overlap_and_not_through_one_that_begins_after_a_gap():
    assert leaves_for_good(zones(square("a", 0), square("b", 150)), EASTWARD)
    assert not leaves_for_good(zones(square("a", 0), square("b", 250)), EASTWARD)


def test_a_way_that_ends_in_a_narrow_zone_leads_nowhere():
    assert not leaves_for_good(zones(square("a", 0), square("end", 1995, 20.0)), EASTWARD)
