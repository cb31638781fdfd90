import json

import pytest

from skystork.airspace.formats import read_zones
from skystork.airspace.reading import ReadOptions, ZoneFormat
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.volume import ZoneSet
from skystork.errors import ConfigError
from skystork.frames import Geodetic, LocalFrame

SITE = Geodetic(38.85, -77.04)


def cell(index, ceiling, *, unit="Feet", west=-77.05):
    ring = [[west, 38.84], [west + 0.01, 38.84], [west + 0.01, 38.86], [west, 38.86], [west, 38.84]]
    properties = {"OBJECTID": index, "CEILING": ceiling, "UNIT": unit, "APT1_FAAID": "DCA"}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def read(*cells, **options):
    text = json.dumps({"type": "FeatureCollection", "features": list(cells)})
    return read_zones(text, where="uasfm", rules=AirspaceRules({}), options=ReadOptions(**options))


def ceiling_m(found, longitude_deg):
    frame = LocalFrame(SITE)
    place = frame.to_enu_m(Geodetic(38.85, longitude_deg))
    return ZoneSet(found.zones, frame, 5.0).ceiling_home_m(*place, 0.0)


def test_where_the_authorisation_is_held_flights_stay_below_the_ceiling_of_their_cell():
    found = read(cell(1, 200), cell(2, 0, west=-77.03), authorised=True)
    assert found.format is ZoneFormat.UASFM
    assert ceiling_m(found, -77.045) == pytest.approx(60.96)
    assert ceiling_m(found, -77.025) <= 0
    zones = ZoneSet(found.zones, LocalFrame(SITE), 5.0)
    assert [each.zone.zone_id for each in zones.closed_zones(0.0, 60.0, 0.0, 1.0)] == ["UASFM-2"]
    assert [each.zone.zone_id for each in zones.closed_zones(0.0, 61.0, 0.0, 1.0)] == ["UASFM-1", "UASFM-2"]


def test_a_published_ceiling_alone_permits_nothing_and_that_is_told():
    found = read(cell(1, 200))
    assert ceiling_m(found, -77.045) <= 0
    assert "authorised = true" in str(found.notices[0])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (cell(1, 401), "not a ceiling"),
        (cell(1, "200"), "not a ceiling"),
        (cell(1, None), "not a ceiling"),
        (cell(1, -50), "not a ceiling"),
        (cell(1, 200, unit="Metres"), "unknown unit"),
        ({**cell(1, 200), "geometry": {"type": "Point", "coordinates": [0, 0]}}, "a cell needs an area"),
    ],
)
def test_a_cell_without_a_sound_ceiling_is_refused(wrong, words):
    with pytest.raises(ConfigError, match=words):
        read(wrong)
