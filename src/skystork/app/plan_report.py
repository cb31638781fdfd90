"""What ``skystork plan --explain`` tells: the stages with their times, and what the independent check proved."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from skystork.app.cli_text import print_table
from skystork.fleet.energy import JOULES_PER_WH
from skystork.planning.flight_check import Certificate
from skystork.planning.flight_plan import FlightPlan, Leg, LegName

ORDER = ("site and zones", "free space", "path", "corridor", "trajectory", "failsafe ways", "other", "check")
"""Stages in the order that they run; each may run several times, for layers and legs."""


class StageTimes:
    """Collects how long each stage took, and how often it ran."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.runs: dict[str, int] = {}

    @contextmanager
    def taking(self, stage: str) -> Iterator[None]:
        """Time what runs within."""
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began_s
            self.runs[stage] = self.runs.get(stage, 0) + 1


def print_explanation(plan: FlightPlan, times: StageTimes, certificate: Certificate) -> None:
    """Two tables: stages, and the certificate."""
    within_s = sum(times.seconds.get(name, 0.0) for name in ORDER[1:6])
    times.seconds["other"] = max(times.seconds.get("planning", 0.0) - within_s, 0.0)
    rows = [
        (name, str(times.runs.get(name, 1)), f"{times.seconds[name] * 1e3:.1f}")
        for name in ORDER
        if name in times.seconds
    ]
    print_table("stages", ("stage", "runs", "ms"), rows)
    profile = plan.request.profile
    nearest = min(certificate.clearance_m, key=lambda leg: certificate.clearance_m[leg])
    shown = f"{certificate.clearance_m[nearest]:.3f} m ({nearest})"
    print_table(
        "certificate, proven for every instant",
        ("what", "proven", "limit"),
        [
            ("least clearance", f"at least {shown}", f"{certificate.required_m:.3f} m"),
            ("air speed", f"{certificate.air_speed_m_s:.4f} m/s", f"{profile.max_air_speed_m_s:g} m/s"),
            ("acceleration", f"{certificate.acceleration_m_s2:.4f} m/s²", f"{profile.max_acceleration_m_s2:g} m/s²"),
            ("jerk", f"{certificate.jerk_m_s3:.4f} m/s³", f"{profile.max_jerk_m_s3:g} m/s³"),
            ("energy", f"{certificate.energy_j / JOULES_PER_WH:.1f} Wh", f"{_usable_j(plan) / JOULES_PER_WH:.1f} Wh"),
            *(_gap_row(plan, plan.leg(name)) for name in (LegName.OUTBOUND, LegName.INBOUND)),
        ],
    )


def lower_bound_s(plan: FlightPlan, leg: Leg) -> float:
    """No level flight from rest to rest along the leg's path is faster: L/v + v/a + a/j, with the wind on each part."""
    profile, path = plan.request.profile, leg.corridor.path_enu_m if leg.corridor else ()
    speed_m_s, wind = profile.cruise_air_speed_m_s, plan.request.wind_enu_m_s
    total_s = 0.0
    for start, end in pairwise(path):
        length_m = math.dist(start, end)
        along = ((end[0] - start[0]) * wind[0] + (end[1] - start[1]) * wind[1]) / max(length_m, 1e-9)
        across_squared = max(wind[0] ** 2 + wind[1] ** 2 - along**2, 0.0)
        total_s += length_m / (along + math.sqrt(max(speed_m_s**2 - across_squared, 1e-9)))
    still = math.hypot(*wind) < 1e-9
    reach_s = speed_m_s / profile.max_acceleration_m_s2 + profile.max_acceleration_m_s2 / profile.max_jerk_m_s3
    return total_s + (reach_s if still else 0.0)


def _gap_row(plan: FlightPlan, leg: Leg) -> tuple[str, str, str]:
    bound_s = lower_bound_s(plan, leg)
    return f"time {leg.name}", f"{leg.duration_s:.2f} s", f"bound {bound_s:.2f} s, {leg.duration_s / bound_s - 1:+.2%}"


def _usable_j(plan: FlightPlan) -> float:
    profile = plan.request.profile
    return plan.request.battery_j - profile.reserve_fraction * profile.battery_j
