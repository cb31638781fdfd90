"""The one way in for every command, whichever door it came by: MQTT, HTTP, the console, the command line.

Each passes the gate (:mod:`skystork.control.gate`): who, when, once, what was seen. It is written before anything of it
is done, and its answer is written too; what is refused is written with the reason. An id that its issuer used before is
never carried out again, over restarts too. Where the table asks for a second person
(:mod:`skystork.control.second_person`) nothing is done until one agrees, and then all of it is looked at anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator

from skystork.app.bus_header import rfc3339
from skystork.app.control_effects import ControlEffects, Done, Foreseen
from skystork.app.control_targets import ControlTargets
from skystork.app.journal import Journal
from skystork.app.parts import is_of_ledger
from skystork.control import commands as c
from skystork.control.answer import Answer, Status, Why
from skystork.control.gate import Known, Refusal, pass_gate
from skystork.control.roles import Door, Issuer, Role
from skystork.control.rules import CONFIRM_WITHIN_S, needs_second, permitted
from skystork.control.second_person import Proposal, SecondAgreed, TimeIsOver
from skystork.orders import events as e
from skystork.orders.control_book import CommandKey, CommandRecord, ControlBook
from skystork.orders.order import OrderId

log = logging.getLogger("skystork")

LOOK_S = 1.0
"""Between looks at proposals whose time may be over."""

Progress = Callable[[Answer], Awaitable[None]]


class ControlDesk:
    """Takes commands, and sees to it that each is checked, written, done once and answered."""

    def __init__(self, targets: ControlTargets, effects: ControlEffects, journal: Journal) -> None:
        self._targets, self._effects, self._journal = targets, effects, journal
        self.owner_of: Callable[[OrderId], str] = lambda _: ""
        """The partner whose order it is; nobody's, until a door that knows partners says so."""
        self.answer_later: Callable[[Issuer, Answer], Awaitable[None]] = _to_nobody
        """Tells an issuer what came of a command after its first answer: agreed to, lapsed, interrupted. The door by
        which the issuer can be reached sets it."""

    def version_of(self, target: str) -> str | None:
        """Version of ``vehicle/<id>``, ``order/<id>``, ``zone/<id>`` or ``site`` now; None where there is none."""
        return self._targets.version_of(target)

    def pending(self) -> Iterator[tuple[CommandKey, CommandRecord]]:
        """Commands that wait for a second person, by issuer and id."""
        return self._book.proposed()

    async def execute(self, command: c.Command, issuer: Issuer, progress: Progress | None = None) -> Answer:
        """Check a command, write it, do it; returns when its effect was seen, or why not.

        Parameters
        ----------
        issuer
            As the door has proven.
        progress
            Told once that it was written and begun, where it was.
        """
        if isinstance(command, c.Confirm):
            return await self._confirm(command, issuer, progress)
        refusal = self._gate(command, issuer)
        foreseen = Foreseen(()) if refusal else self._effects.foresee(command, issuer)
        if refusal is None and foreseen.why_not:
            refusal = Refusal(Why.NOT_POSSIBLE, foreseen.why_not)
        if command.dry_run:
            return self._dry(command, foreseen, refusal)
        if refusal is not None:
            return await self._refuse(command, issuer, refusal)
        if needs_second(command, issuer.role, self._targets.situation(command)):
            return await self._propose(command, issuer, foreseen)
        return await self._carry_out(command, issuer, progress)

    async def refuse_unread(self, issuer: Issuer, refusal: Refusal, command_id: str = "") -> Answer:
        """Write and answer what could not even be read, or came in a way that no command may."""
        settled = e.CommandSettled(
            command_id, issuer.name, issuer.role, issuer.via, "", "", Status.REFUSED, refusal.reason, refusal.detail,
            uses_id=False,
        )  # fmt: skip
        await self._journal.record(settled)
        return Answer(
            command_id=command_id, type="", status=Status.REFUSED, reason=refusal.reason, detail=refusal.detail
        )

    async def recover(self) -> None:
        """At a start: what was begun and not settled when the service ended is told to be so."""
        for _, record in tuple(self._book.unfinished()):
            detail = "the service ended between its beginning and its end: look what it did, and order it anew"
            await self._settle_record(record, Status.FAILED, Why.INTERRUPTED, detail)

    async def run(self) -> None:
        """Let proposals lapse; for the life of the service."""
        while True:
            now_s = asyncio.get_running_loop().time()
            for key, record in tuple(self._book.proposed()):
                if record.confirm_by_s is not None and record.confirm_by_s < now_s:
                    proposal = Proposal(key[0], record.confirm_by_s)
                    proposal.take(TimeIsOver())
                    await self._settle_record(record, Status.REFUSED, Why.NOT_CONFIRMED, "nobody agreed in time")
            await asyncio.sleep(LOOK_S)

    # ------------------------------------------------------------------ one command

    @property
    def _book(self) -> ControlBook:
        return self._journal.book.control

    def _gate(self, command: c.Command, issuer: Issuer, *, again: bool = False) -> Refusal | None:
        now_s, target = asyncio.get_running_loop().time(), c.target_of(command)
        before = None if again else self._book.commands.get((issuer.name, command.command_id))
        own = issuer.role is not Role.PARTNER or (
            isinstance(command, c.OrderCommand) and self.owner_of(OrderId(command.order_id)) == issuer.name
        )
        known = Known(str(before) if before else "", self._targets.version_of(target), own)
        return pass_gate(command, issuer, known, now_s)

    def _dry(self, command: c.Command, foreseen: Foreseen, refusal: Refusal | None) -> Answer:
        if refusal is not None:
            return self._answer(command, Status.REFUSED, refusal.reason, refusal.detail, foreseen)
        return self._answer(command, Status.DRY_RUN, None, "nothing was done", foreseen)

    async def _refuse(self, command: c.Command, issuer: Issuer, refusal: Refusal) -> Answer:
        uses_id = refusal.reason not in {Why.DUPLICATE, Why.UNAUTHORISED}
        told = (refusal.reason, refusal.detail)
        await self._journal.record(self._settled(command, issuer, Status.REFUSED, *told, uses_id=uses_id))
        return self._answer(command, Status.REFUSED, refusal.reason, refusal.detail)

    async def _carry_out(
        self, command: c.Command, issuer: Issuer, progress: Progress | None, confirmed_by: str = ""
    ) -> Answer:
        head = self._head(command, issuer)
        taken = e.CommandTaken(*head, c.command_json(command).decode(), confirmed_by)
        first: list[e.Event] = [taken]
        if isinstance(command, c.GroundFleet):  # in the same commit: nothing begins between the two
            first.append(e.DispatchPaused(issuer.name, command.why, grounded=True))
        await self._journal.record(*first)
        if progress is not None:
            await progress(self._answer(command, Status.RUNNING, None, "begun"))
        try:
            done = await self._effects.perform(command, issuer, f"{issuer.name}:{command.command_id}")
        except Exception as error:  # a fault in one command must not stop the others
            if is_of_ledger(error):
                raise
            log.exception("command %s of %s failed", command.command_id, issuer.name)
            done = Done(Status.FAILED, f"a fault of the controller: {error!r}", Why.NOT_SEEN)
        settled = self._settled(command, issuer, done.status, done.reason, done.detail)
        await self._journal.record(*done.events, settled)
        return self._answer(command, done.status, done.reason, done.detail, Foreseen(done.targets))

    # ------------------------------------------------------------------ two people

    async def _propose(self, command: c.Command, issuer: Issuer, foreseen: Foreseen) -> Answer:
        now_s = asyncio.get_running_loop().time()
        by_s = min(now_s + CONFIRM_WITHIN_S, command.expires_at.timestamp())
        content = c.command_json(command).decode()
        await self._journal.record(e.CommandProposed(*self._head(command, issuer), content, by_s))
        told = "a second person must agree: nothing is done yet"
        return self._answer(command, Status.AWAITING_CONFIRMATION, None, told, foreseen, confirm_by_s=by_s)

    async def _confirm(self, command: c.Confirm, issuer: Issuer, progress: Progress | None) -> Answer:
        refusal = self._gate(command, issuer)
        key = (command.issuer, command.confirms)
        record = self._book.commands.get(key)
        proposed_by_s = record.confirm_by_s if record is not None else None
        if refusal is None and (record is None or proposed_by_s is None):
            what = f"it is {record.status.lower() or 'under way'}" if record else "there is none"
            refusal = Refusal(Why.NOT_FOUND, f"no command {command.confirms} of {command.issuer} waits: {what}")
        if refusal is None and record is not None and not permitted(issuer.role, record.kind):
            refusal = Refusal(Why.UNAUTHORISED, f"{issuer.role} may not give {record.kind}, so it cannot agree to one")
        if record is None or proposed_by_s is None or refusal is not None:
            assert refusal is not None, "what does not wait is refused"
            return (
                self._dry(command, Foreseen(()), refusal)
                if command.dry_run
                else await self._refuse(command, issuer, refusal)
            )
        now_s = asyncio.get_running_loop().time()
        proposal, first = Proposal(command.issuer, proposed_by_s), c.read_command(record.content.encode())
        if why := proposal.why_not(issuer.name, now_s):
            return await self._refuse(command, issuer, Refusal(Why.NOT_POSSIBLE, why))
        proposer = _issuer_of(record)
        foreseen = self._effects.foresee(first, proposer)
        late = self._gate(first, proposer, again=True)
        if late is None and foreseen.why_not:
            late = Refusal(Why.NOT_POSSIBLE, foreseen.why_not)
        if command.dry_run:
            return self._dry(command, foreseen, late)
        if late is not None:  # all that was checked is checked anew: a minute has gone by
            await self._settle_record(record, Status.REFUSED, late.reason, late.detail)
            return await self._refuse(command, issuer, late)
        proposal.take(SecondAgreed(issuer.name))
        agreed = self._settled(command, issuer, Status.FINISHED, None, f"agreed to {record.kind}")
        await self._journal.record(agreed)
        answer = await self._carry_out(first, proposer, progress, confirmed_by=issuer.name)
        await self.answer_later(proposer, answer)
        detail = f"{record.kind} of {record.target}: {answer.detail}"
        return self._answer(command, answer.status, answer.reason, detail, Foreseen(answer.targets))

    # ------------------------------------------------------------------ what is written and told

    @staticmethod
    def _head(command: c.Command, issuer: Issuer) -> tuple[str, str, str, str, str, str]:
        kind, target = c.kind_of(command), c.target_of(command)
        return command.command_id, issuer.name, issuer.role.value, issuer.via.value, kind, target

    def _settled(
        self,
        command: c.Command,
        issuer: Issuer,
        status: Status,
        reason: Why | None,
        detail: str,
        *,
        uses_id: bool = True,
    ) -> e.CommandSettled:
        head = self._head(command, issuer)
        return e.CommandSettled(*head, status, reason.value if reason else "", detail, uses_id)

    async def _settle_record(self, record: CommandRecord, status: Status, reason: Why, detail: str) -> None:
        """Of a command that is known from the ledger."""
        command = c.read_command(record.content.encode())
        head = (command.command_id, record.issuer, record.role, record.via, record.kind, record.target)
        await self._journal.record(e.CommandSettled(*head, status, reason, detail))
        await self.answer_later(_issuer_of(record), self._answer(command, status, reason, detail))

    def _answer(
        self,
        command: c.Command,
        status: Status,
        reason: Why | None,
        detail: str,
        foreseen: Foreseen | None = None,
        *,
        confirm_by_s: float | None = None,
    ) -> Answer:
        hidden = reason is Why.NOT_FOUND  # what somebody may not know of has no version for him
        return Answer(
            command_id=command.command_id,
            type=c.kind_of(command),
            status=status,
            reason=reason,
            detail=detail,
            targets=foreseen.targets if foreseen else (),
            target_version=None if hidden else self._targets.version_of(c.target_of(command)),
            confirm_by=rfc3339(confirm_by_s) if confirm_by_s is not None else None,
        )


def _issuer_of(record: CommandRecord) -> Issuer:
    return Issuer(record.issuer, Role(record.role), Door(record.via))


async def _to_nobody(issuer: Issuer, answer: Answer) -> None:
    """No door is open."""
