"""One frozen picture of the service for the terminal: vehicles, orders, alerts, queue depths."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator

from skystork.app.drone_desk import DroneDesk
from skystork.app.service import Service
from skystork.app.van_view import VanView
from skystork.flight.contingency import CRITICAL_RULES
from skystork.link.network_watch import NetworkFigures
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order_state import OrderState
from skystork.shell.console import (
    Alert,
    ConsoleSnapshot,
    DroneLine,
    NetworkLine,
    OrderLine,
    QueueDepth,
    Severity,
    VanLine,
)
from skystork.shell.ledger_writer import QUEUE_LIMIT_ROWS

KEPT_ALERTS = 20
URGENT_ORDERS = 8
SHOWN_S = 600.0
"""An alert is shown this long; the ledger keeps it."""
LONGEST_TEXT = 160


class Watch:
    """Listens to the journal for alerts and makes snapshots."""

    def __init__(self, service: Service, *, speed: float | None, expected_orders: int) -> None:
        self._service, self._speed, self._expected = service, speed, expected_orders
        self._alerts: deque[Alert] = deque(maxlen=KEPT_ALERTS)
        service.journal.listen(self._note)
        service.network_desk.listeners.append(self._note_network)

    def snapshot(self) -> ConsoleSnapshot:
        """The service as it is now."""
        service, now_s = self._service, asyncio.get_running_loop().time()
        records = list(service.journal.book.orders())
        counts = Counter(record.state for record in records)
        return ConsoleSnapshot(
            site=service.site.table.name,
            at_s=now_s,
            speed=self._speed,
            drones=tuple(_drone(desk) for desk in service.desks),
            vans=tuple(_van(view) for view in service.ground.values()),
            orders_by_state=tuple((state.value, counts[state]) for state in OrderState if counts[state]),
            urgent=tuple(_urgent(records)),
            alerts=tuple(alert for alert in reversed(self._alerts) if now_s - alert.at_s < SHOWN_S),
            queues=tuple(self._queues()),
            ended_orders=sum(record.ended for record in records),
            all_orders=max(self._expected, len(records)),
            networks=tuple(_network(figures) for figures in service.network_desk.figures()),
        )

    def _queues(self) -> Iterator[QueueDepth]:
        yield QueueDepth("ledger rows", self._service.ledger_queue, QUEUE_LIMIT_ROWS)
        yield QueueDepth("for a van", len(self._service.dispatch.road), self._expected)
        waiting = sum(1 for _ in self._service.journal.book.orders(OrderState.WAITING))
        yield QueueDepth("orders waiting", waiting, self._expected)

    def _note(self, at_s: float, event: e.Event) -> None:
        match event:
            case e.ContingencyRaised():
                severity = Severity.CRITICAL if event.rule in CRITICAL_RULES else Severity.WARNING
                text = f"{event.vehicle_id} {event.rule}: {event.detail} [{event.action.lower()}]"
            case e.AssignmentDropped() | e.OrderUndeliverable():
                severity, text = Severity.WARNING, f"{event.order_id}: {'; '.join(str(r) for r in event.reasons)}"
            case e.ReleaseUnresolved() | e.ParcelStranded():
                severity, text = Severity.CRITICAL, f"{event.order_id} on {event.vehicle_id}: {type(event).__name__}"
            case e.PromiseRevised():
                severity, text = Severity.INFORMATION, event.message
            case _:
                return
        self._add(at_s, severity, text)

    def _note_network(self, at_s: float, text: str) -> None:
        self._add(at_s, Severity.WARNING, text)

    def _add(self, at_s: float, severity: Severity, text: str) -> None:
        short = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
        self._alerts.append(Alert(at_s, severity, short))


def _drone(desk: DroneDesk) -> DroneLine:
    state, flight = desk.state, desk.flight
    kept = "kept back" if desk.kept else "ready"
    idle = "out of service" if desk.out_of_service else ("busy" if desk.busy else kept)
    return DroneLine(
        vehicle_id=desk.drone.vehicle_id,
        mode=state.mode,
        phase=flight.phase if flight else idle,
        order_id=flight.plan.request.order_id if flight else None,
        battery_fraction=state.battery_fraction,
        link=state.link,
        height_m=state.height_home_m,
        eta_s=desk.free_at_s,
    )


def _network(figures: NetworkFigures) -> NetworkLine:
    return NetworkLine(
        name=figures.name,
        connection=figures.connection,
        up=figures.up,
        heard=figures.heard,
        vehicles=figures.vehicles,
        lost_fraction=figures.lost / max(1, figures.lost + figures.frames),
        hurt=figures.bad_checksum,
        dropped=figures.kernel_drops,
        refused=figures.refused + figures.unsigned,
    )


def _van(view: VanView) -> VanLine:
    left = view.stops_left
    target = left[0] if left else None
    return VanLine(
        vehicle_id=view.van.vehicle_id,
        phase=target.kind if target else "at the depot",
        next_order_id=target.order_ids[0] if target and target.order_ids else None,
        stops_left=len(left),
        eta_s=target.eta_s if target else None,
    )


def _urgent(records: list[OrderRecord]) -> Iterator[OrderLine]:
    waiting = [record for record in records if not record.ended and record.promised_by_s is not None]
    for record in sorted(waiting, key=lambda record: record.promised_by_s or 0.0)[:URGENT_ORDERS]:
        yield OrderLine(record.order.order_id, record.state, record.mode or "", record.promised_by_s, record.eta_s)
