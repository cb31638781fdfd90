"""What was decided about each order, as the ledger keeps it: written when mode or reasons changed.

What is begun is written at once. What is only foreseen is decided anew each second, and may be one thing in one second
and another in the next: it is written when it has stood for a while.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace

from skystork.dispatch.horizon_decision import Action, OrderChoice, Way, WayPrice
from skystork.dispatch.partners import Partner
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

_COMMITTING = frozenset({Action.LAUNCH, Action.PARTNER})
"""The vehicle of another action is foreseen only, and one of a kind is as good as another."""
STANDS_S = 5.0
"""What is only foreseen is written when it was decided so for this long; five decisions."""
LOOKED_AGAIN_S = 60.0
"""A choice that stays as it is is compared with the ledger again after this long: what robots and partners say of it
may change without it. With thousands of orders waiting the comparison takes longer than the decision."""


def decision_of(
    choice: OrderChoice, held: Sequence[Reason], refused: Sequence[tuple[Partner, tuple[Reason, ...]]]
) -> e.OrderDecided:
    """The event of a choice.

    Parameters
    ----------
    held
        Why no drone may begin a flight now, beside what the choice knows.
    refused
        Partners that would not take it, each with why.
    """
    ways = [*_ways(choice, held), *(_no_offer(partner, reasons) for partner, reasons in refused)]
    return e.OrderDecided(
        order_id=choice.order_id,
        action=choice.action.value,
        mode=None if choice.way is None else Mode(choice.way.value),
        vehicle_id=None if choice.vehicle_id is None else VehicleId(choice.vehicle_id),
        eta_s=_known(choice.eta_s),
        late_s=float(choice.late_s) if math.isfinite(choice.late_s) else 0.0,
        why=tuple(why.value for why in choice.why),
        ways=tuple(ways),
    )


def _ways(choice: OrderChoice, held: Sequence[Reason]) -> Iterator[e.PricedWay]:
    for way in choice.ways:
        grounded = way.way is Way.DRONE and choice.action is not Action.LAUNCH
        yield _way(way, held if grounded else ())


def _way(way: WayPrice, held: Sequence[Reason]) -> e.PricedWay:
    return e.PricedWay(
        mode=Mode(way.way.value),
        vehicle_id=None if way.vehicle_id is None else VehicleId(way.vehicle_id),
        eta_s=_known(way.eta_s),
        cost=_known(way.cost),
        price=_known(way.price),
        late_s=_known(way.late_s),
        reasons=tuple(dict.fromkeys((*way.reasons, *held))),
    )


def _no_offer(partner: Partner, reasons: tuple[Reason, ...]) -> e.PricedWay:
    return e.PricedWay(Mode.PARTNER, VehicleId(partner.name), None, partner.cost, None, None, reasons)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None  # the search counts in NumPy's floats


RobotWays = Callable[[OrderRecord, float], tuple[e.PricedWay, ...]]
"""How the robots of a site could bring an order, at a moment."""


def no_robots(_: OrderRecord, __: float) -> tuple[e.PricedWay, ...]:
    """Of a site without robots."""
    return ()


class DecisionLog:
    """Tells which decisions are to be written.

    Parameters
    ----------
    robots
        Names of the site's robots, which the dispatcher takes for drones.
    flight_cost
        Of the cheapest flight of an order; None where no drone may fly it.
    """

    def __init__(
        self,
        robots: Container[str] = (),
        robot_ways: RobotWays = no_robots,
        flight_cost: Callable[[OrderId], float | None] = lambda _: None,
    ) -> None:
        self._robots, self._robot_ways, self._flight_cost = robots, robot_ways, flight_cost
        self._since: dict[OrderId, tuple[tuple[object, ...], float]] = {}
        self._compared: dict[OrderId, tuple[tuple[object, ...], e.OrderDecided | None, float]] = {}
        """The choice of each order and what the ledger had of it, when both were found to be the same."""

    def news(
        self,
        record: OrderRecord,
        choice: OrderChoice,
        held: Sequence[Reason],
        refused: Sequence[tuple[Partner, tuple[Reason, ...]]],
        now_s: float,
    ) -> e.OrderDecided | None:
        """The event of a choice; None where it says nothing new, or nothing that has stood.

        Parameters
        ----------
        held, refused
            As of :func:`decision_of`.
        """
        outline = outline_of(choice, held, refused)
        before, since_s = self._since.get(choice.order_id, (None, now_s))
        if before != outline:
            since_s = now_s
            self._since[choice.order_id] = outline, since_s
        begins = choice.action in _COMMITTING or record.decided is None
        if not begins and now_s - since_s < STANDS_S:
            return None
        compared = self._compared.get(choice.order_id)
        if compared and compared[:2] == (outline, record.decided) and now_s - compared[2] < LOOKED_AGAIN_S:
            return None
        decided = self._told(record, decision_of(choice, held, refused), now_s)
        if is_news(record, decided):
            return decided
        self._compared[choice.order_id] = outline, record.decided, now_s
        return None

    def _told(self, record: OrderRecord, decided: e.OrderDecided, now_s: float) -> e.OrderDecided:
        """With robots named as such, and beside drones."""
        others = self._robot_ways(record, now_s)
        if not others:
            return decided
        ways = tuple(self._as_robot(way) for way in decided.ways)
        by_robot = any(way.mode is Mode.ROBOT for way in ways)
        stands = others if not by_robot else (self._by_drone(record),)
        mode = Mode.ROBOT if decided.vehicle_id in self._robots else decided.mode
        return replace(decided, mode=mode, ways=(*ways, *stands))

    def _as_robot(self, way: e.PricedWay) -> e.PricedWay:
        return replace(way, mode=Mode.ROBOT) if way.vehicle_id in self._robots else way

    def _by_drone(self, record: OrderRecord) -> e.PricedWay:
        """A robot is the better of the two: what a drone would cost, or why it may not fly."""
        cost = self._flight_cost(record.order.order_id)
        if record.drone_reasons or cost is None:
            return e.PricedWay(Mode.DRONE, None, None, None, None, None, tuple(record.drone_reasons or ()))
        text = f"a flight costs {cost:.2f}, and a robot is the better of the two"
        return e.PricedWay(Mode.DRONE, None, None, cost, None, None, (Reason(ReasonCode.COST, text, "drone", "robot"),))

    def keep(self, order_ids: Container[OrderId]) -> None:
        """Forget all orders but these."""
        self._since = {order_id: each for order_id, each in self._since.items() if order_id in order_ids}
        self._compared = {order_id: each for order_id, each in self._compared.items() if order_id in order_ids}


def outline_of(choice: OrderChoice, held: Sequence[Reason], refused: Sequence[object]) -> tuple[object, ...]:
    """What a choice says but for its figures: as long as it stays the same, there is nothing to write."""
    by = choice.vehicle_id if choice.action in _COMMITTING else None
    codes = tuple((way.way, way.possible, *(reason.code for reason in way.reasons)) for way in choice.ways)
    more = tuple(reason.code for reason in held), len(refused)
    return choice.action, choice.way, by, choice.why[:1], choice.late_s > 0, codes, more


def is_news(record: OrderRecord, decided: e.OrderDecided) -> bool:
    """Whether it differs from the last decision of the order in more than figures."""
    return record.decided is None or _outline(record.decided) != _outline(decided)


def _outline(decided: e.OrderDecided) -> tuple[object, ...]:
    by = decided.vehicle_id if decided.action in _COMMITTING else None
    codes = [(way.mode, way.eta_s is None, [reason.code for reason in way.reasons]) for way in decided.ways]
    return decided.action, decided.mode, by, decided.why[:1], decided.late_s > 0, codes


def why_by_road(record: OrderRecord, choice: OrderChoice, drone_reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Why an order goes by road, in reasons: what keeps drones away, what brought it back, or that it costs less."""
    came_home = record.reasons if record.attempts else ()
    reasons = tuple(dict.fromkeys((*drone_reasons, *came_home)))
    if reasons:
        return reasons
    prices = {way.way: way for way in choice.ways if way.possible}
    drone, van = prices.get(Way.DRONE), prices.get(Way.VAN)
    if drone is None or van is None:
        return ()
    if drone.late_s > van.late_s:
        text = f"by drone it would be {drone.late_s:.0f} s late, by van {van.late_s:.0f} s"
        return (Reason(ReasonCode.PROMISE, text, drone.late_s, van.late_s),)
    text = f"by drone it compares at {drone.price:.2f}, by van at {van.price:.2f}"
    return (Reason(ReasonCode.COST, text, drone.price, van.price),)
