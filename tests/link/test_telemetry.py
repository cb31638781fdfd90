from __future__ import annotations

import pytest

from skystork.fleet.vehicle import LandedState, MissionState
from skystork.frames import Geodetic
from skystork.link.contract import TelemetrySample
from skystork.link.messages import (
    BatteryStatus,
    CurrentMode,
    DistanceSensor,
    ExtendedSysState,
    GlobalPositionInt,
    Heartbeat,
    HomePosition,
    Incoming,
    MissionAck,
    MissionCurrent,
    SysStatus,
    SystemTime,
)
from skystork.link.telemetry import sample_from

AT_S = 1_800_000_000.0
PLACE = GlobalPositionInt(5_000, 473977419, 85455938, 488_000, 1_500, 100, 200, -300, 9_000)


def sample(message: Incoming) -> TelemetrySample:
    read = sample_from(message, AT_S)
    assert read is not None
    assert read.at_s == AT_S
    return read


def test_a_position_becomes_degrees_metres_and_east_north_up() -> None:
    read = sample(PLACE)
    assert read.position == Geodetic(47.3977419, 8.5455938)
    assert (read.altitude_amsl_m, read.relative_altitude_m, read.heading_deg) == (488.0, 1.5, 90.0)
    assert read.velocity_enu_m_s == (2.0, 1.0, 3.0)
    assert read.boot_time_s == 5.0


@pytest.mark.parametrize(
    "impossible",
    [{"lat": 2**31 - 1}, {"lon": 1_800_000_001}, {"lat": 0, "lon": 0}],
)
def test_an_impossible_position_tells_no_position_and_no_altitude(impossible: dict[str, int]) -> None:
    read = sample(PLACE._replace(**impossible))
    assert (read.position, read.altitude_amsl_m, read.relative_altitude_m) == (None, None, None)
    assert read.boot_time_s == 5.0


def test_unknown_heading_and_speed_tell_nothing() -> None:
    read = sample(PLACE._replace(hdg=65535, vx=32767))
    assert (read.heading_deg, read.velocity_enu_m_s) == (None, None)


@pytest.mark.parametrize(
    ("base_mode", "custom_mode", "status", "told"),
    [
        (29, 0x03040000, 3, (False, "AUTO.LOITER", False)),
        (157, 0x04040000, 4, (True, "AUTO.MISSION", False)),
        (157, 0x05040000, 5, (True, "AUTO.RTL", True)),
        (145, 0x00060000, 4, (True, "OFFBOARD", False)),
        (129, 0x000A0000, 8, (True, "TERMINATION", True)),
        (81, 0x00030000, 0, (False, "POSCTL", False)),
        (145, 0x01030000, 4, (True, "ORBIT", False)),
        (157, 0x63040000, 4, (True, "PX4:4.99", False)),
        (28, 0, 3, (False, None, False)),
    ],
)
def test_a_heartbeat_tells_arming_mode_and_failsafe(
    base_mode: int, custom_mode: int, status: int, told: tuple[bool, str | None, bool]
) -> None:
    read = sample(Heartbeat(2, 12, base_mode, custom_mode, status, 3))
    assert (read.armed, read.mode, read.failsafe) == told


def test_current_mode_tells_the_mode_flown_not_the_one_intended() -> None:
    assert sample(CurrentMode(5, 0x05040000, 0x04040000)).mode == "AUTO.RTL"


def test_ready_to_arm_is_the_prearm_bit_of_health() -> None:
    assert sample(SysStatus(0x1F, 0x10000000)).ready_to_arm is True
    assert sample(SysStatus(0x10000000, 0x0FFFFFFF)).ready_to_arm is False


@pytest.mark.parametrize(("remaining", "fraction"), [(0, 0.0), (57, 0.57), (100, 1.0)])
def test_a_battery_is_a_fraction(remaining: int, fraction: float) -> None:
    assert sample(BatteryStatus(0, remaining)).battery_fraction == fraction


@pytest.mark.parametrize(("centidegrees", "temperature_deg_c"), [(-525, -5.25), (2000, 20.0), (32767, None)])
def test_a_pack_has_a_temperature_where_it_is_measured(centidegrees: int, temperature_deg_c: float | None) -> None:
    assert sample(BatteryStatus(0, 50, centidegrees)).battery_temperature_deg_c == temperature_deg_c


@pytest.mark.parametrize(
    "says_nothing",
    [
        BatteryStatus(0, -1),
        BatteryStatus(0, 101),
        BatteryStatus(1, 50),
        HomePosition(2**31 - 1, 0, 0),
        DistanceSensor(0, 10, 1000, 500, 0, 0),
        DistanceSensor(0, 10, 1000, 1001, 25, 0),
        DistanceSensor(0, 10, 1000, 500, 25, 1),
        MissionAck(255, 190, 0, 0),
    ],
)
def test_a_message_that_tells_nothing_gives_no_sample(says_nothing: Incoming) -> None:
    assert sample_from(says_nothing, AT_S) is None


def test_the_downward_range_is_the_ground_clearance() -> None:
    assert sample(DistanceSensor(0, 10, 1000, 523, 25, 0)).ground_clearance_m == 5.23


def test_home_is_told_with_its_altitude() -> None:
    read = sample(HomePosition(473977419, 85455938, 488_250))
    assert (read.home, read.home_altitude_amsl_m) == (Geodetic(47.3977419, 8.5455938), 488.25)


def test_the_mission_on_board_is_told_with_its_ids() -> None:
    read = sample(MissionCurrent(3, 9, 3, 11, 12, 13))
    assert (read.mission_sequence, read.mission_total, read.mission_state) == (3, 9, MissionState.ACTIVE)
    assert (read.mission_id, read.fence_id, read.rally_id) == (11, 12, 13)


def test_an_empty_mission_has_no_items_rather_than_65535() -> None:
    read = sample(MissionCurrent(0, 65535, 1, 0, 0, 0))
    assert (read.mission_total, read.mission_state) == (0, MissionState.NO_MISSION)


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (0, LandedState.UNDEFINED),
        (1, LandedState.ON_GROUND),
        (2, LandedState.IN_AIR),
        (3, LandedState.TAKEOFF),
        (4, LandedState.LANDING),
        (9, LandedState.UNDEFINED),
    ],
)
def test_the_landed_state_is_named(number: int, state: LandedState) -> None:
    assert sample(ExtendedSysState(number)).landed is state


def test_system_time_tells_the_time_since_boot() -> None:
    assert sample(SystemTime(0, 1_250)).boot_time_s == 1.25
