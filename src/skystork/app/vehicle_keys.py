"""The signing keys of a site's drones: each drone its own, read before anything is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from skystork.errors import ConfigError, Problem
from skystork.fleet.vehicle import Drone
from skystork.link.signing import SigningKey
from skystork.orders.order import VehicleId
from skystork.shell.signing_keys import read_signing_key


def read_vehicle_keys(folder: Path, drones: Sequence[Drone], where: str) -> Mapping[VehicleId, SigningKey]:
    """Read the key of every drone that has one.

    Parameters
    ----------
    folder
        Of the site; the paths of key files are relative to it.

    Raises
    ------
    ConfigError
        With every key file that cannot be used, and every key that two drones share.
    """
    keys: dict[VehicleId, SigningKey] = {}
    problems: list[Problem] = []
    owners: dict[SigningKey, VehicleId] = {}
    for drone in drones:
        if not drone.signing_key:
            continue
        place = f"{where} {drone.vehicle_id}.signing_key"
        try:
            key = read_signing_key(folder / drone.signing_key, place)
        except ConfigError as error:
            problems.extend(error.problems)
            continue
        if key in owners:
            seen = f"{owners[key]} and {drone.vehicle_id}"
            problems.append(Problem(place, "two drones with one key", seen, "each its own", "Make a new key for one."))
        owners[key], keys[drone.vehicle_id] = drone.vehicle_id, key
    if problems:
        raise ConfigError(tuple(problems))
    return keys
