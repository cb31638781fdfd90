"""What is wrong with zone files, one test for each kind: refused, or taken as closed and told; never open unseen."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from skystork.airspace.formats import read_zones
from skystork.airspace.json_text import MAX_BYTES
from skystork.airspace.reading import ReadOptions, ZoneFormat
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.schedule import is_active
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Restriction
from skystork.errors import ConfigError
from skystork.frames import Geodetic, LocalFrame

ZURICH = Geodetic(47.37, 8.54)
SQUARE = [[8.53, 47.36], [8.55, 47.36], [8.55, 47.38], [8.53, 47.38], [8.53, 47.36]]
BOW_TIE = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]
HOLE = [[8.535, 47.365], [8.535, 47.375], [8.545, 47.375], [8.545, 47.365], [8.535, 47.365]]
SAMPLE = Path(__file__).parents[1] / "data/zones/geo-awareness-che-1.json"
NO_RULES = AirspaceRules({})


def geojson(rings=None, *, geometry=None, members=None, **properties):
    given = {"id": "LSXX", "name": "X", "type": "R", "lower": "SFC", "upper": "120 m AGL", **properties}
    shape = geometry or {"type": "Polygon", "coordinates": rings or [SQUARE]}
    feature = {"type": "Feature", "properties": given, "geometry": shape}
    return {"type": "FeatureCollection", **(members or {}), "features": [feature]}


def ed269(*, projection=None, top="UASZoneList", changes=None, **volume):
    shape = projection or {"type": "Polygon", "coordinates": [SQUARE]}
    limits = {
        "uomDimensions": "M",
        "lowerLimit": 0,
        "lowerVerticalReference": "AGL",
        "upperLimit": 120,
        "upperVerticalReference": "AGL",
        "horizontalProjection": shape,
        **volume,
    }
    zone = {"identifier": "LSXX", "country": "CHE", "name": "X", "type": "COMMON", "restriction": "PROHIBITED"}
    zone |= {"reason": ["OTHER"], "applicability": [{"permanent": "YES"}], "geometry": [limits], **(changes or {})}
    return {top: [zone]}


def ed318(*, geometry=None, layer=None, **changes):
    limits = {"lower": 0, "lowerReference": "AGL", "upper": 120, "upperReference": "AGL", "uom": "m", **(layer or {})}
    shape = {**(geometry or {"type": "Polygon", "coordinates": [SQUARE]}), "layer": limits}
    given = {"identifier": "LSXX", "country": "CHE", "type": "PROHIBITED", "variant": "COMMON", **changes}
    feature = {"type": "Feature", "properties": given, "geometry": shape}
    return {"type": "FeatureCollection", "metadata": {}, "features": [feature]}


def circle(radius):
    return ed269(projection={"type": "Circle", "center": [8.54, 47.37], "radius": radius})


def read(document, **options):
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    area = (ZURICH, 16_000.0)
    return read_zones(text, where="zones", rules=NO_RULES, service_area=area, options=ReadOptions(**options))


def refused(document, **options):
    with pytest.raises(ConfigError) as caught:
        read(document, **options)
    return str(caught.value)


def told(document, **options):
    return "\n".join(map(str, read(document, **options).notices))


def closes(document, *, at="2026-11-21T03:00:00+00:00", height_m=50.0, **options):
    zones = ZoneSet(read(document, **options).zones, LocalFrame(ZURICH), 400.0)
    now_s = datetime.fromisoformat(at).timestamp()
    return bool(zones.closed_zones(0.0, height_m, now_s, now_s))


def scheduled(**period):
    return ed269(changes={"applicability": [{"permanent": "NO", **period}]})


def test_a_ring_that_crosses_itself_is_refused_with_the_place_and_the_zone():
    words = "ring 0 crosses itself near 8.5400,47.3700; zone LSXX would not be enforced"
    assert words in refused(geojson([BOW_TIE]))
    assert words in refused(ed269(projection={"type": "Polygon", "coordinates": [BOW_TIE]}))
    assert words in refused(ed318(geometry={"type": "Polygon", "coordinates": [BOW_TIE]}))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_vertex_that_is_no_finite_number_is_refused(word):
    assert "finite" in refused(json.dumps(geojson()).replace("47.38", word, 1))


def test_an_unclosed_ring_is_refused_and_with_repair_closed_and_told():
    assert "not closed" in refused(geojson([SQUARE[:-1]]))
    assert "closed by repeating" in told(geojson([SQUARE[:-1]]), repair=True)
    assert read(geojson([SQUARE[:-1]]), repair=True).zones[0].rings == read(geojson()).zones[0].rings


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        ([SQUARE[0], SQUARE[1], SQUARE[0]], "too few positions"),
        ([SQUARE[0]] * 5, "no area"),
        ([[8.53, 47.36], [8.54, 47.36], [8.55, 47.36], [8.53, 47.36]], "no area"),
    ],
)
def test_a_ring_without_an_area_is_refused(ring, words):
    assert words in refused(geojson([ring]))


def test_a_clockwise_ring_is_taken_and_turned():
    assert read(geojson([SQUARE[::-1]])).zones[0].rings == read(geojson()).zones[0].rings


def test_a_zone_elsewhere_is_refused_as_swapped_unless_allowed():
    swapped = geojson([[[lat, lon] for lon, lat in SQUARE]])
    assert "km from the service area; did you swap latitude and longitude?" in refused(swapped)
    assert len(read(swapped, allow_remote=True).zones) == 1


def test_a_large_zone_about_the_site_is_not_remote():
    wide = [[-2.0, 40.0], [20.0, 40.0], [20.0, 54.0], [-2.0, 54.0], [-2.0, 40.0]]
    assert len(read(geojson([wide])).zones) == 1


def test_a_latitude_beyond_90_is_refused():
    assert "outside the globe" in refused(geojson([[[8.53, 95.0], *SQUARE[1:]]]))


def test_longitudes_to_360_are_refused_unless_asked_for():
    ring = [[lon + 360 if index in {0, 3, 4} else lon, lat] for index, (lon, lat) in enumerate(SQUARE)]
    west = [[351.0, 47.3], [351.1, 47.3], [351.1, 47.4], [351.0, 47.4], [351.0, 47.3]]
    assert "--wrap-longitudes" in refused(geojson([west]), allow_remote=True)
    found = read(geojson([west]), allow_remote=True, wrap_longitudes=True).zones[0]
    assert found.rings[0][0] == (pytest.approx(-9.0), 47.3)
    assert "outside the globe" in refused(geojson([ring]))


def test_a_box_over_the_antimeridian_is_refused_with_the_cut_form_or_cut_where_it_says_so():
    box = [[179.9, -17.1], [-179.9, -17.1], [-179.9, -16.9], [179.9, -16.9], [179.9, -17.1]]
    words = refused(geojson([box]), allow_remote=True)
    assert "359.8 deg" in words
    assert "[180.0, -16.9]" in words
    assert "[-180.0, -17.1]" in words
    for document, options in (
        (geojson([box], crosses_antimeridian=True), {}),
        (geojson([box]), {"cut_antimeridian": True}),
    ):
        zones = read(document, allow_remote=True, **options).zones
        assert [zone.zone_id for zone in zones] == ["LSXX#1", "LSXX#2"]
        sides = {tuple(sorted({round(lon, 9) for lon, _ in zone.rings[0]})) for zone in zones}
        assert sides == {(179.9, 180.0), (-180.0, -179.9)}


def test_a_hole_is_cut_with_its_shell():
    shell = [[179.0, -18.0], [-179.0, -18.0], [-179.0, -16.0], [179.0, -16.0], [179.0, -18.0]]
    hole = [[179.5, -17.5], [179.5, -16.5], [-179.5, -16.5], [-179.5, -17.5], [179.5, -17.5]]
    zones = read(geojson([shell, hole], crosses_antimeridian=True), allow_remote=True).zones
    frame = LocalFrame(Geodetic(-17.0, 180.0))
    area = sum(polygon.area for polygon in ZoneSet(zones, frame, 0.0).closed_polygons(50.0, 0.0, 1.0))
    assert area == pytest.approx((2 * 2 - 1 * 1) * 106_469 * 110_669, rel=0.01)


@pytest.mark.parametrize(
    "ring",
    [
        [[0, 80], [120, 80], [-120, 80], [0, 80]],
        [[-180, 80], [180, 80], [180, 90], [-180, 90], [-180, 80]],
        [[8.5, 47.3], [8.6, 47.3], [8.6, 89.9], [8.5, 47.3]],
    ],
)
def test_a_ring_about_a_pole_is_refused_and_explained(ring):
    assert "pole" in refused(geojson([ring]), allow_remote=True)


def test_the_whole_world_needs_a_confirmation_and_then_closes_everything():
    world = [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]
    words = refused(geojson([world]))
    assert "this would close all airspace" in words
    assert "--ground-stop" in words
    assert closes(geojson([world], restriction="CONDITIONAL"), ground_stop=True)


@pytest.mark.parametrize(
    "holes",
    [
        [[[8.6, 47.36], [8.6, 47.38], [8.62, 47.38], [8.62, 47.36], [8.6, 47.36]]],
        [HOLE, [[lon + 0.001, lat + 0.001] for lon, lat in HOLE]],
        [SQUARE],
        [HOLE, HOLE],
    ],
)
def test_holes_that_do_not_fit_are_refused(holes):
    assert "holes do not fit" in refused(geojson([SQUARE, *holes]))


def test_metres_far_above_their_siblings_are_told_as_feet_perhaps():
    volumes = [{**ed269()["UASZoneList"][0]["geometry"][0], "upperLimit": top} for top in (120, 120, 400)]
    document = ed269(changes={"geometry": volumes})
    assert "400 m = 1312 ft, where others have 120 m; did you mean FT?" in told(document)


def test_an_unknown_unit_is_refused():
    assert "unknown unit (seen: KM; accepted: M, FT)" in refused(ed269(uomDimensions="KM"))
    assert "unknown unit" in refused(ed318(layer={"uom": "km"}))


def test_a_lower_limit_above_the_upper_is_refused():
    words = "the lower limit is above the upper"
    assert words in refused(ed269(lowerLimit=150))
    assert words in refused(ed318(layer={"lower": 150}))
    assert words in refused(geojson(lower="150 m AGL"))


def test_no_upper_limit_means_unlimited_and_is_told():
    document = ed269(upperLimit=None)
    assert "unlimited (UNL)" in told(document)
    assert read(document).zones[0].upper.value_m == math.inf
    assert read(geojson(upper=None)).zones[0].upper.published == "UNL"
    assert closes(document, height_m=10_000.0)


def test_limits_written_as_texts_are_taken_and_told():
    document = ed269(lowerLimit="0", upperLimit="120")
    assert "is a text" in told(document)
    assert read(document).zones[0].upper.value_m == 120.0
    assert "altitude not understood" in refused(ed269(upperLimit="high"))


def test_heights_above_ground_and_sea_level_mixed_close_all_heights_and_are_told():
    document = ed269(lowerLimit=30, upperLimit=420, upperVerticalReference="AMSL")
    zones = ZoneSet(read(document).zones, LocalFrame(ZURICH), 400.0)
    assert zones.closed_zones(0.0, 1.0, 0.0, 1.0)
    assert zones.closed_zones(900.0, 1000.0, 0.0, 1.0)
    assert "closed at all heights" in str(zones.notices[0])


def test_identifiers_and_countries_out_of_the_standard_are_told_and_twins_refused():
    assert "has 8 characters" in told(ed269(changes={"identifier": "LSXX1234"}))
    assert "not three letters" in told(ed269(changes={"country": "CH"}))
    twins = {"UASZoneList": ed269()["UASZoneList"] * 2}
    assert "two zones have one id (seen: LSXX" in refused(twins)
    assert [zone.zone_id for zone in read(twins, repair=True).zones] == ["LSXX~1", "LSXX~2"]


def test_an_unknown_restriction_is_refused_with_the_allowed_list():
    assert "PROHIBITED, REQ_AUTHORISATION, CONDITIONAL, NO_RESTRICTION" in refused(
        ed269(changes={"restriction": "NOPE"})
    )
    words = refused(ed318(type="REQ_AUTHORISATION"))
    assert "USPACE" in words
    assert "REQ_AUTHORIZATION" in words
    assert read(ed318(type="REQ_AUTHORIZATION")).zones[0].restriction is Restriction.REQ_AUTHORISATION


@pytest.mark.parametrize(
    "period",
    [
        {"startDateTime": "2026-12-01T00:00:00Z", "endDateTime": "2026-11-01T00:00:00Z"},
        {"schedule": [{"day": [], "startTime": "10:00:00Z", "endTime": "11:00:00Z"}]},
        {"dailyPeriod": [{"day": ["MON"], "startTime": "10:00:00Z", "endTime": "11:00:00Z"}]},
        {"schedule": [{"day": ["MON"], "startTime": "10:00:00Z", "endTime": "24:00:00Z"}]},
        {"schedule": [{"day": ["MON"], "startTime": "10:00", "endTime": "11:00"}]},
        {"schedule": [{"day": ["FUNDAY"], "startTime": "10:00:00Z", "endTime": "11:00:00Z"}]},
        {"schedule": [{"day": ["MON"], "startEvent": "TEATIME", "endEvent": "SS"}]},
        {"schedule": [{"day": ["MON"], "startTime": "10:00:00Z"}]},
        {"schedule": []},
        {"startDateTime": "2026-12-01T00:00:00", "endDateTime": "2026-12-02T00:00:00Z"},
        {"permanent": "PERHAPS"},
    ],
)
def test_times_that_are_not_understood_are_always_active_and_told(period):
    assert closes(scheduled(**period))
    assert "always active" in told(scheduled(**period))


def test_an_event_of_the_sun_where_the_zone_has_no_place_is_always_active():
    document = scheduled(schedule=[{"day": ["ANY"], "startEvent": "SR", "endEvent": "SS"}])
    zone = read(document).zones[0]
    night_s = datetime(2026, 11, 21, 3, tzinfo=UTC).timestamp()
    assert is_active(zone.active, night_s, night_s, ())
    assert not closes(document)
    assert closes(document, at="2026-11-21T12:00:00+00:00")


@pytest.mark.parametrize("radius", [0, -5, 1e9, 3, None, "3000", math.pi / 2])
def test_a_circle_of_no_usable_radius_is_refused(radius):
    assert "radius not usable" in refused(circle(radius))


def test_a_circle_in_kilometres_is_asked_about_and_one_in_feet_is_scaled():
    assert "is it in kilometres?" in refused(circle(3))
    feet = circle(1000)
    feet["UASZoneList"][0]["geometry"][0]["uomDimensions"] = "FT"
    found = read(feet).zones[0].circle
    assert found is not None
    assert found.radius_m == pytest.approx(304.8)


@pytest.mark.parametrize("kind", ["Point", "LineString"])
def test_a_zone_that_is_no_area_is_refused(kind):
    shape = {"type": kind, "coordinates": SQUARE[0] if kind == "Point" else SQUARE}
    for document in (geojson(geometry=shape), ed269(projection=shape), ed318(geometry=shape)):
        assert "a zone needs an area" in refused(document)


def test_a_file_too_large_is_refused_before_it_is_parsed():
    assert "file too large" in refused(b"[" * (MAX_BYTES + 1))


def test_a_zone_of_too_many_vertices_is_refused():
    ring = [[8.54 + 0.01 * math.cos(a / 5000), 47.37 + 0.01 * math.sin(a / 5000)] for a in range(10_001)]
    assert "too many vertices" in refused(geojson([[*ring, ring[0]]]))


@pytest.mark.parametrize("document", [[], [1], {}, {"zones": []}, "null", '"text"', "7"])
def test_another_top_level_is_named(document):
    assert "not ED-269 (no UASZoneList/features)" in refused(document)


def test_both_top_levels_of_ed269_and_a_bare_list_are_read():
    listed = ed269()["UASZoneList"]
    for document in (ed269(), ed269(top="features"), listed):
        found = read(document)
        assert found.format is ZoneFormat.ED269
        assert found.zones[0].zone_id == "LSXX"


def test_a_file_out_of_its_validity_is_told():
    document = ed318()
    document["metadata"] = {
        "issued": "2027-01-01T00:00:00Z",
        "validFrom": "2027-01-01T00:00:00Z",
        "validTo": "2026-01-01T00:00:00Z",
    }
    found = read(document)
    now_s = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    words = "\n".join(map(str, found.age_notices(now_s, "zones")))
    assert "made in the future" in words
    assert "has not begun" in words
    assert "is over" in words
    assert found.age_notices(datetime(2027, 6, 1, tzinfo=UTC).timestamp(), "zones")[0].what == "its validity is over"


def test_a_file_cut_off_in_its_middle_is_named_as_such():
    text = json.dumps(geojson())
    assert "was it written to its end?" in refused(text[: len(text) // 2].rstrip(' "'))


def test_coordinates_in_metres_are_named():
    metres = [[lon * 100_000, lat * 10_000] for lon, lat in SQUARE]
    assert "look like metres" in refused(geojson([metres]))
    crs = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2056"}}}
    assert "look like metres" in refused(geojson(members=crs))
    known = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}
    assert len(read(geojson(members=known)).zones) == 1


def test_nothing_of_a_file_with_one_bad_zone_is_applied():
    good, bad = ed269()["UASZoneList"][0], ed269(lowerLimit=150, changes={"identifier": "BAD"})["UASZoneList"][0]
    assert "BAD" in refused({"UASZoneList": [good, bad]})


def test_the_published_swiss_sample_is_refused_for_its_twins_and_read_with_repair():
    text = SAMPLE.read_bytes()
    with pytest.raises(ConfigError, match="Gantrisch Nature Park"):
        read_zones(text, where="che", rules=NO_RULES)
    found = read_zones(text, where="che", rules=NO_RULES, options=ReadOptions(repair=True))
    names = [zone.zone_id for zone in found.zones]
    assert names[:4] == ["Montreux Concert Area", *(f"Flugplatz Reichenbach#{part}" for part in (1, 2, 3))]
    assert names[-2:] == ["Gantrisch Nature Park~1", "Gantrisch Nature Park~2"]
    assert found.zones[-1].upper.value_m == pytest.approx(76.2)
