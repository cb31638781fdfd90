"""The fence on board: it holds the whole path, shuts out the closed zones that reach into it, and fits the vehicle."""

from collections.abc import Sequence

import pytest
from shapely import LineString, Point, Polygon
from tests_support.plans import DEPOT, straight_plan

from skystork.flight.fence import (
    MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION,
    MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION,
    compile_fence,
)
from skystork.flight.mission import compile_mission
from skystork.frames import Geodetic, LocalFrame
from skystork.planning.fence_outline import (
    CLEAR_M,
    FENCE_HALF_WIDTH_M,
    FENCE_VERTICES,
    exclusion_polygons,
    inclusion_polygon,
    lay_fence,
)

FRAME = LocalFrame(DEPOT)
PLAN = straight_plan(FRAME, distance_m=3000.0)
PATH = LineString([(0.0, 0.0), (3000.0, 0.0)])


def round_zone(east_m: float, north_m: float, radius_m: float) -> Polygon:
    """As a published circle: a hundred corners."""
    return Point(east_m, north_m).buffer(radius_m, quad_segs=25)


BESIDE = round_zone(1500.0, 400.0, 355.0)
"""45 m beside the path."""


def polygons(closed: Sequence[Polygon], swept: Sequence[Polygon] = ()) -> list[tuple[int, Polygon]]:
    """The polygons of a compiled fence, as a vehicle reads them: by the count in each vertex."""
    items, found = list(compile_fence(lay_fence(PLAN.legs, closed, swept, half_width_m=FENCE_HALF_WIDTH_M), FRAME)), []
    while items:
        count = int(items[0].params[0])
        corners = [FRAME.to_enu_m(Geodetic(each.latitude_deg, each.longitude_deg)) for each in items[:count]]
        assert {each.command for each in items[:count]} == {items[0].command}
        found.append((items[0].command, Polygon(corners)))
        items = items[count:]
    return found


def test_without_closed_zones_it_is_one_polygon_about_pad_path_and_doorstep() -> None:
    ((command, outline),) = polygons([])
    assert command == MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION
    assert outline.contains(PATH.buffer(40.0))


def test_a_closed_zone_that_reaches_in_is_shut_out_and_the_path_stays_clear_of_it() -> None:
    (_, outline), (command, zone) = polygons([BESIDE])
    assert command == MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION
    assert outline.contains(PATH.buffer(40.0))
    assert zone.distance(PATH) >= CLEAR_M
    inside = outline.intersection(BESIDE)
    assert inside.difference(zone.buffer(12.0)).area < 0.01 * inside.area


def test_a_zone_far_away_costs_no_vertex() -> None:
    assert len(polygons([round_zone(1500.0, 2000.0, 300.0)])) == 1


@pytest.mark.parametrize("count", [1, 3, 8])
def test_however_many_zones_there_are_it_fits_and_the_nearest_are_in_it(count: int) -> None:
    zones = [round_zone(300.0 + 350.0 * index, 200.0 + 5.0 * index, 155.0) for index in range(count)]
    assert lay_fence(PLAN.legs, zones, half_width_m=FENCE_HALF_WIDTH_M).vertices <= FENCE_VERTICES
    chosen = exclusion_polygons(PATH, zones)
    assert chosen and min(zone.distance(PATH) for zone in chosen) == pytest.approx(45.0, abs=12.0)


def test_a_zone_on_the_path_is_left_to_the_check_and_not_made_a_fence_about_the_vehicle() -> None:
    assert exclusion_polygons(PATH, [round_zone(1500.0, 0.0, 100.0)]) == []


def test_the_pad_the_doorstep_and_the_rally_point_lie_inside() -> None:
    outline = inclusion_polygon(PATH)
    mission = compile_mission(PLAN, FRAME)
    for place in (*mission.rally, *(item for item in mission.items if item.latitude_deg)):
        at = FRAME.to_enu_m(Geodetic(place.latitude_deg, place.longitude_deg))
        assert outline.contains(Point(at))


def test_what_straight_ways_home_sweep_over_lies_inside_however_ragged_it_is() -> None:
    fan = Polygon([(0.0, 0.0), *((3000.0 - 40.0 * step, 900.0 + 30.0 * (step % 2)) for step in range(70))])
    ((_, outline),) = polygons([], [fan])
    assert outline.contains(fan.buffer(40.0)) and outline.contains(PATH.buffer(40.0))
    assert len(outline.exterior.coords) - 1 <= FENCE_VERTICES
