"""Our dispatcher on the day stream: the same :func:`skystork.dispatch.horizon.decide` that the service runs."""

from __future__ import annotations

import math
from collections import deque

from skystork.bench.day_stream import COSTS, DayOrder
from skystork.bench.day_world import TICK_S, Waiting, World
from skystork.dispatch.horizon import FROZEN, decide, offer
from skystork.dispatch.horizon_decision import Action, HorizonDecision
from skystork.dispatch.horizon_settings import HorizonSettings
from skystork.dispatch.horizon_situation import (
    Expected,
    Flight,
    HorizonDrone,
    HorizonOrder,
    HorizonVan,
    Hub,
    Situation,
)
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

KIND = "hub/drone"
HEAVY = (Reason(ReasonCode.WEIGHT, "above 5 lb, or its doorstep in closed airspace", 0, 0),)
LOOK_BACK_S = 2_400.0
"""Urgent orders to come are expected as often as they came in this time [s]."""
QUIET_S = 60.0
"""Where nothing happens it is decided anew after this."""
LATER_S = 3_600.0
"""Offered where 30 minutes would fail."""


class Horizon:
    """Decides anew when something happened, from what it foresaw the last time; after a minute at the latest."""

    def __init__(self, *, control: bool, settings: HorizonSettings = FROZEN) -> None:
        self._control, self._settings = control, settings
        self._last: HorizonDecision | None = None
        self._urgent_s: deque[float] = deque()
        self._known: tuple[int, int, int, int, bool] | None = None
        self._again_s = 0.0
        self.name = "rolling horizon" + (", 60 min offered where 30 would fail" if control else "")

    def promise_s(self, world: World, order: DayOrder) -> float:
        """The wish; where 30 minutes would fail and control is on, 60."""
        if order.wish_s <= 1_800.0:
            self._urgent_s.append(order.placed_s)
            if self._control:
                asked = _order(Waiting(order, order.wish_s), world)
                found = offer(self._situation(world), asked, (order.wish_s,), settings=self._settings)
                return order.wish_s if found.way is not None else LATER_S
        return order.wish_s

    def act(self, world: World) -> None:
        """Begin what the decision says is to begin."""
        if not world.waiting or (self._seen(world) == self._known and world.now_s < self._again_s):
            return
        decision = decide(self._situation(world), settings=self._settings)
        self._last = decision
        for choice in decision.by_action(Action.LAUNCH):
            if choice.leaves_s <= world.now_s and world.flying:
                world.fly(int(choice.order_id), int(choice.vehicle_id or 0))
        for van in decision.vans:
            if van.leave_now and world.vans_back_s[int(van.vehicle_id)] <= world.now_s:
                world.drive(int(van.vehicle_id), [int(order_id) for order_id in van.tour])
        self._known, self._again_s = self._seen(world), world.now_s + QUIET_S
        for van in decision.vans:
            self._again_s = min(self._again_s, van.leave_latest_s - self._settings.van_leave_slack_s - TICK_S)

    @staticmethod
    def _seen(world: World) -> tuple[int, int, int, int, bool]:
        """What changes when something happens."""
        newest = max(world.waiting, default=-1)
        return len(world.waiting), newest, len(world.idle_drones()), len(world.idle_vans()), world.flying

    def _situation(self, world: World) -> Situation:
        queues = {each.vehicle_id: each.queue for each in self._last.drones} if self._last else {}
        tours = {each.vehicle_id: each.tour for each in self._last.vans} if self._last else {}
        drones = tuple(
            HorizonDrone(
                VehicleId(str(number)),
                KIND,
                "hub",
                at_s,
                turn_s=COSTS.turn_s,
                foreseen=queues.get(VehicleId(str(number)), ()),
            )
            for number, at_s in enumerate(world.drones_ready_s)
        )
        return Situation(
            orders=tuple(_order(each, world) for each in world.waiting.values()),
            drones=drones,
            hubs=(Hub("hub"),),
            vans=tuple(
                _van(number, back_s, tours.get(VehicleId(str(number)), ()))
                for number, back_s in enumerate(world.vans_back_s)
            ),
            expected=self._expected(world),
            now_s=world.now_s,
        )

    def _expected(self, world: World) -> tuple[Expected, ...]:
        """As many urgent ones as lately."""
        while self._urgent_s and self._urgent_s[0] < world.now_s - LOOK_BACK_S:
            self._urgent_s.popleft()
        per_s = len(self._urgent_s) / LOOK_BACK_S
        return (Expected(KIND, per_s, flight_s=1_000.0, notice_s=1_200.0),)


def _order(each: Waiting, world: World) -> HorizonOrder:
    order = each.order
    cost = COSTS.flight_cost + COSTS.flight_cost_per_s * order.total_s
    opens_s = -math.inf if world.flying else world.flying_from_s
    flights = (Flight(KIND, order.out_s, order.total_s, 0.0, cost, opens_s=opens_s),) if each.flyable else ()
    return HorizonOrder(
        OrderId(str(order.number)),
        (order.east_m, order.north_m),
        each.due_s,
        order.weight_kg,
        flights,
        () if each.flyable else HEAVY,
    )


def _van(number: int, back_s: float, tour: tuple[OrderId, ...]) -> HorizonVan:
    return HorizonVan(
        VehicleId(str(number)),
        "hub",
        (0.0, 0.0),
        back_s,
        speed_m_s=COSTS.van_m_s,
        circuity=COSTS.circuity,
        capacity_kg=1_000.0,
        capacity_parcels=COSTS.van_parcels,
        service_s=COSTS.service_s,
        load_s=COSTS.load_s,
        cost_per_m=COSTS.van_cost_per_m,
        cost_per_s=COSTS.van_cost_per_s,
        next_tour=tour,
        away=False,
        shift_ends_s=math.inf,
    )
