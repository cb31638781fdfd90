"""Energy of a written flight by the check's own quadrature, and of turning back where that costs most."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from skystork.planning.check_document import Complaint, WrittenFlight, WrittenLeg
from skystork.planning.check_geometry import Array, at_middles, derivatives
from skystork.planning.check_power import level_w, rotor_w, stall_m_s

LOADED_LEGS = ("climb", "outbound", "descent", "drop")
_PARTS, _FINE_PARTS = 32, 2048
ENERGY_TOLERANCE = 2e-3
"""On energies: of two quadratures where the power jumps."""


def energy_complaints(flight: WrittenFlight) -> Iterator[Complaint]:
    """Energies are what the motion takes, the sums are right, and the reserve is left, also after turning back."""
    profile, own = flight.profile, [leg_energy_j(flight, leg) for leg in flight.legs]
    for leg, own_j in zip(flight.legs, own, strict=True):
        if not abs(leg.energy_j - own_j) <= ENERGY_TOLERANCE * own_j:
            text = f"stated {leg.energy_j:.0f} J, computed {own_j:.0f} J"
            yield "energy", leg.name, text, leg.energy_j, own_j
    total_j, stated_j = sum(own), sum(leg.energy_j for leg in flight.legs)
    if abs(flight.energy_j - stated_j) > 1.0:
        yield "energy", "", "the total is not the sum of the legs", flight.energy_j, stated_j
    if abs(flight.reserve_j - (flight.on_board_j - flight.energy_j)) > 1.0:
        yield "energy", "", "the reserve is not what is left", flight.reserve_j, flight.on_board_j - stated_j
    if flight.on_board_j > profile["battery_j"]:
        yield "energy", "", "more on board than a full battery", flight.on_board_j, profile["battery_j"]
    kept_j = profile["reserve_fraction"] * profile["battery_j"]
    left_j = flight.on_board_j - total_j
    if not left_j >= kept_j - ENERGY_TOLERANCE * total_j:
        yield "reserve", "", f"{left_j:.0f} J left at touch-down", left_j, kept_j
    back_j = own[0] + own[1] + way_back_j(flight)
    if not back_j <= flight.on_board_j:
        text = f"turning back at the end of the outbound leg takes {back_j:.0f} J in all"
        yield "way back", "outbound", text, back_j, flight.on_board_j


def leg_energy_j(flight: WrittenFlight, leg: WrittenLeg) -> float:
    """Of one leg as timed, by the rectangle rule in the middle of equal shares [J]."""
    payload_kg = flight.payload_kg if leg.name in LOADED_LEGS else 0.0
    if not len(leg.points):
        rate = (leg.end_m - leg.start_m) / leg.duration_s
        return _upright_w(flight, payload_kg, max(rate, 0.0)) * leg.duration_s
    velocity = derivatives(leg.points, leg.piece_s)
    watts = _mean_w(flight, velocity, payload_kg, _PARTS)
    if flight.winged:  # power jumps where the wing takes over
        speeds = np.hypot(*np.moveaxis(at_middles(velocity, _PARTS) - flight.wind, -1, 0))
        slow = speeds.min(axis=1) < 1.2 * stall_m_s(flight, payload_kg)
        watts[slow] = _mean_w(flight, velocity[slow], payload_kg, _FINE_PARTS)
    return float(watts @ leg.piece_s)


def way_back_j(flight: WrittenFlight) -> float:
    """The outbound path in the other direction at cruise air speed, loaded, and the landing [J]."""
    outbound, profile = flight.legs[1], flight.profile
    air_speed = profile["cruise_air_speed_m_s"]
    watts = float(level_w(flight, np.array([air_speed]), flight.payload_kg)[0])
    total_s = sum(_reversed_s(flight, points, air_speed) for points in _lines(outbound.points))
    down_s = outbound.end_m / profile["descent_speed_m_s"]
    return watts * total_s + _upright_w(flight, flight.payload_kg, 0.0) * down_s


def _lines(curves: Array) -> Iterator[Array]:
    """Each curve as points, both ends included."""
    for curve, middles in zip(curves, at_middles(curves, _PARTS), strict=True):
        yield np.concatenate([curve[:1], middles, curve[-1:]])


def _reversed_s(flight: WrittenFlight, points: Array, air_speed: float) -> float:
    """Time along a line from its end to its start; infinite where the wind is stronger [s]."""
    steps = -np.diff(points, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    along = steps @ flight.wind / np.maximum(lengths, 1e-9)
    across_squared = np.maximum(flight.wind @ flight.wind - along**2, 0.0)
    ground = along + np.sqrt(np.maximum(air_speed**2 - across_squared, 0.0))
    return float(np.sum(np.where(ground > 0.1, lengths / np.maximum(ground, 0.1), math.inf)[lengths > 1e-9]))


def _mean_w(flight: WrittenFlight, velocity: Array, payload_kg: float, parts: int) -> Array:
    speeds = np.hypot(*np.moveaxis(at_middles(velocity, parts) - flight.wind, -1, 0))
    return np.asarray(np.mean(level_w(flight, speeds, payload_kg), axis=1))


def _upright_w(flight: WrittenFlight, payload_kg: float, climb: float) -> float:
    """Up, down or standing against the wind [W]."""
    return float(rotor_w(flight, np.array([math.hypot(*flight.wind)]), payload_kg, climb)[0])
