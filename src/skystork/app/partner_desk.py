"""Partners: couriers asked over the bus to carry an order, and what they say about it.

A request is the order itself and is published again until it is answered: a partner takes an order once, by its id. Who
does not answer in time has declined. What a partner reports of a parcel is where the parcel is, even when it was given
up: a parcel collected after all is with it, unless a vehicle of ours has it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from dataclasses import dataclass

from skystork.app.bus_header import Header
from skystork.app.journal import Journal
from skystork.app.site import Site
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import PartnerOrder
from skystork.contract.site_messages import PartnerStatus as S
from skystork.contract.vehicle_messages import Place
from skystork.dispatch.horizon_situation import PartnerOffer
from skystork.dispatch.partners import Partner, partner_reasons
from skystork.frames import Geodetic, distance_m
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, OrderId, VehicleId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode
from skystork.shell.bus import Bus

log = logging.getLogger("skystork")

ASK_AGAIN_S = 60.0
"""A request that nobody answered is published again after this; the operator's choice."""
ANSWER_WITHIN_S = 300.0
"""Who has not answered by then has declined: a sixth of the promise by air; the operator's choice."""
_STATES = frozenset({OrderState.OFFERED, OrderState.WITH_PARTNER})


@dataclass(frozen=True, slots=True)
class PartnerSaid:
    """A partner's message about an order."""

    order_id: OrderId
    status: S
    detail: str


class PartnerDesk:
    """Asks partners, and follows what they say."""

    def __init__(self, site: Site, journal: Journal, bus: Bus, root: str) -> None:
        self._site, self._journal, self._bus, self._root = site, journal, bus, root
        self._partners = {VehicleId(partner.name): partner for partner in site.dispatch.partners}
        self._header = Header(site.table.manufacturer)
        self._accepted: set[OrderId] = set()
        self._first_asked_s: dict[OrderId, float] = {}

    # ------------------------------------------------------------------ what they would take

    def offers(
        self, record: OrderRecord, now_s: float
    ) -> tuple[tuple[PartnerOffer, ...], tuple[tuple[Partner, tuple[Reason, ...]], ...]]:
        """What each partner would take the order for, and why the others would not."""
        if not self._partners:
            return (), ()
        load = Counter(each.vehicle_id for each in self._journal.book.orders(*_STATES))
        straight_m = distance_m(self._site.depot, record.order.drop_off)
        offers, refused = [], []
        for name, partner in self._partners.items():
            reasons = tuple(
                partner_reasons(
                    record.order,
                    partner,
                    straight_m=straight_m,
                    has_now=load[name],
                    refused=name in record.declined_by,
                    now_s=now_s,
                )
            )
            if reasons:
                refused.append((partner, reasons))
            else:
                offers.append(PartnerOffer(name, partner.cost, now_s + partner.delivers_within_s))
        return tuple(offers), tuple(refused)

    # ------------------------------------------------------------------ asking

    async def ask(self, record: OrderRecord, name: VehicleId) -> None:
        """Ask a partner to carry a waiting order."""
        partner, now_s = self._partners[name], asyncio.get_running_loop().time()
        eta_s = now_s + partner.delivers_within_s
        await self._journal.record(e.PartnerAsked(record.order.order_id, name, partner.cost, eta_s))
        await self._publish(record, partner, now_s)

    async def run(self) -> None:
        """Ask again, and give up who does not answer, for the life of the service."""
        while True:
            await asyncio.sleep(ASK_AGAIN_S)
            now_s = asyncio.get_running_loop().time()
            for record in list(self._journal.book.orders(OrderState.OFFERED)):
                await self._remind(record, now_s)

    async def _remind(self, record: OrderRecord, now_s: float) -> None:
        order_id, name = record.order.order_id, record.vehicle_id or VehicleId("")
        if order_id in self._accepted:
            return
        partner = self._partners.get(name)
        first_s = self._first_asked_s.get(order_id, record.changed_at_s)
        if partner is None or now_s - first_s >= ANSWER_WITHIN_S:
            why = "is no longer in the site file" if partner is None else "did not answer"
            await self._declined(record, f"{name} {why}", f"{now_s - first_s:.0f} s without an answer")
        else:
            await self._publish(record, partner, now_s)

    async def _publish(self, record: OrderRecord, partner: Partner, now_s: float) -> None:
        order, parcel = record.order, record.order.parcel
        self._first_asked_s.setdefault(order.order_id, now_s)
        body = PartnerOrder(
            **NO_HEADER,
            order_id=order.order_id,
            pick_up=_place(self._site.depot),
            drop_off=_place(order.drop_off),
            recipient=order.recipient,
            weight_kg=parcel.weight_kg,
            sides_m=parcel.sides_m(),
            hazard=parcel.hazard.value,
            deliver_within_s=partner.delivers_within_s,
            cost=partner.cost,
        )
        topic = f"{self._root}/partners/{partner.name}/order"
        await self._bus.publish(topic, self._header.seal(body, topic, partner.name, now_s), qos=1)

    # ------------------------------------------------------------------ what they say

    async def listen(self) -> None:
        """Take the partners' messages in; runs for the life of the service."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._partners:
                tasks.create_task(self._listen_to(name), name=f"partner[{name}]")

    async def _listen_to(self, name: VehicleId) -> None:
        async for message in self._bus.subscribe(f"{self._root}/partners/{name}/state"):
            said = read_partner(message.payload)
            if said is not None and said.order_id in self._journal.book:
                await self._follow(name, said)

    async def _follow(self, name: VehicleId, said: PartnerSaid) -> None:
        record = self._journal.book.order(said.order_id)
        if said.status in {S.COLLECTED, S.DELIVERED} and record.state is OrderState.WAITING:
            now_s = asyncio.get_running_loop().time()  # given up, and collected all the same: it has the parcel
            await self._journal.record(e.PartnerAsked(said.order_id, name, self._partners[name].cost, now_s))
            record = self._journal.book.order(said.order_id)
        if record.state not in _STATES or record.vehicle_id != name:
            if not record.ended:
                log.warning("partner %s says %s of order %s, which it does not have", name, said.status, said.order_id)
            return
        await self._settle(name, record, said)

    async def _settle(self, name: VehicleId, record: OrderRecord, said: PartnerSaid) -> None:
        order_id, collected = said.order_id, record.state is OrderState.WITH_PARTNER
        match said.status:
            case S.ACCEPTED:
                self._accepted.add(order_id)
            case S.COLLECTED if not collected:
                await self._journal.record(e.PartnerCollected(order_id, name))
            case S.DELIVERED:
                first = () if collected else (e.PartnerCollected(order_id, name),)
                evidence = f"{name} reported the hand-over" + (f": {said.detail}" if said.detail else "")
                await self._journal.record(*first, e.OrderDelivered(order_id, Mode.PARTNER, name, evidence))
            case S.DECLINED if not collected:
                await self._declined(record, f"{name} declined it: {said.detail or 'no reason given'}", said.detail)
            case S.RETURNED if collected:
                await self._declined(record, f"{name} brought it back: {said.detail or 'no reason given'}", said.detail)
            case S.FAILED:
                text = f"{name} could not deliver it and has the parcel: {said.detail or 'no reason given'}"
                reason = Reason(ReasonCode.VEHICLE, text, said.detail, "DELIVERED")
                await self._journal.record(e.OrderUndeliverable(order_id, (reason,)))

    async def _declined(self, record: OrderRecord, text: str, seen: str) -> None:
        order_id, name = record.order.order_id, record.vehicle_id or VehicleId("")
        self._accepted.discard(order_id)
        self._first_asked_s.pop(order_id, None)
        reason = Reason(ReasonCode.ATTEMPTED, text, seen, "accepted")
        await self._journal.record(e.PartnerDeclined(order_id, name, (reason,)))


def _place(place: Geodetic) -> Place:
    return Place(latitude=place.latitude_deg, longitude=place.longitude_deg)


def read_partner(payload: bytes) -> PartnerSaid | None:
    """A partner's message; None for what is none."""
    try:
        message = json.loads(payload)
        order_id, status = str(message["orderId"]), S(str(message["status"]))
        return PartnerSaid(OrderId(order_id), status, str(message.get("detail") or "")[:200])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
