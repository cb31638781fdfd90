"""What a person settles by hand at the desk: an order cancelled or closed, a vehicle put back into service.

An order is cancelled while its parcel is at the depot and no van has it in its tour. An order that waits for a person,
because a release was never reported, is closed by what the person found out. The same word twice is one word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, OrderId, VehicleId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode


class HandAction(StrEnum):
    """What may be settled."""

    CANCEL = "cancelOrder"
    """The customer wants it no more."""
    CLOSE = "closeOrder"
    """A person found out what became of the parcel."""
    RESTORE = "restoreVehicle"
    """A person looked at a vehicle that was out of service."""


class Found(StrEnum):
    """What became of a parcel."""

    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class HandOrder:
    """One such word of a person."""

    action_id: str
    """Of whoever gave it; the same id is never done twice."""
    action: HandAction
    by: str
    """Who gave it."""
    why: str
    order_id: OrderId | None = None
    vehicle_id: VehicleId | None = None
    found: Found | None = None
    """With ``closeOrder``."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What comes of it."""

    done: bool
    detail: str
    events: tuple[e.Event, ...] = ()
    """To be written in one commit; none where nothing changes."""


_AT_DEPOT = frozenset({OrderState.WAITING, OrderState.ROUTED})
_WHY_NOT_CANCELLED = {
    OrderState.ON_ROAD: "its parcel is in the van {vehicle}: have the driver bring it back",
    OrderState.OFFERED: "{vehicle} was asked to take its parcel: have it decline first",
    OrderState.WITH_PARTNER: "{vehicle} has its parcel: have it brought back first",
    OrderState.DELIVERED: "it is delivered: too late",
    OrderState.UNDELIVERABLE: "it ended undeliverable already, and a person has it",
    OrderState.RELEASE_UNKNOWN: "its parcel may be delivered: find out, then close it",
    OrderState.RELEASED: "its parcel was let go: too late",
    OrderState.RELEASING: "its parcel is being let go: too late",
}
_IN_THE_AIR = "its parcel is in the air on {vehicle}: return that, and cancel the order when the parcel is back"


def cancel(record: OrderRecord, order: HandOrder) -> Settled:
    """Cancel an order whose parcel is at the depot; one that is being loaded on a drone is its flight's to give up."""
    if record.state is OrderState.CANCELLED:
        return Settled(True, "it was cancelled before")
    if record.state not in _AT_DEPOT:
        why = _WHY_NOT_CANCELLED.get(record.state, _IN_THE_AIR)
        return Settled(False, why.format(vehicle=record.vehicle_id))
    return Settled(True, "cancelled", (cancelled(record, order),))


def cancelled(record: OrderRecord, order: HandOrder) -> e.OrderCancelled:
    """The event of a cancellation, with who and why."""
    return e.OrderCancelled(record.order.order_id, said(order))


def close(record: OrderRecord, order: HandOrder) -> Settled:
    """Close an order by what a person found out; one that ended undeliverable keeps that end, with the finding."""
    found = order.found
    assert found is not None, "an order is closed by what was found"
    if record.state.value == found.value:
        return Settled(True, f"it was {found} before")
    if record.state is OrderState.UNDELIVERABLE:
        return Settled(True, f"noted as {found}; it had ended undeliverable, and the customer was told so")
    if record.state is not OrderState.RELEASE_UNKNOWN:
        return Settled(
            False, f"it is {record.state}: by hand is closed what waits for a person, as release_unknown does"
        )
    return Settled(True, f"closed as {found}", _found(record, found, said(order)))


def _found(record: OrderRecord, found: Found, words: str) -> tuple[e.Event, ...]:
    order_id, flight_id, vehicle_id = record.order.order_id, record.flight_id, record.vehicle_id
    if found is Found.UNDELIVERABLE:
        return (e.OrderUndeliverable(order_id, (Reason(ReasonCode.VEHICLE, words, "closed by hand", "a report"),)),)
    assert flight_id is not None, "a release belongs to a flight"
    assert vehicle_id is not None, "a release belongs to a vehicle"
    return (
        e.ReleaseConfirmed(order_id, flight_id, vehicle_id, words),
        e.OrderDelivered(order_id, Mode.DRONE, vehicle_id, words, flight_id),
    )


def said(order: HandOrder) -> str:
    """Who and why, for the ledger."""
    return f"by hand, {order.by}: {order.why}"
