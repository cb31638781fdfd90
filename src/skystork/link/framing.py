"""Frames as bytes, whatever is in them: where one ends in a stream, and one of ours marked as signed."""

from __future__ import annotations

from skystork.link.codec import checksum_of, crc_extra_of

_MAGIC_1, _MAGIC_2 = 0xFE, 0xFD  # mavlink.io, serialization
_HEADER_1, _HEADER_2, _CHECKSUM, _SIGNATURE = 6, 10, 2, 13  # lengths [bytes], mavlink.io, serialization
_SIGNED = 0x01  # MAVLINK_IFLAG_SIGNED


def measure_frame(data: bytes | bytearray, start: int, *, in_step: bool) -> int | None:
    """Measure the frame that begins at a place in a stream.

    Parameters
    ----------
    in_step
        A whole frame ends right before. Only then a message that no table has, so that its checksum cannot be proven,
        counts as a frame; and only where another begins right behind it, or nothing is there yet.

    Returns
    -------
    Its length; 0 where no frame begins; None where more bytes are needed to tell.
    """
    magic = data[start]
    if magic not in (_MAGIC_1, _MAGIC_2):
        return 0
    header = _HEADER_2 if magic == _MAGIC_2 else _HEADER_1
    if len(data) - start < header:
        return None
    flags = data[start + 2] if magic == _MAGIC_2 else 0
    if flags & ~_SIGNED:
        return 0
    payload_end = start + header + data[start + 1]
    after = payload_end + _CHECKSUM + (_SIGNATURE if flags & _SIGNED else 0)
    if len(data) < after:
        return None
    id_at = slice(start + 7, start + 10) if magic == _MAGIC_2 else slice(start + 5, start + 6)
    crc_extra = crc_extra_of(int.from_bytes(data[id_at], "little"))
    if crc_extra is None:
        believed = in_step and (len(data) == after or data[after] in (_MAGIC_1, _MAGIC_2))
        return after - start if believed else 0
    computed = checksum_of(bytes(data[start + 1 : payload_end]) + crc_extra)
    return after - start if computed == data[payload_end] | data[payload_end + 1] << 8 else 0


def mark_signed(frame: bytes) -> bytes:
    """Return an unsigned MAVLink 2 frame of ours with the flag that a signature follows, its checksum made anew."""
    crc_extra = crc_extra_of(int.from_bytes(frame[7:10], "little"))
    assert crc_extra is not None, "what we send is in the tables"
    body = frame[1:2] + bytes((frame[2] | _SIGNED,)) + frame[3:-_CHECKSUM]
    return frame[:1] + body + checksum_of(body + crc_extra).to_bytes(2, "little")
