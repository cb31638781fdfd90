"""Cursors of pages: opaque to the caller, the number after which to go on to us."""

from __future__ import annotations

import base64
import binascii

from skystork.shell.web.problem import HttpRefusal

LARGEST = 2**62


def cursor_after(number: int) -> str:
    """The cursor of what comes after a number."""
    return base64.urlsafe_b64encode(f"a{number}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> int:
    """Inverse of :func:`cursor_after`, 0 for the first page; raises HttpRefusal 400."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        number = int(text.removeprefix("a")) if text.startswith("a") and text[1:].isdigit() else -1
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise _no_cursor() from error
    if not 0 <= number <= LARGEST:
        raise _no_cursor()
    return number


def _no_cursor() -> HttpRefusal:
    return HttpRefusal(400, "bad-cursor", "the cursor is none of ours: take `next` of the page before, unchanged")
