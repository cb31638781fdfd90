"""``skystork vehicle key``: make a signing key, and give it to the one vehicle that it is for."""

from __future__ import annotations

import asyncio
import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from skystork.app.cli_text import ExitCode, fail, told_plainly
from skystork.app.key_provisioning import Provisioned, Provisioning, provision
from skystork.app.networks import Network
from skystork.app.options import SiteOption, StateOption
from skystork.app.site import Site, load_site
from skystork.app.state_folder import StateFolder
from skystork.errors import InvalidInput, Problem
from skystork.fleet.vehicle import Drone
from skystork.link.signing import SigningKey, SigningMemory
from skystork.shell.connection_url import SerialLine
from skystork.shell.endpoints import open_endpoint
from skystork.shell.loops import run_paced
from skystork.shell.signing_keys import read_signing_key, write_new_key
from skystork.shell.signing_store import SigningStore
from skystork.shell.world_clock import WorldClock

app = typer.Typer(no_args_is_help=True, help="Signing keys: one for each vehicle.")
_ENDS = {
    Provisioned.NOT_HEARD: "was not heard; nothing was sent. Is it on, and is nothing else using its network?",
    Provisioned.ARMED: "is armed; nothing was sent. A key is changed on the ground, disarmed.",
    Provisioned.NO_ANSWER: "was sent the key and does not sign with it. If it has another key, give that one's file "
    "with --old-key; its firmware must know signing (PX4 1.17.0 does not, 1.18 does).",
}


@app.command()
def new(path: Annotated[Path, typer.Argument(help="File to make, mode 0600; it must not be there.")]) -> None:
    """Write a new key to a file that only its owner can read."""
    with told_plainly():
        write_new_key(path)
        print(f"a new key is in {path}: name it as signing_key in the drone's row, then provision the drone")


@app.command("provision")
def provision_key(
    vehicle: Annotated[str, typer.Argument(help="vehicle_id of the drone.")],
    site: SiteOption,
    state: StateOption,
    old_key: Annotated[Path | None, typer.Option(help="File of the key that the vehicle has now.")] = None,
    trusted_link: Annotated[
        bool, typer.Option("--trusted-link", help="Nobody else hears this link: the key crosses it in the clear.")
    ] = False,
) -> None:
    """Give a drone the key of its row in the site file, and wait until it signs with it."""
    with told_plainly():
        place = load_site(site, with_keys=True)
        drone, network, key = _asked(place, vehicle)
        if not trusted_link and not _is_of_this_machine(network):
            raise fail(
                f"the key would cross {network.connection} in the clear: connect {vehicle} by a serial line, or say "
                "--trusted-link where nobody else hears that link",
                ExitCode.REFUSED,
            )
        old = read_signing_key(old_key, "--old-key") if old_key else None
        state.mkdir(parents=True, exist_ok=True)
        done = _run(drone, network, key, old, SigningStore(StateFolder(state).signing))
        if done.outcome is not Provisioned.SIGNS:
            raise fail("\n".join((f"{vehicle} {_ENDS[done.outcome]}", *done.complaints)), ExitCode.REFUSED)
        print(f"{vehicle} signs with the key of {drone.signing_key}")


def _run(drone: Drone, network: Network, key: SigningKey, old: SigningKey | None, store: SigningStore) -> Provisioning:
    """Provision, and keep what signing must remember."""
    memories = store.load()

    async def run() -> Provisioning:
        endpoint = await open_endpoint(network.connection)
        try:
            memory = memories.get(drone.vehicle_id, SigningMemory())
            return await provision(drone, endpoint, key, memory=memory, old=old)
        finally:
            endpoint.close()
            await asyncio.sleep(0)

    done = run_paced(run(), WorldClock.real())
    store.save({drone.vehicle_id: done.memory})
    return done


def _asked(site: Site, vehicle: str) -> tuple[Drone, Network, SigningKey]:
    drone = next((drone for drone in site.drones if drone.vehicle_id == vehicle), None)
    if drone is None:
        known = ", ".join(drone.vehicle_id for drone in site.drones)
        raise fail(f"no drone {vehicle} in the site; there are {known}", ExitCode.NOT_FOUND)
    key = site.signing_keys.get(drone.vehicle_id)
    if key is None:
        limit = "a file that `skystork vehicle key new` made"
        raise InvalidInput((Problem(f"drone {vehicle}", "no signing_key", "nothing", limit, "Name its key file."),))
    return drone, next(network for network in site.networks if network.name == drone.network), key


def _is_of_this_machine(network: Network) -> bool:
    """Whether what crosses the network stays on a cable or within this machine."""
    if isinstance(network.connection, SerialLine):
        return True
    try:
        return ipaddress.ip_address(network.connection.host).is_loopback
    except ValueError:
        return network.connection.host == "localhost"
