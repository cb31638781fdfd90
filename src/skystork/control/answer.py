"""What a command is answered: how it ended, why, and for each thing it touched what was or would be done."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """How far a command came."""

    RUNNING = "RUNNING"
    """Written, and begun; another answer follows."""
    FINISHED = "FINISHED"
    """Its effect was seen."""
    FAILED = "FAILED"
    """Begun, and its effect was not seen."""
    REFUSED = "REFUSED"
    """Never begun."""
    AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION"
    """A second person must agree; nothing was done yet."""
    DRY_RUN = "DRY_RUN"
    """Nothing was done: what would be is in the answer."""


class Why(StrEnum):
    """The kind of reason for a refusal or failure."""

    MALFORMED = "MALFORMED"
    UNAUTHORISED = "UNAUTHORISED"
    """The issuer is not known, or has no role that may."""
    RETAINED = "RETAINED"
    """The broker kept it: whose command it was is over."""
    EXPIRED = "EXPIRED"
    DUPLICATE = "DUPLICATE"
    """The issuer used the id before."""
    STALE = "STALE"
    """The target is not as the issuer saw it."""
    NOT_FOUND = "NOT_FOUND"
    """No such vehicle, order or zone."""
    NOT_POSSIBLE = "NOT_POSSIBLE"
    """As things are it would do harm, or nothing."""
    TOO_MANY = "TOO_MANY"
    """The issuer gives more than can be taken in."""
    NOT_CONFIRMED = "NOT_CONFIRMED"
    """Nobody agreed in time."""
    NOT_SEEN = "NOT_SEEN"
    """Begun; its effect did not show."""
    INTERRUPTED = "INTERRUPTED"
    """The service ended between its beginning and its end."""


class Touched(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that a command touches."""

    target: str
    """``vehicle/LC-3``."""
    action: str
    """What is done there: ``hold``, ``return``, ``none``."""
    consequence: str
    """What that causes, for a person to read."""
    outcome: str = ""
    """What came of it; empty before."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """To the issuer, by the way the command came."""

    command_id: str
    type: str
    status: Status
    reason: Why | None = None
    detail: str = ""
    targets: tuple[Touched, ...] = ()
    target_version: str | None = None
    """Of the target, when this was answered."""
    confirm_by: str | None = None
    """Until when a second person may agree (RFC 3339)."""

    @property
    def is_final(self) -> bool:
        """Whether no other answer follows by itself."""
        return self.status not in {Status.RUNNING, Status.AWAITING_CONFIRMATION}
