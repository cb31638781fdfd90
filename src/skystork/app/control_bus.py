"""The door of commands that come by MQTT: read whole or refused, handed to the control desk, answered to their issuer.

Who gives a command is the name in its topic, ``control/<issuer>/command``: the broker's access list lets a user publish
under its own name only. The answer goes to ``control/<issuer>/reply``, or below it where the sender's response topic
(MQTT 5) says; to no other place, so that nobody has us publish somewhere he may not.

The broker keeps a command until it is in the ledger and its first answer on the way: a controller that is killed before
that is given it again at its next start. What it had begun when it was killed stands in its ledger, and its issuer is
told then that it was interrupted.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict

import msgspec

from skystork.app.broker_users import BrokerUsers
from skystork.app.bus_header import Header
from skystork.app.control_desk import ControlDesk
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import CommandMessage, Reply
from skystork.control.answer import Answer, Why
from skystork.control.commands import LONGEST_WORD
from skystork.control.gate import Refusal
from skystork.control.roles import Door, Issuer, Role
from skystork.errors import InvalidInput
from skystork.json_keys import repeated_key
from skystork.shell.bus import Bus, BusMessage
from skystork.shell.topics import check_topic

LARGEST_COMMAND_BYTES = 65_536
PER_MINUTE = 120
"""Of one issuer; beyond it commands are refused unread, and only the first of a minute is written to the ledger."""
_DECODER = msgspec.json.Decoder(CommandMessage)


class ControlBus:
    """Listens, and answers.

    Parameters
    ----------
    mail
        By which commands come.
    replies
        By which answers go.
    """

    def __init__(
        self, mail: Bus, root: str, header: Header, control: ControlDesk, users: BrokerUsers, *, replies: Bus
    ) -> None:
        self._mail, self._bus, self._root, self._header = mail, replies, root, header
        self._control, self._users = control, users
        control.answer_later = self._answer_later
        self._minute: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    async def listen(self) -> None:
        """Take commands; for the life of the service."""
        async with asyncio.TaskGroup() as commands:
            async for message in self._mail.subscribe(f"{self._root}/control/+/command"):
                if not message.payload:  # a topic that is cleared
                    message.acknowledge()
                    continue
                name = message.topic.split("/")[-2]
                commands.create_task(self._take(name, message), name=f"command[{name}]")

    async def _answer_later(self, issuer: Issuer, answer: Answer) -> None:
        """Where it asked to be answered is forgotten by then."""
        if issuer.via is Door.MQTT:
            await self._send(self._reply_topic(issuer), issuer, answer)

    async def _take(self, name: str, message: BusMessage) -> None:
        await self._answer(name, message)
        message.acknowledge()

    async def _answer(self, name: str, message: BusMessage) -> None:
        role = self._users.role_of(name)
        issuer = Issuer(name, role or Role.VIEWER, Door.MQTT)
        seen = self._count(name)
        if seen > PER_MINUTE:
            if seen == PER_MINUTE + 1:
                refusal = Refusal(Why.TOO_MANY, f"more than {PER_MINUTE} commands in a minute: the rest is not read")
                await self._reply(issuer, message, await self._control.refuse_unread(issuer, refusal))
            return
        read = self._read(issuer, message, known=role is not None)
        if isinstance(read, Refusal):
            answer = await self._control.refuse_unread(issuer, read, _id_in(message.payload))
            await self._reply(issuer, message, answer)
            return

        async def begun(answer: Answer) -> None:
            await self._reply(issuer, message, answer)
            message.acknowledge()

        await self._reply(issuer, message, await self._control.execute(read.command, issuer, begun))

    def _count(self, name: str) -> int:
        """How many of this name came in this minute."""
        minute = int(asyncio.get_running_loop().time() // 60)
        before, seen = self._minute[name]
        seen = seen + 1 if minute == before else 1
        self._minute[name] = (minute, seen)
        return seen

    def _read(self, issuer: Issuer, message: BusMessage, *, known: bool) -> CommandMessage | Refusal:
        if message.retained:
            return Refusal(Why.RETAINED, "it was retained by the broker: whose command it was is over")
        if not known:
            return Refusal(Why.UNAUTHORISED, f"{issuer.name} is no user with a role that gives commands")
        if message.qos == 0:
            return Refusal(Why.MALFORMED, "a command comes at QoS 1: at QoS 0 it may be lost without a word")
        if not self._may_answer_at(issuer, message.response_topic):
            return Refusal(Why.MALFORMED, f"the response topic must be {self._reply_topic(issuer)} or below it")
        if len(message.payload) > LARGEST_COMMAND_BYTES:
            text = f"{len(message.payload)} bytes; a command has at most {LARGEST_COMMAND_BYTES}"
            return Refusal(Why.MALFORMED, text)
        read = _decoded(message.payload)
        if isinstance(read, str):
            return Refusal(Why.MALFORMED, read[:LONGEST_WORD])
        if read.serial_number != issuer.name:
            return Refusal(Why.MALFORMED, f"serialNumber is {read.serial_number}, and the topic says {issuer.name}")
        return read

    def _reply_topic(self, issuer: Issuer) -> str:
        return f"{self._root}/control/{issuer.name}/reply"

    def _may_answer_at(self, issuer: Issuer, topic: str) -> bool:
        own = self._reply_topic(issuer)
        if not topic or topic == own:
            return True
        try:
            check_topic(topic)
        except InvalidInput:
            return False
        return topic.startswith(f"{own}/")

    async def _reply(self, issuer: Issuer, message: BusMessage, answer: Answer) -> None:
        asked = message.response_topic
        topic = asked if asked and self._may_answer_at(issuer, asked) else self._reply_topic(issuer)
        await self._send(topic, issuer, answer, message.correlation)

    async def _send(self, topic: str, issuer: Issuer, answer: Answer, correlation: bytes = b"") -> None:
        body = Reply(**NO_HEADER, answer=answer)
        payload = self._header.seal(body, topic, issuer.name, asyncio.get_running_loop().time())
        await self._bus.publish(topic, payload, qos=1, correlation=correlation)


def _decoded(payload: bytes) -> CommandMessage | str:
    """The message, or why it is none."""
    try:
        read = _DECODER.decode(payload)
        twice = repeated_key(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error)
    return read if twice is None else f"{twice} stands twice in one object: which one is meant?"


def _id_in(payload: bytes) -> str:
    """The id of a command that could not be read, where it can be found: its issuer looks for it."""
    try:
        found = json.loads(payload[:LARGEST_COMMAND_BYTES])["command"]["commandId"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return found[:LONGEST_WORD] if isinstance(found, str) else ""
