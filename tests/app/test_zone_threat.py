"""What changed zones do to the two ways of a flight three kilometres east and back."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from tests_support.flights import FRAME, at, flying

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Period, Restriction, Zone
from skystork.app.zone_threat import LATE_S, Threat, threat_to
from skystork.flight.flight import Flight


def zone(from_m: float, to_m: float, **changes: Any) -> Zone:
    """From 200 m south of the way to 200 m north of it."""
    corners = [(from_m, -200.0), (to_m, -200.0), (to_m, 200.0), (from_m, 200.0), (from_m, -200.0)]
    places = [FRAME.to_geodetic(*corner) for corner in corners]
    ring = tuple((place.longitude_deg, place.latitude_deg) for place in places)
    return replace(Zone("z", "z", "D", Restriction.PROHIBITED, (ring,), SURFACE, UNLIMITED), **changes)


def threat(flight: Flight, *zones: Zone, now_s: float = 0.0, **facts: Any) -> Threat:
    vehicle = at(now_s, **facts)
    return threat_to(flight, vehicle, ZoneSet(zones, FRAME, 45.0), None, frame=FRAME, now_s=now_s)


def test_a_zone_touches_that_becomes_active_after_the_planned_passage_but_not_after_the_latest() -> None:
    (there,) = threat(flying(), zone(1400.0, 1600.0)).touched
    passed_s = there.last_at_s

    def closes(from_s: float) -> bool:
        return bool(threat(flying(), zone(1400.0, 1600.0, active=(Period(from_s, math.inf),))).ways.ahead)

    assert closes(passed_s + 45.0)
    assert closes(passed_s + LATE_S - 1.0)
    assert not closes(passed_s + LATE_S + 1.0)
