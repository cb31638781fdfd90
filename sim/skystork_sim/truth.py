"""What really happened, written down as JSON lines for those who judge a run: releases, tracks, van actions."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO


class TruthLog:
    """Files in a folder: ``releases.jsonl``, ``tracks.jsonl``, ``vans.jsonl``; mutable because they are open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files: dict[str, TextIO] = {}

    def write(self, name: str, record: dict[str, object]) -> None:
        """Append a record to ``<name>.jsonl``; seen by readers at once."""
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = (self._folder / f"{name}.jsonl").open("a", encoding="utf-8", buffering=1)
        file.write(json.dumps(record) + "\n")

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
