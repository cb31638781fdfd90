"""Commands over the bus of a play, as a client of the broker gives them."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from skystork.app.bus_header import Header
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import CommandMessage, Reply
from skystork.control.answer import Answer, Status
from skystork.control.commands import KINDS, Command, target_of
from skystork.control.rules import COMMANDS
from tests_support.command_makers import make_command
from tests_support.play import Stage


def root_of(stage: Stage) -> str:
    """Of the topics of the play's site."""
    return f"skystork/v1/{stage.site.table.name}"


def message_of(stage: Stage, issuer: str, given: Command) -> bytes:
    """The command as it goes over the wire."""
    header = Header(stage.site.table.manufacturer)
    now_s = asyncio.get_running_loop().time()
    return header.seal(CommandMessage(**NO_HEADER, command=given), "command", issuer, now_s)


async def say(stage: Stage, issuer: str, payload: bytes, *, command_id: str = "", **how: Any) -> Answer:
    """Publish what may be a command; the first answer that is not that it is under way."""
    base = f"{root_of(stage)}/control/{issuer}"
    topic = how.pop("expect", f"{base}/reply")
    replies = stage.bus.subscribe(topic)
    await stage.bus.publish(f"{base}/command", payload, **how)
    async for message in replies:
        answer = msgspec.json.decode(message.payload, type=Reply).answer
        if answer.command_id == command_id and answer.status is not Status.RUNNING:
            return answer
    raise AssertionError("the bus ended")


async def command(stage: Stage, issuer: str, kind: str, /, **given: Any) -> Answer:
    """Give a command for the state its target has now, and wait for its answer."""
    assert stage.service is not None and kind in KINDS
    now_s = asyncio.get_running_loop().time()
    made = make_command(kind, now_s, **given)
    if COMMANDS[kind].needs_version and "targetVersion" not in given:
        made = make_command(kind, now_s, targetVersion=stage.service.control.version_of(target_of(made)), **given)
    return await say(stage, issuer, message_of(stage, issuer, made), command_id=made.command_id)
