"""What a person may order of a flight in the air, in which phase, and why not.

An order is written to the ledger before anything is sent. It is refused with a sentence where it could do harm, or
would do nothing: nothing is queued for later, because what was meant now may be wrong then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.flight.release import Parcel
from skystork.frames import Geodetic


class SteerAction(StrEnum):
    """What may be ordered."""

    HOLD = "hold"
    """Stop and stay (AUTO.LOITER)."""
    RESUME = "resume"
    """Go on with the mission."""
    RETURN = "return"
    """Home along the mission path, the parcel on board."""
    DIVERT = "divert"
    """To another doorstep, planned and checked from where it is."""
    RALLY = "rally"
    """Land at the nearest rally point, planned and checked from where it is."""
    LAND = "land"
    """Down, here and now."""


@dataclass(frozen=True, slots=True)
class SteerOrder:
    """One order of a person."""

    action_id: str
    """Of whoever ordered; the same id is never done twice."""
    action: SteerAction
    by: str
    """Who ordered it."""
    why: str = ""
    place: Geodetic | None = None
    """The new doorstep, with ``divert``."""
    redirects: bool = False
    """With ``divert``: the client asked for it, and it is the order's own doorstep from then on."""


A, P = SteerAction, FlightPhase
ALLOWED: Mapping[FlightPhase, frozenset[SteerAction]] = MappingProxyType(
    {
        P.OUTBOUND: frozenset({A.HOLD, A.RETURN, A.DIVERT, A.RALLY, A.LAND}),
        P.DROPPING: frozenset({A.HOLD, A.RETURN, A.DIVERT, A.RALLY, A.LAND}),
        P.INBOUND: frozenset({A.HOLD, A.RALLY, A.LAND}),
        P.HOLDING: frozenset({A.RESUME, A.RETURN, A.DIVERT, A.RALLY, A.LAND}),
        P.RETURNING: frozenset({A.LAND}),
    }
)
"""By phase; in every other phase the vehicle is on the ground, and nothing is."""
_WHY_NOT: Mapping[tuple[FlightPhase, SteerAction], str] = MappingProxyType(
    {
        (P.INBOUND, A.RETURN): "it is on its way home already",
        (P.INBOUND, A.DIVERT): "it is on its way home; send the order out anew",
        (P.INBOUND, A.RESUME): "it is not held",
        (P.OUTBOUND, A.RESUME): "it is not held",
        (P.DROPPING, A.RESUME): "it is not held",
        (P.HOLDING, A.HOLD): "it holds already",
        (
            P.RETURNING,
            A.HOLD,
        ): "it is returning, and from a stop PX4 would leave its path: land it, or let it come",
        (P.RETURNING, A.RALLY): "it is returning, and cannot be stopped on its way: land it, or let it come home",
        (P.RETURNING, A.RESUME): "it is returning and its order is recorded as coming home",
        (P.RETURNING, A.RETURN): "it is returning already",
        (P.RETURNING, A.DIVERT): "it is returning and its order is recorded as coming home",
    }
)


def refusal(order: SteerOrder, phase: FlightPhase, parcel: Parcel, vehicle: VehicleState, *, returning: bool) -> str:
    """Why an order is refused, for the person who gave it; empty where it is not.

    Parameters
    ----------
    returning
        The ledger has the parcel coming home.
    """
    if phase not in AIRBORNE:
        return f"the flight is {phase}: it is not in the air, so there is nothing to steer"
    if vehicle.link is not LinkState.UP:
        return "the vehicle is not heard: its mission goes on by itself, and whether an order arrives cannot be seen"
    if order.action not in ALLOWED[phase] and not _stopped_on_its_way(order, phase, vehicle):
        return _WHY_NOT[phase, order.action]
    if parcel is Parcel.RELEASING and order.action is not SteerAction.LAND:
        return "the parcel is being released: wait until that has settled, which takes seconds"
    if order.action is SteerAction.DIVERT and (parcel is not Parcel.ON_BOARD or returning):
        return "its parcel is not on board, or its order is recorded as coming home: there is nothing to deliver"
    if order.action is SteerAction.DIVERT and order.place is None:
        return "a new doorstep is needed: --to latitude,longitude"
    return ""


def _stopped_on_its_way(order: SteerOrder, phase: FlightPhase, vehicle: VehicleState) -> bool:
    """It was to return, and stands still instead: it may be told anew."""
    stopped = vehicle.by_hand or vehicle.mode == "AUTO.LOITER"
    return order.action is A.RETURN and phase is P.RETURNING and stopped


def is_done(action: SteerAction, phase: FlightPhase, vehicle: VehicleState, *, hold_sequence: int) -> bool:
    """Whether the vehicle is seen to do what was ordered; landed is done, whatever was ordered."""
    if phase not in AIRBORNE:
        return True
    in_mission = vehicle.mode == "AUTO.MISSION"
    match action:
        case SteerAction.HOLD:
            return phase is FlightPhase.HOLDING
        case SteerAction.RESUME | SteerAction.DIVERT:
            return phase in {FlightPhase.OUTBOUND, FlightPhase.DROPPING, FlightPhase.INBOUND}
        case SteerAction.RETURN:
            homeward = in_mission and (vehicle.mission_sequence or 0) > hold_sequence
            return vehicle.mode == "AUTO.RTL" or homeward
        case SteerAction.RALLY:
            return in_mission and phase is FlightPhase.RETURNING
        case SteerAction.LAND:
            return vehicle.mode == "AUTO.LAND"
