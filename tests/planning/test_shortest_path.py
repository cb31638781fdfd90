import itertools
import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra
from shapely import Polygon, box
from tests_support.visibility_search import ShortestPaths as VisibleCorners

from skystork.planning.shortest_path import ShortestPaths, path_length_m


def brute_force_m(free, start, goal):
    """Every pair of corners, seen or not by its own test, and Dijkstra over all of them."""
    corners = np.unique(np.array([start, goal, *shapely.get_coordinates(free)]), axis=0)
    sight = free.buffer(1e-3, join_style="mitre")
    lengths = np.full((len(corners), len(corners)), 0.0)
    for i, j in itertools.combinations(range(len(corners)), 2):
        if not shapely.LineString([corners[i], corners[j]]).difference(sight).length > 0:
            lengths[i, j] = lengths[j, i] = max(math.dist(corners[i], corners[j]), 1e-9)
    first = int(np.argmin(np.hypot(*(corners - np.array(start)).T)))
    last = int(np.argmin(np.hypot(*(corners - np.array(goal)).T)))
    return float(dijkstra(lengths, directed=False, indices=first)[last])


def test_a_free_line_is_the_path():
    assert ShortestPaths(box(0, 0, 10, 10)).between((1.0, 1.0), (9.0, 4.0)) == ((1.0, 1.0), (9.0, 4.0))


def test_a_square_in_the_way_is_passed_at_its_nearer_corners():
    free = box(0, 0, 10, 10).difference(box(4, 4.5, 6, 9))
    path = ShortestPaths(free).between((1.0, 5.0), (9.0, 5.0))
    assert path == ((1.0, 5.0), (4.0, 4.5), (6.0, 4.5), (9.0, 5.0))


def test_two_rooms_without_a_door_are_proven_apart():
    free = box(0, 0, 10, 10).difference(box(4, -1, 6, 11))
    assert ShortestPaths(free).between((1.0, 5.0), (9.0, 5.0)) is None


def test_a_place_outside_has_no_path():
    free = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    paths = ShortestPaths(free)
    assert paths.between((5.0, 5.0), (9.0, 9.0)) is None
    assert paths.between((1.0, 1.0), (11.0, 1.0)) is None


def test_a_path_does_not_slip_through_a_wall_at_a_single_shared_corner():
    touching = shapely.union_all([box(4, 0, 6, 5), box(6, 5, 8, 10)])
    free = box(0, 0, 12, 10).difference(touching)
    assert ShortestPaths(free).between((5.0, 8.0), (7.0, 2.0)) is None


def test_answers_do_not_depend_on_what_was_asked_before():
    free = box(0, 0, 100, 100).difference(shapely.union_all([box(20, 20, 40, 90), box(60, 10, 80, 70)]))
    asked = [((5.0, 50.0), (95.0, 40.0)), ((50.0, 5.0), (50.0, 95.0)), ((10.0, 95.0), (90.0, 5.0))]
    reused = ShortestPaths(free)
    for start, goal in [*asked, *asked[::-1]]:
        assert reused.between(start, goal) == ShortestPaths(free).between(start, goal)


@st.composite
def stars(draw):
    """A star-shaped polygon, mostly not convex."""
    x, y = draw(st.floats(25, 75)), draw(st.floats(10, 90))
    radii = draw(st.lists(st.floats(3, 22), min_size=3, max_size=7))
    step = 2 * math.pi / len(radii)
    return Polygon([(x + r * math.cos(k * step), y + r * math.sin(k * step)) for k, r in enumerate(radii)])


@settings(max_examples=40)
@given(obstacles=st.lists(stars(), min_size=1, max_size=4), heights=st.tuples(st.floats(5, 95), st.floats(5, 95)))
def test_among_random_obstacles_the_length_is_that_of_brute_force(obstacles, heights):
    free = box(0, 0, 100, 100).difference(shapely.union_all(obstacles))
    start, goal = (1.0, heights[0]), (99.0, heights[1])
    path = ShortestPaths(free).between(start, goal)
    expected = brute_force_m(free, start, goal)
    if path is None:
        assert math.isinf(expected)
    else:
        assert path_length_m(path) == pytest.approx(expected, abs=0.02)
        assert shapely.LineString(path).difference(free.buffer(2e-3)).length == 0


SCENES = Path(__file__).parents[1] / "data/scenes"


def free_and_box(name):
    scene = json.loads((SCENES / f"{name}.json").read_text())
    polygons = [Polygon(one["poly"], one["holes"]) for one in scene["obstacles"]]
    grown = shapely.union_all(shapely.buffer(polygons, scene["margin"], join_style="mitre", mitre_limit=2.0))
    boundary = Polygon(scene["boundary"])
    return boundary.difference(grown), boundary.bounds


@pytest.mark.parametrize("name", ["tenmile", "trap", "slit", "unreachable"])
def test_on_the_scenes_it_agrees_with_the_search_over_visible_corners(name):
    """The other search shares no code: A* over what corners see, by shapely's predicates."""
    free, (west, south, east, north) = free_and_box(name)
    rng = random.Random(name)
    over_triangles, over_corners = ShortestPaths(free), VisibleCorners(free)
    for _ in range(60):
        start, goal = ((rng.uniform(west, east), rng.uniform(south, north)) for _ in "ab")
        path, expected = over_triangles.between(start, goal), over_corners.between(start, goal)
        assert (path is None) == (expected is None)
        if path is not None:
            assert path_length_m(path) == pytest.approx(path_length_m(expected), abs=1e-6)
            assert shapely.LineString(path).difference(free.buffer(1e-3)).length == 0


def test_ends_on_corners_and_edges_of_the_space_are_answered():
    free = box(0, 0, 10, 10).difference(box(4, 4.5, 6, 9))
    paths = ShortestPaths(free)
    assert paths.between((4.0, 9.0), (6.0, 4.5)) == ((4.0, 9.0), (4.0, 4.5), (6.0, 4.5))
    assert paths.between((0.0, 0.0), (10.0, 10.0))[1:-1] == ((6.0, 4.5),) or path_length_m(
        paths.between((0.0, 0.0), (10.0, 10.0))
    ) == pytest.approx(path_length_m(VisibleCorners(free).between((0.0, 0.0), (10.0, 10.0))), abs=1e-6)


@pytest.mark.parametrize("place", [(math.nan, 1.0), (math.inf, 1.0), (1e12, 0.0)])
def test_a_place_that_is_none_has_no_path(place):
    assert ShortestPaths(box(0, 0, 10, 10)).between(place, (1.0, 1.0)) is None


def test_an_empty_space_has_no_path():
    assert ShortestPaths(Polygon()).between((0.0, 0.0), (1.0, 1.0)) is None
