"""The site's own limits on an order: what holds whatever vehicle would carry it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from skystork.airspace.weather import Weather
from skystork.dispatch.rules import SiteRules
from skystork.fleet.profile import VanProfile
from skystork.fleet.vehicle import Van
from skystork.orders.order import Mode, Order
from skystork.orders.reasons import Reason, ReasonCode

_LIGHTER = "in parcels of at most {:.4g} kg"


def promised_by_s(order: Order, promise_s: float, now_s: float) -> float:
    """The earlier of the mode's promise, from when the order begins, and the customer's own [s since the epoch]."""
    ours_s = order.begins_s(now_s) + promise_s
    return ours_s if order.deliver_by_s is None else min(ours_s, order.deliver_by_s)


def left_s(order: Order, promise_s: float, now_s: float) -> float:
    """From when its parcel can be loaded until it is wanted [s]."""
    return promised_by_s(order, promise_s, now_s) - order.ready_from_s(now_s)


def drone_site_reasons(
    order: Order,
    *,
    rules: SiteRules,
    straight_m: float,
    weather: Weather | None,
    now_s: float,
    attempted: Collection[Mode],
) -> Iterator[Reason]:
    """Weight, radius, dangerous goods and weather, against the rules for flying."""
    weight_kg, hazard = order.parcel.weight_kg, order.parcel.hazard
    if Mode.DRONE in attempted:
        yield _attempted(Mode.DRONE)
    if weight_kg > rules.drone_weight_limit_kg:
        yield over(
            ReasonCode.WEIGHT,
            "parcel weighs {:.3g} kg, drones carry {:.4g} kg",
            weight_kg,
            rules.drone_weight_limit_kg,
            _LIGHTER,
        )
    if straight_m > rules.drone_radius_m:
        yield over(
            ReasonCode.RADIUS,
            "doorstep is {:.0f} m from the depot, drones serve {:.0f} m",
            straight_m,
            rules.drone_radius_m,
            "a doorstep within {:.0f} m",
        )
    if hazard not in rules.drone_hazards:
        remedy = f"an authorisation for {hazard} goods, named in rules.drone_hazards"
        limit = ", ".join(rules.drone_hazards)
        yield Reason(ReasonCode.HAZARD, f"{hazard} goods may not fly", hazard, limit, remedy=remedy)
    yield from weather_reasons(rules, weather, now_s)


def unread_reasons(problems: Sequence[str]) -> Iterator[Reason]:
    """A site whose own files cannot be read: what is in the air is steered by an earlier copy, and nothing leaves."""
    if problems:
        text = f"the site's files cannot be read: {problems[0]}"
        remedy = "site files that can be read: skystork check-config"
        yield Reason(ReasonCode.CLEARANCE, text, f"{len(problems)} problems", "none", remedy=remedy)


def weather_reasons(rules: SiteRules, weather: Weather | None, now_s: float) -> Iterator[Reason]:
    """What keeps everything on the ground."""
    if weather is None or now_s - weather.at_s > rules.weather_max_age_s:
        age = "none" if weather is None else f"{now_s - weather.at_s:.0f} s old"
        limit = f"at most {rules.weather_max_age_s:.0f} s old"
        remedy = "a reading of the site's station"
        yield Reason(ReasonCode.WEATHER, f"no fresh weather reading: {age}, {limit}", age, limit, remedy=remedy)
        return
    readings = (
        ("mean wind is {:.1f} m/s, limit {:.1f} m/s", weather.wind_speed_m_s, rules.wind_limit_m_s, "{:.1f} m/s"),
        ("gusts are {:.1f} m/s, limit {:.1f} m/s", weather.gust_m_s, rules.gust_limit_m_s, "{:.1f} m/s"),
        ("rain is {:.1f} mm/h, limit {:.1f} mm/h", weather.rain_mm_h, rules.rain_limit_mm_h, "{:.1f} mm/h"),
    )
    for text, value, limit_value, unit in readings:
        if not value <= limit_value:  # also refuses NaN
            yield over(ReasonCode.WEATHER, text, value, limit_value, f"when it is at most {unit}")
    if not weather.visibility_m >= rules.visibility_limit_m:
        yield over(
            ReasonCode.WEATHER,
            "visibility is {:.0f} m, at least {:.0f} m is needed",
            weather.visibility_m,
            rules.visibility_limit_m,
            "when it is at least {:.0f} m",
        )


def van_reasons(
    order: Order,
    *,
    rules: SiteRules,
    vans: Sequence[Van],
    straight_m: float,
    now_s: float,
    attempted: Collection[Mode],
) -> Iterator[Reason]:
    """Everything that keeps an order off the road."""
    parcel = order.parcel
    if Mode.VAN in attempted:
        yield _attempted(Mode.VAN)
    if not vans:
        yield Reason(ReasonCode.FLEET, "no van is in service", 0, 1, remedy="a van in service")
    limit_kg = min(rules.van_weight_limit_kg, max((van.profile.capacity_kg for van in vans), default=float("inf")))
    if parcel.weight_kg > limit_kg:
        yield over(
            ReasonCode.WEIGHT, "parcel weighs {:.3g} kg, vans carry {:.4g} kg", parcel.weight_kg, limit_kg, _LIGHTER
        )
    if parcel.sides_m()[0] > rules.van_longest_side_m:
        yield over(
            ReasonCode.SIZE,
            "parcel is {:.2f} m long, vans take {:.2f} m",
            parcel.sides_m()[0],
            rules.van_longest_side_m,
            "in parcels of at most {:.2f} m",
        )
    if straight_m > rules.van_radius_m:
        yield over(
            ReasonCode.RADIUS,
            "doorstep is {:.0f} m from the depot, vans serve {:.0f} m",
            straight_m,
            rules.van_radius_m,
            "a doorstep within {:.0f} m",
        )
    if parcel.hazard not in rules.van_hazards:
        limit = ", ".join(rules.van_hazards)
        remedy = f"a carrier who may carry {parcel.hazard} goods"
        text = f"{parcel.hazard} goods may not go by road"
        yield Reason(ReasonCode.HAZARD, text, parcel.hazard, limit, remedy=remedy)
    takes_s = min((_straight_drive_s(van.profile, straight_m) for van in vans), default=0.0)
    remaining_s = left_s(order, rules.van_slot_s, now_s)
    if takes_s > remaining_s:
        text = "loading and driving there takes {:.0f} s, {:.0f} s are left"
        yield over(ReasonCode.PROMISE, text, takes_s, remaining_s, f"a deadline {takes_s:.0f} s from now or later")


def _straight_drive_s(profile: VanProfile, straight_m: float) -> float:
    """From the depot to a parcel handed over, nothing in between [s]."""
    return profile.load_s + straight_m * profile.circuity / profile.speed_m_s + profile.service_s


def _attempted(mode: Mode) -> Reason:
    return Reason(ReasonCode.ATTEMPTED, f"it was tried by {mode} before", 1, 0)


def over(code: ReasonCode, text: str, value: float, limit: float, remedy: str = "") -> Reason:
    """A reason whose sentence takes value and limit, in this order; the remedy may take the limit."""
    return Reason(code, text.format(value, limit), value, limit, remedy=remedy.format(limit))
