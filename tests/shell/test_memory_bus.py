"""The bus of virtual time: MQTT's meaning, always in the same order."""

import asyncio

import pytest

from skystork.errors import InvalidInput
from skystork.shell.loops import Deadlock, run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.topics import SUBSCRIPTION_LIMIT


async def test_the_last_retained_message_comes_first_and_an_empty_one_clears_it() -> None:
    bus = MemoryBus()
    for payload in (b"1", b"2"):
        await bus.publish("state", payload, retain=True)
    message = await anext(bus.subscribe("state"))
    assert (message.payload, message.retained) == (b"2", True)
    await bus.publish("state", b"", retain=True)
    assert bus.retained("state") is None
    late = bus.subscribe("state")
    await bus.publish("state", b"3")
    message = await anext(late)
    assert (message.payload, message.retained) == (b"3", False)


async def test_every_reader_gets_every_message_in_order() -> None:
    bus = MemoryBus()
    first, second = bus.subscribe("a/#"), bus.subscribe("+/b")
    for number in range(100):
        await bus.publish("a/b", bytes([number]))
    for reader in (first, second):
        assert [(await anext(reader)).payload for _ in range(100)] == [bytes([number]) for number in range(100)]


async def test_a_closed_reader_gets_what_had_arrived_and_then_the_end() -> None:
    bus = MemoryBus()
    reader = bus.subscribe("a")
    await bus.publish("a", b"1")
    reader.close()
    await bus.publish("a", b"2")
    assert [message.payload async for message in reader] == [b"1"]


def test_a_reader_that_is_far_behind_holds_the_publisher_up_until_it_reads() -> None:
    async def main() -> tuple[int, float]:
        bus = MemoryBus()
        reader = bus.subscribe("a")

        async def publish() -> None:
            for _ in range(SUBSCRIPTION_LIMIT + 10):
                await bus.publish("a", b"x")

        async with asyncio.TaskGroup() as group:
            publishing = group.create_task(publish())
            await asyncio.sleep(60.0)
            waiting = not publishing.done()
            for _ in range(SUBSCRIPTION_LIMIT + 10):
                await anext(reader)
        return waiting, asyncio.get_running_loop().time()

    assert run_virtual(main(), 0.0) == (True, 60.0)


def test_a_reader_that_never_reads_shows_as_a_deadlock_and_one_that_let_go_holds_nobody_up() -> None:
    async def main(*, keep: bool) -> int:
        bus = MemoryBus()
        reader = bus.subscribe("a") if keep else None
        bus.subscribe("a")  # let go at once
        for _ in range(SUBSCRIPTION_LIMIT + 1):
            await bus.publish("a", b"x")
        return 0 if reader is None else len(reader)

    assert run_virtual(main(keep=False), 0.0) == 0
    with pytest.raises(Deadlock, match="room"):
        run_virtual(main(keep=True), 0.0)


@pytest.mark.parametrize("topic", ["", "a/+", "#", "nul\0"])
async def test_what_no_broker_would_take_is_refused(topic: str) -> None:
    with pytest.raises(InvalidInput):
        await MemoryBus().publish(topic, b"")
