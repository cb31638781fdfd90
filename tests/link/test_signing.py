"""Signing against pymavlink's own implementation, byte for byte, and against who would abuse it."""

from __future__ import annotations

import pytest
from pymavlink.dialects.v20 import common

from skystork.link.codec import FrameEncoder, FrameParser
from skystork.link.messages import CommandLong, Heartbeat
from skystork.link.signing import FrameSigning, SigningKey, SigningMemory, Stream, Verdict

KEY = SigningKey(bytes(range(32)))
NOW_S = 1_800_000_000.0
TICKS_PER_S = 100_000
NOW_TICKS = round((NOW_S - 1_420_070_400) * TICKS_PER_S)
BEAT = common.MAVLink_heartbeat_message(2, 12, 81, 0, 4, 3)


def vehicle(
    at_ticks: int = NOW_TICKS, *, key: SigningKey = KEY, system_id: int = 1, link_id: int = 3
) -> common.MAVLink:
    """pymavlink signing as a vehicle does."""
    mav = common.MAVLink(None, srcSystem=system_id, srcComponent=1)
    mav.signing.secret_key, mav.signing.sign_outgoing = key.secret, True
    mav.signing.timestamp, mav.signing.link_id = at_ticks, link_id
    return mav


def beat(at_ticks: int = NOW_TICKS, *, key: SigningKey = KEY, system_id: int = 1, link_id: int = 3) -> bytes:
    return bytes(BEAT.pack(vehicle(at_ticks, key=key, system_id=system_id, link_id=link_id)))


def test_what_pymavlink_signs_is_genuine() -> None:
    mav, signing = vehicle(), FrameSigning(KEY)
    for _ in range(50):
        (frame,) = FrameParser().parse(bytes(BEAT.pack(mav)))
        assert frame.signed is not None
        assert signing.judge(frame.signed, NOW_S) is Verdict.GENUINE
        mav.seq = (mav.seq + 1) % 256
    assert signing.judged[Verdict.GENUINE] == 50


def test_pymavlink_takes_what_is_signed_here() -> None:
    signing, encoder = FrameSigning(KEY, link_id=7), FrameEncoder(255, 190)
    receiver = vehicle()
    for _ in range(3):
        for message in (Heartbeat(6, 8, 0, 0, 4, 3), CommandLong(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0)):
            (read,) = receiver.parse_buffer(signing.sign(encoder.encode(message), NOW_S))
            assert read.get_type() in {"HEARTBEAT", "COMMAND_LONG"}
            assert read.get_signed()
            assert read.get_link_id() == 7
    assert list(receiver.signing.stream_timestamps) == [(7, 255, 190)]


def test_a_frame_signed_here_is_the_one_that_pymavlink_would_write() -> None:
    ours = FrameSigning(KEY, link_id=3).sign(FrameEncoder(255, 190).encode(Heartbeat(6, 8, 0, 0, 4, 3)), NOW_S)
    mav = vehicle()
    mav.srcSystem, mav.srcComponent = 255, 190
    assert ours == bytes(common.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3).pack(mav))


@pytest.mark.parametrize("position", range(-13 - 2 - 9 - 10, 0))
def test_every_byte_is_under_the_signature(position: int) -> None:
    hurt = bytearray(beat())
    hurt[position] ^= 0x40
    signing = FrameSigning(KEY)
    assert signing.judge(bytes(hurt), NOW_S) is Verdict.WRONG_SIGNATURE
    assert signing.memory == SigningMemory()


def test_another_key_is_no_key_and_leaves_nothing_behind() -> None:
    signing = FrameSigning(KEY)
    forged = beat(NOW_TICKS + 50 * TICKS_PER_S, key=SigningKey(b"\x01" * 32))
    assert signing.judge(forged, NOW_S) is Verdict.WRONG_SIGNATURE
    assert signing.judge(beat(), NOW_S) is Verdict.GENUINE


def test_a_frame_counts_once_and_an_older_one_never() -> None:
    signing = FrameSigning(KEY)
    assert signing.judge(beat(NOW_TICKS), NOW_S) is Verdict.GENUINE
    assert signing.judge(beat(NOW_TICKS), NOW_S) is Verdict.REPLAYED
    assert signing.judge(beat(NOW_TICKS - 1), NOW_S) is Verdict.REPLAYED
    assert signing.judge(beat(NOW_TICKS + 1), NOW_S) is Verdict.GENUINE


def test_each_stream_has_a_timestamp_of_its_own() -> None:
    signing = FrameSigning(KEY)
    assert signing.judge(beat(NOW_TICKS), NOW_S) is Verdict.GENUINE
    assert signing.judge(beat(NOW_TICKS - 5, link_id=4), NOW_S) is Verdict.GENUINE
    assert signing.judge(beat(NOW_TICKS - 5, system_id=2), NOW_S) is Verdict.GENUINE
    assert set(signing.memory.streams) == {Stream(1, 1, 3), Stream(1, 1, 4), Stream(2, 1, 3)}


@pytest.mark.parametrize(
    ("behind_s", "verdict"), [(59.9, Verdict.GENUINE), (60.0, Verdict.GENUINE), (60.1, Verdict.TOO_OLD)]
)
def test_a_new_stream_may_be_a_minute_behind(behind_s: float, verdict: Verdict) -> None:
    assert FrameSigning(KEY).judge(beat(NOW_TICKS - round(behind_s * TICKS_PER_S)), NOW_S) is verdict


def test_a_new_stream_is_held_against_the_largest_timestamp_and_not_only_the_clock() -> None:
    signing = FrameSigning(KEY, memory=SigningMemory(NOW_TICKS + 30 * TICKS_PER_S))
    assert signing.judge(beat(NOW_TICKS - 31 * TICKS_PER_S), NOW_S) is Verdict.TOO_OLD
    assert signing.judge(beat(NOW_TICKS - 29 * TICKS_PER_S), NOW_S) is Verdict.GENUINE


@pytest.mark.parametrize(
    ("ahead_s", "verdict"), [(60.0, Verdict.GENUINE), (60.1, Verdict.AHEAD_OF_CLOCK), (1e8, Verdict.AHEAD_OF_CLOCK)]
)
def test_a_timestamp_far_ahead_is_refused_and_moves_no_clock(ahead_s: float, verdict: Verdict) -> None:
    signing = FrameSigning(KEY)
    assert signing.judge(beat(NOW_TICKS + round(ahead_s * TICKS_PER_S)), NOW_S) is verdict
    if verdict is Verdict.AHEAD_OF_CLOCK:
        assert signing.memory == SigningMemory()
        assert signing.judge(beat(), NOW_S) is Verdict.GENUINE


def test_timestamps_sent_follow_the_clock_and_always_grow() -> None:
    signing = FrameSigning(KEY)
    assert signing.next_timestamp(NOW_S) == NOW_TICKS
    assert signing.next_timestamp(NOW_S) == NOW_TICKS + 1
    assert signing.next_timestamp(NOW_S + 1) == NOW_TICKS + TICKS_PER_S
    assert signing.next_timestamp(NOW_S - 3600) == NOW_TICKS + TICKS_PER_S + 1


def test_timestamps_sent_are_above_the_largest_taken() -> None:
    signing = FrameSigning(KEY)
    signing.judge(beat(NOW_TICKS + 20 * TICKS_PER_S), NOW_S)
    assert signing.next_timestamp(NOW_S) == NOW_TICKS + 20 * TICKS_PER_S + 1


def test_a_restart_neither_repeats_a_timestamp_nor_takes_a_recording() -> None:
    before = FrameSigning(KEY)
    recorded = beat(NOW_TICKS)
    assert before.judge(recorded, NOW_S) is Verdict.GENUINE
    sent = before.next_timestamp(NOW_S)
    after = FrameSigning(KEY, memory=before.memory)
    assert after.judge(recorded, NOW_S + 5) is Verdict.REPLAYED
    assert after.next_timestamp(NOW_S - 10) == sent + 1
    forgetful = FrameSigning(KEY)
    assert forgetful.judge(recorded, NOW_S + 5) is Verdict.GENUINE  # what the memory is there against


def test_a_clock_that_was_never_set_still_signs_in_order() -> None:
    signing = FrameSigning(KEY)
    assert [signing.next_timestamp(0.0) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("secret", [b"", bytes(32), b"k" * 31, b"k" * 33])
def test_what_is_no_key_is_refused(secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(secret)


def test_a_key_is_never_printed() -> None:
    assert "k" * 5 not in repr(SigningKey(b"k" * 32))
    assert "107" not in repr(SigningKey(b"k" * 32))
