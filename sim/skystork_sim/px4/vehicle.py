"""What one simulated PX4 is: its instance, and by that its system id and ports; its place, airframe and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from skystork.frames import Geodetic

LOCALHOST = "127.0.0.1"
LAST_INSTANCE = 249  # system id 250; 251 to 255 are for ground stations and companions (mavlink.io, routing)
SCRIPT_OVERRIDES = ("COM_DL_LOSS_T", "COM_RC_LOSS_T", "COM_OF_LOSS_T", "COM_OBC_LOSS_T")
"""Lengthened by PX4's start script when a speed is given (ROMFS init.d-posix/rcS, v1.17)."""


@dataclass(frozen=True, slots=True)
class Ports:
    """UDP ports of an instance on this machine: where PX4 hears (ROMFS init.d-posix/px4-rc.mavlink, v1.17).

    Each of its links answers the first peer it hears and no other, for as long as PX4 runs.
    """

    instance: int

    @property
    def ground(self) -> int:
        """Ground-station link; PX4 sends to 14550 until somebody spoke."""
        return 18_570 + self.instance

    @property
    def onboard(self) -> int:
        """Companion and API link: MAVSDK's. PX4 sends to 14540 + instance, from the eleventh on all to 14549."""
        return 14_580 + self.instance

    @property
    def camera(self) -> int:
        """Onboard link of the camera; another station can use it."""
        return 14_280 + self.instance


@dataclass(frozen=True, slots=True)
class Px4Vehicle:
    """One vehicle to be started."""

    name: str
    """Of its folder and in complaints, e.g. ``SQ-1``."""
    instance: int
    """PX4's ``-i``, 0..249."""
    home: Geodetic
    home_amsl_m: float = 0.0
    """Height of the ground, one flat plane in SIH."""
    model: str = "sihsim_quadx"
    """``PX4_SIM_MODEL``."""
    parameters: Mapping[str, int | float] = field(default_factory=dict)
    """What differs from PX4's defaults for the airframe, set before it boots."""

    @property
    def system_id(self) -> int:
        """MAVLink system id: the start script sets it from the instance."""
        return self.instance + 1

    @property
    def ports(self) -> Ports:
        """Where it hears."""
        return Ports(self.instance)

    def environment(self, speed: float) -> dict[str, str]:
        """The variables that PX4 reads at its start.

        Parameters
        ----------
        speed
            Simulated seconds in a second.
        """
        words = {
            "PX4_SIM_MODEL": self.model,
            "PX4_HOME_LAT": f"{self.home.latitude_deg:.7f}",
            "PX4_HOME_LON": f"{self.home.longitude_deg:.7f}",
            "PX4_HOME_ALT": f"{self.home_amsl_m:g}",
        }
        if speed != 1.0:
            words["PX4_SIM_SPEED_FACTOR"] = f"{speed:g}"
        return words | {f"PX4_PARAM_{name}": f"{value:.9g}" for name, value in self.parameters.items()}

    def to_restore(self, speed: float) -> dict[str, str]:
        """Parameters to set again after the start, because the start script lengthened them with the speed."""
        if speed == 1.0:
            return {}
        return {name: f"{self.parameters[name]:.9g}" for name in SCRIPT_OVERRIDES if name in self.parameters}


def read_parameters(path: Path) -> dict[str, int | float]:
    """Names and values of a QGroundControl parameter file; integers stay integers.

    Raises
    ------
    ValueError
        When a line is not of the form system, component, name, value, type.
    """
    values: dict[str, int | float] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            _system, _component, name, value, _kind = line.split()
            values[name] = int(value) if value.lstrip("-").isdigit() else float(value)
        except ValueError:
            raise ValueError(f"{path}:{number}: {line!r} is not: system component name value type") from None
    return values
