"""Which reached mission items are news.

PX4 repeats MISSION_ITEM_REACHED at 1 Hz for about 10 s after each item (measured on 1.17). A sequence is therefore
told once for each plan. When a new plan begins, the repetitions of the old one may still be coming; they are known by
following each other within seconds.
"""

from __future__ import annotations

_REPETITION_S = 3.0
"""The 1 Hz repetition with two of them lost [s]."""


class ReachedItems:
    """Remembers what was told and what was heard lately."""

    def __init__(self) -> None:
        self._told: set[int] = set()
        self._heard_s: dict[int, float] = {}

    def is_news(self, sequence: int, now_s: float) -> bool:
        """Take a MISSION_ITEM_REACHED; returns whether it tells something new."""
        heard_before_s = self._heard_s.get(sequence)
        self._heard_s[sequence] = now_s
        if sequence in self._told:
            return False
        if heard_before_s is not None and now_s - heard_before_s < _REPETITION_S:
            return False
        self._told.add(sequence)
        return True

    def begin_anew(self) -> None:
        """Another plan begins, or the same from the start: every item may be reached again."""
        self._told.clear()
