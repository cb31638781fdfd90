"""What is known of one aircraft now: telemetry samples laid over each other. The one writer of vehicle state.

The height above home is counted from the altitude that the vehicle itself reported on the ground before it armed: PX4
corrects the home altitude for two minutes after take-off, which makes its own relative altitude jump by up to 1.75 m,
while its AMSL altitude stays smooth (measured on PX4 1.17.0 SITL). A vehicle first heard in the air is counted from
its home altitude, until it is told what that was when it left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from skystork.fleet.vehicle import LandedState, LinkState, VehicleState
from skystork.orders.order import VehicleId


class Sample(Protocol):
    """What one message told of the state."""

    @property
    def at_s(self) -> float:
        """When it arrived [s since the Unix epoch]."""

    @property
    def told(self) -> Mapping[str, object]:
        """Fields of :class:`VehicleState` by name, none of them None; and ``relative_altitude_m``, the vehicle's own
        height above its home [m].
        """


_DATED = (
    ("position", "position_at_s"),
    ("battery_fraction", "battery_at_s"),
    ("mode", "mode_at_s"),
    ("mission_sequence", "mission_at_s"),
    ("ground_clearance_m", "ground_clearance_at_s"),
)
"""Facts whose own time is kept: a stream may end while others go on."""
_DECISIVE = ("link", "mode", "armed", "failsafe", "landed", "ready_to_arm")
_OF_THIS_BOOT = (
    "ready_to_arm",
    "home",
    "home_altitude_amsl_m",
    "battery_fraction",
    "battery_temperature_deg_c",
    "mission_state",
    "mission_id",
    "fence_id",
    "rally_id",
    "mission_sequence",
    "mission_total",
)


class Tracker:
    """Holds the newest state of one vehicle; a frozen snapshot is made when somebody looks, not for each message."""

    def __init__(self, vehicle_id: VehicleId, now_s: float) -> None:
        self._facts: dict[str, Any] = {"vehicle_id": vehicle_id, "at_s": now_s}
        self._snapshot: VehicleState | None = None

    @property
    def state(self) -> VehicleState:
        """The newest snapshot."""
        if self._snapshot is None:
            self._snapshot = VehicleState(**self._facts)
        return self._snapshot

    @property
    def at_s(self) -> float:
        """When the newest part of the state arrived [s since the Unix epoch]."""
        return cast(float, self._facts["at_s"])

    @property
    def armed(self) -> bool:
        """Whether its motors may turn."""
        return cast(bool, self._facts.get("armed", False))

    @property
    def link(self) -> LinkState:
        """Whether it is heard."""
        return cast(LinkState, self._facts.get("link", LinkState.NEVER))

    @property
    def decisive(self) -> tuple[object, ...]:
        """What a decision may rest on, position and charge left out; None where it was never told.

        Compared for every sample of a fleet, where a snapshot would cost ten times as much.
        """
        return tuple(map(self._facts.get, _DECISIVE))

    def take(self, sample: Sample) -> None:
        """Lay a sample over the state."""
        facts, told, at_s = self._facts, sample.told, sample.at_s
        facts.update(told)
        for name, dated in _DATED:
            if name in told:
                facts[dated] = at_s
        facts["at_s"] = facts["last_heard_s"] = at_s
        facts["link"] = LinkState.UP
        if not facts.get("armed", False) and facts.get("landed") is LandedState.ON_GROUND:
            facts["ground_amsl_m"] = facts.get("altitude_amsl_m")
        elif facts.get("ground_amsl_m") is None:
            facts["ground_amsl_m"] = facts.get("home_altitude_amsl_m")
        self._set_height(facts.pop("relative_altitude_m", None))
        self._snapshot = None

    def count_from(self, ground_amsl_m: float) -> None:
        """Count heights from the ground that it left before we heard it [m AMSL]."""
        self._facts["ground_amsl_m"] = ground_amsl_m
        self._set_height(None)
        self._snapshot = None

    def take_reboot(self, at_s: float) -> None:
        """It started anew: what a launch rests on must be told again. In the air the last known is the best."""
        self._facts["at_s"] = at_s
        if not self._facts.get("armed", False):
            for name in _OF_THIS_BOOT:
                self._facts.pop(name, None)
        self._snapshot = None

    def take_lost(self, at_s: float) -> None:
        """The link is silent."""
        self._facts |= {"at_s": at_s, "link": LinkState.LOST}
        self._snapshot = None

    def take_heard(self, at_s: float) -> None:
        """The link is back, or there for the first time."""
        self._facts |= {"at_s": at_s, "last_heard_s": at_s, "link": LinkState.UP}
        self._snapshot = None

    def _set_height(self, relative_altitude_m: float | None) -> None:
        altitude_amsl_m, ground_amsl_m = self._facts.get("altitude_amsl_m"), self._facts.get("ground_amsl_m")
        if altitude_amsl_m is not None and ground_amsl_m is not None:
            self._facts["height_home_m"] = altitude_amsl_m - ground_amsl_m
        elif relative_altitude_m is not None:
            self._facts["height_home_m"] = relative_altitude_m
