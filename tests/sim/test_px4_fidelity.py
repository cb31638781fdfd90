"""What a faithful stand-in for PX4 v1.17 must copy, one test a habit, in the order of the habit's number.

Each holds over the bytes that a ground station sends and gets. The conversation with the real autopilot, on which they
rest, is in ``test_px4_protocol.py``.
"""

from __future__ import annotations

import itertools
import math
import struct
from typing import Any

import pytest
from pymavlink.dialects.v20 import common
from tests_support.protocol_talk import place

NAN = math.nan
LOITER, MISSION, RTL, LAND, OFFBOARD = 0x0304_0000, 0x0404_0000, 0x0504_0000, 0x0604_0000, 0x0006_0000
TAKEOFF = (3, 22, (0.0, 0.0, 0.0, NAN), *place(0.0), 10.0)
HOME = (2, 20, (0.0, 0.0, 0.0, 0.0), 0, 0, 0.0)


def waypoint(north_m: float, frame: int = 3) -> Any:
    return (frame, 16, (0.0, 0.0, 0.0, NAN), *place(north_m), 10.0)


PLAN = (TAKEOFF, waypoint(60.0), waypoint(120.0), HOME)


@pytest.fixture
def ground(make_ground: Any) -> Any:
    return make_ground().ready()


def flying(ground: Any, plan: Any = PLAN, sequence: int = 1) -> Any:
    ground.upload(plan)
    assert ground.command(300) == [0]
    assert ground.run(100.0, lambda: ground.changes("MISSION_CURRENT", "seq")[-1] == sequence)
    ground.run(2.0)
    return ground


def hovering(ground: Any, height_m: float = 10.0) -> Any:
    raw = struct.pack("<f", height_m)
    ground.send(common.MAVLink_param_set_message(1, 1, b"MIS_TAKEOFF_ALT", struct.unpack("<f", raw)[0], 9))
    assert ground.command(22, 0, 0, 0, NAN, NAN, NAN, NAN) == [0]
    assert ground.command(400, 1.0) == [0]
    assert ground.run(60.0, lambda: mode(ground) == LOITER and ground.vehicle.aircraft.mass.height_m > height_m - 1.5)
    ground.run(2.0)
    return ground


def mode(ground: Any) -> int:
    return int(ground.vehicle.status.mode)


def velocity(north_m_s: float, frame: int = 1) -> Any:
    return common.MAVLink_set_position_target_local_ned_message(
        0, 1, 1, frame, 0x0DC7, 0, 0, 0, north_m_s, 0, 0, 0, 0, 0, 0, 0
    )


def stream(ground: Any, seconds: float, message: Any) -> None:
    for _ in range(round(seconds * 20)):
        ground.send(message)
        ground.run(0.05)


def test_1_do_set_mode_is_answered_twice_and_the_second_is_true(ground: Any) -> None:
    hovering(ground)
    assert ground.command(176, 1.0, 6.0, 0.0) == [0, 1]
    assert mode(ground) == LOITER


def test_2_an_upload_is_accepted_first_and_judged_later(ground: Any) -> None:
    assert ground.upload((TAKEOFF, waypoint(30.0), TAKEOFF), settle_s=0.0).message.type == 0
    assert ground.of("MISSION_CURRENT")[-1].message.seq == 65_535
    ground.run(0.1)
    assert ground.of("MISSION_CURRENT")[-1].message.mission_state == 1


def test_3_frames_are_two_for_what_is_no_place_and_zero_or_three_for_rally_points(ground: Any) -> None:
    assert ground.upload((TAKEOFF, (3, 178, (1.0, 5.0, -1.0, 0.0), 0, 0, 0.0))).message.type == 3
    assert ground.upload((TAKEOFF, (2, 178, (1.0, 5.0, -1.0, 0.0), 0, 0, 0.0))).message.type == 0
    rally = [(6, 5100, (0.0, 0.0, 0.0, 0.0), *place(20.0), 0.0)]
    assert ground.upload(rally, 2).message.type == 0
    flying(ground, (TAKEOFF, waypoint(40.0), HOME))
    ground.run(60.0, lambda: mode(ground) == RTL)
    ground.run(30.0)
    assert "RTL: unsupported MAV_FRAME\t" in ground.texts()
    assert ground.vehicle.aircraft.mass.north_m < 0.0  # flown past the rally point and past home


@pytest.mark.parametrize("command", [94, 18, 82, 92, 115, 183, 181, 207, 176, 192, 208, 31_000, 30_001, 193])
def test_4_items_that_px4_does_not_fly_are_unsupported(ground: Any, command: int) -> None:
    item = (3 if command in (94, 18, 82, 192, 31_000) else 2, command, (1.0, 0.0, 0.0, 0.0), *place(20.0), 10.0)
    assert ground.upload((TAKEOFF, item)).message.type == 3


def test_5_an_upload_in_flight_keeps_the_current_index(ground: Any) -> None:
    flying(ground, PLAN, 2)
    ground.upload((TAKEOFF, waypoint(50.0), waypoint(90.0), HOME))
    assert ground.of("MISSION_CURRENT")[-1].message.seq == 2


def test_6_mission_start_arms_and_begins_at_its_parameter(ground: Any) -> None:
    flying(ground, PLAN, 2)
    assert "Armed by mission start\t" in ground.texts()
    assert ground.command(300, 1.0) == [0]
    assert ground.of("MISSION_CURRENT")[-1].message.seq == 1


def test_7_items_are_asked_again_after_260_ms_and_the_transfer_ends_in_silence(ground: Any) -> None:
    ground.answering = False
    ground.send(common.MAVLink_mission_count_message(1, 1, 2, 0))
    ground.run(0.6)
    ground.send(common.MAVLink_mission_count_message(1, 1, 2, 1))
    ground.run(7.0)
    asked = [each.at_s for each in ground.of("MISSION_REQUEST_INT")]
    assert asked[1] - asked[0] == pytest.approx(0.26, abs=0.005)
    assert [each.message.type for each in ground.of("MISSION_ACK")] == [1]  # the other one, while it was busy
    assert {"Operation timeout\t", "WPM: IGN MISSION_COUNT: Busy\t"} <= set(ground.texts())


def test_8_a_plan_has_the_id_that_px4_gives_it_and_none_has_65535_items(ground: Any) -> None:
    assert (ground.of("MISSION_CURRENT")[-1].message.total, ground.of("MISSION_CURRENT")[-1].extension) == (
        65_535,
        (0, 0, 0),
    )
    (identity,) = ground.upload(PLAN).extension
    assert ground.of("MISSION_CURRENT")[-1].extension[0] == identity != 0
    ground.send(common.MAVLink_mission_request_list_message(1, 1, 0))
    assert ground.of("MISSION_COUNT")[-1].extension == (identity,)


def test_9_what_was_reached_is_told_at_one_hertz_and_numbers_are_skipped(ground: Any) -> None:
    speed = (2, 178, (1.0, 5.0, -1.0, 0.0), 0, 0, 0.0)
    flying(ground, (TAKEOFF, speed, speed, waypoint(60.0), HOME), 3)
    times = [each.at_s for each in ground.of("MISSION_ITEM_REACHED")]
    assert ground.changes("MISSION_ITEM_REACHED", "seq") == [2]  # 0 and 1 are never told
    assert [late - early for early, late in itertools.pairwise(times)] == pytest.approx(
        [1.0] * (len(times) - 1), abs=0.3
    )


def test_10_it_boots_in_loiter_not_ready_for_four_seconds_with_a_heartbeat_each_second(make_ground: Any) -> None:
    ground = make_ground().ready()
    ground.run(5.0)
    beats = ground.of("HEARTBEAT")
    assert [late.at_s - early.at_s for early, late in itertools.pairwise(beats)] == pytest.approx(
        [1.0] * (len(beats) - 1)
    )
    assert {(each.message.base_mode, each.message.custom_mode) for each in beats} == {(29, LOITER)}
    assert [each.message.system_status for each in beats if each.at_s < 4.0] == [0] * 4
    assert beats[-1].message.system_status == 3


def test_11_arming_is_refused_for_now_with_a_text_in_two_pieces(make_ground: Any) -> None:
    ground = make_ground()
    ground.run(2.0)
    assert ground.command(400, 1.0) == [1]
    pieces = [each.message for each in ground.of("STATUSTEXT")]
    assert [piece.chunk_seq for piece in pieces] == [0, 1]
    assert "".join(piece.text for piece in pieces) == "Arming denied: Resolve system health failures first\t"


def test_12_some_commands_get_no_answer_and_the_gripper_two(ground: Any) -> None:
    assert ground.command(42_600, 1.0) == []
    assert ground.command(420, 4.0, 1.0) == []
    ground.send(common.MAVLink_command_long_message(1, 154, 400, 0, 1, 0, 0, 0, 0, 0, 0))
    ground.run(1.0)
    assert not ground.of("COMMAND_ACK")
    assert ground.command(211, 1.0, 0.0, wait_s=1.5) == [5, 0]
    assert ground.command(420, 100.0, 0.0) == [0]
    answer = ground.of("COMMAND_ACK")[-1].message
    assert (answer.target_system, answer.target_component) == (0, 0)


def test_13_a_reposition_is_above_the_sea_in_every_frame_and_accepted_although_the_fence_forbids_it(
    ground: Any,
) -> None:
    corners = [(-30, -30), (-30, 30), (30, 30), (30, -30)]
    ground.upload([(5, 5001, (4.0, 0.0, 0.0, 0.0), *place(*corner), 0.0) for corner in corners], 1)
    hovering(ground)
    for north_m, frame, height_m in ((200.0, 5, 20.0), (15.0, 3, 20.0)):
        x, y = place(north_m)
        above_sea_m = ground.vehicle.aircraft.mass.ground_m + height_m
        ground.send(common.MAVLink_command_int_message(1, 1, frame, 192, 0, 0, -1, 1, 0, NAN, x, y, above_sea_m))
        ground.run(0.2)
        assert ground.of("COMMAND_ACK")[-1].message.result == 0
    assert ground.texts().count("Reposition is outside geofence\t") == 1
    ground.run(30.0)
    mass = ground.vehicle.aircraft.mass
    assert (mass.north_m, mass.height_m) == (pytest.approx(15.0, abs=1.0), pytest.approx(20.0, abs=0.5))


def test_14_home_moves_and_the_relative_altitude_jumps_while_the_true_one_is_smooth(ground: Any) -> None:
    ground.vehicle.aircraft.mass.east_m = 5.0  # carried there by hand
    hovering(ground)
    ground.run(60.0)
    home = ground.of("HOME_POSITION")[-1].message
    assert home.longitude > ground.of("HOME_POSITION")[0].message.longitude
    fixes = [each.message for each in ground.of("GLOBAL_POSITION_INT")][-100:]
    jumps = [abs(late.relative_alt - early.relative_alt) for early, late in itertools.pairwise(fixes)]
    steps = [abs(late.alt - early.alt) for early, late in itertools.pairwise(fixes)]
    assert max(jumps) > 250  # mm
    assert max(steps) < 150


def test_15_landed_states_follow_each_other_and_it_disarms_by_itself(ground: Any) -> None:
    armed_s = ground.elapsed_s
    assert ground.command(400, 1.0) == [0]
    ground.run(20.0, lambda: not ground.vehicle.status.armed)
    assert ground.elapsed_s - armed_s == pytest.approx(10.0, abs=0.5)
    flying(ground, (TAKEOFF, waypoint(20.0), HOME))
    ground.run(200.0, lambda: not ground.vehicle.status.armed)
    ground.run(2.0)
    assert ground.changes("EXTENDED_SYS_STATE", "landed_state") == [1, 3, 2, 4, 1]
    at_s = {each.message.text: each.at_s for each in ground.of("STATUSTEXT")}
    assert at_s["Disarmed by landing\t"] - at_s["Landing detected\t"] == pytest.approx(2.0, abs=0.5)


def test_16_silence_is_noticed_after_12_seconds_held_for_5_and_the_action_is_not_undone(make_ground: Any) -> None:
    ground = flying(make_ground(parameters={"NAV_DLL_ACT": 3}).ready())
    ground.heartbeats, silent_s = False, ground.elapsed_s
    assert ground.run(30.0, lambda: mode(ground) == LOITER)
    assert ground.elapsed_s - silent_s == pytest.approx(
        11.0, abs=1.1
    )  # after the last heartbeat, up to a second before
    held_s = ground.elapsed_s
    assert ground.run(30.0, lambda: mode(ground) == LAND)
    assert ground.elapsed_s - held_s == pytest.approx(5.0, abs=0.3)
    ground.heartbeats = True
    ground.run(5.0)
    assert mode(ground) == LAND


def test_17_set_points_that_stop_for_a_second_end_offboard_and_those_that_come_back_begin_it(ground: Any) -> None:
    hovering(ground)
    stream(ground, 0.5, velocity(1.0))
    assert ground.command(176, 1.0, 6.0, 0.0) == [0, 0]
    stopped_s = ground.elapsed_s
    assert ground.run(5.0, lambda: mode(ground) == RTL)
    assert ground.elapsed_s - stopped_s == pytest.approx(1.1, abs=0.3)
    stream(ground, 1.0, velocity(1.0))
    assert mode(ground) == OFFBOARD
    stream(ground, 2.0, velocity(1.0, frame=9))
    assert mode(ground) == RTL
    assert "SET_POSITION_TARGET_LOCAL_NED coordinate f" in "".join(ground.texts())


def test_18_the_fence_holds_the_operator_may_go_on_and_a_fence_without_home_is_not_enforced(ground: Any) -> None:
    corners = [(-20, -20), (-20, 20), (20, 20), (20, -20)]
    elsewhere = [(5, 5001, (4.0, 0.0, 0.0, 0.0), *place(north + 500, east), 0.0) for north, east in corners]
    assert ground.upload(elsewhere, 1).message.type == 0
    hovering(ground)
    assert mode(ground) == LOITER and ground.of("HEARTBEAT")[-1].message.system_status == 4
    ground.upload([(5, 5001, (4.0, 0.0, 0.0, 0.0), *place(*corner), 0.0) for corner in corners], 1)
    stream(ground, 0.5, velocity(4.0))
    ground.command(176, 1.0, 6.0, 0.0)
    stream(ground, 12.0, velocity(4.0))
    assert (mode(ground), ground.of("HEARTBEAT")[-1].message.system_status) == (LOITER, 5)
    ground.command(176, 1.0, 6.0, 0.0)
    stream(ground, 3.0, velocity(4.0))
    assert mode(ground) == OFFBOARD


def test_19_the_battery_has_no_current_and_a_ladder_of_states(make_ground: Any) -> None:
    ground = make_ground().ready()
    battery = ground.of("BATTERY_STATUS")[-1].message
    assert (battery.current_battery, battery.voltages, battery.charge_state) == (-100, [16_200] + [65_535] * 9, 1)
    hovering(ground)
    ground.command(511, 147.0, 100_000.0)
    assert ground.command(420, 100.0, 1.0) == [0]
    assert ground.run(20.0, lambda: mode(ground) == LAND)
    assert ground.changes("BATTERY_STATUS", "charge_state") == [1, 2, 3, 4]
    ground.command(420, 100.0, 0.0)
    ground.run(40.0, lambda: not ground.vehicle.status.armed)
    ground.run(10.0)
    assert ground.of("BATTERY_STATUS")[-1].message.charge_state == 1


def test_20_integers_travel_bytewise_with_a_hash_and_the_wrong_type_is_not_answered(ground: Any) -> None:
    ground.send(common.MAVLink_param_request_read_message(1, 1, b"NAV_DLL_ACT", -1))
    answer = ground.of("PARAM_VALUE")[-1].message
    assert (answer.param_type, bytes(answer.get_msgbuf()[10:14])) == (6, bytes(4))
    before = len(ground.of("PARAM_VALUE"))
    ground.send(common.MAVLink_param_set_message(1, 1, b"NAV_DLL_ACT", 2.0, 9))
    assert len(ground.of("PARAM_VALUE")) == before
    ground.send(common.MAVLink_param_request_list_message(1, 1))
    first = ground.of("PARAM_VALUE")[before].message
    assert (first.param_id, first.param_index) == ("_HASH_CHECK", 65_535)


def test_21_the_first_partner_is_the_only_one_that_is_answered(ground: Any) -> None:
    ask = common.MAVLink_command_long_message(1, 1, 512, 0, 148, 0, 0, 0, 0, 0, 0).pack(ground.codec)
    ground.vehicle.receive_datagram(ask, ("another", 5), ground.now_s)
    answers = ground.vehicle.datagrams_to_send(ground.now_s)
    assert answers and {address for _, address in answers} == {ground.address}


def test_22_inner_commands_leave_on_the_link_four_times(ground: Any) -> None:
    flying(ground, (TAKEOFF, (2, 178, (1.0, 5.0, -1.0, 0.0), 0, 0, 0.0), waypoint(60.0), HOME), 2)
    inner = [each for each in ground.of("COMMAND_LONG") if each.message.command == 178]
    assert [each.message.confirmation for each in inner] == [0, 1, 2, 3]
    assert {(each.message.target_system, each.message.target_component) for each in inner} == {(1, 0)}
    assert inner[1].at_s - inner[0].at_s == pytest.approx(0.5, abs=0.06)  # within a step of the flight


def test_23_fields_without_a_value_are_no_numbers(ground: Any) -> None:
    ground.run(2.0)
    ground.command(512, 85.0)
    assert math.isnan(ground.of("VFR_HUD")[-1].message.airspeed)
    idle = ground.of("POSITION_TARGET_LOCAL_NED")[-1].message
    assert (idle.type_mask, math.isnan(idle.x), math.isnan(idle.vz)) == (63, True, True)


def test_24_the_unit_id_counts_the_simulated_instance_and_nothing_else(ground: Any) -> None:
    """Recorded: 5283920058631409231 and the number of the instance, so equal at each power-on."""
    ground.command(512, 148.0)
    assert ground.of("AUTOPILOT_VERSION")[-1].message.uid == 5_283_920_058_631_409_231


def test_25_texts_end_in_a_tab_and_wait_for_a_ground_that_is_heard(make_ground: Any) -> None:
    ground = make_ground()
    ground.heartbeats = False
    ground.run(6.0)
    assert ground.command(400, 1.0) == [0]
    assert ground.texts() == []
    ground.heartbeats = True
    ground.run(2.0)
    assert ground.texts() == ["Armed by external command\t"]


@pytest.mark.parametrize(("rally_m", "landed_m"), [(40.0, 40.0), (-200.0, 0.0)])
def test_26_a_mission_ends_in_loiter_and_a_return_to_the_nearest_of_home_and_rally(
    ground: Any, rally_m: float, landed_m: float
) -> None:
    ground.upload([(3, 5100, (0.0, 0.0, 0.0, 0.0), *place(rally_m), 0.0)], 2)
    ground.command(511, 436.0, 100_000.0)
    flying(ground, (TAKEOFF, waypoint(60.0), HOME))
    assert ground.run(300.0, lambda: not ground.vehicle.status.armed)
    texts = ground.texts()
    assert texts.index("Mission finished, loitering\t") < texts.index("Returning to launch\t")
    assert ground.vehicle.aircraft.mass.north_m == pytest.approx(landed_m, abs=1.5)
