"""The home position of a simulated vehicle: it moves until arming, its altitude wanders after take-off.

PX4 sets home at arming and goes on correcting its altitude for two minutes of flight; GLOBAL_POSITION_INT's
``relative_alt`` jumps with it, ``alt`` does not. Missions are flown by the home of arming.
Source: measured on PX4 v1.17.0 SITL (HomePosition.cpp, correction by GNSS and barometer).
"""

from __future__ import annotations

from random import Random

from skystork_sim.autopilot_modes import Status
from skystork_sim.dynamics import PointMass

CORRECTED_S = 120.0  # PX4 corrects the home altitude for so long after take-off
STEP_S = 5.0  # chosen: measured every few hundred ms, jumps over 0.3 m about once a second and a half
SHIFT_M = 1.0  # measured: 488.3 to 490.5 m
STEP_SIGMA_M = 0.4


class Home:
    """Keeps the home in the status; mutable because it wanders.

    Parameters
    ----------
    rng
        For the wander of the reported altitude.
    """

    def __init__(self, mass: PointMass, status: Status, rng: Random) -> None:
        self._mass, self._status, self._rng = mass, status, rng
        self._step_at_s = status.boot_s

    def freeze(self) -> None:
        """At arming: home is here."""
        self.follow()
        self._status.home_amsl_m, self._status.home_shift_m = self._mass.altitude_m, 0.0

    def follow(self) -> None:
        """Disarmed: home is where the vehicle stands."""
        self._status.home_enu_m = (self._mass.east_m, self._mass.north_m)

    def wander(self, now_s: float) -> None:
        """In flight: the next correction of the altitude, when it is due."""
        status = self._status
        if now_s < self._step_at_s or now_s >= status.armed_at_s + CORRECTED_S:
            return
        self._step_at_s = now_s + STEP_S
        shift = status.home_shift_m + self._rng.gauss(0.0, STEP_SIGMA_M)
        status.home_shift_m = max(-SHIFT_M, min(SHIFT_M, shift))
