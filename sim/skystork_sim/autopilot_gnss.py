"""The satellites of a simulated vehicle, and whether it still knows where it is.

SIM_GPS_USED is the number of satellites used, as on SITL: 0 takes them away. The estimator flies on for some seconds,
then the position counts as lost, until satellites are seen again for a while.
Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

from skystork_sim.autopilot_parameters import Parameters

LOST_AFTER_S = 5.2  # measured from the loss to the descent
FOUND_AFTER_S = 2.0  # measured from the return of the satellites to the hold
FIX_3D, NO_FIX = 3, 0  # GPS_FIX_TYPE
LEAST_SATELLITES = 4  # a position in three dimensions and the clock


class Gnss:
    """Watches the satellites; mutable because they come and go."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._changed_s: float | None = None
        self._seen = True
        self.position_valid = True
        self.jammed = False
        """Set by a failure injection."""

    @property
    def satellites(self) -> int:
        """Used now."""
        return 0 if self.jammed else int(self._parameters["SIM_GPS_USED"])

    @property
    def fix_type(self) -> int:
        """GPS_FIX_TYPE."""
        return FIX_3D if self.satellites >= LEAST_SATELLITES else NO_FIX

    def look(self, now_s: float) -> None:
        """Bring ``position_valid`` up to now."""
        seen = self.fix_type == FIX_3D
        if seen is not self._seen:
            self._seen, self._changed_s = seen, now_s
        if self._changed_s is None or seen is self.position_valid:
            return
        if now_s >= self._changed_s + (FOUND_AFTER_S if seen else LOST_AFTER_S):
            self.position_valid = seen
