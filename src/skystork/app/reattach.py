"""After a restart: listen first, then take over every flight that was under way, exactly where it is.

Nothing is commanded before the vehicle was heard. A flight whose vehicle carries the mission that was uploaded for it
is resumed; one that holds because a new plan was going on board gets its old one back, and holds on for a person; one
that returns by itself with such a half plan on board is stopped, gets its old one back and goes home by that; one on
the ground that never left is dropped and its parcel taken out; one whose release was asked for and not confirmed is
unknown and never asked again; one that is not heard is lost-link from its last word in the ledger, if that has a
launch, and is else waited for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from skystork.app.drone_desk import DroneDesk
from skystork.fleet.profile import Release
from skystork.fleet.vehicle import LandedState, LinkState, VehicleState
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.orders.book import FlightRecord, OrderRecord
from skystork.orders.order import FlightId
from skystork.orders.order_state import OrderState

LISTEN_S = 6.0
"""Longer than the slowest stream the classes need: MISSION_CURRENT at 1 Hz, HOME_POSITION at 0.5 Hz."""

REGISTERED_S = 3.0
"""Where there is a winch it is listened so long at least: the status of its line comes once a second; and PX4, told to
hold while it still counts the ground as lost, returns at once, with the line out. Our heartbeats, one a second, must
have reached it."""


_HALF_REROUTED = {"AUTO.LOITER": FlightPhase.HOLDING, "AUTO.RTL": FlightPhase.RETURNING}
"""Phases by modes in which the old plan is put back; PX4 goes from the first to the second when the link is lost."""


class Found(StrEnum):
    """What a restart found of one flight."""

    NEVER_LEFT = "never_left"
    """On the ground, and the ledger has no launch."""
    IN_THE_AIR = "in_the_air"
    """Flying the mission we uploaded, or going home."""
    HALF_REROUTED = "half_rerouted"
    """A new plan went on board when the controller ended: the old one is put back where it holds, and where it returns
    by itself it is stopped first, and goes home by that."""
    DRIFTED = "drifted"
    """Flying something we did not upload: watched, not commanded."""
    DOWN = "down"
    """The ledger has a launch, and it is on the ground."""
    SILENT = "silent"
    """Not heard: taken for flying home until it is heard."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """How a flight is taken over."""

    found: Found
    phase: FlightPhase
    parcel: Parcel
    returning: bool


async def listen(desks: list[DroneDesk]) -> None:
    """Give every vehicle time to tell where it is, and end early when all did."""
    began_s = asyncio.get_running_loop().time()
    shortest_s = REGISTERED_S if any(desk.drone.profile.release is Release.WINCH for desk in desks) else 0.0
    while (listened_s := asyncio.get_running_loop().time() - began_s) < LISTEN_S:
        if listened_s >= shortest_s and all(has_told(desk.state) for desk in desks):
            return
        await asyncio.sleep(0.25)


def has_told(state: VehicleState) -> bool:
    """Whether a vehicle has said all that a take-over needs."""
    return (
        state.landed is not LandedState.UNDEFINED and state.mission_sequence is not None and state.position is not None
    )


def classify(
    record: FlightRecord,
    order: OrderRecord | None,
    state: VehicleState,
    hold_sequence: int,
    *,
    by_winch: bool = False,
) -> Takeover:
    """Decide from the ledger and the vehicle's own words; one that is not heard must have a launch in the ledger.

    A mission by hand has no order, and nothing on board.
    """
    parcel = parcel_by_ledger(order, record.flight_id) if order is not None else Parcel.GONE
    returning = record.phase == FlightPhase.RETURNING if order is None else order.state is OrderState.RETURNING
    if state.link is not LinkState.UP:
        return Takeover(Found.SILENT, FlightPhase.RETURNING, parcel, returning)
    flying = state.armed or state.landed in {LandedState.IN_AIR, LandedState.TAKEOFF, LandedState.LANDING}
    if not flying:
        found = Found.NEVER_LEFT if record.launched_at_s is None else Found.DOWN
        phase = FlightPhase.LANDED if record.landed else FlightPhase.RETURNING
        return Takeover(found, phase, parcel, returning)
    if record.reroute_item is not None and state.mode in _HALF_REROUTED:
        return Takeover(Found.HALF_REROUTED, _HALF_REROUTED[state.mode], parcel, returning)
    if record.mission_id is not None and state.mission_id != record.mission_id:
        return Takeover(Found.DRIFTED, FlightPhase.RETURNING, parcel, returning)
    phase = phase_by_progress(state, parcel, hold_sequence, returning=returning)
    at_hold = phase is FlightPhase.INBOUND and state.mission_sequence == hold_sequence
    if at_hold and by_winch and parcel is not Parcel.ON_BOARD and state.winch_retracted is not True:
        phase = FlightPhase.DROPPING  # it hangs on the line: not on its way before that is in
    return Takeover(Found.IN_THE_AIR, phase, parcel, returning)


def parcel_by_ledger(order: OrderRecord, flight_id: FlightId) -> Parcel:
    """Where the parcel is, by what was written before the crash; a release asked for and not reported is unknown.

    An order that ended, or that this flight carries no longer, has nothing on board: the crew took it out. One that a
    person closed may have its parcel in the box, or on the line.
    """
    if order.closed_by_hand and order.flight_id == flight_id:
        return Parcel.UNKNOWN
    if order.ended or order.flight_id != flight_id:
        return Parcel.GONE
    if order.state in {OrderState.RELEASING, OrderState.RELEASE_UNKNOWN}:
        return Parcel.UNKNOWN
    return Parcel.GONE if order.state is OrderState.RELEASED else Parcel.ON_BOARD


def phase_by_progress(
    state: VehicleState, parcel: Parcel, hold_sequence: int, *, returning: bool = False
) -> FlightPhase:
    """Where the flight is, by the vehicle's mode and mission item."""
    if state.mode in {"AUTO.RTL", "AUTO.LAND"}:
        return FlightPhase.RETURNING
    sequence = state.mission_sequence or 0
    if sequence > hold_sequence:
        return FlightPhase.INBOUND
    if sequence == hold_sequence:
        return FlightPhase.DROPPING if parcel is Parcel.ON_BOARD and not returning else FlightPhase.INBOUND
    return FlightPhase.OUTBOUND
