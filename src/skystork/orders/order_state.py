"""The life of an order as a table.

Theory of operation: an order is accepted once and ends once. Between the two it waits at the depot, is given to a
drone, a van or a partner, travels, and may come back to waiting as often as the parcel is brought home. The parcel is
in one place in every state; the one state in which nobody knows, RELEASE_UNKNOWN, belongs to a person. Each event of
the ledger that moves an order is a column here; a missing entry is a mistake of ours and raises IllegalTransition.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from skystork.errors import IllegalTransition
from skystork.orders import events as e


class OrderState(StrEnum):
    """Where the order stands."""

    WAITING = "waiting"
    """Accepted; the parcel is at the depot, or beside a drone at a rally point; nothing is chosen."""
    ASSIGNED = "assigned"
    """A drone is being planned, loaded and cleared for it."""
    FLYING = "flying"
    """In the air with the parcel."""
    RELEASING = "releasing"
    """The gripper was told to open; its report is awaited."""
    RELEASED = "released"
    """The gripper reported open."""
    RELEASE_UNKNOWN = "release_unknown"
    """Told to open, never reported: a person decides."""
    RETURNING = "returning"
    """On the way home with the parcel."""
    ROUTED = "routed"
    """In a van's plan, still where it was."""
    ON_ROAD = "on_road"
    """In the van."""
    OFFERED = "offered"
    """Asked of a partner; the parcel waits for it at the depot."""
    WITH_PARTNER = "with_partner"
    """A partner has the parcel."""
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    """Explained to the customer, in a person's hands."""
    CANCELLED = "cancelled"


S = OrderState
TRANSITIONS: Mapping[OrderState, Mapping[type, OrderState]] = {
    S.WAITING: {
        e.OrderAssigned: S.ASSIGNED,
        e.OrderRouted: S.ROUTED,
        e.PartnerAsked: S.OFFERED,
        e.OrderUndeliverable: S.UNDELIVERABLE,
        e.OrderCancelled: S.CANCELLED,
        e.OrderRedirected: S.WAITING,
    },
    S.ASSIGNED: {
        e.AssignmentDropped: S.WAITING,
        e.FlightLaunched: S.FLYING,
        e.OrderCancelled: S.CANCELLED,
    },
    S.FLYING: {
        e.ReleaseRequested: S.RELEASING,
        e.ParcelReturning: S.RETURNING,
        e.OrderRedirected: S.FLYING,
        e.ParcelReturned: S.WAITING,
        e.ParcelAwaitsCollection: S.WAITING,
        e.ParcelStranded: S.UNDELIVERABLE,
        e.OrderUndeliverable: S.UNDELIVERABLE,
    },
    S.RELEASING: {
        e.ReleaseRequested: S.RELEASING,
        e.ReleaseWithheld: S.FLYING,
        e.ReleaseConfirmed: S.RELEASED,
        e.ReleaseFailed: S.FLYING,
        e.ReleaseUnresolved: S.RELEASE_UNKNOWN,
    },
    S.RELEASED: {e.OrderDelivered: S.DELIVERED},
    S.RELEASE_UNKNOWN: {
        e.ReleaseConfirmed: S.RELEASED,
        e.ParcelReturned: S.WAITING,
        e.OrderUndeliverable: S.UNDELIVERABLE,
    },
    S.RETURNING: {
        e.OrderRedirected: S.RETURNING,
        e.ParcelReturned: S.WAITING,
        e.ParcelAwaitsCollection: S.WAITING,
        e.ParcelStranded: S.UNDELIVERABLE,
        e.OrderUndeliverable: S.UNDELIVERABLE,
    },
    S.ROUTED: {
        e.OrderRouted: S.ROUTED,
        e.RouteDropped: S.WAITING,
        e.OrderRedirected: S.WAITING,
        e.ParcelLoaded: S.ON_ROAD,
        e.OrderUndeliverable: S.UNDELIVERABLE,
        e.OrderCancelled: S.CANCELLED,
    },
    S.ON_ROAD: {
        e.OrderRouted: S.ON_ROAD,
        e.OrderDelivered: S.DELIVERED,
        e.OrderUndeliverable: S.UNDELIVERABLE,
    },
    S.OFFERED: {
        e.PartnerDeclined: S.WAITING,
        e.PartnerCollected: S.WITH_PARTNER,
        e.OrderUndeliverable: S.UNDELIVERABLE,
    },
    S.WITH_PARTNER: {
        e.PartnerDeclined: S.WAITING,
        e.OrderDelivered: S.DELIVERED,
        e.OrderUndeliverable: S.UNDELIVERABLE,
    },
    S.DELIVERED: {},
    S.UNDELIVERABLE: {},
    S.CANCELLED: {},
}
TERMINAL = frozenset({S.DELIVERED, S.UNDELIVERABLE, S.CANCELLED})
MOVING_EVENTS = frozenset(event for row in TRANSITIONS.values() for event in row)
"""Event types that move an order; all others only add to what is known of it."""


def next_order_state(state: OrderState, event: object) -> OrderState:
    """The state after an event of :data:`MOVING_EVENTS`; raises :class:`IllegalTransition`."""
    try:
        return TRANSITIONS[state][type(event)]
    except KeyError:
        raise IllegalTransition("order", state, type(event).__name__) from None
