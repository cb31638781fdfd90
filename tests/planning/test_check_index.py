import math

import numpy as np
import pytest
import shapely

from skystork.frames import Geodetic, LocalFrame
from skystork.planning.check_geometry import MeridianPlane
from skystork.planning.check_index import EdgeIndex, clearance_m, too_near
from skystork.planning.check_motion import greatest_norm

SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]])
SHARES = np.linspace(0.0, 1.0, 2001)
BASIS = np.array([math.comb(5, k) * SHARES**k * (1 - SHARES) ** (5 - k) for k in range(6)]).T


def index_of(rings, circles=()):
    edges = [np.stack([ring[:-1], ring[1:]], axis=1) for ring in rings]
    owners = np.repeat(np.arange(len(rings)), [len(each) for each in edges])
    centres = np.array([place for place, _ in circles]).reshape(-1, 2)
    circle_owner = np.arange(len(rings), len(rings) + len(circles))
    joined = np.concatenate(edges) if edges else np.empty((0, 2, 2))
    return EdgeIndex(joined, owners, centres, np.array([r for _, r in circles]), circle_owner)


def straight(start, end):
    share = np.linspace(0, 1, 6)[:, None]
    return ((1 - share) * start + share * end)[None]


@pytest.mark.parametrize("latitude_deg", [0.0, 54.5, 70.0, -45.0, 80.0])
def test_the_plane_of_the_check_meets_that_of_the_planner(latitude_deg):
    """Two series by two authors, across the antimeridian too."""
    frame, plane = LocalFrame(Geodetic(latitude_deg, 179.95)), MeridianPlane(latitude_deg, 179.95)
    angles = np.linspace(0, 2 * math.pi, 24)
    for far_m in (1_000.0, 16_093.0, 100_000.0):
        places = [(far_m * math.cos(angle), far_m * math.sin(angle)) for angle in angles]
        positions = [frame.to_geodetic(*place) for place in places]
        degrees = np.array([[position.longitude_deg, position.latitude_deg] for position in positions])
        assert np.max(np.abs(plane.project(degrees) - places)) < 2e-4


@pytest.mark.parametrize("seed", range(6))
def test_what_is_too_near_is_what_dense_sampling_finds(seed):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-2_000, 2_000, (300, 2))
    rings = [place + size * SQUARE for place, size in zip(centres, rng.uniform(5, 120, 300), strict=True)]
    ends = rng.uniform(-2_000, 2_000, (12, 2, 2))
    curves = np.concatenate([straight(*pair) for pair in ends]) + rng.normal(0, 40, (12, 6, 2))
    closed = rng.random(300) < 0.8
    found = {(each.curve, each.owner) for each in too_near(curves, index_of(rings), closed, 7.0)}
    areas = [shapely.Polygon(ring) for ring in rings]
    lines = [shapely.LineString(BASIS @ curve) for curve in curves]
    gaps = {(c, o): line.distance(areas[o]) for c, line in enumerate(lines) for o in np.flatnonzero(closed)}
    sampled = {pair for pair, gap_m in gaps.items() if gap_m < 6.99}
    assert sampled
    assert sampled <= found
    assert all(gaps[pair] < 7.01 for pair in found)
    least_m = min(gaps.values())
    measured_m = clearance_m(curves, index_of(rings), closed, 50.0)
    assert measured_m == pytest.approx(min(least_m, 50.0), abs=0.01)


@pytest.mark.parametrize(("gap_m", "is_near"), [(4.9985, True), (4.998, True), (5.0, False), (5.01, False)])
def test_two_millimetres_tell(gap_m, is_near):
    curve = straight(np.array([-3_000.0, 0.0]), np.array([3_000.0, 0.0]))
    wall = np.array([[10.0, gap_m], [40.0, gap_m], [40.0, 90.0], [10.0, 90.0], [10.0, gap_m]])
    assert bool(too_near(curve, index_of([wall]), np.array([True]), 5.0)) is is_near
    circle = index_of([], [((25.0, gap_m + 900.0), 900.0)])
    assert bool(too_near(curve, circle, np.array([True]), 5.0)) is is_near


def test_a_curve_wholly_inside_far_from_every_edge_is_found():
    curve = straight(np.array([-10.0, 0.0]), np.array([10.0, 0.0]))
    assert [near.distance_m for near in too_near(curve, index_of([5_000.0 * SQUARE]), np.array([True]), 5.0)] == [0.0]
    around = index_of([], [((0.0, 0.0), 9_000.0)])
    assert too_near(curve, around, np.array([True]), 5.0)[0].distance_m < -8_000.0


def test_a_hole_is_outside():
    rings = np.array([*(5_000.0 * SQUARE), *(500.0 * SQUARE)])
    edges = np.concatenate([np.stack([r[:-1], r[1:]], axis=1) for r in (rings[:5], rings[5:])])
    none = np.empty(0, dtype=np.int64)
    index = EdgeIndex(edges, np.zeros(8, dtype=np.int64), np.empty((0, 2)), np.empty(0), none)
    curve = straight(np.array([-10.0, 0.0]), np.array([10.0, 0.0]))
    assert too_near(curve, index, np.array([True]), 400.0) == []
    assert too_near(curve, index, np.array([True]), 491.0)


def test_the_greatest_norm_is_reached_and_never_passed():
    rng = np.random.default_rng(5)
    curves = rng.normal(0, 10, (40, 6, 2))
    sampled = max(float(np.max(np.hypot(*(BASIS @ curve).T))) for curve in curves)
    assert sampled <= greatest_norm(curves) <= sampled * 1.0002
