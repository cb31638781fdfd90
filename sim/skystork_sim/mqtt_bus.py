"""The message bus of the simulation process: an MQTT client that comes back by itself.

Separate from the controller's own client on purpose: the simulation imports nothing of what it tests.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiomqtt

RETRY_S = 1.0
QUEUE_LIMIT = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """One message as received."""

    topic: str
    payload: bytes
    retained: bool


class MqttBus:
    """Publishes and subscribes; what is published while away waits in a bounded queue, the newest of it.

    Nobody waits for a broker that is gone: a van drives on, a process ends. What is told is told again, as it is then.

    Parameters
    ----------
    protocol
        MQTT 5, or 3.1.1 for brokers that know no better.
    """

    def __init__(
        self, host: str, port: int, *, protocol: aiomqtt.ProtocolVersion = aiomqtt.ProtocolVersion.V311
    ) -> None:
        self._host, self._port, self._protocol = host, port, protocol
        self._outgoing: asyncio.Queue[tuple[str, bytes, int, bool]] = asyncio.Queue(QUEUE_LIMIT)
        self._listeners: list[tuple[str, asyncio.Queue[MqttMessage]]] = []
        self._client: aiomqtt.Client | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        told = False
        while True:
            try:
                async with aiomqtt.Client(self._host, self._port, protocol=self._protocol) as client:
                    told = False
                    await self._serve(client)
            except* aiomqtt.MqttError as error:
                if not told:
                    log.warning(
                        "no broker at %s:%d (%s); trying every second", self._host, self._port, error.exceptions[0]
                    )
                told = True
            self._client = None
            await asyncio.sleep(RETRY_S)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hand over a message; where the queue is full the oldest goes."""
        if self._outgoing.full():
            self._outgoing.get_nowait()
        self._outgoing.put_nowait((topic, payload, qos, retain))

    async def subscribe(self, topic_filter: str) -> AsyncIterator[MqttMessage]:
        """Messages matching the filter; the subscription outlives reconnects."""
        queue: asyncio.Queue[MqttMessage] = asyncio.Queue(QUEUE_LIMIT)
        self._listeners.append((topic_filter, queue))
        if self._client is not None:
            await self._client.subscribe(topic_filter, qos=1)
        while True:
            yield await queue.get()

    async def _serve(self, client: aiomqtt.Client) -> None:
        for topic_filter, _ in self._listeners:
            await client.subscribe(topic_filter, qos=1)
        self._client = client
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._transmit(client), name="mqtt-send")
            tasks.create_task(self._receive(client), name="mqtt-receive")

    async def _transmit(self, client: aiomqtt.Client) -> None:
        while True:
            topic, payload, qos, retain = await self._outgoing.get()
            try:
                await client.publish(topic, payload, qos=qos, retain=retain)
            except aiomqtt.MqttError:
                await self.publish(topic, payload, qos=qos, retain=retain)
                raise

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            for topic_filter, queue in self._listeners:
                if message.topic.matches(topic_filter):
                    await queue.put(MqttMessage(str(message.topic), payload, bool(message.retain)))
