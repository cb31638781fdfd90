"""What a vehicle's link has met, and which of its frames are missing, by MAVLink's sequence numbers.

The number is one byte (mavlink.io, serialization). One that lies up to 127 ahead says how many are missing; one farther
ahead is taken for a frame that comes late. Where such frames come one after the other, each the next of the last, with
none of the expected between, nothing was late: 128 or more were lost in a row, and are counted then. What the numbers
cannot tell stays uncounted: whole rounds of 256, and a gap that ends less than eight short of a round.
"""

from __future__ import annotations

from dataclasses import dataclass

_REORDERED = 128  # a sequence number more than half the circle ahead is one behind
_REPEATED = 255  # the last one again
_RESUMED = 8  # chosen: so many in a row are not late; a radio's buffer lets go of fewer before it sends what is new


@dataclass(slots=True)
class LinkCounters:
    """It counts, therefore it is not frozen."""

    frames: int = 0
    """Frames taken as the vehicle's."""
    lost: int = 0
    """Frames missing by their sequence numbers, at least; a late one is counted back."""
    ignored: int = 0
    """Frames of another component, of a wrong peer, or addressed to another station."""
    _expected: int | None = None
    _behind: tuple[int, int] = (-1, -1)
    """The frame and the sequence number that would go on with a run of numbers behind."""
    _run: int = 0
    """Length of that run."""
    _counted_back: int = 0
    """In that run."""

    def take(self, sequence: int) -> None:
        """A frame came with this sequence number."""
        self.frames += 1
        if sequence != self._expected and self._expected is not None:
            missing = (sequence - self._expected) & 0xFF
            if missing >= _REORDERED:
                self._take_behind(sequence, missing)
                return
            self.lost += missing
        self._expected = (sequence + 1) & 0xFF

    def begin_anew(self) -> None:
        """Contact is made anew: whatever sequence number comes next is right."""
        self._expected = None

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
            self._expected = (sequence + 1) & 0xFF
