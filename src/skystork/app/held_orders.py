"""Orders given to a drone that has not left the ground: handed to the decision again, and let go by one rule.

Such an order stays with its drone. It is let go when the decision finds that with this drone its promise breaks, or
that this drone may no longer fly it (:data:`skystork.dispatch.horizon.LET_GO_RULES`), while another vehicle can begin
it now and keeps its promise; once for each order, and never after the order to arm. Then the launch is called off as a
person would, the parcel comes out, and the order goes the other way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from skystork.app.drone_desk import DroneAvailability, DroneDesk
from skystork.dispatch.horizon_decision import Action, HorizonDecision, LetGo, OrderChoice
from skystork.dispatch.horizon_situation import Flight, HorizonOrder
from skystork.orders.book import OrderBook, OrderRecord
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.order_state import OrderState

RULES = frozenset({"would_be_late", "cannot_fly"})
"""Of those of the decision; the others are seen to by who takes a drone or an order away."""
_BEGINS = frozenset({Action.LAUNCH, Action.ROAD, Action.PARTNER})


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """One order, and the drone that is being made ready for it."""

    record: OrderRecord
    free: DroneAvailability
    """When that drone is back, as things stand."""


def held_orders(
    book: OrderBook, desks: Sequence[DroneDesk], available: Sequence[DroneAvailability]
) -> dict[OrderId, HeldOrder]:
    """Orders whose drone is known to be free again at some time and has not left the ground."""
    free = {each.vehicle_id: each for each in available}
    busy = {desk.drone.vehicle_id for desk in desks if desk.busy}
    return {
        record.order.order_id: HeldOrder(record, free[record.vehicle_id])
        for record in book.orders(OrderState.ASSIGNED)
        if record.vehicle_id in busy and record.vehicle_id in free and record.eta_s is not None
    }


def as_held(told: HorizonOrder, held: HeldOrder, kind: str, now_s: float) -> HorizonOrder:
    """The order as the decision sees it: by its drone it comes when that is foreseen, by another as from the start."""
    estimate = next((flight for flight in told.flights if flight.kind == kind), None)
    if estimate is None or held.record.eta_s is None:
        return told
    out_s = max(0.0, held.record.eta_s - now_s)
    back_s = held.free.ready_at_s - held.free.profile.turnaround_s - now_s
    own = Flight(kind, out_s, max(out_s, back_s), estimate.energy_j, estimate.cost)
    return replace(told, flights=tuple(own if flight is estimate else flight for flight in told.flights))


def holds(held: Mapping[OrderId, HeldOrder]) -> dict[VehicleId, OrderId]:
    """By drone, the order that it holds."""
    return {each.free.vehicle_id: order_id for order_id, each in held.items()}


def let_go(decision: HorizonDecision, held: Mapping[OrderId, HeldOrder]) -> Iterator[tuple[LetGo, OrderChoice]]:
    """Orders that another vehicle begins now and brings in time, each with the rule that lets go of its drone."""
    for each in decision.let_go:
        choice = decision.of(each.order_id) if each.order_id in held and each.rule in RULES else None
        if choice is None or choice.action not in _BEGINS or choice.late_s > 0:
            continue
        if choice.vehicle_id is not None and choice.vehicle_id != each.vehicle_id:
            yield each, choice
