"""What is lost when zones are written in a format that cannot say all of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that the written file does not say."""

    zone_id: str
    field: str
    """Of the zone model."""
    value: str
    """What it was."""
    done: str
    """What was written instead; where the file closes something else than the zone did, it says so."""

    def __str__(self) -> str:
        return f"zone {self.zone_id}: {self.field} {self.value}: {self.done}"


@dataclass(frozen=True, slots=True)
class Written:
    """A file to be, and what it does not say."""

    text: str
    losses: tuple[Loss, ...]
