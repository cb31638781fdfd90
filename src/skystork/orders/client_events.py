"""What a client does to an order: places it, asks for another time, or for another doorstep."""

from __future__ import annotations

from dataclasses import dataclass

from skystork.frames import Geodetic
from skystork.orders.order import OrderId


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """Who placed an order, and under which key; written with its acceptance, in one commit.

    The same key of the same client is the same order for ever, so that asking again after a broken connection is safe.
    """

    order_id: OrderId
    by: str
    """The account."""
    key: str
    """Of the client's choice."""
    fingerprint: str
    """SHA-256 of what was asked for: the same key with something else is refused."""
    reference: str = ""
    """The client's own name of it; never interpreted."""


@dataclass(frozen=True, slots=True)
class OrderRescheduled:
    """The client asked for another time."""

    order_id: OrderId
    by: str
    deliver_by_s: float
    previous_s: float | None


@dataclass(frozen=True, slots=True)
class OrderRedirected:
    """The client asked for another doorstep; how it goes there is decided anew."""

    order_id: OrderId
    by: str
    drop_off: Geodetic
    previous: Geodetic
