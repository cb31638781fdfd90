"""What a vehicle's link has met, and which of its frames are missing, by MAVLink's sequence numbers.

The number is one byte (mavlink.io, serialization). One that lies up to 127 ahead says how many are missing; one farther
ahead is taken for a frame that comes late. Where such frames come one after the other, each the next of the last, with
none of the expected between, nothing was late: 128 or more were lost in a row, and are counted then. What the numbers
cannot tell stays uncounted: whole rounds of 256, and a gap that ends less than eight short of a round.

The figures that every frame moves stand in columns of a whole network, by system id, because two write them: the plain
code here, and the compiled sieve (``sieve.py``), which counts the frames that come in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_REORDERED = 128  # a sequence number more than half the circle ahead is one behind
_REPEATED = 255  # the last one again
_RESUMED = 8  # chosen: so many in a row are not late; a radio's buffer lets go of fewer before it sends what is new
SYSTEM_IDS = 256  # MAVLink's system id is one byte
NOT_EXPECTED = -1
"""In the column of sequence numbers: contact is new, whatever comes next is right."""
NOBODY = -1
"""In the column of addresses: no frame of this system passes unread."""


class Tally:
    """The columns of one network; a row is a system id."""

    def __init__(self) -> None:
        self.frames = np.zeros(SYSTEM_IDS, np.int64)
        """Frames taken as the vehicle's."""
        self.expected = np.full(SYSTEM_IDS, NOT_EXPECTED, np.int64)
        """Sequence number of the next frame."""
        self.heard_s = np.zeros(SYSTEM_IDS)
        """When the last frame came [s]."""
        self.trusted_at = np.full(SYSTEM_IDS, NOBODY, np.int64)
        """Whence frames may be counted unread (:func:`~skystork.link.sieve.address_key`); a vehicle that is trusted."""
        self.kind = np.zeros(SYSTEM_IDS, np.int64)
        """MAV_TYPE, and MAV_AUTOPILOT times 256, of the heartbeat it is trusted for."""


def _numbers_of(column: Any) -> Any:
    """The same memory, which gives and takes plain numbers in a third of the time that an array needs."""
    return memoryview(column)


class LinkCounters:
    """One vehicle's row.

    Parameters
    ----------
    tally
        Of its network; one of its own where it is alone.
    row
        Its system id.
    """

    def __init__(self, tally: Tally | None = None, row: int = 0) -> None:
        columns = tally or Tally()
        self._frames, self._expected = _numbers_of(columns.frames), _numbers_of(columns.expected)
        self._heard_s, self._row = _numbers_of(columns.heard_s), row
        self.lost = 0
        """Frames missing by their sequence numbers, at least; a late one is counted back."""
        self._behind: tuple[int, int] = (
            -1,
            -1,
        )  # the frame and the number that would go on with a run of numbers behind
        self._run = self._counted_back = 0  # length of that run, and frames counted back in it
        self.ignored = 0
        """Frames of another component, of a wrong peer, or addressed to another station."""

    @property
    def frames(self) -> int:
        """Frames taken as the vehicle's."""
        frames: int = self._frames[self._row]
        return frames

    @property
    def heard_s(self) -> float:
        """When the last frame came [s]."""
        at_s: float = self._heard_s[self._row]
        return at_s

    def take(self, sequence: int, now_s: float) -> None:
        """A frame came with this sequence number."""
        row = self._row
        self._frames[row] += 1
        self._heard_s[row] = now_s
        expected = self._expected[row]
        if sequence != expected != NOT_EXPECTED:
            missing = (sequence - expected) & 0xFF
            if missing >= _REORDERED:
                self._take_behind(sequence, missing)
                return
            self.lost += missing
        self._expected[row] = (sequence + 1) & 0xFF

    def begin_anew(self) -> None:
        """Contact is made anew: whatever sequence number comes next is right."""
        self._expected[self._row] = NOT_EXPECTED

    def _take_behind(self, sequence: int, missing: int) -> None:
        """Only late, or the next of a run that shows a gap of half a circle and more."""
        if self._behind != (self.frames, sequence):
            self._run = self._counted_back = 0
        self._run += 1
        self._behind = (self.frames + 1, (sequence + 1) & 0xFF)
        if missing != _REPEATED and self.lost:
            self.lost -= 1
            self._counted_back += 1
        if self._run == _RESUMED:
            self.lost += self._counted_back + missing - (_RESUMED - 1)
            self._expected[self._row] = (sequence + 1) & 0xFF
