import itertools
import json
import math
from pathlib import Path

import pytest

from skystork.airspace.formats import circle_zone, read_geojson_zones
from skystork.airspace.rules import AirspaceRules, KindRule
from skystork.airspace.zone import AltitudeReference, Restriction
from skystork.errors import ConfigError
from skystork.frames import Geodetic, LocalFrame

SITE = Geodetic(54.5166, -1.5075)
RULES = AirspaceRules(
    {
        "FRZ": KindRule(Restriction.PROHIBITED),
        "CTR": KindRule(Restriction.REQ_AUTHORISATION, 121.92),
        "MATZ": KindRule(Restriction.CONDITIONAL),
    }
)
SQUARE = [[-1.5, 54.5], [-1.4, 54.5], [-1.4, 54.6], [-1.5, 54.6], [-1.5, 54.5]]
BOW_TIE = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]
EXCERPT = Path(__file__).parents[2] / "sim/scenarios/darlington/uk_airspace_excerpt.geojson"


def feature(rings=None, *, geometry=None, **properties):
    named = {
        "id": "z1",
        "name": "ZONE",
        "type": "FRZ",
        "localtype": None,
        "lower": "SFC",
        "upper": "2000 ft",
        **properties,
    }
    shape = geometry or {"type": "Polygon", "coordinates": [SQUARE] if rings is None else rings}
    return {"type": "Feature", "properties": named, "geometry": shape}


def read(*features, text=None):
    content = text if text is not None else json.dumps({"type": "FeatureCollection", "features": list(features)})
    return read_geojson_zones(content, where="zones.geojson", rules=RULES, service_area=(SITE, 16_000.0))


def complaint(*features, text=None):
    with pytest.raises(ConfigError) as caught:
        read(*features, text=text)
    return str(caught.value)


def test_the_darlington_excerpt_reads_as_fifteen_zones_with_their_rules():
    zones = read_geojson_zones(EXCERPT.read_bytes(), where="uk", rules=RULES, service_area=(SITE, 16_000.0))
    by_id = {zone.zone_id: zone for zone in zones}
    assert len(zones) == 15
    assert by_id["teesside-ctr"].restriction is Restriction.REQ_AUTHORISATION
    assert by_id["teesside-ctr"].granted_below_agl_m == 121.92
    assert by_id["leeming-matz"].kind == "MATZ"  # localtype goes before type
    assert by_id["leeming-matz"].restriction is Restriction.CONDITIONAL
    assert by_id["peterlee"].upper.reference is AltitudeReference.FL
    assert by_id["peterlee"].upper.value_m == pytest.approx(4572.0)


def test_a_kind_without_a_rule_is_prohibited():
    assert read(feature(type="SOMETHING NEW"))[0].restriction is Restriction.PROHIBITED


def test_a_clockwise_ring_is_accepted_and_turned_round():
    assert read(feature([SQUARE[::-1]]))[0].rings == read(feature())[0].rings


@pytest.mark.parametrize(
    ("rings", "words"),
    [
        ([BOW_TIE], "ring 0 crosses itself near -1.4500,54.5500; zone z1 would not be enforced"),
        ([SQUARE[:-1]], "not closed"),
        ([[[-1.5, 54.5], [-1.4, 54.5], [-1.5, 54.5]]], "too few positions"),
        ([[[-1.5, 54.5], [-1.4, 54.5], [-1.3, 54.5], [-1.5, 54.5]]], "no area"),
        ([[[-1.5, 54.5]] * 5], "no area"),
        ([[[lat, lon] for lon, lat in SQUARE]], "did you swap latitude and longitude"),
        ([[[-1.5, 95.0], *SQUARE[1:]]], "outside the globe"),
        ([[[425_000.0, 512_000.0], *SQUARE[1:]]], "look like metres"),
        ([[[True, 54.5], *SQUARE[1:]]], "not a position"),
        ([[["-1.5", 54.5], *SQUARE[1:]]], "not a position"),
        ([[[10**400, 54.5], *SQUARE[1:]]], "not a finite number"),
        ([[[-179.9, 54.5], [179.9, 54.5], [179.9, 54.6], [-179.9, 54.6], [-179.9, 54.5]]], "cut it there"),
        ([SQUARE, [[0.0, 54.5], [0.1, 54.5], [0.1, 54.6], [0.0, 54.5]]], "holes do not fit"),
        ([], "without rings"),
        ([[[-1.5 + 1e-7 * n, 54.5] for n in range(10_001)]], "too many vertices"),
    ],
)  # fmt: skip
def test_a_ring_that_would_not_be_enforced_refuses_the_file(rings, words):
    assert words in complaint(feature(rings))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lower": "3000 ft"}, "lower limit is above the upper"),
        ({"upper": "400 km"}, "altitude not understood"),
        ({"lower": None}, "altitude not understood"),
        ({"upper": 400}, "altitude not understood"),
        ({"id": ""}, "id is missing"),
        ({"name": 7}, "name is missing"),
        ({"localtype": 3}, "not a word"),
        ({"geometry": {"type": "LineString", "coordinates": SQUARE}}, "a zone needs an area"),
        ({"geometry": {"type": "Point", "coordinates": SQUARE[0]}}, "a zone needs an area"),
        ({"geometry": {"type": "MultiPolygon"}}, "no coordinates"),
    ],
)
def test_a_feature_with_a_wrong_part_is_refused(changes, words):
    assert words in complaint(feature(**changes))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ('{"type": "FeatureCollection", "features": [', "not valid JSON"),
        ("[1]", "not a GeoJSON feature collection"),
        ('{"type": "FeatureCollection"}', "no list of features"),
        ('{"type": "FeatureCollection", "features": [7]}', "not a feature"),
        ('{"type": "FeatureCollection", "type": "x", "features": []}', "'type' stands twice"),
        ('{"type": "FeatureCollection", "features": [NaN]}', "NaN is not a finite number"),
        ('{"a": -Infinity}', "-Infinity is not a finite number"),
        ("[" * 100_000, "nested too deeply"),
        (b'{"type": "\xff"}', "not UTF-8 at byte 10"),
        ("9" * 5000, "not valid JSON"),
    ],
)
def test_a_text_that_is_not_sound_geojson_is_refused(text, words):
    assert words in complaint(text=text)


def test_a_number_beyond_all_floats_is_refused_like_infinity():
    text = json.dumps({"type": "FeatureCollection", "features": [feature()]}).replace("54.6", "1e999", 1)
    assert "not a finite number" in complaint(text=text)


def test_all_problems_of_a_file_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        read(
            feature([SQUARE[:-1]], upper="high"), feature(id="z2", lower="9000 ft"), feature(id="z3"), feature(id="z3")
        )
    told = [problem.what for problem in caught.value.problems]
    assert told == [
        "the ring is not closed",
        "altitude not understood",
        "the lower limit is above the upper",
        "two zones have one id",
    ]


def test_each_part_of_a_multipolygon_becomes_a_zone():
    east = [[lon + 0.2, lat] for lon, lat in SQUARE]
    zones = read(feature(geometry={"type": "MultiPolygon", "coordinates": [[SQUARE], [east]]}))
    assert [zone.zone_id for zone in zones] == ["z1#1", "z1#2"]


def test_a_circle_zone_holds_the_whole_circle_and_little_more():
    centre, radius_m = Geodetic(54.5092, -1.4294), 2.5 * 1852
    zone = circle_zone("frz", "TEESSIDE FRZ", "FRZ", centre, radius_m, rules=RULES)
    frame = LocalFrame(centre)
    corners = [frame.to_enu_m(Geodetic(lat, lon)) for lon, lat in zone.rings[0]]
    middles = [math.hypot((x0 + x1) / 2, (y0 + y1) / 2) for (x0, y0), (x1, y1) in itertools.pairwise(corners)]
    assert len(corners) == 73
    assert min(middles) >= radius_m
    assert max(math.hypot(*corner) for corner in corners) < radius_m * 1.001
    assert zone.restriction is Restriction.PROHIBITED


@pytest.mark.parametrize("radius_m", [0.0, -5.0, math.nan, math.inf, 1e9])
def test_a_circle_without_a_usable_radius_is_refused(radius_m):
    with pytest.raises(ConfigError, match="radius not usable"):
        circle_zone("c", "C", "FRZ", SITE, radius_m, rules=RULES)
