"""What came in pieces is known to be here, and nothing else is."""

from __future__ import annotations

import random

import pytest

from skystork.link.pieces import Pieces


@pytest.mark.parametrize("seed", range(30))
def test_any_pieces_in_any_order_leave_what_a_plain_list_leaves(seed: int) -> None:
    rng = random.Random(seed)
    whole = bytes(rng.randrange(1, 256) for _ in range(rng.randrange(1, 80)))
    pieces, here = Pieces(len(whole)), [False] * len(whole)
    for _ in range(60):
        offset, length = rng.randrange(len(whole) + 5), rng.randrange(12)
        fits = length > 0 and offset + length <= len(whole)
        news = fits and not all(here[offset : offset + length])
        assert pieces.take(offset, whole[offset : offset + length].ljust(length, b"?")) is news
        if fits:
            here[offset : offset + length] = [True] * length
        assert pieces.missing == here.count(False)
        gap = pieces.first_gap()
        if pieces.missing == 0:
            assert gap is None
        else:
            assert gap is not None
            start = here.index(False)
            end = here.index(True, start) if True in here[start:] else len(here)
            assert gap == (start, end)
        assert [pieces.lacks(place) for place in range(len(here))] == [not known for known in here]
    assert all(ours == theirs for ours, theirs, known in zip(pieces.data, whole, here, strict=True) if known)


def test_nothing_of_no_size_is_missing() -> None:
    assert Pieces(0).first_gap() is None
    assert not Pieces(0).take(0, b"x")
