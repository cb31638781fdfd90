"""Where a vehicle came down, by what it says of itself now."""

from __future__ import annotations

from skystork.fleet.vehicle import VehicleState
from skystork.frames import Geodetic, distance_m

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
