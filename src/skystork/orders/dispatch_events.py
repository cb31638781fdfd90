"""Events of deciding: what was chosen for an order and what else it would have cost, what was promised, who carries it.

Written only when something about the decision changed, never each second: the ledger then reads as the reasons do.
"""

from __future__ import annotations

from dataclasses import dataclass

from skystork.orders.order import Mode, OrderId, VehicleId
from skystork.orders.reasons import Reason


@dataclass(frozen=True, slots=True)
class PricedWay:
    """One way an order could go, chosen or not."""

    mode: Mode
    vehicle_id: VehicleId | None
    """Who would carry it, a partner by its name; None where nobody can."""
    eta_s: float | None
    """Handed over then [s since the Unix epoch]; None where it is impossible."""
    cost: float | None
    """Of carrying it."""
    price: float | None
    """What was compared: the cost, the drone's minutes at their price, and what breaking the promise costs."""
    late_s: float | None
    """After the promise [s]."""
    reasons: tuple[Reason, ...] = ()
    """Why it is impossible, or not to be done now."""


@dataclass(frozen=True, slots=True)
class OrderDecided:
    """How an order is to go as things stand; the newest one holds."""

    order_id: OrderId
    action: str
    """``launch``, ``hold``, ``reserve``, ``road``, ``partner`` or ``defer``."""
    mode: Mode | None
    """None where nothing is foreseen yet."""
    vehicle_id: VehicleId | None
    eta_s: float | None
    late_s: float
    """Lateness foreseen [s]."""
    why: tuple[str, ...]
    """Reason codes, the one that decided first."""
    ways: tuple[PricedWay, ...]
    """Every mode with its price, or with what stands in its way."""


@dataclass(frozen=True, slots=True)
class PromiseOffered:
    """The shortest promise would not be kept, and a later time was offered instead."""

    order_id: OrderId
    within_s: float
    """Offered, from acceptance [s]."""
    refused_s: tuple[float, ...]
    """Shorter promises that would fail [s]."""
    eta_s: float | None
    """Foreseen [s since the Unix epoch]; None where nothing is."""
    mode: Mode | None


@dataclass(frozen=True, slots=True)
class ArrivalForeseen:
    """By where its vehicle is, the order will be there at another time than was foreseen."""

    order_id: OrderId
    eta_s: float


@dataclass(frozen=True, slots=True)
class RouteDropped:
    """The order is out of a van's plan again; its parcel is where it was."""

    order_id: OrderId
    vehicle_id: VehicleId
    rule: str
    """Which rule let go."""
    text: str


@dataclass(frozen=True, slots=True)
class PartnerAsked:
    """A partner was asked to carry the order; the parcel waits for it at the depot."""

    order_id: OrderId
    partner: VehicleId
    cost: float
    eta_s: float


@dataclass(frozen=True, slots=True)
class PartnerDeclined:
    """The partner will not carry it, or brought it back: the order waits again."""

    order_id: OrderId
    partner: VehicleId
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class PartnerCollected:
    """The partner has the parcel."""

    order_id: OrderId
    partner: VehicleId
