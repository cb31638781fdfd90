from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from skystork.errors import Unavailable
from skystork.shell.receive_many import MOST
from skystork.shell.udp import REST_S, FleetSocket, next_look_s, open_fleet_socket

LOCAL = "127.0.0.1"


@contextlib.asynccontextmanager
async def opened(*, rest_s: float = REST_S) -> AsyncIterator[FleetSocket]:
    fleet_socket = await open_fleet_socket(LOCAL, 0, rest_s=rest_s)
    try:
        yield fleet_socket
    finally:
        fleet_socket.close()


async def test_a_port_in_use_is_named_with_what_to_do() -> None:
    async with opened() as first:
        port = first.address[1]
        with pytest.raises(Unavailable, match=rf"{LOCAL}:{port} .*another program has it.*ss -lunp sport = :{port}"):
            await open_fleet_socket(LOCAL, port)


async def test_an_address_of_another_machine_is_refused_with_what_to_do() -> None:
    with pytest.raises(Unavailable, match="not this machine's"):
        await open_fleet_socket("192.0.2.1", 14550)


async def test_a_host_that_is_no_host_is_refused_with_what_to_do() -> None:
    with pytest.raises(Unavailable, match="give an address of this machine"):
        await open_fleet_socket("256.0.0.1:bad", 14550)


async def test_the_receive_buffer_is_larger_than_the_systems_default() -> None:
    async with opened() as fleet_socket:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
            default_bytes = plain.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert fleet_socket.receive_buffer_bytes >= default_bytes


async def test_a_flood_is_read_in_bounded_turns_so_that_others_have_theirs() -> None:
    received_at_turn: list[int] = []
    turns = 0
    async with opened() as receiver, opened() as sender:
        for number in range(MOST + 8):
            sender.send(number.to_bytes(2, "big"), receiver.address)
        receiver.set_receiver(lambda _data, _address: received_at_turn.append(turns))
        while len(received_at_turn) < MOST + 8:
            await asyncio.sleep(0)
            turns += 1
    assert max(received_at_turn.count(turn) for turn in set(received_at_turn)) <= MOST
    assert len(set(received_at_turn)) >= 2


async def test_an_emptied_socket_rests_and_what_comes_meanwhile_waits_for_it() -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    async with opened() as sender, opened(rest_s=1e9) as receiver:
        receiver.set_receiver(lambda data, _address: arrived.put_nowait(data))
        sender.send(b"first", receiver.address)
        async with asyncio.timeout(10):
            assert await arrived.get() == b"first"
        sender.send(b"second", receiver.address)
        for _ in range(5):
            await asyncio.sleep(0)
        assert arrived.empty()


async def test_a_socket_wakes_from_its_rest() -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    async with opened() as sender, opened() as receiver:
        receiver.set_receiver(lambda data, _address: arrived.put_nowait(data))
        async with asyncio.timeout(10):
            for number in range(5):
                sender.send(bytes((number,)), receiver.address)
                assert await arrived.get() == bytes((number,))


async def test_sending_to_a_closed_port_is_loss_and_reading_goes_on() -> None:
    arrived = asyncio.Event()
    async with opened() as receiver, opened() as gone:
        receiver.set_receiver(lambda _data, _address: arrived.set())
        nowhere = gone.address
        gone.close()
        receiver.send(b"lost", nowhere)
        await asyncio.sleep(0)
        async with opened() as sender:
            sender.send(b"here", receiver.address)
            async with asyncio.timeout(10):
                await arrived.wait()


async def test_sockets_that_follow_each_other_look_at_different_instants() -> None:
    async with opened() as first, opened() as second:
        assert first.phase_s != second.phase_s


@pytest.mark.parametrize("phase_s", [0.0, 5.0, 15.0])
def test_the_next_look_is_after_now_no_later_than_a_rest_and_at_its_own_phase(phase_s: float) -> None:
    for now_s in (0.0, 4.9, 5.0, 5.1, 19.9, 20.0, 1_000_003.0):
        look_s = next_look_s(now_s, 20.0, phase_s)
        assert now_s < look_s <= now_s + 20.0
        assert (look_s - phase_s) % 20.0 == 0.0
