"""Looks at every message of a broker and says what breaks the contract; by the same table that all is made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from skystork.contract.channels import CHANNELS, Channel, channel_of
from skystork.contract.header import Message

STATE_SILENCE_S = 35.0
"""VDA 5050 wants a state every 30 s; five for the way and the round."""
LONGEST_TEXT = 300


class Rule(StrEnum):
    """What can be broken."""

    TOPIC = "TOPIC"
    """No such topic in the contract."""
    SCHEMA = "SCHEMA"
    """Not a message of this topic: a field is missing, unknown, of another type, or not in capitals."""
    HEADER = "HEADER"
    """The header is about another sender than the topic."""
    COUNTER = "COUNTER"
    """headerId does not follow its predecessor: a message was lost or doubled, or two send there."""
    QOS = "QOS"
    RETAIN = "RETAIN"
    SILENCE = "SILENCE"
    """A vehicle's state was not repeated in time."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One message that breaks the contract."""

    topic: str
    rule: Rule
    text: str

    def __str__(self) -> str:
        return f"{self.rule} {self.topic}: {self.text}"


class ContractCheck:
    """Takes messages in the order in which they came.

    Parameters
    ----------
    root
        Of the site's topics, ``skystork/v1/<site>``.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._last: dict[str, tuple[int, bytes]] = {}
        self._heard_s: dict[str, float] = {}
        self.seen: Counter[str] = Counter()
        """Messages, by the name of the channel."""

    def take(self, topic: str, payload: bytes, *, qos: int, retained: bool | None, at_s: float) -> list[Breach]:
        """What of this message breaks the contract.

        Parameters
        ----------
        retained
            Whether it was published to be kept; None where that is not known.
        at_s
            When it came [s].
        """
        below = topic.removeprefix(f"{self._root}/")
        channel = channel_of(below) if below != topic else None
        if channel is None:
            return [Breach(topic, Rule.TOPIC, "no such topic")]
        self.seen[channel.name] += 1
        if not payload and retained is not False:
            return []  # a topic that is cleared
        read = _read(channel, payload)
        found = [] if isinstance(read, Message) else [Breach(topic, Rule.SCHEMA, read)]
        found += _flags(topic, channel, qos, retained)
        if isinstance(read, Message):
            found += self._header(topic, below, channel, read, payload)
            found += self._silence(topic, channel, at_s)
        return found

    def finish(self, at_s: float) -> list[Breach]:
        """What was not heard any more at the end."""
        late = [topic for topic, heard_s in self._heard_s.items() if at_s - heard_s > STATE_SILENCE_S]
        return [Breach(topic, Rule.SILENCE, f"not repeated for {at_s - self._heard_s[topic]:.0f} s") for topic in late]

    def _header(self, topic: str, below: str, channel: Channel, read: Message, payload: bytes) -> list[Breach]:
        found = []
        names = dict(zip(channel.address.split("/"), below.split("/"), strict=False))
        for name, seen in (("{manufacturer}", read.manufacturer), ("{serialNumber}", read.serial_number)):
            if names.get(name, seen) != seen:
                found.append(Breach(topic, Rule.HEADER, f"{name[1:-1]} is {seen}, the topic says {names[name]}"))
        for name, whose in (("{issuer}", "issuer"), ("{partner}", "partner")):
            if names.get(name, read.serial_number) != read.serial_number:
                text = f"serialNumber is {read.serial_number}, not the {whose}'s name"
                found.append(Breach(topic, Rule.HEADER, text))
        before = self._last.get(topic)
        self._last[topic] = (read.header_id, payload)
        if before is None or not channel.counted or read.header_id in {0, before[0] + 1} or payload == before[1]:
            return found  # from 0 after a start; the same again is a delivery repeated at QoS 1
        return [*found, Breach(topic, Rule.COUNTER, f"headerId {read.header_id} after {before[0]}")]

    def _silence(self, topic: str, channel: Channel, at_s: float) -> list[Breach]:
        if channel.name != "state":
            return []
        before_s, self._heard_s[topic] = self._heard_s.get(topic, at_s), at_s
        if at_s - before_s <= STATE_SILENCE_S:
            return []
        return [Breach(topic, Rule.SILENCE, f"{at_s - before_s:.0f} s after the one before")]


def _read(channel: Channel, payload: bytes) -> Message | str:
    """The message, or why it is none of this channel."""
    why = ""
    for kind in channel.messages:
        try:
            message: Message = msgspec.json.decode(payload, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            why = why or f"not a {kind.__name__}: {str(error)[:LONGEST_TEXT]}"
        else:
            return message
    return why


def _flags(topic: str, channel: Channel, qos: int, retained: bool | None) -> list[Breach]:
    found = []
    if qos < channel.qos:
        found.append(Breach(topic, Rule.QOS, f"QoS {qos}, the contract says {channel.qos}"))
    if retained is not None and retained is not channel.retained:
        text = "not retained, and should be" if channel.retained else "retained, and must not be"
        found.append(Breach(topic, Rule.RETAIN, text))
    return found


assert len({channel.name for channel in CHANNELS}) == len(CHANNELS), "names of channels are keys"
