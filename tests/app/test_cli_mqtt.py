"""``skystork mqtt check`` as somebody uses it: a real broker, publishers that break the contract, each break told."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests_support.play import write_site
from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.cli_text import ExitCode
from skystork.contract.check import Rule
from skystork.shell.broker import find_mosquitto, start_broker
from skystork.shell.mqtt import MqttBus

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)"),
]
ROOT = "skystork/v1/darlington"
LISTENS_S = 3


@dataclass(frozen=True, slots=True)
class Published:
    """What a publisher that does not know better says, again and again."""

    topic: str
    body: dict[str, Any] | bytes
    serial: str = "controller"
    manufacturer: str = "skystork"
    step: int = 1
    """How far its counter goes on each time."""
    qos: int = 1
    retain: bool = True

    def payload(self, turn: int) -> bytes:
        """With a header that counts."""
        if isinstance(self.body, bytes):
            return self.body
        head = {"headerId": turn * self.step, "timestamp": "2026-11-21T10:00:00.000Z", "version": "1.1.0"}
        return json.dumps(
            {**head, "manufacturer": self.manufacturer, "serialNumber": self.serial, **self.body}
        ).encode()


ONLINE = {"connectionState": "ONLINE"}
GOOD = Published("skystork/LC-0001/connection", ONLINE, "LC-0001")
BROKEN = {
    Rule.TOPIC: Published("gossip", {"said": "hello"}),
    Rule.SCHEMA: Published("skystork/LC-0002/connection", {"connectionState": "online"}, "LC-0002"),
    Rule.HEADER: Published("skystork/LC-0003/connection", ONLINE, "LC-0004"),
    Rule.COUNTER: Published("skystork/LC-0005/connection", ONLINE, "LC-0005", step=7),
    Rule.QOS: Published("skystork/LC-0006/connection", ONLINE, "LC-0006", qos=0),
    Rule.RETAIN: Published("skystork/LC-0007/connection", ONLINE, "LC-0007", retain=False),
}
MORE = (
    (Rule.SCHEMA, Published("kpi", b"{")),
    (Rule.SCHEMA, Published("dispatch/status", {})),
    (Rule.HEADER, Published("acme/X-1/connection", ONLINE, "X-1")),
    (Rule.RETAIN, Published("control/ann/reply", {"answer": {"commandId": "1", "type": "hold", "status": "RUNNING"}},
                            "ann")),
)  # fmt: skip


def check(url: str, site: Path, *words: str) -> tuple[int, str]:
    call = ["mqtt", "check", url, "--site", str(site), "--seconds", str(LISTENS_S), *words]
    result = CliRunner().invoke(app, call)
    return result.exit_code, result.stdout


async def checked(folder: Path, said: list[Published], *words: str) -> tuple[int, str]:
    """What the command says while these publish."""
    site = write_site(folder / "site", "LC-1")
    async with start_broker(0) as url, MqttBus(url, "careless") as bus:
        await bus.wait_connected(30.0)

        async def publish() -> None:
            for turn in itertools.count():
                for each in said:
                    await bus.publish(f"{ROOT}/{each.topic}", each.payload(turn), qos=each.qos, retain=each.retain)
                await asyncio.sleep(LISTENS_S / 10)

        publishing = asyncio.create_task(publish())
        try:
            return await asyncio.to_thread(check, url, site, *words)
        finally:
            publishing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await publishing


def told(text: str) -> Iterator[tuple[str, str]]:
    for each in json.loads(text)["breaches"]:
        yield each["topic"].removeprefix(f"{ROOT}/"), each["rule"]


async def test_each_break_is_told_with_its_topic_and_nothing_else_is(tmp_path: Path) -> None:
    code, text = await checked(tmp_path, [GOOD, *BROKEN.values(), *(each for _, each in MORE)], "--json")
    assert code == ExitCode.DIFFERENT
    expected = {(each.topic, rule.value) for rule, each in (*BROKEN.items(), *MORE)}
    assert set(told(text)) == expected


async def test_a_broker_that_keeps_the_contract_passes_and_one_that_says_nothing_is_told(tmp_path: Path) -> None:
    code, text = await checked(tmp_path / "good", [GOOD])
    assert (code, text.endswith("0 breaches\n")) == (0, True), text
    assert (await checked(tmp_path / "silent", []))[0] == ExitCode.UNAVAILABLE


async def test_a_person_is_told_in_words(tmp_path: Path) -> None:
    code, text = await checked(tmp_path, [BROKEN[Rule.SCHEMA]])
    assert code == ExitCode.DIFFERENT
    assert f"SCHEMA {ROOT}/skystork/LC-0002/connection: " in text and "online" in text
