"""Everything wrong that may come in on a network: each named plainly, and the rest of the fleet undisturbed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

import pytest
from pymavlink.dialects.v20 import common
from tests_support.link_world import GROUND, START_S, LinkWorld, vehicle_address
from tests_support.px4_counterpart import Px4Counterpart
from tests_support.signing_counterpart import SigningCounterpart

from skystork.link.contract import (
    CommandResult,
    CommandSettled,
    Heard,
    LinkSettings,
    Lost,
    MissionItem,
    MissionType,
    Rebooted,
    TelemetrySample,
    TransferOutcome,
    TransferSettled,
    WrongPeer,
)
from skystork.link.fleet_link import FleetLink, UnknownVehicle
from skystork.link.signing import FrameSigning, SigningKey
from skystork.link.vehicle_link import Address

KEY = SigningKey(bytes(range(32)))
INTRUDER = ("10.0.9.9", 5555)
FLEET = (1, 3)


class Voice:
    """Somebody who should not speak, or not so: sends something every 0.1 s."""

    def __init__(self, voice: Px4Counterpart, source: Address, change: Callable[[bytes], bytes] = lambda data: data):
        self.voice, self.source, self.change = voice, source, change

    def speak(self, world: LinkWorld) -> None:
        self.voice.handle_timer(world.now_s)
        for data in self.voice.outbox:
            world.send(self.change(bytes(data)), self.source, GROUND)
        self.voice.outbox.clear()


def world_with(*, configured: bool = False, signs: bool = False) -> LinkWorld:
    """Vehicles 1 and 3, heard; the trouble will be about number 2."""
    world = LinkWorld([Px4Counterpart(system_id) for system_id in FLEET], configured=configured)
    world.fleet.add_vehicle(2, vehicle_address(2) if configured else None, signing=FrameSigning(KEY) if signs else None)
    world.run(lambda: all(world.fleet.vehicle(system_id).state == "up" for system_id in FLEET))
    return world


def said(world: LinkWorld, system_id: int) -> list[str]:
    return [event.what for event in world.told(WrongPeer, system_id) if isinstance(event, WrongPeer)]


def other_autopilot() -> Voice:
    return Voice(Px4Counterpart(2, autopilot=3), vehicle_address(2))


def wrong_system_id() -> Voice:
    return Voice(Px4Counterpart(7), vehicle_address(2))


def unsigned_on_a_signed_link() -> Voice:
    return Voice(Px4Counterpart(2), vehicle_address(2))


def old_protocol_on_a_signed_link() -> Voice:
    voice = Px4Counterpart(2)

    def as_mavlink_1(data: bytes) -> bytes:
        (message,) = common.MAVLink(None).parse_buffer(data) or (None,)
        if message is None or message.get_type() != "HEARTBEAT":
            return b""
        mav = common.MAVLink(None, srcSystem=2, srcComponent=1)
        return bytes(message.pack(mav, force_mavlink1=True))

    return Voice(voice, vehicle_address(2), as_mavlink_1)


def another_key() -> Voice:
    return Voice(SigningCounterpart(2, key=bytes(range(1, 33)), clock_s=START_S), vehicle_address(2))


@pytest.mark.parametrize(
    ("make", "configured", "signs", "complaint"),
    [
        (other_autopilot, False, False, "says it is autopilot 3"),
        (wrong_system_id, True, False, "speaks as system 7, configured is 2"),
        (unsigned_on_a_signed_link, False, True, "system 2, speaks without a signature"),
        (old_protocol_on_a_signed_link, False, True, "system 2, speaks without a signature"),
        (another_key, False, True, "system 2, signs with another key"),
    ],
)
def test_a_vehicle_that_is_not_what_it_should_be_is_named_once_and_the_others_fly_on(
    make: Callable[[], Voice], configured: bool, signs: bool, complaint: str
) -> None:
    world, voice = world_with(configured=configured, signs=signs), make()
    for _ in range(100):
        voice.speak(world)
        world.run(limit_s=0.1)
    (named,) = said(world, 2)
    assert complaint in named
    assert not world.told(Heard, 2)
    assert not world.told(TelemetrySample, 2)
    undisturbed(world)


def undisturbed(world: LinkWorld) -> None:
    """The other vehicles were heard all the time, were complained of in nothing, and still obey."""
    for system_id in FLEET:
        assert len(world.told(Heard, system_id)) == 1
        assert not world.told(Lost, system_id)
        assert said(world, system_id) == []
        world.fleet.vehicle(system_id).arm(world.now_s)
    world.run(limit_s=2)
    for system_id in FLEET:
        (settled,) = world.told(CommandSettled, system_id)
        assert isinstance(settled, CommandSettled)
        assert settled.result is CommandResult.ACCEPTED


def test_a_mission_longer_than_the_vehicle_takes_is_named_with_its_length_and_another_gets_its_own() -> None:
    small, large = Px4Counterpart(1), Px4Counterpart(3)
    small.refuse_plans_with = 4  # MAV_MISSION_NO_SPACE
    world = LinkWorld([small, large])
    world.connect()
    items = [MissionItem(16, 3, (0.0, 0.0, 0.0, 0.0), 54.5, -1.5, 30.0 + number) for number in range(12)]
    for system_id in FLEET:
        world.fleet.vehicle(system_id).upload(MissionType.MISSION, items, world.now_s)
    world.run(lambda: all(world.told(TransferSettled, system_id) for system_id in FLEET))
    (refused,), (taken,) = (world.told(TransferSettled, system_id) for system_id in FLEET)
    assert isinstance(refused, TransferSettled)
    assert isinstance(taken, TransferSettled)
    assert (refused.outcome, taken.outcome) == (TransferOutcome.REFUSED, TransferOutcome.VERIFIED)
    assert refused.detail == "MISSION_ACK NO_SPACE: the vehicle has no room for 12 items"


def test_two_vehicles_with_one_id_at_two_addresses_are_named_and_the_first_goes_on() -> None:
    world = world_with()
    second = Voice(Px4Counterpart(1), INTRUDER)
    second.voice.custom_mode, second.voice.armed = 0x05040000, True
    for _ in range(100):
        second.speak(world)
        world.run(limit_s=0.1)
    (named,) = said(world, 1)
    assert "10.0.9.9:5555 claims to be system 1, which is at 10.0.1.1:14581" in named
    assert "give every vehicle its own MAV_SYS_ID" in named
    assert {event.armed for event in world.told(TelemetrySample, 1) if isinstance(event, TelemetrySample)} == {
        None,
        False,
    }
    assert not world.told(Lost, 1)


def test_two_vehicles_with_one_id_behind_one_address_are_named() -> None:
    world = LinkWorld([])
    world.fleet = FleetLink(LinkSettings(), peer=INTRUDER)
    world.fleet.add_vehicle(1)
    old, new = Px4Counterpart(1), Px4Counterpart(1)
    old.booted_s = START_S - 3600
    for _ in range(20):
        for voice in (old, new):
            Voice(voice, INTRUDER).speak(world)
            world.run(limit_s=0.2)
            voice.send(common.MAVLink_system_time_message(0, round((world.now_s - (voice.booted_s or 0)) * 1000)))
            Voice(voice, INTRUDER).speak(world)
        world.run(limit_s=0.6)
    assert "two vehicles speak under one id from one address" in said(world, 1)[0]
    assert world.told(Rebooted, 1)


def test_a_new_port_of_a_mobile_network_is_taken_after_a_loss_and_named_before() -> None:
    world = world_with()
    vehicle = world.counterparts.pop(vehicle_address(1))
    moved = Voice(vehicle, INTRUDER)
    lost_after_s = None
    for step in range(200):
        moved.speak(world)
        world.run(limit_s=0.1)
        if world.told(Lost, 1) and lost_after_s is None:
            lost_after_s = step * 0.1
    assert lost_after_s is not None and 4.0 <= lost_after_s <= 6.5
    assert "10.0.9.9:5555 claims to be system 1" in said(world, 1)[0]
    assert len(world.told(Heard, 1)) == 2
    assert world.fleet.vehicle(1).address == INTRUDER


def test_our_own_id_from_outside_is_a_stranger_told_once() -> None:
    world = world_with()
    echo = Px4Counterpart(255, component_id=190)
    for _ in range(50):
        Voice(echo, INTRUDER).speak(world)
        world.run(limit_s=0.1)
    strangers = [event for event in world.events if isinstance(event, UnknownVehicle)]
    assert [(event.system_id, event.address) for event in strangers] == [(255, INTRUDER)]
    undisturbed(world)


def test_our_own_frames_sent_back_change_nothing() -> None:
    world = world_with()
    echoed: list[bytes] = []

    def echo(data: bytes, target: Address) -> bool:
        if target != GROUND:
            echoed.append(data)
        return False

    world.lose = echo
    world.run(limit_s=5)
    world.lose = lambda _data, _target: False
    for data in echoed:
        world.send(data, vehicle_address(1), GROUND)
    world.run(limit_s=2)
    assert len(echoed) > 5
    undisturbed(world)


def test_a_radios_own_status_is_no_stranger() -> None:
    world = world_with()
    radio = common.MAVLink(None, srcSystem=51, srcComponent=68)
    status = common.MAVLink_radio_status_message(180, 175, 80, 40, 42, 0, 0)
    for _ in range(3):
        world.send(bytes(status.pack(radio)), vehicle_address(1), GROUND)
    world.run(limit_s=1)
    assert not [event for event in world.events if isinstance(event, UnknownVehicle)]
    undisturbed(world)


def mutated(data: bytes, rng: Random) -> bytes:
    """A datagram cut off, turned in some bits, doubled into itself, or made of noise."""
    match rng.randrange(4):
        case 0:
            return data[: rng.randrange(len(data))]
        case 1:
            hurt = bytearray(data)
            for _ in range(rng.randrange(1, 4)):
                hurt[rng.randrange(len(hurt))] ^= 1 << rng.randrange(8)
            return bytes(hurt)
        case 2:
            cut = rng.randrange(len(data))
            return data[:cut] + data
        case _:
            return rng.randbytes(rng.randrange(1, 400))


@pytest.mark.parametrize("signs", [False, True])
def test_a_thousand_hurt_datagrams_change_nothing_and_are_counted(signs: bool) -> None:
    world, rng = world_with(signs=signs), Random(20261121)
    voice = SigningCounterpart(2, key=KEY.secret, clock_s=START_S) if signs else Px4Counterpart(2)
    frames: list[bytes] = []
    while len(frames) < 1000:
        voice.handle_timer(voice.next_timer_s())
        frames += [bytes(data) for data in voice.outbox]
        voice.outbox.clear()
    whole = {bytes(data) for data in frames}
    for data in frames:
        hurt = mutated(data, rng)
        if not any(frame in hurt for frame in (data,)) and hurt not in whole:
            world.send(hurt, vehicle_address(2), GROUND)
        world.run(limit_s=0.01)
    counters = world.fleet.counters
    assert counters.dropped_bytes > 10_000
    assert counters.bad_checksum > 100
    assert not world.told(Heard, 2)
    undisturbed(world)


def test_fields_that_are_no_numbers_or_no_places_do_no_harm() -> None:
    world = world_with()
    mav = common.MAVLink(None, srcSystem=1, srcComponent=1)
    mav.seq = 200
    lowest = -(2**31)
    odd = [
        common.MAVLink_global_position_int_message(0, lowest, lowest, lowest, lowest, 0, 0, 0, 65535),
        common.MAVLink_global_position_int_message(2**32 - 1, 0, 0, 0, 0, 0, 0, 0, 0),
        common.MAVLink_command_ack_message(65535, 255, 255, lowest, 9, 9),
        common.MAVLink_mission_ack_message(255, 190, 255, 255),
        common.MAVLink_statustext_message(7, b"\x1b[2J\x07" + b"\xff" * 40, 9, 250),
    ]
    for message in odd:
        world.send(bytes(message.pack(mav)), vehicle_address(1), GROUND)
        mav.seq += 1
    floats = struct.pack("<QffffHHHBBB", 0, *(float("nan"),) * 4, 0, 0, 0, 255, 255, 255)
    world.send(b"\xfd" + bytes((len(floats), 0, 0, 9, 1, 1, 24, 0, 0)) + floats + b"\0\0", vehicle_address(1), GROUND)
    world.run(limit_s=3)
    assert not world.told(Lost, 1)
    undisturbed(world)
