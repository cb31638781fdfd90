"""The message bus of virtual time: MQTT's meaning of topic, filter and retain, without a broker or a wire.

Deterministic: messages arrive in the order of publication, readers are served in the order of subscription, retained
messages come in the order in which their topics were first retained. Nothing is lost, whatever the QoS.
"""

from __future__ import annotations

import weakref

from skystork.shell.bus import BusMessage
from skystork.shell.topics import Subscription, check_filter, check_topic, topic_matches


class MemoryBus:
    """One broker and all its clients; whoever holds the object is connected."""

    problem: str | None = None
    """Never any: there is no wire."""

    def __init__(self) -> None:
        self._retained: dict[str, bytes] = {}
        # Weak: a reader that lets go of its subscription has ended it, and holds nobody up.
        self._subscriptions: list[weakref.ref[Subscription]] = []
        self.published = 0

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        response_topic: str = "",
        correlation: bytes = b"",
    ) -> None:
        """Deliver a message to every reader whose filter matches; waits for a reader that is far behind.

        An empty retained message clears the topic, as in MQTT.
        """
        check_topic(topic)
        self.published += 1
        if retain and payload:
            self._retained[topic] = payload
        elif retain:
            self._retained.pop(topic, None)
        for subscription in self._readers_of(topic):
            await subscription.room()
            subscription.put(BusMessage(topic, payload, retain, qos, response_topic, correlation))

    def subscribe(self, topic_filter: str) -> Subscription:
        """Messages matching the filter from now on, retained ones first."""
        check_filter(topic_filter)
        subscription = Subscription(topic_filter)
        for topic, payload in self._retained.items():
            if topic_matches(topic_filter, topic):
                subscription.put(BusMessage(topic, payload, retained=True))
        self._subscriptions.append(weakref.ref(subscription))
        return subscription

    def retained(self, topic: str) -> bytes | None:
        """What a new reader of the topic would get."""
        return self._retained.get(topic)

    def _readers_of(self, topic: str) -> list[Subscription]:
        living = [
            reader for reference in self._subscriptions if (reader := reference()) is not None and not reader.closed
        ]
        self._subscriptions = [weakref.ref(reader) for reader in living]
        return [reader for reader in living if topic_matches(reader.topic_filter, topic)]
