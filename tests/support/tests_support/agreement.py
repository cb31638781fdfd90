"""Whether MAVSDK and the controller say the same of a vehicle, which each hears over a link of its own.

Positions are compared at one time: ours is carried on by its own velocity to the time of the look. Words (armed,
mode, landed) may differ for as long as a message takes that comes once a second on either link.
"""

from __future__ import annotations

import math
import statistics

from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.frames import LocalFrame
from skystork_sim.px4.observer import Seen

POSITION_P95_M = 1.5
"""PX4 sends one estimate on both links: what differs is its age, 0.1 s at 10 m/s, and the turn within it."""
DELAY_S, CRUISE_M_S = 0.1, 10.0
"""What a busy machine keeps a message waiting [real s], and how fast the vehicle goes. The largest difference is told,
not held to a limit: a stall of 0.5 s at five times real time makes 25 m."""
ALTITUDE_P95_M = 1.0
WORDS_S = 3.0
"""HEARTBEAT comes once a second on each link, and PX4 says some modes a second late."""
BATTERY_P95 = 0.06
"""BATTERY_STATUS comes to us once a second in flight; while a play drains 3 % a second it is 2 s behind for a while."""


class Agreement:
    """Differences seen so far; mutable because it collects.

    Parameters
    ----------
    speed
        Simulated seconds in a second: real delays make the more of a difference.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._position_p95_m = POSITION_P95_M + speed * DELAY_S * CRUISE_M_S
        self.apart_m: list[float] = []
        self.altitudes_apart_m: list[float] = []
        self.batteries_apart: list[float] = []
        self.longest_s: dict[str, float] = {"armed": 0.0, "mode": 0.0, "landed": 0.0}
        self._since_s: dict[str, float] = {}
        self._paused_s = -math.inf

    def pause(self, now_s: float) -> None:
        """We do not hear the vehicle."""
        self._paused_s = now_s
        self._since_s.clear()

    def compare(self, ours: VehicleState, seen: Seen, now_s: float) -> None:
        """Look at both."""
        if ours.link is not LinkState.UP or now_s - self._paused_s < 3 * WORDS_S:
            return
        self._compare_places(ours, seen, now_s)
        words = {
            "armed": (ours.armed, seen.armed),
            "mode": (ours.mode, seen.mode),
            "landed": (str(ours.landed), seen.landed),
        }
        for name, (mine, theirs) in words.items():
            if theirs is None or mine in {"undefined", "UNKNOWN"} or mine == theirs:
                self._since_s.pop(name, None)
            else:
                since_s = self._since_s.setdefault(name, now_s)
                self.longest_s[name] = max(self.longest_s[name], now_s - since_s)

    def _compare_places(self, ours: VehicleState, seen: Seen, now_s: float) -> None:
        velocity, at_s = ours.velocity_enu_m_s, ours.position_at_s
        if not ours.armed or None in (ours.position, velocity, at_s, seen.position, seen.altitude_amsl_m):
            return
        assert ours.position and velocity and at_s and seen.position and seen.altitude_amsl_m and ours.altitude_amsl_m
        age_s = now_s - at_s
        east_m, north_m = LocalFrame(ours.position).to_enu_m(seen.position)
        self.apart_m.append(math.hypot(east_m - velocity[0] * age_s, north_m - velocity[1] * age_s))
        self.altitudes_apart_m.append(abs(ours.altitude_amsl_m + velocity[2] * age_s - seen.altitude_amsl_m))
        if ours.battery_fraction is not None and seen.battery_fraction is not None:
            self.batteries_apart.append(abs(ours.battery_fraction - seen.battery_fraction))

    def told(self) -> str:
        """For a person."""
        if not self.apart_m:
            return "MAVSDK: nothing compared"
        words = ", ".join(f"{name} {span_s:.1f} s" for name, span_s in self.longest_s.items())
        return (
            f"MAVSDK, {len(self.apart_m)} looks in the air: positions apart p95 {_p95(self.apart_m):.2f} m, most "
            f"{max(self.apart_m):.2f} m; altitudes p95 {_p95(self.altitudes_apart_m):.2f} m; battery p95 "
            f"{_p95(self.batteries_apart):.3f}; longest otherwise: {words}"
        )

    def check(self) -> None:
        """Everything within what is allowed."""
        assert self.apart_m, "MAVSDK and the controller were never compared in the air"
        assert _p95(self.apart_m) < self._position_p95_m, self.told()
        assert _p95(self.altitudes_apart_m) < ALTITUDE_P95_M, self.told()
        assert max(self.longest_s.values()) <= WORDS_S, self.told()
        assert _p95(self.batteries_apart) <= BATTERY_P95, self.told()


def _p95(values: list[float]) -> float:
    if not values:
        return 0.0
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
