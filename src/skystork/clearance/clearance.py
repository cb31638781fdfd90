"""Clearance: the one place where a planned, checked flight becomes one that may be flown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skystork.clearance.checks import Check, refusals
from skystork.clearance.deconfliction import Conflict, Reservation, Separation, find_departure
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.flight_plan import FlightPlan


@dataclass(frozen=True, slots=True)
class Clearance:
    """This flight may leave then, and holds this space."""

    plan: FlightPlan
    reservation: Reservation
    checks: tuple[Check, ...]

    @property
    def departs_at_s(self) -> float:
        """Cleared take-off [s since the Unix epoch]."""
        return self.reservation.departs_at_s


@dataclass(frozen=True, slots=True)
class Denied:
    """This flight may not be flown, for these reasons."""

    reasons: tuple[Reason, ...]


def request_clearance(
    plan: FlightPlan,
    *,
    checks: tuple[Check, ...],
    earliest_s: float,
    reserved: Sequence[Reservation],
    separation: Separation,
) -> Clearance | Denied:
    """Clear a plan that passed the independent check.

    Parameters
    ----------
    checks
        Of the vehicle and of what is about it, made just now; a failure among them denies the flight.
    earliest_s
        When the vehicle can be loaded and uploaded [s since the Unix epoch].
    reserved
        What the other cleared flights hold.
    """
    reasons = list(refusals(checks))
    departure = find_departure(plan, earliest_s, reserved, separation)
    if isinstance(departure, Conflict):
        reasons.append(_too_near(departure, separation))
    if reasons or isinstance(departure, Conflict):
        return Denied(tuple(reasons))
    return Clearance(plan, departure, checks)


def _too_near(conflict: Conflict, separation: Separation) -> Reason:
    text = (
        f"comes within {conflict.horizontal_m:.0f} m across and {conflict.vertical_m:.0f} m in height of flight "
        f"{conflict.other}, at every take-off tried"
    )
    return Reason(ReasonCode.SEPARATION, text, round(conflict.horizontal_m, 1), separation.horizontal_m)
