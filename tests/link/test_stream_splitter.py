from __future__ import annotations

from random import Random

import pytest
from pymavlink.dialects.v20 import common

from skystork.link.stream_splitter import StreamSplitter

LINK_NODE_STATUS_EXTRA = 117


def frames_of_a_flight(count: int) -> list[bytes]:
    """Frames as pymavlink writes them, both versions, one with magic bytes in its payload."""
    mav = common.MAVLink(None, srcSystem=1, srcComponent=1)
    messages = [
        common.MAVLink_heartbeat_message(2, 12, 81, 0xFD_FE_FD_FE, 4, 3),
        common.MAVLink_global_position_int_message(12_345, 473977419, 85455938, 488_000, 30_000, 1, 2, 3, 9_000),
        common.MAVLink_statustext_message(6, b"\xfd\x09 taking off"),
        common.MAVLink_attitude_message(1_000, 0.1, 0.2, 0.3, 0.0, 0.0, 0.0),
    ]
    frames = []
    for number in range(count):
        mav.seq = number % 256
        frames.append(messages[number % len(messages)].pack(mav, force_mavlink1=number % 5 == 0))
    return frames


def fed(splitter: StreamSplitter, stream: bytes, pieces: int) -> list[bytes]:
    found: list[bytes] = []
    for start in range(0, len(stream), pieces):
        found += splitter.feed(stream[start : start + pieces])
    return found


@pytest.mark.parametrize("pieces", [1, 7, 64, 100_000])
def test_frames_come_whole_whatever_the_pieces(pieces: int) -> None:
    frames = frames_of_a_flight(200)
    splitter = StreamSplitter()
    assert fed(splitter, b"".join(frames), pieces) == frames
    assert splitter.dropped_bytes == splitter.bad_checksum == 0


def test_a_signed_frame_comes_with_its_signature() -> None:
    mav = common.MAVLink(None, srcSystem=1, srcComponent=1)
    mav.signing.secret_key, mav.signing.sign_outgoing = b"k" * 32, True
    signed = common.MAVLink_heartbeat_message(2, 12, 81, 0, 4, 3).pack(mav)
    assert StreamSplitter().feed(signed + signed) == [signed, signed]


def test_a_stream_entered_in_the_middle_of_a_frame_loses_only_that_frame() -> None:
    frames = frames_of_a_flight(20)
    splitter = StreamSplitter()
    assert fed(splitter, b"".join(frames)[10:], 13) == frames[1:]
    assert splitter.bad_checksum == 0


def test_a_turned_bit_costs_one_frame_and_is_counted() -> None:
    frames = frames_of_a_flight(40)
    for position in range(len(frames[4])):
        hurt = bytearray(frames[4])
        hurt[position] ^= 0x10
        splitter = StreamSplitter()
        found = fed(splitter, b"".join((*frames[:4], bytes(hurt), *frames[5:])), 31)
        assert [frame for frame in frames if frame not in found] == [frames[4]]
        made_unknown = bytes(hurt) in found  # the bit was in the message id: nobody can tell
        assert splitter.dropped_bytes == (0 if made_unknown else len(frames[4]))


def test_lost_bytes_cost_the_frame_they_belonged_to() -> None:
    frames = frames_of_a_flight(12)
    cut = b"".join((*frames[:3], frames[3][:-5], *frames[4:]))
    assert fed(StreamSplitter(), cut, 9) == [*frames[:3], *frames[4:]]


def test_a_stray_magic_byte_does_not_hold_the_next_heartbeat_back() -> None:
    heartbeat = frames_of_a_flight(2)[1]
    for stray in (b"\xfd", b"\xfe", b"\xfd\xff", b"\xfd\xff\x00\x01\x02\x03\x04\x05\x06\x07"):
        splitter = StreamSplitter()
        assert splitter.feed(stray + heartbeat) == [heartbeat]
        assert splitter.dropped_bytes == len(stray)


def test_noise_between_frames_is_dropped_and_every_frame_found() -> None:
    rng = Random(7)
    frames = frames_of_a_flight(400)
    stream = b"".join(frame + rng.randbytes(rng.randrange(0, 40)) for frame in frames)
    splitter = StreamSplitter()
    assert fed(splitter, stream + b"".join(frames[:8]), 64)[: len(frames)] == frames


def test_a_frame_of_an_unknown_message_is_handed_on_where_the_stream_goes_on_behind_it() -> None:
    heartbeat = frames_of_a_flight(2)[1]
    unknown = b"\xfd\x01\x00\x00\x05\x01\x01\xff\xff\x00\x2a\x11\x22"
    assert StreamSplitter().feed(heartbeat + unknown + heartbeat) == [heartbeat, unknown, heartbeat]


def test_a_frame_with_a_flag_nobody_knows_is_skipped() -> None:
    heartbeat = frames_of_a_flight(2)[1]
    flagged = heartbeat[:2] + b"\x02" + heartbeat[3:]
    splitter = StreamSplitter()
    assert splitter.feed(heartbeat + flagged + heartbeat) == [heartbeat, heartbeat]
    assert splitter.dropped_bytes == len(flagged)


def test_nothing_but_noise_is_kept_for_ever() -> None:
    rng = Random(3)
    splitter = StreamSplitter()
    for _ in range(200):
        splitter.feed(rng.randbytes(500))
    heartbeat = frames_of_a_flight(2)[1]
    assert heartbeat in fed(splitter, heartbeat * 16, 64)
