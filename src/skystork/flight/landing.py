"""Where a vehicle came down, by what it says of itself now."""

from __future__ import annotations

from skystork.fleet.vehicle import VehicleState
from skystork.frames import Geodetic, distance_m
from skystork.planning.flight_plan import FlightRequest

AT_PAD_M = 10.0
"""Landed this near to the pad is landed at it: twice the 95 % position error."""
PLACE_AGE_S = 5.0
"""Standing, a vehicle tells its position every 2 s (``app/telemetry_plan.py``); two may be lost."""
PLACE_PATIENCE_S = 10.0
"""How long a landed vehicle is waited for to say where; without satellites it never does."""


def told_its_place(vehicle: VehicleState) -> bool:
    """Whether its position is of now."""
    return vehicle.position_at_s is not None and vehicle.at_s - vehicle.position_at_s <= PLACE_AGE_S


def is_near(place: Geodetic, vehicle: VehicleState) -> bool:
    """Whether it stands at a place; with an old position nobody knows where it stands, so a person looks."""
    return told_its_place(vehicle) and is_at(place, vehicle.position)


def is_at(place: Geodetic, position: Geodetic | None) -> bool:
    """Whether a position is that place; one that was never told is none."""
    return position is not None and distance_m(place, position) <= AT_PAD_M


class Touchdown:
    """Where one flight came down, and what it used; not frozen, its one writer is the flight."""

    def __init__(self) -> None:
        self.at_pad = False
        self.at_drop_off = False
        """Where its plan leads to: its doorstep, or the rally point that it was sent to."""
        self._battery_at_launch: float | None = None
        self._down_at_s: float | None = None

    def left(self, vehicle: VehicleState) -> None:
        """It left the ground, or is taken over, with this much in its battery."""
        self._battery_at_launch = vehicle.battery_fraction

    def see(self, request: FlightRequest, vehicle: VehicleState) -> None:
        """It is down where it says."""
        self.at_pad, self.at_drop_off = is_near(request.pad, vehicle), is_near(request.drop_off, vehicle)

    def was(self, request: FlightRequest, position: Geodetic | None, *, at_pad: bool) -> None:
        """It came down there by the ledger: the vehicle may not say by now where it stands."""
        self.at_pad, self.at_drop_off = at_pad, is_at(request.drop_off, position)

    def is_awaited(self, vehicle: VehicleState) -> bool:
        """Heard again on the ground, it may say that it is down before it says where."""
        if self._down_at_s is None:
            self._down_at_s = vehicle.at_s
        return not told_its_place(vehicle) and vehicle.at_s - self._down_at_s < PLACE_PATIENCE_S

    def used_j(self, request: FlightRequest, vehicle: VehicleState) -> float | None:
        """Since it left, by its own gauge; None where it told none [J]."""
        if self._battery_at_launch is None or vehicle.battery_fraction is None:
            return None
        return max(self._battery_at_launch - vehicle.battery_fraction, 0.0) * request.full_j
