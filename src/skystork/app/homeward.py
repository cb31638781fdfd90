"""The ways home that a flight can ask for, each asked until it is seen to be flown or no longer wanted."""

from __future__ import annotations

import asyncio

from skystork.app.drone_desk import DroneDesk
from skystork.flight.flight import Flight
from skystork.flight.phase import AIRBORNE, FlightPhase

COMMAND_PAUSE_S = 2.0
"""Between tries of a command in the air whose effect is not seen: two heartbeats."""


async def move_on(desk: DroneDesk, flight: Flight, sequence: int) -> None:
    """Until the vehicle is seen past the hold, or somebody else flies it."""
    while flight.phase is FlightPhase.INBOUND and (desk.state.mission_sequence or 0) < sequence:
        await desk.port.set_current_item(sequence)
        await asyncio.sleep(COMMAND_PAUSE_S)


async def return_home(desk: DroneDesk, flight: Flight) -> None:
    """Along the mission path; from the doorstep by the mission itself.

    Told to return while it holds there, a VTOL on its rotors tries a transition at once and hangs over the doorstep,
    sinking to 2.3 m (seen on PX4 1.17.0 SITL); made to go on in its mission it climbs first.
    """
    mission = flight.mission
    while flight.phase is FlightPhase.RETURNING and desk.state.mission_sequence == mission.hold_sequence:
        await desk.port.set_current_item(mission.inbound_sequence)
        await asyncio.sleep(COMMAND_PAUSE_S)
    if (desk.state.mission_sequence or 0) > mission.hold_sequence:
        return  # the mission leads home from here
    while flight.phase is FlightPhase.RETURNING and desk.state.mode not in {"AUTO.RTL", "AUTO.LAND"}:
        await desk.port.return_to_launch()
        await asyncio.sleep(COMMAND_PAUSE_S)


async def land_now(desk: DroneDesk, flight: Flight) -> None:
    """Down where it is."""
    while flight.phase in AIRBORNE and desk.state.mode != "AUTO.LAND":
        await desk.port.land()
        await asyncio.sleep(COMMAND_PAUSE_S)
