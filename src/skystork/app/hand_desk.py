"""What a person settles at the desk: orders cancelled or closed, vehicles put back into service.

Words come from the control desk (:mod:`skystork.app.control_desk`). One at a time: what one settles, the next finds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_supervisor import FlightSupervisor
from skystork.app.journal import Journal
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.by_hand import HandAction, HandOrder, Settled, cancel, close
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.order_state import OrderState

LAUNCH_PATIENCE_S = 120.0
"""A flight gives an order up between its steps on the ground; the longest is the crew's loading, under a minute."""
UNKNOWN = "unknown"
"""Outcome of a word about an order or vehicle that is not there."""


class HandDesk:
    """Takes such words.

    Parameters
    ----------
    in_tour
        The van in whose tour an order is; empty where in none.
    replan
        Have the vans planned anew, without an order that is gone.
    """

    def __init__(  # one call, in the service
        self,
        *,
        desks: Sequence[DroneDesk],
        journal: Journal,
        flights: FlightSupervisor,
        in_tour: Callable[[OrderId], str],
        replan: Callable[[], None],
    ) -> None:
        self._journal, self._flights = journal, flights
        self._desks = {desk.drone.vehicle_id: desk for desk in desks}
        self._in_tour, self._replan = in_tour, replan
        self._one_at_a_time = asyncio.Lock()

    async def settle(self, order: HandOrder) -> tuple[str, str]:
        """Do what a person says; returns ``finished``, ``refused`` or ``unknown``, and why."""
        async with self._one_at_a_time:
            if self._journal.book.has_action(order.action_id):
                return "refused", f"a word with the id {order.action_id} was taken before"
            known, settled = await self._settle(order)
            outcome = UNKNOWN if not known else "finished" if settled.done else "refused"
            audit = e.SettledByHand(
                order.action_id,
                order.action,
                order.by,
                order.why,
                outcome,
                settled.detail,
                order.order_id if known else None,
                order.vehicle_id if known else None,
                order.found,
            )
            await self._journal.record(*settled.events, audit)
            return outcome, settled.detail

    async def _settle(self, order: HandOrder) -> tuple[bool, Settled]:
        if order.action is HandAction.RESTORE:
            desk = self._desks.get(order.vehicle_id or VehicleId(""))
            return desk is not None, self._restore(desk, order) if desk else Settled(False, "no such drone in the site")
        if order.order_id is None or order.order_id not in self._journal.book:
            return False, Settled(False, f"no order {order.order_id}")
        record = self._journal.book.order(order.order_id)
        if order.action is HandAction.CLOSE:
            return True, close(record, order)
        return True, await self._cancel(record, order)

    async def _cancel(self, record: OrderRecord, order: HandOrder) -> Settled:
        if record.state is OrderState.ASSIGNED:
            return await self._call_off_launch(record, order)
        van = self._in_tour(record.order.order_id)
        if record.state is OrderState.ROUTED and van:
            return Settled(False, f"it is in the tour that {van} has: stop the driver, or have the parcel brought back")
        settled = cancel(record, order)
        if settled.events:
            self._replan()
        return settled

    async def _call_off_launch(self, record: OrderRecord, order: HandOrder) -> Settled:
        order_id, desk = record.order.order_id, self._desks.get(record.vehicle_id or VehicleId(""))
        if desk is None:
            return Settled(False, f"{record.vehicle_id} has it and is no longer in the site file: put it back there")
        why = self._flights.cancel(desk, order)
        if why:
            return Settled(False, why)
        book = self._journal.book
        await desk.wait_until(lambda: book.order(order_id).state is not OrderState.ASSIGNED, LAUNCH_PATIENCE_S)
        state = book.order(order_id).state
        if state is OrderState.CANCELLED:
            return Settled(True, "cancelled before it left the ground; the crew takes the parcel out")
        if state is OrderState.ASSIGNED:
            return Settled(False, f"not seen within {LAUNCH_PATIENCE_S:.0f} s; its flight gives it up before it arms")
        return cancel(book.order(order_id), order)

    def _restore(self, desk: DroneDesk, order: HandOrder) -> Settled:
        if desk.out_of_service is None:
            return Settled(True, "it is in service")
        if desk.busy:
            return Settled(False, "its flight is not over")
        desk.out_of_service = None
        restored = e.VehicleRestored(desk.drone.vehicle_id, order.by, order.why)
        return Settled(True, "in service again; its next launch is checked as every other", (restored,))
