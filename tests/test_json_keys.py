"""Keys that stand twice in one object are found, wherever they are; the same key of two objects is none."""

from __future__ import annotations

import pytest

from skystork.json_keys import repeated_key


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}', None),
        (b'{"a": 1, "a": 1}', "a"),
        (b'{"x": [{"b": {"c": 1e999, "c": 2}}]}', "c"),
        (b'{"\\u0061": 1, "a": 2}', "a"),
        (b"[1, 2]", None),
        (b'{"n": ' + b"1" * 6000 + b"}", None),
    ],
)
def test_a_key_that_stands_twice_is_found(text: bytes, found: str | None) -> None:
    assert repeated_key(text) == found
