"""From a plan to answers: for each order what is done, what every other way would cost, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skystork.dispatch.horizon_arrays import BACK, NOWHERE
from skystork.dispatch.horizon_begin import Begun
from skystork.dispatch.horizon_decision import (
    Action,
    DroneDecision,
    OrderChoice,
    VanDecision,
    Way,
    WayPrice,
    Why,
)
from skystork.dispatch.horizon_model import Picture
from skystork.dispatch.horizon_plan import Planned
from skystork.dispatch.horizon_situation import HorizonOrder
from skystork.orders.order import OrderId
from skystork.orders.reasons import Reason, ReasonCode

AGAIN_S = 60.0
"""An order for which nothing is foreseen is looked at again by then at the latest."""


def choose(planned: Planned, picture: Picture, begun: Begun, held: frozenset[OrderId]) -> Iterator[OrderChoice]:
    """One choice for each order of the picture."""
    places = _places(planned)
    rows = planned.table.tolist()
    for node, order in enumerate(picture.orders):
        ways = (
            _drone_way(picture, order, rows[node]),
            _van_way(planned, picture, node, order, rows[node]),
            *(_partner_way(order, index, picture.now_s) for index in range(len(order.partners))),
        )
        answer = _Answer(planned, picture, begun, held, places, node, order, ways, rows[node])
        yield _choice(answer)


def set_aside(order: HorizonOrder, now_s: float, why: Why) -> OrderChoice:
    """The choice for an order that could not be decided over."""
    return OrderChoice(
        order.order_id,
        Action.DEFER,
        None,
        None,
        math.inf,
        math.inf,
        math.inf,
        0.0,
        now_s + AGAIN_S,
        (),
        (why,),
        reasons=(*order.drone_reasons, *order.van_reasons),
    )


class _Answer(NamedTuple):
    """What the choice for one order is made from."""

    planned: Planned
    picture: Picture
    begun: Begun
    held: frozenset[OrderId]
    places: dict[int, int]
    node: int
    order: HorizonOrder
    ways: tuple[WayPrice, ...]
    row: list[float]
    """Of :func:`skystork.dispatch.horizon_search.survey`"""


def _choice(each: _Answer) -> OrderChoice:
    planned, order, now_s = each.planned, each.order, each.picture.now_s
    where, drones = int(planned.plan.where[each.node]), len(planned.plan.flights)
    partner = _best_partner(each.ways, _own_price(each, where)) if order.partners else None
    if partner is not None:
        late_s = max(0.0, partner.eta_s - order.due_s)
        why = (Why.CHEAPEST if where != NOWHERE else Why.KEEPS_PROMISE,)
        return OrderChoice(
            order.order_id, Action.PARTNER, Way.PARTNER, partner.vehicle_id, now_s, now_s, partner.eta_s,
            late_s, now_s, each.ways, why,
        )  # fmt: skip
    if where == NOWHERE:
        return _left_out(planned, order, each.node, each.ways, now_s)
    return _by_drone(each, where) if where < drones else _by_van(each, where - drones)


def _own_price(each: _Answer, where: int) -> float:
    """What it costs to do without partners; a promise that is lost for us is not lost for them."""
    model, node = each.planned.model, each.node
    own = each.row[9] if where != NOWHERE else float(model.absent_cost[node])
    lost = model.late_cost[node] == 0 and (where == NOWHERE or each.row[7] > each.order.due_s)
    return own + each.order.late_cost if lost else own


def _by_drone(each: _Answer, number: int) -> OrderChoice:
    order, row, drone = each.order, each.row, each.picture.drones[number]
    late_s = max(0.0, row[7] - order.due_s)
    action, first = _drone_action(each)
    why = (first, *_why(each.ways, Way.DRONE, late_s, each.planned, order))
    return OrderChoice(
        order.order_id, action, Way.DRONE, drone.vehicle_id, row[6], row[8], row[7], late_s,
        each.picture.now_s + AGAIN_S, each.ways, tuple(dict.fromkeys(why)), kind=drone.kind, reasons=order.van_reasons,
    )  # fmt: skip


def _by_van(each: _Answer, number: int) -> OrderChoice:
    order, row, van = each.order, each.row, each.picture.vans[number]
    late_s = max(0.0, row[7] - order.due_s)
    last = Why.LAST_MOMENT if number in each.begun.vans else Why.SLACK_KEPT
    why = (*_why(each.ways, Way.VAN, late_s, each.planned, order), last)
    return OrderChoice(
        order.order_id, Action.ROAD, Way.VAN, van.vehicle_id, row[6], row[8], row[7], late_s,
        each.picture.now_s + AGAIN_S, each.ways, tuple(dict.fromkeys(why)), position=each.places.get(each.node, -1),
        reasons=order.drone_reasons,
    )  # fmt: skip


def _drone_action(each: _Answer) -> tuple[Action, Why]:
    begun, node, now_s = each.begun, each.node, each.picture.now_s
    if each.order.order_id in each.held:
        return Action.HOLD, Why.COMMITTED
    if node in begun.launches:
        return Action.LAUNCH, Why.LAST_MOMENT if each.row[8] <= now_s + AGAIN_S else Why.DRONE_FREE
    if node in begun.kept:
        return Action.RESERVE, Why.KEPT_FOR_URGENT
    if node in begun.waiting:
        return Action.RESERVE, Why.SLACK_KEPT
    closed = any(flight.opens_s > now_s for flight in each.order.flights)
    return Action.RESERVE, Why.CLOSED_NOW if closed else Why.NO_DRONE_FREE


def _why(
    ways: tuple[WayPrice, ...], chosen: Way, late_s: float, planned: Planned, order: HorizonOrder
) -> Iterator[Why]:
    """Why this way and no other."""
    if late_s > 0:
        yield Why.BREAKS_PROMISE
    own = next(way for way in ways if way.way is chosen)
    others = [way for way in ways if way.way is not chosen and way.possible]
    if not others:
        yield Why.ONLY_WAY
    elif all(own.price <= way.price for way in others):
        cheaper = any(way.cost < own.cost and way.late_s > 0 for way in others)
        yield Why.KEEPS_PROMISE if cheaper and late_s == 0 else Why.CHEAPEST
    elif chosen is Way.VAN and planned.price > 0 and order.flights:
        yield Why.WORTH_MORE_ELSEWHERE
    else:
        yield Why.CHEAPEST


def _left_out(
    planned: Planned, order: HorizonOrder, node: int, ways: tuple[WayPrice, ...], now_s: float
) -> OrderChoice:
    """Nothing has room for it now; what is told is the soonest there would be."""
    possible = [way for way in ways if way.possible]
    eta_s = min((way.eta_s for way in possible), default=math.inf)
    late_s = max(0.0, eta_s - order.due_s) if possible else 0.0
    why: list[Why] = [] if planned.complete else [Why.DEADLINE]
    if not possible:
        can = bool(order.flights) or not order.van_reasons
        why.append(Why.FULL if can else Why.NO_WAY)
    elif late_s > 0:
        why.append(Why.BREAKS_PROMISE)
    else:
        why.append(Why.WORTH_MORE_ELSEWHERE)
    latest_s = float(planned.model.due_s[node] - np.min(planned.model.out_s[node]))
    return OrderChoice(
        order.order_id, Action.DEFER, None, None, math.inf, latest_s, eta_s, late_s, now_s + AGAIN_S, ways,
        tuple(why), reasons=(*order.drone_reasons, *order.van_reasons),
    )  # fmt: skip


def _best_partner(ways: tuple[WayPrice, ...], own_price: float) -> WayPrice | None:
    offers = [way for way in ways if way.way is Way.PARTNER and way.possible and way.price < own_price]
    return min(offers, key=lambda way: way.price, default=None)


def _drone_way(picture: Picture, order: HorizonOrder, row: list[float]) -> WayPrice:
    if row[0] < 0:
        reasons = order.drone_reasons
        if not reasons:
            text = "no drone in service has the range and the time for it"
            reasons = (Reason(ReasonCode.FLEET, text, 0, 1),)
        return WayPrice(Way.DRONE, None, math.inf, math.inf, math.inf, 0.0, reasons)
    drone = picture.drones[int(row[0])]
    cost = next(flight.cost for flight in order.flights if flight.kind == drone.kind)
    return WayPrice(Way.DRONE, drone.vehicle_id, row[2], cost, row[1], max(0.0, row[2] - order.due_s))


def _van_way(planned: Planned, picture: Picture, node: int, order: HorizonOrder, row: list[float]) -> WayPrice:
    if row[3] < 0:
        reasons = order.van_reasons
        if not reasons:
            text = "no van has the room and the time for it before its shift ends without breaking another promise"
            reasons = (Reason(ReasonCode.FLEET, text, 0, 1),)
        return WayPrice(Way.VAN, None, math.inf, math.inf, math.inf, 0.0, reasons)
    late_s = max(0.0, row[5] - order.due_s)
    lost = late_s > 0 and planned.model.late_cost[node] > 0
    cost = row[4] - (planned.model.late_cost[node] * (1 + late_s / 7_200.0) if lost else 0.0)
    return WayPrice(Way.VAN, picture.vans[int(row[3])].vehicle_id, row[5], max(0.0, cost), row[4], late_s)


def _partner_way(order: HorizonOrder, index: int, now_s: float) -> WayPrice:
    offer = order.partners[index]
    late_s = max(0.0, offer.eta_s - order.due_s)
    if now_s > offer.answer_by_s:
        text = f"the offer of {offer.partner_id} ended {now_s - offer.answer_by_s:.0f} s ago"
        over = Reason(ReasonCode.PROMISE, text, now_s, offer.answer_by_s)
        return WayPrice(Way.PARTNER, None, math.inf, offer.cost, math.inf, 0.0, (over,))
    price = offer.cost + (order.late_cost if late_s > 0 else 0.0)
    return WayPrice(Way.PARTNER, offer.partner_id, offer.eta_s, offer.cost, price, late_s)


def _places(planned: Planned) -> dict[int, int]:
    """Place of each node in its van's tour, counted from the call at the hub before it."""
    places: dict[int, int] = {}
    for row, stops in zip(planned.plan.row, planned.plan.stops, strict=True):
        place = 0
        for node in row[:stops].tolist():
            if node == BACK:
                place = 0
            else:
                places[node] = place
                place += 1
    return places


def van_decisions(planned: Planned, picture: Picture, begun: Begun) -> Iterator[VanDecision]:
    """The next tour of each van, and the detours of the one it is on."""
    orders = picture.orders
    for number, van in enumerate(picture.vans):
        stops = int(planned.plan.stops[number])
        row = planned.plan.row[number, :stops].tolist()
        done_s = planned.plan.leaves_s[number, 1 : stops + 1].tolist()
        split = row.index(BACK) if BACK in row else (stops if van.away else -1)
        now_on, after = (row[:split], row[split + 1 :]) if van.away else ([], row)
        tour = after[: after.index(BACK)] if BACK in after else after
        first = split + 1 if van.away else 0
        etas_s = done_s[first : first + len(tour)]
        names = [_name(picture, node) for node in now_on]
        leaves_s = min((planned.table[node, 6] for node in tour), default=math.inf)
        if tour or now_on:
            yield VanDecision(
                van.vehicle_id,
                tour=tuple(orders[node].order_id for node in tour),
                etas_s=tuple(etas_s),
                leaves_s=float(leaves_s),
                leave_latest_s=float(min((planned.table[node, 8] for node in tour), default=math.inf)),
                returns_s=float(planned.plan.back_s[number]),
                leave_now=number in begun.vans,
                detour=tuple(orders[node].order_id for node in now_on if node < len(orders)),
                stops=tuple(names),
            )


def _name(picture: Picture, node: int) -> OrderId:
    many = len(picture.orders)
    return picture.orders[node].order_id if node < many else picture.stops[node - many].order_id


def drone_decisions(planned: Planned, picture: Picture) -> Iterator[DroneDecision]:
    """The flights foreseen of each drone that has any."""
    for number in np.flatnonzero(planned.plan.flights):
        queue = planned.plan.queue[number, : planned.plan.flights[number]].tolist()
        yield DroneDecision(
            picture.drones[number].vehicle_id,
            tuple(picture.orders[node].order_id for node in queue),
            tuple(float(planned.table[node, 7]) for node in queue),
        )
