"""Another aircraft that is near, or will be, is told; old and forged reports fill no memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skystork.fleet.traffic import KEPT_S, MOST_AIRCRAFT, Advisory, AltitudeReference, TrafficPicture, TrafficReport
from skystork.frames import Geodetic, LocalFrame

HERE = Geodetic(54.5, -1.55)
STILL = (0.0, 0.0, 0.0)


def aircraft(
    east_m: float,
    north_m: float,
    *,
    altitude_m: float | None = 150.0,
    velocity: tuple[float, float, float] | None = STILL,
    at_s: float = 0.0,
    icao: int = 0x4CA123,
) -> TrafficReport:
    position = LocalFrame(HERE).to_geodetic(east_m, north_m)
    reference = AltitudeReference.GEOMETRIC
    return TrafficReport(at_s, icao, "EIN123", position, altitude_m, reference, velocity, 1, None, simulated=False)


def advisories(
    report: TrafficReport, *, now_s: float = 0.0, ours: tuple[float, float, float] = STILL, height_m: float = 100.0
) -> list[Advisory]:
    picture = TrafficPicture()
    picture.take(report)
    return list(picture.advisories(HERE, height_m, ours, now_s))


@pytest.mark.parametrize(
    ("report", "near"),
    [
        (aircraft(499, 0), True),
        (aircraft(0, -501), False),
        (aircraft(100, 0, altitude_m=590.0), True),
        (aircraft(100, 0, altitude_m=610.0), False),
        (aircraft(100, 0, altitude_m=None), True),  # unknown height counts as ours
        (aircraft(3_000, 0, velocity=(-60.0, 0.0, 0.0)), True),  # comes at us: here in 50 s
        (aircraft(3_000, 0, velocity=(60.0, 0.0, 0.0)), False),
        (aircraft(6_000, 0, velocity=(-60.0, 0.0, 0.0)), False),  # 2,400 m away in a minute
        (aircraft(3_000, 600, velocity=(-60.0, 0.0, 0.0)), False),  # passes by
        (aircraft(3_000, 0, altitude_m=900.0, velocity=(-60.0, 0.0, -10.0)), True),  # comes down to us
        (aircraft(3_000, 0, velocity=None), False),
    ],
)
def test_what_is_near_or_will_be_within_a_minute_is_told(report: TrafficReport, near: bool) -> None:
    assert bool(advisories(report)) is near


def test_the_advisory_says_how_near_and_when() -> None:
    (found,) = advisories(aircraft(3_000, 300, altitude_m=250.0, velocity=(-60.0, 0.0, 0.0)))
    assert found.in_s == pytest.approx(50.0, abs=0.1)
    assert found.horizontal_m == pytest.approx(300.0, abs=1.0)
    assert found.vertical_m == pytest.approx(150.0)
    assert str(found) == "EIN123 (4CA123) 300 m away, 150 m above or below, in 50 s"


def test_our_own_speed_counts_too() -> None:
    """It stands; we fly at it with 20 m/s and are there in 50 s."""
    (found,) = advisories(aircraft(1_000, 0), ours=(20.0, 0.0, 0.0))
    assert found.in_s == pytest.approx(50.0, abs=0.1)


def test_a_report_is_flown_on_for_its_age_and_then_forgotten() -> None:
    report = aircraft(1_500, 0, velocity=(-100.0, 0.0, 0.0))
    assert advisories(report, now_s=11.0)[0].in_s == pytest.approx(4.0, abs=0.1)
    assert advisories(report, now_s=KEPT_S + 0.1) == []


def test_the_newest_report_counts_whoever_sent_it() -> None:
    picture = TrafficPicture()
    assert picture.take(aircraft(0, 0, at_s=10.0))
    assert not picture.take(aircraft(5_000, 0, at_s=9.0))
    assert picture.take(aircraft(9_000, 0, at_s=11.0))
    assert len(picture.fresh(11.0)) == 1
    assert list(picture.advisories(HERE, 100.0, STILL, 11.0)) == []


def test_a_forger_fills_no_memory() -> None:
    picture = TrafficPicture()
    taken = [picture.take(aircraft(0, 0, icao=number)) for number in range(1, MOST_AIRCRAFT + 50)]
    assert taken.count(True) == MOST_AIRCRAFT
    assert picture.take(aircraft(0, 0, icao=1, at_s=1.0))  # one that is known goes on
    picture.fresh(KEPT_S + 2)
    assert picture.take(aircraft(0, 0, icao=9_999_999, at_s=KEPT_S + 2))


def test_one_that_hides_its_address_is_known_by_its_callsign() -> None:
    hidden = replace(aircraft(0, 0), icao_address=0)
    assert hidden.key == "~EIN123"
    assert str(advisories(replace(hidden, altitude_m=None))[0]).startswith("EIN123 (~EIN123) 0 m away, at an unknown")
