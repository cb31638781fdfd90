"""What signing must remember over a restart, in one small file that is replaced whole.

It holds timestamps and no key. Without it a recording of the last minute could be played to a controller that has just
started, and a controller whose clock was set back would sign with timestamps that its vehicles refuse.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skystork.errors import Unavailable
from skystork.link.signing import SigningMemory, Stream

SAVE_EVERY_S = 10.0
"""mavlink.io asks for once a minute; what a crash forgets is at most so much."""


class SigningStore:
    """The memories of all vehicles that sign.

    Parameters
    ----------
    path
        The file; made with the first save.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: dict[str, SigningMemory] = {}
        self._writing = threading.Lock()  # the last save, at the end, may overtake one in a thread

    def load(self) -> Mapping[str, SigningMemory]:
        """Memories by vehicle id; none before the first save.

        Raises
        ------
        Unavailable
            The file cannot be read, or is not what was written: without it a replay could not be told.
        """
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            self._saved = {vehicle_id: _read(entry) for vehicle_id, entry in document.items()}
        except FileNotFoundError:
            self._saved = {}
        except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise Unavailable(
                f"{self._path} cannot be used ({error}): restore it from a backup; if there is none, remove it and "
                "keep the vehicles on the ground for a minute, because recordings of it could pass until then"
            ) from error
        return dict(self._saved)

    def save(self, memories: Mapping[str, SigningMemory]) -> None:
        """Replace the file where anything changed; a vehicle that is not given keeps what it had.

        Raises
        ------
        Unavailable
            The disk does not take it.
        """
        with self._writing:
            self._save(memories)

    def _save(self, memories: Mapping[str, SigningMemory]) -> None:
        if all(self._saved.get(vehicle_id) == memory for vehicle_id, memory in memories.items()):
            return
        kept = {**self._saved, **memories}
        draft = self._path.with_suffix(".new")
        try:
            with draft.open("w", encoding="utf-8") as file:
                json.dump({vehicle_id: _written(memory) for vehicle_id, memory in kept.items()}, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            _fsync_folder(self._path.parent)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written ({error.strerror}); make room on the disk") from error
        self._saved = kept


def _written(memory: SigningMemory) -> dict[str, object]:
    return {"timestamp": memory.timestamp, "streams": [[*stream, last] for stream, last in memory.streams.items()]}


def _read(entry: Mapping[str, Any]) -> SigningMemory:
    streams = {Stream(int(row[0]), int(row[1]), int(row[2])): int(row[3]) for row in entry["streams"]}
    return SigningMemory(int(entry["timestamp"]), streams)


def _fsync_folder(folder: Path) -> None:
    """The name of a file is in its folder (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
