"""Both level legs of a flight within what the battery gives: the fastest, or slower ones where those take too much.

A multirotor goes further on a charge at a lower speed. Where the fastest legs leave less than the reserve, each is
planned anew with its share of what there is; a leg that cannot do with its share takes what it needs at least, and the
other what is left. A wing flies its missions at one air speed, so there the fastest legs stand or fall.
"""

from __future__ import annotations

from skystork.fleet.energy import JOULES_PER_WH
from skystork.fleet.profile import Airframe
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.energy_bound import EnergyBudgetError, EnergyTerms, energy_bound_j
from skystork.planning.flight_plan import FlightRequest, Leg, LegName
from skystork.planning.legs import level_leg, payload_kg, upright_legs
from skystork.planning.power_curve import power_curve
from skystork.planning.routes import Route

LEAST_ROOM = 1.001
"""Of what a leg needs at least, given to one that could not do with its share."""

_Legs = tuple[Leg, Leg]
_Names = (LegName.OUTBOUND, LegName.INBOUND)


def level_legs(request: FlightRequest, out: Route, back: Route, weight_s_per_j: float) -> _Legs | tuple[Reason, ...]:
    """Out and home, or everything that keeps them from being flown."""
    routes = (out, back)
    frugal = request.profile.airframe is Airframe.MULTIROTOR
    weight = weight_s_per_j if frugal else 0.0
    terms = [_terms(name, request, weight) if weight > 0 else None for name in _Names]
    legs = _found([level_leg(*each) for each in zip(_Names, (request,) * 2, routes, terms, strict=True)])
    if not isinstance(legs[0], Leg):
        return legs
    room_j = _room_j(request)
    if sum(leg.energy_j for leg in legs) <= room_j:
        return legs
    return _within(request, routes, legs, weight) if frugal and room_j > 0 else _short(request, legs)


def _within(
    request: FlightRequest, routes: tuple[Route, Route], fastest: _Legs, weight: float
) -> _Legs | tuple[Reason, ...]:
    """Slower legs, each with its share of the battery."""
    room_j = _room_j(request)
    bounds = [_bound_j(leg, request) for leg in fastest]
    shares = [room_j * bound / sum(bounds) for bound in bounds]
    for _ in range(2):
        found = [
            level_leg(name, request, route, _terms(name, request, weight, share_j))
            for name, route, share_j in zip(_Names, routes, shares, strict=True)
        ]
        least = [leg.least_j * LEAST_ROOM if isinstance(leg, EnergyBudgetError) else None for leg in found]
        if least == [None, None]:
            return _found(found)
        if None not in least or sum(each or 0.0 for each in least) >= room_j:
            break
        shares = [room_j - (least[1 - k] or 0.0) if need is None else need for k, need in enumerate(least)]
    return _short(request, fastest)


def _found(found: list[Leg | Reason | EnergyBudgetError]) -> _Legs | tuple[Reason, ...]:
    reasons = tuple(each for each in found if isinstance(each, Reason))
    if reasons:
        return reasons
    outbound, inbound = (each for each in found if isinstance(each, Leg))
    return outbound, inbound


def _terms(name: LegName, request: FlightRequest, weight: float, budget_j: float = float("inf")) -> EnergyTerms:
    power = power_curve(request.profile, payload_kg=payload_kg(name, request))
    return EnergyTerms(power, weight, budget_j)


def _bound_j(leg: Leg, request: FlightRequest) -> float:
    power = power_curve(request.profile, payload_kg=payload_kg(leg.name, request))
    return energy_bound_j(leg.segments, power, request.wind_enu_m_s)


def _room_j(request: FlightRequest) -> float:
    """What the level legs may use: the battery less its reserve and the legs up and down."""
    return request.battery_j - _kept_j(request) - sum(leg.energy_j for leg in upright_legs(request))


def _kept_j(request: FlightRequest) -> float:
    return request.profile.reserve_fraction * request.profile.battery_j


def _short(request: FlightRequest, fastest: _Legs) -> tuple[Reason, ...]:
    """In the words of the whole flight, flown as fast as it can be."""
    energy_j = sum(leg.energy_j for leg in (*fastest, *upright_legs(request)))
    kept_j, reserve_j = _kept_j(request), request.battery_j - energy_j
    slower = (
        ", and flown slower it does not take enough less" if request.profile.airframe is Airframe.MULTIROTOR else ""
    )
    takes_wh, has_wh, leaves_wh, kept_wh = (
        each_j / JOULES_PER_WH for each_j in (energy_j, request.battery_j, reserve_j, kept_j)
    )
    text = (
        f"the flight takes {takes_wh:.0f} Wh of {has_wh:.0f} Wh on board and leaves {leaves_wh:.0f} Wh; "
        f"{kept_wh:.0f} Wh must be left at touch-down{slower}"
    )
    needed_j = energy_j + kept_j
    full = needed_j <= request.full_j
    remedy = f"{needed_j / request.full_j:.0%} of the battery at take-off" if full else "by road"
    return (Reason(ReasonCode.ENERGY, text, reserve_j, kept_j, remedy=remedy),)
