"""A flight without a parcel: a mission by hand, where a delivery has an order."""

from __future__ import annotations

from dataclasses import dataclass

from skystork.app.manual_mission import NO_ORDER
from skystork.link.contract import MissionItem
from skystork.orders.order import Order, OrderId


@dataclass(frozen=True, slots=True)
class HandMission:
    """What a person wants flown."""

    name: str
    """Of its file."""
    items: tuple[MissionItem, ...] = ()
    """As they were read; empty for one that is in the air already, whose plan has them."""

    @property
    def order_id(self) -> OrderId:
        """Nobody's."""
        return NO_ORDER


Errand = Order | HandMission
"""What a flight is for."""


def payload_kg(errand: Errand) -> float:
    """What it carries out [kg]."""
    return 0.0 if isinstance(errand, HandMission) else errand.parcel.weight_kg
