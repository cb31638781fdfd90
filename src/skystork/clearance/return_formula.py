"""Whether the battery covers the plan by PX4's own arithmetic of returning, so that no failsafe cuts the flight short.

PX4 counts the time home, t, and takes RTL_TIME_FACTOR × t + RTL_TIME_MARGIN for the safe time: 1.1 t + 100 s by
default (PX4 v1.17.0, src/lib/rtl/rtl_time_estimator.cpp). Once the battery lasts no longer, COM_FLTT_LOW_ACT acts
(src/modules/commander/HealthAndArmingChecks/checks/batteryCheck.cpp). With RTL_TYPE 4 and a mission on board v1.17
gives no estimate (src/modules/navigator/rtl_mission_fast.cpp) and the failsafe never acts; the formula is required of
every plan all the same, because it is what the return needs, whoever counts it.

How long the battery lasts is counted at the mean power of the way home, as the plan has it: PX4 counts it at the mean
current of the last minute, which over a doorstep is that of hovering and not that of flying home.

Two more failsafes turn a flight home by themselves: a charge at BAT_CRIT_THR, and COM_FLT_TIME_MAX.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from skystork.clearance.checks import Check, check
from skystork.planning.flight_plan import FlightPlan, Leg, LegName

PARAMETERS = ("RTL_TIME_FACTOR", "RTL_TIME_MARGIN", "BAT_CRIT_THR", "COM_FLT_TIME_MAX")
"""Read from the vehicle for these checks."""


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """The end of a leg: what is left there, and what the way home from there takes by the plan."""

    after: LegName
    flown_s: float
    left_j: float
    home_s: float
    home_j: float
    home_w: float
    """Mean power of the way home [W]."""

    @property
    def lasts_s(self) -> float:
        """How long the battery lasts at the power of the way home [s]."""
        return self.left_j / self.home_w


def turning_points(plan: FlightPlan, battery_fraction: float) -> Iterator[TurningPoint]:
    """Return the end of each leg, touch-down included.

    Parameters
    ----------
    battery_fraction
        Charge at take-off, 0..1.
    """
    used = accumulate(leg.energy_j for leg in plan.legs)
    flown = accumulate(leg.duration_s for leg in plan.legs)
    for leg, used_j, flown_s in zip(plan.legs, used, flown, strict=True):
        way = _way_home(plan, leg.name)
        home_s, home_j = sum(each.duration_s for each in way), sum(each.energy_j for each in way)
        last = plan.leg(LegName.LANDING)
        home_w = home_j / home_s if home_s > 0 else last.energy_j / last.duration_s
        left_j = battery_fraction * plan.request.full_j - used_j
        yield TurningPoint(leg.name, flown_s, left_j, home_s, home_j, home_w)


def check_return(
    plan: FlightPlan, battery_fraction: float | None, parameters: Mapping[str, float]
) -> tuple[Check, ...]:
    """Check that no failsafe of the battery or of the clock would turn the planned flight home.

    Parameters
    ----------
    parameters
        As read from the vehicle; where one of :data:`PARAMETERS` is missing its own check has failed already.
    """
    if battery_fraction is None or any(name not in parameters for name in PARAMETERS):
        return ()
    points = tuple(turning_points(plan, battery_fraction))
    factor, margin_s, critical, longest_s = (parameters[name] for name in PARAMETERS)
    return (
        _return_time(points, factor, margin_s),
        _critical_charge(points, plan.request.full_j, critical),
        _flight_time(plan.duration_s, longest_s),
    )


def _way_home(plan: FlightPlan, after: LegName) -> tuple[Leg, ...]:
    """Legs still to be flown if it turned home here; the way back along the outbound path is as long as the inbound."""
    landing = plan.leg(LegName.LANDING)
    cruise = max(plan.leg(LegName.OUTBOUND), plan.leg(LegName.INBOUND), key=lambda leg: leg.energy_j)
    climb = plan.leg(LegName.DROP_CLIMB)
    return {
        LegName.CLIMB: (landing,),
        LegName.OUTBOUND: (cruise, landing),
        LegName.DESCENT: (climb, cruise, landing),
        LegName.DROP: (climb, cruise, landing),
        LegName.DROP_CLIMB: (cruise, landing),
        LegName.INBOUND: (landing,),
        LegName.LANDING: (),
    }[after]


def _return_time(points: tuple[TurningPoint, ...], factor: float, margin_s: float) -> Check:
    def in_hand_s(point: TurningPoint) -> float:
        return point.lasts_s - (factor * point.home_s + margin_s)

    worst = min(points, key=in_hand_s)
    needed_s = factor * worst.home_s + margin_s
    return check(
        "return time",
        in_hand_s(worst) > 0,
        seen=f"{worst.lasts_s:.0f} s of battery after the {worst.after}",
        required=f"more than {factor:g} x {worst.home_s:.0f} s home + {margin_s:.0f} s = {needed_s:.0f} s",
        remedy="the battery does not cover a return by PX4's own formula: swap it",
    )


def _critical_charge(points: tuple[TurningPoint, ...], battery_j: float, critical: float) -> Check:
    low = next((point for point in points if point.left_j / battery_j <= critical), points[-1])
    return check(
        "charge in flight",
        low.left_j / battery_j > critical,
        seen=f"{low.left_j / battery_j:.3f} after the {low.after}, {low.flown_s:.0f} s from take-off",
        required=f"above BAT_CRIT_THR {critical:g}",
        remedy="PX4 would turn it home by itself: swap the battery",
    )


def _flight_time(duration_s: float, longest_s: float) -> Check:
    return check(
        "flight time",
        longest_s <= 0 or duration_s < longest_s,
        seen=f"{duration_s:.0f} s by the plan",
        required="any: COM_FLT_TIME_MAX is off" if longest_s <= 0 else f"less than COM_FLT_TIME_MAX {longest_s:.0f} s",
        remedy="PX4 would turn it home by itself: raise the parameter or give the order to another vehicle",
    )
