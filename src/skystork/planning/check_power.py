"""The check's own writing of electrical power, for many air speeds at once.

The air that rotors drive down: mass flow rho A U times twice the induced velocity v is the thrust, U being the speed
of all air through the disc (Glauert; Johnson, Helicopter Theory, 1980, 4-1). So v U = T / (2 rho A), and v is found by
halving an interval. Power is what the thrust does on the air through the disc, and drag on the air passed; with the
inclination of the disc the two come to T v + D V + W w. The blades' own drag grows with thrust^1.5 and with
1 + 4.65 mu². On a wing drag is W / (L/D) times half of q + 1/q, q the dynamic pressure by that of the best speed.
"""

from __future__ import annotations

import math

import numpy as np

from skystork.planning.check_document import WrittenFlight
from skystork.planning.check_geometry import Array

_GRAVITY_M_S2 = 9.80665
_AIR_KG_M3 = 1.225
_HALVINGS = 44
_GRID_M_S = 0.2


def level_w(flight: WrittenFlight, air_speeds: Array, payload_kg: float) -> Array:
    """En route at one height; between entries of a table 0.2 m/s apart."""
    grid = np.arange(0.0, float(air_speeds.max(initial=0.0)) + 2 * _GRID_M_S, _GRID_M_S)
    watts = np.interp(air_speeds, grid, rotor_w(flight, grid, payload_kg, 0.0))
    if not flight.winged:
        return np.asarray(watts)
    stall = stall_m_s(flight, payload_kg)
    return np.where(air_speeds >= stall, _wing_w(flight, np.maximum(air_speeds, stall), payload_kg), watts)


def stall_m_s(flight: WrittenFlight, payload_kg: float) -> float:
    """Below it rotors carry the vehicle."""
    return flight.power["stall_air_speed_m_s"] * math.sqrt(_load(flight, payload_kg))


def _load(flight: WrittenFlight, payload_kg: float) -> float:
    """Mass by the empty mass."""
    empty_kg = flight.profile["empty_mass_kg"]
    return (empty_kg + payload_kg) / empty_kg


def rotor_w(flight: WrittenFlight, air_speeds: Array, payload_kg: float, climb: float) -> Array:
    """On the rotors, at these horizontal air speeds and one rate of climb."""
    power = flight.power
    weight = (flight.profile["empty_mass_kg"] + payload_kg) * _GRAVITY_M_S2
    drag = _AIR_KG_M3 / 2 * power["drag_area_m2"] * np.square(air_speeds)
    thrust = np.sqrt(weight**2 + np.square(drag))
    tilt = np.arctan2(drag, weight)
    across, down = air_speeds * np.cos(tilt), air_speeds * np.sin(tilt) + climb
    disc_m2 = power["rotors"] * math.pi * power["rotor_radius_m"] ** 2
    driven = _induced(thrust / (2 * _AIR_KG_M3 * disc_m2), across, down)
    useful = thrust * driven + drag * air_speeds + weight * climb
    blades = power["profile_w_per_kg_1_5"] * (thrust / _GRAVITY_M_S2) ** 1.5
    blades *= 1 + 4.65 * np.square(air_speeds / power["tip_speed_m_s"])
    return np.asarray(power["induced_factor"] * useful + blades + power["avionics_w"])


def _induced(product: Array, across: Array, down: Array) -> Array:
    """v with v U = product, by halving from 0 to its value at rest."""
    low, high = np.zeros_like(product), np.sqrt(product)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        over = middle * np.sqrt(np.square(across) + np.square(down + middle)) > product
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return high


def _wing_w(flight: WrittenFlight, air_speeds: Array, payload_kg: float) -> Array:
    power, load = flight.power, _load(flight, payload_kg)
    weight = flight.profile["empty_mass_kg"] * load * _GRAVITY_M_S2
    pressure = np.square(air_speeds / power["best_air_speed_m_s"]) / load
    drag = weight / power["lift_over_drag"] * (pressure + 1 / pressure) / 2
    return np.asarray(drag * air_speeds / power["drive_fraction"] + power["avionics_w"])
