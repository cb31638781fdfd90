import math

import numpy as np
import pytest

from skystork.airspace.terrain import Terrain

GRID = np.array([[10, 20, 30], [40, 50, 60], [70, 80, np.nan]], dtype=np.float32)
TERRAIN = Terrain(GRID, 8.0, 47.0, 0.1, 0.1, error_m=2.0)


def test_between_samples_the_ground_is_weighed_by_distance():
    assert TERRAIN.height_amsl_m(8.0, 47.0) == 10.0
    assert TERRAIN.height_amsl_m(8.05, 46.95) == pytest.approx((10 + 20 + 40 + 50) / 4)
    assert TERRAIN.height_amsl_m(8.05, 46.8) == pytest.approx(75.0)
    assert TERRAIN.height_amsl_m(8.1, 46.8) == pytest.approx(80.0), "a hole beside it has no share in it"


def test_outside_and_beside_a_hole_nothing_is_guessed():
    assert TERRAIN.height_amsl_m(7.99, 47.0) is None
    assert TERRAIN.height_amsl_m(8.0, 47.01) is None
    assert TERRAIN.height_amsl_m(8.15, 46.85) is None


def test_a_range_takes_every_sample_that_the_box_touches_and_the_error():
    assert TERRAIN.range_amsl_m(8.01, 46.92, 8.04, 46.97) == (8.0, 52.0)
    assert TERRAIN.range_amsl_m(8.0, 46.9, 8.2, 47.0) == (8.0, 62.0)


def test_a_range_over_a_hole_or_over_the_edge_is_unknown():
    assert TERRAIN.range_amsl_m(8.15, 46.82, 8.18, 46.88) is None
    assert TERRAIN.range_amsl_m(7.9, 46.9, 8.1, 47.0) is None


def test_the_antimeridian_is_no_edge_of_the_grid():
    grid = Terrain(np.full((2, 5), 7, dtype=np.float32), 179.9, -16.0, 0.05, 1.0)
    assert grid.height_amsl_m(-179.95, -16.5) == 7.0
    assert math.isclose(grid.height_amsl_m(179.99, -16.5) or 0, 7.0)


def test_the_hash_changes_with_a_height_and_with_the_place():
    moved = Terrain(GRID, 8.1, 47.0, 0.1, 0.1, error_m=2.0)
    higher = GRID.copy()
    higher[0, 0] += 1
    assert len({TERRAIN.hash, moved.hash, Terrain(higher, 8.0, 47.0, 0.1, 0.1, error_m=2.0).hash}) == 3
