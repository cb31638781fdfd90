"""The world put together in virtual time: drones on a lossy network, the depot crew on the bus, truth on record."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pymavlink.dialects.v20 import common

from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork_sim.fleet import SimWorld
from skystork_sim.incidents import Incident, IncidentKind
from skystork_sim.network import MemoryNetwork
from skystork_sim.site import Site, read_site
from skystork_sim.world import CALM, World

SITE = read_site(Path(__file__).parents[2] / "sim" / "scenarios" / "darlington")
CONTROLLER = ("controller", 14550)
CREW = "skystork/v1/darlington/depot/crew"
HEADER = {"headerId", "timestamp", "version", "manufacturer", "serialNumber"}


class Play:
    """A site in virtual time with an ear at the controller's address."""

    def __init__(self, site: Site, world: World) -> None:
        loop = asyncio.get_running_loop()
        self.bus = MemoryBus()
        self.network = MemoryNetwork(loop, Random(world.seed), loss=world.loss, delay_s=world.delay_s)
        self.records: list[tuple[str, dict[str, object]]] = []
        self.world = SimWorld(
            site, world, controller=CONTROLLER, bus=self.bus, record=lambda *record: self.records.append(record)
        )
        self.ear = self.network.endpoint(CONTROLLER)
        self.heard: dict[int, list[Any]] = {entry.system_id: [] for entry in site.drones}
        self.addresses: dict[int, tuple[str, int]] = {}
        self.ear.set_receiver(self._hear)
        self.parser = common.MAVLink(None)
        self.parser.robust_parsing = True
        self.codec = common.MAVLink(None, srcSystem=255, srcComponent=190)
        for index, entry in enumerate(site.drones):
            address = (f"drone-{entry.system_id}", 18570 + index)
            self.network.cut_while(address, self.world.faults[entry.system_id].link_is_cut)
            self.addresses[entry.system_id] = address
            self.world.connect(entry, self.network.endpoint(address))

    def _hear(self, data: bytes, _address: tuple[str, int]) -> None:
        for message in self.parser.parse_buffer(data) or []:
            self.heard[message.get_srcSystem()].append((asyncio.get_running_loop().time(), message))

    def send(self, system_id: int, message: Any) -> None:
        self.ear.send(message.pack(self.codec), self.addresses[system_id])

    async def ask_crew(self, **order: object) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        states = self.bus.subscribe(f"{CREW}/state")
        await self.bus.publish(f"{CREW}/order", json.dumps(order).encode())
        async for message in states:
            told: dict[str, Any] = json.loads(message.payload)
            assert told.keys() >= HEADER, "every message carries the VDA 5050 header"
            answers.append({name: value for name, value in told.items() if name not in HEADER})
            break
        return answers


def run_play(story: Callable[[Play], Awaitable[None]], world: World = CALM, site: Site = SITE) -> None:
    async def run() -> None:
        play = Play(site, world)
        task = asyncio.create_task(play.world.run())
        await asyncio.sleep(6.0)
        await story(play)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_virtual(run(), site.starts_at_s)


def test_every_drone_of_the_site_is_heard_and_ready_once_it_hears_a_ground_station() -> None:
    async def story(play: Play) -> None:
        for system_id in play.heard:
            play.send(system_id, common.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        await asyncio.sleep(2.0)
        for heard in play.heard.values():
            states = [message.system_status for _, message in heard if message.get_type() == "HEARTBEAT"]
            assert states[-1] == 3

    run_play(story)


def test_the_crew_loads_swaps_and_unloads_once_for_each_request() -> None:
    async def story(play: Play) -> None:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        order = {"requestId": "r1", "vehicle": "LC-0001", "action": "LOAD", "orderId": "o1", "weightKg": 1.5}
        (answer,) = await play.ask_crew(**order)
        assert answer == {
            "requestId": "r1", "vehicle": "LC-0001", "action": "LOAD", "status": "FINISHED", "orderId": "o1",
        }  # fmt: skip
        assert loop.time() - begun_s == pytest.approx(45.0)
        (again,) = await play.ask_crew(**order)
        assert again == answer
        assert loop.time() - begun_s == pytest.approx(45.0)
        other = order | {"requestId": "r2", "orderId": "o2"}
        assert (await play.ask_crew(**other))[0]["status"] == "FAILED"
        out = {"requestId": "r3", "vehicle": "LC-0001", "action": "UNLOAD"}
        assert (await play.ask_crew(**out))[0] | {} == {**out, "status": "FINISHED", "orderId": "o1"}
        assert (await play.ask_crew(**(out | {"requestId": "r4"})))[0]["status"] == "FAILED"
        begun_s = loop.time()
        swap = {"requestId": "r5", "vehicle": "LC-0001", "action": "SWAP"}
        assert (await play.ask_crew(**swap))[0]["status"] == "FINISHED"
        assert loop.time() - begun_s == pytest.approx(150.0)
        unknown = {"requestId": "r6", "vehicle": "LC-9999", "action": "SWAP"}
        assert (await play.ask_crew(**unknown))[0]["status"] == "FAILED"

    run_play(story)


def test_the_crew_does_not_touch_an_armed_vehicle() -> None:
    async def story(play: Play) -> None:
        play.send(1, common.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        play.send(1, common.MAVLink_param_set_message(1, 1, b"COM_ARM_AUTH_REQ", 0.0, 6))  # nobody here gives leave
        play.send(1, common.MAVLink_command_long_message(1, 1, 22, 0, 0, 0, 0, math.nan, math.nan, math.nan, math.nan))
        play.send(1, common.MAVLink_command_long_message(1, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0))
        await asyncio.sleep(0.5)
        assert not play.world.load_parcel(1, "o1", 1.0)
        assert not play.world.swap_battery(1)
        assert play.world.load_parcel(2, "o1", 1.0)
        tracks = [record for kind, record in play.records if kind == "tracks"]
        assert tracks
        assert {record["system_id"] for record in tracks} == {1}

    run_play(story)


def test_an_incident_cuts_the_link_of_its_vehicle_only() -> None:
    cut = Incident(IncidentKind.LINK_LOST, 3, after_s=10.0, duration_s=40.0)

    async def story(play: Play) -> None:
        await asyncio.sleep(60.0)
        gaps = {}
        for system_id, heard in play.heard.items():
            times = [at_s for at_s, _ in heard]
            gaps[system_id] = max(late - early for early, late in pairwise(times))
        assert gaps[3] == pytest.approx(40.0, abs=1.5)
        assert max(gap for system_id, gap in gaps.items() if system_id != 3) < 2.0

    run_play(story, replace(CALM, incidents=(cut,)))


def test_the_same_seed_gives_the_same_bytes() -> None:
    def told(seed: int) -> list[tuple[float, bytes]]:
        lines: list[tuple[float, bytes]] = []

        async def story(play: Play) -> None:
            await asyncio.sleep(20.0)
            lines.extend(
                (at_s, bytes(message.get_msgbuf())) for heard in play.heard.values() for at_s, message in heard
            )

        run_play(story, replace(CALM, seed=seed, loss=0.1, delay_s=0.04, gust_m_s=1.0))
        return lines

    assert told(1) == told(1)
    assert told(1) != told(2)
