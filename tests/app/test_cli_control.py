"""``skystork control`` and ``skystork mqtt check`` against the running service, over a real broker."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from tests_support.play import write_site
from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.cli_text import ExitCode
from skystork.app.service import Service, StateFolder
from skystork.app.site import load_site
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
Call = Callable[..., Awaitable[Result]]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def with_service(folder: Path, script: Callable[[Call, Service], Awaitable[None]]) -> None:
    """A service that hears nobody, and commands given to it by command line."""
    site_folder = write_site(folder / "site", "LC-1", "VAN-1")
    site = load_site(site_folder)
    network = replace(site.networks[0], connection=UdpIn("127.0.0.1", free_port()))
    site, state = replace(site, networks=(network,)), folder / "state"
    state.mkdir()

    async with start_broker(0) as url, MqttBus(url, "service") as bus, SolverPool(1) as pool:

        async def call(*words: str, broker: bool = True) -> Result:
            more = ["--site", str(site_folder), *(["--mqtt", url] if broker else [])]
            words = tuple(url if word == "URL" else word for word in words)
            return await asyncio.to_thread(CliRunner().invoke, app, [*words, *more])

        await bus.wait_connected(PATIENCE_S)
        header = {"headerId": 0, "timestamp": "2026-11-21T10:00:00.000Z", "version": "1.1.0"}
        weather = {**header, "manufacturer": "skystork", "serialNumber": "weather", "atS": time.time()}
        weather |= {"windEnuMS": [1, 1], "gustMS": 2}
        await bus.publish("skystork/v1/darlington/weather/state", json.dumps(weather).encode(), retain=True)
        endpoint = await open_endpoint(network.connection)
        service = Service(site, StateFolder(state), bus=bus, endpoints={network.name: endpoint}, pool=pool, seed=None)
        serving = asyncio.create_task(service.run(), name="service")
        try:
            async with asyncio.timeout(4 * PATIENCE_S):
                await listens(bus, url)
                await script(call, service)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def listens(bus: MqttBus, url: str) -> None:
    """Return when the service takes commands.

    It tells its status after it began to listen, and a bus subscribes in the order in which it was asked: what
    comes by a later filter of its own shows that the earlier ones hold at the broker.
    """
    async with MqttBus(url, "watcher") as watcher:
        await anext(watcher.subscribe("skystork/v1/darlington/dispatch/status"))
    heard = bus.subscribe("probe")
    await bus.publish("probe", b"1", retain=True)
    await anext(heard)


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
        await service._bus.publish("skystork/v1/darlington/kpi", b'{"accepted": "many"}', retain=True)
        bad = await call("mqtt", "check", "URL", "--seconds", "2", broker=False)
        assert bad.exit_code == ExitCode.DIFFERENT and "SCHEMA skystork/v1/darlington/kpi" in bad.stdout

    run_on(with_service(tmp_path, script), WorldClock.real(), LoopChoice.ASYNCIO)


def test_every_command_is_on_the_command_line() -> None:
    group: Any = typer.main.get_command(app)
    dashed = {name.replace("-", "") for name in group.commands["control"].commands}
    assert dashed == {kind.lower() for kind in KINDS}
