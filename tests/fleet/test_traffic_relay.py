"""Which aircraft a vehicle is told of: near ones, once, nearest first, and none that it heard itself."""

from __future__ import annotations

from dataclasses import replace

from skystork.fleet.traffic import AltitudeReference, TrafficReport
from skystork.fleet.traffic_relay import MOST_AT_ONCE, TrafficRelay
from skystork.frames import Geodetic, LocalFrame

HERE = Geodetic(54.5, -1.55)
WITHIN_M = 5000.0


def aircraft(
    east_m: float, *, icao: int = 0x4CA123, at_s: float = 100.0, altitude_m: float | None = 150.0
) -> TrafficReport:
    position = LocalFrame(HERE).to_geodetic(east_m, 0.0)
    reference = AltitudeReference.PRESSURE
    return TrafficReport(at_s, icao, "EIN123", position, altitude_m, reference, None, 1, None, simulated=False)


def relay(*heard: tuple[TrafficReport, str]) -> TrafficRelay:
    made = TrafficRelay(WITHIN_M)
    for report, vehicle_id in heard:
        made.note(report, vehicle_id)
    return made


def test_a_vehicle_is_told_of_what_another_heard_and_not_of_what_it_heard_itself() -> None:
    report = aircraft(1000.0)
    made = relay((report, "LC-2"))
    assert made.due("LC-2", HERE, 100.0, [report]) == []
    assert made.due("LC-1", HERE, 100.0, [report]) == [report]


def test_a_report_is_told_once_and_a_newer_one_again() -> None:
    report = aircraft(1000.0)
    made = relay((report, "LC-2"))
    assert made.due("LC-1", HERE, 100.0, [report]) and not made.due("LC-1", HERE, 100.0, [report])
    newer = replace(report, at_s=101.0)
    assert made.due("LC-1", HERE, 100.0, [newer]) == [newer]


def test_only_what_is_near_is_told_and_an_unknown_height_is_near() -> None:
    far, high = aircraft(5100.0, icao=1), aircraft(1000.0, icao=2, altitude_m=1101.0)
    near, unknown = aircraft(4900.0, icao=3, altitude_m=1099.0), aircraft(2000.0, icao=4, altitude_m=None)
    reports = [far, high, near, unknown]
    made = relay(*((report, "LC-2") for report in reports))
    assert made.due("LC-1", HERE, 100.0, reports) == [unknown, near]
    assert relay((high, "LC-2")).due("LC-1", HERE, None, [high]) == [high]


def test_of_many_the_nearest_are_told_first_and_the_others_at_the_next_look() -> None:
    reports = [aircraft(4000.0 - 100.0 * number, icao=number + 1) for number in range(MOST_AT_ONCE + 3)]
    made = relay(*((report, "LC-2") for report in reports))
    first = made.due("LC-1", HERE, 100.0, reports)
    assert first == reports[:2:-1]
    assert made.due("LC-1", HERE, 100.0, reports) == reports[2::-1]


def test_what_is_no_longer_known_is_forgotten() -> None:
    report = aircraft(1000.0)
    made = relay((report, "LC-2"))
    made.due("LC-1", HERE, 100.0, [report])
    made.due("LC-1", HERE, 100.0, [])
    assert made.due("LC-1", HERE, 100.0, [report]) == [report]
