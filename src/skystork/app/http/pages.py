"""Cursors of pages: the number after which to go on, marked so that nobody takes it for a page's number."""

from __future__ import annotations


def cursor_after(number: int) -> str:
    """The cursor of what comes after a number."""
    return f"a{number}"


def read_cursor(cursor: str) -> int:
    """Inverse of :func:`cursor_after`, 0 for the first page; what else a cursor may be the type of the field says."""
    return int(cursor.removeprefix("a") or "0")
