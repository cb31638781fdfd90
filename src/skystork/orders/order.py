"""An order as accepted: who gets which parcel where, asked for when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from skystork.frames import Geodetic

OrderId = NewType("OrderId", str)
VehicleId = NewType("VehicleId", str)
FlightId = NewType("FlightId", str)
RouteId = NewType("RouteId", str)


class Hazard(StrEnum):
    """What in the parcel is dangerous goods, after the UN classes a parcel carrier meets."""

    NONE = "none"
    """Nothing declared."""
    FLAMMABLE = "flammable"
    """UN class 3: perfume, paint, spirits above 24 %."""
    LITHIUM_BATTERY = "lithium_battery"
    """UN class 9: loose cells or batteries (UN 3090, UN 3480)."""
    COMPRESSED_GAS = "compressed_gas"
    """UN class 2: aerosols, gas cartridges."""
    CORROSIVE = "corrosive"
    """UN class 8: drain cleaner, battery acid."""


class Mode(StrEnum):
    """By what an order travels."""

    DRONE = "drone"
    VAN = "van"
    ROBOT = "robot"
    """A robot on the pavement, one parcel a trip."""
    PARTNER = "partner"
    """A courier of somebody else's."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is carried."""

    weight_kg: float
    """Mass with packaging [kg], above 0."""
    length_m: float
    """Longest side [m]."""
    width_m: float
    """Second side [m]."""
    height_m: float
    """Shortest side [m]."""
    hazard: Hazard = Hazard.NONE

    def sides_m(self) -> tuple[float, float, float]:
        """The three sides, longest first [m]."""
        longest, middle, shortest = sorted((self.length_m, self.width_m, self.height_m), reverse=True)
        return longest, middle, shortest


@dataclass(frozen=True, slots=True)
class Order:
    """One delivery, under one identity whatever carries it."""

    order_id: OrderId
    placed_at_s: float
    """When the customer placed it [s since the Unix epoch]."""
    drop_off: Geodetic
    """The doorstep."""
    parcel: Parcel
    recipient: str = ""
    """Name to deliver to; never interpreted."""
    deliver_by_s: float | None = None
    """The customer's own deadline, when one was given [s since the Unix epoch]."""
    deliver_from_s: float | None = None
    """Not handed over before, when the customer said so [s since the Unix epoch]."""
    ready_at_s: float | None = None
    """The parcel is at the depot from then on; None: it is there [s since the Unix epoch]."""

    def ready_from_s(self, from_s: float) -> float:
        """When its parcel can be loaded, at or after a moment [s since the Unix epoch]."""
        return from_s if self.ready_at_s is None else max(from_s, self.ready_at_s)

    def leaves_from_s(self, from_s: float, way_s: float) -> float:
        """When it can leave so that nobody waits, for the parcel or at the door [s since the Unix epoch]."""
        ready_s = self.ready_from_s(from_s)
        return ready_s if self.deliver_from_s is None else max(ready_s, self.deliver_from_s - way_s)

    def begins_s(self, from_s: float) -> float:
        """When it can be loaded and is wanted: promises run from then [s since the Unix epoch]."""
        ready_s = self.ready_from_s(from_s)
        return ready_s if self.deliver_from_s is None else max(ready_s, self.deliver_from_s)
