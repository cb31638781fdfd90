"""What the app needs of a message bus, whoever carries it: MQTT, or the in-memory bus of virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


def nobody_waits() -> None:
    """For the word that a message is taken."""


@dataclass(frozen=True, slots=True)
class BusMessage:
    """One message as received."""

    topic: str
    payload: bytes
    retained: bool
    """Published to be retained, now or earlier; with MQTT 3.1.1 only where the broker had kept it until now."""
    qos: int = 1
    """As it came."""
    response_topic: str = ""
    """Where the sender wants its answer (MQTT 5); empty where it did not say."""
    correlation: bytes = b""
    """To be sent back with the answer (MQTT 5)."""
    acknowledge: Callable[[], None] = field(default=nobody_waits, compare=False, repr=False)
    """To be called when it is on disk, or needs not to be. A bus that keeps its session brings a message for which this
    was not called to the next process of its name; on any other it does nothing."""


class Bus(Protocol):
    """Publish and subscribe with MQTT's meaning of topic, filter, QoS and retain."""

    @property
    def problem(self) -> str | None:
        """Why it is not connected; None while it is."""

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
        """Hand over a message; waits while the bounded outgoing queue is full, never drops at QoS 1.

        Where to answer, and what to send back with the answer, go along with MQTT 5 only.
        """

    def subscribe(self, topic_filter: str) -> AsyncIterator[BusMessage]:
        """Messages matching the filter, retained ones first; the subscription outlives reconnects."""


Address = tuple[str, int]


DatagramReceiver = Callable[[bytes, Address], None]
"""Takes a received datagram and where it came from."""


class DatagramEndpoint(Protocol):
    """A network's end on this machine: a UDP socket, a byte stream cut into frames, or a stand-in in memory."""

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        """Say who takes the datagrams; until then they wait or are lost, as in a socket's buffer."""

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; may be lost."""

    def close(self) -> None:
        """Release the address."""


@dataclass(frozen=True, slots=True)
class EndpointFigures:
    """What an endpoint has met since it was opened."""

    up: bool = True
    """Can carry datagrams now; a socket without connection always can."""
    unsent: int = 0
    """Datagrams not taken by the system, or with no connection to go to."""
    kernel_drops: int = 0
    """Datagrams the system threw away because they were not read in time."""
    dropped_bytes: int = 0
    """Bytes of a stream that belonged to no frame."""
    bad_checksum: int = 0
    """Frames of a stream whose checksum was wrong."""
    reconnects: int = 0
    """Connections lost and tried anew."""
    problem: str | None = None
    """Why it is not up, and what to do."""


@runtime_checkable
class WireEndpoint(DatagramEndpoint, Protocol):
    """An endpoint on a real wire."""

    @property
    def peer(self) -> Address | None:
        """The one address behind which everything on this network is; None where vehicles have their own."""

    def figures(self) -> EndpointFigures:
        """What was met so far."""


def peer_of(endpoint: DatagramEndpoint) -> Address | None:
    """The one address behind an endpoint, where it has one."""
    return endpoint.peer if isinstance(endpoint, WireEndpoint) else None
