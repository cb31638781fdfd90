"""The battery of a simulated aircraft: what flying takes out of it, and what the autopilot reads.

The formulas are written anew in this package, so that the planner's model is checked against something it did not
write. Rotors: momentum theory, the induced velocity followed from step to step; a wing: a parabolic polar. All times an
ageing factor of the vehicle. Source: Leishman, Principles of Helicopter Aerodynamics, 2nd ed. (2006), chapters 2 and 5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

AIR_KG_M3 = 1.225  # ISO 2533, sea level
GRAVITY_M_S2 = 9.80665  # ISO 80000-3
FULL_VOLTAGE_V = 16.2  # PX4 SITL, 4 cells at rest
EMPTY_VOLTAGE_V = 14.0  # PX4 SITL, 4 cells: 3.5 V each


@dataclass(frozen=True, slots=True)
class PowerFigures:
    """What power depends on, as in a profile's ``power`` table."""

    rotors: int
    rotor_radius_m: float
    induced_factor: float
    profile_w_per_kg_1_5: float
    tip_speed_m_s: float
    drag_area_m2: float
    avionics_w: float
    lift_over_drag: float = 0.0
    best_air_speed_m_s: float = 0.0
    drive_fraction: float = 0.0


class Battery:
    """Energy on board; mutable because it is physics in progress.

    Parameters
    ----------
    capacity_j
        Energy of a full battery [J].
    figures
        Power coefficients.
    ageing_factor
        Real over modelled consumption, 1 when new.
    """

    __slots__ = ("_empty_kg", "_factor", "_figures", "_induced_m_s", "_mass_kg", "capacity_j", "remaining_j")

    def __init__(self, capacity_j: float, figures: PowerFigures, ageing_factor: float, mass_kg: float) -> None:
        self.capacity_j = capacity_j
        self.remaining_j = capacity_j
        self._figures = figures
        self._factor = ageing_factor
        self._empty_kg = self._mass_kg = mass_kg
        self._induced_m_s = 1.0

    @property
    def fraction(self) -> float:
        """0..1."""
        return self.remaining_j / self.capacity_j

    @property
    def voltage_v(self) -> float:
        """Pack voltage [V]."""
        return self.voltage_at(self.fraction)

    @staticmethod
    def voltage_at(fraction: float) -> float:
        """Pack voltage at a charge 0..1, linear [V]."""
        return EMPTY_VOLTAGE_V + (FULL_VOLTAGE_V - EMPTY_VOLTAGE_V) * fraction

    def set_mass(self, mass_kg: float) -> None:
        """Take-off mass with what is loaded [kg]."""
        self._mass_kg = mass_kg

    def drain(self, duration_s: float, *, wing_borne: bool, air_speed_m_s: float, climb_m_s: float) -> None:
        """Take out what so long a flight at this state costs."""
        watts = self._wing_w(air_speed_m_s) if wing_borne else self._rotor_w(air_speed_m_s, max(climb_m_s, 0.0))
        if wing_borne and climb_m_s > 0.0:
            watts += self._mass_kg * GRAVITY_M_S2 * climb_m_s / self._figures.drive_fraction
        self.remaining_j -= (watts + self._figures.avionics_w) * self._factor * duration_s
        self.remaining_j = max(self.remaining_j, 0.0)

    def _rotor_w(self, speed_m_s: float, climb_m_s: float) -> float:
        figures, weight_n = self._figures, self._mass_kg * GRAVITY_M_S2
        drag_n = AIR_KG_M3 / 2 * figures.drag_area_m2 * speed_m_s * speed_m_s
        thrust_n = math.sqrt(weight_n * weight_n + drag_n * drag_n)
        down_m_s, across_m_s = speed_m_s * drag_n / thrust_n + climb_m_s, speed_m_s * weight_n / thrust_n
        disc_m2 = figures.rotors * math.pi * figures.rotor_radius_m * figures.rotor_radius_m
        driven = thrust_n / (2 * AIR_KG_M3 * disc_m2)
        induced_m_s = self._induced_m_s
        for _ in range(8):  # it changes little from step to step
            before, through_m_s = induced_m_s, down_m_s + induced_m_s
            induced_m_s = (induced_m_s + driven / math.sqrt(across_m_s * across_m_s + through_m_s * through_m_s)) / 2
            if abs(induced_m_s - before) < 1e-4 * induced_m_s:
                break
        self._induced_m_s = induced_m_s
        useful_w = thrust_n * induced_m_s + drag_n * speed_m_s + weight_n * climb_m_s
        advance = speed_m_s / figures.tip_speed_m_s
        blades_w = (
            figures.profile_w_per_kg_1_5 * math.pow(thrust_n / GRAVITY_M_S2, 1.5) * (1 + 4.65 * advance * advance)
        )
        return figures.induced_factor * useful_w + blades_w

    def _wing_w(self, speed_m_s: float) -> float:
        figures, loaded = self._figures, self._mass_kg / self._empty_kg
        speed_m_s = max(speed_m_s, figures.best_air_speed_m_s / 2)  # slower the wing no longer carries it
        share = (speed_m_s / figures.best_air_speed_m_s) ** 2 / loaded
        drag_n = self._mass_kg * GRAVITY_M_S2 / figures.lift_over_drag * (share + 1 / share) / 2
        return drag_n * speed_m_s / figures.drive_fraction

    def drain_idle(self, duration_s: float) -> None:
        """Take out the avionics' share while standing."""
        self.remaining_j = max(0.0, self.remaining_j - self._figures.avionics_w * duration_s)

    def sag_to(self, fraction: float) -> None:
        """A fault: the charge drops to this share at once, never up."""
        self.remaining_j = min(self.remaining_j, fraction * self.capacity_j)

    def swap(self) -> None:
        """A full battery goes in."""
        self.remaining_j = self.capacity_j
