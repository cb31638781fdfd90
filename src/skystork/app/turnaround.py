"""Back on the ground: the parcel out if there is one, the battery swapped, the vehicle free; or left where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.hand_mission import Errand, HandMission
from skystork.app.telemetry_plan import GROUND_INTERVALS_US
from skystork.flight import phase as p
from skystork.flight.effects import Effect
from skystork.flight.flight import Flight
from skystork.flight.release import Parcel
from skystork.orders import events as e
from skystork.orders.order import FlightId, Order
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode

BATTERY_STATUS = 147
BATTERY_TOLD_S = 10.0
"""It is told every 5 s on the ground (:mod:`skystork.app.telemetry_plan`), and at once where it is asked for."""

Perform = Callable[[Flight, list[Effect]], Awaitable[None]]


async def turn_round(
    services: FlightServices, desk: DroneDesk, flight: Flight, errand: Errand, perform: Perform
) -> None:
    """Have the crew take over a vehicle that landed at its pad; one down elsewhere waits out of service."""
    flight_id = flight.plan.request.flight_id
    if not flight.touchdown.at_pad:
        if not flight.at_rally or isinstance(errand, HandMission):
            away = f"landed away from its pad at {desk.state.position}: collect it"
            await desk.take_out_of_service(services.journal, away)
        else:
            await _await_collection(services, desk, flight, errand)
        await _account(services, desk, flight_id, errand)
        await perform(flight, flight.step(p.MadeReady()))
        return
    await perform(flight, flight.step(p.CrewTookOver()))
    await desk.set_rates(GROUND_INTERVALS_US)
    desk.free_at_s = asyncio.get_running_loop().time() + desk.drone.profile.turnaround_s
    if flight.parcel is not Parcel.GONE and not isinstance(errand, HandMission):
        await take_parcel_out(services, desk, flight_id, errand)
    swapped = await services.crew.swap(desk.drone.serial_number, flight_id)
    if not swapped.done:
        await desk.take_out_of_service(services.journal, f"the depot crew kept it: {swapped.detail}")
    await _hear_of_battery(desk)
    await _account(services, desk, flight_id, errand)
    await perform(flight, flight.step(p.MadeReady()))


async def _hear_of_battery(desk: DroneDesk) -> None:
    """Until it has told the charge of its new battery: offered with that of the old one it would be given short ways,
    and what can wait, while far orders wait that it was foreseen for."""
    swapped_at_s = asyncio.get_running_loop().time()
    await desk.port.request_message(BATTERY_STATUS)
    await desk.wait_until(lambda: (desk.state.battery_at_s or 0.0) >= swapped_at_s, BATTERY_TOLD_S)


async def _account(services: FlightServices, desk: DroneDesk, flight_id: FlightId, errand: Errand) -> None:
    if not isinstance(errand, HandMission):
        await account_for_parcel(services, desk, flight_id, errand)


async def _await_collection(services: FlightServices, desk: DroneDesk, flight: Flight, order: Order) -> None:
    """Its parcel becomes a van's stop at once; without a van the crew fetches it, and until then the order waits."""
    at_rally = f"landed at a rally point at {desk.state.position}: collect it"
    await desk.take_out_of_service(services.journal, at_rally)
    request, parcel, place = flight.plan.request, flight.parcel, desk.state.position
    record = services.journal.book.order(order.order_id)
    if parcel is Parcel.ON_BOARD and services.site.vans and place is not None and record.van_reasons == ():
        flight.release.parcel = Parcel.GONE
        if record.state in {OrderState.FLYING, OrderState.RETURNING}:
            text = f"{desk.drone.vehicle_id} came down at a rally point with the parcel: a van takes it over there"
            reason = Reason(ReasonCode.ATTEMPTED, text, str(request.flight_id), "")
            ids = (order.order_id, request.flight_id, desk.drone.vehicle_id)
            await services.journal.record(e.ParcelAwaitsCollection(*ids, place, (reason,)))
            return
    answer = await services.crew.collect(
        desk.drone.serial_number, request.flight_id, order.order_id, desk.state.position
    )
    flight.release.parcel = Parcel.GONE
    if parcel is Parcel.GONE:
        return
    if services.journal.book.order(order.order_id).ended:
        found = answer.done and answer.order_id == order.order_id
        await tell_found(services, desk, request.flight_id, order, found=found)
        return
    if answer.done and answer.order_id == order.order_id:
        await services.journal.record(e.ParcelReturned(order.order_id, request.flight_id, desk.drone.vehicle_id))
        return
    text = f"collected at a rally point, and its parcel was not in it: {answer.detail}. Ask the recipient and the crew"
    reason = Reason(ReasonCode.VEHICLE, text, str(answer.order_id), order.order_id)
    await services.journal.record(e.OrderUndeliverable(order.order_id, (reason,)))


async def tell_found(
    services: FlightServices, desk: DroneDesk, flight_id: FlightId, order: Order, *, found: bool
) -> None:
    """A person closed the order before anybody looked into the box; what is in it then must not be lost."""
    if found:
        detail = f"order {order.order_id} was closed by hand, and its parcel was in the box: the crew has it"
        ids = (flight_id, desk.drone.vehicle_id, "PARCEL_FOUND", "WARN", detail, order.order_id)
        await services.journal.record(e.ContingencyRaised(*ids))


async def account_for_parcel(services: FlightServices, desk: DroneDesk, flight_id: FlightId, order: Order) -> None:
    """No flight ends with an order of its own still open: what nobody took out is where the vehicle is.

    A release may settle only after the landing, or never: what the flight itself wrote then ends nothing.
    """
    book, ids = services.journal.book, (order.order_id, flight_id, desk.drone.vehicle_id)
    if book.order(order.order_id).flight_id != flight_id:
        return
    if book.order(order.order_id).state is OrderState.RELEASING:
        await services.journal.record(e.ReleaseUnresolved(*ids, "it landed before the device reported"))
    state = book.order(order.order_id).state
    if state is OrderState.RELEASE_UNKNOWN:
        await leave_to_a_person(services, desk, order)
    elif state in {OrderState.FLYING, OrderState.RETURNING}:
        await services.journal.record(e.ParcelStranded(*ids, desk.state.position))


async def leave_to_a_person(services: FlightServices, desk: DroneDesk, order: Order) -> None:
    """Nobody looks into this box now, and the customer must not wait for ever."""
    text = (
        f"the release was never reported and the aircraft is down at {desk.state.position}, away from its pad: "
        "look into its box, ask the recipient if it is empty, then close the order by hand"
    )
    reason = Reason(ReasonCode.VEHICLE, text, "release unknown", "a report of the release")
    await services.journal.record(e.OrderUndeliverable(order.order_id, (reason,)))


async def take_parcel_out(services: FlightServices, desk: DroneDesk, flight_id: FlightId, order: Order) -> None:
    """Have the crew look into the box; what is in it goes another way, what is not is a person's affair."""
    answer = await services.crew.unload(desk.drone.serial_number, flight_id, order.order_id)
    if services.journal.book.order(order.order_id).ended:
        await tell_found(services, desk, flight_id, order, found=answer.done)
        return
    if answer.done:
        await services.journal.record(e.ParcelReturned(order.order_id, flight_id, desk.drone.vehicle_id))
        return
    text = (
        f"the box came home empty and the gripper never reported open over {order.drop_off}: "
        "ask the recipient, then close the order by hand"
    )
    reason = Reason(ReasonCode.VEHICLE, text, answer.detail, "a report from the gripper")
    await services.journal.record(e.OrderUndeliverable(order.order_id, (reason,)))
