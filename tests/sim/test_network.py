"""The simulated network: what it loses is decided by the seed, and it behaves like a socket."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from skystork.shell.loops import run_virtual
from skystork_sim.network import Cut, MemoryNetwork

HERE, THERE = ("127.0.0.1", 1), ("127.0.0.1", 2)
Arrival = tuple[float, bytes]


def carry(seed: int, **conditions: float) -> list[Arrival]:
    """Send a hundred datagrams, ten a second; when each arrived."""

    async def play() -> list[Arrival]:
        loop = asyncio.get_running_loop()
        network = MemoryNetwork(loop, Random(seed), **conditions)
        arrived: list[Arrival] = []
        sender, receiver = network.endpoint(HERE), network.endpoint(THERE)
        receiver.set_receiver(lambda data, _address: arrived.append((round(loop.time(), 6), data)))
        for number in range(100):
            sender.send(bytes([number]), THERE)
            await asyncio.sleep(0.1)
        await asyncio.sleep(5.0)
        return arrived

    return run_virtual(play(), 1000.0)


def test_the_same_seed_loses_the_same_datagrams_and_another_does_not() -> None:
    terrible = {"loss": 0.2, "delay_s": 0.05, "jitter_s": 0.3, "duplication": 0.1}
    assert carry(1, **terrible) == carry(1, **terrible)
    assert carry(1, **terrible) != carry(2, **terrible)


def test_a_perfect_network_delivers_everything_in_order_after_the_delay() -> None:
    arrived = carry(1, delay_s=0.04)
    assert [data[0] for _, data in arrived] == list(range(100))
    assert arrived[0][0] == pytest.approx(1000.04)


def test_loss_duplication_and_jitter_each_show() -> None:
    assert 60 <= len(carry(1, loss=0.2)) <= 95
    assert len(carry(1, duplication=0.3)) > 110
    numbers = [data[0] for _, data in carry(1, jitter_s=0.5)]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == list(range(100))


def test_nothing_passes_in_either_direction_while_the_link_is_cut() -> None:
    async def play() -> list[float]:
        loop = asyncio.get_running_loop()
        network = MemoryNetwork(loop, Random(1))
        first, second = network.endpoint(HERE), network.endpoint(THERE)
        network.cut(Cut(THERE, 1002.0, 1004.0))
        heard: list[float] = []
        first.set_receiver(lambda _data, _address: heard.append(loop.time()))
        second.set_receiver(second.send)
        for _ in range(6):
            first.send(b"?", THERE)
            await asyncio.sleep(1.0)
        assert network.traffic.cut == 2
        return heard

    assert run_virtual(play(), 1000.0) == pytest.approx([1000.0, 1001.0, 1004.0, 1005.0])


def test_an_address_is_bound_once_and_free_again_when_closed() -> None:
    async def play() -> None:
        network = MemoryNetwork(asyncio.get_running_loop(), Random(1))
        endpoint = network.endpoint(HERE)
        with pytest.raises(OSError, match="in use"):
            network.endpoint(HERE)
        endpoint.close()
        network.endpoint(HERE)

    run_virtual(play(), 1000.0)
