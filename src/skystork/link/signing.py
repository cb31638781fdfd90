"""MAVLink 2 message signing for one vehicle, without I/O: mavlink.io, "Message signing".

Theory of operation. A signed frame ends in 13 bytes: a link id, a timestamp in units of 10 µs since 2015, and the first
six bytes of SHA-256 over the secret key and everything before them. The key proves who wrote the frame; the timestamp
proves that it was written once. Each stream (system, component, link id) must show strictly growing timestamps. A
stream that was never seen may begin at most 60 s behind our own clock, which is the largest of the wall clock and every
timestamp sent or taken. So that a restart does not open these 60 s to a replay, all of it is kept
(:class:`SigningMemory`) and given back at the next start.

Two rules go beyond the text, after what other implementations get wrong: nothing is remembered of a frame before its
signature was proven, and a timestamp far ahead of the wall clock is refused before it moves any clock. One such frame
would otherwise shut the vehicle out for as long as it is ahead.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from skystork.link.framing import mark_signed

KEY_BYTES = 32
_EPOCH_S = 1_420_070_400  # 2015-01-01T00:00:00Z, mavlink.io
_TICKS_PER_S = 100_000  # 10 µs, mavlink.io
_WINDOW_TICKS = 60 * _TICKS_PER_S  # mavlink.io: a new stream may be a minute behind
_TRAILER_BYTES, _SIGNATURE_BYTES = 13, 6

ACCEPTED_UNSIGNED = frozenset({0, 109, 246, 247})
"""HEARTBEAT, RADIO_STATUS, ADSB_VEHICLE, COLLISION: what PX4 itself takes unsigned where a key is set (PX4 1.18,
``mavlink_sign_control.cpp``). Anybody can write them, so they prove nothing about the vehicle: ``signed_frames.py``
says what becomes of them."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The secret that one vehicle and its ground station share; never printed."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES or not any(self.secret):
            raise ValueError(f"a signing key is {KEY_BYTES} bytes that are not all zero, this has {len(self.secret)}")


class Stream(NamedTuple):
    """Who signs, on which of its links: timestamps grow within it."""

    system_id: int
    component_id: int
    link_id: int


@dataclass(frozen=True, slots=True)
class SigningMemory:
    """What must survive a restart; ticks of 10 µs since 2015."""

    timestamp: int = 0
    """The largest sent or taken."""
    streams: Mapping[Stream, int] = field(default_factory=dict)
    """The last taken of each stream."""


class Verdict(StrEnum):
    """What a signed frame is worth."""

    GENUINE = "genuine"
    WRONG_SIGNATURE = "wrong_signature"
    """Another key, or changed on its way."""
    REPLAYED = "replayed"
    """Not newer than what its stream has shown: doubled or overtaken on its way, or recorded and sent again."""
    TOO_OLD = "too_old"
    """More than 60 s behind what its stream has shown; a new stream: behind our own clock."""
    AHEAD_OF_CLOCK = "ahead_of_clock"
    """More than 60 s ahead of the wall clock."""


class FrameSigning:
    """Signs what goes to a vehicle and judges what comes from it.

    Parameters
    ----------
    key
        Shared with this vehicle alone.
    link_id
        0..255, of the channel it is sent on; the same at every start.
    memory
        As it was when we stopped.
    """

    def __init__(self, key: SigningKey, *, link_id: int = 0, memory: SigningMemory | None = None) -> None:
        memory = memory or SigningMemory()
        self._secret = key.secret
        self._link_id = bytes((link_id,))
        self._timestamp = memory.timestamp
        self._streams = dict(memory.streams)
        self.judged: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
        """Frames by verdict."""
        self.unsigned = 0
        """Frames without a signature."""

    @property
    def memory(self) -> SigningMemory:
        """What to keep: at least once a minute (mavlink.io), and at the end."""
        return SigningMemory(self._timestamp, dict(self._streams))

    def secret_for_its_vehicle(self) -> bytes:
        """The key itself, for the one message that hands it over."""
        return self._secret

    def next_timestamp(self, now_s: float) -> int:
        """The timestamp of the next frame sent; greater than every one before, also before a restart."""
        self._timestamp = max(self._timestamp + 1, _ticks(now_s))
        return self._timestamp

    def sign(self, frame: bytes, now_s: float) -> bytes:
        """Return a whole unsigned MAVLink 2 frame with its signature."""
        stamp = self.next_timestamp(now_s).to_bytes(6, "little")
        body = mark_signed(frame) + self._link_id + stamp
        return body + self._signature(body)

    def judge(self, frame: bytes, now_s: float) -> Verdict:
        """Judge a whole signed frame; only a genuine one is remembered.

        Parameters
        ----------
        frame
            From the magic byte to the signature's end, checksum proven.
        """
        verdict = self._judge(frame, now_s)
        self.judged[verdict] += 1
        return verdict

    def _judge(self, frame: bytes, now_s: float) -> Verdict:
        if not hmac.compare_digest(self._signature(frame[:-_SIGNATURE_BYTES]), frame[-_SIGNATURE_BYTES:]):
            return Verdict.WRONG_SIGNATURE
        timestamp = int.from_bytes(frame[-12:-6], "little")
        if timestamp > _ticks(now_s) + _WINDOW_TICKS:
            return Verdict.AHEAD_OF_CLOCK
        stream = Stream(frame[5], frame[6], frame[-_TRAILER_BYTES])
        last = self._streams.get(stream)
        newest = max(self._timestamp, _ticks(now_s)) if last is None else last
        if timestamp + _WINDOW_TICKS < newest:
            return Verdict.TOO_OLD
        if last is not None and timestamp <= last:
            return Verdict.REPLAYED
        self._streams[stream] = timestamp
        self._timestamp = max(self._timestamp, timestamp)
        return Verdict.GENUINE

    def _signature(self, body: bytes) -> bytes:
        return sha256(self._secret + body).digest()[:_SIGNATURE_BYTES]


def _ticks(now_s: float) -> int:
    return max(0, int((now_s - _EPOCH_S) * _TICKS_PER_S))
