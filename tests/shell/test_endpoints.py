from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import termios
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests_support.px4_counterpart import Px4Counterpart

from skystork.errors import Unavailable
from skystork.link.contract import LinkSettings
from skystork.link.fleet_link import FleetLink
from skystork.shell.bus import WireEndpoint
from skystork.shell.connection_url import Connection, SerialLine, TcpIn, TcpOut, UdpIn, UdpOut
from skystork.shell.endpoints import open_endpoint
from skystork.shell.link_runner import LinkRunner
from skystork.shell.tcp import MOST_CONNECTIONS, TcpServer
from skystork.shell.udp import FleetSocket, open_fleet_socket

LOCAL = "127.0.0.1"
WAIT_S = 10


@contextlib.asynccontextmanager
async def opened(connection: Connection) -> AsyncIterator[WireEndpoint]:
    endpoint = await open_endpoint(connection)
    try:
        yield endpoint
    finally:
        endpoint.close()
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until the condition holds."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  (what is waited for is on the other side of a wire)
            await asyncio.sleep(0.001)


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOCAL, 0))
        port: int = probe.getsockname()[1]
        return port


def beats(vehicle: Px4Counterpart) -> list[bytes]:
    vehicle.handle_timer(vehicle.next_timer_s())
    sent = list(vehicle.outbox)
    vehicle.outbox.clear()
    return sent


class Ground:
    """A fleet link with one vehicle on an endpoint."""

    def __init__(self, endpoint: WireEndpoint) -> None:
        self.fleet = FleetLink(LinkSettings(heartbeat_interval_s=0.02), peer=endpoint.peer)
        self.fleet.add_vehicle(1)
        self.runner = LinkRunner(self.fleet, endpoint)

    @property
    def heard(self) -> bool:
        return self.fleet.vehicle(1).state == "up"


async def test_udpout_sends_first_and_always_from_the_same_port() -> None:
    own_port = free_port()
    async with opened(UdpIn(LOCAL, free_port())) as air:
        assert isinstance(air, FleetSocket)
        received: list[tuple[str, int]] = []
        air.set_receiver(lambda _data, address: received.append(address))
        for _ in range(2):
            async with opened(UdpOut(LOCAL, air.address[1], own_port)) as endpoint:
                ground = Ground(endpoint)
                seen = len(received)
                await until(lambda seen=seen: len(received) > seen)  # type: ignore[misc]
                air.send(b"".join(beats(Px4Counterpart())), received[-1])
                await until(lambda ground=ground: ground.heard)  # type: ignore[misc]
                ground.runner.close()
        assert set(received) == {(LOCAL, own_port)}


async def test_two_networks_on_one_local_port_are_refused_with_the_option_that_helps() -> None:
    own_port = free_port()
    async with opened(UdpOut(LOCAL, 9, own_port)):
        with pytest.raises(Unavailable, match=r"another program has it.*\?local_port="):
            await open_endpoint(UdpOut(LOCAL, 9, own_port))


@pytest.mark.parametrize("connection", [UdpOut("no-such-host.invalid", 9, 9), UdpIn("no-such-host.invalid", 9)])
async def test_a_name_nobody_knows_is_refused_at_once(connection: Connection) -> None:
    with pytest.raises(Unavailable, match="no-such-host"):
        await open_endpoint(connection)


async def test_tcpin_hears_each_connection_as_an_address_of_its_own() -> None:
    vehicles = {1: Px4Counterpart(1), 2: Px4Counterpart(2)}
    async with opened(TcpIn(LOCAL, 0)) as endpoint:
        assert isinstance(endpoint, TcpServer)
        fleet = FleetLink(LinkSettings(heartbeat_interval_s=0.02))
        for system_id in vehicles:
            fleet.add_vehicle(system_id)
        runner = LinkRunner(fleet, endpoint)
        wires = {system_id: await asyncio.open_connection(*endpoint.address) for system_id in vehicles}
        for system_id, vehicle in vehicles.items():
            stream = b"".join(beats(vehicle))
            wires[system_id][1].write(stream[:11])
            await wires[system_id][1].drain()
            wires[system_id][1].write(stream[11:])
        await until(lambda: all(fleet.vehicle(system_id).state == "up" for system_id in vehicles))
        assert len({fleet.vehicle(system_id).address for system_id in vehicles}) == 2
        for reader, _ in wires.values():
            assert (await reader.readexactly(1)) == b"\xfd"
        for _, writer in wires.values():
            writer.close()
            await writer.wait_closed()
        await until(lambda: endpoint.figures().reconnects == 2)
        unsent = endpoint.figures().unsent
        await until(lambda: endpoint.figures().unsent > unsent)
        runner.close()


async def test_tcpin_accepts_no_more_than_a_network_can_have() -> None:
    async with opened(TcpIn(LOCAL, 0)) as endpoint:
        assert isinstance(endpoint, TcpServer)
        wires = [await asyncio.open_connection(*endpoint.address) for _ in range(MOST_CONNECTIONS)]
        reader, writer = await asyncio.open_connection(*endpoint.address)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        for _, each in (*wires, (reader, writer)):
            each.transport.abort()
        await until(lambda: endpoint.figures().reconnects == MOST_CONNECTIONS + 1)


async def test_a_tcp_port_in_use_is_named_with_what_to_do() -> None:
    async with opened(TcpIn(LOCAL, 0)) as endpoint:
        assert isinstance(endpoint, TcpServer)
        port = endpoint.address[1]
        with pytest.raises(Unavailable, match=rf"ss -ltnp sport = :{port}"):
            await open_endpoint(TcpIn(LOCAL, port))


async def test_a_tcp_connection_is_told_missing_then_made_and_made_again_after_a_loss() -> None:
    port = free_port(socket.SOCK_STREAM)
    accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    async with opened(TcpOut(LOCAL, port)) as endpoint:
        ground = Ground(endpoint)
        await until(lambda: "cannot be reached" in (endpoint.figures().problem or ""))
        assert not endpoint.figures().up
        server = await asyncio.start_server(lambda _reader, writer: accepted.put_nowait(writer), LOCAL, port)
        for round_number in range(2):
            async with asyncio.timeout(WAIT_S):
                writer = await accepted.get()
            writer.write(b"".join(beats(Px4Counterpart())))
            await until(lambda: ground.heard and endpoint.figures().up)
            assert endpoint.figures().problem is None
            writer.transport.abort()
            await until(lambda number=round_number: endpoint.figures().reconnects == number + 1)  # type: ignore[misc]
            assert "ended the connection" in (endpoint.figures().problem or "")
        ground.runner.close()
        server.close()


async def test_a_peer_that_reads_nothing_costs_datagrams_and_not_the_loop() -> None:
    accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _reader, writer: accepted.put_nowait(writer), LOCAL, 0, limit=1)
    port = server.sockets[0].getsockname()[1]
    async with opened(TcpOut(LOCAL, port)) as endpoint:
        await until(lambda: endpoint.figures().up)
        assert endpoint.peer is not None
        for _ in range(200):
            endpoint.send(bytes(65_000), endpoint.peer)
        assert endpoint.figures().unsent > 0
    (await accepted.get()).close()
    server.close()


@contextlib.contextmanager
def terminal_pair() -> AsyncIterator[tuple[int, str]]:  # type: ignore[misc]  # a plain generator
    """A pseudo-terminal: our end, and the device that stands for the serial line."""
    own, device = os.openpty()
    settings = termios.tcgetattr(device)
    settings[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(device, termios.TCSANOW, settings)
    name = os.ttyname(device)
    os.close(device)
    os.set_blocking(own, False)
    try:
        yield own, name
    finally:
        with contextlib.suppress(OSError):
            os.close(own)


async def test_a_vehicle_on_a_serial_line_is_heard_and_hears_us() -> None:
    with terminal_pair() as (own, device):
        async with opened(SerialLine(device, 57_600)) as endpoint:
            ground = Ground(endpoint)
            stream = b"".join(beats(Px4Counterpart()))
            for start in range(0, len(stream), 5):
                os.write(own, stream[start : start + 5])
                await asyncio.sleep(0)
            await until(lambda: ground.heard)
            received = bytearray()

            def hears_us() -> bool:
                with contextlib.suppress(BlockingIOError):
                    received.extend(os.read(own, 4096))
                return len(received) > 20

            await until(hears_us)
            assert received[0] == 0xFD
            assert endpoint.figures().up
            ground.runner.close()


async def test_a_serial_line_that_is_pulled_out_is_told_and_opened_again_when_it_is_back(tmp_path: Path) -> None:
    link = tmp_path / "ttyUSB0"
    with terminal_pair() as (first, device):
        link.symlink_to(device)
        async with opened(SerialLine(str(link), 57_600)) as endpoint:
            ground = Ground(endpoint)
            os.write(first, b"".join(beats(Px4Counterpart())))
            await until(lambda: ground.heard)
            os.close(first)
            link.unlink()
            await until(lambda: not endpoint.figures().up)
            assert "is gone" in (endpoint.figures().problem or "")
            await until(lambda: "cannot be opened" in (endpoint.figures().problem or ""))
            with terminal_pair() as (second, replaced):
                link.symlink_to(replaced)
                await until(lambda: endpoint.figures().up)
                frames = ground.fleet.counters.frames
                os.write(second, b"".join(beats(Px4Counterpart())))
                await until(lambda: ground.fleet.counters.frames > frames)
            ground.runner.close()


async def test_a_device_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    async with opened(SerialLine(str(tmp_path / "ttyUSB7"), 57_600)) as endpoint:
        figures = endpoint.figures()
        assert not figures.up
        assert "ttyUSB7" in (figures.problem or "")
        assert "plug it in or correct its name" in (figures.problem or "")


async def test_garbage_on_a_stream_is_counted_and_stays_after_the_connection() -> None:
    with terminal_pair() as (own, device):
        async with opened(SerialLine(device, 57_600)) as endpoint:
            ground = Ground(endpoint)
            hurt = bytearray(b"".join(beats(Px4Counterpart())))
            hurt[12] ^= 1  # the first frame's payload
            good = b"".join(beats(Px4Counterpart()))
            os.write(own, good + bytes(hurt) + b"noise" + good)
            await until(lambda: endpoint.figures().dropped_bytes > 5)
            assert endpoint.figures().bad_checksum == 1
            assert ground.heard
            os.close(own)
            await until(lambda: not endpoint.figures().up)
            assert endpoint.figures().dropped_bytes > 5
            ground.runner.close()


async def test_datagrams_that_the_kernel_drops_are_counted() -> None:
    receiver = await open_fleet_socket(LOCAL, 0, receive_buffer_bytes=4096)
    sender = await open_fleet_socket(LOCAL, 0)
    try:
        assert receiver.figures().kernel_drops == 0
        for _ in range(500):
            sender.send(bytes(200), receiver.address)
        drops = receiver.figures().kernel_drops
        received = []
        receiver.set_receiver(lambda data, _address: received.append(data))
        for _ in range(200):
            await asyncio.sleep(0)
        assert drops == 500 - len(received) > 0
    finally:
        receiver.close()
        sender.close()
