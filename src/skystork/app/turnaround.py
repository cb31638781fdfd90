"""Back on the ground: the parcel out if there is one, the battery swapped, the vehicle free; or left where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.telemetry_plan import GROUND_INTERVALS_US
from skystork.flight import phase as p
from skystork.flight.effects import Effect
from skystork.flight.flight import Flight, Parcel
from skystork.orders import events as e
from skystork.orders.reasons import Reason, ReasonCode

Perform = Callable[[Flight, list[Effect]], Awaitable[None]]


async def turn_round(services: FlightServices, desk: DroneDesk, flight: Flight, perform: Perform) -> None:
    """Have the crew take over a vehicle that landed at its pad; one down elsewhere waits out of service."""
    if not flight.landed_at_pad:
        desk.out_of_service = f"landed away from its pad at {desk.state.position}: collect it"
        if flight.parcel is Parcel.UNKNOWN:
            await _leave_to_a_person(services, desk, flight)
        await perform(flight, flight.step(p.MadeReady()))
        return
    await perform(flight, flight.step(p.CrewTookOver()))
    await desk.set_rates(GROUND_INTERVALS_US)
    desk.free_at_s = asyncio.get_running_loop().time() + desk.drone.profile.turnaround_s
    if flight.parcel is not Parcel.GONE:
        await _take_parcel_out(services, desk, flight)
    swapped = await services.crew.swap(desk.drone.serial_number, flight.plan.request.flight_id)
    if not swapped.done:
        desk.out_of_service = f"the depot crew kept it: {swapped.detail}"
    await perform(flight, flight.step(p.MadeReady()))


async def _leave_to_a_person(services: FlightServices, desk: DroneDesk, flight: Flight) -> None:
    """Nobody looks into this box now, and the customer must not wait for ever."""
    text = (
        f"the gripper never reported open and the aircraft is down at {desk.state.position}, away from its pad: "
        "look into its box, ask the recipient if it is empty, then close the order by hand"
    )
    reason = Reason(ReasonCode.VEHICLE, text, "release unknown", "a report from the gripper")
    await services.journal.record(e.OrderUndeliverable(flight.plan.request.order_id, (reason,)))


async def _take_parcel_out(services: FlightServices, desk: DroneDesk, flight: Flight) -> None:
    request = flight.plan.request
    answer = await services.crew.unload(desk.drone.serial_number, request.flight_id, request.order_id)
    if answer.done:
        returned = e.ParcelReturned(request.order_id, request.flight_id, desk.drone.vehicle_id)
        await services.journal.record(returned)
        return
    text = (
        f"the box came home empty and the gripper never reported open over {request.drop_off}: "
        "ask the recipient, then close the order by hand"
    )
    reason = Reason(ReasonCode.VEHICLE, text, answer.detail, "a report from the gripper")
    await services.journal.record(e.OrderUndeliverable(request.order_id, (reason,)))
