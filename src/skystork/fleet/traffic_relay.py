"""Which aircraft a vehicle in the air is told of: what others of the fleet hear near it, nearest first.

An autopilot takes ADSB_VEHICLE for its own avoidance (PX4: ``transponder_report``, NAV_TRAFF_AVOID). A vehicle without
a receiver, or in its shadow, is so told of what the rest of the fleet hears. It adds no trust: a vehicle takes such
reports from anybody, unsigned, and the launch gate lets none fly that would move by them.

What a vehicle heard itself is not told back to it, and nothing is told twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from skystork.fleet.traffic import TrafficReport
from skystork.frames import Geodetic, distance_m

MOST_AT_ONCE = 10
"""Told to a vehicle at a look. Every 2 s, 50 bytes each: 2 kbit/s of a radio's 57.6 at the most."""
VERTICAL_M = 1000.0
"""Farther above or below, where both heights are known, nobody needs to be told: twice NAV_TRAFF_A_VER's default."""


class TrafficRelay:
    """What was told to whom; mutable because it remembers.

    Parameters
    ----------
    within_m
        How near to a vehicle an aircraft must be; 0 tells nothing.
    """

    def __init__(self, within_m: float) -> None:
        self._within_m = within_m
        self._heard_by: dict[str, str] = {}
        """The vehicle that heard the newest report of an aircraft."""
        self._told: dict[tuple[str, str], float] = {}
        """When the position held that a vehicle was told of an aircraft."""

    def note(self, report: TrafficReport, vehicle_id: str) -> None:
        """A vehicle's own receiver heard this report, and it is the newest."""
        self._heard_by[report.key] = vehicle_id

    def due(
        self, vehicle_id: str, position: Geodetic, altitude_amsl_m: float | None, reports: Sequence[TrafficReport]
    ) -> list[TrafficReport]:
        """What to tell a vehicle now; counted as told.

        Parameters
        ----------
        reports
            Everything that still says something; what is no longer among it is forgotten.
        """
        known = {report.key for report in reports}
        self._heard_by = {key: by for key, by in self._heard_by.items() if key in known}
        self._told = {pair: at_s for pair, at_s in self._told.items() if pair[1] in known}
        near = [
            report
            for report in reports
            if self._is_news(report, vehicle_id) and self._is_near(report, position, altitude_amsl_m)
        ]
        chosen = sorted(near, key=lambda report: distance_m(report.position, position))[:MOST_AT_ONCE]
        self._told |= {(vehicle_id, report.key): report.at_s for report in chosen}
        return chosen

    def _is_news(self, report: TrafficReport, vehicle_id: str) -> bool:
        told_s = self._told.get((vehicle_id, report.key))
        return self._heard_by.get(report.key) != vehicle_id and (told_s is None or report.at_s > told_s)

    def _is_near(self, report: TrafficReport, position: Geodetic, altitude_amsl_m: float | None) -> bool:
        if distance_m(report.position, position) > self._within_m:
            return False
        unknown = report.altitude_m is None or altitude_amsl_m is None
        return unknown or abs((report.altitude_m or 0.0) - (altitude_amsl_m or 0.0)) <= VERTICAL_M
