"""Other aircraft near the fleet, and whether one comes too near.

What is known comes from ADS-B receivers on board and is not proven: ADSB_VEHICLE is taken unsigned even on a signed
link, and a transponder can be imitated. So the picture advises people and moves no vehicle.

The distances are those within which PX4's own traffic avoidance acts (NAV_TRAFF_A_HOR 500 m, NAV_TRAFF_A_VER 500 m,
NAV_TRAFF_COLL_T 60 s, defaults of 1.17): now, or at the nearest approach within the time if both fly straight on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from skystork.frames import Geodetic, LocalFrame

HORIZONTAL_M, VERTICAL_M, AHEAD_S = 500.0, 500.0, 60.0
"""NAV_TRAFF_A_HOR, NAV_TRAFF_A_VER, NAV_TRAFF_COLL_T of PX4 1.17."""
KEPT_S = 30.0
"""A position older than this says nothing: at 100 m/s the aircraft is 3 km on. ADS-B sends twice a second."""
MOST_AIRCRAFT = 500
"""Kept at once; a forger can invent any number."""


class AltitudeReference(StrEnum):
    """ADSB_ALTITUDE_TYPE."""

    PRESSURE = "pressure"
    """Barometric, by QNH: close to AMSL, off by the error of the setting."""
    GEOMETRIC = "geometric"
    """By GNSS."""


@dataclass(frozen=True, slots=True)
class TrafficReport:
    """One aircraft as one receiver told it; None where the report does not say."""

    at_s: float
    """When the position held: the report's time less its age."""
    icao_address: int
    """24 bits, unique to the aircraft; 0 where it hides it."""
    callsign: str
    position: Geodetic
    altitude_m: float | None
    altitude_reference: AltitudeReference
    velocity_enu_m_s: tuple[float, float, float] | None
    """Climb 0 where it is not told."""
    emitter_type: int
    """ADSB_EMITTER_TYPE: 1 light .. 7 rotorcraft, 9 glider, 14 unmanned."""
    squawk: int | None
    simulated: bool

    @property
    def key(self) -> str:
        """Tells aircraft apart: the address, or the callsign of one that hides it."""
        return f"{self.icao_address:06X}" if self.icao_address else f"~{self.callsign}"


@dataclass(frozen=True, slots=True)
class Advisory:
    """Another aircraft is near one of ours, or will be."""

    key: str
    callsign: str
    in_s: float
    """Until the nearest approach within the time looked ahead [s]; 0 is now."""
    horizontal_m: float
    """Then."""
    vertical_m: float | None
    """Then; None where an altitude is not known, which is taken for near."""

    def __str__(self) -> str:
        name = f"{self.callsign} ({self.key})" if self.callsign else self.key
        height = "at an unknown height" if self.vertical_m is None else f"{self.vertical_m:.0f} m above or below"
        when = "now" if self.in_s < 1 else f"in {self.in_s:.0f} s"
        return f"{name} {self.horizontal_m:.0f} m away, {height}, {when}"


class TrafficPicture:
    """The newest report of each aircraft; mutable because it is a picture of now."""

    def __init__(self) -> None:
        self._reports: dict[str, TrafficReport] = {}

    def take(self, report: TrafficReport) -> bool:
        """Keep a report; False where a newer one is known, or no more aircraft can be kept."""
        known = self._reports.get(report.key)
        if known is not None and known.at_s >= report.at_s:
            return False
        if known is None and len(self._reports) >= MOST_AIRCRAFT:
            return False
        self._reports[report.key] = report
        return True

    def fresh(self, now_s: float) -> tuple[TrafficReport, ...]:
        """What still says something, by key; the rest is forgotten."""
        self._reports = {key: each for key, each in self._reports.items() if now_s - each.at_s <= KEPT_S}
        return tuple(self._reports[key] for key in sorted(self._reports))

    def advisories(
        self,
        position: Geodetic,
        altitude_amsl_m: float | None,
        velocity_enu_m_s: tuple[float, float, float],
        now_s: float,
    ) -> Iterator[Advisory]:
        """Every aircraft that is or will be near one of ours.

        Parameters
        ----------
        position, altitude_amsl_m, velocity_enu_m_s
            Our own, now.
        """
        for report in self.fresh(now_s):
            found = _approach(report, position, altitude_amsl_m, velocity_enu_m_s, now_s)
            near = found.vertical_m is None or found.vertical_m < VERTICAL_M
            if found.horizontal_m < HORIZONTAL_M and near:
                yield found


def _approach(
    report: TrafficReport,
    position: Geodetic,
    altitude_amsl_m: float | None,
    velocity_enu_m_s: tuple[float, float, float],
    now_s: float,
) -> Advisory:
    """Where it is nearest to us within the time looked ahead, both flying straight on."""
    east_m, north_m = LocalFrame(position).to_enu_m(report.position)
    theirs = report.velocity_enu_m_s
    if theirs is not None:
        age_s = now_s - report.at_s
        east_m, north_m = east_m + theirs[0] * age_s, north_m + theirs[1] * age_s
    closing = (0.0, 0.0, 0.0) if theirs is None else tuple(t - o for t, o in zip(theirs, velocity_enu_m_s, strict=True))
    speed_squared = closing[0] ** 2 + closing[1] ** 2
    towards = -(east_m * closing[0] + north_m * closing[1])
    in_s = min(AHEAD_S, max(0.0, towards / speed_squared)) if speed_squared > 0 else 0.0
    vertical_m = None
    if report.altitude_m is not None and altitude_amsl_m is not None:
        vertical_m = abs(report.altitude_m - altitude_amsl_m + closing[2] * in_s)
    horizontal_m = math.hypot(east_m + closing[0] * in_s, north_m + closing[1] * in_s)
    return Advisory(report.key, report.callsign, in_s, horizontal_m, vertical_m)
