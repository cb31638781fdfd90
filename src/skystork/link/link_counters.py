"""What a vehicle's link has met, and which of its frames are missing, by MAVLink's sequence numbers."""

from __future__ import annotations

from dataclasses import dataclass

_REORDERED = 128  # a sequence number more than half the circle ahead is one behind
_REPEATED = 255  # the last one again


@dataclass(slots=True)
class LinkCounters:
    """It counts, therefore it is not frozen."""

    frames: int = 0
    """Frames taken as the vehicle's."""
    lost: int = 0
    """Frames missing by their sequence numbers; a late one is counted back."""
    ignored: int = 0
    """Frames of another component, of a wrong peer, or addressed to another station."""
    _expected: int | None = None

    def take(self, sequence: int) -> None:
        """A frame came with this sequence number."""
        self.frames += 1
        if sequence != self._expected and self._expected is not None:
            missing = (sequence - self._expected) & 0xFF
            if missing >= _REORDERED:
                if missing != _REPEATED and self.lost:
                    self.lost -= 1  # it was only late
                return
            self.lost += missing
        self._expected = (sequence + 1) & 0xFF

    def begin_anew(self) -> None:
        """Contact is made anew: whatever sequence number comes next is right."""
        self._expected = None
