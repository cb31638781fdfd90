"""Something that comes in pieces, in any order, some twice, some never: what is here and what is missing."""

from __future__ import annotations

from bisect import bisect_left


class Pieces:
    """Bytes of a known number, filled piece by piece.

    Parameters
    ----------
    size
        In all [bytes].
    """

    def __init__(self, size: int) -> None:
        self.data = bytearray(size)
        self.missing = size
        """Bytes that are not here yet."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        """Stretches that are here: apart from each other, in order."""

    def take(self, offset: int, data: bytes) -> bool:
        """Keep a piece; False where it is no part of the whole, or brings nothing new."""
        end = offset + len(data)
        if not data or offset < 0 or end > len(self.data):
            return False
        first = bisect_left(self._ends, offset)  # the first stretch that touches the piece, or lies behind it
        last = first
        start, stop, known = offset, end, 0
        while last < len(self._starts) and self._starts[last] <= end:
            known += max(0, min(end, self._ends[last]) - max(offset, self._starts[last]))
            start, stop = min(start, self._starts[last]), max(stop, self._ends[last])
            last += 1
        if known == len(data):
            return False
        self.data[offset:end] = data
        self._starts[first:last], self._ends[first:last] = [start], [stop]
        self.missing -= len(data) - known
        return True

    def first_gap(self) -> tuple[int, int] | None:
        """Start and end of the first stretch that is missing; None where all is here."""
        if not self._starts or self._starts[0] > 0:
            return (0, self._starts[0] if self._starts else len(self.data)) if self.data else None
        if self._ends[0] == len(self.data):
            return None
        return self._ends[0], self._starts[1] if len(self._starts) > 1 else len(self.data)

    def lacks(self, offset: int) -> bool:
        """Whether the byte at this place is missing."""
        index = bisect_left(self._ends, offset + 1)
        return index == len(self._starts) or offset < self._starts[index]
