"""The fleet's links, one for each network: which vehicle is reached where, and who else speaks there.

A network is a number space of its own: two of them may each have a vehicle with system id 1. A vehicle of the site that
comes in on another network than its own is a stranger there, and named as what it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from skystork.app.telemetry_plan import contact_intervals_us
from skystork.errors import LinkUsageError, Unavailable
from skystork.fleet.vehicle import Drone, LinkState
from skystork.link.ardupilot import AUTOPILOTS
from skystork.link.contract import LinkEvent, LinkSettings, Operator, WrongPeer
from skystork.link.fleet_link import FleetLink, UnknownVehicle
from skystork.link.network_watch import NetworkFigures
from skystork.link.signing import FrameSigning, SigningKey, Verdict
from skystork.orders.order import VehicleId
from skystork.shell.bus import DatagramEndpoint, EndpointFigures, WireEndpoint, peer_of
from skystork.shell.link_runner import LinkRunner
from skystork.shell.signing_store import SAVE_EVERY_S, SigningStore
from skystork.shell.vehicle_port import VehiclePort

log = logging.getLogger("skystork")

Notice = Callable[[float, str, str], None]
"""Told the time, the network and the sentence, when somebody speaks there who should not."""


class FleetLinks:
    """A runner for each network.

    Parameters
    ----------
    drones
        Of the site.
    endpoints
        By name of network; one for every network that a drone is on.
    keys
        Of the drones that sign.
    store
        What signing remembers.
    operator
        Told to every vehicle for its Remote ID.

    Raises
    ------
    Unavailable
        What signing remembers cannot be read.
    LinkUsageError
        A drone has a key that is not among those given: it is never flown unsigned instead.
    """

    def __init__(
        self,
        drones: Sequence[Drone],
        endpoints: Mapping[str, DatagramEndpoint],
        keys: Mapping[VehicleId, SigningKey],
        store: SigningStore,
        operator: Operator | None = None,
    ) -> None:
        self.notices: list[Notice] = []
        self._drones, self._endpoints, self._store = drones, endpoints, store
        self._operator = operator
        self._signings = self._make_signings(keys)
        self._runners = {name: self._runner(name, endpoint) for name, endpoint in endpoints.items()}

    def port(self, drone: Drone) -> VehiclePort:
        """Where a drone is asked and heard."""
        return VehiclePort(self._runners[drone.network], drone.system_id)

    async def keep_memory(self) -> None:
        """Write down what signing must remember, for the life of the service."""
        while self._signings:
            await asyncio.sleep(SAVE_EVERY_S)
            await asyncio.to_thread(self._save)

    def close(self) -> None:
        """Stop, release every endpoint, and write down what signing must remember."""
        for runner in self._runners.values():
            runner.close()
        self._save()

    def figures(self, name: str, connection: str) -> NetworkFigures:
        """What a network has met since the start."""
        endpoint, fleet = self._endpoints[name], self._runners[name].fleet
        wire = endpoint.figures() if isinstance(endpoint, WireEndpoint) else EndpointFigures()
        signings = [signing for drone, signing in self._signings.items() if drone.network == name]
        judged = {verdict: sum(signing.judged[verdict] for signing in signings) for verdict in Verdict}
        return NetworkFigures(
            name,
            connection,
            up=wire.up,
            problem=wire.problem,
            vehicles=len(fleet.vehicles),
            heard=sum(vehicle.state is LinkState.UP for vehicle in fleet.vehicles),
            frames=fleet.counters.frames,
            lost=sum(vehicle.counters.lost for vehicle in fleet.vehicles),
            bad_checksum=fleet.counters.bad_checksum + wire.bad_checksum,
            unknown=fleet.counters.unknown,
            dropped_bytes=fleet.counters.dropped_bytes + wire.dropped_bytes,
            kernel_drops=wire.kernel_drops,
            unsent=wire.unsent,
            refused=judged[Verdict.WRONG_SIGNATURE] + judged[Verdict.AHEAD_OF_CLOCK],
            replayed=judged[Verdict.REPLAYED] + judged[Verdict.TOO_OLD],
            unsigned=sum(signing.unsigned for signing in signings),
            reconnects=wire.reconnects,
        )

    def _make_signings(self, keys: Mapping[VehicleId, SigningKey]) -> dict[Drone, FrameSigning]:
        unread = [drone.vehicle_id for drone in self._drones if drone.signing_key and drone.vehicle_id not in keys]
        if unread:
            raise LinkUsageError(f"the signing keys of {', '.join(unread)} were not read; load the site with its keys")
        memories = self._store.load() if keys else {}
        channels = list(self._endpoints)
        return {
            drone: FrameSigning(key, link_id=channels.index(drone.network), memory=memories.get(drone.vehicle_id))
            for drone in self._drones
            if (key := keys.get(drone.vehicle_id)) is not None
        }

    def _save(self) -> None:
        """Write down; a disk that takes nothing is told, and stops no aircraft in the air."""
        try:
            self._store.save({drone.vehicle_id: signing.memory for drone, signing in self._signings.items()})
        except Unavailable as error:
            log.error("%s; a recording of a vehicle could pass after a restart", error)

    def _runner(self, name: str, endpoint: DatagramEndpoint) -> LinkRunner:
        fleet = FleetLink(
            LinkSettings(
                operator=self._operator, message_intervals_us=contact_intervals_us(remote_id=self._operator is not None)
            ),
            peer=peer_of(endpoint),
        )
        runner = LinkRunner(fleet, endpoint)
        runner.sift()
        for drone in self._drones:
            if drone.network == name:
                autopilot = AUTOPILOTS[drone.autopilot]
                fleet.add_vehicle(drone.system_id, autopilot=autopilot, signing=self._signings.get(drone))
                runner.subscribe(drone.system_id, lambda event: self._note(name, event), samples=False)
        runner.subscribe_strangers(lambda stranger: self._note_stranger(name, stranger))
        return runner

    def _note(self, network: str, event: LinkEvent) -> None:
        if isinstance(event, WrongPeer):
            self._tell(event.at_s, network, event.what)

    def _note_stranger(self, network: str, stranger: UnknownVehicle) -> None:
        self._tell(stranger.at_s, network, self.describe_stranger(network, stranger))

    def _tell(self, at_s: float, network: str, text: str) -> None:
        for listener in self.notices:
            listener(at_s, network, text)

    def describe_stranger(self, network: str, stranger: UnknownVehicle) -> str:
        """Who speaks on a network and is not of it, and what to do."""
        who = f"{stranger.address[0]}:{stranger.address[1]} speaks on network {network} as system {stranger.system_id}"
        if stranger.system_id == LinkSettings().own_system_id:
            return (
                f"{who}, which is our own id: another ground station has it (give that one another), "
                "or a router sends our frames back"
            )
        homes = [drone for drone in self._drones if drone.system_id == stranger.system_id]
        if not homes:
            return f"{who}, which is none of the site's: add it to the site file, or switch it off"
        where = ", ".join(f"{drone.vehicle_id} on network {drone.network}" for drone in homes)
        return f"{who}; the site has {where}: correct the drone's network in the site file, or its connection"
