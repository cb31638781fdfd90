"""A van on the bus: tours, updates in the middle of one, and what stays done for ever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from skystork.frames import Geodetic, LocalFrame
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork_sim.van import SimulatedVan, VanType

DEPOT = Geodetic(54.5166, -1.5075)
ROOT = "skystork/v1/darlington/skystork/EV-0001"
KIND = VanType(speed_m_s=10.0, circuity=1.35, service_s=90.0, load_s=240.0, energy_j_per_m=1548.0)


def node(name: str, sequence: int, east_m: float, *actions: tuple[str, str]) -> dict[str, Any]:
    place = LocalFrame(DEPOT).to_geodetic(east_m, 0.0)
    return {
        "nodeId": name,
        "sequenceId": sequence,
        "released": True,
        "geodetic": {"latitude": place.latitude_deg, "longitude": place.longitude_deg},
        "actions": [{"actionType": kind, "actionId": action} for kind, action in actions],
    }


def tour(order_id: str, update: int, *nodes: dict[str, Any]) -> bytes:
    head = {"headerId": update, "timestamp": "2026-11-21T10:00:00Z", "version": "2.0.0"}
    names = {"manufacturer": "skystork", "serialNumber": "EV-0001", "orderId": order_id, "orderUpdateId": update}
    return json.dumps({**head, **names, "nodes": list(nodes)}).encode()


class Desk:
    """What the controller would see."""

    def __init__(self, bus: MemoryBus) -> None:
        self.bus, self.states = bus, []
        self.deeds: list[tuple[float, str]] = []

    @property
    def last(self) -> dict[str, Any]:
        return self.states[-1][1]

    def status(self, action_id: str) -> str | None:
        found = [each["actionStatus"] for each in self.last["actionStates"] if each["actionId"] == action_id]
        return found[0] if found else None

    async def order(self, payload: bytes) -> None:
        await self.bus.publish(f"{ROOT}/order", payload)

    async def listen(self) -> None:
        async for message in self.bus.subscribe(f"{ROOT}/state"):
            self.states.append((asyncio.get_running_loop().time(), json.loads(message.payload)))


def play(story: Callable[[Desk], Awaitable[None]]) -> Desk:
    async def run() -> Desk:
        bus = MemoryBus()
        desk = Desk(bus)
        van = SimulatedVan(
            bus, site="darlington", manufacturer="skystork", serial_number="EV-0001", kind=KIND, depot=DEPOT,
            rng=Random(5), on_action=lambda at_s, action, *_: desk.deeds.append((at_s, action)),
        )  # fmt: skip
        tasks = [asyncio.create_task(van.run()), asyncio.create_task(desk.listen())]
        await asyncio.sleep(1.0)
        await story(desk)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return desk

    return run_virtual(run(), 1_795_255_200.0)


FIRST = (
    node("depot", 0, 0.0, ("pick", "pick-1")),
    node("a", 2, 2000.0, ("drop", "drop-a")),
    node("b", 4, 4000.0, ("drop", "drop-b")),
    node("home", 6, 0.0),
)


def test_a_tour_is_driven_in_order_and_ends_at_the_depot() -> None:
    async def story(desk: Desk) -> None:
        await desk.order(tour("T1", 0, *FIRST))
        await asyncio.sleep(3600.0)

    desk = play(story)
    assert [action for _, action in desk.deeds] == ["pick-1", "drop-a", "drop-b"]
    picked, first, second = [at_s for at_s, _ in desk.deeds]
    assert picked - 1_795_255_201.0 == pytest.approx(240.0, abs=1.0)
    assert first - picked == pytest.approx(2000 * 1.35 / 10 + 90, rel=0.16)
    assert second - first == pytest.approx(2000 * 1.35 / 10 + 90, rel=0.16)
    assert (desk.last["lastNodeId"], desk.last["driving"]) == ("home", False)
    assert desk.last["geodetic"]["longitude"] == pytest.approx(DEPOT.longitude_deg)
    assert {desk.status(each) for each in ("pick-1", "drop-a", "drop-b")} == {"FINISHED"}
    assert desk.last["batteryState"]["batteryCharge"] < 100.0


def test_a_higher_update_replaces_what_is_not_begun_and_nothing_is_done_twice() -> None:
    async def story(desk: Desk) -> None:
        await desk.order(tour("T1", 0, *FIRST))
        await asyncio.sleep(300.0)
        assert desk.last["driving"]
        changed = (FIRST[0], FIRST[1], node("c", 8, 1000.0, ("drop", "drop-c")), node("home", 10, 0.0))
        await desk.order(tour("T1", 1, *changed))
        await asyncio.sleep(3600.0)

    desk = play(story)
    assert [action for _, action in desk.deeds] == ["pick-1", "drop-a", "drop-c"]
    assert desk.last["orderUpdateId"] == 1
    assert desk.status("drop-b") is None


@pytest.mark.parametrize("update", [4, 5])
def test_an_equal_or_lower_update_is_ignored(update: int) -> None:
    async def story(desk: Desk) -> None:
        await desk.order(tour("T1", 5, *FIRST))
        await asyncio.sleep(10.0)
        await desk.order(tour("T1", update, node("x", 2, 500.0, ("drop", "drop-x"))))
        await asyncio.sleep(3600.0)

    desk = play(story)
    assert [action for _, action in desk.deeds] == ["pick-1", "drop-a", "drop-b"]
    assert desk.last["orderUpdateId"] == 5


def test_finished_actions_stay_in_the_state_over_the_next_tour() -> None:
    async def story(desk: Desk) -> None:
        await desk.order(tour("T1", 0, *FIRST))
        await asyncio.sleep(3600.0)
        await desk.order(tour("T2", 0, FIRST[1], node("d", 4, 300.0, ("drop", "drop-d"))))
        await asyncio.sleep(1200.0)

    desk = play(story)
    assert [action for _, action in desk.deeds] == ["pick-1", "drop-a", "drop-b", "drop-d"]
    assert desk.status("drop-a") == "FINISHED"
    assert desk.last["orderId"] == "T2"


def test_it_tells_its_state_while_driving_and_while_idle() -> None:
    async def story(desk: Desk) -> None:
        await asyncio.sleep(119.0)
        assert len(desk.states) == 1 + 3
        await desk.order(tour("T1", 0, node("a", 2, 2000.0, ("drop", "drop-a"))))
        await asyncio.sleep(100.0)
        driving = [at_s for at_s, state in desk.states if state["driving"]]
        assert max(late - early for early, late in pairwise(driving)) <= 5.01

    desk = play(story)
    headers = [state["headerId"] for _, state in desk.states]
    assert headers == list(range(len(headers)))


def test_rubbish_on_the_order_topic_changes_nothing() -> None:
    async def story(desk: Desk) -> None:
        nowhere = {"orderId": "T", "orderUpdateId": 0, "nodes": [{"nodeId": "a", "sequenceId": 0}]}
        for payload in (b"", b"{", b"[]", b"7", json.dumps(nowhere).encode(), b"\xff\xfe"):
            await desk.order(payload)
        await desk.order(tour("T1", 0, FIRST[1]))
        await asyncio.sleep(1200.0)

    assert [action for _, action in play(story).deeds] == ["drop-a"]


def test_the_connection_topic_says_online_and_offline_and_is_retained() -> None:
    async def run() -> list[str]:
        bus = MemoryBus()
        van = SimulatedVan(
            bus, site="darlington", manufacturer="skystork", serial_number="EV-0001", kind=KIND, depot=DEPOT,
            rng=Random(5),
        )  # fmt: skip
        task = asyncio.create_task(van.run())
        await asyncio.sleep(1.0)
        seen = [json.loads(bus.retained(f"{ROOT}/connection") or b"{}")["connectionState"]]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return [*seen, json.loads(bus.retained(f"{ROOT}/connection") or b"{}")["connectionState"]]

    assert run_virtual(run(), 1000.0) == ["ONLINE", "OFFLINE"]
