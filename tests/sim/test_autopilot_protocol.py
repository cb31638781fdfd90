"""The habits of PX4 1.17 on the wire that a ground station must cope with, one by one."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from pymavlink.dialects.v20 import common

WAYPOINT = (3, 16, (0.0, 0.0, 0.0, math.nan), 473980000, 85455938, 30.0)
TAKEOFF = (3, 22, (0.0, 0.0, 0.0, math.nan), 473977419, 85455938, 30.0)
HOME = (2, 20, (0.0, 0.0, 0.0, 0.0), 0, 0, 0.0)
# The fence and rally points of the recorded reference flight, with the ids that PX4 v1.17.0 gave them.
FENCE = tuple(
    (5, command, (4.0, 0.0, 0.0, 0.0), x, y, 0.0)
    for command, corners in (
        (5001, ((473966639, 85440013), (473966639, 85498405), (474006165, 85498405), (474006165, 85440013))),
        (5002, ((473982809, 85482480), (473982809, 85493097), (473989995, 85493097), (473989995, 85482480))),
    )
    for x, y in corners
)
RALLY = (
    (3, 5100, (0.0, 0.0, 0.0, 0.0), 473973826, 85455938, 20.0),
    (3, 5100, (0.0, 0.0, 0.0, 0.0), 473995385, 85458592, 20.0),
)


@pytest.fixture
def ground(make_ground: Any) -> Any:
    return make_ground().ready()


def test_it_boots_uninitialised_in_loiter_and_is_ready_after_four_seconds(make_ground: Any) -> None:
    ground = make_ground().ready()
    first, last = ground.of("HEARTBEAT")[0].message, ground.of("HEARTBEAT")[-1]
    assert (first.base_mode, first.custom_mode, first.system_status) == (29, 0x0304_0000, 0)
    assert 4.0 <= last.at_s <= 5.0


def test_fence_and_rally_get_the_ids_recorded_from_px4(ground: Any) -> None:
    assert ground.upload(FENCE, 1).extension == (4179577177,)
    assert ground.upload(RALLY, 2).extension == (2347903962,)
    assert ground.of("MISSION_CURRENT")[-1].extension == (0, 4179577177, 2347903962)


def test_an_accepted_upload_is_judged_some_milliseconds_later(ground: Any) -> None:
    accepted = ground.upload((TAKEOFF, WAYPOINT, HOME), settle_s=0.5)
    reports = [each for each in ground.heard[ground.heard.index(accepted) :] if each.kind == "MISSION_CURRENT"]
    assert (reports[0].message.seq, reports[0].message.mission_state) == (65535, 1)
    verdict = next(each for each in reports if each.message.mission_state == 2)
    assert 0.01 <= verdict.at_s - accepted.at_s <= 0.05


def test_mission_mode_inside_that_window_is_refused_to_an_armed_vehicle_by_the_second_acknowledgement(
    ground: Any,
) -> None:
    ground.command(400, 1.0)
    ground.upload((TAKEOFF, WAYPOINT, HOME), settle_s=0.0)
    assert ground.command(176, 1.0, 4.0, 4.0, wait_s=0.02) == [0, 1]


@pytest.mark.parametrize(
    "items",
    [
        ((3, 84, (0.0, 0.0, 0.0, math.nan), 473977419, 85455938, 30.0), WAYPOINT),  # a wing's take-off on a quad
        (TAKEOFF, WAYPOINT, TAKEOFF),
        ((3, 21, (0.0, 0.0, 0.0, math.nan), 473977419, 85455938, 0.0), WAYPOINT),
        (TAKEOFF, (2, 112, (5.0, 0.0, 0.0, 0.0), 0, 0, 0.0)),  # CONDITION_DELAY
    ],
)
def test_what_can_be_uploaded_may_still_be_infeasible(ground: Any, items: Any) -> None:
    assert ground.upload(items).message.type == 0
    assert ground.of("MISSION_CURRENT")[-1].message.mission_state == 1


def test_a_waypoint_outside_the_fence_makes_the_mission_infeasible(ground: Any) -> None:
    ground.upload(FENCE, 1)
    ground.upload((TAKEOFF, (3, 16, (0.0, 0.0, 0.0, math.nan), 474200000, 85455938, 30.0), HOME))
    assert ground.of("MISSION_CURRENT")[-1].message.mission_state == 1
    assert "Geofence violation for waypoint 2\t" in ground.texts()


def test_a_fence_without_home_inside_is_accepted_and_not_enforced(ground: Any) -> None:
    elsewhere = tuple((frame, command, params, x + 1_000_000, y, z) for frame, command, params, x, y, z in FENCE)
    assert ground.upload(elsewhere, 1).message.type == 0
    assert "".join(ground.texts()) == "Geofence invalid, doesn't contain Home position\t"
    ground.upload((TAKEOFF, WAYPOINT, HOME))
    assert ground.of("MISSION_CURRENT")[-1].message.mission_state == 2


@pytest.mark.parametrize(
    ("item", "result"),
    [
        ((3, 178, (1.0, 5.0, -1.0, 0.0), 0, 0, 0.0), 3),  # not a place, yet in a frame of places
        ((2, 94, (0.0, 0.0, 0.0, 0.0), 0, 0, 0.0), 3),  # NAV_PAYLOAD_PLACE
        ((3, 94, (0.0, 0.0, 0.0, 0.0), 473980000, 85455938, 0.0), 3),
        ((10, 16, (0.0, 0.0, 0.0, math.nan), 473980000, 85455938, 30.0), 2),  # above terrain
        ((1, 16, (0.0, 0.0, 0.0, math.nan), 100, 100, 30.0), 2),  # local
    ],
)
def test_items_in_the_wrong_frame_end_the_upload(ground: Any, item: Any, result: int) -> None:
    assert ground.upload((TAKEOFF, item)).message.type == result
    assert ground.vehicle.plans.plans[0] == ()


def test_read_back_names_the_int_frames_and_marks_the_first_item(ground: Any) -> None:
    ground.upload((TAKEOFF, (0, 16, (0.0, 7.5, 0.0, math.nan), 473980000, 85455938, 530.0), HOME))
    ground.send(common.MAVLink_mission_request_list_message(1, 1, 0))
    count = ground.of("MISSION_COUNT")[-1]
    assert (count.message.count, count.extension) == (3, ground.of("MISSION_ACK")[-1].extension)
    for sequence in range(3):
        ground.send(common.MAVLink_mission_request_int_message(1, 1, sequence, 0))
    items = [each.message for each in ground.of("MISSION_ITEM_INT")]
    assert [(item.frame, item.current, item.command) for item in items] == [(6, 1, 22), (5, 0, 16), (2, 0, 20)]
    assert (items[1].x, items[1].y, items[1].z, items[1].param2) == (473980000, 85455938, 530.0, 7.5)


def test_a_download_that_is_not_closed_keeps_it_busy_for_five_seconds(ground: Any) -> None:
    ground.upload((TAKEOFF, HOME))
    ground.send(common.MAVLink_mission_request_list_message(1, 1, 0))
    refused = ground.upload((TAKEOFF, WAYPOINT, HOME))
    assert refused.message.type == 1
    assert "WPM: IGN MISSION_COUNT: Busy\t" in ground.texts()
    ground.run(6.0)
    assert ground.upload((TAKEOFF, WAYPOINT, HOME)).message.type == 0


def test_it_asks_again_every_quarter_second_and_gives_up_without_a_word_to_the_sender(ground: Any) -> None:
    ground.items, ground.answering = (TAKEOFF, HOME), False
    begun = ground.elapsed_s
    ground.send(common.MAVLink_mission_count_message(1, 1, 2, 0))
    ground.run(8.0)
    asked = [each.at_s - begun for each in ground.of("MISSION_REQUEST_INT")]
    assert asked == pytest.approx([0.26 * n for n in range(20)], abs=0.01)
    assert "Operation timeout\t" in ground.texts()
    assert not ground.of("MISSION_ACK")


def test_a_repeated_last_item_is_acknowledged_again(ground: Any) -> None:
    ground.upload((TAKEOFF, HOME))
    ground.send(ground.item_message(1, 0))
    assert [each.message.type for each in ground.of("MISSION_ACK")] == [0, 0]
    ground.send(ground.item_message(0, 0))
    assert ground.of("MISSION_ACK")[-1].message.type == 1
    assert "IGN MISSION_ITEM: No transfer\t" in ground.texts()


def test_clearing_all_leaves_total_65535(ground: Any) -> None:
    ground.upload((TAKEOFF, HOME))
    ground.send(common.MAVLink_mission_clear_all_message(1, 1, 255))
    ground.run(0.2)
    last = ground.of("MISSION_CURRENT")[-1]
    assert (last.message.total, last.message.mission_state, last.extension) == (65535, 1, (0, 0, 0))


def test_an_upload_in_flight_keeps_the_current_index(ground: Any) -> None:
    plan = (TAKEOFF, WAYPOINT, (3, 16, (0.0, 0.0, 0.0, math.nan), 473995000, 85455938, 30.0), HOME)
    ground.upload(plan)
    ground.command(300)
    ground.run(60.0, lambda: ground.changes("MISSION_CURRENT", "seq")[-1] == 2)
    ground.upload(plan)
    assert ground.of("MISSION_CURRENT")[-1].message.seq == 2


def test_arming_too_early_is_temporarily_rejected_with_a_text_in_two_chunks(make_ground: Any) -> None:
    ground = make_ground()
    ground.run(2.0)
    assert ground.command(400, 1.0) == [1]
    chunks = [each.message for each in ground.of("STATUSTEXT")]
    assert "".join(chunk.text for chunk in chunks) == "Arming denied: Resolve system health failures first\t"
    assert [chunk.chunk_seq for chunk in chunks] == [0, 1]
    assert len({chunk.id for chunk in chunks}) == 1


def test_an_armed_vehicle_that_does_not_take_off_disarms_after_ten_seconds(ground: Any) -> None:
    assert ground.command(400, 1.0) == [0]
    armed_s = ground.elapsed_s
    assert ground.run(20.0, lambda: "Disarmed by auto preflight disarming\t" in ground.texts())
    assert ground.elapsed_s - armed_s == pytest.approx(10.0, abs=0.5)


def test_disarming_in_the_air_is_refused_unless_forced(ground: Any) -> None:
    ground.upload((TAKEOFF, WAYPOINT, HOME))
    ground.command(300)
    ground.run(10.0)
    assert ground.command(400, 0.0) == [1]
    assert ground.command(400, 0.0, 21196.0) == [0]


@pytest.mark.parametrize("command", [193, 224, 207, 208, 181, 31000])
def test_commands_px4_does_not_know_are_unsupported(ground: Any, command: int) -> None:
    assert ground.command(command) == [3]


def test_winch_and_other_components_get_no_answer(ground: Any) -> None:
    assert ground.command(42600) == []
    ground.send(common.MAVLink_command_long_message(1, 25, 400, 0, 1, 0, 0, 0, 0, 0, 0))
    ground.send(common.MAVLink_command_long_message(9, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0))
    ground.run(1.0)
    assert not ground.of("COMMAND_ACK")
    assert not ground.vehicle.status.armed


def test_the_gripper_answers_in_progress_and_then_how_it_went(ground: Any) -> None:
    assert ground.command(211, 1.0, 0.0, wait_s=2.0) == [5, 0]
    first, last = ground.of("COMMAND_ACK")
    assert first.message.progress == 255
    assert last.at_s - first.at_s == pytest.approx(1.1, abs=0.01)


def test_heartbeat_and_mission_current_keep_their_rate_and_others_take_a_new_one(ground: Any) -> None:
    assert ground.command(511, 0.0, 100_000.0) == [4]
    assert ground.command(511, 42.0, 100_000.0) == [4]
    assert ground.command(511, 99_999.0, 100_000.0) == [4]
    assert ground.command(511, 147.0, 200_000.0) == [0]
    before = len(ground.of("BATTERY_STATUS"))
    ground.run(4.0)
    assert len(ground.of("BATTERY_STATUS")) - before == pytest.approx(20, abs=1)


def test_integer_parameters_travel_bytewise_and_the_wrong_type_is_not_answered(ground: Any) -> None:
    def stored() -> bytes:
        return bytes(ground.of("PARAM_VALUE")[-1].message.get_msgbuf()[10:14])

    name = b"NAV_DLL_ACT"
    ground.send(common.MAVLink_param_request_read_message(1, 1, name, -1))
    assert (stored(), ground.of("PARAM_VALUE")[-1].message.param_type) == (struct.pack("<i", 0), 6)
    heard = len(ground.of("PARAM_VALUE"))
    ground.send(common.MAVLink_param_set_message(1, 1, name, 2.0, 9))
    assert len(ground.of("PARAM_VALUE")) == heard
    ground.send(common.MAVLink_param_set_message(1, 1, name, struct.unpack("<f", struct.pack("<i", 2))[0], 6))
    assert stored() == struct.pack("<i", 2)
    before = len(ground.of("PARAM_VALUE"))
    ground.send(common.MAVLink_param_request_read_message(1, 1, b"NO_SUCH", -1))
    assert len(ground.of("PARAM_VALUE")) == before
    ground.send(common.MAVLink_param_request_list_message(1, 1))
    listed = [each.message for each in ground.of("PARAM_VALUE")[before:]]
    assert [each.param_index for each in listed] == [65535, *range(listed[0].param_count)]


def test_the_first_address_is_answered_for_ever_and_others_are_obeyed_in_silence(ground: Any) -> None:
    before = len(ground.heard)
    ground.vehicle.receive_datagram(
        common.MAVLink_command_long_message(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0).pack(ground.codec),
        ("elsewhere", 1),
        ground.now_s,
    )
    addresses = {address for _, address in ground.vehicle.datagrams_to_send(ground.now_s)}
    assert ground.vehicle.status.armed
    assert addresses == {ground.address}
    assert len(ground.heard) == before


def test_autopilot_version_and_battery_look_like_px4(ground: Any) -> None:
    assert ground.command(512, 148.0) == [0]
    assert ground.command(512, 65_000.0) == [2]
    version = ground.of("AUTOPILOT_VERSION")[-1].message
    assert (version.flight_sw_version, version.capabilities) == (0x011100FF, 59647)
    battery = ground.of("BATTERY_STATUS")[-1].message
    assert battery.voltages == [16200] + [65535] * 9
    assert (battery.current_battery, battery.charge_state, battery.battery_remaining) == (-100, 1, 100)


def test_rubbish_does_not_disturb_it(ground: Any) -> None:
    for data in (b"", b"\xfd", b"\xfd\x09" * 40, bytes(range(256)), b"\xfe\x00\x00"):
        ground.vehicle.receive_datagram(data, ground.address, ground.now_s)
    assert ground.command(400, 1.0) == [0]
