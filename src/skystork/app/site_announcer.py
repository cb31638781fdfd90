"""What supervisors see on the bus of the site as a whole: dispatch, zones, figures, and what each vehicle is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from skystork.app import bus_messages as make
from skystork.app.bus_header import CONTROLLER, Header, rfc3339
from skystork.app.journal import Journal
from skystork.app.site import Site
from skystork.contract import site_messages as s
from skystork.contract.header import NO_HEADER, Message
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode
from skystork.orders.order_state import OrderState
from skystork.shell.bus import Bus

PERIOD_S = 10.0
"""Between looks at counts; what people ordered is told at once."""
REPEAT_S = 60.0
_AT_ONCE = (
    e.CommandProposed, e.CommandTaken, e.CommandSettled, e.DispatchPaused, e.DispatchResumed, e.CapacitySet,
    e.ZoneClosed, e.ZoneOpened, e.ZonesChanged, e.FlightLaunched, e.FlightLanded,
)  # fmt: skip


class SiteAnnouncer:
    """Publishes ``dispatch/status``, ``airspace/zones``, ``kpi``, and each vehicle's factsheet once."""

    def __init__(
        self,
        bus: Bus,
        root: str,
        header: Header,
        *,
        site: Callable[[], Site],
        journal: Journal,
        version_of: Callable[[str], str | None],
    ) -> None:
        self._bus, self._root, self._header = bus, root, header
        self._site, self._journal, self._version_of = site, journal, version_of
        self._news = asyncio.Event()
        self._sent: dict[str, tuple[float, Message]] = {}
        journal.listen(self._note)

    async def run(self) -> None:
        """For the life of the service."""
        await self._tell_factsheets()
        while True:
            await self.publish_round()
            try:
                async with asyncio.timeout(PERIOD_S):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()

    async def publish_round(self) -> None:
        """What changed."""
        await self._send("dispatch/status", self._dispatch())
        await self._send("airspace/zones", self._zones())
        await self._send("kpi", self._kpi())

    def _note(self, _: float, event: e.Event) -> None:
        if isinstance(event, _AT_ONCE):
            self._news.set()

    async def _tell_factsheets(self) -> None:
        site, now_s = self._site(), asyncio.get_running_loop().time()
        sheets = [(drone.serial_number, make.drone_factsheet(drone)) for drone in site.drones]
        on_the_ground = (*site.vans, *(robot.as_van() for robot in site.robots))
        sheets += [(van.serial_number, make.van_factsheet(van)) for van in on_the_ground]
        for serial, sheet in sheets:
            topic = f"{self._root}/{self._header.manufacturer}/{serial}/factsheet"
            await self._bus.publish(topic, self._header.seal(sheet, topic, serial, now_s), qos=1, retain=True)

    async def _send(self, name: str, body: Message) -> None:
        now_s = asyncio.get_running_loop().time()
        at_s, before = self._sent.get(name, (0.0, None))
        if body == before and now_s - at_s < REPEAT_S:
            return
        self._sent[name] = (now_s, body)
        topic = f"{self._root}/{name}"
        await self._bus.publish(topic, self._header.seal(body, topic, CONTROLLER, now_s), qos=1, retain=True)

    def _dispatch(self) -> s.DispatchStatus:
        book = self._journal.book
        control, pause = book.control, book.control.pause
        flying = sum(flight.launched_at_s is not None and not flight.landed for flight in book.open_flights())
        return s.DispatchStatus(
            **NO_HEADER,
            running=pause is None,
            grounded=pause is not None and pause.grounded,
            since=rfc3339(pause.at_s) if pause else None,
            issuer=pause.issuer if pause else None,
            why=pause.why if pause else None,
            flights_at_once=control.flights_at_once,
            limits=tuple(
                s.VehicleLimit(vehicle=name, payload_kg=kg) for name, kg in sorted(control.payload_kg.items())
            ),
            waiting=sum(1 for _ in book.orders(OrderState.WAITING)),
            in_the_air=flying,
            proposals=tuple(
                s.Proposal(
                    issuer=issuer,
                    command_id=command_id,
                    type=record.kind,
                    target=record.target,
                    confirm_by=rfc3339(record.confirm_by_s or 0.0),
                )
                for (issuer, command_id), record in control.proposed()
            ),
            target_version=self._version_of("site"),
        )

    def _zones(self) -> s.AirspaceZones:
        zones, closed = self._site().zones, self._journal.book.control.closed
        return s.AirspaceZones(
            **NO_HEADER,
            zone_set=zones.hash,
            zones=len(zones.zones),
            closed_by_command=tuple(
                s.ClosedZone(
                    zone_id=name,
                    until=rfc3339(each.until_s),
                    issuer=each.issuer,
                    why=each.why,
                    target_version=self._version_of(f"zone/{name}"),
                )
                for name, each in sorted(closed.items())
            ),
        )

    def _kpi(self) -> s.Kpi:
        book, now_s = self._journal.book, asyncio.get_running_loop().time()
        records = list(book.orders())
        states = Counter(record.state for record in records)
        modes = Counter(record.mode for record in records if record.state is OrderState.DELIVERED)
        due = [record for record in records if _is_due(record, now_s)]
        return s.Kpi(
            **NO_HEADER,
            accepted=len(records),
            open=sum(not record.ended for record in records),
            delivered_by_drone=modes[Mode.DRONE],
            delivered_by_van=modes[Mode.VAN],
            delivered_by_robot=modes[Mode.ROBOT],
            delivered_by_partner=modes[Mode.PARTNER],
            undeliverable=states[OrderState.UNDELIVERABLE],
            cancelled=states[OrderState.CANCELLED],
            promises_due=len(due),
            promises_kept=sum(map(_is_kept, due)),
            flights=sum(flight.launched_at_s is not None for flight in book.flights.values()),
        )


def _is_due(record: OrderRecord, now_s: float) -> bool:
    """Its first promise is decided: delivered, given up, or past; one that was cancelled binds nobody."""
    if record.first_promise_s is None or record.state is OrderState.CANCELLED:
        return False
    return record.ended or record.first_promise_s < now_s


def _is_kept(record: OrderRecord) -> bool:
    return record.delivered_at_s is not None and record.delivered_at_s <= (record.first_promise_s or 0.0)
