"""The effort that a search of a wave may spend: steps, or a clock of the caller's."""

from __future__ import annotations

import math
from collections.abc import Callable

Spent = Callable[[int], float]
"""Told how many steps were taken, says what share of the effort is spent; 1 or more ends the search."""

STEPS, CHANGES = "steps", "changes"
"""Kinds of steps: so many of one and of the other fit into the same effort."""


def steps(total: int) -> Spent:
    """An effort of so many steps, whatever time they take."""
    return lambda taken: taken / total


class Effort:
    """Steps taken, the share of the effort that they were, and so how many of a kind the whole has room for."""

    def __init__(self, spent: Spent) -> None:
        self._spent = spent
        self.taken, self.share, self.kind = 0, 0.0, STEPS
        self._per_share = {STEPS: 0.0, CHANGES: 0.0}

    def slice(self, width: float) -> int:
        """Steps of a slice of so much of the whole; few at first, until the pace is known."""
        pace = self._per_share[self.kind]
        return max(1, int(pace * width)) if pace else 8

    def left(self) -> float:
        """Steps that the rest has room for, as far as is known."""
        return self._per_share[self.kind] * (1 - self.share)

    def took(self, count: int) -> None:
        self.taken += count
        before, self.share = self.share, self._spent(self.taken)
        if self.share > before:
            most = 4 * self._per_share[self.kind] or math.inf
            self._per_share[self.kind] = min(count / (self.share - before), most)
