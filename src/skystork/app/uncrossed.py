"""Which of several drones of one kind flies which of the orders that leave together: so that their ways do not cross.

The decision sees drones of one kind at one hub as equal but for their batteries. Their pads are not at one place, and
two ways that cross keep each other on the ground. The ways that are shortest in sum never cross as straight lines.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from msgspec import structs

from skystork.dispatch.horizon_decision import Action, OrderChoice
from skystork.dispatch.horizon_situation import Situation
from skystork.orders.order import OrderId, VehicleId

Point = tuple[float, float]


def uncrossed(
    choices: Sequence[OrderChoice], situation: Situation, pads_enu_m: Mapping[VehicleId, Point]
) -> list[OrderChoice]:
    """The same choices, drones of one kind exchanged among launches where ways get shorter and batteries allow."""
    leaving = {choice.order_id for choice in choices if choice.action is Action.LAUNCH}
    orders = [order for order in situation.orders if order.order_id in leaving]
    doors = {order.order_id: order.position_enu_m for order in orders}
    usable_j = {drone.vehicle_id: drone.usable_j for drone in situation.drones}
    needs_j = {(order.order_id, each.kind): each.energy_j for order in orders for each in order.flights}
    flyers: defaultdict[str, dict[OrderId, VehicleId]] = defaultdict(dict)
    for choice in choices:
        if choice.action is Action.LAUNCH and choice.order_id in doors and choice.vehicle_id in pads_enu_m:
            flyers[choice.kind][choice.order_id] = VehicleId(choice.vehicle_id or "")

    def way_m(order_id: OrderId, kind: str, name: VehicleId) -> float:
        enough = needs_j.get((order_id, kind), math.inf) <= usable_j.get(name, -math.inf)
        return math.dist(doors[order_id], pads_enu_m[name]) if enough else math.inf

    for kind, pairs in flyers.items():
        _exchange(kind, pairs, way_m)
    chosen = {order_id: name for pairs in flyers.values() for order_id, name in pairs.items()}
    return [
        structs.replace(each, vehicle_id=chosen[each.order_id]) if each.order_id in chosen else each for each in choices
    ]


def _exchange(kind: str, pairs: dict[OrderId, VehicleId], way_m: Callable[[OrderId, str, VehicleId], float]) -> None:
    """Exchange two at a time until nothing gets shorter; each exchange shortens the sum, so it ends."""
    better = True
    while better:
        better = False
        for one, other in combinations(sorted(pairs), 2):
            now_m = way_m(one, kind, pairs[one]) + way_m(other, kind, pairs[other])
            then_m = way_m(one, kind, pairs[other]) + way_m(other, kind, pairs[one])
            if then_m < now_m - 1e-6:
                pairs[one], pairs[other] = pairs[other], pairs[one]
                better = True
