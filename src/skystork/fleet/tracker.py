"""What is known of one aircraft now: telemetry samples laid over each other. The one writer of vehicle state.

The height above home is counted from the home altitude frozen at arming: PX4 corrects the home altitude for two
minutes after take-off, which makes its own relative altitude jump by up to 1.75 m (measured on PX4 1.17.0 SITL).
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Protocol

from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.orders.order import VehicleId


class Sample(Protocol):
    """Anything with the fields of a telemetry sample; None where the message told nothing."""

    at_s: float
    relative_altitude_m: float | None


_STATE_FIELDS = frozenset(field.name for field in fields(VehicleState)) - {"vehicle_id", "at_s", "height_home_m"}


class Tracker:
    """Holds the newest state of one vehicle and hands out frozen snapshots."""

    def __init__(self, vehicle_id: VehicleId, now_s: float) -> None:
        self.state = VehicleState(vehicle_id=vehicle_id, at_s=now_s)
        self._home_altitude_amsl_m: float | None = None

    def take(self, sample: Sample) -> VehicleState:
        """Lay a sample over the state; returns the new snapshot."""
        told: dict[str, Any] = {
            name: value for name in _STATE_FIELDS if (value := getattr(sample, name, None)) is not None
        }
        was_armed = self.state.armed
        self.state = replace(self.state, at_s=sample.at_s, last_heard_s=sample.at_s, link=LinkState.UP, **told)
        if self._home_altitude_amsl_m is None or (self.state.armed and not was_armed) or not self.state.armed:
            self._home_altitude_amsl_m = self.state.home_altitude_amsl_m
        self.state = replace(self.state, height_home_m=self._height_home_m(sample.relative_altitude_m))
        return self.state

    def take_lost(self, at_s: float) -> VehicleState:
        """The link is silent."""
        self.state = replace(self.state, at_s=at_s, link=LinkState.LOST)
        return self.state

    def take_heard(self, at_s: float) -> VehicleState:
        """The link is back, or there for the first time."""
        self.state = replace(self.state, at_s=at_s, last_heard_s=at_s, link=LinkState.UP)
        return self.state

    def _height_home_m(self, relative_altitude_m: float | None) -> float | None:
        if self.state.altitude_amsl_m is not None and self._home_altitude_amsl_m is not None:
            return self.state.altitude_amsl_m - self._home_altitude_amsl_m
        return relative_altitude_m if relative_altitude_m is not None else self.state.height_home_m
