"""The fleet's links, one for each network: which vehicle is reached where, and who else speaks there.

A network is a number space of its own: two of them may each have a vehicle with system id 1. A vehicle of the site that
comes in on another network than its own is a stranger there, and named as what it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from skystork.app.telemetry_plan import CONTACT_INTERVALS_US
from skystork.fleet.vehicle import Drone
from skystork.link.ardupilot import AUTOPILOTS
from skystork.link.contract import LinkSettings
from skystork.link.fleet_link import FleetLink, UnknownVehicle
from skystork.shell.bus import DatagramEndpoint, WireEndpoint
from skystork.shell.udp import LinkRunner
from skystork.shell.vehicle_port import VehiclePort

log = logging.getLogger("skystork")


class FleetLinks:
    """A runner for each network.

    Parameters
    ----------
    drones
        Of the site.
    endpoints
        By name of network; one for every network that a drone is on.
    """

    def __init__(self, drones: Sequence[Drone], endpoints: Mapping[str, DatagramEndpoint]) -> None:
        self._drones = drones
        self._runners = {name: self._runner(name, endpoint) for name, endpoint in endpoints.items()}

    def port(self, drone: Drone) -> VehiclePort:
        """Where a drone is asked and heard."""
        return VehiclePort(self._runners[drone.network], drone.system_id)

    def close(self) -> None:
        """Stop and release every endpoint."""
        for runner in self._runners.values():
            runner.close()

    def _runner(self, name: str, endpoint: DatagramEndpoint) -> LinkRunner:
        peer = endpoint.peer if isinstance(endpoint, WireEndpoint) else None
        fleet = FleetLink(LinkSettings(message_intervals_us=CONTACT_INTERVALS_US), peer=peer)
        for drone in self._drones:
            if drone.network == name:
                fleet.add_vehicle(drone.system_id, autopilot=AUTOPILOTS[drone.autopilot])
        runner = LinkRunner(fleet, endpoint)
        runner.subscribe_strangers(lambda stranger: self._note_stranger(name, stranger))
        return runner

    def _note_stranger(self, network: str, stranger: UnknownVehicle) -> None:
        log.warning("%s", self.describe_stranger(network, stranger))

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
