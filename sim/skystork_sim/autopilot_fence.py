"""The fence in force on a simulated vehicle: one that does not contain it is on board but not enforced.

Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skystork_sim.aircraft import Aircraft
from skystork_sim.autopilot_items import FenceArea, PlanItem

CRITICAL_SEVERITY = 2  # MAV_SEVERITY


class Geofence:
    """Area and vehicle; mutable because plans replace each other.

    Parameters
    ----------
    say
        Sends a status text: severity and text.
    """

    def __init__(self, aircraft: Aircraft, say: Callable[[int, str], None]) -> None:
        self._aircraft, self._say = aircraft, say
        self.area = FenceArea(())

    def take(self, items: Sequence[PlanItem]) -> None:
        """A new fence came on board."""
        self.area = FenceArea(items)
        if not self.contains_vehicle():
            self._say(CRITICAL_SEVERITY, "Geofence invalid, doesn't contain current vehicle position")
            self.area = FenceArea(())

    def contains_vehicle(self) -> bool:
        """Whether the vehicle is where it may be."""
        if self.area.is_empty():
            return True
        place = self._aircraft.position()
        return self.area.allows(round(place.latitude_deg * 1e7), round(place.longitude_deg * 1e7))
