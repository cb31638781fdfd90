"""Paths and trajectories on the public scenes: exact length against brute force, bounds and time of the curve."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely import Polygon

from skystork.planning.bezier import derivative_points, evaluate, segment_points
from skystork.planning.corridor import lay_corridor
from skystork.planning.cruise import plan_cruise
from skystork.planning.free_space import grown, space_of
from skystork.planning.shortest_path import ShortestPaths, path_length_m
from skystork.planning.time_layout import Motion
from skystork.planning.trajectory import optimise_trajectory

SCENES = Path(__file__).parents[1] / "data/scenes"
CALM = Motion(20.0, 4.0, 8.0, (0.0, 0.0))


def load(name):
    scene = json.loads((SCENES / f"{name}.json").read_text())
    height_m, margin_m = scene["cruise_z"], scene["margin"]
    active = [
        Polygon(one["poly"], one["holes"])
        for one in scene["obstacles"]
        if one["floor"] - 5 <= height_m <= one["ceil"] + 5
    ]
    outer = Polygon(scene["boundary"]).buffer(-margin_m).difference(grown(active, margin_m))
    queries = [((a, b), (c, d)) for a, b, c, d in scene["queries"]]
    return space_of(outer, margin_m), queries


def brute_force_lengths(free, queries):
    """Dijkstra over every corner of the free space and every pair that sees each other, by crossing tests alone."""
    ends = np.array([place for query in queries for place in query])
    corners = np.concatenate([ends, np.unique(shapely.get_coordinates(free), axis=0)])
    rows, columns = np.triu_indices(len(corners), 1)
    lines = shapely.linestrings(np.stack([corners[rows], corners[columns]], axis=1))
    walls = free.buffer(1e-3, join_style="mitre")
    shapely.prepare(walls)
    seen = shapely.contains(walls, lines)
    lengths = np.zeros((len(corners), len(corners)))
    lengths[rows[seen], columns[seen]] = np.hypot(*(corners[rows[seen]] - corners[columns[seen]]).T)
    found = dijkstra(lengths, directed=False, indices=np.arange(0, len(ends), 2))
    return [found[number, 2 * number + 1] for number in range(len(queries))]


@pytest.mark.parametrize("name", ["trap", "slit", "tenmile"])
def test_every_path_is_as_short_as_brute_force_finds(name):
    space, queries = load(name)
    paths = space.paths
    expected = brute_force_lengths(space.outer, queries)
    for (start, goal), length_m in zip(queries, expected, strict=True):
        path = paths.between(start, goal)
        assert path is not None
        assert path_length_m(path) == pytest.approx(length_m, abs=0.02)


def test_the_walled_goal_is_proven_unreachable():
    space, queries = load("unreachable")
    assert all(ShortestPaths(space.outer).between(start, goal) is None for start, goal in queries)


def flown(name, count, motion=CALM):
    space, queries = load(name)
    for start, goal in queries[:count]:
        path = space.paths.between(start, goal)
        if path is None:
            continue
        found = plan_cruise(path, space.walls, motion)
        assert found is not None
        yield space, path, found.trajectory


@pytest.mark.parametrize(
    ("name", "count", "wind"),
    [("trap", 3, (0.0, 0.0)), ("slit", 3, (0.0, 0.0)), ("tenmile", 8, (0.0, 0.0)), ("trap", 2, (6.0, -5.0))],
)
def test_every_curve_stays_free_smooth_and_within_its_bounds(name, count, wind):
    motion = Motion(20.0, 4.0, 8.0, wind)
    shares = np.linspace(0.0, 1.0, 101)
    for space, path, found in flown(name, count, motion):
        before = (np.array(path[0]), np.zeros(2), np.zeros(2))
        for segment in found.segments:
            points = segment_points(segment)
            curves = [points]
            for _ in range(3):
                curves.append(derivative_points(curves[-1], segment.duration_s))
            for was, curve, allowed in zip(before, curves, (1e-6, 1e-4, 1e-3), strict=False):
                assert np.hypot(*(curve[0] - was)) <= allowed
            before = tuple(curve[-1] for curve in curves[:3])
            limits = (motion.air_speed_m_s, motion.acceleration_m_s2, motion.jerk_m_s3)
            for curve, limit, carried in zip(curves[1:], limits, (np.array(wind), 0.0, 0.0), strict=True):
                assert np.max(np.hypot(*(evaluate(curve, shares) - carried).T)) <= limit * (1 + 1e-6)
            assert shapely.LineString(evaluate(points, shares)).difference(space.outer.buffer(0.01)).length == 0
        assert np.hypot(*(before[0] - np.array(path[-1]))) <= 1e-6
        assert np.hypot(*before[1]) <= 1e-6


@pytest.mark.parametrize(("name", "count", "gap"), [("tenmile", 8, 1.0002), ("trap", 6, 1.027), ("slit", 6, 1.06)])
def test_the_mean_flight_is_near_the_bound_that_nothing_beats(name, count, gap):
    flights = [(found.duration_s, path_length_m(path)) for _, path, found in flown(name, count)]
    ratios = [duration_s / (length_m / 20.0 + 20.0 / 4.0 + 4.0 / 8.0) for duration_s, length_m in flights]
    assert np.mean(ratios) <= gap
    assert min(ratios) >= 1 - 1e-6  # the bound is one: the path is the shortest of the space that the curve stays in


def test_a_straight_flight_takes_the_bound_itself():
    path = ((0.0, 0.0), (3000.0, 1000.0))
    found = optimise_trajectory(path, lay_corridor(path, np.empty((0, 2, 2)), 100.0), CALM)
    assert found is not None
    assert found.duration_s == pytest.approx(path_length_m(path) / 20.0 + 5.5, rel=2e-3)


@pytest.mark.parametrize("length_m", [2.0, 15.0, 60.0, 400.0])
def test_short_hops_are_flown_too(length_m):
    path = ((10.0, 20.0), (10.0, 20.0 + length_m))
    found = optimise_trajectory(path, lay_corridor(path, np.empty((0, 2, 2)), 100.0), CALM)
    assert found is not None
    assert found.duration_s <= 1.1 * found.shortest_time_s + 0.1
