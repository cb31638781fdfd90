"""A JSON object that names a key twice means one thing to one reader and another to the next (RFC 8259, 4)."""

from __future__ import annotations

import json


class RepeatedKeyError(ValueError):
    """A key stands twice in one object; Python would silently keep the last."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key!r} stands twice in one object")
        self.key = key


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """For ``object_pairs_hook``: the object; raises RepeatedKeyError."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise RepeatedKeyError(key)
        found[key] = value
    return found


def repeated_key(text: bytes) -> str | None:
    """The first key that stands twice in one object of a text that was read as JSON; None where none does.

    Raises
    ------
    RecursionError
        Where it is nested too deeply.
    """
    try:
        json.loads(text, object_pairs_hook=unique_keys, parse_int=str, parse_float=str)
    except RepeatedKeyError as error:
        return error.key
    return None
