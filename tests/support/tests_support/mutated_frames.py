"""Recorded PX4 frames, and what a bad network or a bad sender makes of them; everything from a seeded generator."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from pymavlink.dialects.v20 import common

RECORDING = Path(__file__).parents[2] / "data" / "px4" / "delivery_excerpt.tlog.gz"
_MAGICS = (0xFD, 0xFE)


def _recorded_frames() -> Iterator[bytes]:
    """Frames of a MAVLink telemetry log: 8 bytes of time, then the frame."""
    log = gzip.decompress(RECORDING.read_bytes())
    position = 0
    while position < len(log):
        length = log[position + 9] + 12
        yield log[position + 8 : position + 8 + length]
        position += 8 + length


FRAMES = tuple(_recorded_frames())
_KNOWN = tuple(common.mavlink_map)
_IN_ONE_BYTE = tuple(number for number in _KNOWN if number < 256)


def _datagram(rng: Random) -> bytearray:
    """One recorded frame mostly, sometimes two or three."""
    return bytearray(b"".join(rng.choices(FRAMES, k=rng.choice((1, 1, 1, 2, 3)))))


def _sealed(body: bytes, magic: int, message_id: int) -> bytes:
    """A frame whose checksum is right."""
    crc = common.x25crc(body + bytes((common.mavlink_map[message_id].crc_extra,))).crc
    return bytes((magic,)) + body + int(crc).to_bytes(2, "little")


def _version_2(rng: Random, flags: int = 0) -> bytes:
    message_id, payload = rng.choice(_KNOWN), rng.randbytes(rng.randrange(1, 256))
    head = bytes(
        (len(payload), flags, rng.randrange(256), rng.randrange(256), rng.randrange(1, 256), rng.choice((1, 190)))
    )
    return _sealed(head + message_id.to_bytes(3, "little") + payload, 0xFD, message_id)


def _bits(rng: Random) -> bytes:
    data = _datagram(rng)
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _bytes(rng: Random) -> bytes:
    """Bytes changed, inserted and removed, with a liking for the two that begin a frame."""
    data = _datagram(rng)
    for _ in range(rng.choice((1, 1, 2, 5))):
        where, value = rng.randrange(len(data)), rng.choice((*_MAGICS, 0, 255, rng.randrange(256)))
        what = rng.randrange(3)
        if what == 0:
            data[where] = value
        elif what == 1:
            data.insert(where, value)
        elif len(data) > 1:
            del data[where]
    return bytes(data)


def _cut(rng: Random) -> bytes:
    data = _datagram(rng)
    return bytes(data[: rng.randrange(1, len(data))]) if rng.random() < 0.8 else bytes(data)


def _splice(rng: Random) -> bytes:
    """The head of one datagram, the tail of another, noise between."""
    head, tail = _datagram(rng), _datagram(rng)
    return (
        bytes(head[: rng.randrange(len(head))])
        + rng.randbytes(rng.choice((0, 0, 3)))
        + bytes(tail[rng.randrange(len(tail)) :])
    )


def _payload(rng: Random) -> bytes:
    """Frames of any message with any payload, shorter or longer than its definition, checksum right."""
    return b"".join(_version_2(rng) for _ in range(rng.choice((1, 1, 2))))


def _version_1(rng: Random) -> bytes:
    message_id, payload = rng.choice(_IN_ONE_BYTE), rng.randbytes(rng.randrange(1, 256))
    head = bytes((len(payload), rng.randrange(256), rng.randrange(1, 256), rng.choice((1, 190)), message_id))
    return _sealed(head + payload, 0xFE, message_id) + (b"" if rng.random() < 0.5 else rng.choice(FRAMES))


def _flags(rng: Random) -> bytes:
    """An incompatibility nobody knows."""
    return _version_2(rng, flags=rng.choice((2, 4, 0x80, 0xFE)))


def _signed(rng: Random) -> bytes:
    signature = rng.randbytes(13)
    return _version_2(rng, flags=1) + signature + (b"" if rng.random() < 0.5 else rng.choice(FRAMES))


_MAKERS: dict[str, Callable[[Random], bytes]] = {
    "bits": _bits,
    "bytes": _bytes,
    "cut": _cut,
    "splice": _splice,
    "payload": _payload,
    "version 1": _version_1,
    "flags": _flags,
    "signed": _signed,
}
MUTATIONS = tuple(_MAKERS)


def mutated(rng: Random, kind: str) -> bytes:
    """A datagram of one kind of harm."""
    return _MAKERS[kind](rng)
