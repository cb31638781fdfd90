"""The codec against recorded PX4 traffic and against pymavlink, an independent reader of the same bytes."""

from __future__ import annotations

import math
import random
import struct
from typing import Any, get_args

import pytest
from pymavlink.dialects.v20 import common
from tests_support.judged_by_pymavlink import PX4_ONLY, assert_same_decision, assert_same_fields, pymavlink_reads
from tests_support.mutated_frames import FRAMES, MUTATIONS, mutated

from skystork.link import messages
from skystork.link import service_messages as service
from skystork.link.codec import MESSAGE_IDS, FrameCounters, FrameEncoder, FrameParser
from skystork.link.messages import CurrentMode, MissionAck, MissionCount, MissionCurrent


def test_every_recorded_frame_is_taken() -> None:
    parser = FrameParser()
    taken = [frame for datagram in FRAMES for frame in parser.parse(datagram)]
    assert len(taken) == len(FRAMES) > 3_000
    assert parser.counters == FrameCounters(frames=len(FRAMES))
    assert {frame.message_id for frame in taken} >= PX4_ONLY


def test_a_frame_of_an_unknown_message_is_skipped_whole_and_counted() -> None:
    parser = FrameParser()
    stranger = bytearray(FRAMES[0])
    stranger[7:10] = (60_000).to_bytes(3, "little")
    assert len(parser.parse(bytes(stranger) + FRAMES[0])) == 1
    assert (parser.counters.unknown, parser.counters.dropped_bytes) == (1, 0)


def test_every_field_equals_what_pymavlink_reads() -> None:
    parser = FrameParser()
    kinds = set()
    for datagram in FRAMES:
        for frame in parser.parse(datagram):
            if frame.message is not None and frame.message_id not in PX4_ONLY:
                (reference,) = pymavlink_reads(datagram)
                assert_same_fields(frame, reference)
                kinds.add(type(frame.message).__name__)
    assert len(kinds) >= 14


def test_the_fields_that_only_px4_has_are_the_recorded_flights() -> None:
    parser = FrameParser()
    messages = [frame.message for datagram in FRAMES for frame in parser.parse(datagram)]
    accepted = [each.opaque_id for each in messages if isinstance(each, MissionAck) and each.target_system == 255]
    counted = [each.opaque_id for each in messages if isinstance(each, MissionCount) and each.target_system == 255]
    shown = [each for each in messages if isinstance(each, MissionCurrent)][-1]
    # The ids the vehicle gave fence, rally points and mission, each told three ways.
    assert sorted(accepted) == sorted(counted) == [2347903962, 3449267362, 4179577177]
    assert (shown.mission_id, shown.fence_id, shown.rally_points_id) == (3449267362, 4179577177, 2347903962)
    modes = {each.custom_mode for each in messages if isinstance(each, CurrentMode)}
    assert modes == {0x03040000, 0x04040000, 0x05040000}


def test_several_frames_and_garbage_in_one_datagram_are_all_sorted_out() -> None:
    parser = FrameParser()
    known = [frame for frame in FRAMES if int.from_bytes(frame[7:10], "little") not in PX4_ONLY][:3]
    frames = parser.parse(b"\x00\x01" + known[0] + b"noise" + known[1] + known[2] + known[0][:9])
    assert [frame.message_id for frame in frames] == [int.from_bytes(each[7:10], "little") for each in known]
    assert parser.counters.dropped_bytes == 2 + 5 + 9


def test_a_version_1_frame_is_read() -> None:
    mav = common.MAVLink(None, srcSystem=7, srcComponent=1)
    datagram = common.MAVLink_heartbeat_message(2, 12, 29, 0x03040000, 3, 3).pack(mav, force_mavlink1=True)
    (frame,) = FrameParser().parse(datagram)
    assert datagram[0] == 0xFE
    assert (frame.system_id, frame.message_id) == (7, MESSAGE_IDS[type(frame.message)])  # type: ignore[index]
    assert_same_fields(frame, pymavlink_reads(datagram)[0])


def test_a_frame_with_an_incompatibility_we_do_not_know_is_refused() -> None:
    mav = common.MAVLink(None, srcSystem=1, srcComponent=1)
    frame = bytearray(common.MAVLink_heartbeat_message(2, 12, 29, 0, 3, 3).pack(mav))
    frame[2] = 0x02
    frame[-2:] = common.x25crc(bytes(frame[1:-2]) + bytes([50])).crc.to_bytes(2, "little")
    parser = FrameParser()
    assert parser.parse(bytes(frame)) == []
    assert parser.counters.bad_checksum == 1
    assert [each.get_type() for each in pymavlink_reads(bytes(frame))] == ["BAD_DATA"]


def test_a_signed_frame_is_read_and_the_next_one_found() -> None:
    mav = common.MAVLink(None, srcSystem=1, srcComponent=1)
    mav.signing.secret_key, mav.signing.sign_outgoing = bytes(32), True
    signed = common.MAVLink_heartbeat_message(2, 12, 29, 0, 3, 3).pack(mav)
    frames = FrameParser().parse(signed + FRAMES[0] + signed)
    assert len(signed) == 9 + 12 + 13
    assert [frame.message_id for frame in frames][0::2] == [0, 0]


OUTGOING = (
    (messages.Heartbeat(6, 8, 0, 0, 4, 3), common.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3)),
    (
        messages.ParamRequestRead(1, 1, b"COM_ARM_AUTH_MET", -1),
        common.MAVLink_param_request_read_message(1, 1, b"COM_ARM_AUTH_MET", -1),
    ),
    (messages.ParamRequestList(1, 1), common.MAVLink_param_request_list_message(1, 1)),
    (
        messages.ParamSet(1, 1, b"MPC_XY_CRUISE", struct.pack("<f", 10.5), 9),
        common.MAVLink_param_set_message(1, 1, b"MPC_XY_CRUISE", 10.5, 9),
    ),
    (messages.MissionSetCurrent(1, 1, 300), common.MAVLink_mission_set_current_message(1, 1, 300)),
    (messages.MissionRequestList(1, 1, 2), common.MAVLink_mission_request_list_message(1, 1, 2)),
    (messages.MissionCount(1, 1, 9, 1), common.MAVLink_mission_count_message(1, 1, 9, 1)),
    (
        messages.CommandAck(3001, 2, 3, 7, 1, 60),
        common.MAVLink_command_ack_message(3001, 2, 3, 60, target_system=7, target_component=1),
    ),
    (messages.MissionAck(1, 1, 0, 0), common.MAVLink_mission_ack_message(1, 1, 0, 0)),
    (messages.MissionRequestInt(1, 1, 0, 0), common.MAVLink_mission_request_int_message(1, 1, 0, 0)),
    (
        messages.MissionItemInt(1, 1, 2, 3, 16, 0, 1, 1.5, 2.0, 0.0, math.nan, 473977419, -85455938, 30.25, 0),
        common.MAVLink_mission_item_int_message(
            1, 1, 2, 3, 16, 0, 1, 1.5, 2.0, 0.0, math.nan, 473977419, -85455938, 30.25, 0
        ),
    ),
    (
        messages.CommandInt(1, 1, 5, 192, -1.0, 1.0, 0.0, math.nan, 473977419, 85455938, 520.5),
        common.MAVLink_command_int_message(1, 1, 5, 192, 0, 0, -1.0, 1.0, 0.0, math.nan, 473977419, 85455938, 520.5),
    ),
    (
        messages.CommandLong(1, 1, 400, 2, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, math.nan),
        common.MAVLink_command_long_message(1, 1, 400, 2, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, math.nan),
    ),
    (
        service.FileTransferProtocol(0, 1, 1, bytes(range(251))),
        common.MAVLink_file_transfer_protocol_message(0, 1, 1, list(range(251))),
    ),
    (service.LogRequestList(1, 1, 0, 0xFFFF), common.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF)),
    (service.LogRequestData(1, 1, 3, 90, 180), common.MAVLink_log_request_data_message(1, 1, 3, 90, 180)),
    (service.LogRequestEnd(1, 1), common.MAVLink_log_request_end_message(1, 1)),
    (
        service.SetPositionTargetGlobalInt(
            0, 1, 1, 6, 3072, 473977419, -85455938, 80.5, 1.5, -2.5, 0.0, 0.5, -0.25, 0.0, math.nan, 0.0
        ),
        common.MAVLink_set_position_target_global_int_message(
            0, 1, 1, 6, 3072, 473977419, -85455938, 80.5, 1.5, -2.5, 0.0, 0.5, -0.25, 0.0, math.nan, 0.0
        ),
    ),
    (
        service.AdsbVehicle(0x4B1A2C, 473977419, 85455938, 1, 950_000, 9_000, 6_000, -200, b"HBABC", 7, 1, 0x1F, 1200),
        common.MAVLink_adsb_vehicle_message(
            0x4B1A2C, 473977419, 85455938, 1, 950_000, 9_000, 6_000, -200, b"HBABC", 7, 1, 0x1F, 1200
        ),
    ),
    (
        service.SetupSigning(37_992_960_000_123, 1, 1, bytes(range(32))),
        common.MAVLink_setup_signing_message(1, 1, list(range(32)), 37_992_960_000_123),
    ),
    (
        service.OpenDroneIdSelfId(1, 0, service.NO_ID, 0, b"parcel delivery"),
        common.MAVLink_open_drone_id_self_id_message(1, 0, [0] * 20, 0, b"parcel delivery"),
    ),
    (
        service.OpenDroneIdSystem(
            1, 0, service.NO_ID, 2, 1, 473977419, 85455938, 1, 0, -1000.0, -1000.0, 2, 6, 488.5, 9
        ),
        common.MAVLink_open_drone_id_system_message(
            1, 0, [0] * 20, 2, 1, 473977419, 85455938, 1, 0, -1000.0, -1000.0, 2, 6, 488.5, 9
        ),
    ),
    (
        service.OpenDroneIdOperatorId(1, 0, service.NO_ID, 0, b"CHE87astrdge12k8"),
        common.MAVLink_open_drone_id_operator_id_message(1, 0, [0] * 20, 0, b"CHE87astrdge12k8"),
    ),
)


def test_every_frame_we_write_is_byte_for_byte_pymavlinks() -> None:
    encoder = FrameEncoder(255, 190)
    mav = common.MAVLink(None, srcSystem=255, srcComponent=190)
    for number in range(300):
        ours, theirs = OUTGOING[number % len(OUTGOING)]
        mav.seq = number % 256
        assert encoder.encode(ours) == theirs.pack(mav), type(ours).__name__
    written = {type(ours) for ours, _ in OUTGOING} | {service.RequestEvent}
    assert written == set(get_args(messages.Outgoing))


def test_a_message_that_the_packaged_dialect_lacks_lies_as_px4_defines_it() -> None:
    """REQUEST_EVENT, common.xml of PX4 1.17: two uint16 first, then the two ids; checksum with CRC extra 33."""
    body = bytes((6, 0, 0, 0, 255, 190, 412 & 0xFF, 412 >> 8, 0, 0xFE, 0xFF, 0x02, 0x00, 1, 1))
    frame = b"\xfd" + body + common.x25crc(body + bytes((33,))).crc.to_bytes(2, "little")
    assert FrameEncoder(255, 190).encode(service.RequestEvent(1, 1, 65534, 2)) == frame


INCOMING = (
    common.MAVLink_log_entry_message(2, 3, 2, 1_700_000_000, 123_456),
    common.MAVLink_log_data_message(2, 180, 90, list(range(90))),
    common.MAVLink_winch_status_message(1, 4.5, -0.5, 0.25, math.nan, math.nan, 32767, 257),
    common.MAVLink_open_drone_id_location_message(
        0, 0, [0] * 20, 1, 36100, 25500, 6300, 473977419, 85455938, -1000.0, 488.5, 0, 0.0, 10, 4, 4, 3, 12.5, 2
    ),
    common.MAVLink_open_drone_id_arm_status_message(1, b"no operator location"),
    *(theirs for _, theirs in OUTGOING if theirs.get_msgId() in (110, 246)),
)


@pytest.mark.parametrize("theirs", INCOMING, ids=lambda each: each.get_type())
def test_a_message_of_the_services_is_read_as_pymavlink_reads_it(theirs: Any) -> None:
    datagram = theirs.pack(common.MAVLink(None, srcSystem=1, srcComponent=1))
    (frame,) = FrameParser().parse(datagram)
    assert_same_fields(frame, pymavlink_reads(datagram)[0])
    assert any(frame.message or ())


def test_the_recorded_events_are_read() -> None:
    parser = FrameParser()
    taken = [frame.message for datagram in FRAMES for frame in parser.parse(datagram)]
    events = [each for each in taken if isinstance(each, service.Event)]
    shown = [each.sequence for each in taken if isinstance(each, service.CurrentEventSequence)]
    numbers = [(each.sequence + 10) & 0xFFFF for each in events]  # PX4 begins at 65526 and wraps
    assert numbers == list(range(len(events)))
    assert {(each + 10) & 0xFFFF for each in shown} <= set(numbers)
    assert {each.id >> 24 for each in events} == {1}  # the autopilot's own namespace


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_mutated_datagram_is_judged_as_pymavlink_judges_it(kind: str) -> None:
    rng = random.Random(kind)
    for _ in range(1_000):
        assert_same_decision(mutated(rng, kind))


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_mutation_does_what_it_is_named_after(kind: str) -> None:
    """Each kind must reach the judgement it is for: most of these would pass if nothing were mutated at all."""
    rng, taken, refused = random.Random(kind), 0, FrameCounters()
    for _ in range(300):
        parser = FrameParser()
        taken += len(parser.parse(mutated(rng, kind)))
        refused.bad_checksum += parser.counters.bad_checksum
        refused.dropped_bytes += parser.counters.dropped_bytes
    assert (taken > 0) == (kind not in {"flags"})
    assert (refused.bad_checksum > 0) == (kind in {"bits", "bytes", "splice", "flags"})
    assert (refused.dropped_bytes > 0) == (kind in {"bits", "bytes", "cut", "splice"})
