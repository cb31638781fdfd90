"""The result of a check before launch: graded, with what was seen, what is required, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from skystork.orders.reasons import Reason, ReasonCode

ZONES = "zones"
"""Name of the check that the plan was made against the zones in force."""
_CODES = {ZONES: ReasonCode.ZONE}


class Grade(IntEnum):
    """Skybrush's words for a check's result, in order of severity."""

    PASS = 0
    """As required."""
    WARNING = 1
    """A person should know; the launch goes on."""
    FAILURE = 2
    """The vehicle does not arm."""


@dataclass(frozen=True, slots=True)
class Check:
    """One result."""

    name: str
    """What was looked at; for a parameter its name on board."""
    grade: Grade
    seen: str
    """The value found, with its unit; ``nothing`` where none was told."""
    required: str
    remedy: str = ""
    """Why it is required and what to do about it."""

    @property
    def text(self) -> str:
        """The whole result as one sentence."""
        end = f"; {self.remedy}" if self.remedy else ""
        return f"{self.name} is {self.seen}, required {self.required}{end}"


def check(name: str, passed: bool, *, seen: object, required: object, remedy: str = "") -> Check:
    """Return a result that passes or fails."""
    found = "nothing" if seen is None else str(seen)
    return Check(name, Grade.PASS if passed else Grade.FAILURE, found, str(required), remedy)


def failures(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Those that forbid the launch."""
    return tuple(each for each in checks if each.grade is Grade.FAILURE)


def refusals(checks: Iterable[Check]) -> tuple[Reason, ...]:
    """The failures as the reasons of a refusal."""
    return tuple(
        Reason(_CODES.get(each.name, ReasonCode.CLEARANCE), each.text, each.seen, each.required)
        for each in failures(checks)
    )
