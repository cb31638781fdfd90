"""Open Drone ID: the vehicle's is watched, the operator's is told at the rates the standards ask."""

from __future__ import annotations

import pytest

from skystork.frames import Geodetic
from skystork.link.codec import FrameEncoder
from skystork.link.contract import Operator, TelemetrySample
from skystork.link.remote_id import ODID_EPOCH_S, OperatorTeller, RemoteIdMonitor
from skystork.link.service_messages import (
    NO_ID,
    OpenDroneIdArmStatus,
    OpenDroneIdLocation,
    OpenDroneIdOperatorId,
    OpenDroneIdSelfId,
    OpenDroneIdSystem,
)

LOCATION = OpenDroneIdLocation(NO_ID, 2, 545000000, -15500000, 12.0)
OPERATOR = Operator("GBR-OP-1234ABCDEFGH", Geodetic(54.5, -1.55))
START_S = 1_800_000_000.0


def sample(monitor: RemoteIdMonitor, message: object, now_s: float) -> TelemetrySample | None:
    told = monitor.receive(message, now_s)  # type: ignore[arg-type]
    assert all(isinstance(each, TelemetrySample) for each in told)
    return told[0] if told else None  # type: ignore[return-value]


def test_the_longest_time_between_two_of_the_last_locations_is_told() -> None:
    monitor = RemoteIdMonitor()
    times_s = (0.0, 1.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    told = [sample(monitor, LOCATION, at_s) for at_s in times_s]
    assert [each.remote_id_interval_s for each in told if each] == [None, 1.0, 3.0, 3.0, 3.0, 3.0, 1.0]
    assert [each.remote_id_at_s for each in told if each] == list(times_s)


def test_a_location_of_another_aircraft_or_of_nowhere_is_not_the_vehicles() -> None:
    monitor = RemoteIdMonitor()
    assert sample(monitor, LOCATION._replace(id_or_mac=b"\x01".ljust(20, b"\0")), 1.0) is None
    assert sample(monitor, LOCATION._replace(latitude=0, longitude=0), 1.0) is None


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [(0, b"", ""), (1, b"no GNSS\0\0", "no GNSS"), (1, b"", "not ready"), (1, b"\x1b[2Jbad", "[2Jbad")],
)
def test_what_the_transmitter_says_against_arming_is_told(status: int, error: bytes, told: str) -> None:
    found = sample(RemoteIdMonitor(), OpenDroneIdArmStatus(status, error), 1.0)
    assert found is not None
    assert found.remote_id_error == told


def test_after_a_reboot_the_rate_is_measured_anew() -> None:
    monitor = RemoteIdMonitor()
    sample(monitor, LOCATION, 0.0)
    monitor.forget(5.0)
    found = sample(monitor, LOCATION, 60.0)
    assert found is not None
    assert found.remote_id_interval_s is None


def test_the_operator_is_told_each_second_and_who_it_is_every_three() -> None:
    teller, told = OperatorTeller(3, OPERATOR), []
    teller.heard(START_S)
    while (timer_s := teller.next_timer_s()) is not None and timer_s < START_S + 9:
        told.extend((timer_s - START_S, type(each)) for each in teller.handle_timer(timer_s))
    assert [at_s for at_s, kind in told if kind is OpenDroneIdSystem] == [float(second) for second in range(9)]
    assert [at_s for at_s, kind in told if kind is OpenDroneIdOperatorId] == [0.0, 3.0, 6.0]
    assert [at_s for at_s, kind in told if kind is OpenDroneIdSelfId] == [1.0, 4.0, 7.0]


def test_what_is_told_is_what_is_configured_and_can_be_written() -> None:
    teller = OperatorTeller(3, OPERATOR)
    teller.heard(START_S)
    system, identity = teller.handle_timer(START_S)
    assert isinstance(system, OpenDroneIdSystem)
    assert (system.operator_latitude, system.operator_longitude) == (545000000, -15500000)
    assert system.operator_altitude_geo == -1000.0  # not known
    assert system.timestamp == START_S - ODID_EPOCH_S
    assert isinstance(identity, OpenDroneIdOperatorId)
    assert identity.operator_id == b"GBR-OP-1234ABCDEFGH"
    for message in (system, identity):
        assert FrameEncoder(255, 190).encode(message)


def test_nothing_is_told_without_an_operator_or_to_a_vehicle_not_heard() -> None:
    nobody = OperatorTeller(3, None)
    nobody.heard(START_S)
    assert nobody.next_timer_s() is None
    teller = OperatorTeller(3, OPERATOR)
    assert teller.next_timer_s() is None
    teller.heard(START_S)
    teller.lost()
    assert teller.next_timer_s() is None
    assert list(teller.handle_timer(START_S + 5)) == []
