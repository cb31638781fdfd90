"""What was noticed in zone data and did not refuse it: said to a person, with what was done about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """One remark."""

    where: str
    """File and field, or zone."""
    what: str
    """What was noticed, with the value seen."""
    done: str
    """How it is taken; in doubt closed."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.done}"
