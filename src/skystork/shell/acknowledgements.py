"""Messages that the broker keeps until their reader has them on its own disk.

An acknowledgement that goes out on arrival loses what a process was told and had not written when it was killed. So the
reader gives the word, and the broker hears it in the order in which the messages came (MQTT 5.0, 4.6). A broken
connection brings what is not acknowledged again, under the same packet identifiers (MQTT 5.0, 4.4), and so it does with
what was acknowledged when the broker no longer heard it: what its reader has already is not given to it twice, and is
acknowledged on the new connection as soon as the word was given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

REMEMBERED = 1000
"""Messages acknowledged last; more are under way to a client in no broker that we know (Mosquitto: 20)."""


@dataclass(slots=True, eq=False)
class _Given:
    """One message in its reader's hands."""

    topic: str
    payload: bytes
    settled: bool = False


class Acknowledgements:
    """Keeps count over all connections of one session."""

    def __init__(self) -> None:
        self._given: dict[int, _Given] = {}
        """By packet identifier, in the order in which they came on this connection."""
        self._told: dict[int, _Given] = {}
        """Acknowledged; whether the broker heard it nobody knows."""
        self._before: dict[int, _Given] = {}
        """Of an earlier connection of this session, and not come again yet."""
        self._tell: Callable[[int], object] = _nobody

    def connected(self, tell: Callable[[int], object], *, resumed: bool) -> None:
        """A new connection begins.

        Parameters
        ----------
        tell
            Acknowledges a packet identifier on it.
        resumed
            The broker still has our session; else its packet identifiers are of other messages.
        """
        self._before = self._before | self._told | self._given if resumed else {}
        self._told, self._given, self._tell = {}, {}, tell

    def disconnected(self) -> None:
        """Nobody can be told; the words that are given are kept."""
        self._tell = _nobody

    def take(self, packet_id: int, topic: str, payload: bytes) -> Callable[[], None] | None:
        """A message came: how its reader gives the word for it; None where a reader has it from before."""
        self._told.pop(packet_id, None)
        before = self._before.pop(packet_id, None)
        known = before is not None and (before.topic, before.payload) == (topic, payload)
        given = before if before is not None and known else _Given(topic, payload)
        self._given[packet_id] = given
        if known:
            self._tell_broker()
            return None

        def settle() -> None:
            given.settled = True
            self._tell_broker()

        return settle

    def _tell_broker(self) -> None:
        if self._tell is _nobody:
            return
        while self._given:
            packet_id, given = next(iter(self._given.items()))
            if not given.settled:
                return
            self._told[packet_id] = self._given.pop(packet_id)
            while len(self._told) > REMEMBERED:
                del self._told[next(iter(self._told))]
            self._tell(packet_id)


def _nobody(_: int) -> None:
    """There is no connection."""
