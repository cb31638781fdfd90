import json
from xml.etree import ElementTree

import pytest
import shapely
from tests_support.plans import DEPOT, straight_plan

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Restriction, Zone
from skystork.frames import Geodetic, LocalFrame
from skystork.shell.plan_backdrop import Backdrop
from skystork.shell.plan_shapes import plan_geojson, plan_kml

FRAME = LocalFrame(DEPOT)
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture
def backdrop():
    corners = [FRAME.to_geodetic(*xy) for xy in ((2_000, 300), (3_000, 300), (3_000, 900), (2_000, 900), (2_000, 300))]
    ring = tuple((corner.longitude_deg, corner.latitude_deg) for corner in corners)
    zone = Zone("Z", "RANGE <&>", "D", Restriction.PROHIBITED, (ring,), SURFACE, UNLIMITED)
    return Backdrop(ZoneSet((zone,), FRAME, 45.0), ObstacleSet((), FRAME, 45.0), None, 120.0)


@pytest.fixture
def plan():
    return straight_plan(FRAME, distance_m=6_000.0)


def test_geojson_has_legs_zones_margin_fence_and_places_where_they_are(plan, backdrop):
    features = json.loads(plan_geojson(plan, backdrop))["features"]
    by_kind = {feature["properties"]["kind"]: feature for feature in features}
    assert {"outbound", "inbound", "vertical", "closed", "margin", "fence", "place"} <= by_kind.keys()
    lon, lat = by_kind["outbound"]["geometry"]["coordinates"][-1]
    assert FRAME.to_enu_m(Geodetic(lat, lon)) == pytest.approx((6_000.0, 0.0), abs=0.02)
    assert by_kind["outbound"]["properties"]["height_home_m"][-1] == 80.0
    zone, margin = (shapely.geometry.shape(by_kind[kind]["geometry"]) for kind in ("closed", "margin"))
    assert margin.contains(zone)
    assert all(shapely.geometry.shape(feature["geometry"]).is_valid for feature in features)


def test_kml_is_read_back_with_heights_above_the_sea_and_names_escaped(plan, backdrop):
    text = plan_kml(plan, backdrop)
    root = ElementTree.fromstring(text)
    names = [each.text for each in root.iter(f"{KML}name")]
    assert "RANGE <&> (D)" in names
    lines = {
        each.find(f"{KML}name").text: each for each in root.iter(f"{KML}Placemark") if each.find(f"{KML}LineString")
    }
    outbound = lines["outbound"].find(f"{KML}LineString")
    assert outbound.find(f"{KML}altitudeMode").text == "absolute"
    heights = {float(word.split(",")[2]) for word in outbound.find(f"{KML}coordinates").text.split()}
    assert max(heights) == pytest.approx(80.0 + 45.0)
    styles = {each.get("id") for each in root.iter(f"{KML}Style")}
    assert {each.text.lstrip("#") for each in root.iter(f"{KML}styleUrl")} <= styles
    for ring in root.iter(f"{KML}LinearRing"):
        words = ring.find(f"{KML}coordinates").text.split()
        assert len(words) >= 4
        assert words[0] == words[-1]
