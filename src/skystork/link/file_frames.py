"""The frames of MAVLink's file transfer, which travel as the payload of FILE_TRANSFER_PROTOCOL.

mavlink.io, file transfer protocol: a header of twelve bytes (sequence number, session, opcode, size, the opcode
answered, whether a burst ends, padding, offset), then up to 239 bytes of data.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

_HEADER = struct.Struct("<HBBBBBxI")
_PAYLOAD_BYTES = 251
DATA_BYTES = _PAYLOAD_BYTES - _HEADER.size
"""Of a file in one frame."""
PATH_BYTES = DATA_BYTES - 1
"""A path longer than this does not fit beside its closing zero."""


class FileOpcode(IntEnum):
    """What is asked, and the two answers."""

    TERMINATE_SESSION = 1
    RESET_SESSIONS = 2
    OPEN_FILE_RO = 4
    READ_FILE = 5
    CALC_FILE_CRC32 = 14
    BURST_READ_FILE = 15
    ACK = 128
    NAK = 129


class FileError(IntEnum):
    """Why not, as the first byte of a NAK's data."""

    NONE = 0
    FAIL = 1
    FAIL_ERRNO = 2
    """The second byte is the vehicle's errno."""
    INVALID_DATA_SIZE = 3
    INVALID_SESSION = 4
    NO_SESSIONS_AVAILABLE = 5
    END_OF_FILE = 6
    UNKNOWN_COMMAND = 7
    FILE_EXISTS = 8
    FILE_PROTECTED = 9
    FILE_NOT_FOUND = 10


@dataclass(frozen=True, slots=True)
class FileFrame:
    """One frame."""

    sequence: int
    opcode: int
    session: int = 0
    offset: int = 0
    data: bytes = b""
    answers: int = 0
    """The opcode that an ACK or a NAK answers."""
    burst_complete: bool = False
    size: int | None = None
    """Bytes of a file asked for; None for the data's own."""

    def packed(self) -> bytes:
        """The payload of FILE_TRANSFER_PROTOCOL."""
        size = len(self.data) if self.size is None else self.size
        header = _HEADER.pack(
            self.sequence, self.session, self.opcode, size, self.answers, self.burst_complete, self.offset
        )
        return (header + self.data).ljust(_PAYLOAD_BYTES, b"\0")

    @property
    def error(self) -> int:
        """Of a NAK; FAIL where it does not say."""
        return self.data[0] if self.data else FileError.FAIL


def read_frame(payload: bytes) -> FileFrame | None:
    """Read a payload; None where its size is more than it holds."""
    sequence, session, opcode, size, answers, burst_complete, offset = _HEADER.unpack_from(payload)
    if size > DATA_BYTES:
        return None
    data = payload[_HEADER.size : _HEADER.size + size]
    return FileFrame(sequence, opcode, session, offset, data, answers, bool(burst_complete))


def file_crc32(data: bytes | bytearray) -> int:
    """The checksum a vehicle computes of a file: CRC-32 begun with zero and not inverted (PX4 1.17, ``crc32part``)."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def path_of(uri: str) -> str | None:
    """The path on the vehicle of a ``mftp:`` address (mavlink.io, component information); None for another kind."""
    scheme, separator, rest = uri.partition("://")
    if scheme != "mftp" or not separator:
        return None
    if rest.startswith("[;comp="):
        rest = rest.partition("]")[2]
    path = rest.lstrip("/")
    length = len(path.encode(errors="replace"))
    return path if path and path.isprintable() and length < PATH_BYTES and ".." not in path.split("/") else None
