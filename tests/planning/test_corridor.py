import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon, box

from skystork.fleet.profile import Airframe
from skystork.planning.corridor import NoCorridorError, as_corridor, lay_corridor
from skystork.planning.cruise import roomy_path
from skystork.planning.free_space import EDGE_MARGIN_M, free_space, grown, planning_margin_m, service_disc


def space_of(obstacles):
    return free_space(box(0, 0, 2000, 2000), obstacles, 10.0)


@pytest.mark.parametrize("seed", range(12))
def test_every_cell_is_convex_free_and_holds_its_leg(seed):
    rng = random.Random(seed)
    obstacles = [
        Polygon([(x + rng.uniform(20, 150) * math.cos(k), y + rng.uniform(20, 150) * math.sin(k)) for k in range(6)])
        for x, y in ((rng.uniform(300, 1700), rng.uniform(200, 1800)) for _ in range(12))
    ]
    space = space_of(obstacles)
    taut = space.paths.between((20.0, 1000.0), (1980.0, 1000.0))
    assert taut is not None
    path = roomy_path(taut, space.walls)
    cells = lay_corridor(path, space.walls, 300.0)
    for number, cell in enumerate(cells):
        polygon = Polygon(cell.corners_m)
        leg = LineString(path[number : number + 2])
        assert polygon.is_valid
        assert polygon.convex_hull.area == pytest.approx(polygon.area)
        assert polygon.difference(space.outer).area < 1e-4 * polygon.area + 1e-3
        assert np.all(cell.normals @ np.array(leg.coords).T <= cell.offsets_m[:, None] + 1e-6)
        assert polygon.area > 100.0
    for before, after in itertools.pairwise(cells):
        assert Polygon(before.corners_m).intersection(Polygon(after.corners_m)).area > 1.0


def test_without_walls_a_cell_reaches_as_far_as_told():
    (cell,) = lay_corridor(((0.0, 0.0), (100.0, 0.0)), np.empty((0, 2, 2)), 50.0)
    assert Polygon(cell.corners_m).bounds == (-50.0, -50.0, 150.0, 50.0)


def test_a_leg_on_a_wall_has_no_corridor():
    walls = np.array([[[50.0, 0.0], [60.0, 0.0]]])
    with pytest.raises(NoCorridorError):
        lay_corridor(((0.0, 0.0), (100.0, 0.0)), walls, 50.0)


def test_the_plain_corridor_keeps_the_corners_of_the_cells():
    path = ((0.0, 0.0), (100.0, 0.0))
    corridor = as_corridor(lay_corridor(path, np.empty((0, 2, 2)), 50.0), path)
    assert corridor.path_enu_m == path
    assert len(corridor.polygons_enu_m[0]) == 4


def test_grown_zones_hold_every_point_within_the_margin():
    spike = Polygon([(0, 0), (100, 1), (0, 2)])
    assert grown([spike], 10.0).covers(spike.buffer(9.99))


def test_a_place_at_the_very_edge_is_none_to_fly_from():
    space = space_of([box(900, 900, 1100, 1100)])
    assert space.outer.boundary.distance(shapely.Point(890.0, 1000.0)) == pytest.approx(0.0, abs=1e-9)
    assert not space.holds(890.0, 1000.0)
    assert not space.holds(1000.0, 1000.0)
    assert space.holds(889.9, 1000.0)


def test_the_service_polygon_holds_the_whole_disc():
    assert service_disc(1000.0).covers(shapely.Point(0, 0).buffer(1000.0 - 1e-6, quad_segs=200))


def test_the_margin_of_rotors_is_position_error_stopping_distance_and_wind(darlington):
    rotors = replace(darlington.winged, airframe=Airframe.MULTIROTOR)
    assert planning_margin_m(rotors) == pytest.approx(5.0 + 30.0**2 / 14.0 + 20.0 + EDGE_MARGIN_M)


def test_the_margin_of_a_wing_holds_the_half_circle_of_turning_back(darlington):
    v_m_s, a_m_s2 = darlington.winged.max_air_speed_m_s, darlington.winged.max_acceleration_m_s2
    assert planning_margin_m(darlington.winged) == pytest.approx(5.0 + 2 * v_m_s**2 / a_m_s2 + 20.0 + EDGE_MARGIN_M)
