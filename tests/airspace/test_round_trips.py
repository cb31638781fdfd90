"""Zones written in each format and read again: the same where the format can say it, and where not it closes more."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, union_all

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.formats import WRITERS, detect_format, read_zones
from skystork.airspace.geojson import write_geojson
from skystork.airspace.polygons import ring_about
from skystork.airspace.reading import ZoneFormat
from skystork.airspace.rings import normalised
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.schedule import DailyPeriod, Edge, Period
from skystork.airspace.sun import SunEvent
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Circle, Published, Restriction, Zone
from skystork.frames import Geodetic, LocalFrame

SITE = Geodetic(54.5166, -1.5075)
NO_RULES = AirspaceRules({})
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
GRID = st.integers(-400, 400).map(lambda step: step / 1000)

edges = st.one_of(
    st.builds(Edge, st.integers(0, 86_399).map(float), st.none(), st.sampled_from(["UTC", "+02:00", "-05:30"])),
    st.builds(Edge, st.just(0.0), st.sampled_from(list(SunEvent))),
)
days = st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found)))
moments = st.integers(1_700_000_000, 1_900_000_000).map(float)
spans = st.tuples(moments, moments).map(sorted)
daily = st.builds(DailyPeriod, days, edges, edges)
dailies = st.just(()) | st.tuples(daily) | st.tuples(daily, daily)
periods = st.builds(lambda span, daily: Period(*span, daily), spans, dailies) | st.builds(
    lambda found: Period(-math.inf, math.inf, (found,)), daily
)
limits = st.builds(
    lambda value, reference: AltitudeLimit(value, reference, f"{value:.12g} m {reference}"),
    st.integers(1, 4000).map(lambda value: value / 2),
    st.sampled_from([each for each in AltitudeReference if each is not AltitudeReference.FL]),
)


@st.composite
def bands(draw):
    lower, upper = draw(st.just(SURFACE) | limits), draw(st.just(UNLIMITED) | limits)
    return (lower, UNLIMITED) if lower.value_m > upper.value_m else (lower, upper)


@st.composite
def shapes(draw):
    lon, lat = SITE.longitude_deg + draw(GRID), SITE.latitude_deg + draw(GRID)
    if draw(st.booleans()):
        radius_m = draw(st.integers(10, 20_000).map(float))
        return (ring_about(Geodetic(lat, lon), radius_m),), Circle((lon, lat), radius_m)
    wide, high = draw(st.integers(2, 50)) / 1000, draw(st.integers(2, 50)) / 1000
    shell = ((lon, lat), (lon + wide, lat), (lon + wide, lat + high), (lon, lat + high), (lon, lat))
    if draw(st.booleans()):
        return (shell,), None
    hole = tuple((lon + (x - lon) / 2 + wide / 4, lat + (y - lat) / 2 + high / 4) for x, y in shell)
    return normalised((shell, hole)), None


@st.composite
def zones(draw):
    (lower, upper), (rings, circle) = draw(bands()), draw(shapes())
    restriction = draw(st.sampled_from(list(Restriction)))
    country = draw(st.sampled_from(["", "GBR", "CHE"]))
    reasons = tuple(draw(st.sets(st.sampled_from(["NOISE", "NATURE", "OTHER"]), min_size=1)))
    told = Published(draw(WORDS), country, "COMMON", reasons, draw(st.just("") | WORDS))
    active = draw(st.none() | st.tuples(periods) | st.tuples(periods, periods))
    granted_m = draw(st.sampled_from([0.0, 120.0])) if restriction is Restriction.REQ_AUTHORISATION else 0.0
    return Zone(
        told.identifier, draw(WORDS), restriction.value, restriction, rings, lower, upper, granted_m, active, "",
        circle, told, speed_limit_m_s=draw(st.sampled_from([None, 7.5])),
    )  # fmt: skip


sets = st.lists(zones(), min_size=1, max_size=4, unique_by=lambda zone: zone.zone_id)


def again(written, zone_format):
    assert detect_format(written.text, "zones") is zone_format
    return read_zones(written.text, where="zones", rules=NO_RULES).zones


def content(zone):
    """All that counts, without the words a limit was published in and without where it was read."""
    band = [(limit.value_m, limit.reference) for limit in (zone.lower, zone.upper)]
    told = zone.published
    return (
        zone.zone_id, zone.name, zone.restriction, zone.rings, band, zone.granted_below_agl_m, zone.active, zone.circle,
        told.country, told.reasons, told.message, zone.speed_limit_m_s,
    )  # fmt: skip


@pytest.mark.parametrize("zone_format", [ZoneFormat.GEOJSON, ZoneFormat.KML])
@given(before=sets)
@settings(max_examples=30, deadline=None)
def test_our_own_members_keep_everything(zone_format, before):
    after = again(WRITERS[zone_format](before), zone_format)
    assert [content(zone) for zone in after] == [content(zone) for zone in before]
    assert [zone.kind for zone in after] == [zone.kind for zone in before]


@pytest.mark.parametrize("zone_format", [ZoneFormat.ED269, ZoneFormat.ED318])
@given(before=sets)
@settings(max_examples=30, deadline=None)
def test_what_a_standard_cannot_say_is_told_and_everything_else_comes_back(zone_format, before):
    written = WRITERS[zone_format](before)
    lost = {(loss.zone_id, loss.field) for loss in written.losses}
    for was, now in zip(before, again(written, zone_format), strict=True):
        told = {field for zone_id, field in lost if zone_id == was.zone_id}
        assert now.zone_id == was.zone_id
        assert now.rings == was.rings or now.circle == was.circle is not None
        assert "restriction" in told or now.restriction is was.restriction
        assert "speed_limit_m_s" in told or was.speed_limit_m_s is None
        assert "granted_below_agl_m" in told or now.granted_below_agl_m == was.granted_below_agl_m
        assert now.active == was.active
        for name in ("lower", "upper"):
            one, other = getattr(was, name), getattr(now, name)
            assert name in told or (one.value_m, one.reference) == (other.value_m, other.reference)


@pytest.mark.parametrize("zone_format", list(WRITERS))
@given(before=sets, east_m=st.floats(-30_000, 30_000), north_m=st.floats(-30_000, 30_000), height_m=st.floats(0, 2000))
@settings(max_examples=30, deadline=None)
def test_what_was_closed_is_closed_in_every_format(zone_format, before, east_m, north_m, height_m):
    frame, at_s = LocalFrame(SITE), 1_800_000_000.0
    after = again(WRITERS[zone_format](before), zone_format)
    area = Point(east_m, north_m).buffer(5_000.0)
    for was in ZoneSet(before, frame, 45.0).closed_zones(height_m, height_m, at_s, at_s, within=area):
        found = ZoneSet(after, frame, 45.0).closed_zones(height_m, height_m, at_s, at_s)
        covered = union_all([each.polygon_enu_m.buffer(0.5) for each in found])
        assert covered.covers(was.polygon_enu_m)


@pytest.mark.parametrize("zone_format", [ZoneFormat.ED269, ZoneFormat.ED318])
def test_flight_levels_become_wider_limits_above_sea_level(zone_format):
    level = AltitudeLimit(3048.0, AltitudeReference.FL, "FL100")
    top = AltitudeLimit(4572.0, AltitudeReference.FL, "FL150")
    zone = Zone("A", "A", "PROHIBITED", Restriction.PROHIBITED, (ring_about(SITE, 500.0),), level, top)
    written = WRITERS[zone_format]([zone])
    found = again(written, zone_format)[0]
    assert (found.lower.value_m, found.upper.value_m) == (2748.0, 4872.0)
    assert "300 m wider" in " ".join(map(str, written.losses))


def test_ed269_has_no_ellipsoid_so_its_limits_become_wider():
    low, high = (AltitudeLimit(value, AltitudeReference.WGS84, f"{value:g} m WGS84") for value in (200.0, 300.0))
    zone = Zone("A", "A", "PROHIBITED", Restriction.PROHIBITED, (ring_about(SITE, 500.0),), low, high)
    found = again(WRITERS[ZoneFormat.ED269]([zone]), ZoneFormat.ED269)[0]
    assert (found.lower.value_m, found.upper.value_m) == (200.0 - 86.0, 300.0 + 107.0)


def test_named_time_zones_are_kept_in_our_own_members_and_always_active_in_the_standards():
    london = (
        Period(
            -math.inf,
            math.inf,
            (DailyPeriod((0,), Edge(0.0, zone="Europe/London"), Edge(3600.0, zone="Europe/London")),),
        ),
    )
    zone = Zone("A", "A", "X", Restriction.PROHIBITED, (ring_about(SITE, 500.0),), SURFACE, UNLIMITED, 0.0, london)
    assert again(write_geojson([zone]), ZoneFormat.GEOJSON)[0].active == london
    written = WRITERS[ZoneFormat.ED318]([zone])
    assert again(written, ZoneFormat.ED318)[0].active is None
    assert "written as always active" in " ".join(map(str, written.losses))


def test_volumes_of_one_zone_are_written_as_one_zone():
    parts = [
        Zone(
            f"A#{part}",
            "A",
            "PROHIBITED",
            Restriction.PROHIBITED,
            (ring_about(SITE, 500.0 * part),),
            SURFACE,
            UNLIMITED,
        )
        for part in (1, 2, 3)
    ]
    for zone_format in (ZoneFormat.ED269, ZoneFormat.ED318):
        written = WRITERS[zone_format](parts)
        assert written.text.count('"identifier": "A"') == 1
        assert [zone.zone_id for zone in again(written, zone_format)] == ["A#1", "A#2", "A#3"]
