"""One vehicle on the link: frames and the time go in, frames and events come out.

The protocol is made of services (``link/service.py``), each for one of MAVLink's microservices; this module decides
whose frame it is, gives each message to the services that take it, and passes on what they want sent and told. To add
a service is to add it to the list in ``__init__``. Every request settles by an event, whatever the vehicle and the
network do.

Frames are ours only after a heartbeat of the right kind (of the vehicle's firmware, from its autopilot component);
whoever else speaks under the vehicle's name is reported as :class:`WrongPeer` and not listened to.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import get_args

from skystork.fleet.vehicle import LinkState
from skystork.link import messages, vehicle_commands
from skystork.link.autopilot import PX4, Autopilot
from skystork.link.boot_clock import TOO_OFTEN, BootClock
from skystork.link.codec import Frame, FrameEncoder
from skystork.link.command_desk import CommandDesk
from skystork.link.contact import Contact
from skystork.link.contract import (
    LinkEvent,
    LinkSettings,
    MissionItem,
    MissionType,
    Rebooted,
    RequestId,
    StatusText,
    TransferOutcome,
    TransferSettled,
    WrongPeer,
)
from skystork.link.current_item import CurrentItemDesk
from skystork.link.link_counters import LinkCounters, Tally
from skystork.link.messages import CommandInt, CommandLong, Heartbeat, Incoming
from skystork.link.mission_transfer import MissionTransfer
from skystork.link.parameters import ParameterDesk
from skystork.link.reached_items import ReachedItems
from skystork.link.service import Effect, LinkService, takers_among
from skystork.link.service_messages import AdsbVehicle, SetupSigning
from skystork.link.side_services import FROM_PAYLOADS, SideServices
from skystork.link.status_text import StatusTextJoiner
from skystork.link.telemetry import sample_from
from skystork.link.transfer_queue import TransferQueue
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT

Address = tuple[str, int]
"""Host (an IP address, not a name) and UDP port."""

_CHANGED_MISSION = MissionType.MISSION, TransferOutcome.VERIFIED
_OUR_HEARTBEAT = Heartbeat(6, 8, 0, 0, 4, 3)  # MAV_TYPE_GCS, MAV_AUTOPILOT_INVALID, MAV_STATE_ACTIVE, MAVLink 2
_MOST_COMPLAINTS = 8  # different WrongPeer texts told between two contacts; an intruder can invent any number
_TARGETED = frozenset(kind for kind in get_args(Incoming) if "target_system" in kind._fields)
"""Messages that name whom they are for."""
_TELL_BOOT_TIME = (messages.GlobalPositionInt, messages.SystemTime)


class VehicleLink:
    """The protocol of one vehicle, without I/O.

    Parameters
    ----------
    system_id
        The vehicle's MAVLink system id.
    settings
        Timers and our own ids.
    address
        Where it is sent to; None until the vehicle has been heard.
    autopilot
        The firmware it must be.
    tally
        Where the network's frames are counted; one of its own where it is None.
    """

    def __init__(
        self,
        system_id: int,
        settings: LinkSettings,
        *,
        address: Address | None = None,
        autopilot: Autopilot = PX4,
        tally: Tally | None = None,
    ) -> None:
        self.system_id = system_id
        self.autopilot = autopilot
        self.address = address
        self.counters = LinkCounters(tally, system_id)
        self._settings = settings
        self._intervals_us = dict(settings.message_intervals_us)
        self._encoder = FrameEncoder(settings.own_system_id, settings.own_component_id)
        self._contact = Contact(settings.loss_s)
        self._boot_clock = BootClock()
        self._commands = CommandDesk(settings)
        self._transfers = TransferQueue()
        self._jumps = CurrentItemDesk(settings)
        self._reached = ReachedItems(autopilot.mission_offset)
        self.side = SideServices(system_id, settings)
        self.parameters = ParameterDesk(system_id, settings, autopilot=autopilot)
        own = (self._commands, self._transfers, self._jumps, self._reached, self.parameters, StatusTextJoiner())
        self._services: tuple[LinkService, ...] = (*own, *self.side.all)
        self._takers = takers_among(self._services)
        self._timed = tuple(service for service in self._services if service.keeps_time)
        self.trusted = False
        """Whether it is heard and is what it must be, so that its frames are ours."""
        self.kind = 0
        """MAV_TYPE, and MAV_AUTOPILOT times 256, of the last heartbeat taken by the plain path."""
        self._complaints: set[str] = set()
        self._next_heartbeat_s, self._services_s = 0.0, 0.0
        self._last_request_id = 0
        self._frames_out: deque[bytes] = deque()
        self.events: deque[LinkEvent] = deque()
        """What is to be told, the oldest first; :meth:`next_event` takes it out."""

    @property
    def state(self) -> LinkState:
        """Whether the vehicle is heard."""
        return self._contact.state

    @property
    def unexpected_answers(self) -> int:
        """Acknowledgements and mission messages that answered nothing of ours."""
        return self._commands.unexpected + self._transfers.unexpected

    # ------------------------------------------------------------------ the five methods

    def receive_frame(self, frame: Frame, now_s: float) -> bool:
        """Take a frame that came from the vehicle's address under its system id.

        Returns whether more than :attr:`events` may follow: something to send, another timer. Of the frames that a
        fleet sends hardly any does that, and the others should cost nothing further.
        """
        if frame.component_id != AUTOPILOT_COMPONENT:
            return self._receive_from_payload(frame.message, now_s)
        message = frame.message
        stirred = isinstance(message, Heartbeat) and self._receive_heartbeat(message, now_s)
        if not self.trusted:
            self.counters.ignored += 1
            return stirred
        self.counters.take(frame.sequence, now_s)
        return (message is not None and self.receive_proven(message, now_s)) or stirred

    def receive_proven(self, message: Incoming, now_s: float) -> bool:
        """Take the message of a frame that the sieve has proven and counted; returns as :meth:`receive_frame`."""
        kind = type(message)
        if kind in _TARGETED and not self._is_for_us(message):
            self.counters.ignored += 1
            return False
        rebooted = isinstance(message, _TELL_BOOT_TIME) and self._boot_clock.receive(message.time_boot_ms)
        if rebooted:
            self._receive_reboot(now_s)
        return self._give_out(message, now_s) or rebooted

    def receive_unproven(self, frame: Frame, now_s: float) -> None:
        """Take traffic that nobody signed, on a link that is signed: no sign of life, and counted as ignored."""
        self.counters.ignored += 1
        if self.trusted and isinstance(frame.message, AdsbVehicle):
            self.receive_proven(frame.message, now_s)

    def datagrams_to_send(self, now_s: float) -> list[bytes]:  # noqa: ARG002  (one shape for all protocol objects)
        """Give out what is to be sent now; while no address is known nothing can be, and it counts as lost."""
        frames = list(self._frames_out) if self.address is not None else []
        self._frames_out.clear()
        return frames

    def next_timer_s(self) -> float:
        """When :meth:`handle_timer` must be called next."""
        timers_s = [timer_s for service in self._timed if (timer_s := service.next_timer_s()) is not None]
        self._services_s = min(timers_s, default=math.inf)
        return self.next_beat_s()

    def next_beat_s(self) -> float:
        """The same, where nothing but :meth:`handle_timer` was called since, and that returned False."""
        return min(self._next_heartbeat_s, self._contact.next_timer_s() or math.inf, self._services_s)

    def handle_timer(self, now_s: float) -> bool:
        """Do what is due; returns whether that was more than to say that we are there."""
        if now_s >= self._next_heartbeat_s:
            self._next_heartbeat_s = now_s + self._settings.heartbeat_interval_s
            self._frames_out.append(self._encoder.encode(_OUR_HEARTBEAT))
        self._contact.receive_frame(self.counters.heard_s)
        lost = self._contact.handle_timer(now_s)
        if lost is not None:
            self.trusted = False
            self.side.operator.lost()
            self.events.append(lost)
            self._apply(self.parameters.lost(now_s))
        if now_s < self._services_s and lost is None:
            return False
        for service in self._timed:
            self._apply(service.handle_timer(now_s))
        return True

    def next_event(self) -> LinkEvent | None:
        """Give out the oldest event, or None."""
        return self.events.popleft() if self.events else None

    # ------------------------------------------------------------------ requests

    def send_command(self, command: int, params: Sequence[float], now_s: float) -> RequestId:
        """Send a COMMAND_LONG; settles as :class:`CommandSettled`.

        Raises
        ------
        LinkUsageError
            Not seven parameters, or a command that must not be done twice is still open.
        """
        return self._request(vehicle_commands.command_long(self.system_id, command, params), now_s)

    def send_command_int(self, message: CommandInt, now_s: float) -> RequestId:
        """Send a COMMAND_INT built by :func:`vehicle_commands.command_int`."""
        return self._request(message, now_s)

    def set_mode(self, name: str, now_s: float) -> RequestId:
        """Ask for a flight mode by name; ACCEPTED is PX4's word, the heartbeat shows whether it flies it."""
        return self._request(vehicle_commands.set_mode(self.system_id, self.autopilot, name), now_s)

    def want_intervals(self, intervals_us: Iterable[tuple[int, int]]) -> None:
        """From now on these (message id, interval [µs]) are asked for, over the settings' own, when contact is made."""
        self._intervals_us |= dict(intervals_us)

    def arm(self, now_s: float) -> RequestId:
        """Start the motors."""
        return self._request(vehicle_commands.arm(self.system_id), now_s)

    def disarm(self, now_s: float, *, force: bool = False) -> RequestId:
        """Stop the motors; in the air only when forced."""
        return self._request(vehicle_commands.disarm(self.system_id, force=force), now_s)

    def start_mission(self, now_s: float, *, first_item: int = 0) -> RequestId:
        """Arm and fly the mission from an item on; to go on after a pause use ``set_mode("AUTO.MISSION")``."""
        self._reached.begin_anew()
        return self._request(vehicle_commands.start_mission(self.system_id, first_item), now_s)

    def return_to_launch(self, now_s: float) -> RequestId:
        """Fly home."""
        return self._request(vehicle_commands.return_to_launch(self.system_id), now_s)

    def hold(self, now_s: float) -> RequestId:
        """Stop and stay: a mode, because PX4 has no DO_PAUSE_CONTINUE."""
        return self.set_mode(self.autopilot.hold_mode, now_s)

    def land(self, now_s: float) -> RequestId:
        """Land here."""
        return self._request(vehicle_commands.land(self.system_id), now_s)

    def gripper_release(self, now_s: float, *, instance: int = 1, confirmation: int = 0) -> RequestId:
        """Let the parcel go. Sent once: NO_ANSWER means that nobody knows whether it went."""
        return self._request(vehicle_commands.release_gripper(self.system_id, instance, confirmation), now_s)

    def ask(self, request: Callable[[RequestId, float], Iterable[Effect]], now_s: float) -> RequestId:
        """Make a request of a service, such as ``link.side.winch.deliver``; it settles by an event of its kind."""
        request_id = self._new_request_id()
        self._apply(request(request_id, now_s))
        return request_id

    def tell(self, effects: Iterable[Effect]) -> None:
        """Send what a service wants sent without an answer."""
        self._apply(effects)

    def request_message(self, message_id: int, now_s: float) -> RequestId:
        """Ask for one message now."""
        return self._request(vehicle_commands.request_message(self.system_id, message_id), now_s)

    def upload(
        self, mission_type: MissionType, items: Sequence[MissionItem], now_s: float, *, read_only: bool = False
    ) -> RequestId:
        """Write a list, or not, and read it back; settles as :class:`TransferSettled`. No items clear the list.

        Raises
        ------
        LinkUsageError
            An item cannot be written (e.g. a latitude that no int32 holds).
        """
        transfer = MissionTransfer(
            self._new_request_id(),
            mission_type,
            items,
            target_system=self.system_id,
            target_component=AUTOPILOT_COMPONENT,
            settings=self._settings,
            autopilot=self.autopilot,
            read_only=read_only,
        )
        trial = FrameEncoder(self._settings.own_system_id, self._settings.own_component_id)
        for item in transfer.items:
            trial.encode(item)
        if mission_type is MissionType.MISSION and not read_only:
            self._reached.begin_anew()
        self._apply(self._transfers.request(transfer, now_s))
        return transfer.request_id

    def set_current_item(self, sequence: int, now_s: float) -> RequestId:
        """Jump to a mission item; settles as the command DO_SET_MISSION_CURRENT."""
        self._reached.begin_anew()
        request_id = self._new_request_id()
        on_board = sequence + self.autopilot.mission_offset
        message = messages.MissionSetCurrent(self.system_id, AUTOPILOT_COMPONENT, on_board)
        self._apply(self._jumps.request(request_id, message, now_s))
        return request_id

    def set_up_signing(self, secret: bytes, initial_timestamp: int) -> None:
        """Send a signing key, in the clear; only a genuine answer tells whether it was taken."""
        setup = SetupSigning(initial_timestamp, self.system_id, AUTOPILOT_COMPONENT, secret)
        self._frames_out.append(self._encoder.encode(setup))

    # ------------------------------------------------------------------ who is speaking

    def complain(self, what: str, now_s: float) -> None:
        """Report a wrong peer, each complaint once until contact is made anew."""
        if what not in self._complaints and len(self._complaints) < _MOST_COMPLAINTS:
            self._complaints.add(what)
            self.events.append(WrongPeer(now_s, what))

    def _receive_heartbeat(self, heartbeat: Heartbeat, now_s: float) -> bool:
        self.trusted = self.autopilot.accepts(heartbeat)
        self.kind = heartbeat.type | heartbeat.autopilot << 8
        if not self.trusted:
            wanted = self.autopilot
            self.complain(
                f"system {self.system_id} says it is autopilot {heartbeat.autopilot} on a vehicle of type "
                f"{heartbeat.type}; {wanted.firmware} is autopilot {wanted.number}; "
                "check the vehicle's firmware and its system id in the fleet file",
                now_s,
            )
            return False
        heard = self._contact.receive_heartbeat(now_s)
        if heard is None:
            return False
        self._complaints.clear()
        self.counters.begin_anew()
        self.events.append(heard)
        self.side.operator.heard(now_s)
        self._ask_message_intervals(now_s)
        return True

    def _is_for_us(self, message: Incoming | None) -> bool:
        """Whether a message without target, or with ours, was meant for us; an old sender leaves the target 0."""
        system = getattr(message, "target_system", 0)
        component = getattr(message, "target_component", 0)
        return system in (0, self._settings.own_system_id) and component in (0, self._settings.own_component_id)

    def _receive_from_payload(self, message: Incoming | None, now_s: float) -> bool:
        """Take what a component beside the autopilot may tell; it makes no contact and counts its own frames."""
        if self.trusted and isinstance(message, FROM_PAYLOADS):
            return self._give_out(message, now_s)
        self.counters.ignored += 1
        return False

    def _give_out(self, message: Incoming, now_s: float) -> bool:
        stirred = False
        for service in self._takers.get(type(message), ()):
            self._apply(service.receive(message, now_s))
            timer_s = service.next_timer_s()
            stirred |= timer_s is not None and timer_s < self._services_s  # a later one is looked at when that comes
        sample = sample_from(message, now_s, self.autopilot)
        if sample is not None:
            self.events.append(sample)
        return stirred or bool(self._frames_out)

    def _receive_reboot(self, now_s: float) -> None:
        """Forget what the vehicle has forgotten, and settle what it will not answer."""
        self.events.append(Rebooted(now_s))
        if self._boot_clock.too_often(now_s):
            self.complain(TOO_OFTEN.format(self.system_id), now_s)
        for service in self._services:
            self._apply(service.forget(now_s))
        self._ask_message_intervals(now_s)

    def _ask_message_intervals(self, now_s: float) -> None:
        for message_id, interval_us in self._intervals_us.items():
            self._request(vehicle_commands.set_message_interval(self.system_id, message_id, interval_us), now_s)

    def _request(self, message: CommandLong | CommandInt, now_s: float) -> RequestId:
        request_id = self._new_request_id()
        self._apply(self._commands.request(request_id, message, now_s))
        return request_id

    def _new_request_id(self) -> RequestId:
        self._last_request_id += 1
        return RequestId(self._last_request_id)

    def _apply(self, effects: Iterable[Effect]) -> None:
        """Send the messages and report the events that a service has returned; what one tells may concern another."""
        for effect in effects:
            if not isinstance(effect, LinkEvent):
                self._frames_out.append(self._encoder.encode(effect))
                continue
            self.events.append(effect)
            if isinstance(effect, StatusText):
                self._commands.note_text(effect)
            elif isinstance(effect, TransferSettled) and (effect.mission_type, effect.outcome) == _CHANGED_MISSION:
                self._reached.begin_anew()
