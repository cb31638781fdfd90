"""The battery of a simulated aircraft: what flying takes out of it, and what the autopilot reads.

The formulas are this package's own, so that the planner's model is checked against something it did not write:
rotor-borne c·m^1.5 + m·g·w (w >= 0), wing-borne k·m·v + m·g·w, each plus d·v³ and the avionics, all times an ageing
factor of the vehicle. Source of the shape: Rodrigues et al., Patterns 3:100569 (2022).
"""

from __future__ import annotations

from dataclasses import dataclass

GRAVITY_M_S2 = 9.80665  # ISO 80000-3
FULL_VOLTAGE_V = 16.2  # PX4 SITL, 4 cells at rest
EMPTY_VOLTAGE_V = 14.0  # PX4 SITL, 4 cells: 3.5 V each


@dataclass(frozen=True, slots=True)
class PowerFigures:
    """Coefficients of the power model, as in a profile's ``power`` table."""

    hover_w_per_kg_1_5: float
    drag_w_per_m_s_3: float
    cruise_w_per_kg_m_s: float
    avionics_w: float


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

    __slots__ = ("_factor", "_figures", "_hover_w", "_mass_kg", "capacity_j", "remaining_j")

    def __init__(self, capacity_j: float, figures: PowerFigures, ageing_factor: float, mass_kg: float) -> None:
        self.capacity_j = capacity_j
        self.remaining_j = capacity_j
        self._figures = figures
        self._factor = ageing_factor
        self.set_mass(mass_kg)

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
        self._hover_w = self._figures.hover_w_per_kg_1_5 * mass_kg**1.5

    def drain(self, duration_s: float, *, wing_borne: bool, air_speed_m_s: float, climb_m_s: float) -> None:
        """Take out what so long a flight at this state costs."""
        figures = self._figures
        watts = figures.avionics_w + figures.drag_w_per_m_s_3 * air_speed_m_s * air_speed_m_s * air_speed_m_s
        watts += figures.cruise_w_per_kg_m_s * self._mass_kg * air_speed_m_s if wing_borne else self._hover_w
        if climb_m_s > 0.0:
            watts += self._mass_kg * GRAVITY_M_S2 * climb_m_s
        self.remaining_j -= watts * self._factor * duration_s
        self.remaining_j = max(self.remaining_j, 0.0)

    def drain_idle(self, duration_s: float) -> None:
        """Take out the avionics' share while standing."""
        self.remaining_j = max(0.0, self.remaining_j - self._figures.avionics_w * duration_s)

    def sag_to(self, fraction: float) -> None:
        """A fault: the charge drops to this share at once, never up."""
        self.remaining_j = min(self.remaining_j, fraction * self.capacity_j)

    def swap(self) -> None:
        """A full battery goes in."""
        self.remaining_j = self.capacity_j
