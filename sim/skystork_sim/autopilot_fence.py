"""The fence in force on a simulated vehicle: one that does not contain home, or the vehicle in the air, is on
board but not enforced.

Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skystork.frames import Geodetic
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

    def take(self, items: Sequence[PlanItem], home_enu_m: tuple[float, float]) -> None:
        """A new fence came on board; it must contain home and, in the air, the vehicle."""
        self.area = FenceArea(items)
        missing = None
        if not self._contains(self._aircraft.frame.to_geodetic(*home_enu_m)):
            missing = "Home position"
        elif not self._aircraft.mass.on_ground and not self.contains_vehicle():
            missing = "current vehicle position"
        if missing is not None:
            self._say(CRITICAL_SEVERITY, f"Geofence invalid, doesn't contain {missing}")
            self.area = FenceArea(())

    def contains_vehicle(self) -> bool:
        """Whether the vehicle is where it may be."""
        return self.area.is_empty() or self._contains(self._aircraft.position())

    def _contains(self, place: Geodetic) -> bool:
        return self.area.allows(round(place.latitude_deg * 1e7), round(place.longitude_deg * 1e7))
