"""What the app needs of a message bus, whoever carries it: MQTT, or the in-memory bus of virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BusMessage:
    """One message as received."""

    topic: str
    payload: bytes
    retained: bool
    """Delivered because it was retained, not because it was just published."""


class Bus(Protocol):
    """Publish and subscribe with MQTT's meaning of topic, filter, QoS and retain."""

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hand over a message; waits while the bounded outgoing queue is full, never drops at QoS 1."""

    def subscribe(self, topic_filter: str) -> AsyncIterator[BusMessage]:
        """Messages matching the filter, retained ones first; the subscription outlives reconnects."""


Address = tuple[str, int]


DatagramReceiver = Callable[[bytes, Address], None]
"""Takes a received datagram and where it came from."""


class DatagramEndpoint(Protocol):
    """A bound UDP socket, or its stand-in in memory."""

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        """Say who takes the datagrams; until then they wait or are lost, as in a socket's buffer."""

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; may be lost."""

    def close(self) -> None:
        """Release the address."""
