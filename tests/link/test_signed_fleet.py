"""Signed vehicles behind a fleet link: what is believed of them, byte by byte, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pymavlink.dialects.v20 import common
from tests_support.link_world import GROUND, START_S, LinkWorld, vehicle_address
from tests_support.px4_counterpart import Px4Counterpart
from tests_support.signing_counterpart import SigningCounterpart

from skystork.link.contract import CommandResult, CommandSettled, Heard, Lost, TelemetrySample, WrongPeer
from skystork.link.service_contract import TrafficSighted
from skystork.link.signing import FrameSigning, SigningKey, Verdict

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(range(1, 33)))
INTRUDER = ("10.0.9.9", 5555)


def signed_world(*, clock_s: float = START_S, key: SigningKey = KEY) -> tuple[LinkWorld, SigningCounterpart]:
    """Vehicle 1 signs, vehicle 2 beside it does not."""
    vehicle = SigningCounterpart(1, key=key.secret, clock_s=clock_s)
    return LinkWorld([vehicle, Px4Counterpart(2)], signings={1: FrameSigning(KEY)}), vehicle


def said(world: LinkWorld, system_id: int = 1) -> list[str]:
    return [event.what for event in world.told(WrongPeer, system_id) if isinstance(event, WrongPeer)]


def modes(world: LinkWorld, system_id: int = 1) -> set[str | None]:
    return {event.mode for event in world.told(TelemetrySample, system_id) if isinstance(event, TelemetrySample)}


def armed(world: LinkWorld) -> set[bool | None]:
    return {event.armed for event in world.told(TelemetrySample) if isinstance(event, TelemetrySample)}


def speak(world: LinkWorld, voice: Px4Counterpart, source: tuple[str, int], seconds: int = 3) -> None:
    for _ in range(seconds):
        voice.handle_timer(world.now_s)
        for data in voice.outbox:
            world.send(data, source, GROUND)
        voice.outbox.clear()
        world.run(limit_s=1.0)


def test_a_signed_vehicle_is_heard_obeys_and_reports() -> None:
    world, vehicle = signed_world()
    world.connect()
    world.fleet.vehicle(1).arm(world.now_s)
    world.run(limit_s=2)
    (settled,) = world.told(CommandSettled)
    assert isinstance(settled, CommandSettled)
    assert settled.result is CommandResult.ACCEPTED
    assert vehicle.armed
    assert vehicle.refused == 0
    assert said(world) == []


def test_an_unsigned_heartbeat_never_changes_mode_or_armed_and_is_named() -> None:
    world, _ = signed_world()
    world.connect()
    spoof = Px4Counterpart(1)
    spoof.armed, spoof.custom_mode = True, 0x05040000
    speak(world, spoof, vehicle_address(1))
    assert armed(world) == {None, False}
    assert modes(world) == {None, "AUTO.LOITER"}
    (complaint,) = said(world)
    assert "system 1, speaks without a signature, which proves nothing" in complaint


def test_an_unsigned_heartbeat_keeps_no_contact_and_makes_none() -> None:
    world, vehicle = signed_world()
    world.connect()
    vehicle.silent = True
    for source in (vehicle_address(1), INTRUDER):
        speak(world, Px4Counterpart(1), source, 6)
        assert len(world.told(Lost)) == 1
    assert len(world.told(Heard)) == 1
    assert world.fleet.vehicle(1).address == vehicle_address(1)


def test_a_vehicle_without_its_key_is_not_trusted_before_it_has_it() -> None:
    world, vehicle = signed_world()
    vehicle.forget_key()
    world.run(limit_s=5)
    assert not world.told(Heard)
    assert "provision its key" in said(world)[0]
    vehicle.take_key(KEY.secret, 0)
    vehicle.mav.signing.timestamp = round((world.now_s - 1_420_070_400) * 1e5)
    world.run(limit_s=3)
    assert len(world.told(Heard)) == 1


def test_a_vehicle_with_another_key_is_named_and_obeys_nothing() -> None:
    world, _ = signed_world(key=OTHER)
    world.run(limit_s=5)
    assert not world.told(Heard)
    assert "system 1, signs with another key than the one in the site file" in said(world)[0]
    assert world.told(Heard, 2)


def test_a_vehicle_that_signs_where_the_site_has_no_key_is_named() -> None:
    world = LinkWorld([SigningCounterpart(1, key=KEY.secret, clock_s=START_S)])
    world.run(limit_s=3)
    assert "the site file has no key for it" in said(world)[0]


def test_a_recording_of_the_vehicle_is_worth_nothing() -> None:
    world, vehicle = signed_world()
    recorded: list[bytes] = []

    def record(data: bytes, target: tuple[str, int]) -> bool:
        if target == GROUND:
            recorded.append(data)
        return False

    world.lose = record
    world.connect()
    vehicle.custom_mode, vehicle.armed = 0x05040000, True
    world.run(limit_s=3)
    world.lose = lambda _data, _target: False
    samples = len(world.told(TelemetrySample))
    vehicle.silent = True
    for source in (vehicle_address(1), INTRUDER):
        for data in recorded:
            world.send(data, source, GROUND)
        world.run(limit_s=0.5)
    assert len(world.told(TelemetrySample)) == samples
    world.run(limit_s=8)
    assert len(world.told(Lost)) == 1
    world.run(limit_s=60)
    for data in recorded:
        world.send(data, INTRUDER, GROUND)
    world.run(limit_s=1)
    assert len(world.told(Heard)) == 1
    assert any("signs with times of the past" in text for text in said(world))


def test_frames_doubled_on_the_way_are_no_reason_to_complain() -> None:
    vehicle = SigningCounterpart(1, key=KEY.secret, clock_s=START_S)
    signing = FrameSigning(KEY)
    world = LinkWorld([vehicle], signings={1: signing}, duplication=0.5, jitter_s=0.02)
    world.run(limit_s=20)
    assert signing.judged[Verdict.REPLAYED] > 5
    assert len(world.told(Heard)) == 1
    assert said(world) == []


def test_a_vehicle_whose_clock_is_ahead_is_named_and_shuts_nobody_out() -> None:
    world, vehicle = signed_world(clock_s=START_S + 3600)
    world.run(limit_s=3)
    assert not world.told(Heard)
    assert "more than 60 s ahead of this machine's clock" in said(world)[0]
    vehicle.mav.signing.timestamp = round((world.now_s - 1_420_070_400) * 1e5)
    world.run(limit_s=3)
    assert len(world.told(Heard)) == 1


@pytest.mark.parametrize("we_restarted_too", [False, True])
def test_a_vehicle_that_rebooted_with_an_old_clock_is_brought_forward_by_our_heartbeats(we_restarted_too: bool) -> None:
    world, vehicle = signed_world()
    world.connect()
    world.run(limit_s=100)
    vehicle.lose_clock(START_S - 86_400, world.now_s)
    if we_restarted_too:
        memory = FrameSigning(KEY).memory
        signing = FrameSigning(KEY, memory=memory)
        later = LinkWorld([vehicle], signings={1: signing})
        later.now_s = world.now_s
        world = later
    heard = len(world.told(Heard))
    world.run(limit_s=12)
    assert world.fleet.vehicle(1).state == "up"
    assert len(world.told(Heard)) <= heard + 1
    assert vehicle.refused == 0


def test_a_recording_cannot_keep_the_vehicle_from_its_own_address() -> None:
    vehicle = SigningCounterpart(1, key=KEY.secret, clock_s=START_S - 3600)
    recorded: list[bytes] = []
    vehicle.handle_timer(START_S - 3600)
    recorded += vehicle.outbox
    vehicle.outbox.clear()
    world = LinkWorld([], signings={})
    world.fleet.add_vehicle(1, signing=FrameSigning(KEY))
    for data in recorded:
        world.send(data, INTRUDER, GROUND)
    world.run(limit_s=2)
    assert not world.told(Heard)
    vehicle.mav.signing.timestamp = round((world.now_s - 1_420_070_400) * 1e5)
    speak(world, vehicle, vehicle_address(1))
    assert len(world.told(Heard)) == 1
    assert world.fleet.vehicle(1).address == vehicle_address(1)


def test_traffic_is_heard_unsigned_and_is_no_sign_of_life() -> None:
    world, vehicle = signed_world()
    world.connect()
    vehicle.silent = True
    before = world.fleet.vehicle(1).counters.frames
    traffic = common.MAVLink(None, srcSystem=1, srcComponent=1)
    plane = common.MAVLink_adsb_vehicle_message(77, 545_166_000, -15_539_000, 0, 0, 0, 0, 0, b"GABC", 1, 0, 1, 0)
    for _ in range(8):
        world.send(bytes(plane.pack(traffic)), vehicle_address(1), GROUND)
        world.run(limit_s=1)
    assert len(world.told(Lost)) == 1
    assert world.fleet.vehicle(1).counters.frames == before
    assert world.told(TrafficSighted)
    assert said(world) == []


def test_a_payload_behind_a_signed_vehicle_must_sign_too_and_is_named() -> None:
    world, _ = signed_world()
    world.connect()
    winch = common.MAVLink(None, srcSystem=1, srcComponent=169)
    status = common.MAVLink_winch_status_message(0, 3.0, 0.0, 1.0, 16.0, 0.0, 20, 1)
    for _ in range(3):
        world.send(bytes(status.pack(winch)), vehicle_address(1), GROUND)
    world.run(limit_s=1)
    (complaint,) = said(world)
    assert "system 1, component 169, speaks without a signature" in complaint


def bit_flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def cut_off(data: bytes) -> bytes:
    return data[:-3]


def without_trailer(data: bytes) -> bytes:
    return data[:-13]


def flag_removed(data: bytes) -> bytes:
    return data[:2] + b"\0" + data[3:-13]


def as_another_system(data: bytes) -> bytes:
    return data[:5] + b"\x02" + data[6:]


@pytest.mark.parametrize("spoil", [bit_flipped, cut_off, without_trailer, flag_removed, as_another_system])
def test_a_signed_frame_that_was_tampered_with_changes_nothing(spoil: Callable[[bytes], bytes]) -> None:
    world, vehicle = signed_world()
    world.connect()
    vehicle.custom_mode, vehicle.armed = 0x05040000, True
    vehicle.handle_timer(vehicle.next_timer_s())
    frames, vehicle.outbox, vehicle.silent = vehicle.outbox, [], True
    samples = len(world.told(TelemetrySample)), modes(world, 2)
    for data in frames:
        world.send(spoil(bytes(data)), vehicle_address(1), GROUND)
    world.run(limit_s=0.5)
    assert (len(world.told(TelemetrySample)), modes(world, 2)) == samples


def test_the_rest_of_the_fleet_is_undisturbed_by_all_of_it() -> None:
    world, _ = signed_world()
    world.connect()
    speak(world, Px4Counterpart(1), INTRUDER, 5)
    speak(world, SigningCounterpart(1, key=OTHER.secret, clock_s=world.now_s), INTRUDER, 5)
    assert len(world.told(Heard, 2)) == 1
    assert not world.told(Lost, 2) and not said(world, 2)
    assert not world.told(Lost, 1)
