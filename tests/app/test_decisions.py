"""Which decisions are written: what begins at once, what is foreseen when it has stood, nothing twice."""

from __future__ import annotations

from dataclasses import replace

from skystork.app.decisions import STANDS_S, DecisionLog
from skystork.dispatch.horizon_decision import Action, OrderChoice, Way, WayPrice, Why
from skystork.frames import Geodetic
from skystork.orders.book import OrderRecord
from skystork.orders.dispatch_events import PricedWay
from skystork.orders.order import Mode, Order, OrderId, Parcel, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

ORDER = Order(OrderId("O-1"), 0.0, Geodetic(54.5, -1.5), Parcel(1.0, 0.3, 0.2, 0.1))
WAYS = (WayPrice(Way.DRONE, "LC-1", 600.0, 2.0, 2.0, 0.0), WayPrice(Way.VAN, "VAN-1", 900.0, 3.0, 3.0, 0.0))


def choice(action: Action, way: Way | None, *why: Why) -> OrderChoice:
    vehicle = None if way is None else "LC-1"
    return OrderChoice(ORDER.order_id, action, way, vehicle, 0.0, 0.0, 600.0, 0.0, 60.0, WAYS, why)


RESERVED = choice(Action.RESERVE, Way.DRONE, Why.NO_DRONE_FREE)
DEFERRED = choice(Action.DEFER, None, Why.WORTH_MORE_ELSEWHERE)
LAUNCHED = choice(Action.LAUNCH, Way.DRONE, Why.DRONE_FREE)


def written(*choices: OrderChoice) -> list[str]:
    """Actions of the rows that one decision a second makes."""
    log, record, rows = DecisionLog(), OrderRecord(ORDER, 0.0), list[str]()
    for second, each in enumerate(choices):
        decided = log.news(record, each, (), (), float(second))
        if decided is not None:
            record = replace(record, decided=decided)
            rows.append(decided.action)
    return rows


def test_what_flickers_each_second_is_written_once() -> None:
    assert written(*(RESERVED, DEFERRED) * 50) == ["reserve"]


def test_a_change_that_stands_is_written_when_it_has_stood() -> None:
    stands = [DEFERRED] * (int(STANDS_S) + 1)
    assert written(RESERVED, *stands[:-1]) == ["reserve"]
    assert written(RESERVED, *stands) == ["reserve", "defer"]
    assert written(RESERVED, *stands * 20) == ["reserve", "defer"]


def test_what_begins_is_written_at_once() -> None:
    assert written(RESERVED, LAUNCHED) == ["reserve", "launch"]
    assert written(LAUNCHED, LAUNCHED) == ["launch"]


def test_beside_a_robot_a_drone_is_told_with_what_it_would_cost_or_why_it_may_not_fly() -> None:
    by_robot = (WayPrice(Way.DRONE, "RB-1", 600.0, 1.3, 1.3, 0.0), WAYS[1])
    chosen = OrderChoice(
        ORDER.order_id, Action.LAUNCH, Way.DRONE, "RB-1", 0.0, 0.0, 600.0, 0.0, 60.0, by_robot, (Why.CHEAPEST,)
    )
    robot_way = PricedWay(Mode.ROBOT, VehicleId("RB-1"), 600.0, 1.3, 1.3, 0.0)
    log = DecisionLog({"RB-1"}, lambda _, __: (robot_way,), lambda _: 2.75)
    decided = log.news(OrderRecord(ORDER, 0.0, drone_reasons=()), chosen, (), (), 0.0)
    assert decided is not None and decided.mode is Mode.ROBOT
    costs = {way.mode: (way.cost, [reason.code for reason in way.reasons]) for way in decided.ways}
    assert costs == {Mode.ROBOT: (1.3, []), Mode.VAN: (3.0, []), Mode.DRONE: (2.75, [ReasonCode.COST])}

    heavy = Reason(ReasonCode.WEIGHT, "too heavy", 5.0, 2.268)
    refused = DecisionLog({"RB-1"}, lambda _, __: (robot_way,), lambda _: None)
    decided = refused.news(OrderRecord(ORDER, 0.0, drone_reasons=(heavy,)), chosen, (), (), 0.0)
    assert decided is not None
    (drone,) = (way for way in decided.ways if way.mode is Mode.DRONE)
    assert (drone.cost, drone.reasons) == (None, (heavy,))
