import json

import pytest
from shapely import Point

from skystork.airspace.formats import read_zones
from skystork.airspace.plan_fence import write_plan_fence
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.volume import ZoneSet
from skystork.errors import ConfigError
from skystork.frames import Geodetic, LocalFrame

SITE = Geodetic(47.37, 8.54)
FRAME = LocalFrame(SITE)
FIELD = [[47.36, 8.53], [47.36, 8.55], [47.38, 8.55], [47.38, 8.53]]


def plan(*, polygons=(), circles=(), **changes):
    fence = {"polygons": list(polygons), "circles": list(circles), "version": 2}
    return {"fileType": "Plan", "version": 1, "geoFence": fence, "mission": {"version": 2}, **changes}


def polygon(corners, *, inclusion):
    return {"polygon": corners, "inclusion": inclusion, "version": 1}


def circle(radius, *, inclusion, centre=(47.37, 8.54)):
    return {"circle": {"center": list(centre), "radius": radius}, "inclusion": inclusion, "version": 1}


def read(document):
    return read_zones(json.dumps(document), where="my.plan", rules=AirspaceRules({})).zones


def closed_at(document, latitude_deg, longitude_deg):
    zones = ZoneSet(read(document), FRAME, 0.0)
    place = Point(FRAME.to_enu_m(Geodetic(latitude_deg, longitude_deg)))
    return any(each.polygon_enu_m.covers(place) for each in zones.closed_zones(0.0, 50.0, 0.0, 1.0))


def refused(document):
    with pytest.raises(ConfigError) as caught:
        read(document)
    return str(caught.value)


def test_an_exclusion_closes_its_inside():
    document = plan(polygons=[polygon(FIELD, inclusion=False)])
    assert closed_at(document, 47.37, 8.54)
    assert not closed_at(document, 47.39, 8.54)


def test_an_inclusion_closes_everything_else():
    document = plan(polygons=[polygon(FIELD, inclusion=True)])
    assert not closed_at(document, 47.37, 8.54)
    assert closed_at(document, 47.39, 8.54)
    assert closed_at(document, 48.5, 9.5)


def test_of_several_inclusions_each_opens_its_own():
    elsewhere = circle(500.0, inclusion=True, centre=(47.40, 8.54))
    document = plan(polygons=[polygon(FIELD, inclusion=True)], circles=[elsewhere, circle(100.0, inclusion=False)])
    assert not closed_at(document, 47.365, 8.535)
    assert not closed_at(document, 47.40, 8.54)
    assert closed_at(document, 47.39, 8.54)
    assert closed_at(document, 47.37, 8.54), "an exclusion within an inclusion closes"


def test_a_circle_of_an_inclusion_is_a_little_too_small_and_one_of_an_exclusion_too_large():
    east = FRAME.to_geodetic(999.5, 0.0)
    assert closed_at(plan(circles=[circle(1000.0, inclusion=False)]), east.latitude_deg, east.longitude_deg)
    corner_between = FRAME.to_geodetic(999.8 * 0.99904823, 999.8 * 0.04361938)  # 2.5 degrees, between two corners
    document = plan(circles=[circle(1000.0, inclusion=True)])
    assert closed_at(document, corner_between.latitude_deg, corner_between.longitude_deg)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"fileType": "Mission", "version": 1}, "not a plan of QGroundControl"),
        (plan(version=2), "unknown version of the plan"),
        (plan(geoFence={"version": 1}), "unknown version of the geofence"),
        (plan(geoFence=None), "no geofence"),
        (plan(polygons=[{"polygon": FIELD}]), "not a part of a fence"),
        (plan(polygons=[polygon([FIELD[0], FIELD[2], FIELD[1], FIELD[3]], inclusion=True)]), "crosses itself"),
        (plan(circles=[circle(0, inclusion=True)]), "radius not usable"),
        (plan(geoFence={"version": 2, "polygons": 7}), "not a list"),
    ],
)
def test_another_file_or_a_broken_fence_is_named(document, words):
    assert words in refused(document)


def test_a_fence_comes_back_from_its_own_writing():
    document = plan(polygons=[polygon(FIELD, inclusion=True), polygon(FIELD[:3], inclusion=False)])
    before = read(document)
    after = read(json.loads(write_plan_fence(before).text))
    assert {zone.kind for zone in after} == {zone.kind for zone in before}
    for place in ((47.37, 8.545), (47.39, 8.54), (47.362, 8.548), (47.378, 8.531)):
        assert closed_at(document, *place) == closed_at(json.loads(write_plan_fence(before).text), *place)


def test_what_a_fence_cannot_say_is_told():
    losses = " ".join(str(loss) for loss in write_plan_fence(read(plan(circles=[circle(50, inclusion=False)]))).losses)
    assert "fences have no names" in losses
