import math
from datetime import datetime

import pytest

from skystork.airspace.schedule import DailyPeriod, Edge, Period, is_active
from skystork.airspace.sun import SunEvent

ALL_DAYS = tuple(range(7))
DARLINGTON = [(-1.5075, 54.5166)]
TROMSO = [(18.96, 69.65)]


def at(text):
    return datetime.fromisoformat(text).timestamp()


def daily(days, start, end, *, starts_s=-math.inf, ends_s=math.inf):
    return (Period(starts_s, ends_s, (DailyPeriod(days, start, end),)),)


def clock(hours, zone="UTC"):
    return Edge(hours * 3600.0, zone=zone)


def active(periods, text, *, until=None, places=DARLINGTON):
    return is_active(periods, at(text), at(until or text), places)


def test_no_periods_mean_always_and_an_empty_list_never():
    assert is_active(None, 0.0, 1.0, DARLINGTON)
    assert not is_active((), 0.0, 1.0, DARLINGTON)


def test_a_weekly_period_holds_on_its_days_only():
    weekend = daily((5, 6), clock(17), clock(20))
    assert active(weekend, "2026-11-21T18:00:00+00:00")  # a Saturday
    assert not active(weekend, "2026-11-20T18:00:00+00:00")
    assert not active(weekend, "2026-11-21T16:59:00+00:00")
    assert active(weekend, "2026-11-21T16:00:00+00:00", until="2026-11-21T17:00:00+00:00")


def test_a_period_over_midnight_belongs_to_the_day_it_begins_on():
    night = daily((4,), clock(22), clock(6))  # Fridays
    assert active(night, "2026-11-20T23:00:00+00:00")
    assert active(night, "2026-11-21T05:59:00+00:00")
    assert not active(night, "2026-11-21T06:01:00+00:00")
    assert not active(night, "2026-11-20T05:00:00+00:00")


def test_a_day_that_ends_in_its_last_minute_ends_at_midnight():
    evening = daily((5,), clock(17), Edge(86_399.0))
    assert active(evening, "2026-11-22T00:00:00+00:00")


def test_an_offset_and_a_named_time_zone_move_the_clock():
    assert active(daily(ALL_DAYS, clock(8, "+02:00"), clock(9, "+02:00")), "2026-07-01T06:30:00+00:00")
    london = daily(ALL_DAYS, clock(8, "Europe/London"), clock(9, "Europe/London"))
    assert active(london, "2026-07-01T07:30:00+00:00")  # summer time
    assert not active(london, "2026-07-01T08:30:00+00:00")
    assert active(london, "2026-12-01T08:30:00+00:00")


def test_an_hour_that_the_clock_shows_twice_counts_both_times():
    night = daily((6,), clock(1, "Europe/London"), clock(1.5, "Europe/London"))
    assert active(night, "2026-10-25T00:15:00+00:00")  # 01:15 BST
    assert active(night, "2026-10-25T01:15:00+00:00")  # 01:15 GMT


def test_daylight_lasts_from_sunrise_to_sunset_at_the_zone_and_a_little_more():
    day = daily(ALL_DAYS, Edge(event=SunEvent.SR), Edge(event=SunEvent.SS))
    assert active(day, "2026-11-21T12:00:00+00:00")
    assert not active(day, "2026-11-21T06:30:00+00:00")  # sunrise 07:48
    assert active(day, "2026-11-21T07:47:00+00:00")
    assert not active(day, "2026-11-21T17:00:00+00:00")  # sunset 15:52


def test_night_lasts_from_the_end_of_twilight_to_its_beginning_next_morning():
    night = daily(ALL_DAYS, Edge(event=SunEvent.EECT), Edge(event=SunEvent.BMCT))
    assert active(night, "2026-11-21T23:00:00+00:00")
    assert active(night, "2026-11-22T05:00:00+00:00")
    assert not active(night, "2026-11-22T12:00:00+00:00")


def test_where_the_sun_does_not_rise_a_daylight_zone_is_active_all_day():
    day = daily(ALL_DAYS, Edge(event=SunEvent.SR), Edge(event=SunEvent.SS))
    assert active(day, "2026-12-21T01:00:00+00:00", places=TROMSO)


def test_a_span_longer_than_a_week_meets_every_weekly_period():
    weekend = daily((5,), clock(17), clock(18))
    assert active(weekend, "2026-11-22T00:00:00+00:00", until="2026-11-29T00:00:00+00:00")
    assert is_active(weekend, -math.inf, math.inf, DARLINGTON)


def test_the_whole_span_bounds_its_daily_periods():
    week = daily(
        ALL_DAYS,
        clock(0),
        Edge(86_399.0),
        starts_s=at("2026-11-21T00:00:00+00:00"),
        ends_s=at("2026-11-22T00:00:00+00:00"),
    )
    assert active(week, "2026-11-21T12:00:00+00:00")
    assert not active(week, "2026-11-22T12:00:00+00:00")
    assert not active(week, "2026-11-20T12:00:00+00:00")


@pytest.mark.parametrize("longitude_deg", [-179.9, 179.9])
def test_beside_the_antimeridian_daylight_is_that_of_the_place(longitude_deg):
    day = daily(ALL_DAYS, Edge(event=SunEvent.SR), Edge(event=SunEvent.SS))
    assert active(day, "2026-03-20T00:00:00+00:00", places=[(longitude_deg, -17.0)])  # noon there
    assert not active(day, "2026-03-20T12:00:00+00:00", places=[(longitude_deg, -17.0)])
