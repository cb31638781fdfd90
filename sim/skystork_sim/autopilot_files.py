"""The autopilot's files, given out by MAVLink's file transfer.

Theory of operation. One session; a second opening is refused until the first is closed, or ten seconds have passed in
silence. The last short answer is kept and repeated to whoever sends the number before it again, whatever was asked.
A burst sends the whole rest of the file and ends with a refusal, end of file. Only reading is possible.
Source: PX4 v1.17.0, mavlink_ftp.cpp; mavlink.io, file transfer protocol.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

HEADER = struct.Struct("<HBBBBBxI")  # number, session, opcode, size, opcode answered, burst complete, offset
PAYLOAD_BYTES, DATA_BYTES = 251, 239
TERMINATE, RESET, OPEN, READ, CRC, BURST = 1, 2, 4, 5, 14, 15
ACK, NAK = 128, 129
NO_SESSION, ALL_TAKEN, END_OF_FILE, UNKNOWN, NOT_FOUND = 4, 5, 6, 7, 10
IDLE_S = 10.0
SHORT_BYTES = 4


class FileServer:
    """Gives out files.

    Parameters
    ----------
    files
        Path without a leading slash, and what is in it.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._open: bytes | None = None
        self._last_s = 0.0
        self._last_answer: bytes | None = None

    def answer(self, payload: bytes, now_s: float) -> list[bytes]:
        """The payloads that answer one."""
        number, _, opcode, size, _, _, offset = HEADER.unpack_from(payload)
        if self._last_answer is not None and HEADER.unpack_from(self._last_answer)[0] == (number + 1) & 0xFFFF:
            return [self._last_answer]
        if now_s - self._last_s > IDLE_S:
            self._open = None
        self._last_s = now_s
        data = payload[HEADER.size : HEADER.size + size]
        if opcode == BURST and self._open is not None:
            return self._burst(self._open, number, offset)
        result = self._do(opcode, data, offset, size)
        if isinstance(result, int):
            answer = _packed(number + 1, NAK, opcode, offset, bytes((result,)))
        else:
            answer = _packed(number + 1, ACK, opcode, offset, result)
        self._last_answer = answer if HEADER.unpack_from(answer)[3] <= SHORT_BYTES else None
        return [answer]

    def _do(self, opcode: int, data: bytes, offset: int, size: int) -> bytes | int:
        """What an opcode answers: data, or an error."""
        if opcode == OPEN:
            return self._open_file(data)
        if opcode == CRC:
            found = self._find(data)
            return NOT_FOUND if found is None else (zlib.crc32(found, 0xFFFFFFFF) ^ 0xFFFFFFFF).to_bytes(4, "little")
        if opcode in (TERMINATE, RESET):
            self._open = None
            return b""
        if opcode not in (READ, BURST):
            return UNKNOWN
        if self._open is None:
            return NO_SESSION
        return self._open[offset : offset + size] if offset < len(self._open) else END_OF_FILE

    def _open_file(self, path: bytes) -> bytes | int:
        if self._open is not None:
            return ALL_TAKEN
        self._open = self._find(path)
        return NOT_FOUND if self._open is None else len(self._open).to_bytes(4, "little")

    def _find(self, path: bytes) -> bytes | None:
        return self._files.get(path.split(b"\0", 1)[0].decode(errors="replace").lstrip("/"))

    def _burst(self, data: bytes, number: int, offset: int) -> list[bytes]:
        self._last_answer = None
        frames = []
        for start in range(offset, len(data), DATA_BYTES):
            number += 1
            frames.append(_packed(number, ACK, BURST, start, data[start : start + DATA_BYTES]))
        return [*frames, _packed(number + 1, NAK, BURST, max(offset, len(data)), bytes((END_OF_FILE,)))]


def _packed(number: int, opcode: int, answers: int, offset: int, data: bytes) -> bytes:
    header = HEADER.pack(number & 0xFFFF, 0, opcode, len(data), answers, 0, offset)
    return (header + data).ljust(PAYLOAD_BYTES, b"\0")
