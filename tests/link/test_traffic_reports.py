"""Other aircraft as ADSB_VEHICLE tells them: only what its flags call valid."""

from __future__ import annotations

import math

import pytest

from skystork.fleet.traffic import AltitudeReference
from skystork.link.service_messages import AdsbVehicle
from skystork.link.traffic import TrafficReports, read_report, traffic_message

ALL = 0xFF & ~64
MESSAGE = AdsbVehicle(0x4CA123, 545000000, -15500000, 1, 950_000, 9_000, 6_000, -250, b"EIN123\0\0\0", 2, 2, ALL, 1200)


def test_a_whole_report_is_read_in_plain_units() -> None:
    report = read_report(MESSAGE, 100.0)
    assert report is not None
    assert (report.at_s, report.key, report.callsign) == (98.0, "4CA123", "EIN123")
    assert (report.position.latitude_deg, report.position.longitude_deg) == (54.5, -1.55)
    assert (report.altitude_m, report.altitude_reference) == (950.0, AltitudeReference.GEOMETRIC)
    assert report.velocity_enu_m_s == pytest.approx((60.0, 0.0, -2.5), abs=1e-9)
    assert (report.squawk, report.emitter_type, report.simulated) == (1200, 2, False)


@pytest.mark.parametrize(
    ("cleared", "field"),
    [(2, "altitude_m"), (4, "velocity_enu_m_s"), (8, "velocity_enu_m_s"), (32, "squawk")],
)
def test_a_field_whose_flag_is_not_set_says_nothing(cleared: int, field: str) -> None:
    report = read_report(MESSAGE._replace(flags=ALL & ~cleared), 100.0)
    assert report is not None
    assert getattr(report, field) is None


def test_without_their_flags_a_climb_is_level_and_a_callsign_none() -> None:
    report = read_report(MESSAGE._replace(flags=ALL & ~(16 | 128)), 100.0)
    assert report is not None
    assert report.callsign == ""
    assert report.velocity_enu_m_s is not None
    assert report.velocity_enu_m_s[2] == 0.0


@pytest.mark.parametrize(
    "change",
    [
        {"flags": ALL & ~1},
        {"lat": 0, "lon": 0},
        {"lat": 950000000},
        {"lon": -2147483648},
        {"tslc": 31},
        {"tslc": 255},
    ],
)
def test_a_report_without_a_position_that_could_be_is_dropped(change: dict[str, int]) -> None:
    assert read_report(MESSAGE._replace(**change), 100.0) is None
    assert TrafficReports().receive(MESSAGE._replace(**change), 100.0) == []


def test_signs_that_would_move_a_terminal_are_taken_off_a_callsign() -> None:
    report = read_report(MESSAGE._replace(callsign=b"\x1b[2JX\xff "), 100.0)
    assert report is not None
    assert report.callsign == "[2JX"


def test_an_altitude_that_cannot_be_is_unknown() -> None:
    report = read_report(MESSAGE._replace(altitude=2_000_000_000), 100.0)
    assert report is not None
    assert report.altitude_m is None


@pytest.mark.parametrize("flags", [ALL, ALL | 64, 1, 1 | 2, 1 | 4 | 8, 1 | 16 | 32])
def test_a_report_told_on_is_read_as_the_same(flags: int) -> None:
    report = read_report(MESSAGE._replace(flags=flags), 100.0)
    assert report is not None
    again = read_report(traffic_message(report, 100.0), 100.0)
    assert again is not None
    assert (again.at_s, again.key, again.position, again.altitude_m) == (
        report.at_s,
        report.key,
        report.position,
        report.altitude_m,
    )
    assert (again.velocity_enu_m_s is None) is (report.velocity_enu_m_s is None)
    if report.velocity_enu_m_s and again.velocity_enu_m_s:
        assert math.dist(again.velocity_enu_m_s, report.velocity_enu_m_s) < 0.02
    assert (again.squawk, again.simulated) == (report.squawk, report.simulated)
