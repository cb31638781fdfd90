"""From a change of a vehicle's state to a subscriber: 250 vehicles, ten changes a second each, over a real Mosquitto.

The announcer and the bus are those of the service; the changes are fed in where telemetry comes in. Each change is of a
kind a decision may rest on, so that it goes out at QoS 1, and carries its number in ``missionSequence``. The subscriber
is a process of its own on the same clock. Prints what was published, what arrived, the gaps in the counters, and the
time from the change to the subscriber.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from link_controller import fleet_site

from skystork.app.announcer import Announcer
from skystork.app.bus_header import Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.journal import Journal
from skystork.link.contract import LinkEvent, sample_of
from skystork.shell.broker import start_broker
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.mqtt import MqttBus
from skystork.shell.store import LedgerStore

ROOT = "skystork/v1/load"
MODES = ("AUTO.MISSION", "AUTO.LOITER")
SETTLE_S = 3.0


class Port:
    """A vehicle's link that says what it is told to say."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def take(self, event: LinkEvent) -> None:
        """As the link hands it on."""
        for listener in self.events:
            listener(event)


async def drive(given: argparse.Namespace, url: str, folder: Path) -> dict[tuple[str, int], float]:
    """Change every vehicle so often a second; when each change was made, by vehicle and number."""
    store = LedgerStore.open(folder / "ledger.db")
    journal = Journal(LedgerWriter(store))
    drones = [replace(each, network="n0") for each in fleet_site(given.vehicles, [1]).drones]
    desks = [DroneDesk(drone, Port(), 0.0) for drone in drones]  # type: ignore[arg-type]  # all that is asked of it
    made: dict[tuple[str, int], float] = {}
    async with MqttBus(url, "bench-announcer") as bus:
        await bus.wait_connected(10.0)
        announcer = Announcer(
            bus, ROOT, Header("skystork"), desks, journal, vans={}, actions_of=lambda _: (), version_of=lambda _: ""
        )
        telling = asyncio.create_task(announcer.run(), name="announcer")
        await asyncio.sleep(SETTLE_S)
        began_s, used_s = time.perf_counter(), time.process_time()
        for number in range(1, int(given.seconds * given.rate) + 1):
            for index, desk in enumerate(desks):  # spread over the period, as vehicles are
                due_s = began_s + (number - 1 + index / len(desks)) / given.rate
                if (left_s := due_s - time.perf_counter()) > 0:
                    await asyncio.sleep(left_s)
                made[desk.drone.serial_number, number] = time.time()
                change = sample_of(asyncio.get_running_loop().time(), mode=MODES[number % 2], mission_sequence=number)
                desk.port.take(change)
        spent_s, took_s = time.process_time() - used_s, time.perf_counter() - began_s
        await asyncio.sleep(SETTLE_S)
        assert await bus.drained(30.0)
        print(f"publisher: {100 * spent_s / took_s:.0f} % of a core, {bus.statistics.published} acknowledged in all")
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    store.close()
    return made


async def hear(url: str, seconds: float) -> None:
    """The subscriber: when each message came, and the gaps in the counters."""
    came: list[tuple[str, int, float]] = []
    last: defaultdict[str, int] = defaultdict(lambda: -1)
    gaps = 0
    async with MqttBus(url, "bench-subscriber") as bus:
        await bus.wait_connected(10.0)
        states = bus.subscribe(f"{ROOT}/+/+/state")
        print("ready", flush=True)
        try:
            async with asyncio.timeout(seconds):
                async for message in states:
                    now_s, told = time.time(), json.loads(message.payload)
                    gaps += told["headerId"] not in {last[message.topic] + 1, last[message.topic]}
                    last[message.topic] = told["headerId"]
                    if told["missionSequence"] is not None:
                        came.append((told["serialNumber"], told["missionSequence"], now_s))
        except TimeoutError:
            pass
    print(json.dumps({"came": came, "gaps": gaps}), flush=True)


def report(made: dict[tuple[str, int], float], heard: dict[str, Any]) -> None:
    """Print the figures; a change is seen when a state comes that has it or a later one."""
    by_serial: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for serial, number, at_s in heard["came"]:
        by_serial[serial].append((number, at_s))
    late_s, unseen = list[float](), 0
    for serial, came in by_serial.items():
        changes = sorted((number, at_s) for (name, number), at_s in made.items() if name == serial)
        for number, at_s in changes:
            seen_s = next((when_s for told, when_s in came if told >= number), None)
            unseen += seen_s is None
            late_s += [] if seen_s is None else [seen_s - at_s]
    late_s.sort()
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    told = ", ".join(f"{name} {1e3 * late_s[math.ceil(share * len(late_s)) - 1]:.0f} ms" for name, share in shares)
    print(
        f"{len(made)} changes, {len(heard['came'])} states came, {unseen} changes never seen, "
        f"{heard['gaps']} gaps in headerId; change to subscriber {told}"
    )


async def main(given: argparse.Namespace) -> None:
    """Broker, subscriber, changes, figures."""
    async with start_broker(0) as plain:
        url = f"{plain}?inflight={given.inflight}" if given.inflight else plain
        spare_s = given.seconds + 4 * SETTLE_S
        words = [sys.executable, __file__, "--hear", url, "--seconds", str(spare_s)]
        subscriber = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220  # at the start
        assert subscriber.stdout is not None
        assert (await asyncio.to_thread(subscriber.stdout.readline)).strip() == "ready"
        with tempfile.TemporaryDirectory() as folder:
            made = await drive(given, url, Path(folder))
        report(made, json.loads(await asyncio.to_thread(subscriber.stdout.readline)))
        subscriber.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vehicles", type=int, default=250)
    parser.add_argument("--rate", type=float, default=10.0, help="changes of each vehicle a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--inflight", type=int, help="messages not acknowledged at a time; as the broker allows")
    parser.add_argument("--hear", help="be the subscriber on this broker")
    chosen = parser.parse_args()
    asyncio.run(hear(chosen.hear, chosen.seconds) if chosen.hear else main(chosen))
