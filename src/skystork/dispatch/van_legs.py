"""What a router has said so far, as square tables with a row for each place.

A plan of some hundred stops needs every pair of them, so the pairs are no dictionary: a thousand places looked up pair
by pair stopped the event loop for two seconds. The place that nobody has asked about for longest makes room for a new
one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skystork.dispatch.van_matrix import MatrixAnswer
from skystork.dispatch.van_roads import PlaceKey, RouterTable, place_key

MOST_PLACES = 2_048
"""Kept; 67 MB when all of them were asked about. A plan with more takes the straight line for the rest."""
_FIRST = 64
Mask = NDArray[np.bool_]


class LegTable:
    """Lengths, times, and when the router said so; a hole is a pair that it was asked for and does not know."""

    def __init__(self, most_places: int = MOST_PLACES) -> None:
        self._most = most_places
        self._row: dict[PlaceKey, int] = {}
        """Those asked about lately stand last."""
        self._metres = np.full((0, 0), np.nan, dtype=np.float32)
        self._seconds = self._metres.copy()
        self._asked_s = np.zeros((0, 0))

    def make_room(self, keys: Sequence[PlaceKey]) -> list[PlaceKey]:
        """Give each a row, as far as there are any; those that have one."""
        wanted = list(dict.fromkeys(keys))[: self._most]
        for key in wanted:
            if key in self._row:
                self._row[key] = self._row.pop(key)
        for key in wanted:
            if key not in self._row:
                self._row[key] = self._vacant_row()
        return wanted

    def missing(self, sources: Sequence[PlaceKey], targets: Sequence[PlaceKey], oldest_s: float = -math.inf) -> Mask:
        """Pairs never asked for, or not since then; of places without a row none (n, m)."""
        from_rows, to_rows = self._rows(sources), self._rows(targets)
        if not self._row:
            return np.zeros((len(sources), len(targets)), dtype=np.bool_)
        asked_s = self._asked_s[np.ix_(from_rows, to_rows)]
        mask: Mask = (asked_s == -np.inf) | (asked_s < oldest_s)
        mask &= (from_rows >= 0)[:, None] & (to_rows >= 0) & (from_rows[:, None] != to_rows)
        return mask

    def tables(self, keys: Sequence[PlaceKey]) -> tuple[RouterTable, RouterTable, int]:
        """Metres and seconds between places that have a row, NaN where not known, and how many holes are among them."""
        rows = self._rows(keys)
        block = np.ix_(rows, rows)
        metres, seconds = self._metres[block], self._seconds[block]
        holes = np.isnan(seconds) & (self._asked_s[block] > -np.inf)
        np.fill_diagonal(holes, val=False)
        return metres, seconds, int(holes.sum())

    def keep(self, answer: MatrixAnswer, now_s: float) -> list[tuple[PlaceKey, PlaceKey]]:
        """Take an answer in; the holes that were none before."""
        new = []
        for first, second in answer.holes:
            pair = place_key(first), place_key(second)
            at = self._row.get(pair[0], -1), self._row.get(pair[1], -1)
            if min(at) < 0 or at[0] == at[1]:
                continue
            if self._asked_s[at] == -np.inf or np.isfinite(self._seconds[at]):
                new.append(pair)
            self._metres[at], self._seconds[at], self._asked_s[at] = np.nan, np.nan, now_s
        for (a, b), leg in answer.legs.items():
            at = self._row.get(a, -1), self._row.get(b, -1)
            if min(at) >= 0:
                self._metres[at], self._seconds[at], self._asked_s[at] = leg.distance_m, leg.duration_s, now_s
        return new

    def _rows(self, keys: Sequence[PlaceKey]) -> NDArray[np.intp]:
        return np.array([self._row.get(key, -1) for key in keys], dtype=np.intp)

    def _vacant_row(self) -> int:
        if len(self._row) < self._most:
            row = len(self._row)
            if row == len(self._seconds):
                self._grow(min(self._most, max(_FIRST, 2 * row)))
            return row
        row = self._row.pop(next(iter(self._row)))
        for table, empty in ((self._metres, np.nan), (self._seconds, np.nan), (self._asked_s, -np.inf)):
            table[row, :] = table[:, row] = empty
        return row

    def _grow(self, size: int) -> None:
        more = size - len(self._seconds)
        self._metres = np.pad(self._metres, (0, more), constant_values=np.nan)
        self._seconds = np.pad(self._seconds, (0, more), constant_values=np.nan)
        self._asked_s = np.pad(self._asked_s, (0, more), constant_values=-np.inf)
