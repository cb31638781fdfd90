"""Giving a vehicle its signing key: it is heard first, disarmed, alone meant, and done when it signs with the key."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from enum import StrEnum

from skystork.fleet.vehicle import Drone
from skystork.link.ardupilot import AUTOPILOTS
from skystork.link.contract import Heard, LinkEvent, LinkSettings, TelemetrySample, WrongPeer
from skystork.link.fleet_link import FleetLink
from skystork.link.signing import FrameSigning, SigningKey, SigningMemory
from skystork.shell.bus import Address, DatagramEndpoint, DatagramReceiver, peer_of
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import real_span_s

LISTEN_S = 10.0
"""For a vehicle that is there: ten heartbeats [s of real time]."""
ANSWER_S = 3.0
"""For its first signed heartbeat: PX4 signs from the next frame on, and heartbeats come each second."""
TRIES = 3


class Provisioned(StrEnum):
    """How it ended."""

    SIGNS = "signs"
    """It signs with the key."""
    NOT_HEARD = "not_heard"
    """No heartbeat that could be believed; nothing was sent."""
    ARMED = "armed"
    """Nothing was sent: a key is changed on the ground only."""
    NO_ANSWER = "no_answer"
    """It was sent, and the vehicle does not sign with it."""


@dataclass(frozen=True, slots=True)
class Provisioning:
    """The end, and what the vehicle's link had to say."""

    outcome: Provisioned
    complaints: tuple[str, ...]
    memory: SigningMemory
    """Of the new key: to be kept."""


async def provision(
    drone: Drone, endpoint: DatagramEndpoint, key: SigningKey, *, memory: SigningMemory, old: SigningKey | None = None
) -> Provisioning:
    """Send a vehicle its key until it signs with it.

    Parameters
    ----------
    drone
        Whose key it is.
    endpoint
        Of its network; nothing else may use it meanwhile.
    memory
        What signing remembers of the vehicle.
    old
        The key it has now, where it has one.
    """
    new = FrameSigning(key, memory=memory)
    with contextlib.closing(_Listener(drone, endpoint, FrameSigning(old, memory=memory) if old else None)) as before:
        if not await before.hears(LISTEN_S):
            return Provisioning(Provisioned.NOT_HEARD, tuple(before.complaints), new.memory)
        if before.armed:
            return Provisioning(Provisioned.ARMED, (), new.memory)
        with contextlib.closing(_Listener(drone, endpoint, new)) as later:
            for _ in range(TRIES):
                before.send_key(new)
                if await later.hears(ANSWER_S):
                    return Provisioning(Provisioned.SIGNS, (), new.memory)
            return Provisioning(Provisioned.NO_ANSWER, tuple(later.complaints), new.memory)


class _Listener:
    """One vehicle on an endpoint that outlives it."""

    def __init__(self, drone: Drone, endpoint: DatagramEndpoint, signing: FrameSigning | None) -> None:
        self.armed: bool | None = None
        self.complaints: list[str] = []
        self._heard = asyncio.Event()
        self._system_id = drone.system_id
        self._fleet = FleetLink(LinkSettings(), peer=peer_of(endpoint))
        self._fleet.add_vehicle(drone.system_id, autopilot=AUTOPILOTS[drone.autopilot], signing=signing)
        self._runner = LinkRunner(self._fleet, _Lent(endpoint))
        self._runner.subscribe(drone.system_id, self._note)

    async def hears(self, span_s: float) -> bool:
        """Whether the vehicle is heard within a span of real time, and has told whether it is armed."""
        try:
            async with asyncio.timeout(real_span_s(span_s)):
                await self._heard.wait()
        except TimeoutError:
            return False
        return True

    def send_key(self, new: FrameSigning) -> None:
        """Send the key to this vehicle alone."""
        now_s = self._runner.now_s()
        self._fleet.vehicle(self._system_id).set_up_signing(new.secret_for_its_vehicle(), new.next_timestamp(now_s))
        self._runner.kick()

    def close(self) -> None:
        """Stop; the endpoint goes on."""
        self._runner.close()

    def _note(self, event: LinkEvent) -> None:
        if isinstance(event, WrongPeer):
            self.complaints.append(event.what)
        elif isinstance(event, TelemetrySample) and event.armed is not None:
            self.armed = event.armed
            self._heard.set()
        elif isinstance(event, Heard):
            self.complaints.clear()


class _Lent:
    """An endpoint that stays open when its borrower closes."""

    def __init__(self, endpoint: DatagramEndpoint) -> None:
        self._endpoint = endpoint

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        self._endpoint.set_receiver(receiver)

    def send(self, data: bytes, address: Address) -> None:
        self._endpoint.send(data, address)

    def close(self) -> None:
        pass
