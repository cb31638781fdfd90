"""Altitude bands above home: exact where all is known, wider where it is not, and then somebody is told."""

import math

import numpy as np
import pytest

from skystork.airspace.altitudes import read_altitude
from skystork.airspace.bands import bands_of
from skystork.airspace.terrain import Terrain
from skystork.airspace.zone import Restriction, Zone

RING = ((-1.5, 54.5), (-1.4, 54.5), (-1.4, 54.6), (-1.5, 54.6), (-1.5, 54.5))
HILL = Terrain(np.array([[50, 50, 50], [50, 90, 60], [50, 50, 50]], dtype=np.float32), -1.6, 54.7, 0.15, 0.1)


def band(lower, upper, *, ground=45.0, undulation=None, terrain=None, granted=0.0):
    low, high = read_altitude(lower), read_altitude(upper)
    assert low is not None
    assert high is not None
    found = bands_of(
        [Zone("z", "Z", "X", Restriction.REQ_AUTHORISATION, (RING,), low, high, granted)], ground, undulation, terrain
    )
    return float(found.lower_home_m[0]), float(found.upper_home_m[0]), float(found.granted_home_m[0]), found.notices


def test_above_sea_level_needs_the_sites_elevation_only():
    low, high, _, notices = band("100 m", "300 m")
    assert (low, high) == (55.0, 255.0)
    assert notices == ()


def test_above_the_ellipsoid_with_an_unknown_geoid_the_band_is_wider_by_its_extremes_and_says_so():
    low, high, _, notices = band("200 m WGS84", "300 m WGS84")
    assert (low, high) == (200 - 86 - 45, 300 + 107 - 45)
    assert "-107 to 86 m (EGM96)" in str(notices[0])


def test_above_the_ellipsoid_with_the_geoid_given_the_band_is_wider_by_its_error():
    low, high, _, notices = band("200 m WGS84", "300 m WGS84", undulation=50.0)
    assert (low, high) == (200 - 50 - 2 - 45, 300 - 50 + 2 - 45)
    assert notices == ()


@pytest.mark.parametrize(
    ("lower", "upper"), [("50 m AGL", "500 m AMSL"), ("SFC", "500 m AMSL"), ("200 m", "120 m AGL")]
)
def test_references_mixed_without_terrain_close_all_heights_and_say_so(lower, upper):
    low, high, _, notices = band(lower, upper)
    assert (low, high) == (-math.inf, math.inf)
    assert "closed at all heights" in str(notices[0])


def test_references_mixed_with_terrain_are_what_they_say():
    low, high, _, notices = band("30 m AGL", "500 m AMSL", terrain=HILL)
    assert (low, high) == (pytest.approx(50 + 30 - 45), 455.0)
    assert notices == ()


def test_with_terrain_heights_above_ground_close_from_the_lowest_to_the_highest_ground():
    low, high, granted, _ = band("30 m AGL", "120 m AGL", terrain=HILL, granted=60.0)
    assert (low, high, granted) == (50 + 30 - 45, 90 + 120 - 45, 50 + 60 - 45)


def test_terrain_that_does_not_cover_the_zone_closes_it_and_says_so():
    holed = HILL.heights_amsl_m.copy()
    holed[1, 1] = np.nan
    for terrain in (Terrain(holed, -1.6, 54.7, 0.15, 0.1), Terrain(HILL.heights_amsl_m, 8.0, 47.5, 0.1, 0.1)):
        low, high, granted, notices = band("30 m AGL", "120 m AGL", terrain=terrain, granted=60.0)
        assert (low, high, granted) == (-math.inf, math.inf, -math.inf)
        assert "does not cover" in str(notices[0])


def test_an_unlimited_top_is_no_mixture():
    low, high, _, notices = band("30 m AGL", "UNL")
    assert (low, high) == (30.0, math.inf)
    assert notices == ()
