from __future__ import annotations

import pytest
from tests_support.link_world import GROUND, LinkWorld, vehicle_address
from tests_support.px4_counterpart import Px4Counterpart

from skystork.errors import LinkUsageError
from skystork.link.contract import CommandSettled, Heard, LinkSettings, Lost, TelemetrySample, WrongPeer
from skystork.link.fleet_link import FleetLink, UnknownVehicle

INTRUDER = ("10.0.9.9", 5555)


def speak(world: LinkWorld, voice: Px4Counterpart, source: tuple[str, int], seconds: int) -> None:
    """Let a counterpart that the world does not know speak from an address."""
    for _ in range(seconds):
        voice.handle_timer(world.now_s)
        for data in voice.outbox:
            world.send(data, source, GROUND)
        voice.outbox.clear()
        world.run(limit_s=1.0)


def test_each_vehicle_hears_and_answers_only_for_itself() -> None:
    counterparts = [Px4Counterpart(system_id) for system_id in (1, 2, 3)]
    world = LinkWorld(counterparts)
    world.connect()
    world.fleet.vehicle(2).arm(world.now_s)
    world.run(limit_s=2)
    assert [each.armed for each in counterparts] == [False, True, False]
    assert [len(world.told(CommandSettled, system_id)) for system_id in (1, 2, 3)] == [0, 1, 0]
    assert all(len(world.told(Heard, system_id)) == 1 for system_id in (1, 2, 3))


@pytest.mark.parametrize("configured", [True, False])
def test_a_second_address_under_the_same_id_is_reported_once_and_ignored(configured: bool) -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart], configured=configured)
    world.connect()
    spoof = Px4Counterpart()
    spoof.custom_mode = 0x05040000
    speak(world, spoof, INTRUDER, 5)
    (wrong,) = world.told(WrongPeer)
    assert isinstance(wrong, WrongPeer)
    assert "10.0.9.9:5555" in wrong.what
    modes = {event.mode for event in world.told(TelemetrySample) if isinstance(event, TelemetrySample)}
    assert modes == {None, "AUTO.LOITER"}
    assert world.fleet.vehicle(1).address == vehicle_address(1)


def test_a_configured_address_that_speaks_as_another_system_is_reported_to_its_vehicle() -> None:
    world = LinkWorld([], configured=True)
    world.fleet.add_vehicle(4, vehicle_address(4))
    speak(world, Px4Counterpart(7), vehicle_address(4), 3)
    (wrong,) = world.told(WrongPeer, 4)
    assert isinstance(wrong, WrongPeer)
    assert "speaks as system 7, configured is 4" in wrong.what
    assert not [event for event in world.events if isinstance(event, UnknownVehicle)]


def test_a_vehicle_of_the_fleet_at_the_configured_address_of_another_is_not_taken_over() -> None:
    world = LinkWorld([])
    world.fleet.add_vehicle(4, vehicle_address(4))
    world.fleet.add_vehicle(7)
    speak(world, Px4Counterpart(7), vehicle_address(4), 3)
    assert world.fleet.vehicle(7).address is None
    assert not world.told(Heard, 7)
    assert len(world.told(WrongPeer, 4)) == 1


def test_a_learnt_vehicle_may_come_back_from_another_port_after_a_loss_and_a_configured_one_not() -> None:
    for configured in (False, True):
        counterpart = Px4Counterpart()
        world = LinkWorld([counterpart], configured=configured)
        world.connect()
        counterpart.silent = True
        world.run(lambda w=world: bool(w.told(Lost)), limit_s=20)  # type: ignore[misc]
        speak(world, Px4Counterpart(), INTRUDER, 3)
        assert len(world.told(Heard)) == (1 if configured else 2)
        assert world.fleet.vehicle(1).address == (vehicle_address(1) if configured else INTRUDER)


def test_an_unknown_system_is_reported_once_and_never_answered() -> None:
    world = LinkWorld([Px4Counterpart()])
    speak(world, Px4Counterpart(77), INTRUDER, 5)
    unknown = [event for event in world.events if isinstance(event, UnknownVehicle)]
    assert [(event.system_id, event.address) for event in unknown] == [(77, INTRUDER)]


def test_an_address_is_learnt_only_from_a_heartbeat_of_the_right_kind() -> None:
    world = LinkWorld([])
    world.fleet.add_vehicle(5)
    speak(world, Px4Counterpart(5, autopilot=3), INTRUDER, 2)
    speak(world, Px4Counterpart(5, component_id=100), INTRUDER, 2)
    assert world.fleet.vehicle(5).address is None
    assert len(world.told(WrongPeer, 5)) == 1
    speak(world, Px4Counterpart(5), INTRUDER, 2)
    assert world.fleet.vehicle(5).address == INTRUDER


def test_a_request_to_a_vehicle_never_heard_settles_all_the_same() -> None:
    world = LinkWorld([])
    world.fleet.add_vehicle(5)
    world.fleet.vehicle(5).arm(world.now_s)
    world.run(limit_s=10)
    assert len(world.told(CommandSettled, 5)) == 1


def test_an_id_that_no_vehicle_can_have_is_refused() -> None:
    fleet = FleetLink(LinkSettings())
    fleet.add_vehicle(1)
    for system_id in (0, 1, 255, 256):
        with pytest.raises(LinkUsageError):
            fleet.add_vehicle(system_id)
