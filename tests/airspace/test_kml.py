import math

import pytest

from skystork.airspace.formats import read_zones
from skystork.airspace.rules import AirspaceRules, KindRule
from skystork.airspace.zone import AltitudeReference, Restriction
from skystork.errors import ConfigError

OUTER = "8.53,47.36,{z} 8.55,47.36,{z} 8.55,47.38,{z} 8.53,47.38,{z} 8.53,47.36,{z}"
INNER = "8.535,47.365 8.535,47.375 8.545,47.375 8.545,47.365 8.535,47.365"


def ring(edge, positions):
    return f"<{edge}><LinearRing><coordinates>\n{positions}\n</coordinates></LinearRing></{edge}>"


def polygon(mode="", z=120, extrude=1, inner=""):
    modes = f"<altitudeMode>{mode}</altitudeMode>" if mode else ""
    return f"<Polygon><extrude>{extrude}</extrude>{modes}{ring('outerBoundaryIs', OUTER.format(z=z))}{inner}</Polygon>"


def document(*bodies, head=""):
    marks = "".join(f"<Placemark><name>zone {at}</name>{body}</Placemark>" for at, body in enumerate(bodies))
    return f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>{marks}</Folder></Document></kml>'


def read(text, rules=None):
    return read_zones(text, where="zones.kml", rules=rules or AirspaceRules({}))


def refused(text):
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


def band(body):
    zone = read(document(body)).zones[0]
    return zone.lower.value_m, zone.upper.value_m, zone.upper.reference


def test_altitude_modes_say_from_where_the_height_counts():
    assert band(polygon("relativeToGround")) == (0.0, 120.0, AltitudeReference.AGL)
    assert band(polygon("absolute", z=500)) == (0.0, 500.0, AltitudeReference.AMSL)
    assert band(polygon("clampToGround"))[1] == math.inf
    assert band(polygon())[1] == math.inf


@pytest.mark.parametrize("body", [polygon("relativeToGround", extrude=0), polygon("relativeToSeaFloor")])
def test_a_sheet_or_an_unknown_mode_closes_all_heights_and_is_told(body):
    found = read(document(body))
    assert found.zones[0].upper.value_m == math.inf
    assert "closed at all heights" in str(found.notices[0])


def test_inner_boundaries_are_holes():
    zone = read(document(polygon(inner=ring("innerBoundaryIs", INNER)))).zones[0]
    assert len(zone.rings) == 2


def test_corners_of_several_heights_count_up_to_the_highest():
    body = polygon("relativeToGround").replace("120", "60", 2)
    found = read(document(body))
    assert found.zones[0].upper.value_m == 120.0
    assert "taken up to the highest" in str(found.notices[0])


def test_polygons_of_a_multigeometry_are_parts_of_one_zone():
    body = f"<MultiGeometry>{polygon()}<MultiGeometry>{polygon()}</MultiGeometry></MultiGeometry>"
    assert [zone.zone_id for zone in read(document(body)).zones] == ["zone 0#1", "zone 0#2"]


def test_a_placemark_is_closed_unless_a_rule_says_otherwise():
    assert read(document(polygon())).zones[0].restriction is Restriction.PROHIBITED
    rules = AirspaceRules({}, {"zone 0": KindRule(Restriction.CONDITIONAL)})
    assert read(document(polygon()), rules).zones[0].restriction is Restriction.CONDITIONAL


def test_a_span_of_time_bounds_the_zone_and_one_not_understood_does_not():
    span = "<TimeSpan><begin>2026-11-21T00:00:00Z</begin><end>2026-11-22T00:00:00Z</end></TimeSpan>"
    periods = read(document(span + polygon())).zones[0].active
    assert periods is not None
    assert periods[0].ends_s - periods[0].starts_s == 86_400.0
    year = read(document("<TimeSpan><begin>2026</begin></TimeSpan>" + polygon()))
    assert year.zones[0].active is None
    assert "always active" in str(year.notices[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (document("<Point><coordinates>8.5,47.3</coordinates></Point>"), "a placemark that is no area"),
        (document("<LineString><coordinates>8.5,47.3 8.6,47.3</coordinates></LineString>"), "LineString"),
        (document(""), "no geometry"),
        (document(polygon().replace("47.38", "NaN")), "not a position"),
        (document(polygon().replace("8.55,47.38", "8.53,47.37")), "crosses itself"),
        ("<kml><Document>", "not well-formed XML"),
        ("<gpx></gpx>", "not KML"),
        (document(polygon(), head='<!DOCTYPE kml [<!ENTITY x "y">]>'), "document type or entities"),
        (document(polygon(), head='<!DOCTYPE kml SYSTEM "file:///etc/passwd">'), "document type or entities"),
        (document(polygon()).replace("<Folder>", "<Folder><NetworkLink><name>n</name></NetworkLink>"), "NetworkLink"),
        ("PK\x03\x04", "KMZ"),
    ],
)
def test_what_is_no_sound_kml_zone_is_refused(text, words):
    assert words in refused(text)
