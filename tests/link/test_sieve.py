"""What the sieve takes out makes no difference: with it and without it, a link knows and says the same."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from pymavlink.dialects.v20 import common
from tests_support.mutated_frames import MUTATIONS, mutated

from skystork.link.contract import LinkSettings
from skystork.link.fleet_link import Address, FleetEvent, FleetLink
from skystork.link.link_counters import NOBODY
from skystork.link.sieve import Reading, address_key
from skystork.link.signing import FrameSigning, SigningKey

STRIDE, MOST = 2048, 64
VEHICLES = (1, 2, 3)
NOW_S = 1_800_000_000.0
Datagram = tuple[bytes, Address]


def home_of(system_id: int) -> Address:
    return (f"10.0.0.{system_id}", 14550 + system_id)


def reading_of(datagrams: list[Datagram]) -> Reading:
    """The buffers as the kernel leaves them."""
    reading = Reading(
        np.zeros((MOST, STRIDE), np.uint8), np.zeros(3 * MOST, np.uint32)[::3], np.zeros((MOST, 16), np.uint8)
    )
    for place, (data, (host, port)) in enumerate(datagrams):
        reading.data[place, : len(data)] = np.frombuffer(data, np.uint8)
        reading.lengths[place] = len(data)
        reading.names[place, 2:8] = (*port.to_bytes(2, "big"), *map(int, host.split(".")))
    return reading


def told_by(fleet: FleetLink) -> dict[int, list[FleetEvent]]:
    """Every event, by vehicle: among vehicles the order is the reading's, not the network's."""
    told: dict[int, list[FleetEvent]] = {}
    while (event := fleet.next_event()) is not None:
        told.setdefault(event.system_id, []).append(event)
    return told


class Twins:
    """Two links of the same fleet, one behind a sieve."""

    def __init__(self, signing: FrameSigning | None = None) -> None:
        self.plain, self.sifted = FleetLink(LinkSettings()), FleetLink(LinkSettings())
        for system_id in VEHICLES:
            self.plain.add_vehicle(system_id, signing=signing)
            self.sifted.add_vehicle(system_id, signing=signing)
        self.sieve = self.sifted.make_sieve()
        self.voices = {system_id: common.MAVLink(None, srcSystem=system_id, srcComponent=1) for system_id in VEHICLES}
        self.taken_out = self.proven = 0
        self.now_s = NOW_S
        for system_id in VEHICLES:
            self.receive([(self.heartbeat(system_id), home_of(system_id))])

    def receive(self, datagrams: list[Datagram]) -> None:
        self.now_s += 0.02
        for data, address in datagrams:
            self.plain.receive_datagram(data, address, self.now_s)
        proven, others = self.sieve.sift(reading_of(datagrams), len(datagrams), self.now_s)
        self.taken_out += len(datagrams) - len(others) - len(proven)
        self.proven += len(proven)
        for place in proven:
            self.sifted.receive_proven(datagrams[place][0], self.now_s)
        for place in others:
            self.sifted.receive_datagram(*datagrams[place], self.now_s)

    def heartbeat(self, system_id: int) -> bytes:
        return self.say(system_id, common.MAVLink_heartbeat_message(2, 12, 29, 0x03040000, 3, 3))

    def attitude(self, system_id: int) -> bytes:
        return self.say(system_id, common.MAVLink_attitude_message(7, 0.1, 0.2, 0.3, 0.0, 0.0, 0.0))

    def assert_same(self) -> None:
        for fleet in (self.plain, self.sifted):
            fleet.handle_timer(self.now_s)
        assert self.plain.counters == self.sifted.counters
        for one, other in zip(self.plain.vehicles, self.sifted.vehicles, strict=True):
            for figure in ("frames", "lost", "ignored", "heard_s"):
                assert getattr(one.counters, figure) == getattr(other.counters, figure), (one.system_id, figure)
            assert (one.state, one.address, one.trusted) == (other.state, other.address, other.trusted)
        assert told_by(self.plain) == told_by(self.sifted)
        assert self.plain.datagrams_to_send(self.now_s) == self.sifted.datagrams_to_send(self.now_s)

    def position(self, system_id: int) -> bytes:
        message = common.MAVLink_global_position_int_message(7, 545_000_000, -15_500_000, 95_000, 45_000, 0, 0, 0, 0)
        return self.say(system_id, message)

    def say(self, system_id: int, message: common.MAVLink_message) -> bytes:
        voice = self.voices[system_id]
        frame: bytes = message.pack(voice)
        voice.seq = (voice.seq + 1) % 256
        return frame


def test_what_nobody_reads_is_taken_out_and_counted() -> None:
    twins = Twins()
    twins.receive([(twins.attitude(system_id), home_of(system_id)) for system_id in VEHICLES * 20])
    assert twins.taken_out == 60
    twins.assert_same()


@pytest.mark.parametrize("seed", range(4))
def test_harmed_datagrams_among_whole_ones_are_judged_as_without_a_sieve(seed: int) -> None:
    rng, twins = Random(seed), Twins()
    for _ in range(150):
        datagrams: list[Datagram] = []
        for _ in range(rng.randrange(1, MOST)):
            system_id = rng.choice(VEHICLES)
            address = home_of(rng.choice(VEHICLES) if rng.random() < 0.05 else system_id)
            what = rng.random()
            if what < 0.65:
                datagrams.append((twins.attitude(system_id), address))
            elif what < 0.85:
                datagrams.append((twins.position(system_id), address))
            elif what < 0.9:
                datagrams.append((twins.heartbeat(system_id), address))
            elif what < 0.92:
                twins.attitude(system_id)  # lost on its way
            elif datagrams and what < 0.94:
                datagrams.append(rng.choice(datagrams))  # late, or doubled
            else:
                datagrams.append((mutated(rng, rng.choice(MUTATIONS))[:STRIDE], address))
        twins.receive(datagrams)
    assert twins.taken_out > 400
    assert twins.proven > 100
    twins.assert_same()


@pytest.mark.parametrize("bit", range(0, 8 * 40, 3))
def test_a_frame_with_any_bit_changed_is_never_taken_out(bit: int) -> None:
    twins = Twins()
    frame = bytearray(twins.attitude(1))
    frame[bit // 8 % len(frame)] ^= 1 << bit % 8
    twins.receive([(bytes(frame), home_of(1))])
    assert twins.taken_out == 0
    twins.assert_same()


def test_a_heartbeat_of_the_kind_a_vehicle_is_trusted_for_is_proven_like_any_other_frame() -> None:
    twins = Twins()
    frames = twins.attitude(1), twins.heartbeat(1), twins.attitude(1)
    twins.receive([(data, home_of(1)) for data in frames])
    assert (twins.taken_out, twins.proven) == (2, 1)
    twins.assert_same()


@pytest.mark.parametrize(("mav_type", "mav_autopilot", "trusted"), [(13, 12, True), (2, 3, False), (6, 8, False)])
def test_what_follows_a_heartbeat_of_another_kind_goes_the_plain_way_in_its_order(
    mav_type: int, mav_autopilot: int, trusted: bool
) -> None:
    twins = Twins()
    other = common.MAVLink_heartbeat_message(mav_type, mav_autopilot, 29, 0x03040000, 3, 3)
    first, kept, behind = twins.attitude(1), twins.say(1, other), twins.attitude(1)
    twins.receive([(data, home_of(1)) for data in (first, kept, behind)])
    assert (twins.taken_out, twins.proven) == (1, 0)
    assert twins.sifted.vehicle(1).trusted is trusted
    twins.assert_same()
    twins.receive([(twins.heartbeat(1), home_of(1)), (twins.attitude(1), home_of(1))])
    twins.assert_same()


def test_of_a_sound_frame_that_is_read_only_the_payload_is_left_to_do() -> None:
    twins = Twins()
    frames = [twins.position(1), twins.attitude(1), twins.position(1)]
    twins.receive([(data, home_of(1)) for data in frames])
    assert (twins.taken_out, twins.proven) == (1, 2)
    twins.assert_same()


def test_a_message_for_another_station_is_ignored_on_either_way() -> None:
    twins = Twins()
    ack = twins.say(1, common.MAVLink_command_ack_message(400, 0, 0, 0, 7, 1))
    twins.receive([(ack, home_of(1))])
    assert twins.proven == 1
    assert [vehicle.counters.ignored for vehicle in twins.sifted.vehicles] == [1, 0, 0]
    twins.assert_same()


def test_nothing_is_taken_out_before_contact_from_elsewhere_or_after_a_loss() -> None:
    twins = Twins()
    twins.receive([(twins.attitude(1), home_of(2))])
    twins.now_s += 60.0
    twins.assert_same()
    twins.receive([(twins.attitude(1), home_of(1))])
    assert twins.taken_out == 0
    twins.assert_same()


def test_a_signed_vehicle_is_never_counted_unread() -> None:
    twins = Twins(FrameSigning(SigningKey(bytes(range(32))), link_id=0, memory=None))
    twins.receive([(twins.attitude(1), home_of(1))])
    assert twins.taken_out == 0


def test_only_an_ipv4_address_has_a_key() -> None:
    assert address_key(("1.2.3.4", 0x1234)) == 0x1234_01020304
    assert {address_key(None), address_key(("::1", 5)), address_key(("/dev/ttyUSB0", 0))} == {NOBODY}
