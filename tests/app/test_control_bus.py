"""Commands over a real broker to a service in a process of its own, which is killed in between."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import msgspec
import pytest
from tests_support.command_makers import make_command
from tests_support.play import write_site

from skystork.app.bus_header import Header
from skystork.app.ledger_view import LedgerView
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import CommandMessage, Reply
from skystork.contract.vehicle_messages import Connection, ConnectionState
from skystork.control.answer import Answer, Status, Why
from skystork.control.commands import Command
from skystork.shell.broker import find_mosquitto, start_broker
from skystork.shell.mqtt import MqttBus
from skystork.shell.topics import Subscription

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)"),
]
DEADLINE_S = 120.0
ROOT = "skystork/v1/darlington"
HEADER = {"headerId": 0, "timestamp": "2026-11-21T10:00:00.000Z", "version": "1.1.0", "manufacturer": "skystork"}


class Ann:
    """Somebody at the broker who commands and waits for answers."""

    def __init__(self, bus: MqttBus) -> None:
        self._bus = bus
        self._replies = bus.subscribe(f"{ROOT}/control/ann/reply")
        self._controller: Subscription = bus.subscribe(f"{ROOT}/skystork/controller/connection")

    async def until_the_controller_listens(self) -> None:
        async for message in self._controller:
            said = msgspec.json.decode(message.payload, type=Connection)
            if said.connection_state is ConnectionState.ONLINE:
                return

    async def give(self, command: Command) -> None:
        message = CommandMessage(**NO_HEADER, command=command)
        payload = Header("skystork").seal(message, "command", "ann", time.time())
        await self._bus.publish(f"{ROOT}/control/ann/command", payload)

    async def answer_to(self, command: Command) -> Answer:
        async with asyncio.timeout(DEADLINE_S):
            async for message in self._replies:
                answer = msgspec.json.decode(message.payload, type=Reply).answer
                if answer.command_id == command.command_id and answer.is_final:
                    return answer
        raise AssertionError("the bus ended")


@asynccontextmanager
async def somebody(url: str) -> AsyncIterator[Ann]:
    async with MqttBus(url, "ann") as bus:
        weather = {**HEADER, "serialNumber": "weather", "atS": time.time(), "windEnuMS": [1, 1], "gustMS": 2}
        await bus.publish(f"{ROOT}/weather/state", json.dumps(weather).encode(), retain=True)
        yield Ann(bus)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = write_site(tmp_path / "site", "LC-1") / "site.toml"
    site.write_text(site.read_text(encoding="utf-8").replace("127.0.0.1:14550", f"127.0.0.1:{free_port()}"))
    (tmp_path / "state").mkdir()
    return tmp_path


@asynccontextmanager
async def controller(folder: Path, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """``skystork run``, killed at the end at the latest."""
    words = ["run", "--site", str(folder / "site"), "--state", str(folder / "state"), "--mqtt", url]
    with (folder / "controller.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "skystork.app.cli", *words, stdout=log, stderr=log, env=os.environ | {"TERM": "dumb"}
        )
    try:
        yield process
    finally:
        await killed(process)


async def killed(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
        await process.wait()


@contextmanager
def disk_that_waits(ledger: Path) -> Iterator[None]:
    """Nothing is committed meanwhile; the service goes on for some seconds before it gives up."""
    with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def pause_dispatch(**given: bool) -> Command:
    """Good for as long as a command may be: starting a controller takes its time."""
    return make_command("pauseDispatch", time.time(), life_s=300.0, **given)


def kinds_of(folder: Path, command: Command) -> list[str]:
    """What the ledger has of a command."""
    records = LedgerView.read(folder / "state").rows
    return [row.kind for row in records if row.payload.get("command_id") == command.command_id]


async def test_a_command_that_was_heard_and_not_written_when_the_service_was_killed_is_done_once(folder: Path) -> None:
    async with start_broker(0) as url, somebody(url) as ann:
        async with controller(folder, url) as first:
            await ann.until_the_controller_listens()
            pause, look = (pause_dispatch(dryRun=dry) for dry in (False, True))
            with disk_that_waits(folder / "state" / "ledger.db"):
                await ann.give(pause)
                await ann.give(look)  # needs no disk: when it is answered, the one before has been heard
                assert (await ann.answer_to(look)).status is Status.DRY_RUN
                await killed(first)
        assert kinds_of(folder, pause) == []
        async with controller(folder, url):
            assert (await ann.answer_to(pause)).status is Status.FINISHED
            await ann.give(pause)
            assert (await ann.answer_to(pause)).reason is Why.DUPLICATE
    assert kinds_of(folder, pause) == ["CommandTaken", "CommandSettled", "CommandSettled"]
