"""Every exception Skystork raises by itself, and the shape of a complaint about somebody's input.

An answer that operations must expect (ineligible, infeasible, denied, refused by the vehicle) is a value, not an
exception; what stands here is a broken contract or an input that cannot be used.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input, said so that a person can mend it."""

    where: str
    """File and line, or file and field pointer, e.g. ``orders.jsonl:7 weight_kg``."""
    what: str
    """What is wrong, in words."""
    seen: str
    """The value seen, as it was written."""
    limit: str
    """What would have been accepted."""
    remedy: str
    """What to do now."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what} (seen: {self.seen}; accepted: {self.limit}). {self.remedy}"


class SkystorkError(Exception):
    """Base of all errors of this package."""


class InvalidInput(SkystorkError):
    """An input that cannot be used; nothing of it was applied.

    Parameters
    ----------
    problems
        Everything found wrong, in the order of the input; at least one.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class ConfigError(InvalidInput):
    """A site, fleet or scenario file that cannot be used."""


class Unavailable(SkystorkError):
    """Something outside is not there: a broker, a port, a disk. The message ends with what to do."""


class Late(Unavailable):
    """It is there and did not answer in time; asked for less, it may."""


class IllegalTransition(SkystorkError):
    """Our own code asked a state machine for a step its table does not have."""

    def __init__(self, machine: str, state: str, event: str) -> None:
        self.machine, self.state, self.event = machine, state, event
        super().__init__(f"{machine}: no transition from {state} on {event}")


class BrokenPlan(SkystorkError):
    """A plan of ours that its independent check refused; nobody is to go by it."""

    def __init__(self, plan: str, violations: tuple[str, ...]) -> None:
        self.plan, self.violations = plan, violations
        remedy = "This is a defect: keep the input and report it."
        super().__init__(f"{plan} breaks its own limits: {'; '.join(violations)}. {remedy}")


class LinkUsageError(SkystorkError):
    """We asked the vehicle link for something it cannot do in its present state."""


class LinkPeerError(SkystorkError):
    """The vehicle broke the protocol in a way that ends the exchange."""


class LedgerError(SkystorkError):
    """The ledger could not be read or written; nothing is reported accepted that is not in it."""
