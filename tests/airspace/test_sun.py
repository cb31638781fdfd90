"""Events of the sun against the times that almanacs print."""

from datetime import UTC, datetime

import pytest

from skystork.airspace.sun import SPELLINGS, SunEvent, sun_event_s

LONDON = (51.5074, -0.1278)


def at(text):
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("event", "printed"),
    [
        (SunEvent.BMCT, "2024-06-20T02:55:00+00:00"),
        (SunEvent.SR, "2024-06-20T03:43:00+00:00"),
        (SunEvent.SS, "2024-06-20T20:21:00+00:00"),
        (SunEvent.EECT, "2024-06-20T21:09:00+00:00"),
    ],
)
def test_at_midsummer_in_london_events_are_within_two_minutes_of_the_almanac(event, printed):
    found = sun_event_s(at("2024-06-20T00:00:00+00:00"), *LONDON, event)
    assert found == pytest.approx(at(printed), abs=120)


def test_on_the_equator_at_an_equinox_the_day_has_twelve_hours_and_the_refraction():
    midnight = at("2026-03-20T00:00:00+00:00")
    rises, sets = (sun_event_s(midnight, 0.0, 32.5, event) for event in (SunEvent.SR, SunEvent.SS))
    assert rises is not None
    assert sets is not None
    assert sets - rises == pytest.approx(12 * 3600 + 2 * 0.833 * 240, abs=30)
    assert (rises + sets) / 2 == pytest.approx(midnight + 43_200 - 32.5 * 240 + 7.5 * 60, abs=60), "the sun is slow"


def test_the_polar_night_has_no_sunrise_and_still_a_civil_twilight():
    midnight = at("2026-12-21T00:00:00+00:00")
    assert sun_event_s(midnight, 69.65, 18.96, SunEvent.SR) is None  # Tromsø
    dawn = sun_event_s(midnight, 69.65, 18.96, SunEvent.BMCT)
    assert dawn is not None
    assert datetime.fromtimestamp(dawn, UTC).hour == 8  # 09:2x CET in the almanac


def test_beside_the_antimeridian_the_solar_day_of_the_date_is_meant():
    midnight = at("2026-03-20T00:00:00+00:00")
    noon_s = midnight + 43_200 + 179.9 * 240
    rises = sun_event_s(midnight, -17.0, -179.9, SunEvent.SR)
    assert rises is not None
    assert rises == pytest.approx(noon_s - 6 * 3600, abs=900)


def test_both_spellings_of_the_twilights_are_known():
    assert SPELLINGS["BCMT"] is SunEvent.BMCT
    assert SPELLINGS["ECET"] is SunEvent.EECT
