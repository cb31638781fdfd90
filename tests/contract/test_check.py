"""What the checker says of messages that keep the contract, and of each way to break it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from skystork.app.bus_header import Header
from skystork.contract.channels import CHANNELS, channel_of
from skystork.contract.check import ContractCheck, Rule
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import Kpi
from skystork.contract.vehicle_messages import Connection, ConnectionState

ROOT = "skystork/v1/town"
TOPIC = f"{ROOT}/skystork/LC-0001/connection"
ONLINE = Connection(**NO_HEADER, connection_state=ConnectionState.ONLINE)


class Sender:
    """Sends messages that keep the contract, or one that was changed."""

    def __init__(self) -> None:
        self.header, self.check = Header("skystork"), ContractCheck(ROOT)

    def say(self, topic: str = TOPIC, serial: str = "LC-0001", at_s: float = 0.0, **change: Any) -> list[Rule]:
        """The rules that are broken."""
        how = {"qos": 1, "retained": True, **{name: change.pop(name) for name in ("qos", "retained") if name in change}}
        wire = msgspec.json.decode(self.header.seal(ONLINE, topic, serial, 1_795_000_000.0))
        payload = msgspec.json.encode({name: value for name, value in {**wire, **change}.items() if value is not ...})
        return [breach.rule for breach in self.check.take(topic, payload, at_s=at_s, **how)]


def test_what_keeps_the_contract_is_not_told() -> None:
    sender = Sender()
    assert [sender.say() for _ in range(3)] == [[], [], []]
    assert sender.check.seen == {"connection": 3}
    assert not sender.check.finish(100.0)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"connectionState": "Online"}, Rule.SCHEMA),
        ({"connectionState": ...}, Rule.SCHEMA),
        ({"timestamp": "2026-11-21T10:00:00+00:00"}, Rule.SCHEMA),
        ({"headerId": -1}, Rule.SCHEMA),
        ({"headerId": ...}, Rule.SCHEMA),
        ({"manufacturer": "acme"}, Rule.HEADER),
        ({"serialNumber": "LC-0002"}, Rule.HEADER),
        ({"headerId": 7}, Rule.COUNTER),
        ({"qos": 0}, Rule.QOS),
        ({"retained": False}, Rule.RETAIN),
    ],
)
def test_each_way_to_break_it_is_told(change: dict[str, Any], rule: Rule) -> None:
    sender = Sender()
    sender.say()
    assert sender.say(**change) == [rule]


def test_a_start_and_a_repeated_delivery_are_no_gap() -> None:
    sender = Sender()
    first = sender.header.seal(ONLINE, TOPIC, "LC-0001", 0.0)
    for _ in range(2):
        assert not sender.check.take(TOPIC, first, qos=1, retained=True, at_s=0.0)
    sender.say()
    sender.header = Header("skystork")
    assert sender.say() == []


@pytest.mark.parametrize("payload", [b"{", b"[]", b"null", b"\xff", b"[" * 50_000])
def test_what_is_no_message_is_told_and_nothing_breaks(payload: bytes) -> None:
    (breach,) = ContractCheck(ROOT).take(TOPIC, payload, qos=1, retained=True, at_s=0.0)
    assert breach.rule is Rule.SCHEMA


def test_a_strange_topic_is_told_and_a_cleared_one_is_not() -> None:
    check = ContractCheck(ROOT)
    (breach,) = check.take(f"{ROOT}/strange/topic", b"x", qos=1, retained=False, at_s=0.0)
    assert breach.rule is Rule.TOPIC
    assert not check.take(TOPIC, b"", qos=1, retained=True, at_s=0.0)


def test_a_state_that_is_not_repeated_is_told() -> None:
    check, header = ContractCheck(ROOT), Header("skystork")
    topic = f"{ROOT}/skystork/EV-0001/state"
    wire = msgspec.json.decode(header.seal(ONLINE, topic, "EV-0001", 0.0))
    del wire["connectionState"]
    van = {"orderUpdateId": 0, "driving": False, "geodetic": {"latitude": 1.0, "longitude": 2.0}, "actionStates": []}
    for number, at_s in enumerate((0.0, 30.0, 70.0)):
        payload = msgspec.json.encode({**wire, **van, "headerId": number})
        told = check.take(topic, payload, qos=1, retained=True, at_s=at_s)
        assert [each.rule for each in told] == ([Rule.SILENCE] if at_s == 70.0 else [])
    assert [each.rule for each in check.finish(106.0)] == [Rule.SILENCE]


def test_every_address_finds_its_own_channel() -> None:
    for channel in CHANNELS:
        parts = channel.address.split("/")
        assert channel_of("/".join("x" if part.startswith("{") else part for part in parts)) is channel
    reply = channel_of("control/ann/reply/desk/7")
    assert reply is not None and reply.name == "reply"
    assert channel_of("control/ann/command/7") is None


def test_a_message_takes_no_field_that_it_does_not_have() -> None:
    fields = {field.name: 0 for field in msgspec.structs.fields(Kpi)} | NO_HEADER
    text = msgspec.json.encode({**msgspec.to_builtins(Kpi(**fields)), "timestamp": "2026-11-21T10:00:00.000Z"})
    assert msgspec.json.decode(text, type=Kpi).accepted == 0
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(text[:-1] + b',"more":1}', type=Kpi)
