"""Text to JSON with nothing let through that Python's parser would: sizes, depths, NaN, keys that stand twice."""

from __future__ import annotations

import json

from skystork.errors import ConfigError, Problem
from skystork.json_keys import unique_keys

MAX_BYTES = 100_000_000
"""Some 50,000 zones of 50 corners; a national file has a few megabytes [bytes]."""


def decode_text(text: str | bytes, where: str) -> str:
    """Bytes as UTF-8; raises ConfigError where they are not, or are too many."""
    if len(text) > MAX_BYTES:
        raise refusal(where, "file too large", len(text), f"at most {MAX_BYTES} bytes", "Give it in parts.")
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal(where, f"not UTF-8 at byte {error.start}", error.reason, "UTF-8 text") from error


def parse_json(text: str | bytes, where: str) -> object:
    """A JSON document; raises ConfigError for everything that is none."""
    decoded = decode_text(text, where)
    try:
        document: object = json.loads(decoded, object_pairs_hook=unique_keys, parse_constant=_no_constant)
    except RecursionError as error:
        raise refusal(where, "nested too deeply", "brackets within brackets", "JSON, some ten deep") from error
    except json.JSONDecodeError as error:
        whole = decoded.rstrip().endswith(("}", "]"))
        cut = "" if whole else " (it ends in its middle: was it written to its end?)"
        limit = "JSON (RFC 8259), finite numbers, each key once"
        raise refusal(where, f"not valid JSON at line {error.lineno}{cut}", error, limit) from error
    except ValueError as error:
        raise refusal(where, "not valid JSON", error, "JSON (RFC 8259), finite numbers, each key once") from error
    return document


def refusal(
    where: str, what: str, seen: object, limit: str, remedy: str = "Correct the file; nothing of it was applied."
) -> ConfigError:
    """One problem as an exception."""
    return ConfigError((problem(where, what, seen, limit, remedy),))


def problem(where: str, what: str, seen: object, limit: str, remedy: str) -> Problem:
    """One problem; what was seen is cut to a line."""
    text = str(seen)
    return Problem(where, what, text if len(text) <= 80 else text[:77] + "…", limit, remedy)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a finite number")
