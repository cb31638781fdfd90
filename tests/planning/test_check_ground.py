import json
import math
import random
from dataclasses import asdict, replace

import numpy as np
import pytest

from skystork.airspace.building_file import read_obstacles
from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.terrain import Terrain
from skystork.fleet.profile import Airframe
from skystork.planning.check_geometry import MeridianPlane
from skystork.planning.check_ground import RawObstacles, RawTerrain, highest_ground_amsl_m
from skystork.planning.check_zones import texts_hash
from skystork.planning.document import plan_document
from skystork.planning.flight_check import check_flight
from skystork.planning.flight_plan import FlightPlan
from skystork.planning.planner import Planner

GROUND_AMSL_M = 45.0


class Town:
    """A town of buildings of 10 to 90 m between the depot and a door 4 km to the north."""

    def __init__(self, darlington, seed, count=120):
        self.darlington, self.rng = darlington, random.Random(seed)
        self.features = [self._building(number) for number in range(count)]
        self.rotors = replace(
            darlington.winged,
            airframe=Airframe.MULTIROTOR,
            cruise_air_speed_m_s=15.0,
            max_air_speed_m_s=18.0,
            max_acceleration_m_s2=3.0,
            battery_j=5.0e7,
        )
        self.request = darlington.request(
            darlington.frame.to_geodetic(0.0, 4_000.0), profile=self.rotors, battery_j=5.0e7, inbound_height_m=70.0
        )

    def _building(self, number):
        east, north, half = self.rng.uniform(-900, 900), self.rng.uniform(300, 3_700), self.rng.uniform(8, 30)
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
        places = [self.darlington.frame.to_geodetic(east + half * x, north + half * y) for x, y in corners]
        ring = [[place.longitude_deg, place.latitude_deg] for place in places]
        height = self.rng.choice([self.rng.uniform(10, 90), f"{self.rng.uniform(10, 90):.1f} m"])
        shape = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "id": number, "properties": {"height": height}, "geometry": shape}

    @property
    def text(self):
        return json.dumps({"type": "FeatureCollection", "features": self.features})

    def plan(self):
        obstacles, _ = read_obstacles(self.text, where="town", service_area=None)
        known = ObstacleSet(obstacles, self.darlington.frame, GROUND_AMSL_M)
        planner = Planner(self.darlington.zone_set, self.darlington.frame, service_radius_m=16_093.0, obstacles=known)
        plan = planner.plan(self.request)
        assert isinstance(plan, FlightPlan)
        return plan

    def check(self, plan, *, text=None, terrain=None):
        raw = RawObstacles("town", text or self.text, None, 10.0)
        airspace = replace(self.darlington.airspace(), obstacles=raw, terrain=terrain)
        facts = replace(self.darlington.facts(airspace), obstacle_set_hash=plan.around.obstacle_set_hash)
        assert facts.zone_texts_hash == texts_hash(airspace)
        return check_flight(plan_document(plan), airspace=airspace, asked=asdict(plan.request), site=facts)


@pytest.mark.parametrize("seed", range(3))
def test_a_way_through_a_town_passes_and_a_storey_more_does_not(darlington, seed):
    town = Town(darlington, seed)
    plan = town.plan()
    assert town.check(plan) == ()
    for feature in town.features:
        feature["properties"] = {"height": 300.0}
    rules = {(violation.rule, violation.leg) for violation in town.check(plan)}
    assert ("clearance", "outbound") in rules


def test_a_building_without_a_height_is_closed_at_all_heights(darlington):
    town = Town(darlington, 1, count=1)
    plan = town.plan()
    middle = plan.leg(plan.legs[1].name).segments[len(plan.legs[1].segments) // 2].control_points_enu_m[0]
    place = darlington.frame.to_geodetic(*middle)
    mast = {"type": "Point", "coordinates": [place.longitude_deg, place.latitude_deg]}
    town.features.append({"type": "Feature", "id": "mast", "properties": {"radius_m": 2.0}, "geometry": mast})
    found = town.check(plan)
    assert any("obstacle mast" in violation.detail for violation in found)


def test_buildings_that_cannot_be_read_close_the_site(darlington):
    town = Town(darlington, 1, count=3)
    plan = town.plan()
    town.features[1]["properties"]["height"] = "high"
    assert {violation.rule for violation in town.check(plan)} == {"readable"}


def grid(darlington, heights):
    depot = darlington.depot
    return RawTerrain(heights, depot.longitude_deg - 0.5, depot.latitude_deg + 0.5, 1 / 120, 1 / 120, 5.0)


def test_a_hill_under_the_way_and_a_hole_in_the_grid_are_refused(darlington):
    town = Town(darlington, 2, count=2)
    plan = town.plan()
    flat = np.full((121, 121), 45.0, dtype=np.float32)
    assert town.check(plan, terrain=grid(darlington, flat)) == ()
    hill = flat.copy()
    hill[58, 60] = 45.0 + 70.0  # 2 km north of the depot
    assert {violation.rule for violation in town.check(plan, terrain=grid(darlington, hill))} >= {"ground"}
    hole = flat.copy()
    hole[58, 60] = np.nan
    assert {violation.rule for violation in town.check(plan, terrain=grid(darlington, hole))} >= {"ground"}


@pytest.mark.parametrize("seed", range(4))
def test_both_readings_of_a_grid_agree(seed):
    rng = np.random.default_rng(seed)
    heights = rng.uniform(0, 500, (60, 80)).astype(np.float32)
    heights[20, 30] = np.nan
    place = (-1.5, 55.0, 0.01, 0.008)
    planner, check = Terrain(heights, *place, error_m=3.0), RawTerrain(heights, *place, 3.0)
    for _ in range(300):
        west, south = rng.uniform(-1.7, -0.7), rng.uniform(54.4, 55.1)
        box = (west, south, west + rng.uniform(0, 0.2), south + rng.uniform(0, 0.2))
        assert check.range_amsl_m(box) == planner.range_amsl_m(*box)


def test_the_highest_ground_under_a_box_is_never_missed():
    heights = np.zeros((361, 361), dtype=np.float32)
    heights[180, 183] = 400.0
    raw = RawTerrain(heights, -1.5, 55.5, 1 / 360, 1 / 360, 0.0)
    plane = MeridianPlane(54.8, -1.2)
    there = plane.project(np.array([[-1.5 + 183 / 360, 55.5 - 180 / 360]]))
    for away_m in (0.0, 20.0):
        low, high = there + away_m - 30.0, there + away_m + 30.0
        assert highest_ground_amsl_m(raw, plane, low, high) == 400.0
    assert math.isinf(highest_ground_amsl_m(raw, plane, there - 1e5, there + 1e5))
