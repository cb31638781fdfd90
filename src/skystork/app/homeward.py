"""The ways that a flight can ask for, each asked until it is seen to be flown or no longer wanted.

A pilot who takes the aircraft meanwhile keeps it: nothing is asked again once its mode has turned to one of the sticks.
What is ordered of one that a pilot has already is asked for, because whoever ordered it meant that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from skystork.app.drone_desk import DroneDesk
from skystork.fleet.vehicle import LandedState, LinkState
from skystork.flight.effects import Effect
from skystork.flight.flight import Flight
from skystork.flight.mission import PlanIds, PlanParts
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.link.confirmed_command import Confirmation, OrderState
from skystork.link.contract import CommandResult, MissionType, TransferOutcome

COMMAND_PAUSE_S = 2.0
"""Between tries of a command in the air whose effect is not seen: two heartbeats."""

ITEM_TRIES = 3
"""Jumps asked for before a person is told; each is sent six times within 9 s (LinkSettings)."""
Perform = Callable[[Flight, list[Effect]], Awaitable[None]]


async def move_on(desk: DroneDesk, flight: Flight, sequence: int) -> None:
    """Until the vehicle is seen past the hold, or somebody else flies it."""
    while flight.phase is FlightPhase.INBOUND and (desk.state.mission_sequence or 0) < sequence:
        await desk.port.set_current_item(sequence)
        await asyncio.sleep(COMMAND_PAUSE_S)


class _Hands:
    """Whether a pilot took the aircraft since something was begun to be asked of it."""

    def __init__(self, desk: DroneDesk) -> None:
        self._desk, self._mode = desk, desk.state.mode

    @property
    def took_it(self) -> bool:
        """Seen in a mode of the sticks that it was not in at first."""
        return self._desk.state.by_hand and self._desk.state.mode != self._mode


async def return_home(desk: DroneDesk, flight: Flight) -> None:
    """Along the mission path; from the doorstep by the mission itself, from a hold by the mission first.

    Told to return while it holds over the doorstep, a VTOL on its rotors tries a transition at once and hangs there,
    sinking to 2.3 m; told to return from AUTO.LOITER anywhere, PX4 begins at the nearest item, which may lie on the way
    to the doorstep (both seen on PX4 1.17.0 SITL). Made to go on in its mission it climbs first, or knows its item.
    """
    mission, hands = flight.mission, _Hands(desk)
    while flight.phase is FlightPhase.RETURNING and desk.state.mode not in {"AUTO.RTL", "AUTO.LAND"}:
        if hands.took_it:
            return
        sequence, in_mission = desk.state.mission_sequence or 0, desk.state.mode == "AUTO.MISSION"
        if sequence > mission.hold_sequence and in_mission:
            return  # the mission leads home from here
        at_hold = sequence == mission.hold_sequence and mission.delivers
        if at_hold:
            await desk.port.set_current_item(mission.inbound_sequence)
        if not in_mission:
            await _pause_unless_seen(desk, await desk.orders.set_mode("AUTO.MISSION"))
        elif sequence <= mission.hold_sequence and not at_hold:
            await _pause_unless_seen(desk, await desk.orders.return_to_launch())
        else:
            await _pause(desk)


async def hold_and_reel_in(desk: DroneDesk, flight: Flight) -> None:
    """Stop, have the line brought in once, and go on when it is; else a person must look."""
    while flight.phase in {FlightPhase.DROPPING, FlightPhase.INBOUND}:
        await desk.port.hold()
        await asyncio.sleep(COMMAND_PAUSE_S)
    hands, retracted = _Hands(desk), await desk.port.winch_retract()
    while retracted.line_in and flight.phase is FlightPhase.HOLDING and not hands.took_it:
        await _pause_unless_seen(desk, await desk.orders.set_mode("AUTO.MISSION"))


async def stay_here(desk: DroneDesk, flight: Flight) -> None:
    """Until it is seen to hold; once in any case, for an order to go on may have been sent already."""
    while True:
        await desk.port.hold()
        await asyncio.sleep(COMMAND_PAUSE_S)
        if flight.phase not in {FlightPhase.OUTBOUND, FlightPhase.DROPPING, FlightPhase.INBOUND}:
            return


async def go_on(desk: DroneDesk, flight: Flight) -> None:
    """Until it is seen in its mission again; PX4 goes on at the item it was stopped at."""
    hands = _Hands(desk)
    while flight.phase is FlightPhase.HOLDING and not hands.took_it:
        await desk.port.set_mode("AUTO.MISSION")
        await _pause(desk)


async def take_back(desk: DroneDesk, flight: Flight, sequence: int, perform: Perform) -> None:
    """Another plan is on board: stopped, the cleared one put back and read back, and home from the item it was at.

    Seen to hold before anything else is said: told to return while it holds, PX4 begins at the nearest item.
    """
    while flight.phase is FlightPhase.RETURNING and desk.state.mode != "AUTO.LOITER":
        if desk.state.mode in {"AUTO.LAND", "AUTO.PRECLAND"} or desk.state.landed is LandedState.LANDING:
            return  # its own failsafe puts it down, whatever mission it has
        if desk.state.link is not LinkState.UP or desk.state.by_hand:  # what it flies by then is looked at first
            await desk.wait_until(lambda: desk.state.link is LinkState.UP and not desk.state.by_hand, COMMAND_PAUSE_S)
            continue
        await desk.port.hold()
        await desk.wait_until(lambda: desk.state.mode == "AUTO.LOITER", COMMAND_PAUSE_S)
    while flight.phase is FlightPhase.RETURNING:
        rerouting = flight.back_item is not None  # then its fence and rally point may be another plan's as well
        parts = flight.mission.parts if rerouting else flight.mission.way
        why, ids = await upload_plan(desk, parts)
        if not why:
            await _make_current(desk, flight, sequence, perform)
            await perform(flight, flight.put_back(ids))
            await return_home(desk, flight)
            return
        await asyncio.sleep(COMMAND_PAUSE_S)


async def put_back(desk: DroneDesk, flight: Flight, sequence: int, perform: Perform) -> None:
    """The cleared plan on board again, whole, while it holds; a person says how it goes on."""
    while flight.phase is FlightPhase.HOLDING:
        why, ids = await upload_plan(desk, flight.mission.parts)
        if not why:
            await _make_current(desk, flight, sequence, perform)
            if flight.phase is FlightPhase.HOLDING:
                await perform(flight, flight.put_back(ids))
            return
        await asyncio.sleep(COMMAND_PAUSE_S)


async def upload_plan(desk: DroneDesk, parts: PlanParts, gives_way: Callable[[], str] = str) -> tuple[str, PlanIds]:
    """Each list read back: why they are not on board, empty where they are; and the ids of mission and fence.

    ``gives_way`` is asked after each: why nothing more of it shall be sent.
    """
    ids = PlanIds()
    for kind, items in parts:
        settled = await desk.port.upload(kind, items)
        if settled.outcome is not TransferOutcome.VERIFIED:
            return f"upload of the {kind.name.lower()} ended {settled.outcome}: {settled.detail}", ids
        if kind is MissionType.MISSION:
            ids = replace(ids, mission=settled.opaque_id)
        elif kind is MissionType.FENCE:
            ids = replace(ids, fence=settled.opaque_id)
        if why := gives_way():
            return why, ids
    return "", ids


async def _make_current(desk: DroneDesk, flight: Flight, sequence: int, perform: Perform) -> None:
    """Until the vehicle shows the item, while nothing else was begun; a person is told when that takes long.

    Home from another item would be a way that nobody chose: back over what it has flown already, or on to the doorstep.
    """
    phase, tries, told = flight.phase, 0, False
    while flight.phase is phase:
        jump = await desk.port.set_current_item(sequence)
        if jump.result is CommandResult.ACCEPTED:
            break
        tries += 1
        if tries == ITEM_TRIES:
            told = True
            await perform(flight, flight.tell_item_not_taken(sequence, desk.state))
        await asyncio.sleep(COMMAND_PAUSE_S)
    if told:
        await perform(flight, flight.tell_item_settled())


async def fly_mission(desk: DroneDesk, flight: Flight) -> None:
    """Until it is seen in its mission, which ends with its landing."""
    hands = _Hands(desk)
    while flight.phase is FlightPhase.RETURNING and desk.state.mode not in {"AUTO.MISSION", "AUTO.LAND"}:
        if hands.took_it:
            return
        await desk.port.set_mode("AUTO.MISSION")
        await _pause(desk)


async def land_now(desk: DroneDesk, flight: Flight) -> None:
    """Down where it is."""
    hands = _Hands(desk)
    while flight.phase in AIRBORNE and desk.state.mode != "AUTO.LAND" and not hands.took_it:
        await _pause_unless_seen(desk, await desk.orders.land())


async def stood_down(desk: DroneDesk, flight: Flight, perform: Perform) -> bool:
    """Whether a refused start ended disarmed on the ground; False when the vehicle is in the air after all.

    An order to arm or to start that was not answered may have been carried out. Nobody is sent to the vehicle, and its
    order is given to no other, before it is heard standing disarmed.
    """
    while flight.phase is FlightPhase.STARTING:
        state = desk.state
        if state.link is LinkState.UP and not state.armed and state.landed is LandedState.ON_GROUND:
            return True
        await perform(flight, flight.observe(state))
        if flight.phase is FlightPhase.STARTING:
            await _pause_unless_seen(desk, await desk.orders.disarm())
    return flight.phase not in AIRBORNE


async def _pause(desk: DroneDesk) -> None:
    """Between two tries; the next comes right after the vehicle told its mode, so that what a pilot took is seen."""
    await asyncio.sleep(COMMAND_PAUSE_S)
    told_at_s = desk.state.mode_at_s
    await desk.wait_until(lambda: desk.state.mode_at_s != told_at_s, COMMAND_PAUSE_S)


async def _pause_unless_seen(desk: DroneDesk, ended: Confirmation) -> None:
    """Wait before the next try where the vehicle refused; one that did not follow has been waited for already."""
    if ended.outcome is OrderState.REFUSED:
        await _pause(desk)
