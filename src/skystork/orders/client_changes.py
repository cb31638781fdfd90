"""What a client may still change of an order, by where its parcel is; why not, in words for the client.

The time may change while nobody carries the parcel. The doorstep may change while the parcel is at the depot and no
van has it in its tour; in the air, where a new plan to it is found and proven; on the way home, for the next try.
"""

from __future__ import annotations

from skystork.orders.book import OrderRecord
from skystork.orders.order_state import OrderState

AT_DEPOT = frozenset({OrderState.WAITING, OrderState.ROUTED, OrderState.ASSIGNED})
_TOO_LATE = {
    OrderState.FLYING: "it is in the air",
    OrderState.RETURNING: "its parcel is on the way home with the drone",
    OrderState.RELEASING: "its parcel is being let go",
    OrderState.RELEASED: "its parcel was let go",
    OrderState.RELEASE_UNKNOWN: "its parcel may be delivered: a person is finding out",
    OrderState.ON_ROAD: "its parcel is in the van {vehicle}",
    OrderState.OFFERED: "the partner {vehicle} was asked to bring it",
    OrderState.WITH_PARTNER: "the partner {vehicle} has it",
    OrderState.DELIVERED: "it is delivered",
    OrderState.UNDELIVERABLE: "it ended undeliverable, and a person has it",
    OrderState.CANCELLED: "it is cancelled",
}


def why_not_rescheduled(record: OrderRecord, deliver_by_s: float, now_s: float) -> str:
    """Empty where the time may change."""
    if deliver_by_s <= now_s:
        return "the new time is over already"
    if deliver_by_s <= record.order.begins_s(deliver_by_s - 1.0):
        return "the new time is before it may be handed over (deliverFrom), or before its parcel is there (readyAt)"
    if record.state in AT_DEPOT or record.state is OrderState.RETURNING:
        return ""
    return _told(record)


def why_not_redirected(record: OrderRecord, in_tour: str) -> str:
    """Empty where the doorstep may change, in the air by a new plan.

    Parameters
    ----------
    in_tour
        The van in whose tour the order is; empty where in none.
    """
    if in_tour and record.state is OrderState.ROUTED:
        return f"it is in the tour that {in_tour} has: stop the driver, or cancel it when the parcel is back"
    if record.state is OrderState.ASSIGNED:
        return "it is being loaded on a drone: ask again in a minute, when it is in the air"
    if record.state in {OrderState.WAITING, OrderState.ROUTED, OrderState.FLYING, OrderState.RETURNING}:
        return ""
    return _told(record)


def _told(record: OrderRecord) -> str:
    return _TOO_LATE[record.state].format(vehicle=record.vehicle_id)
