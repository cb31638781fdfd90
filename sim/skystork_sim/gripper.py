"""The gripper and the parcel in it: opens when told, unless the scenario says that it jams or stays silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class GripperFault(StrEnum):
    """What is wrong with the gripper."""

    NONE = "none"
    JAM = "jam"
    """Does not open and says so: COMMAND_ACK FAILED."""
    SILENT = "silent"
    """Does not open and does not answer."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the depot crew put in."""

    order_id: str
    weight_kg: float


@dataclass(frozen=True, slots=True)
class Release:
    """A parcel that left an aircraft, as it really happened."""

    at_s: float
    system_id: int
    order_id: str
    latitude_deg: float
    longitude_deg: float
    height_m: float
    """Above the ground [m]."""


class Gripper:
    """Holds at most one parcel; mutable because the parcel comes and goes.

    Parameters
    ----------
    fault_now
        Asked at each attempt to open.
    """

    def __init__(self, fault_now: Callable[[], GripperFault]) -> None:
        self._fault_now = fault_now
        self.parcel: Parcel | None = None

    def load(self, parcel: Parcel) -> bool:
        """Put a parcel in; False when one is in already."""
        if self.parcel is not None:
            return self.parcel == parcel
        self.parcel = parcel
        return True

    def open(self) -> tuple[GripperFault, Parcel | None]:
        """Try to open: the fault met, and the parcel that fell out."""
        fault = self._fault_now()
        if fault is not GripperFault.NONE:
            return fault, None
        return fault, self.take_out()

    def take_out(self) -> Parcel | None:
        """Remove the parcel by hand."""
        parcel, self.parcel = self.parcel, None
        return parcel
