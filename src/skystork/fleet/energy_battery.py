"""What a battery gives in the cold and with age."""

from __future__ import annotations

from dataclasses import dataclass

from skystork.fleet.profile import DroneProfile

END_OF_LIFE_FRACTION = 0.8
"""Capacity at the end of the rated cycles: the usual end of a battery's life (so in IEEE 450 and IEEE 485)."""
WARM_DEG_C = 20.0


@dataclass(frozen=True, slots=True)
class Battery:
    """One pack as bought, and what has become of it."""

    new_j: float
    """Energy when new, full and warm [J]."""
    life_cycles: float = 300.0
    """Cycles to the end of life; 150 to 1,000 are seen (Rodrigues et al., Patterns 3:100569, 2022)."""
    cold_loss_fraction_per_deg: float = 0.008
    """Of the energy, lost for each degree below 20 degrees Celsius. Assumed; take the pack's own data sheet."""
    coldest_deg: float = -10.0
    """The pack is not flown colder [degrees Celsius]; assumed, as above."""


def full_battery_j(profile: DroneProfile, *, temperature_deg_c: float | None, cycles: float) -> float:
    """Energy of a full battery of a vehicle, cold and aged as it is [J]; 0 where it is too cold to fly.

    Parameters
    ----------
    temperature_deg_c
        Of the pack; None where nobody measures it: it is then taken as warm [degrees Celsius].
    cycles
        Full charges so far.
    """
    battery = Battery(
        profile.battery_j,
        profile.battery_life_cycles,
        profile.battery_cold_loss_fraction_per_deg,
        profile.battery_coldest_deg,
    )
    warmth = WARM_DEG_C if temperature_deg_c is None else temperature_deg_c
    return usable_energy_j(battery, charge_fraction=1.0, temperature_deg_c=warmth, cycles=cycles)


def usable_energy_j(battery: Battery, *, charge_fraction: float, temperature_deg_c: float, cycles: float) -> float:
    """Energy that a flight may count on, down to empty [J]; 0 where the pack is too cold to fly.

    Age takes capacity in proportion to the cycles and goes on past the rated life; warmth gives nothing back.

    Parameters
    ----------
    charge_fraction
        State of charge at take-off, 0..1.
    temperature_deg_c
        Of the pack itself [degrees Celsius].
    cycles
        Full charges so far.
    """
    if not temperature_deg_c >= battery.coldest_deg:  # also refuses NaN
        return 0.0
    age = 1.0 - (1.0 - END_OF_LIFE_FRACTION) * max(cycles, 0.0) / battery.life_cycles
    cold = 1.0 - battery.cold_loss_fraction_per_deg * max(0.0, WARM_DEG_C - temperature_deg_c)
    return battery.new_j * min(max(charge_fraction, 0.0), 1.0) * max(age, 0.0) * max(cold, 0.0)
