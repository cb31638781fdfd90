"""Partners: couriers who take a parcel at the depot and bring it for a price.

A partner is an alternative with its cost for every order it could take, and the way of an order that no vehicle of ours
can carry, or carries only after its promise where the partner would be on time (:mod:`skystork.app.dispatch_desk`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from skystork.dispatch.hours import clock, within_hours
from skystork.dispatch.site_limits import over
from skystork.errors import ConfigError, Problem
from skystork.orders.order import Hazard, Order
from skystork.orders.reasons import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class Partner:
    """``[[partners]]``: what a courier takes, when, for how much."""

    name: str
    """One word; part of its MQTT topics."""
    cost: float
    """What it asks for one order, in the unit of the site's other costs."""
    delivers_within_s: float
    """From being asked to the parcel being handed over [s]."""
    radius_m: float
    """Farthest doorstep, straight from the depot [m]."""
    capacity: int
    """Orders that it has at once."""
    hours_from: str = "00:00"
    """``HH:MM``, UTC: takes orders from then on."""
    hours_until: str = "00:00"
    """``HH:MM``, UTC; the same as ``hours_from`` is all day."""
    weight_limit_kg: float = 30.0
    longest_side_m: float = 1.5
    hazards: tuple[Hazard, ...] = (Hazard.NONE,)

    def __post_init__(self) -> None:
        """Raise ConfigError for a partner that could take nothing."""
        where = f"partners {self.name}"
        problems = [
            Problem(f"{where} {name}", "not a usable figure", repr(value), "a finite number above 0", "Correct it.")
            for name in ("delivers_within_s", "radius_m", "capacity", "weight_limit_kg", "longest_side_m")
            if not (math.isfinite(value := getattr(self, name)) and value > 0)
        ]
        if not (math.isfinite(self.cost) and self.cost >= 0):
            problems.append(
                Problem(f"{where} cost", "not a cost", repr(self.cost), "a finite number, at least 0", "Correct it.")
            )
        for name in ("hours_from", "hours_until"):
            try:
                within_hours(getattr(self, name), "00:00", 0.0)
            except ValueError as error:
                problems.append(
                    Problem(f"{where} {name}", str(error), getattr(self, name), "HH:MM, 00:00 to 23:59", "Correct it.")
                )
        if not (self.name and all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in self.name)):
            limit = "letters, digits, - and _"
            problems.append(Problem(where, "not one word", repr(self.name), limit, "It is part of a topic: rename it."))
        if problems:
            raise ConfigError(tuple(problems))


def partner_reasons(
    order: Order, partner: Partner, *, straight_m: float, has_now: int, refused: bool, now_s: float
) -> Iterator[Reason]:
    """Everything that keeps an order from a partner; ``has_now`` counts the orders it was asked to take and has not
    brought yet."""
    parcel, longest_m = order.parcel, order.parcel.sides_m()[0]
    if refused:
        yield Reason(ReasonCode.ATTEMPTED, f"{partner.name} refused it before", 1, 0, remedy="another way")
    if parcel.weight_kg > partner.weight_limit_kg:
        text = "parcel weighs {:.3g} kg, it takes {:.4g} kg"
        yield over(ReasonCode.WEIGHT, text, parcel.weight_kg, partner.weight_limit_kg)
    if longest_m > partner.longest_side_m:
        yield over(ReasonCode.SIZE, "parcel is {:.2f} m long, it takes {:.2f} m", longest_m, partner.longest_side_m)
    if straight_m > partner.radius_m:
        text = "doorstep is {:.0f} m from the depot, it serves {:.0f} m"
        yield over(ReasonCode.RADIUS, text, straight_m, partner.radius_m)
    if parcel.hazard not in partner.hazards:
        yield Reason(ReasonCode.HAZARD, f"it takes no {parcel.hazard} goods", parcel.hazard, ", ".join(partner.hazards))
    if not within_hours(partner.hours_from, partner.hours_until, now_s):
        hours = f"{partner.hours_from} to {partner.hours_until} UTC"
        text = f"it takes orders from {hours}"
        yield Reason(ReasonCode.HOURS, text, "now", hours, remedy=f"from {partner.hours_from} UTC")
    if has_now >= partner.capacity:
        text = f"it has {has_now} orders and takes {partner.capacity}"
        yield Reason(ReasonCode.CAPACITY, text, has_now, partner.capacity, remedy="when it has brought one")
    begins_s = order.begins_s(now_s)
    if begins_s > now_s:
        text = f"it is asked when it may bring the parcel at once, in {begins_s - now_s:.0f} s"
        yield Reason(ReasonCode.HOURS, text, "now", clock(begins_s), remedy=f"from {clock(begins_s)}")
    if order.deliver_by_s is not None and begins_s + partner.delivers_within_s > order.deliver_by_s:
        left_s = order.deliver_by_s - begins_s
        yield over(ReasonCode.PROMISE, "it takes {:.0f} s, {:.0f} s are left", partner.delivers_within_s, left_s)
