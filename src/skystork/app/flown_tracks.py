"""What was flown lately, with speed and battery, for whoever looks now; the whole of it is in the track file.

One sample a second of each flight under way; a flight that ended is kept until its vehicle flies again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from skystork.app.drone_desk import DroneDesk
from skystork.orders.order import FlightId

SPACING_S = 1.0
MOST_SAMPLES = 3600
"""An hour in the air; more than any vehicle of the fleet flies on a battery."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One vehicle at one moment of its flight."""

    at_s: float
    latitude_deg: float
    longitude_deg: float
    height_home_m: float
    speed_m_s: float | None
    battery_fraction: float | None


class FlownTracks:
    """Keeps them; its one writer is the service."""

    def __init__(self) -> None:
        self._samples: dict[FlightId, list[Sample]] = {}
        self._flight_of: dict[str, FlightId] = {}

    def take(self, desk: DroneDesk) -> None:
        """Look at a vehicle after it told something new."""
        flight, tracker = desk.flight, desk.tracker
        if flight is None or flight.launched_at_s is None or not tracker.armed:
            return
        samples = self._samples_of(flight.plan.request.flight_id, desk.drone.vehicle_id)
        if (samples and tracker.at_s - samples[-1].at_s < SPACING_S) or len(samples) >= MOST_SAMPLES:
            return
        state = tracker.state  # a snapshot costs more than all that is looked at before
        if state.position is None:
            return
        velocity, here = state.velocity_enu_m_s, state.position
        speed_m_s = None if velocity is None else math.hypot(velocity[0], velocity[1])
        height_m = state.height_home_m or 0.0
        samples.append(
            Sample(state.at_s, here.latitude_deg, here.longitude_deg, height_m, speed_m_s, state.battery_fraction)
        )

    def _samples_of(self, flight_id: FlightId, vehicle_id: str) -> list[Sample]:
        """Those of the flight under way; the vehicle's flight before it is forgotten."""
        before = self._flight_of.get(vehicle_id)
        if before is not None and before != flight_id:
            self._samples.pop(before, None)
        self._flight_of[vehicle_id] = flight_id
        return self._samples.setdefault(flight_id, [])

    def of(self, flight_id: FlightId | None) -> tuple[Sample, ...]:
        """Samples of a flight, oldest first; none of one that was not watched."""
        return tuple(self._samples.get(flight_id, ())) if flight_id is not None else ()
