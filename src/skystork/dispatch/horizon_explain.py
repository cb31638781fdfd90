"""From a plan to answers: for each order what is done, what every other way would cost, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

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


def choose(
    planned: Planned, picture: Picture, begun: Begun, held: frozenset[OrderId], first: int = 0
) -> Iterator[OrderChoice]:
    """One choice for each order of the picture, from the first asked about on."""
    where, soonest_s = planned.plan.where.tolist(), planned.model.out_s.min(axis=1).tolist()
    told = _Told(planned, picture, begun, held, _places(planned), where, len(picture.drones), soonest_s)
    for node, row in enumerate(planned.table[first:].tolist(), start=first):
        order = picture.orders[node]
        ways: Ways = _drone_way(picture, order, row), _van_way(planned, picture, node, order, row)
        if order.partners:
            ways += tuple(_partner_way(order, index, picture.now_s) for index in range(len(order.partners)))
        yield _choice(told, node, order, ways, row)


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


class _Told(NamedTuple):
    """What all choices of one decision are made from."""

    planned: Planned
    picture: Picture
    begun: Begun
    held: frozenset[OrderId]
    places: dict[int, int]
    where: list[int]
    """As :attr:`skystork.dispatch.horizon_arrays.Plan.where`"""
    drones: int
    soonest_s: list[float]
    """For each order the shortest way out of any drone; ``inf`` where none flies it"""


Ways = tuple[WayPrice, ...]
"""The drone, the van, then the partners."""
Row = list[float]
"""Of :func:`skystork.dispatch.horizon_search.survey`"""


def _choice(told: _Told, node: int, order: HorizonOrder, ways: Ways, row: Row) -> OrderChoice:
    where, now_s = told.where[node], told.picture.now_s
    partner = _best_partner(ways, _own_price(told, node, order, row)) if order.partners else None
    if partner is not None:
        late_s = _late_s(partner.eta_s, order)
        why = (Why.CHEAPEST if where != NOWHERE else Why.KEEPS_PROMISE,)
        return OrderChoice(
            order.order_id, Action.PARTNER, Way.PARTNER, partner.vehicle_id, now_s, now_s, partner.eta_s,
            late_s, now_s, ways, why,
        )  # fmt: skip
    if where == NOWHERE:
        return _left_out(told, node, order, ways)
    return _by_drone(told, node, order, ways, row) if where < told.drones else _by_van(told, node, order, ways, row)


def _own_price(told: _Told, node: int, order: HorizonOrder, row: Row) -> float:
    """What it costs to do without partners; a promise that is lost for us is not lost for them."""
    model, where = told.planned.model, told.where[node]
    own = row[9] if where != NOWHERE else float(model.absent_cost[node])
    lost = model.late_cost[node] == 0 and (where == NOWHERE or row[7] > order.due_s)
    return own + order.late_cost if lost else own


def _by_drone(told: _Told, node: int, order: HorizonOrder, ways: Ways, row: Row) -> OrderChoice:
    drone, late_s = told.picture.drones[told.where[node]], _late_s(row[7], order)
    action, first = _drone_action(told, node, order, row)
    return OrderChoice(
        order.order_id, action, Way.DRONE, drone.vehicle_id, row[6], row[8], row[7], late_s,
        told.picture.now_s + AGAIN_S, ways, (first, *_why(ways, ways[0], late_s, told.planned, order)),
        kind=drone.kind, reasons=order.van_reasons,
    )  # fmt: skip


def _by_van(told: _Told, node: int, order: HorizonOrder, ways: Ways, row: Row) -> OrderChoice:
    number = told.where[node] - told.drones
    van, late_s = told.picture.vans[number], _late_s(row[7], order)
    last = Why.LAST_MOMENT if number in told.begun.vans else Why.SLACK_KEPT
    return OrderChoice(
        order.order_id, Action.ROAD, Way.VAN, van.vehicle_id, row[6], row[8], row[7], late_s,
        told.picture.now_s + AGAIN_S, ways, (*_why(ways, ways[1], late_s, told.planned, order), last),
        position=told.places.get(node, -1), reasons=order.drone_reasons,
    )  # fmt: skip


def _late_s(eta_s: float, order: HorizonOrder) -> float:
    return eta_s - order.due_s if eta_s > order.due_s else 0.0


def _drone_action(told: _Told, node: int, order: HorizonOrder, row: Row) -> tuple[Action, Why]:
    begun, now_s = told.begun, told.picture.now_s
    if order.order_id in told.held:
        return Action.HOLD, Why.COMMITTED
    if node in begun.launches:
        return Action.LAUNCH, Why.LAST_MOMENT if row[8] <= now_s + AGAIN_S else Why.DRONE_FREE
    if node in begun.kept:
        return Action.RESERVE, Why.KEPT_FOR_URGENT
    if node in begun.waiting:
        return Action.RESERVE, Why.SLACK_KEPT
    for flight in order.flights:
        if flight.opens_s > now_s:
            wanted_later = max(order.earliest_s, order.released_s) > now_s
            return Action.RESERVE, Why.NOT_YET if wanted_later else Why.CLOSED_NOW
    return Action.RESERVE, Why.NO_DRONE_FREE


def _why(ways: Ways, own: WayPrice, late_s: float, planned: Planned, order: HorizonOrder) -> tuple[Why, ...]:
    """Why this way and no other."""
    others = [way for way in ways if way is not own and way.vehicle_id is not None]
    if not others:
        why = Why.ONLY_WAY
    elif own.price <= min([way.price for way in others]):
        cheaper = late_s == 0 and any(way.cost < own.cost and way.late_s > 0 for way in others)
        why = Why.KEEPS_PROMISE if cheaper else Why.CHEAPEST
    else:
        elsewhere = own.way is Way.VAN and planned.price > 0 and order.flights
        why = Why.WORTH_MORE_ELSEWHERE if elsewhere else Why.CHEAPEST
    return (Why.BREAKS_PROMISE, why) if late_s > 0 else (why,)


def _left_out(told: _Told, node: int, order: HorizonOrder, ways: Ways) -> OrderChoice:
    """Nothing has room for it now; what is told is the soonest there would be."""
    planned, possible = told.planned, [way for way in ways if way.possible]
    eta_s = min([way.eta_s for way in possible], default=math.inf)
    late_s = _late_s(eta_s, order) if possible else 0.0
    if not possible:
        can = bool(order.flights) or not order.van_reasons
        why = Why.FULL if can else Why.NO_WAY
    else:
        elsewhere = Why.WORTH_MORE_ELSEWHERE if ways[0].possible else Why.TOUR_TOO_DEAR
        why = Why.BREAKS_PROMISE if late_s > 0 else elsewhere
    if why is not Why.NO_WAY and order.released_s > told.picture.now_s:
        why = Why.NOT_YET  # a van that stands empty begins its tour now, in this reckoning
    latest_s = float(planned.model.due_s[node]) - told.soonest_s[node]
    return OrderChoice(
        order.order_id, Action.DEFER, None, None, math.inf, latest_s, eta_s, late_s, told.picture.now_s + AGAIN_S,
        ways, (why,) if planned.complete else (Why.DEADLINE, why), reasons=(*order.drone_reasons, *order.van_reasons),
    )  # fmt: skip


def _best_partner(ways: Ways, own_price: float) -> WayPrice | None:
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
    return WayPrice(Way.DRONE, drone.vehicle_id, row[2], cost, row[1], _late_s(row[2], order))


def _van_way(planned: Planned, picture: Picture, node: int, order: HorizonOrder, row: list[float]) -> WayPrice:
    if row[3] < 0:
        reasons = order.van_reasons
        if not reasons:
            text = "no van has the room and the time for it before its shift ends without breaking another promise"
            reasons = (Reason(ReasonCode.FLEET, text, 0, 1),)
        return WayPrice(Way.VAN, None, math.inf, math.inf, math.inf, 0.0, reasons)
    late_s = _late_s(row[5], order)
    lost = late_s > 0 and planned.model.late_cost[node] > 0
    cost = row[4] - (planned.model.late_cost[node] * (1 + late_s / 7_200.0) if lost else 0.0)
    return WayPrice(Way.VAN, picture.vans[int(row[3])].vehicle_id, row[5], max(0.0, cost), row[4], late_s)


def _partner_way(order: HorizonOrder, index: int, now_s: float) -> WayPrice:
    offer = order.partners[index]
    late_s = _late_s(offer.eta_s, order)
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
    rows, etas_s = planned.plan.queue.tolist(), planned.table[:, 7].tolist()
    for drone, row, flights in zip(picture.drones, rows, planned.plan.flights.tolist(), strict=True):
        if flights:
            queue = row[:flights]
            names = tuple([picture.orders[node].order_id for node in queue])
            yield DroneDecision(drone.vehicle_id, names, tuple([etas_s[node] for node in queue]))
