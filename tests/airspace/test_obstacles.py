import math

import numpy as np
import pytest
from shapely import box

from skystork.airspace.obstacles import Obstacle, ObstacleSet
from skystork.airspace.terrain import Terrain
from skystork.frames import Geodetic, LocalFrame

FRAME = LocalFrame(Geodetic(54.5166, -1.5075))


def tower(name="tower", *, east_m=500.0, height_m=60.0, roof_amsl_m=None):
    corners = [(east_m, 0.0), (east_m + 20, 0.0), (east_m + 20, 30.0), (east_m, 30.0), (east_m, 0.0)]
    places = [FRAME.to_geodetic(*corner) for corner in corners]
    ring = tuple((place.longitude_deg, place.latitude_deg) for place in places)
    return Obstacle(name, (ring,), height_m, roof_amsl_m)


def test_an_obstacle_closes_what_is_below_its_roof_and_the_margin():
    built = ObstacleSet([tower(), tower("shed", east_m=900.0, height_m=5.0)], FRAME, 45.0, margin_m=10.0)
    assert [each.obstacle.obstacle_id for each in built.closed_at(69.9)] == ["tower"]
    assert built.closed_at(70.0) == ()
    assert [each.obstacle.obstacle_id for each in built.closed_at(4.0)] == ["tower", "shed"]


def test_only_what_touches_the_area_is_given():
    built = ObstacleSet([tower(), tower("shed", east_m=900.0, height_m=5.0)], FRAME, 45.0)
    near_shed = box(850, -50, 950, 50)
    assert [each.obstacle.obstacle_id for each in built.closed_at(4.0, near_shed)] == ["shed"]
    assert built.highest_m(near_shed) == 15.0
    assert built.highest_m(box(-100, -100, 0, 0)) == -math.inf
    assert built.closed[0].polygon_enu_m.area == pytest.approx(600.0, rel=1e-6)


def test_a_roof_above_sea_level_is_brought_down_by_the_sites_elevation():
    built = ObstacleSet([tower(height_m=None, roof_amsl_m=145.0)], FRAME, 45.0)
    assert built.closed[0].roof_home_m == 100.0


def test_with_terrain_the_highest_ground_under_it_carries_the_roof():
    ground = Terrain(np.array([[60, 70], [60, 60]], dtype=np.float32), -1.6, 54.6, 0.2, 0.2)
    assert ObstacleSet([tower()], FRAME, 45.0, terrain=ground).closed[0].roof_home_m == 70 + 60 - 45


def test_where_the_ground_is_not_known_it_closes_all_heights_and_somebody_is_told():
    elsewhere = Terrain(np.zeros((2, 2), dtype=np.float32), 8.0, 47.0, 0.1, 0.1)
    built = ObstacleSet([tower()], FRAME, 45.0, terrain=elsewhere)
    assert built.closed_at(10_000.0)
    assert "does not cover" in str(built.notices[0])


def test_the_hash_changes_with_a_height():
    one, other = (ObstacleSet([tower(height_m=height_m)], FRAME, 45.0).hash for height_m in (60.0, 61.0))
    assert one != other


def test_no_obstacles_close_nothing():
    assert ObstacleSet([], FRAME, 45.0).closed_at(0.0, box(-1, -1, 1, 1)) == ()
