"""The codec against recorded PX4 traffic and against pymavlink, an independent reader of the same bytes."""

from __future__ import annotations

import gzip
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pymavlink.dialects.v20 import common

from skystork.link import messages
from skystork.link.codec import MESSAGE_IDS, Frame, FrameCounters, FrameEncoder, FrameParser
from skystork.link.messages import CurrentMode, MissionAck, MissionCount, MissionCurrent

RECORDING = Path(__file__).parents[1] / "data" / "px4" / "delivery_excerpt.tlog.gz"
PX4_ONLY = {8, 380, 410, 411, 436, 441}
"""Messages of PX4's dialect that the packaged pymavlink does not know."""
PX4_FIELDS = {"opaque_id", "mission_id", "fence_id", "rally_points_id"}


def recorded_frames() -> Iterator[bytes]:
    log = gzip.decompress(RECORDING.read_bytes())
    position = 0
    while position < len(log):
        length = log[position + 9] + 12
        yield log[position + 8 : position + 8 + length]
        position += 8 + length


FRAMES = tuple(recorded_frames())


def pymavlink_reads(datagram: bytes) -> list[Any]:
    mav = common.MAVLink(None)
    mav.robust_parsing = True
    return mav.parse_buffer(datagram) or []


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


def assert_same_fields(frame: Frame, reference: Any) -> None:
    assert frame.message is not None
    assert frame.message_id == reference.get_msgId()
    assert (frame.system_id, frame.component_id) == (reference.get_srcSystem(), reference.get_srcComponent())
    assert frame.sequence == reference.get_seq()
    for name, ours in frame.message._asdict().items():
        if name in PX4_FIELDS:
            continue
        if isinstance(ours, bytes):
            assert ours.rstrip(b"\0") == bytes(reference._text_raw).rstrip(b"\0")
            continue
        theirs = getattr(reference, name)
        both_nan = isinstance(ours, float) and math.isnan(ours) and math.isnan(theirs)
        assert ours == theirs or both_nan, (reference.get_type(), name)


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
    (messages.MissionSetCurrent(1, 1, 300), common.MAVLink_mission_set_current_message(1, 1, 300)),
    (messages.MissionRequestList(1, 1, 2), common.MAVLink_mission_request_list_message(1, 1, 2)),
    (messages.MissionCount(1, 1, 9, 1), common.MAVLink_mission_count_message(1, 1, 9, 1)),
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
)


def test_every_frame_we_write_is_byte_for_byte_pymavlinks() -> None:
    encoder = FrameEncoder(255, 190)
    mav = common.MAVLink(None, srcSystem=255, srcComponent=190)
    for number in range(300):
        ours, theirs = OUTGOING[number % len(OUTGOING)]
        mav.seq = number % 256
        assert encoder.encode(ours) == theirs.pack(mav), type(ours).__name__
    assert {type(ours) for ours, _ in OUTGOING} == set(get_args(messages.Outgoing))


def mutated(rng: random.Random) -> bytes:
    """A recorded frame or three, with bytes changed, inserted, removed, or the end cut off."""
    data = bytearray(b"".join(rng.choices(FRAMES, k=rng.choice((1, 1, 1, 2, 3)))))
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        where = rng.randrange(len(data))
        what = rng.randrange(5)
        if what == 0:
            data[where] ^= 1 << rng.randrange(8)
        elif what == 1:
            data[where] = rng.choice((0xFD, 0xFE, 0, 255, rng.randrange(256)))
        elif what == 2:
            data.insert(where, rng.choice((0xFD, 0xFE, rng.randrange(256))))
        elif what == 3 and len(data) > 1:
            del data[where]
        elif where > 0:
            del data[where:]
    return bytes(data)


def assert_same_decision(datagram: bytes) -> None:
    ours = [frame for frame in FrameParser().parse(datagram) if frame.message_id not in PX4_ONLY]
    theirs = [
        each
        for each in pymavlink_reads(datagram)
        if each.get_type() != "BAD_DATA" and not each.get_type().startswith("UNKNOWN")
    ]
    assert [frame.message_id for frame in ours] == [each.get_msgId() for each in theirs], datagram.hex()
    for frame, reference in zip(ours, theirs, strict=True):
        if frame.message is not None:
            assert_same_fields(frame, reference)


@pytest.mark.parametrize("seed", range(4))
def test_a_mutated_datagram_is_judged_as_pymavlink_judges_it(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(1_000):
        assert_same_decision(mutated(rng))
