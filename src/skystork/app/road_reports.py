"""What vans and robots report, taken in and recorded: what a vehicle says it has loaded and handed over is where the
parcel is, whatever was planned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from skystork.app.journal import Journal
from skystork.app.van_view import VanView, read_state
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, OrderId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode
from skystork.shell.bus import Bus

_COULD_NOT = {
    (Mode.VAN, "pick"): "load the parcel",
    (Mode.VAN, "drop"): "hand the parcel over; it stays in the van",
    (Mode.ROBOT, "pick"): "be loaded",
    (Mode.ROBOT, "drop"): "hand the parcel over; it is in its compartment",
}


class RoadReports:
    """Follows the vehicles of one mode, by their serial numbers.

    Parameters
    ----------
    base
        Topic above the serial numbers.
    on_home
        Called when a vehicle has done all it was sent for.
    """

    def __init__(
        self,
        journal: Journal,
        bus: Bus,
        base: str,
        views: Mapping[str, VanView],
        mode: Mode,
        *,
        on_home: Callable[[VanView], None] = lambda _: None,
    ) -> None:
        self._journal, self._bus, self._base = journal, bus, base
        self._views, self._mode, self._on_home = views, mode, on_home
        self._following = asyncio.Lock()
        """What one vehicle says is followed to its end before what the next one says."""

    async def listen(self) -> None:
        """Take the vehicles' states in; runs for the life of the service.

        Each by its own topic: one filter for all would bring every state of the aircraft back to us as well.
        """
        async with asyncio.TaskGroup() as tasks:
            for serial, view in self._views.items():
                tasks.create_task(self._listen_to(serial, view), name=f"{self._mode} states[{serial}]")

    async def _listen_to(self, serial: str, view: VanView) -> None:
        async for message in self._bus.subscribe(f"{self._base}/{serial}/state"):
            state = read_state(message.payload)
            if state is None:
                continue
            async with self._following:
                was_out = view.under_way
                await self._follow(view, view.take(state, asyncio.get_running_loop().time()))
                if was_out and not view.under_way:
                    self._on_home(view)

    async def _follow(self, view: VanView, ended: list[str]) -> None:
        """Record what it says it has done, or could not do, each once."""
        for action_id in ended:
            kind, _, order_id = action_id.partition(":")
            if OrderId(order_id) not in self._journal.book:
                continue
            record = self._journal.book.order(OrderId(order_id))
            if view.failed(action_id):
                await self._give_up(view, record, kind, action_id)
            elif kind == "pick":
                await self._load(view, record)
            elif kind == "drop" and record.state in {OrderState.ROUTED, OrderState.ON_ROAD}:
                await self._load(view, record)  # its loading went unheard; nobody hands over what is not loaded
                vehicle_id = view.van.vehicle_id
                evidence = f"{vehicle_id} reported the hand-over"
                await self._journal.record(e.OrderDelivered(record.order.order_id, self._mode, vehicle_id, evidence))

    async def _load(self, view: VanView, record: OrderRecord) -> None:
        """The parcel is in this vehicle, whichever the plan meant."""
        order_id, vehicle_id = record.order.order_id, view.van.vehicle_id
        events: list[e.Event] = []
        waited = record.state in {OrderState.WAITING, OrderState.ROUTED}
        if record.vehicle_id != vehicle_id and (waited or record.state is OrderState.ON_ROAD):
            text = f"{vehicle_id} reported that it loaded the parcel"
            reason = Reason(ReasonCode.VEHICLE, text, vehicle_id, record.vehicle_id or "no vehicle")
            promised_s = record.eta_s or record.promised_by_s or record.accepted_at_s
            events.append(e.OrderRouted(order_id, vehicle_id, promised_s, 0.0, (reason,), mode=self._mode))
        if waited:
            events.append(e.ParcelLoaded(order_id, vehicle_id))
        if events:
            await self._journal.record(*events)

    async def _give_up(self, view: VanView, record: OrderRecord, kind: str, action_id: str) -> None:
        """It could not load or hand over the parcel: a person must look, and the customer hears."""
        if record.state not in {OrderState.ROUTED, OrderState.ON_ROAD} or record.vehicle_id != view.van.vehicle_id:
            return
        said = (view.state.results.get(action_id) if view.state else "") or "no reason given"
        text = f"{view.van.vehicle_id} could not {_COULD_NOT[self._mode, 'pick' if kind == 'pick' else 'drop']}: {said}"
        reason = Reason(ReasonCode.VEHICLE, text, said, "FINISHED")
        await self._journal.record(e.OrderUndeliverable(record.order.order_id, (reason,)))
