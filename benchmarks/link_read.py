"""What it takes to read a network of 250 vehicles, with the sieve and without: socket, frames, samples, trackers.

No time is waited for and no other process is needed: the datagrams of one rest of the socket are sent, then read, and
only the reading is counted, as processor time of this thread, kernel included. So the figures bear a busy machine
better than those of ``link.py``, whose caches are cold at every wake-up; they are the floor of what it measures.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import time
from collections import Counter
from random import Random

from fastcrc import crc16
from px4_mix import MESSAGES_HZ, Stream, streams

from skystork.fleet.tracker import Tracker
from skystork.link.contract import LinkEvent, LinkSettings, TelemetrySample
from skystork.link.fleet_link import FleetLink
from skystork.link.sieve import load_kernel
from skystork.orders.order import VehicleId
from skystork.shell.fast_loop import rest_collector
from skystork.shell.link_runner import LinkRunner
from skystork.shell.udp import REST_S, FleetSocket, open_fleet_socket

VEHICLES, LOOKS, ROUNDS = 250, 60, 7


class Network:
    """Vehicles that send on demand, and the near end that reads them."""

    def __init__(self, ground: FleetSocket, mix: tuple[Stream, ...], *, sifted: bool) -> None:
        self._link = FleetLink(LinkSettings(message_intervals_us=()))
        self._runner = LinkRunner(self._link, ground)
        if sifted:
            self._runner.sift()
        self._mix, self._rng, self._sequences = mix, Random(1), Counter[int]()
        self._told = Counter[tuple[int, int]]()
        self._air = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(VEHICLES)]
        for number, air in enumerate(self._air):
            air.connect(ground.address)
            self._link.add_vehicle(number + 1)
            tracker = Tracker(VehicleId(f"L-{number}"), 0.0)
            self._runner.subscribe(number + 1, lambda event, tracker=tracker: take(tracker, event))

    def greet(self) -> None:
        """A heartbeat of each: from now on its frames are believed."""
        (heartbeat,) = [stream for stream in self._mix if stream.message_id == 0]
        for number in range(VEHICLES):
            self._send(number, heartbeat)

    def speak(self) -> int:
        """What comes in one rest of the socket; returns how many frames."""
        count = round(VEHICLES * MESSAGES_HZ * REST_S)
        rates_hz = [stream.rate_hz for stream in self._mix]
        for stream in self._rng.choices(self._mix, rates_hz, k=count):
            self._send(self._rng.randrange(VEHICLES), stream)
        return count

    async def read(self) -> float:
        """Let the loop read all of it; returns the processor time that took [s]."""
        wanted = sum(self._sequences.values())
        began_s = time.thread_time()
        while self._link.counters.frames < wanted:  # noqa: ASYNC110  # nothing tells when the far side of a wire is read
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return time.thread_time() - began_s

    def close(self) -> None:
        """Release both ends."""
        self._runner.close()
        for air in self._air:
            air.close()

    def _send(self, number: int, stream: Stream) -> None:
        payload = stream.payloads[self._told[number, stream.message_id] % len(stream.payloads)]
        self._told[number, stream.message_id] += 1
        head = bytes((len(payload), 0, 0, self._sequences[number] & 0xFF, number + 1, 1))
        body = head + stream.message_id.to_bytes(3, "little") + payload
        checksum = crc16.mcrf4xx(body + bytes((stream.crc_extra,)))
        self._sequences[number] += 1
        self._air[number].send(b"\xfd" + body + checksum.to_bytes(2, "little"))


def take(tracker: Tracker, event: LinkEvent) -> None:
    """As a vehicle's desk does."""
    if isinstance(event, TelemetrySample):
        tracker.take(event)


async def microseconds(*, sifted: bool) -> float:
    """Processor time a frame, the median of many looks."""
    network = Network(await open_fleet_socket("127.0.0.1", 0, rest_s=1e-6), streams(), sifted=sifted)
    network.greet()
    await network.read()
    looks_us = []
    for _ in range(LOOKS):
        frames = network.speak()
        looks_us.append(await network.read() / frames * 1e6)
    network.close()
    return statistics.median(looks_us)


def main() -> None:
    """By turns, then both medians."""
    load_kernel()
    rest_collector()
    rounds = [[asyncio.run(microseconds(sifted=sifted)) for sifted in (False, True)] for _ in range(ROUNDS)]
    plain, sifted = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"{VEHICLES} vehicles, {round(VEHICLES * MESSAGES_HZ * REST_S)} frames a look, median of {ROUNDS} rounds")
    print(f"plain path {plain:6.2f} us a frame")
    print(f"sieve      {sifted:6.2f} us a frame   ({plain / sifted:.1f} times)")


if __name__ == "__main__":
    main()
