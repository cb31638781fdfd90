"""``/v1/commands``: what an operator orders of vehicles, orders and the site, by the desk that takes it from all doors.

Times are the service's own: ``at`` of ``GET /v1/health``, which in a simulated world is not the wall's.
"""

from __future__ import annotations

import json
from typing import Annotated

import msgspec

from skystork.app.bus_header import rfc3339
from skystork.app.service import Service
from skystork.control.answer import Answer, Status, Why
from skystork.control.commands import Command
from skystork.control.roles import Door, Issuer
from skystork.orders.control_book import CommandKey, CommandRecord
from skystork.shell.web.problem import HttpRefusal, not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Caller, Nothing, Route, row, rows_of

STATUS_OF = {
    Why.UNAUTHORISED: 403,
    Why.NOT_FOUND: 404,
    Why.TOO_MANY: 429,
}
"""Of a refusal by its reason; every other is 409: as things are, it is not done."""


class VersionPath(msgspec.Struct, rename="camel"):
    """``/v1/versions/{kind}/{name}``."""

    kind: Annotated[str, msgspec.Meta(pattern="^(vehicle|order|zone)$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Version(msgspec.Struct, rename="camel"):
    """To be sent as ``targetVersion``: a command that rests on another is refused."""

    target: str
    version: str


class Pending(msgspec.Struct, rename="camel"):
    """A command that waits for a second person."""

    issuer: str
    command_id: str
    type: str
    target: str
    why: str
    confirm_by: str


class PendingCommands(msgspec.Struct, rename="camel"):
    """All of them."""

    items: tuple[Pending, ...]


class CommandRoutes:
    """The rows and their handlers."""

    tag = "commands"

    def __init__(self, service: Service) -> None:
        self._service = service

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("POST", "/v1/commands", Scope.COMMANDS_WRITE, refusals=(404, 409))
    async def give_command(self, call: Call[Nothing, Nothing, Command]) -> Answer:
        """Give a command.

        Answered when its effect was seen, or why not; `AWAITING_CONFIRMATION` where a second person must agree. With
        `dryRun` nothing is done, and the answer tells what would be. A refusal is told as a problem.
        """
        return unless_refused(await self._service.control.execute(call.body, issuer(call.caller)))

    @row("GET", "/v1/commands/pending", Scope.COMMANDS_WRITE)
    async def list_pending_commands(self, call: Call[Nothing, Nothing, Nothing]) -> PendingCommands:
        """Commands that wait for a second person."""
        return PendingCommands(tuple(_pending(*each) for each in self._service.control.pending()))

    @row("GET", "/v1/versions/site", Scope.FLEET_READ)
    async def get_site_version(self, call: Call[Nothing, Nothing, Nothing]) -> Version:
        """Version of the site, for commands to it."""
        return Version("site", self._service.control.version_of("site") or "")

    @row("GET", "/v1/versions/{kind}/{name}", Scope.FLEET_READ)
    async def get_version(self, call: Call[VersionPath, Nothing, Nothing]) -> Version:
        """Version of a vehicle, an order or a zone, for commands to it."""
        target = f"{call.path.kind}/{call.path.name}"
        version = self._service.control.version_of(target)
        if version is None:
            raise not_found(target)
        return Version(target, version)


def issuer(caller: Caller) -> Issuer:
    """The caller as the control desk knows it."""
    assert caller.role is not None, "the scope is asked for before"
    return Issuer(caller.name, caller.role, Door.HTTP)


def unless_refused(answer: Answer) -> Answer:
    """The answer; HttpRefusal where the command was refused in earnest."""
    if answer.status is not Status.REFUSED:
        return answer
    reason = answer.reason or Why.NOT_POSSIBLE
    headers = {"Retry-After": "1"} if reason is Why.TOO_MANY else None
    slug = f"command-{reason.lower().replace('_', '-')}"
    raise HttpRefusal(STATUS_OF.get(reason, 409), slug, answer.detail, headers=headers)


def _pending(key: CommandKey, record: CommandRecord) -> Pending:
    content = json.loads(record.content)
    by = rfc3339(record.confirm_by_s or record.at_s)
    return Pending(record.issuer, key[1], record.kind, record.target, str(content.get("why", "")), by)
