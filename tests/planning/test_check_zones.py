"""Two readings of one file, by two hands: the planner's and the check's say of every place and time the same."""

import json
import math
import random

import numpy as np
import pytest
import shapely

from skystork.airspace.formats import WRITERS, read_zones
from skystork.airspace.reading import ReadOptions, ZoneFormat
from skystork.airspace.rules import AirspaceRules, KindRule
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Restriction
from skystork.frames import Geodetic, LocalFrame
from skystork.planning.check_geometry import MeridianPlane
from skystork.planning.check_volumes import RawSource
from skystork.planning.check_zones import RawAirspace, read_airspace

GROUND_AMSL_M = 120.0
MONDAY_S = 1_790_553_600.0  # 2026-09-28T00:00Z
RULES = {"ATZ": ("REQ_AUTHORISATION", 60.0), "GLIDER": ("CONDITIONAL", 0.0)}
LIMITS = ["SFC", "100 ft AGL", "200 ft AMSL", "150 m", "90 m AGL", "180 m WGS84", "FL30"]
SCHEDULES = [
    [{"permanent": "YES"}],
    [{"startDateTime": "2026-09-28T09:00:00Z", "endDateTime": "2026-09-30T12:00:00+02:00"}],
    [{"schedule": [{"day": ["MON", "WED"], "startTime": "08:00:00Z", "endTime": "12:30:00Z"}]}],
    [{"schedule": [{"day": ["ANY"], "startTime": "21:00:00+02:00", "endTime": "05:00:00+02:00"}]}],
    [{"schedule": [{"day": ["ANY"], "startEvent": "SR", "endEvent": "SS"}]}],
    [{"schedule": [{"day": ["TUE"], "startEvent": "EECT", "endEvent": "BMCT"}]}],
    [{"schedule": [{"day": "ANY", "startTime": "01:00:00", "endTime": "03:00:00", "timeZone": "Europe/Berlin"}]}],
    [{"schedule": [{"day": [], "startTime": "08:00:00Z", "endTime": "12:30:00Z"}]}],
    [{"schedule": [{"day": ["ANY"], "startTime": "08:00:00Z", "endTime": "24:00:00Z"}]}],
]


def random_collection(rng, frame):
    features = []
    for number in range(30):
        east, north = rng.uniform(-4_000, 4_000), rng.uniform(-4_000, 4_000)
        size, turn, corners = rng.uniform(100, 1_200), rng.uniform(0, 6), rng.randrange(3, 9)

        def ring(scale, *, east=east, north=north, size=size, turn=turn, corners=corners):
            angles = [turn + 2 * math.pi * k / corners for k in range(corners)]
            places = [
                frame.to_geodetic(east + scale * size * math.cos(a), north + scale * size * math.sin(a)) for a in angles
            ]
            found = [[place.longitude_deg, place.latitude_deg] for place in places]
            return [*found, found[0]]

        lower, upper = sorted(rng.sample(LIMITS, 2), key=LIMITS.index)
        properties = {
            "id": f"Z{number}",
            "name": f"zone {number}",
            "type": rng.choice(["ATZ", "GLIDER", "D", "X"]),
            "localtype": None,
            "lower": "SFC" if rng.random() < 0.4 else lower,
            "upper": None if rng.random() < 0.3 else "5000 ft" if rng.random() < 0.5 else upper,
        }
        if rng.random() < 0.4:
            properties["restriction"] = rng.choice([each.value for each in Restriction])
            properties["granted_below_agl_m"] = rng.choice([0, 40.0, 100.0])
        if rng.random() < 0.6:
            properties["applicability"] = rng.choice(SCHEDULES)
        geometry = {"type": "Polygon", "coordinates": [ring(1.0)] + ([ring(0.5)] if rng.random() < 0.3 else [])}
        if rng.random() < 0.3:
            centre = frame.to_geodetic(east, north)
            place = [centre.longitude_deg, centre.latitude_deg]
            geometry, properties["circle"] = {"type": "Point", "coordinates": place}, {"radius_m": size}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def sound(collection):
    """Without the zones whose lower limit turned out above the upper."""
    kept = []
    for feature in collection["features"]:
        text = json.dumps({"type": "FeatureCollection", "features": [feature]})
        try:
            kept += read_zones(text, where="one", rules=rules_of()).zones
        except Exception as error:  # noqa: BLE001  # whatever it is, it is not this test's matter
            assert "lower limit is above" in str(error)
    return kept


def rules_of():
    return AirspaceRules({kind: KindRule(Restriction(word), m) for kind, (word, m) in RULES.items()})


def both_readings(text, form, depot, options=None):
    kinds = {kind: {"restriction": word, "granted_below_agl_m": m} for kind, (word, m) in RULES.items()}
    read = read_zones(text, where="file", rules=rules_of(), options=options, zone_format=ZoneFormat(form))
    names = frozenset(name for name in ("authorised", "repair") if options and getattr(options, name))
    raw = RawAirspace((RawSource("file", form, text, names),), "[]", json.dumps(kinds), GROUND_AMSL_M)
    plane = MeridianPlane(depot.latitude_deg, depot.longitude_deg)
    return ZoneSet(read.zones, LocalFrame(depot), GROUND_AMSL_M), read_airspace(raw, plane)


def assert_agree(zone_set, volumes, rng, *, count=400):
    """Where the planner calls a place closed by 1 m and more, so does the check, and the other way round."""
    seen = set()
    for _ in range(count):
        low_m = rng.choice([0.0, 30.0, 80.0])
        high_m = low_m + rng.choice([0.0, 20.0])
        from_s = MONDAY_S + rng.uniform(0, 7 * 86_400)
        closed = zone_set.closed_zones(low_m, high_m, from_s, from_s + 900)
        flags = volumes.closed(low_m, high_m, from_s, from_s + 900)
        place = np.array([rng.uniform(-5_000, 5_000), rng.uniform(-5_000, 5_000)])
        here = shapely.Point(place)
        gaps = [shapely.distance(each.polygon_enu_m.boundary, here) for each in closed]
        if gaps and min(gaps) < 8.0:
            continue  # a circle is a polygon to the planner
        by_planner = any(each.polygon_enu_m.covers(here) for each in closed)
        assert bool(np.any(flags[volumes.index.holders(place)])) == by_planner
        seen.add(by_planner)
    assert seen == {True, False}


@pytest.mark.parametrize("form", ["geojson", "ed269", "ed318", "kml", "plan"])
@pytest.mark.parametrize("seed", range(3))
def test_a_written_file_closes_the_same_to_both(form, seed):
    rng = random.Random(seed)
    depot = [Geodetic(54.5, -1.5), Geodetic(1.0, 100.0), Geodetic(-60.0, 20.0)][seed]
    zones = sound(random_collection(rng, LocalFrame(depot)))
    text = WRITERS[ZoneFormat(form)](zones).text
    zone_set, volumes = both_readings(text, form, depot)
    assert_agree(zone_set, volumes, rng)


def test_inclusions_of_a_fence_that_overlap_are_one():
    rng, depot = random.Random(4), Geodetic(47.0, 8.0)
    frame = LocalFrame(depot)
    parts = []
    for east, north in ((-1_500, 0), (500, 300), (2_000, -1_500)):
        corners = [(east - 1_400, north - 1_100), (east + 1_400, north - 900), (east + 1_000, north + 1_200)]
        places = [frame.to_geodetic(*corner) for corner in corners]
        parts.append({"inclusion": True, "polygon": [[p.latitude_deg, p.longitude_deg] for p in places], "version": 1})
    hole = frame.to_geodetic(-1_400, -300)
    circle = {"center": [hole.latitude_deg, hole.longitude_deg], "radius": 300.0}
    wide = frame.to_geodetic(1_000, 2_500)
    round_one = {"center": [wide.latitude_deg, wide.longitude_deg], "radius": 1_500.0}
    circles = [
        {"inclusion": False, "circle": circle, "version": 1},
        {"inclusion": True, "circle": round_one, "version": 1},
    ]
    fence = {"polygons": parts, "circles": circles, "version": 2}
    text = json.dumps({"fileType": "Plan", "version": 1, "geoFence": fence})
    zone_set, volumes = both_readings(text, "plan", depot)
    assert_agree(zone_set, volumes, rng, count=600)


@pytest.mark.parametrize("authorised", [True, False])
def test_ceilings_of_a_facility_map_count_only_where_they_are_held(authorised):
    rng, depot = random.Random(4), Geodetic(40.7, -74.0)
    features = []
    for number, feet in enumerate((0, 50, 100, 200, 400)):
        west = -74.04 + 0.02 * number
        ring = [[west, 40.68], [west + 0.015, 40.68], [west + 0.015, 40.72], [west, 40.72], [west, 40.68]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"CEILING": feet, "OBJECTID": number}, "geometry": shape})
    text = json.dumps({"type": "FeatureCollection", "features": features})
    zone_set, volumes = both_readings(text, "uasfm", depot, ReadOptions(authorised=authorised))
    assert_agree(zone_set, volumes, rng)


@pytest.mark.parametrize("harm", ["<!DOCTYPE kml [<!ENTITY a 'b'>]>", "<NetworkLink/>"])
def test_kml_that_leads_elsewhere_closes_the_site(harm):
    text = f"{harm if harm.startswith('<!') else ''}<kml><Document>{harm if 'Link' in harm else ''}</Document></kml>"
    raw = RawAirspace((RawSource("file", "kml", text),), "[]", "{}", GROUND_AMSL_M)
    with pytest.raises(ValueError, match=r"document type|links"):
        read_airspace(raw, MeridianPlane(54.5, -1.5))
