"""Which reached mission items are news.

PX4 repeats MISSION_ITEM_REACHED at 1 Hz for about 10 s after each item (measured on 1.17). A sequence is therefore
told once for each plan. When a new plan begins, the repetitions of the old one may still be coming; they are known by
following each other within seconds.
"""

from __future__ import annotations

from skystork.link.contract import ItemReached
from skystork.link.messages import MissionItemReached
from skystork.link.service import LinkService

_REPETITION_S = 3.0
"""The 1 Hz repetition with two of them lost [s]."""


class ReachedItems(LinkService):
    """Remembers what was told and what was heard lately.

    Parameters
    ----------
    mission_offset
        Items of the list on board before our first one.
    """

    TAKES = (MissionItemReached,)

    def __init__(self, mission_offset: int = 0) -> None:
        self._mission_offset = mission_offset
        self._told: set[int] = set()
        self._heard_s: dict[int, float] = {}

    def receive(self, message: MissionItemReached, now_s: float) -> list[ItemReached]:
        """Take a message; returns what it tells anew, if anything."""
        ours = message.seq - self._mission_offset
        return [ItemReached(now_s, ours)] if ours >= 0 and self._is_news(message.seq, now_s) else []

    def begin_anew(self) -> None:
        """Another plan begins, or the same from the start: every item may be reached again."""
        self._told.clear()

    def forget(self, now_s: float) -> list[ItemReached]:  # noqa: ARG002  (one shape for all services)
        """The vehicle rebooted: it repeats nothing."""
        self._told.clear()
        self._heard_s.clear()
        return []

    def _is_news(self, sequence: int, now_s: float) -> bool:
        heard_before_s = self._heard_s.get(sequence)
        self._heard_s[sequence] = now_s
        if sequence in self._told:
            return False
        if heard_before_s is not None and now_s - heard_before_s < _REPETITION_S:
            return False
        self._told.add(sequence)
        return True
