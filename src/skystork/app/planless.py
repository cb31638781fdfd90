"""A flight in the air whose plan cannot be read: watched home, released nothing, told to a person.

Its mission is on board, was checked, and leads home by itself; it releases nothing without us. Without the plan
nothing can be judged and nothing better be commanded, so nothing is. Other flights do not notice.
"""

from __future__ import annotations

import logging

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.reattach import parcel_by_ledger
from skystork.app.turnaround import account_for_parcel, take_parcel_out
from skystork.errors import LedgerError
from skystork.fleet.vehicle import LandedState, LinkState, VehicleState
from skystork.flight.landing import is_at
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.orders import events as e
from skystork.orders.book import FlightRecord
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode

log = logging.getLogger("skystork")

RULE = "PLAN_LOST"


async def follow_without_plan(
    services: FlightServices, desk: DroneDesk, record: FlightRecord, error: LedgerError
) -> None:
    """Until it has landed and its parcel is accounted for; the vehicle then stays out of service."""
    await desk.take_out_of_service(services.journal, f"{error}: look why before it flies again")
    log.error("flight %s on %s flies home by its mission: %s", record.flight_id, record.vehicle_id, error)
    await _tell(services, record, str(error))
    while not _is_down(desk.state):
        desk.changed.clear()
        await desk.changed.wait()
    await _land(services, desk, record)
    desk.busy = False


async def _tell(services: FlightServices, record: FlightRecord, why: str) -> None:
    ids = (record.flight_id, record.vehicle_id)
    if record.launched_at_s is None:
        await services.journal.record(e.FlightLaunched(*ids, record.order_id))
    await services.journal.record(e.ContingencyRaised(*ids, RULE, "WARN", why, record.order_id))
    if record.order_id not in services.journal.book:
        return
    order = services.journal.book.order(record.order_id)
    if order.state is OrderState.FLYING and order.flight_id == record.flight_id:
        reason = Reason(ReasonCode.ATTEMPTED, f"the flight comes home with the parcel: {why}", record.flight_id, "")
        returning = e.ParcelReturning(record.order_id, record.flight_id, record.vehicle_id, (reason,))
        await services.journal.record(returning)


def _is_down(state: VehicleState) -> bool:
    return state.link is LinkState.UP and not state.armed and state.landed is LandedState.ON_GROUND


async def _land(services: FlightServices, desk: DroneDesk, record: FlightRecord) -> None:
    ids, state = (record.flight_id, record.vehicle_id), desk.state
    at_pad = record.landed_at_pad if record.landed else is_at(desk.drone.pad, state.position)
    if not record.landed:
        flown_s = state.at_s - (record.launched_at_s or state.at_s)
        landed = e.FlightLanded(*ids, state.position, at_pad, flown_s, None, record.order_id)
        await services.journal.record(landed)
    if record.order_id in services.journal.book:
        await _settle_parcel(services, desk, record, at_pad=at_pad)
    await services.journal.record(e.FlightPhaseChanged(*ids, FlightPhase.ENDED, record.order_id))


async def _settle_parcel(services: FlightServices, desk: DroneDesk, record: FlightRecord, *, at_pad: bool) -> None:
    order = services.journal.book.order(record.order_id)
    if at_pad and parcel_by_ledger(order, record.flight_id) is not Parcel.GONE:
        await take_parcel_out(services, desk, record.flight_id, order.order)
    await account_for_parcel(services, desk, record.flight_id, order.order)
