"""Which filter means which topic: one table, asked of our own matcher, the memory bus and a real Mosquitto."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from skystork.errors import InvalidInput
from skystork.shell.broker import find_mosquitto, start_broker
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.mqtt import MqttBus
from skystork.shell.topics import Subscription, topic_matches

TOPICS = ("a", "a/b", "a/b/c", "a/x/c", "/a", "a/", "a//c", "b/b", "A/b", "ab", "$own", "$own/b")
RETAINED = ("a", "a/b/c", "/a", "a//c", "A/b")
"""Not the topics of the broker's own: Mosquitto retains none of those."""
FILTERS = {
    "a": {"a"},
    "a/b": {"a/b"},
    "#": {"a", "a/b", "a/b/c", "a/x/c", "/a", "a/", "a//c", "b/b", "A/b", "ab"},
    "+": {"a", "ab"},
    "+/+": {"a/b", "/a", "a/", "b/b", "A/b"},
    "/+": {"/a"},
    "a/#": {"a", "a/b", "a/b/c", "a/x/c", "a/", "a//c"},
    "a/+": {"a/b", "a/"},
    "a/+/c": {"a/b/c", "a/x/c", "a//c"},
    "a/b/#": {"a/b", "a/b/c"},
    "+/b/#": {"a/b", "a/b/c", "b/b", "A/b"},
    "+/#": {"a", "a/b", "a/b/c", "a/x/c", "/a", "a/", "a//c", "b/b", "A/b", "ab"},
    "$own/#": {"$own", "$own/b"},
    "$own/+": {"$own/b"},
    "b": set(),
}


@pytest.mark.parametrize("topic_filter", FILTERS)
def test_our_matcher_reads_the_table(topic_filter: str) -> None:
    assert {topic for topic in TOPICS if topic_matches(topic_filter, topic)} == FILTERS[topic_filter]


async def heard(reader: Subscription) -> tuple[set[str], list[str]]:
    """Topics that came retained, and topics that came live until the end mark, in order."""
    kept, live = set(), []
    async with asyncio.timeout(20.0):
        async for message in reader:
            if message.payload == b"end":
                return kept, live
            if message.retained:
                kept.add(message.topic)
            else:
                live.append(message.topic)
    raise AssertionError("ended early")


async def ask(bus: MqttBus | MemoryBus, topic_filter: str) -> tuple[set[str], list[str]]:
    """Subscribe after half the topics were retained, publish all of them live, and hear what came."""
    reader = bus.subscribe(topic_filter)
    end = next((topic for topic in TOPICS if topic_matches(topic_filter, topic)), None)
    if isinstance(bus, MqttBus):  # live messages count from when the broker has the subscription
        await bus.publish("probe", b"here", retain=True)
        probe = bus.subscribe("probe")
        await anext(probe)
        probe.close()
    for topic in TOPICS:
        await bus.publish(topic, b"live")
    if end is None:
        return set(), []
    await bus.publish(end, b"end")
    kept, live = await heard(reader)
    reader.close()
    return kept - {"probe"}, [topic for topic in live if topic != "probe"]


async def retain_half(bus: MqttBus | MemoryBus) -> None:
    for topic in RETAINED:
        await bus.publish(topic, b"kept", retain=True)
    if isinstance(bus, MqttBus):
        assert await bus.drained(20.0)


@pytest.fixture
async def mosquitto_bus() -> AsyncIterator[MqttBus]:
    async with start_broker(0) as url, MqttBus(url, "asker") as bus:
        await bus.wait_connected(20.0)
        yield bus


def expected(topic_filter: str) -> tuple[set[str], list[str]]:
    meant = FILTERS[topic_filter]
    return meant & set(RETAINED), [topic for topic in TOPICS if topic in meant]


@pytest.mark.parametrize("topic_filter", FILTERS)
async def test_the_memory_bus_keeps_to_the_table(topic_filter: str) -> None:
    bus = MemoryBus()
    await retain_half(bus)
    assert await ask(bus, topic_filter) == expected(topic_filter)


@pytest.mark.broker
@pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)")
async def test_mosquitto_keeps_to_the_same_table(mosquitto_bus: MqttBus) -> None:
    await retain_half(mosquitto_bus)
    for topic_filter in FILTERS:
        assert await ask(mosquitto_bus, topic_filter) == expected(topic_filter), topic_filter


@pytest.mark.parametrize("topic_filter", ["", "a+", "+a/b", "a/#/b", "a#", "##", "nul\0"])
def test_what_is_no_filter_is_refused(topic_filter: str) -> None:
    with pytest.raises(InvalidInput):
        MemoryBus().subscribe(topic_filter)
