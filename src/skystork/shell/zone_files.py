"""Zone files from disk: never more of one than may be read, and never one that is being written.

A file that grows or changes while it is read is read again; a program that writes zones should write beside and rename.
"""

from __future__ import annotations

from pathlib import Path

from skystork.airspace.json_text import MAX_BYTES
from skystork.errors import ConfigError, Problem

FileMark = tuple[int, int, int]
"""Size [bytes], time of change [ns] and inode: another mark, another content."""


def read_zone_file(path: Path) -> bytes:
    """The content; raises ConfigError where it cannot be read, is a folder, or is too large."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _refusal(path, "file too large", f"{size} bytes", f"at most {MAX_BYTES} bytes", "Give it in parts.")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise _refusal(path, "a folder", str(error), "a file", "Name the file in it.") from error
    except OSError as error:
        raise _refusal(path, "cannot be read", str(error), "a readable file", "Check the path.") from error
    if not content.strip():
        raise _refusal(path, "the file is empty", f"{len(content)} bytes", "zones", "Was it written to its end?")
    return content


def mark_of(path: Path) -> FileMark | None:
    """What tells one content of a file from another; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _refusal(path: Path, what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(path.name, what, seen, limit, remedy),))
