"""Which modes may carry an order, which aircraft can fly it, and everything that stands in the way.

Rules of the site (weight, radius, hazard, weather) are asked first, then every type of aircraft for itself (payload,
box, wind, the way there, energy, time). Nothing is cut short at the first obstacle: a person wants all of them.
Where there is no way there, energy and time are reckoned over the straight line, so that what they refuse is
refused rightly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from skystork.airspace.weather import Weather
from skystork.dispatch.flight_estimate import FlightEstimate, FlightHeights, estimate_flight, wind_on_track
from skystork.dispatch.hours import light_reasons, next_light_s
from skystork.dispatch.rules import SiteRules
from skystork.dispatch.site_limits import drone_site_reasons, left_s, over, van_reasons
from skystork.fleet.energy import JOULES_PER_WH
from skystork.fleet.profile import DroneProfile
from skystork.fleet.vehicle import Drone, Van
from skystork.frames import Geodetic, LocalFrame, distance_m
from skystork.orders.order import Mode, Order, OrderId
from skystork.orders.reasons import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """Whether there is a way through open airspace, as the planner sees it."""

    length_m: float | None
    """One way [m]; None where there is none."""
    reasons: tuple[Reason, ...] = ()
    """Why there is none."""
    over: tuple[str, ...] = ()
    """Neighbourhoods that the way out or home leads over."""
    heard_db: tuple[tuple[str, float], ...] = ()
    """Sound exposure level of the flight by neighbourhood [dB(A)], where one has a budget of sound."""


@dataclass(frozen=True, slots=True)
class ProfileAnswer:
    """Whether one type of aircraft can fly the order."""

    profile_name: str
    reasons: tuple[Reason, ...]
    """Empty: it can."""
    estimate: FlightEstimate
    """Over the way found, or over the straight line where there is none."""
    over: tuple[str, ...] = ()
    """Neighbourhoods that its way leads over."""
    heard_db: tuple[tuple[str, float], ...] = ()
    """As of the way."""
    opens_s: float = -math.inf
    """From then on there is light for it [s since the Unix epoch]; ``inf`` where nobody knows when."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The answer for one order: each mode is open where its reasons are empty."""

    order_id: OrderId
    drone_reasons: tuple[Reason, ...]
    van_reasons: tuple[Reason, ...]
    profiles: tuple[ProfileAnswer, ...]
    """Every type of aircraft of the site, by name."""
    site_reasons: tuple[Reason, ...] = ()
    """Those of the drone's reasons that hold for every type of aircraft."""

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The open modes, the faster first."""
        answers = ((Mode.DRONE, self.drone_reasons), (Mode.VAN, self.van_reasons))
        return tuple(mode for mode, reasons in answers if not reasons)

    @property
    def able(self) -> tuple[ProfileAnswer, ...]:
        """The types of aircraft that may fly it; none where the mode is closed."""
        return () if self.drone_reasons else tuple(answer for answer in self.profiles if not answer.reasons)


def assess_eligibility(
    order: Order,
    *,
    rules: SiteRules,
    depot: Geodetic,
    drones: Sequence[Drone],
    vans: Sequence[Van],
    route: Callable[[DroneProfile], RouteAnswer],
    weather: Weather | None,
    heights: FlightHeights,
    now_s: float,
    attempted: Collection[Mode] = (),
    full_j: Callable[[DroneProfile], float] = lambda profile: profile.battery_j,
) -> Eligibility:
    """Ask every mode about an order.

    Parameters
    ----------
    drones, vans
        Those in service.
    route
        The planner's answer for a type of aircraft; not asked where the doorstep lies beyond the radius.
    weather
        The newest reading, None where there is none: then nothing flies.
    attempted
        Modes that brought the order back already.
    full_j
        What the best full battery of a type of aircraft gives now, cold and aged as it is [J].
    """
    straight_m = distance_m(depot, order.drop_off)
    site = tuple(
        drone_site_reasons(order, rules=rules, straight_m=straight_m, weather=weather, now_s=now_s, attempted=attempted)
    )
    road = van_reasons(order, rules=rules, vans=vans, straight_m=straight_m, now_s=now_s, attempted=attempted)
    by_name = {drone.profile.name: drone for drone in sorted(drones, key=lambda drone: drone.vehicle_id, reverse=True)}
    within = straight_m <= rules.drone_radius_m
    answers = tuple(
        _assess_profile(
            order,
            by_name[name],
            rules=rules,
            answer=route(by_name[name].profile) if within else RouteAnswer(straight_m),
            weather=weather,
            heights=heights,
            now_s=now_s,
            full_j=full_j(by_name[name].profile),
        )
        for name in sorted(by_name)
    )
    return Eligibility(
        order.order_id,
        drone_reasons=site + _fleet_reasons(answers),
        van_reasons=tuple(road),
        profiles=answers,
        site_reasons=site,
    )


def _fleet_reasons(answers: Sequence[ProfileAnswer]) -> tuple[Reason, ...]:
    """Nothing where one type can; else what stands in the way of each, named by its type."""
    if not answers:
        return (Reason(ReasonCode.FLEET, "no drone is in service", 0, 1, remedy="a drone in service"),)
    if any(not answer.reasons for answer in answers):
        return ()
    return tuple(
        replace(reason, text=f"{answer.profile_name}: {reason.text}") for answer in answers for reason in answer.reasons
    )


def _assess_profile(
    order: Order,
    drone: Drone,
    *,
    rules: SiteRules,
    answer: RouteAnswer,
    weather: Weather | None,
    heights: FlightHeights,
    now_s: float,
    full_j: float,
) -> ProfileAnswer:
    profile = drone.profile
    track_enu_m = LocalFrame(drone.pad).to_enu_m(order.drop_off)
    straight_m = distance_m(drone.pad, order.drop_off)
    wind_enu_m_s = (0.0, 0.0) if weather is None else weather.wind_enu_m_s
    estimate = estimate_flight(
        profile,
        route_length_m=straight_m if answer.length_m is None else answer.length_m,
        payload_kg=order.parcel.weight_kg,
        wind=wind_on_track(wind_enu_m_s, track_enu_m),
        heights=heights,
    )
    takes_s = profile.load_s + estimate.duration_s
    begins_s = order.begins_s(now_s)
    reasons = (
        *_profile_limits(order, profile, weather),
        *(light_reasons(rules.flight_hours, drone.pad, begins_s, begins_s + takes_s) if math.isfinite(takes_s) else ()),
        *(answer.reasons if answer.length_m is None else ()),
        *_energy_reasons(profile, estimate, full_j),
        *_time_reasons(order, profile, rules, estimate, now_s),
    )
    if answer.length_m is None and not answer.reasons:
        reasons += (Reason(ReasonCode.ZONE, "no way there through open airspace", "none", "a way"),)
    opens_s = -math.inf
    if any(reason.code is ReasonCode.NIGHT for reason in reasons):
        light_s = next_light_s(rules.flight_hours, drone.pad, begins_s, takes_s)
        opens_s = math.inf if light_s is None else light_s
    return ProfileAnswer(profile.name, reasons, estimate, answer.over, answer.heard_db, opens_s)


def _profile_limits(order: Order, profile: DroneProfile, weather: Weather | None) -> Iterator[Reason]:
    parcel = order.parcel
    if parcel.weight_kg > profile.payload_limit_kg:
        text = "parcel weighs {:.3g} kg, it lifts {:.4g} kg"
        limit_kg = profile.payload_limit_kg
        yield over(ReasonCode.WEIGHT, text, parcel.weight_kg, limit_kg, "in parcels of at most {:.4g} kg")
    if any(side_m > room_m for side_m, room_m in zip(parcel.sides_m(), profile.box_m, strict=True)):
        seen, limit = _sides(parcel.sides_m()), _sides(profile.box_m)
        text = f"parcel is {seen} m, the box takes {limit} m"
        yield Reason(ReasonCode.SIZE, text, seen, limit, remedy=f"packed within {limit} m")
    if weather is not None and weather.wind_speed_m_s > profile.wind_limit_m_s:
        yield over(
            ReasonCode.WEATHER,
            "mean wind is {:.1f} m/s, it bears {:.1f} m/s",
            weather.wind_speed_m_s,
            profile.wind_limit_m_s,
            "when it is at most {:.1f} m/s",
        )


def _energy_reasons(profile: DroneProfile, estimate: FlightEstimate, full_j: float) -> Iterator[Reason]:
    usable_j, remedy = full_j - profile.battery_j * profile.reserve_fraction, "a lighter parcel, a nearer doorstep"
    if estimate.energy_j > usable_j:
        text = "out and back takes {:.0f} Wh, the battery gives {:.0f} Wh above its reserve"
        remedy = f"{remedy}, a warmer or newer battery" if full_j < profile.battery_j else remedy
        yield over(
            ReasonCode.ENERGY,
            text,
            estimate.energy_j / JOULES_PER_WH,
            usable_j / JOULES_PER_WH,
            f"{remedy} or less wind",
        )
    elif estimate.needed_j > full_j:
        text = "by PX4's formula of returning {:.0f} Wh must be on board, the battery gives {:.0f} Wh"
        needed_wh, full_wh = estimate.needed_j / JOULES_PER_WH, full_j / JOULES_PER_WH
        yield over(ReasonCode.ENERGY, text, needed_wh, full_wh, f"{remedy} or less wind")


def _time_reasons(
    order: Order, profile: DroneProfile, rules: SiteRules, estimate: FlightEstimate, now_s: float
) -> Iterator[Reason]:
    takes_s = profile.load_s + estimate.time_to_drop_s
    remaining_s = left_s(order, rules.drone_promise_s, now_s)
    if takes_s > remaining_s:
        text = "loading and flying there takes {:.0f} s, {:.0f} s are left"
        yield over(ReasonCode.PROMISE, text, takes_s, remaining_s, f"a deadline {takes_s:.0f} s from now or later")


def _sides(sides_m: tuple[float, float, float]) -> str:
    return " × ".join(f"{side_m:.2f}" for side_m in sides_m)
