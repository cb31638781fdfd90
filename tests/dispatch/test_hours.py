"""Light and pilots: when flights may be made, and what would make them possible."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from skystork.dispatch.hours import FlightHours, PilotShift, light_reasons, most_airborne, pilots_reason, within_hours
from skystork.errors import ConfigError
from skystork.frames import Geodetic
from skystork.orders.reasons import ReasonCode

DARLINGTON = Geodetic(54.5166, -1.5075)
TROMSO = Geodetic(69.65, 18.96)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# Sunset in Darlington on 2026-11-21 is about 15:52 UTC, the end of civil twilight about 16:30, sunrise about 07:52.
@pytest.mark.parametrize(
    ("hours", "begins", "lasts_s", "allowed"),
    [
        (FlightHours.SUN, "2026-11-21T12:00", 600.0, True),
        (FlightHours.SUN, "2026-11-21T15:45", 600.0, False),
        (FlightHours.SUN, "2026-11-21T16:05", 60.0, False),
        (FlightHours.CIVIL_TWILIGHT, "2026-11-21T16:05", 60.0, True),
        (FlightHours.CIVIL_TWILIGHT, "2026-11-21T16:20", 1_200.0, False),
        (FlightHours.CIVIL_TWILIGHT, "2026-11-21T06:00", 60.0, False),
        (FlightHours.ALWAYS, "2026-11-21T02:00", 600.0, True),
    ],
)
def test_a_flight_is_wholly_in_the_light_or_refused(
    hours: FlightHours, begins: str, lasts_s: float, allowed: bool
) -> None:
    from_s = at(begins)
    reasons = list(light_reasons(hours, DARLINGTON, from_s, from_s + lasts_s))
    assert (not reasons) is allowed
    assert all(reason.code is ReasonCode.NIGHT for reason in reasons)


def test_a_flight_refused_at_night_is_told_when_the_morning_comes() -> None:
    from_s = at("2026-11-21T22:00")
    (reason,) = light_reasons(FlightHours.SUN, DARLINGTON, from_s, from_s + 600.0)
    hour, minute = int(reason.remedy[-9:-7]), int(reason.remedy[-6:-4])
    assert 7 * 60 + 45 < 60 * hour + minute < 8 * 60 + 5


def test_where_the_sun_does_not_rise_nothing_flies_by_the_sun() -> None:
    from_s = at("2026-12-20T11:00")
    (reason,) = light_reasons(FlightHours.SUN, TROMSO, from_s, from_s + 600.0)
    assert reason.remedy == "by road"


DAY, NIGHT = PilotShift("Amy", "06:00", "14:00"), PilotShift("Ben", "22:00", "06:00")


def test_a_shift_over_midnight_is_on_before_and_after_it() -> None:
    assert [NIGHT.is_on(at(f"2026-11-21T{hour}:00")) for hour in ("21", "22", "23", "05", "06")] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert within_hours("00:00", "00:00", at("2026-11-21T13:00"))


def test_pilots_on_duty_times_the_ratio_is_the_cap_and_none_without_pilots() -> None:
    noon_s = at("2026-11-21T12:00")
    assert most_airborne((), 3, noon_s) is None
    assert most_airborne((DAY, NIGHT), 3, noon_s) == 3
    assert most_airborne((DAY, NIGHT), 3, at("2026-11-21T18:00")) == 0


def test_the_reason_says_who_has_how_many_and_when_somebody_comes() -> None:
    evening_s = at("2026-11-21T18:00")
    reason = pilots_reason((DAY, NIGHT), 3, 0, evening_s)
    assert reason is not None and reason.code is ReasonCode.PILOTS
    assert "22:00 UTC" in reason.remedy
    assert pilots_reason((DAY,), 3, 2, at("2026-11-21T12:00")) is None
    assert pilots_reason((DAY,), 3, 3, at("2026-11-21T12:00")) is not None


@pytest.mark.parametrize("text", ["6:00", "24:00", "06.00", "", "06:60"])
def test_what_is_no_time_of_day_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match="pilots Amy on_from"):
        PilotShift("Amy", text, "14:00")
