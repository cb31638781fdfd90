"""What supervisors are told of a network: figures, alarms, and who speaks there that should not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests_support.play import write_site
from tests_support.px4_counterpart import Px4Counterpart
from tests_support.signing_counterpart import SigningCounterpart
from tests_support.wire import Wire

from skystork.app.bus_header import Header
from skystork.app.fleet_links import FleetLinks
from skystork.app.network_desk import NetworkDesk
from skystork.app.site import Site, load_site
from skystork.link.signing import SigningKey
from skystork.orders.order import VehicleId
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.signing_store import SAVE_EVERY_S, SigningStore

START_S = 1_800_000_000.0
KEY = SigningKey(bytes(range(32)))
AIR, INTRUDER = ("10.0.1.1", 14581), ("10.0.9.9", 5555)


@dataclass
class World:
    """One network with LC-1, which signs where a key is given, and LC-2, which does not."""

    desk: NetworkDesk
    links: FleetLinks
    wire: Wire
    bus: MemoryBus

    def message(self, topic: str) -> dict[str, Any] | None:
        payload = self.bus.retained(f"root/{topic}")
        return None if payload is None else json.loads(payload)  # type: ignore[no-any-return]

    @property
    def state(self) -> dict[str, Any]:
        message = self.message("networks/main/state")
        assert message is not None
        return message

    def alert(self, rule: str) -> dict[str, Any]:
        message = self.message(f"alerts/network-main-{rule}")
        assert message is not None
        return message

    async def speak(self, voice: Px4Counterpart, source: tuple[str, int] = AIR, seconds: int = 1) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(seconds):
            voice.handle_timer(loop.time())
            for data in voice.outbox:
                self.wire.receive(bytes(data), source)
            voice.outbox.clear()
            await asyncio.sleep(1.0)


def play(folder: Path, script: Callable[[World], Awaitable[None]], *, signs: bool = False) -> None:
    """Run a script in virtual time while the desk looks every 10 s."""
    site: Site = load_site(write_site(folder / "site", "LC-1", "LC-2"))

    async def run() -> None:
        wire, bus = Wire(), MemoryBus()
        keys = {VehicleId("LC-1"): KEY} if signs else {}
        links = FleetLinks(site.drones, {"main": wire}, keys, SigningStore(folder / "signing.json"))
        desk = NetworkDesk(site.networks, links, bus, "root", Header("acme"))
        tasks = [asyncio.create_task(desk.run()), asyncio.create_task(links.keep_memory())]
        try:
            await asyncio.sleep(1)
            await script(World(desk, links, wire, bus))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            links.close()

    run_virtual(run(), START_S)


def test_figures_are_published_and_grow(tmp_path: Path) -> None:
    async def script(world: World) -> None:
        assert world.state["frames"] == 0
        vehicle = Px4Counterpart(1)
        await world.speak(vehicle, seconds=3)
        vehicle.mav.seq = (vehicle.mav.seq + 4) % 256
        world.wire.meet(unsent=2, kernel_drops=0)
        world.wire.receive(b"garbage", AIR)
        await world.speak(vehicle, seconds=9)
        state = world.state
        assert state["network"] == "main" and state["connection"] == "udpin://127.0.0.1:14550"
        assert (state["vehicles"], state["heard"]) == (2, 1)
        assert state["frames"] > 30
        assert (state["lost"], state["droppedBytes"], state["unsent"]) == (4, 7, 2)
        assert state["notices"] == []

    play(tmp_path, script)


def test_a_network_that_is_down_raises_an_alarm_and_clears_it(tmp_path: Path) -> None:
    async def script(world: World) -> None:
        heard: list[str] = []
        world.desk.listeners.append(lambda _at_s, text: heard.append(text))
        assert world.alert("NETWORK_DOWN")["active"] is False
        world.wire.meet(up=False, problem="serial:/dev/ttyUSB0:57600 is gone")
        await asyncio.sleep(30)
        assert world.alert("NETWORK_DOWN")["active"] is True
        assert world.alert("NETWORK_DOWN")["detail"] == "serial:/dev/ttyUSB0:57600 is gone"
        world.wire.meet(up=True, problem=None)
        await asyncio.sleep(20)
        assert world.alert("NETWORK_DOWN")["active"] is False
        assert heard == ["network main NETWORK_DOWN: serial:/dev/ttyUSB0:57600 is gone"]

    play(tmp_path, script)


@pytest.mark.parametrize(
    ("spoil", "figure"),
    [
        (lambda data: data[:12] + bytes([data[12] ^ 4]) + data[13:], "badChecksum"),
        (lambda data: data[:-4], "droppedBytes"),
    ],
)
def test_hurt_frames_are_one_alarm_however_many(tmp_path: Path, spoil: Callable[[bytes], bytes], figure: str) -> None:
    async def script(world: World) -> None:
        heard: list[str] = []
        world.desk.listeners.append(lambda _at_s, text: heard.append(text))
        good, hurt = Px4Counterpart(1), Px4Counterpart(2)
        for _ in range(180):
            hurt.handle_timer(asyncio.get_running_loop().time())
            for data in hurt.outbox:
                world.wire.receive(spoil(bytes(data)), ("10.0.1.2", 14582))
            hurt.outbox.clear()
            await world.speak(good)
        assert world.alert("FRAMES_HURT")["active"] is True
        assert len([text for text in heard if "FRAMES_HURT" in text]) == 1
        assert world.state[figure] > 500
        assert world.state["heard"] == 1
        await world.speak(good, seconds=90)
        assert world.alert("FRAMES_HURT")["active"] is False

    play(tmp_path, script)


def test_who_should_not_speak_is_named_in_the_networks_state(tmp_path: Path) -> None:
    async def script(world: World) -> None:
        vehicle = Px4Counterpart(1)
        await world.speak(vehicle, seconds=2)
        await world.speak(Px4Counterpart(1), INTRUDER, seconds=3)
        await world.speak(Px4Counterpart(9), INTRUDER, seconds=3)
        await world.speak(vehicle, seconds=10)
        first, second = (notice["text"] for notice in world.state["notices"])
        assert "10.0.9.9:5555 claims to be system 1, which is at 10.0.1.1:14581" in first
        assert "system 9, which is none of the site's" in second

    play(tmp_path, script)


def test_a_vehicle_that_lost_its_key_is_an_alarm_and_a_notice(tmp_path: Path) -> None:
    async def script(world: World) -> None:
        vehicle = SigningCounterpart(1, key=KEY.secret, clock_s=START_S)
        await world.speak(vehicle, seconds=3)
        vehicle.forget_key()
        await world.speak(vehicle, seconds=20)
        assert world.alert("SIGNATURES_REFUSED")["active"] is True
        assert world.state["unsigned"] > 20
        assert "speaks without a signature" in world.state["notices"][0]["text"]

    play(tmp_path, script, signs=True)


def test_what_signing_remembers_is_on_the_disk_while_it_runs_and_at_the_end(tmp_path: Path) -> None:
    async def script(world: World) -> None:
        vehicle = SigningCounterpart(1, key=KEY.secret, clock_s=START_S)
        await world.speak(vehicle, seconds=round(SAVE_EVERY_S) + 2)
        kept = SigningStore(tmp_path / "signing.json").load()["LC-1"]
        assert kept.streams
        await world.speak(vehicle, seconds=3)

    play(tmp_path, script, signs=True)
    ticks = (START_S + SAVE_EVERY_S + 4 - 1_420_070_400) * 100_000
    assert SigningStore(tmp_path / "signing.json").load()["LC-1"].timestamp > ticks


def test_a_disk_that_takes_nothing_stops_nobody_and_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def script(world: World) -> None:
        vehicle = SigningCounterpart(1, key=KEY.secret, clock_s=START_S)
        (tmp_path / "signing.new").mkdir()  # in the way of the draft
        await world.speak(vehicle, seconds=round(SAVE_EVERY_S) + 2)
        assert world.desk.figures()[0].heard == 1

    play(tmp_path, script, signs=True)
    assert "signing.json cannot be written" in caplog.text


def test_a_restart_takes_no_recording_of_the_run_before(tmp_path: Path) -> None:
    recorded: list[bytes] = []

    async def first(world: World) -> None:
        vehicle = SigningCounterpart(1, key=KEY.secret, clock_s=START_S)
        vehicle.handle_timer(START_S)
        recorded.extend(bytes(data) for data in vehicle.outbox)
        await world.speak(vehicle)
        assert world.desk.figures()[0].heard == 1

    async def second(world: World) -> None:
        for data in recorded:
            world.wire.receive(data, INTRUDER)
        await asyncio.sleep(1)
        assert world.desk.figures()[0].heard == 0
        assert world.desk.figures()[0].replayed == len(recorded)

    play(tmp_path, first, signs=True)
    play(tmp_path, second, signs=True)
