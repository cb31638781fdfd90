"""A whole fleet through real sockets: what comes while nobody reads waits, and what finds no room is counted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from pymavlink.dialects.v20 import common

from skystork.link.contract import LinkSettings
from skystork.link.fleet_link import FleetLink
from skystork.shell.link_runner import LinkRunner
from skystork.shell.udp import RECEIVE_BUFFER_BYTES, FleetSocket, open_fleet_socket

RADIO_MIX_HZ = 62
"""PX4 1.17's default streams on a radio link (MAVLINK_MODE_NORMAL, mavlink_main.cpp)."""
STALL_S = 0.5
FRAMES_IN_A_STALL = int(RADIO_MIX_HZ * STALL_S)
KERNEL_BYTES = 832
"""What Linux charges a receive buffer for one small datagram (measured on 6.x)."""
WAIT_S = 30


class Fleet:
    """Vehicles at the far end of a socket, their links at the near end; nobody reads unless the loop turns."""

    def __init__(self, vehicles: int, ground: FleetSocket) -> None:
        self.ground, self.sent = ground, 0
        self._link = FleetLink(LinkSettings())
        self._links = [self._link.add_vehicle(number + 1) for number in range(vehicles)]
        self._voices = [common.MAVLink(None, srcSystem=number + 1, srcComponent=1) for number in range(vehicles)]
        self._air = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._air.connect(ground.address)
        self.runner = LinkRunner(self._link, ground)
        self.runner.sift()

    @property
    def frames(self) -> int:
        """Taken, of all vehicles."""
        return sum(link.counters.frames for link in self._links)

    @property
    def lost(self) -> int:
        """Missed by their sequence numbers."""
        return sum(link.counters.lost for link in self._links)

    @property
    def drops(self) -> int:
        """Thrown away by the system."""
        return self.ground.figures().kernel_drops

    def greet(self) -> None:
        self._say(common.MAVLink_heartbeat_message(2, 12, 29, 0x03040000, 3, 3))

    def speak(self, times: int) -> None:
        for number in range(times):
            self._say(common.MAVLink_attitude_message(number, 0.1, 0.2, 0.3, 0.0, 0.0, 0.0))

    async def read_out(self) -> None:
        """Let the loop turn until every datagram was read or dropped."""
        async with asyncio.timeout(WAIT_S):
            while self.frames + self.drops < self.sent:  # noqa: ASYNC110  (it is the far side of a wire)
                await asyncio.sleep(0.02)

    def close(self) -> None:
        self.runner.close()
        self._air.close()

    def _say(self, message: common.MAVLink_message) -> None:
        for voice in self._voices:
            self._air.send(message.pack(voice))
            voice.seq = (voice.seq + 1) % 256
        self.sent += len(self._voices)


@contextlib.asynccontextmanager
async def in_contact(vehicles: int, receive_buffer_bytes: int = RECEIVE_BUFFER_BYTES) -> AsyncIterator[Fleet]:
    fleet = Fleet(vehicles, await open_fleet_socket("127.0.0.1", 0, receive_buffer_bytes=receive_buffer_bytes))
    try:
        for _ in range(2):
            fleet.greet()
            await fleet.read_out()
        yield fleet
    finally:
        fleet.close()


async def test_a_stall_of_half_a_second_loses_nothing_of_300_vehicles() -> None:
    async with in_contact(150) as north, in_contact(150) as south:
        needed_bytes = 150 * FRAMES_IN_A_STALL * KERNEL_BYTES
        if (granted_bytes := north.ground.receive_buffer_bytes) < needed_bytes:
            pytest.skip(f"this machine grants {granted_bytes} of {needed_bytes} bytes (net.core.rmem_max)")
        for fleet in (north, south):
            fleet.speak(FRAMES_IN_A_STALL)  # nothing is read meanwhile: this loop does not turn
        for fleet in (north, south):
            await fleet.read_out()
            fleet.greet()
            await fleet.read_out()
            assert (fleet.frames, fleet.lost, fleet.drops) == (fleet.sent, 0, 0)
            assert fleet.sent == 150 * (FRAMES_IN_A_STALL + 3)


async def test_what_a_full_buffer_drops_is_counted_twice_over() -> None:
    """By the system for the socket, and by the sequence numbers for each vehicle."""
    async with in_contact(10, receive_buffer_bytes=65_536) as fleet:
        fleet.speak(FRAMES_IN_A_STALL)
        await fleet.read_out()
        fleet.greet()  # shows each vehicle that its last ones are missing
        await fleet.read_out()
        assert fleet.drops == fleet.lost > 0
        assert fleet.frames == fleet.sent - fleet.lost
