import itertools
import math
import random

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from skystork.planning.bezier import evaluate, segment_points
from skystork.planning.corridor import NoCorridorError, lay_corridor
from skystork.planning.cruise import SpeedZone, plan_cruise, roomy_path, without_short_legs
from skystork.planning.free_space import space_of
from skystork.planning.shortest_path import path_length_m
from skystork.planning.time_layout import Motion

CALM = Motion(20.0, 4.0, 8.0, (0.0, 0.0))


def field(*closed):
    return space_of(box(0, 0, 2000, 2000).difference(shapely.union_all(list(closed))), 5.0)


def flown(space, start, goal, motion=CALM, zones=()):
    path = space.paths.between(start, goal)
    found = plan_cruise(path, space.walls, motion, zones)
    assert found is not None
    return found


def speeds_m_s(cruise):
    """Of samples, with where they are."""
    found = []
    for segment in cruise.trajectory.segments:
        points = segment_points(segment)
        velocity = 5 / segment.duration_s * np.diff(points, axis=0)
        shares = np.linspace(0, 1, 20)
        found += list(zip(evaluate(points, shares), np.hypot(*evaluate(velocity, shares).T), strict=True))
    return found


def test_the_same_request_gives_the_same_curve_whatever_was_flown_before():
    space = field(box(400, 0, 600, 1500), box(1200, 500, 1400, 2000))
    first = flown(space, (100.0, 100.0), (1900.0, 1900.0))
    flown(space, (1900.0, 100.0), (100.0, 1900.0))
    assert flown(space, (100.0, 100.0), (1900.0, 1900.0)).trajectory == first.trajectory


def test_bends_are_moved_off_their_walls_and_legs_keep_clear():
    space = field(box(400, 0, 600, 1500), box(800, 500, 1000, 2000))
    path = roomy_path(space.paths.between((100.0, 100.0), (1500.0, 1900.0)), space.walls)
    walls = shapely.multilinestrings(list(space.walls.edges_m))
    for leg in itertools.pairwise(path):
        assert shapely.LineString(leg).distance(walls) > 0.1


def test_a_leg_that_grazes_a_wall_between_its_ends_is_moved_off_it_too():
    space = field(box(900, 0, 1100, 1000))
    path = space.paths.between((100.0, 1000.0), (1900.0, 1000.0))
    assert len(path) <= 4
    found = flown(space, (100.0, 1000.0), (1900.0, 1000.0))
    assert found.trajectory.duration_s == pytest.approx(1800 / 20 + 5.5, rel=2e-3)


def test_a_gap_of_no_width_is_told():
    space = field(box(0, 0, 990, 1000), box(990 + 1e-7, 0, 2000, 1000), box(0, 1100, 2000, 2000))
    path = ((990.0 + 5e-8, 10.0), (990.0 + 5e-8, 1050.0))
    with pytest.raises(NoCorridorError):
        plan_cruise(path, space.walls, CALM)


def test_a_speed_zone_is_flown_through_within_its_limit_and_the_rest_at_full_speed():
    space = field()
    zone = box(800, -10, 1200, 2010)
    found = flown(space, (100.0, 1000.0), (1900.0, 1000.0), zones=(SpeedZone(zone, 8.0),))
    inside = [speed for place, speed in speeds_m_s(found) if zone.covers(shapely.Point(place))]
    outside = [speed for place, speed in speeds_m_s(found) if not zone.covers(shapely.Point(place))]
    assert max(inside) <= 8.0 * (1 + 1e-6)
    assert max(outside) > 19.5
    assert found.trajectory.duration_s == pytest.approx(400 / 8 + 1400 / 20 + 5.5, rel=0.1)


@pytest.mark.parametrize("wind", [(8.0, 0.0), (-8.0, 0.0), (0.0, 8.0), (6.0, -5.0)])
def test_the_air_speed_is_kept_in_wind_and_the_time_is_that_of_the_wind_triangle(wind):
    space = field()
    motion = Motion(20.0, 4.0, 8.0, wind)
    found = flown(space, (100.0, 1000.0), (1900.0, 1000.0), motion)
    for segment in found.trajectory.segments:
        velocity = 5 / segment.duration_s * np.diff(segment_points(segment), axis=0)
        assert np.hypot(*(velocity - np.array(wind)).T).max() <= 20.0 * (1 + 1e-6)
    ground_m_s = wind[0] + math.sqrt(400.0 - wind[1] ** 2)
    assert found.trajectory.duration_s == pytest.approx(1800 / ground_m_s + ground_m_s / 4 + 0.5, rel=2e-2)


@pytest.mark.parametrize("seed", range(6))
def test_in_a_random_city_every_curve_stays_in_free_space(seed):
    rng = random.Random(seed)
    towers = [
        shapely.affinity.rotate(box(x, y, x + rng.uniform(40, 90), y + rng.uniform(40, 90)), rng.uniform(0, 90))
        for x, y in ((rng.uniform(100, 1800), rng.uniform(100, 1800)) for _ in range(90))
    ]
    space = field(*towers)
    found = flown(space, *_free_places(space, rng))
    for segment in found.trajectory.segments:
        curve = shapely.LineString(evaluate(segment_points(segment), np.linspace(0, 1, 101)))
        assert space.outer.buffer(0.01).covers(curve)
    assert found.trajectory.duration_s <= 1.25 * found.trajectory.shortest_time_s


def _free_places(space, rng):
    part = max(shapely.get_parts(space.outer), key=lambda each: each.area)
    places = []
    while len(places) < 2:
        place = (rng.uniform(10, 1990), rng.uniform(10, 1990))
        if part.contains(shapely.Point(place)) and space.holds(*place):
            places.append(place)
    return places


def test_cells_of_the_corridor_hold_the_segments_said_to_be_in_them():
    space = field(Polygon([(700, 0), (900, 1500), (1100, 0)]))
    found = flown(space, (100.0, 100.0), (1900.0, 100.0))
    for index, segment in zip(found.trajectory.cells, found.trajectory.segments, strict=True):
        cell = found.cells[index]
        assert np.max(segment_points(segment) @ cell.normals.T - cell.offsets_m) <= 1e-3


def test_a_leg_of_centimetres_is_left_out_where_its_neighbours_hold_its_place():
    path = ((100.0, 100.0), (500.0, 100.0), (500.4, 100.3), (900.0, 400.0))
    cells = lay_corridor(path, field(box(900, 900, 1000, 1000)).walls, 200.0)
    points, kept = without_short_legs(path, cells, 6.0)
    assert len(points) == 3
    assert len(kept) == 2
    for cell, ends in zip(kept, itertools.pairwise(points), strict=True):
        assert max(float(np.max(cell.normals @ np.array(end) - cell.offsets_m)) for end in ends) <= 1e-9


def test_a_long_leg_stays():
    path = ((100.0, 100.0), (500.0, 100.0), (520.0, 120.0), (900.0, 400.0))
    cells = lay_corridor(path, field(box(900, 900, 1000, 1000)).walls, 200.0)
    assert without_short_legs(path, cells, 6.0) == (path, cells)


@pytest.mark.parametrize("top_m", [659.55, 1000.1, 1234.567])
@pytest.mark.parametrize("below", [True, False])
def test_walls_that_end_on_one_line_are_flown_along_whatever_rounding_says_of_the_bends(top_m, below):
    """The path runs along both ends and does not turn at two of the four corners."""
    low, high = (0.0, top_m) if below else (top_m, 2000.0)
    space = space_of(
        box(0, 0, 2000, 2000).difference(
            shapely.union_all([box(420.45, low, 579.55, high), box(640.45, low, 789.55, high)])
        ),
        0.0,
    )
    side = top_m - 400.0 if below else top_m + 400.0
    for start, goal in (((200.0, side), (1000.0, side)), ((1000.0, side - 50.0), (42.7, side))):
        path = space.paths.between(start, goal)
        roomy = roomy_path(path, space.walls)
        assert path_length_m(roomy) < path_length_m(path) + 10.0
        assert plan_cruise(path, space.walls, CALM) is not None


@pytest.mark.parametrize("sagitta_m", [8e-4, -8e-4, 1e-5, 0.0])
def test_a_long_wall_that_bends_by_less_than_a_millimetre_is_flown_along(sagitta_m):
    """As the east side of a published box does, straight in degrees and cut into parts of 500 m."""
    north = np.linspace(1000.0, 5000.0, 9)
    east = 1500.0 + sagitta_m * (1 - ((north - 3000.0) / 2000.0) ** 2)
    closed = Polygon([(1000.0, 1000.0), *zip(east, north, strict=True), (1000.0, 5000.0)])
    space = space_of(box(0, 0, 4000, 6000).difference(closed), 0.0)
    path = space.paths.between((1300.0, 200.0), (1300.0, 5800.0))
    assert path_length_m(roomy_path(path, space.walls)) < path_length_m(path) + 10.0
    assert plan_cruise(path, space.walls, CALM) is not None
