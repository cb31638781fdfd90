import math

import pytest

from skystork.airspace.altitudes import is_upside_down, read_altitude
from skystork.airspace.zone import AltitudeReference


@pytest.mark.parametrize(
    ("published", "value_m", "reference"),
    [
        ("SFC", 0.0, AltitudeReference.AGL),
        ("1200 ft", 365.76, AltitudeReference.AMSL),
        ("400 ft AGL", 121.92, AltitudeReference.AGL),
        ("120 m", 120.0, AltitudeReference.AMSL),
        ("FL150", 4572.0, AltitudeReference.FL),
        ("UNL", math.inf, AltitudeReference.AMSL),
    ],
)
def test_published_altitudes_become_metres_with_their_reference(published, value_m, reference):
    limit = read_altitude(published)
    assert limit is not None
    assert limit.value_m == pytest.approx(value_m)
    assert (limit.reference, limit.published) == (reference, published)


@pytest.mark.parametrize(
    "published", ["", "1200", "-5 m", "FL", "FL1500", "1,200 ft", "NaN m", "1e3 m", "٣ m", 5, None, True]
)
def test_what_is_not_an_altitude_is_not_guessed(published):
    assert read_altitude(published) is None


def test_limits_from_ground_and_from_sea_level_are_not_compared():
    ground, sea = read_altitude("400 ft AGL"), read_altitude("300 ft")
    assert ground is not None
    assert sea is not None
    assert not is_upside_down(ground, sea)
    assert is_upside_down(ground, read_altitude("SFC"))
