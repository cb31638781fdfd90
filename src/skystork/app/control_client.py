"""Commands from outside the service: published under the issuer's own name, and the answer awaited there."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from skystork.app.bus_header import Header
from skystork.app.site import Site
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import CommandMessage, Reply
from skystork.contract.vehicle_messages import Connection, ConnectionState
from skystork.control.answer import Answer, Status
from skystork.control.commands import KINDS, Command
from skystork.control.rules import COMMANDS
from skystork.errors import InvalidInput, Problem, Unavailable
from skystork.shell.bus import Bus

PATIENCE_S = 180.0
"""A diversion is planned, checked and uploaded in well under a minute; the vehicle is then asked until it does it."""
CONNECT_S = 10.0
LOOK_S = 0.5
"""For the kept word of the controller, whether it is there [s]; a broker sends it with the subscription."""
LIFE_S = 60.0
"""A command waits no longer than this, wherever it waits."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who commands, where, and by which clock."""

    site: Site
    broker: str
    issuer: str
    clock: Path | None = None
    """Of a simulated world."""


def time_of(clock: Path | None) -> float:
    """Now [s since the Unix epoch], in the simulated world where its clock is given."""
    from skystork.shell.world_clock import load_or_create_clock  # noqa: PLC0415  # other commands need no clock

    now_s = time.time()
    return now_s if clock is None else load_or_create_clock(clock, sim_start_s=now_s, speed=1.0).sim_at(now_s)


def new_command(kind: str, fields: Mapping[str, Any], now_s: float) -> Command:
    """A command with a new id, given now; raises InvalidInput where a field is wrong."""
    head = {
        "type": kind,
        "commandId": str(uuid.uuid4()),
        "issuedAt": datetime.fromtimestamp(now_s, UTC),
        "expiresAt": datetime.fromtimestamp(now_s + LIFE_S, UTC),
    }
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return msgspec.convert({**head, **given}, KINDS[kind])
    except msgspec.ValidationError as error:
        problem = Problem(kind, "a field cannot be used", str(error), "see docs/mqtt.md", "Correct it.")
        raise InvalidInput((problem,)) from error


async def command(sender: Sender, kind: str, fields: Mapping[str, Any]) -> Answer:
    """Give a command and wait for its answer; the state it is meant for is the one found right before.

    Raises
    ------
    Unavailable
        The broker says that the controller is not there, or it leaves meanwhile, or nobody answers.
    """
    from skystork.shell.mqtt import MqttBus  # noqa: PLC0415  # brings the network in; other commands do not need it

    async with MqttBus(sender.broker, f"skystork-{sender.issuer}-{uuid.uuid4().hex[:8]}") as bus:
        await bus.wait_connected(CONNECT_S)
        left = asyncio.create_task(_controller_left(bus, sender), name="controller")
        await asyncio.wait({left}, timeout=LOOK_S)
        try:
            if left.done():
                raise Unavailable(f"{left.result()}: nothing was sent. Start the service, or look at its log.")
            if COMMANDS[kind].needs_version and "targetVersion" not in fields:
                look = await ask(
                    bus, sender, new_command(kind, {**fields, "dryRun": True}, time_of(sender.clock)), left
                )
                fields = {**fields, "targetVersion": look.target_version}
            return await ask(bus, sender, new_command(kind, fields, time_of(sender.clock)), left)
        finally:
            left.cancel()


async def _controller_left(bus: Bus, sender: Sender) -> str:
    """Returns, with what it says, when the controller's kept word is that it is not there."""
    maker = sender.site.table.manufacturer
    topic = f"skystork/v1/{sender.site.table.name}/{maker}/controller/connection"
    async for message in bus.subscribe(topic):
        try:
            said = msgspec.json.decode(message.payload, type=Connection)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if said.connection_state is not ConnectionState.ONLINE:
            return f"the controller is not at that broker ({said.connection_state})"
    raise Unavailable("the connection to the broker was closed")


async def ask(bus: Bus, sender: Sender, given: Command, left: asyncio.Task[str]) -> Answer:
    """Publish one command and wait for its end, or until it awaits a second person, or the controller left."""
    answered = asyncio.create_task(_answer_to(bus, sender, given), name="answer")
    try:
        await asyncio.wait({answered, left}, return_when=asyncio.FIRST_COMPLETED)
        if answered.done():
            return answered.result()
    finally:
        answered.cancel()
    until = f"{given.expires_at:%H:%M:%S} UTC"
    raise Unavailable(
        f"{left.result()}. The command waits at the broker, and is carried out if the controller is back before "
        f"{until}; what it did is in `skystork replay`"
    )


async def _answer_to(bus: Bus, sender: Sender, given: Command) -> Answer:
    base = f"skystork/v1/{sender.site.table.name}/control/{sender.issuer}"
    own = f"{base}/reply/{given.command_id}"
    replies = bus.subscribe(own)
    payload = command_payload(sender, given)
    await bus.publish(f"{base}/command", payload, qos=1, response_topic=own)
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for message in replies:
                answer = msgspec.json.decode(message.payload, type=Reply).answer
                if answer.status is not Status.RUNNING:
                    return answer
    except TimeoutError:
        pass
    raise Unavailable(
        f"no answer within {PATIENCE_S:.0f} s: is the service running on that broker, and may {sender.issuer} "
        "command? What it did is in `skystork replay`"
    )


def command_payload(sender: Sender, given: Command) -> bytes:
    """The command as a message on its topic."""
    header = Header(sender.site.table.manufacturer)
    topic, at_s = "command", time_of(sender.clock)
    return header.seal(CommandMessage(**NO_HEADER, command=given), topic, sender.issuer, at_s)
