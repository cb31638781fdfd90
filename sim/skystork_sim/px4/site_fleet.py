"""PX4s for the drones of a site: each on its pad, with the fleet's firmware file and what differs in simulation.

``px4.toml`` in the site's folder says for each profile which airframe of SIH flies it (``model``), which firmware
file it has (``firmware``, in ``firmware_configs/``), and the parameters that differ because it is simulated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from skystork_sim.px4.vehicle import LAST_INSTANCE, Px4Vehicle, read_parameters
from skystork_sim.site import DroneEntry, Site, read_site
from skystork_sim.toml_table import ScenarioError, read_toml

PACKAGE = Path(__file__).resolve().parents[1]
FIRMWARE = next(
    path for path in (PACKAGE / "firmware_configs", PACKAGE.parents[1] / "firmware_configs", PACKAGE) if path.is_dir()
)
"""Inside the package in a wheel, at the root of a checkout."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """One row of ``px4.toml``."""

    model: str
    parameters: Mapping[str, int | float] = field(default_factory=dict)
    """Of the firmware file, and over them those that differ in simulation."""


def vehicles_of_site(
    folder: Path,
    *,
    only: Collection[str] = (),
    settings: Mapping[str, int | float] | None = None,
    firmware: Path = FIRMWARE,
) -> list[Px4Vehicle]:
    """The drones of a site as PX4s; the instance follows from the drone's system id.

    Parameters
    ----------
    folder
        With ``site.toml`` and ``px4.toml``.
    only
        Vehicle ids; all without.
    settings
        Parameters over everything else.
    firmware
        Folder of the firmware files.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    site = read_site(folder)
    profiles = read_profiles(folder, firmware)
    unknown = sorted(set(only) - {entry.vehicle_id for entry in site.drones})
    if unknown:
        known = ", ".join(entry.vehicle_id for entry in site.drones)
        raise ScenarioError([f"{folder}/site.toml: no drone {', '.join(unknown)}; there are {known}."])
    wanted = [entry for entry in site.drones if not only or entry.vehicle_id in only]
    missing = sorted({entry.kind.name for entry in wanted} - profiles.keys())
    if missing:
        where = f"{folder}/px4.toml"
        raise ScenarioError([f"{where}: no [profiles.{name}]; a drone of the site has it." for name in missing])
    return [vehicle_of(site, entry, profiles[entry.kind.name], settings=settings) for entry in wanted]


def vehicle_of(
    site: Site,
    entry: DroneEntry,
    simulated: Simulated,
    *,
    instance: int | None = None,
    settings: Mapping[str, int | float] | None = None,
) -> Px4Vehicle:
    """One drone as a PX4 on its pad."""
    chosen = entry.system_id - 1 if instance is None else instance
    if not 0 <= chosen <= LAST_INSTANCE:
        raise ScenarioError([f"{entry.vehicle_id}: PX4 instance {chosen} is out of range; accepted: 0 to 249."])
    return Px4Vehicle(
        name=entry.vehicle_id,
        instance=chosen,
        home=site.frame.to_geodetic(*entry.pad_enu_m),
        home_amsl_m=site.ground_amsl_m,
        model=simulated.model,
        parameters={**simulated.parameters, **(settings or {})},
    )


def read_profiles(folder: Path, firmware: Path = FIRMWARE) -> dict[str, Simulated]:
    """The rows of ``px4.toml`` by profile; raises ``ScenarioError`` when a row or a firmware file cannot be used."""
    rows = read_toml(folder / "px4.toml").get("profiles", {})
    problems: list[str] = []
    found: dict[str, Simulated] = {}
    for name, row in rows.items():
        unknown = sorted(row.keys() - {"model", "firmware", "simulated"})
        accepted = "model, firmware, simulated"
        problems += [f"px4.toml profiles.{name}.{key}: not known; accepted: {accepted}." for key in unknown]
        path = firmware / str(row.get("firmware"))
        try:
            fleet = read_parameters(path)
        except (OSError, ValueError) as error:
            problems.append(f"px4.toml profiles.{name}.firmware: {error}. Name a file of {firmware.name}/.")
            continue
        found[name] = Simulated(str(row.get("model", "sihsim_quadx")), fleet | row.get("simulated", {}))
    if problems:
        raise ScenarioError(problems)
    return found
