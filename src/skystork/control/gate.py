"""The gate that every command passes before anything is looked up or done: who, when, once, what was seen, why."""

from __future__ import annotations

from dataclasses import dataclass

from skystork.control import commands as c
from skystork.control.answer import Why
from skystork.control.roles import Issuer
from skystork.control.rules import CLOCK_SKEW_S, COMMANDS, LONGEST_LIFE_S


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command is not carried out."""

    reason: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the service knows at this moment of what a command names."""

    earlier: str = ""
    """What came of an earlier command of the same issuer and id; empty where there was none."""
    version: str | None = None
    """Of the target; None where there is no such target."""
    own: bool = True
    """The order is the partner's own."""


def pass_gate(command: c.Command, issuer: Issuer, known: Known, now_s: float) -> Refusal | None:
    """The first thing that stands in the way; None where nothing does."""
    kind, target = c.kind_of(command), c.target_of(command)
    rule = COMMANDS[kind]
    if issuer.role not in rule.roles:
        may = ", ".join(sorted(rule.roles))
        return Refusal(Why.UNAUTHORISED, f"{issuer.name} is {issuer.role}: {kind} is for {may}")
    if (stale := _wrong_time(command, now_s)) is not None:
        return stale
    if known.earlier:
        return Refusal(Why.DUPLICATE, f"the id {command.command_id} was used before: {known.earlier}")
    if known.version is None or not known.own:  # somebody else's order is none, so that nobody learns of it
        return Refusal(Why.NOT_FOUND, f"no {target.replace('/', ' ', 1)}")
    if command.target_version is None and rule.needs_version:
        return Refusal(Why.STALE, f"{kind} needs targetVersion; that of {target} is {known.version} now")
    if command.target_version is not None and command.target_version != known.version:
        text = f"{target} has changed: its version is {known.version}, not {command.target_version}; look again"
        return Refusal(Why.STALE, text)
    if rule.needs_why and not command.why.strip():
        return Refusal(Why.MALFORMED, f"{kind} needs `why`: it stays in the audit trail")
    return None


def _wrong_time(command: c.Command, now_s: float) -> Refusal | None:
    issued_s, expires_s = command.issued_at.timestamp(), command.expires_at.timestamp()
    if expires_s <= now_s:
        return Refusal(Why.EXPIRED, f"it expired {now_s - expires_s:.1f} s ago")
    if issued_s > now_s + CLOCK_SKEW_S:
        text = f"issued {issued_s - now_s:.0f} s ahead of the controller's clock; {CLOCK_SKEW_S:.0f} s are allowed"
        return Refusal(Why.EXPIRED, text)
    if not 0 < expires_s - issued_s <= LONGEST_LIFE_S:
        text = f"it lives {expires_s - issued_s:.0f} s; more than 0 and at most {LONGEST_LIFE_S:.0f} s are allowed"
        return Refusal(Why.MALFORMED, text)
    return None
