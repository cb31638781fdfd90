"""All vehicles of one UDP socket, without I/O: which datagram belongs to whom.

A vehicle is known by its address and its system id together; a system id alone is eight bits that anybody can write.
The address is configured, or learnt from the first valid heartbeat under the vehicle's id. A learnt address holds
while the vehicle is heard from it: only when contact is lost may the vehicle come back from another one (a mobile
network gives a new port after a pause). A configured address never changes.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from skystork.errors import LinkUsageError
from skystork.fleet.vehicle import LinkState
from skystork.link.autopilot import PX4, Autopilot
from skystork.link.codec import Frame, FrameCounters, FrameParser, decode_proven
from skystork.link.contract import LinkEvent, LinkSettings
from skystork.link.link_counters import NOBODY, Tally
from skystork.link.messages import Heartbeat
from skystork.link.sieve import Sieve, address_key
from skystork.link.signed_frames import OF_THE_PAST, screen
from skystork.link.signing import FrameSigning
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT
from skystork.link.vehicle_link import Address, VehicleLink

_RADIO_STATUS = 109  # a telemetry radio's own word, under a system id of its own: no vehicle

__all__ = ["Address", "FleetEvent", "FleetLink", "UnknownVehicle", "VehicleEvent"]


class VehicleEvent(NamedTuple):
    """An event of one vehicle's link; a named tuple because there is one for each sample of a whole fleet."""

    system_id: int
    event: LinkEvent


@dataclass(frozen=True, slots=True)
class UnknownVehicle:
    """A system id that is not in the fleet speaks to us; told once."""

    at_s: float
    system_id: int
    address: Address


FleetEvent = VehicleEvent | UnknownVehicle


class FleetLink:
    """The links of a fleet behind one socket.

    Parameters
    ----------
    settings
        For all vehicles.
    peer
        The one address through which every vehicle of the network is reached (a serial line, a router); None where
        each has its own.
    """

    def __init__(self, settings: LinkSettings, *, peer: Address | None = None) -> None:
        self._settings = settings
        self._peer = peer
        self._parser = FrameParser()
        self._tally = Tally()
        self._vehicles: dict[int, VehicleLink] = {}
        self._routes: dict[tuple[Address, int], VehicleLink] = {}
        self._signings: dict[int, FrameSigning] = {}
        self._configured: dict[Address, list[int]] = {}
        self._strangers: set[int] = set()
        self._events: deque[FleetEvent] = deque()
        self._touched: dict[int, VehicleLink] = {}
        self._ticked: dict[int, VehicleLink] = {}
        """Those that only told their vehicle that we are there."""
        self._untimed: dict[int, VehicleLink] = {}
        self._timers: list[tuple[float, int]] = []
        self._timer_of: dict[int, float] = {}

    @property
    def vehicles(self) -> Collection[VehicleLink]:
        """All that were added."""
        return self._vehicles.values()

    @property
    def counters(self) -> FrameCounters:
        """What the parser has met on this socket."""
        return self._parser.counters

    def make_sieve(self) -> Sieve:
        """A sieve that may stand between a socket and :meth:`receive_datagram`."""
        return Sieve(self._tally, self._parser.counters)

    def add_vehicle(
        self,
        system_id: int,
        expected_address: Address | None = None,
        *,
        autopilot: Autopilot = PX4,
        signing: FrameSigning | None = None,
    ) -> VehicleLink:
        """Add a vehicle; returns its link. With ``signing`` nothing unsigned is believed of it.

        Raises
        ------
        LinkUsageError
            The system id is taken, ours, or none at all.
        """
        if not 1 <= system_id <= 255 or system_id == self._settings.own_system_id:
            raise LinkUsageError(f"system id {system_id} cannot be a vehicle's: 1..255 except our own are free")
        if system_id in self._vehicles:
            raise LinkUsageError(f"system id {system_id} is given twice; every vehicle needs its own")
        address = expected_address or self._peer
        vehicle = VehicleLink(system_id, self._settings, address=address, autopilot=autopilot, tally=self._tally)
        self._vehicles[system_id] = vehicle
        if address is not None:
            self._routes[address, system_id] = vehicle
        if expected_address is not None:
            self._configured.setdefault(expected_address, []).append(system_id)
        if signing is not None:
            self._signings[system_id] = signing
        self._touched[system_id] = vehicle
        return vehicle

    def vehicle(self, system_id: int) -> VehicleLink:
        """Return a vehicle's link for a request; what the request wants sent goes out with the next transmission."""
        vehicle = self._vehicles[system_id]
        self._touched[system_id] = vehicle
        return vehicle

    # ------------------------------------------------------------------ the five methods

    def receive_datagram(self, data: bytes, address: Address, now_s: float) -> None:
        """Take a datagram from the socket."""
        for frame in self._parser.parse(data):
            if (self._signings or frame.signed is not None) and not self._is_believed(frame, address, now_s):
                continue
            vehicle = self._routes.get((address, frame.system_id)) or self._admit(frame, address, now_s)
            if vehicle is None:
                continue
            was_trusted = vehicle.trusted
            if vehicle.receive_frame(frame, now_s):
                self._touched[vehicle.system_id] = vehicle
            if vehicle.trusted is not was_trusted:
                self._note_trust(vehicle)
            if vehicle.events:
                self._collect_events_of(vehicle)

    def receive_proven(self, datagram: bytes, now_s: float) -> None:
        """Take a frame that the sieve has proven to be its vehicle's, and counted."""
        message = decode_proven(datagram)
        if message is None:
            return
        vehicle = self._vehicles[datagram[5]]
        if vehicle.receive_proven(message, now_s):
            self._touched[vehicle.system_id] = vehicle
        if vehicle.events:
            self._collect_events_of(vehicle)

    def datagrams_to_send(self, now_s: float) -> list[tuple[bytes, Address]]:
        """Give out what is to be sent now, with where to."""
        datagrams: list[tuple[bytes, Address]] = []
        self._collect_events()
        for vehicle in (self._touched | self._ticked).values():
            address, signing = vehicle.address, self._signings.get(vehicle.system_id)
            for data in vehicle.datagrams_to_send(now_s):
                if address is not None:
                    datagrams.append((signing.sign(data, now_s) if signing else data, address))
        self._untimed.update(self._touched)
        self._touched.clear()
        self._ticked.clear()
        return datagrams

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called next; None without vehicles."""
        for system_id, vehicle in (self._untimed | self._touched).items():
            self._set_timer(system_id, vehicle.next_timer_s())
        self._untimed.clear()
        while self._timers and self._is_stale(self._timers[0]):
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def handle_timer(self, now_s: float) -> None:
        """Let every vehicle do what is due."""
        self.next_timer_s()
        while self._timers and self._timers[0][0] <= now_s:
            entry = heapq.heappop(self._timers)
            if self._is_stale(entry):
                continue
            system_id = entry[1]
            del self._timer_of[system_id]
            vehicle = self._vehicles[system_id]
            was_trusted = vehicle.trusted
            if vehicle.handle_timer(now_s):
                self._touched[system_id] = vehicle
            else:  # our heartbeat, as a rule: nothing that its services wait for has changed
                self._ticked[system_id] = vehicle
                self._set_timer(system_id, vehicle.next_beat_s())
            if vehicle.trusted is not was_trusted:
                self._note_trust(vehicle)

    def next_event(self) -> FleetEvent | None:
        """Give out the oldest event, or None."""
        if not self._events:
            self._collect_events()
        return self._events.popleft() if self._events else None

    # ------------------------------------------------------------------ whose frame it is

    def _is_believed(self, frame: Frame, address: Address, now_s: float) -> bool:
        """Whether a frame may go on to its vehicle; one that may not is reported where it should be."""
        vehicle = self._vehicles.get(frame.system_id)
        if vehicle is None:
            return True  # a stranger, signed or not
        screened = screen(frame, self._signings.get(frame.system_id), now_s)
        complaint = screened.complaint
        if screened.heartbeat_of_the_past and vehicle.state is not LinkState.UP:
            if vehicle.address is None:  # so that our heartbeats reach it; what comes from there is proven all the same
                self._learn(vehicle, address)
            if screened.long_past or vehicle.state is LinkState.LOST:
                complaint = OF_THE_PAST
        if complaint is not None:
            self._touched[vehicle.system_id] = vehicle
            part = "" if frame.component_id == AUTOPILOT_COMPONENT else f" component {frame.component_id},"
            vehicle.complain(f"{_text(address)}, system {vehicle.system_id},{part} {complaint}", now_s)
        if screened.about_others and (address, frame.system_id) in self._routes:
            vehicle.receive_unproven(frame, now_s)
            self._touched[vehicle.system_id] = vehicle
        return screened.believed

    def _admit(self, frame: Frame, address: Address, now_s: float) -> VehicleLink | None:
        """Decide about a frame from an address that is not its vehicle's; returns the vehicle where it is now."""
        for configured_id in self._configured.get(address, ()):
            owner = self.vehicle(configured_id)
            owner.complain(
                f"{address[0]}:{address[1]} speaks as system {frame.system_id}, configured is {configured_id}; "
                "check the vehicle's MAV_SYS_ID and its address in the fleet file",
                now_s,
            )
        vehicle = self._vehicles.get(frame.system_id)
        if vehicle is None:
            if address not in self._configured and frame.message_id != _RADIO_STATUS:
                self._note_stranger(frame.system_id, address, now_s)
            return None
        if address in self._configured or not self._may_move(vehicle):
            self._touched[vehicle.system_id] = vehicle
            vehicle.complain(
                f"{address[0]}:{address[1]} claims to be system {vehicle.system_id}, which is at "
                f"{_text(vehicle.address)}; its frames are ignored: give every vehicle its own MAV_SYS_ID",
                now_s,
            )
            return None
        return self._move(vehicle, frame, address)

    def _may_move(self, vehicle: VehicleLink) -> bool:
        if vehicle.address is None:
            return True
        fixed = self._peer is not None or vehicle.address in self._configured
        return not fixed and vehicle.state is not LinkState.UP

    def _move(self, vehicle: VehicleLink, frame: Frame, address: Address) -> VehicleLink | None:
        """Learn the address from a heartbeat of the right kind; one of the wrong kind is the vehicle's to report."""
        if frame.component_id != AUTOPILOT_COMPONENT or not isinstance(frame.message, Heartbeat):
            return None
        if vehicle.autopilot.accepts(frame.message):
            self._learn(vehicle, address)
        return vehicle

    def _learn(self, vehicle: VehicleLink, address: Address) -> None:
        if vehicle.address is not None:
            del self._routes[vehicle.address, vehicle.system_id]
        vehicle.address = address
        self._routes[address, vehicle.system_id] = vehicle
        self._note_trust(vehicle)

    def _note_trust(self, vehicle: VehicleLink) -> None:
        """Let the sieve know whence a vehicle's frames may be counted unread; signed ones never."""
        quiet = vehicle.trusted and vehicle.system_id not in self._signings
        self._tally.kind[vehicle.system_id] = vehicle.kind
        self._tally.trusted_at[vehicle.system_id] = address_key(vehicle.address) if quiet else NOBODY

    def _note_stranger(self, system_id: int, address: Address, now_s: float) -> None:
        if system_id not in self._strangers:
            self._strangers.add(system_id)
            self._events.append(UnknownVehicle(now_s, system_id, address))

    # ------------------------------------------------------------------ keeping books

    def _collect_events(self) -> None:
        for vehicle in self._touched.values():
            self._collect_events_of(vehicle)

    def _collect_events_of(self, vehicle: VehicleLink) -> None:
        events, system_id = vehicle.events, vehicle.system_id
        while events:
            self._events.append(VehicleEvent(system_id, events.popleft()))

    def _set_timer(self, system_id: int, timer_s: float) -> None:
        if self._timer_of.get(system_id) != timer_s:
            self._timer_of[system_id] = timer_s
            heapq.heappush(self._timers, (timer_s, system_id))

    def _is_stale(self, entry: tuple[float, int]) -> bool:
        return self._timer_of.get(entry[1]) != entry[0]


def _text(address: Address | None) -> str:
    return f"{address[0]}:{address[1]}" if address else "no known address"
