import json
import math

import pytest

from skystork.airspace.building_file import read_obstacles
from skystork.errors import ConfigError
from skystork.frames import Geodetic

SITE = Geodetic(54.5166, -1.5075)
RING = [[-1.50, 54.51], [-1.499, 54.51], [-1.499, 54.511], [-1.50, 54.511], [-1.50, 54.51]]


def building(name="b1", geometry=None, **properties):
    shape = geometry or {"type": "Polygon", "coordinates": [RING]}
    return {"type": "Feature", "id": name, "properties": properties, "geometry": shape}


def read(*features, **options):
    text = json.dumps({"type": "FeatureCollection", "features": list(features)})
    return read_obstacles(text, where="buildings", service_area=(SITE, 50_000.0), **options)


def test_heights_are_metres_as_numbers_or_words_and_the_greatest_counts():
    found, notices = read(
        building("a", height=12), building("b", height="12.5 m"), building("c", height_m=8, render_height=11)
    )
    assert [each.height_m for each in found] == [12.0, 12.5, 11.0]
    assert notices == ()


def test_a_roof_above_sea_level_and_a_mast_are_obstacles_too():
    mast = {"type": "Point", "coordinates": [-1.5, 54.51]}
    found, _ = read(building("a", roof_amsl_m=80.0), building("mast", mast, height=45, radius_m=15))
    assert (found[0].height_m, found[0].roof_amsl_m) == (None, 80.0)
    assert len(found[1].rings[0]) == 73


def test_without_a_height_it_closes_all_heights_or_what_the_site_says_and_is_told():
    found, notices = read(building("a", levels=3))
    assert found[0].height_m == math.inf
    assert "1 obstacles have no height in metres (a); closed at all heights" in str(notices[0])
    found, notices = read(building("a"), default_height_m=30.0)
    assert found[0].height_m == 30.0
    assert "taken as 30 m high" in str(notices[0])


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (building(height="40 ft"), "not a height"),
        (building(height=-1), "not a height"),
        (building(height=1500), "not a height"),
        (building(height=True), "not a height"),
        (building(roof_amsl_m="x"), "not a height"),
        (building(geometry={"type": "Point", "coordinates": [-1.5, 54.51]}, height=3), "an obstacle needs an area"),
        (
            building(geometry={"type": "Polygon", "coordinates": [[RING[0], RING[2], RING[1], RING[3], RING[0]]]}),
            "crosses",
        ),
        (building(geometry={"type": "Polygon", "coordinates": [[[y, x] for x, y in RING]]}), "swap"),
    ],
)
def test_an_obstacle_that_cannot_be_used_refuses_the_file(feature, words):
    with pytest.raises(ConfigError, match=words):
        read(feature)


def test_two_obstacles_of_one_id_are_refused():
    with pytest.raises(ConfigError, match="two obstacles have one id"):
        read(building("a", height=3), building("a", height=4))
