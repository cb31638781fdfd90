"""A JSON object that names a key twice means one thing to one reader and another to the next (RFC 8259, 4)."""

from __future__ import annotations

import json


class _RepeatedKeyError(Exception):
    """Carries the key out of the parser."""


def repeated_key(text: bytes) -> str | None:
    """The first key that stands twice in one object of a text that was read as JSON; None where none does.

    Raises
    ------
    RecursionError
        Where it is nested too deeply.
    """
    try:
        json.loads(text, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _RepeatedKeyError as error:
        return str(error)
    return None


def _once(pairs: list[tuple[str, object]]) -> None:
    seen = set[str]()
    for key, _ in pairs:
        if key in seen:
            raise _RepeatedKeyError(key)
        seen.add(key)
