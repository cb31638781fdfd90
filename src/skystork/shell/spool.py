"""An inbox of orders in a folder, for orders handed to a service that runs or will run.

After maildir (cr.yp.to/proto/maildir.html): a file is written under ``tmp``, made durable, and only then linked into
``new``, so a reader never sees half an order. What the service took goes to ``done``, what it refused to ``refused``
with the reasons beside it. The file's name follows from the order's identity: submitting twice is submitting once.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from skystork.errors import InvalidInput, Problem, Unavailable

_NAME_LIMIT = 120
"""Letters of a file name taken from the order's identity; file systems allow 255 bytes (POSIX NAME_MAX)."""
_FOLDERS = ("tmp", "new", "done", "refused")


class Submission(StrEnum):
    """What became of a submission."""

    NEW = "new"
    """It is in the inbox, on the disk."""
    REPEATED = "repeated"
    """The same order was submitted before; nothing was done."""


@dataclass(frozen=True, slots=True)
class SpooledOrder:
    """One file of the inbox."""

    name: str
    line: str
    """The order as one JSON line, as submitted."""


def submit(directory: Path, order_line: Mapping[str, object]) -> Submission:
    """Put an order into the inbox; when this returns it is on the disk.

    An order that was refused may be submitted again.

    Parameters
    ----------
    directory
        The inbox; made where it is missing.
    order_line
        The order as a line of an order file, with its ``order_id``.

    Raises
    ------
    InvalidInput
        When there is no ``order_id``, or another order was submitted under the same one.
    Unavailable
        When the folder cannot be written.
    """
    name, line = _file_name(order_line), json.dumps(order_line, sort_keys=True)
    with _translated(directory):
        for folder in _FOLDERS:
            (directory / folder).mkdir(parents=True, exist_ok=True)
        if (directory / "done" / name).exists():
            return _repeated(directory / "done" / name, line)
        return _deliver(directory, name, line)


def pending(directory: Path) -> tuple[SpooledOrder, ...]:
    """What waits in the inbox, oldest first; empty when nobody ever submitted."""
    with _translated(directory):
        if not (directory / "new").is_dir():
            return ()
        files = sorted((directory / "new").iterdir(), key=lambda file: (file.stat().st_mtime_ns, file.name))
        return tuple(SpooledOrder(file.name, file.read_text(encoding="utf-8", errors="replace")) for file in files)


def done(directory: Path, name: str) -> None:
    """File an order away once the ledger has it; a second call does nothing."""
    with _translated(directory):
        _move(directory, name, "done")


def refuse(directory: Path, name: str, reasons: str) -> None:
    """File away an order that cannot be used, with the reasons in a ``.txt`` beside it."""
    with _translated(directory):
        (directory / "refused" / f"{name}.txt").write_text(reasons + "\n", encoding="utf-8")
        _move(directory, name, "refused")


def _deliver(directory: Path, name: str, line: str) -> Submission:
    draft, target = directory / "tmp" / f"{name}.{os.getpid()}", directory / "new" / name
    with draft.open("w", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    try:
        target.hardlink_to(draft)  # unlike a rename, it never replaces an order that waits
    except FileExistsError:
        return _repeated(target, line)
    finally:
        draft.unlink()
    _sync_folder(target.parent)
    return Submission.NEW


def _repeated(earlier: Path, line: str) -> Submission:
    if earlier.read_text(encoding="utf-8") == line:
        return Submission.REPEATED
    order_id = str(json.loads(line)["order_id"])
    remedy = "Give the new order an identity of its own."
    problem = Problem(
        "order_id", "another order was submitted under it", order_id, "the same order, or a new id", remedy
    )
    raise InvalidInput((problem,))


def _file_name(order_line: Mapping[str, object]) -> str:
    order_id = order_line.get("order_id")
    if not isinstance(order_id, str) or not order_id:
        remedy = "Give the order an identity; submitting it again under the same one is safe."
        raise InvalidInput((Problem("order_id", "missing", repr(order_id), "a text that is not empty", remedy),))
    digest = hashlib.sha256(order_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{quote(order_id, safe='', errors='replace')[:_NAME_LIMIT].lstrip('.')}-{digest}.json"


def _move(directory: Path, name: str, folder: str) -> None:
    waiting = directory / "new" / name
    if waiting.exists():
        waiting.rename(directory / folder / name)
        _sync_folder(directory / folder)
        _sync_folder(directory / "new")


def _sync_folder(folder: Path) -> None:
    """Make a folder's entries durable; the file's own ``fsync`` does not (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"inbox {directory}: {error.strerror or error}. Check the folder and its disk.") from error
