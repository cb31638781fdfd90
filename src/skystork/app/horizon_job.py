"""One round of the rolling horizon as a function of its situation alone: for the event loop or a thread beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from skystork.dispatch.horizon import decide, never, offer
from skystork.dispatch.horizon_decision import HorizonDecision, PromiseOffer
from skystork.dispatch.horizon_model import Spent
from skystork.dispatch.horizon_settings import HorizonSettings
from skystork.dispatch.horizon_situation import Flight, HorizonDrone, HorizonOrder, HorizonVan, Hub, Situation
from skystork.orders.order import OrderId, VehicleId


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An order that nothing was promised for yet."""

    order: HorizonOrder
    begins_s: float
    """Promises run from then: it is accepted, its parcel is there, and it is wanted [s since the Unix epoch]."""
    deadline_s: float = math.inf
    """The customer's own [s since the Unix epoch]."""


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one look."""

    offers: tuple[PromiseOffer, ...]
    """One for each newcomer, in their order."""
    decision: HorizonDecision


def look(
    situation: Situation,
    newcomers: Sequence[Newcomer],
    within_s: Sequence[float],
    settings: HorizonSettings,
    spent: Spent = never,
) -> Round:
    """Promise each newcomer the shortest time that holds beside all that is promised, then decide over all.

    Parameters
    ----------
    within_s
        Promises that may be made, the shortest first, from when the order begins; the last is made where none holds.
    spent
        Share of the time to decide that is over.
    """
    offers: list[PromiseOffer] = []
    for newcomer in newcomers:
        later_s = max(0.0, newcomer.begins_s - situation.now_s)
        asked_s = tuple(later_s + each_s for each_s in within_s)
        asked = offer(situation, newcomer.order, within_s=asked_s, settings=settings, spent=spent)
        found = _from_begin(asked, later_s)
        offers.append(found)
        promised_s = found.within_s if math.isfinite(found.within_s) else within_s[-1]
        due_s = min(newcomer.begins_s + promised_s, newcomer.deadline_s)
        situation = replace(situation, orders=(*situation.orders, replace(newcomer.order, due_s=due_s)))
    return Round(tuple(offers), decide(situation, settings=settings, spent=spent))


def _from_begin(asked: PromiseOffer, later_s: float) -> PromiseOffer:
    """The promise from when the order begins, where that is later than now."""
    if later_s <= 0.0:
        return asked
    refused_s = tuple(each_s - later_s for each_s in asked.refused_s)
    return replace(asked, within_s=asked.within_s - later_s, refused_s=refused_s)


def warm_up() -> None:
    """Have the compiled search ready: the first time on a machine it is translated, which takes a minute."""
    flight = Flight("kind", 100.0, 200.0, 1e5, 1.0)
    order = HorizonOrder(OrderId("warm-up"), (1_000.0, 0.0), 3_600.0, 1.0, flights=(flight,))
    late = replace(order, order_id=OrderId("warm-up late"), due_s=-1.0)
    road = replace(order, order_id=OrderId("warm-up road"), flights=())
    drone = HorizonDrone(VehicleId("drone"), "kind", "hub", 0.0)
    van = HorizonVan(VehicleId("van"), "hub", (0.0, 0.0), 0.0, 10.0, 1.3, 100.0, 10, 60.0, 60.0)
    situation = Situation((order, late, road), (drone,), (Hub("hub"),), (van,))
    look(situation, (Newcomer(replace(order, order_id=OrderId("new")), 0.0),), (1_800.0, 3_600.0), HorizonSettings())
