"""Whole frames out of a byte stream (TCP, a serial line), without I/O.

Theory of operation. A stream gives bytes in pieces that have nothing to do with frames: a frame may come in five
pieces, or three frames in one, and a line loses and turns bits. Bytes are kept until the frame they begin is whole.
A beginning whose checksum does not fit was none, or a frame that was hurt: the search goes on with its second byte,
so a false or hurt beginning costs only itself and none of the whole frames behind it. While out of step (at the
start, after noise) a beginning that would still have to wait is given up for a proven frame found behind it;
otherwise a stray magic byte on a quiet line would hold the next heartbeats back.
"""

from __future__ import annotations

import re

from skystork.link.framing import measure_frame

_MAGIC = re.compile(rb"[\xfd\xfe]")


class StreamSplitter:
    """Keeps what is not whole yet. One for each connection; begin a new connection with a new one."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._in_step = False
        self.dropped_bytes = 0
        """Bytes that belonged to no whole frame."""
        self.bad_checksum = 0
        """Frames in step with the stream whose checksum was wrong."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; returns the frames that are whole now, in order."""
        self._kept += data
        frames: list[bytes] = []
        start, end = 0, len(self._kept)
        while start < end:
            length = measure_frame(self._kept, start, in_step=self._in_step)
            if length is None:
                behind = None if self._in_step else self._proven_behind(start)
                if behind is None:
                    break
                self.dropped_bytes += behind - start
                start = behind
            elif length:
                frames.append(bytes(self._kept[start : start + length]))
                self._in_step = True
                start += length
            else:
                start = self._skip(start)
        del self._kept[:start]
        return frames

    def _skip(self, start: int) -> int:
        """Give a beginning up; returns where the next may be."""
        if self._in_step and self._kept[start] in b"\xfd\xfe":
            self.bad_checksum += 1
        self._in_step = False
        following = _MAGIC.search(self._kept, start + 1)
        after = following.start() if following else len(self._kept)
        self.dropped_bytes += after - start
        return after

    def _proven_behind(self, start: int) -> int | None:
        """Where a whole frame begins behind an unfinished beginning, if one does."""
        for found in _MAGIC.finditer(self._kept, start + 1):
            if measure_frame(self._kept, found.start(), in_step=False):
                return found.start()
        return None
