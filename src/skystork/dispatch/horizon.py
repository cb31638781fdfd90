"""The rolling horizon: over everything that waits, flies and drives, decided again every second or on an event.

How it decides
--------------
1. What cannot be used of the input is set aside and told (:mod:`.horizon_checks`).
2. Flights that were given to a drone stay, unless a rule of :data:`LET_GO_RULES` holds.
3. Drones take a hub's bays, launch slots and charged batteries in turn (:func:`.horizon_model.list_schedule`).
4. The last plan is taken up, what is new is put in where it costs least without breaking any promise, the longest
   flight making room where drones are short; then the whole plan of drones and vans is bettered.
5. Where orders are left out although every drone is busy, a drone's minute gets a price: what it could have saved.
6. Drones that stand ready are matched to the first flights by their batteries (:mod:`.horizon_match`).
7. Of what is planned only that is begun whose time has come: :mod:`.horizon_begin`.

The answer is always feasible: without time it holds what was put in so far, and the rest waits with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from msgspec import structs

from skystork.dispatch.horizon_begin import NOTHING_BEGUN, begin
from skystork.dispatch.horizon_checks import Usable, inspect
from skystork.dispatch.horizon_decision import HorizonDecision, LetGo, OrderChoice, PromiseOffer, Why
from skystork.dispatch.horizon_explain import choose, drone_decisions, set_aside, van_decisions
from skystork.dispatch.horizon_model import Picture, Spent, see
from skystork.dispatch.horizon_plan import Planned, make_plan
from skystork.dispatch.horizon_settings import HorizonSettings
from skystork.dispatch.horizon_situation import HorizonDrone, HorizonOrder, Situation
from skystork.errors import InvalidInput, Problem
from skystork.orders.order import OrderId

FROZEN = HorizonSettings()
"""As tried on the development days."""
LET_GO_RULES: Mapping[str, str] = MappingProxyType(
    {
        "out_of_service": "the drone left service",
        "order_gone": "the order waits no longer",
        "held_twice": "another drone was given the order first",
        "cannot_fly": "this type of drone may no longer fly the order",
        "battery_short": "not even a charged battery carries it home",
        "would_be_late": "with this drone the promise breaks",
    }
)
"""When an order that was given to a drone is decided anew. Nothing else takes it away."""


def never(share: float = 0.0) -> float:
    """A deadline that never comes."""
    return share


def decide(situation: Situation, *, settings: HorizonSettings = FROZEN, spent: Spent = never) -> HorizonDecision:
    """Decide over everything that is not begun.

    Parameters
    ----------
    spent
        Share of the time to decide that is over; looked at between pieces of work of a few milliseconds.

    Returns
    -------
    HorizonDecision
        One choice for each order, in the order given, whatever was wrong with the input.
    """
    usable = inspect(situation)
    held, let_go = _holds(situation, usable)
    picture = see(situation, usable.orders, usable.drones, usable.vans)
    planned = make_plan(picture, usable.road_s, held, settings, spent)
    late = _would_be_late(planned, picture, held)
    if late:
        let_go = (*let_go, *late)
        gone = {each.order_id for each in late}
        held = {number: order_id for number, order_id in held.items() if order_id not in gone}
        planned = make_plan(picture, usable.road_s, held, settings, spent)
    begun = begin(planned, picture, situation.expected, settings)
    chosen = {choice.order_id: choice for choice in choose(planned, picture, begun, frozenset(held.values()))}
    return HorizonDecision(
        choices=tuple(_one_each(situation.orders, chosen, let_go, situation.now_s)),
        vans=tuple(van_decisions(planned, picture, begun)),
        drones=tuple(drone_decisions(planned, picture)),
        let_go=let_go,
        minute_prices=tuple((kind, planned.price) for kind in picture.kinds),
        problems=tuple(str(problem) for problem in usable.problems),
        complete=planned.complete,
    )


def _one_each(
    orders: Sequence[HorizonOrder], chosen: Mapping[OrderId, OrderChoice], let_go: Sequence[LetGo], now_s: float
) -> Iterator[OrderChoice]:
    """A choice for every order that was given, once."""
    gone, seen = {each.order_id for each in let_go}, set[OrderId]()
    for order in orders:
        if order.order_id in seen:
            continue
        seen.add(order.order_id)
        choice = chosen.get(order.order_id) or set_aside(order, now_s, Why.BAD_INPUT)
        yield structs.replace(choice, why=(Why.LET_GO, *choice.why)) if order.order_id in gone else choice


def _holds(situation: Situation, usable: Usable) -> tuple[dict[int, OrderId], tuple[LetGo, ...]]:
    """By number of the drone, the order that it keeps; and what a rule lets go."""
    orders = {order.order_id: order for order in usable.orders}
    kept: dict[int, OrderId] = {}
    let_go: list[LetGo] = []
    for number, drone in enumerate(usable.drones):
        if drone.holds is None:
            continue
        rule = _rule(drone, orders.get(drone.holds), drone.holds in kept.values())
        if rule is None:
            kept[number] = drone.holds
        else:
            let_go.append(LetGo(drone.holds, drone.vehicle_id, rule, LET_GO_RULES[rule]))
    serving = {drone.vehicle_id for drone in usable.drones}
    gone = (
        LetGo(drone.holds, drone.vehicle_id, "out_of_service", LET_GO_RULES["out_of_service"])
        for drone in situation.drones
        if drone.holds is not None and drone.vehicle_id not in serving
    )
    return kept, (*let_go, *gone)


def _rule(drone: HorizonDrone, order: HorizonOrder | None, held_twice: bool) -> str | None:
    if order is None:
        return "order_gone"
    if held_twice:
        return "held_twice"
    flight = next((each for each in order.flights if each.kind == drone.kind), None)
    if flight is None:
        return "cannot_fly"
    return "battery_short" if flight.energy_j > max(drone.usable_j, drone.full_j) else None


def _would_be_late(planned: Planned, picture: Picture, held: Mapping[int, OrderId]) -> tuple[LetGo, ...]:
    """Commitments whose promise breaks as the plan stands, though it could still be kept by something else."""
    late: list[LetGo] = []
    for number, order_id in held.items():
        node = picture.index[order_id]
        order = picture.orders[node]
        breaks = planned.table[node, 7] > order.due_s and planned.model.late_cost[node] > 0
        if breaks or not math.isfinite(planned.table[node, 7]):
            name = picture.drones[number].vehicle_id
            late.append(LetGo(order_id, name, "would_be_late", LET_GO_RULES["would_be_late"]))
    return tuple(late)


def offer(
    situation: Situation,
    order: HorizonOrder,
    within_s: Sequence[float] = (1_800.0, 3_600.0, 7_200.0),
    *,
    settings: HorizonSettings = FROZEN,
    spent: Spent = never,
) -> PromiseOffer:
    """The shortest promise that the plan can keep for a new order without breaking another.

    Parameters
    ----------
    order
        Not yet in the situation; its ``due_s`` is not read.
    within_s
        The promises that the shop makes, the shortest first [s from now].
    """
    if not within_s:
        raise InvalidInput(
            (Problem("within_s", "no promise to choose from", "none", "at least one [s]", "Name some."),)
        )
    now_s, usable = situation.now_s, inspect(situation)
    asked = tuple(
        replace(order, order_id=OrderId(f"{order.order_id} {each_s:.0f}"), due_s=now_s + each_s) for each_s in within_s
    )
    held, _ = _holds(situation, usable)
    checked = inspect(replace(situation, orders=asked))
    picture = see(situation, (*usable.orders, *checked.orders), usable.drones, usable.vans)
    quick = replace(settings, steps=0, margin_s=settings.offer_margin_s)
    planned = make_plan(picture, usable.road_s, held, quick, spent, only_priced=len(checked.orders))
    asked_about = choose(planned, picture, NOTHING_BEGUN, frozenset(), first=len(usable.orders))
    choices = {choice.order_id: choice for choice in asked_about}
    answers = [
        structs.replace(choices.get(each.order_id) or set_aside(each, now_s, Why.BAD_INPUT), order_id=order.order_id)
        for each in asked
    ]
    return _shortest(order.order_id, within_s, answers)


def _shortest(order_id: OrderId, within_s: Sequence[float], answers: Sequence[OrderChoice]) -> PromiseOffer:
    refused: list[float] = []
    for each_s, answer in zip(within_s, answers, strict=True):
        kept = [way for way in answer.ways if way.possible and way.late_s == 0]
        if kept:
            best = min(kept, key=lambda way: way.price)
            return PromiseOffer(order_id, each_s, best.eta_s, best.way, tuple(refused), answer)
        refused.append(each_s)
    return PromiseOffer(order_id, math.inf, answers[-1].eta_s, None, tuple(refused), answers[-1])
