"""Clearance: the one place where a planned, checked flight becomes one that may be flown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skystork.airspace.weather import Weather
from skystork.clearance.deconfliction import Conflict, Reservation, Separation, find_departure
from skystork.clearance.preflight import Check, check_vehicle, failures
from skystork.fleet.vehicle import VehicleState
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
    vehicle: VehicleState,
    weather: Weather,
    zone_set_hash: str,
    earliest_s: float,
    reserved: Sequence[Reservation],
    separation: Separation,
    now_s: float,
) -> Clearance | Denied:
    """Clear a plan that passed the independent check.

    Parameters
    ----------
    zone_set_hash
        Of the zones in force now; a plan made against others is denied.
    earliest_s
        When the vehicle can be loaded and uploaded [s since the Unix epoch].
    reserved
        What the other cleared flights hold.
    """
    reasons = []
    if plan.zone_set_hash != zone_set_hash:
        text = "the zones changed since it was planned; plan again"
        reasons.append(Reason(ReasonCode.ZONE, text, plan.zone_set_hash[:12], zone_set_hash[:12]))
    checks = check_vehicle(vehicle, plan, weather, now_s)
    reasons += [Reason(ReasonCode.CLEARANCE, check.text, check.name, "pass") for check in failures(checks)]
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
    return Reason(ReasonCode.CLEARANCE, text, round(conflict.horizontal_m, 1), separation.horizontal_m)
