"""What the simulated vans and depot crew need of a message bus: the structure of an MQTT client, whoever carries it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class Message(Protocol):
    """One message as received."""

    @property
    def topic(self) -> str:
        """Where it was published."""

    @property
    def payload(self) -> bytes:
        """What was published."""

    @property
    def retained(self) -> bool:
        """Delivered because it was retained."""


class Bus(Protocol):
    """Publish and subscribe with MQTT's meaning of topic, filter, QoS and retain."""

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hand over a message."""

    def subscribe(self, topic_filter: str) -> AsyncIterator[Message]:
        """Messages matching the filter, retained ones first."""
