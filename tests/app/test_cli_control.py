"""``skystork control`` and ``skystork mqtt check`` against the running service, over a real broker."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from click.testing import Result
from tests_support.command_makers import make_command
from tests_support.play import write_site
from typer.testing import CliRunner

from skystork.app.bus_header import Header
from skystork.app.cli import app
from skystork.app.cli_text import ExitCode
from skystork.app.service import Service
from skystork.app.site import load_site
from skystork.app.state_folder import StateFolder
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import CommandMessage, Reply
from skystork.control.answer import Answer, Status, Why
from skystork.control.commands import KINDS
from skystork.shell.broker import find_mosquitto, start_broker
from skystork.shell.connection_url import UdpIn
from skystork.shell.endpoints import open_endpoint
from skystork.shell.fast_loop import LoopChoice, run_on
from skystork.shell.mqtt import MqttBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.world_clock import WorldClock

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)"),
]
PATIENCE_S = 10.0
HEADER = {"headerId": 0, "timestamp": "2026-11-21T10:00:00.000Z", "version": "1.1.0", "manufacturer": "skystork"}
CONNECTION = "skystork/v1/darlington/skystork/controller/connection"
Call = Callable[..., Awaitable[Result]]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def with_service(folder: Path, script: Callable[[Call, Service], Awaitable[None]]) -> None:
    """A service that hears nobody, and commands given to it by command line."""
    async with start_broker(0) as url, asyncio.timeout(4 * PATIENCE_S), serving(folder, url) as (call, service):
        await script(call, service)


@asynccontextmanager
async def serving(folder: Path, url: str) -> AsyncIterator[tuple[Call, Service]]:
    """The service on this broker, until the end of the block; it goes on with the state that another one left."""
    site = load_site(write_site(folder / "site", "LC-1", "VAN-1"))
    network = replace(site.networks[0], connection=UdpIn("127.0.0.1", free_port()))
    site, state = replace(site, networks=(network,)), folder / "state"
    state.mkdir(exist_ok=True)
    will, birth = ((CONNECTION, connection_of(word)) for word in ("CONNECTION_BROKEN", "ONLINE"))
    async with (
        MqttBus(url, "service-commands", will=will, birth=birth, keeps_session=True) as mail,
        MqttBus(url, "service") as bus,
        SolverPool(1) as pool,
    ):
        await bus.wait_connected(PATIENCE_S)
        weather = {**HEADER, "serialNumber": "weather", "atS": time.time(), "windEnuMS": [1, 1], "gustMS": 2}
        await bus.publish("skystork/v1/darlington/weather/state", json.dumps(weather).encode(), retain=True)
        endpoint = await open_endpoint(network.connection)
        wires = {network.name: endpoint}
        service = Service(site, StateFolder(state), bus=bus, mail=mail, endpoints=wires, pool=pool, seed=None)
        runs = asyncio.create_task(service.run(), name="service")
        try:
            await mail.wait_connected(PATIENCE_S)
            yield caller(folder, url), service
        finally:
            runs.cancel()
            await asyncio.gather(runs, return_exceptions=True)


def caller(folder: Path, url: str) -> Call:
    """The command line, as somebody beside the service uses it."""

    async def call(*words: str, broker: bool = True) -> Result:
        more = ["--site", str(folder / "site"), *(["--mqtt", url] if broker else [])]
        words = tuple(url if word == "URL" else word for word in words)
        return await asyncio.to_thread(CliRunner().invoke, app, [*words, *more])

    return call


def connection_of(word: str) -> bytes:
    return json.dumps({**HEADER, "serialNumber": "controller", "connectionState": word}).encode()


def answer(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_commands_are_given_foreseen_refused_and_agreed_to(tmp_path: Path) -> None:
    async def script(call: Call, service: Service) -> None:
        control = service.journal.book.control
        dry = answer(await call("control", "ground-fleet", "--why", "smoke", "--dry-run", "--json"))
        assert dry["status"] == "DRY_RUN" and [each["target"] for each in dry["targets"]] == ["vehicle/LC-1"]
        assert control.pause is None
        assert (await call("control", "pause-dispatch", "--by", "ann")).exit_code == 0
        assert control.pause is not None and control.pause.issuer == "ann"
        resumed = answer(await call("control", "resume-dispatch", "--json"))
        assert resumed["status"] == "FINISHED" and control.pause is None
        stale = await call("control", "resume-dispatch", "--target-version", "old")
        assert stale.exit_code == ExitCode.REFUSED and "stale" not in stale.stdout
        assert (await call("control", "hold", "LC-9")).exit_code == ExitCode.NOT_FOUND
        nothing = await call("steer", "LC-1", "hold")
        assert nothing.exit_code == ExitCode.REFUSED and "no flight" in nothing.stderr
        assert (
            await call("control", "set-capacity", "--vehicle", "VAN-1", "--payload-kg", "50", "--why", "x")
        ).exit_code == 0
        assert control.payload_kg == {"VAN-1": 50.0}
        area = ["--circle", "54.51,-1.60,80", "--upper-agl-m", "120"]
        closed = await call(
            "control", "close-zone", "crane", "--until", "30min", *area, "--why", "a crane", "--by", "ann"
        )
        assert closed.exit_code == 0, closed.output
        assert "crane" in control.closed
        proposed = answer(await call("control", "open-zone", "crane", "--why", "gone", "--by", "ann", "--json"))
        assert proposed["status"] == "AWAITING_CONFIRMATION" and "crane" in control.closed
        own = await call("control", "confirm", "ann", proposed["commandId"], "--by", "ann")
        assert own.exit_code == ExitCode.REFUSED
        agreed = await call("control", "confirm", "ann", proposed["commandId"], "--by", "ben")
        assert agreed.exit_code == 0, agreed.output
        assert not control.closed

    run_on(with_service(tmp_path, script), WorldClock.real(), LoopChoice.ASYNCIO)


def test_a_launch_that_does_not_wait_is_not_found_from_the_command_line(tmp_path: Path) -> None:
    async def script(call: Call, service: Service) -> None:
        for word, *more in (("authorise-launch",), ("start-launch", "--dry-run"), ("refuse-launch",)):
            told = await call("control", word, "F-0099", "--why", "windsock is calm", "--json", *more)
            assert told.exit_code == ExitCode.NOT_FOUND, told.output
            assert answer(told)["status"] == "REFUSED" and answer(told)["reason"] == "NOT_FOUND"
        assert not service.journal.book.flights

    run_on(with_service(tmp_path, script), WorldClock.real(), LoopChoice.ASYNCIO)


def test_a_matter_of_the_attention_queue_is_owned_from_the_command_line(tmp_path: Path) -> None:
    async def script(call: Call, service: Service) -> None:
        over = await call("control", "take-alarm", "rule:F-0099:LINK_LOST", "--json")
        assert over.exit_code == ExitCode.REFUSED and "never there" in over.stderr, over.output
        assert (await call("control", "take-out-of-service", "LC-1", "--why", "a bent blade")).exit_code == 0
        key = service.attention.queue()[0].matter.key
        dry = answer(await call("control", "take-alarm", key, "--by", "ann", "--dry-run", "--json"))
        assert dry["status"] == "DRY_RUN" and dry["targets"][0]["target"] == key
        assert not service.attention.queue()[0].owner
        assert answer(await call("control", "take-alarm", key, "--by", "ann", "--json"))["status"] == "FINISHED"
        assert service.attention.queue()[0].owner == "ann"

    run_on(with_service(tmp_path, script), WorldClock.real(), LoopChoice.ASYNCIO)


def test_a_broker_with_a_running_service_keeps_the_contract_and_one_breach_is_found(tmp_path: Path) -> None:
    async def script(call: Call, service: Service) -> None:
        good = await call("mqtt", "check", "URL", "--seconds", "4", "--json", broker=False)
        told = answer(good)
        assert good.exit_code == 0 and told["breaches"] == [], told
        assert told["messages"].keys() >= {"factsheet", "state", "connection", "dispatchStatus", "kpi", "weather"}
        await service.bus.publish("skystork/v1/darlington/kpi", b'{"accepted": "many"}', retain=True)
        bad = await call("mqtt", "check", "URL", "--seconds", "2", broker=False)
        assert bad.exit_code == ExitCode.DIFFERENT and "SCHEMA skystork/v1/darlington/kpi" in bad.stdout

    run_on(with_service(tmp_path, script), WorldClock.real(), LoopChoice.ASYNCIO)


def test_what_was_ordered_while_no_controller_ran_is_answered_by_the_next_and_the_sender_knows_at_once(
    tmp_path: Path,
) -> None:
    async def script() -> None:
        async with start_broker(0) as url, asyncio.timeout(8 * PATIENCE_S):
            async with serving(tmp_path, url):
                pass
            told = await caller(tmp_path, url)("control", "pause-dispatch", "--by", "ann")
            assert told.exit_code == ExitCode.UNAVAILABLE and "nothing was sent" in told.stderr, told.output
            async with MqttBus(url, "ann") as ann:
                base = "skystork/v1/darlington/control/ann"
                replies = ann.subscribe(f"{base}/reply")
                old, good = (
                    make_command("pauseDispatch", time.time(), age_s=120.0),
                    make_command("pauseDispatch", time.time()),
                )
                for each in (old, good):
                    payload = Header("skystork").seal(CommandMessage(**NO_HEADER, command=each), "", "ann", time.time())
                    await ann.publish(f"{base}/command", payload)
                assert await ann.drained(PATIENCE_S)
                async with serving(tmp_path, url) as (_, service):
                    told_of: dict[str, Answer] = {}
                    async for message in replies:
                        reply = msgspec.json.decode(message.payload, type=Reply).answer
                        told_of[reply.command_id] = reply
                        if len(told_of) == 2 and all(each.is_final for each in told_of.values()):
                            break
                    assert told_of[old.command_id].reason is Why.EXPIRED
                    assert told_of[good.command_id].status is Status.FINISHED
                    assert service.journal.book.control.pause is not None

    run_on(script(), WorldClock.real(), LoopChoice.ASYNCIO)


def test_every_command_is_on_the_command_line() -> None:
    group: Any = typer.main.get_command(app)
    dashed = {name.replace("-", "") for name in group.commands["control"].commands}
    assert dashed == {kind.lower() for kind in KINDS}
