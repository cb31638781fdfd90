"""The service on a terminal: one frozen snapshot, drawn. Plain lines where the output is no terminal.

``NO_COLOR`` is honoured (no-color.org). The view reads nothing but the snapshot and decides nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import IO, Self

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

FRAME_SPACING_S = 0.2
"""Between two drawings [s of real time]: quicker is not read, and drawing costs some milliseconds."""
LINE_SPACING_S = 600.0
"""Between two plain lines [s of simulated time]."""
LOW_BATTERY, LATE_S = 0.30, 120.0
"""Where a figure begins to be coloured: five points above the reserve of 25 %, two minutes before the promise."""
_ROWS_OF_ORDERS, _ROWS_OF_ALERTS = 6, 5


class Severity(StrEnum):
    """How much an alert wants to be seen."""

    INFORMATION = "information"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class DroneLine:
    """One drone."""

    vehicle_id: str
    mode: str
    """Flight mode, as the vehicle reports it."""
    phase: str
    """Of the flight, or ``ready``, ``charging`` …."""
    order_id: str | None
    battery_fraction: float | None
    """0..1; None where not reported."""
    link: str
    """``up``, ``weak``, ``lost``."""
    height_m: float | None
    """Above home [m]."""
    eta_s: float | None
    """At the doorstep, or home again [s since the Unix epoch]."""


@dataclass(frozen=True, slots=True)
class VanLine:
    """One van."""

    vehicle_id: str
    phase: str
    next_order_id: str | None
    stops_left: int
    eta_s: float | None
    """At the next stop [s since the Unix epoch]."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order of the most urgent."""

    order_id: str
    state: str
    mode: str
    promised_by_s: float | None
    expected_at_s: float | None


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person should know."""

    at_s: float
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How full a queue is."""

    name: str
    depth: int
    limit: int


@dataclass(frozen=True, slots=True)
class NetworkLine:
    """One network of vehicles."""

    name: str
    connection: str
    up: bool
    heard: int
    """Vehicles heard now."""
    vehicles: int
    lost_fraction: float
    """Of the frames since the start, 0..1."""
    hurt: int
    """Frames with a wrong checksum."""
    dropped: int
    """Datagrams that were not read in time."""
    refused: int
    """Frames in the name of a vehicle that signs, and not believed."""


@dataclass(frozen=True, slots=True)
class ConsoleSnapshot:
    """All that the console shows."""

    site: str
    at_s: float
    """Simulated time [s since the Unix epoch]."""
    speed: float | None
    """Simulated seconds in a second; None where time jumps."""
    drones: tuple[DroneLine, ...]
    vans: tuple[VanLine, ...]
    orders_by_state: tuple[tuple[str, int], ...]
    """In the order to be shown."""
    urgent: tuple[OrderLine, ...]
    """Most urgent first."""
    alerts: tuple[Alert, ...]
    """Newest first."""
    queues: tuple[QueueDepth, ...]
    ended_orders: int
    all_orders: int
    """0 where orders come without end."""
    networks: tuple[NetworkLine, ...] = ()


class ConsoleView:
    """Shows snapshots while the ``with`` block runs.

    Parameters
    ----------
    stream
        Where to; None is standard output.
    live
        Draw a live view; None: where the stream is a terminal.
    """

    def __init__(self, stream: IO[str] | None = None, *, live: bool | None = None) -> None:
        self._console = Console(file=stream, highlight=False)
        self._live: Live | None = None
        if self._console.is_terminal if live is None else live:
            self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._drawn_at_s = -math.inf
        self._line_at_s = -math.inf
        self._latest: ConsoleSnapshot | None = None

    def show(self, snapshot: ConsoleSnapshot) -> None:
        """Show a snapshot, or let it pass when the last one was shown just now."""
        self._latest = snapshot
        if self._live is None:
            if snapshot.at_s - self._line_at_s >= LINE_SPACING_S:
                self._print_line(snapshot)
        elif time.monotonic() - self._drawn_at_s >= FRAME_SPACING_S:
            self._drawn_at_s = time.monotonic()
            self._live.update(draw(snapshot), refresh=True)

    def _print_line(self, snapshot: ConsoleSnapshot) -> None:
        self._line_at_s = snapshot.at_s
        self._console.print(plain_line(snapshot), markup=False, soft_wrap=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show the last snapshot, whatever was let pass."""
        if self._live is not None:
            if self._latest is not None:
                self._live.update(draw(self._latest))
            self._live.stop()
        elif self._latest is not None and self._latest.at_s != self._line_at_s:
            self._print_line(self._latest)


def plain_line(snapshot: ConsoleSnapshot) -> str:
    """A snapshot in one line."""
    states = ", ".join(f"{count} {state}" for state, count in snapshot.orders_by_state if count)
    flying = sum(drone.order_id is not None for drone in snapshot.drones)
    on_road = sum(van.stops_left > 0 for van in snapshot.vans)
    parts = [
        f"{_clock(snapshot.at_s)} {snapshot.site}",
        f"orders {states or 'none'}",
        f"drones {flying}/{len(snapshot.drones)} busy",
        f"vans {on_road}/{len(snapshot.vans)} out",
    ]
    urgent_alerts = [alert for alert in snapshot.alerts if alert.severity is not Severity.INFORMATION]
    if urgent_alerts:
        parts.append(f"{urgent_alerts[0].severity}: {urgent_alerts[0].text}")
    return " | ".join(parts)


def draw(snapshot: ConsoleSnapshot) -> RenderableType:
    """A snapshot as a page."""
    lower = [
        Panel(_orders(snapshot.urgent, snapshot.at_s), title="most urgent orders", border_style="dim"),
        Panel(_alerts(snapshot.alerts), title="alerts", border_style="dim"),
    ]
    vehicles = [_drones(snapshot.drones), _vans(snapshot.vans)]
    return Group(_headline(snapshot), *vehicles, *lower, *_networks(snapshot.networks), _queues(snapshot.queues))


def _headline(snapshot: ConsoleSnapshot) -> RenderableType:
    text = Text(f"{snapshot.site}  {_clock(snapshot.at_s)}", style="bold")
    text.append("  as fast as it goes" if snapshot.speed is None else f"  ×{snapshot.speed:g}", style="dim")
    for state, count in snapshot.orders_by_state:
        text.append(f"   {state} ", style="dim")
        text.append(str(count), style="bold" if count else "dim")
    if not snapshot.all_orders:
        return text
    share = Text(f" {snapshot.ended_orders}/{snapshot.all_orders} ended", style="dim")
    bar = ProgressBar(snapshot.all_orders, snapshot.ended_orders, width=40)
    return Group(text, Columns([bar, share]))


def _table(title: str, columns: Sequence[str], *, right: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", expand=True, box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    return table


def _drones(drones: Sequence[DroneLine]) -> Table:
    columns = ("drone", "mode", "phase", "order", "battery", "link", "height m", "eta")
    table = _table("drones", columns, right=("battery", "height m", "eta"))
    for drone in drones:
        table.add_row(
            Text(drone.vehicle_id, style="bold"),
            Text(drone.mode),
            Text(drone.phase),
            Text(drone.order_id or "–"),
            _battery(drone.battery_fraction),
            Text(drone.link, style="" if drone.link == "up" else "bold red"),
            Text("–" if drone.height_m is None else f"{drone.height_m:.0f}"),
            Text(_clock(drone.eta_s)),
        )
    return table


def _vans(vans: Sequence[VanLine]) -> Table:
    table = _table("vans", ("van", "phase", "next order", "stops left", "eta"), right=("stops left", "eta"))
    for van in vans:
        table.add_row(
            Text(van.vehicle_id, style="bold"),
            Text(van.phase),
            Text(van.next_order_id or "–"),
            Text(str(van.stops_left)),
            Text(_clock(van.eta_s)),
        )
    return table


def _orders(orders: Sequence[OrderLine], now_s: float) -> Table:
    table = Table.grid(padding=(0, 2))
    for order in orders[:_ROWS_OF_ORDERS]:
        promised, expected = order.promised_by_s, order.expected_at_s
        late = promised is not None and (now_s if expected is None else expected) > promised
        soon = promised is not None and promised - now_s < LATE_S
        table.add_row(
            Text(order.order_id, style="bold"),
            Text(order.state),
            Text(order.mode),
            Text(f"promised {_clock(promised)}", style="bold red" if late else "yellow" if soon else ""),
            Text(f"expected {_clock(expected)}"),
        )
    return table


def _alerts(alerts: Sequence[Alert]) -> RenderableType:
    styles = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFORMATION: ""}
    lines = [Text(f"{_clock(alert.at_s)}  {alert.text}", styles[alert.severity]) for alert in alerts[:_ROWS_OF_ALERTS]]
    return Group(*lines) if lines else Text("none", style="dim")


def _networks(networks: Sequence[NetworkLine]) -> Iterator[Text]:
    for network in networks:
        text = Text(f"network {network.name} {network.connection}", style="dim" if network.up else "bold red")
        silent = network.heard < network.vehicles
        text.append(f"   heard {network.heard}/{network.vehicles}", style="bold yellow" if silent else "dim")
        text.append(f"   lost {network.lost_fraction:.1%}", style="dim")
        for name, count in (("hurt", network.hurt), ("dropped", network.dropped), ("refused", network.refused)):
            text.append(f"   {name} {count}", style="bold yellow" if count else "dim")
        yield text


def _queues(queues: Sequence[QueueDepth]) -> Text:
    text = Text("queues", style="dim")
    for queue in queues:
        full = queue.depth >= queue.limit / 2
        text.append(f"   {queue.name} {queue.depth}/{queue.limit}", style="bold yellow" if full else "dim")
    return text


def _battery(fraction: float | None) -> Text:
    if fraction is None:
        return Text("–")
    return Text(f"{fraction:.0%}", style="bold red" if fraction < LOW_BATTERY else "")


def _clock(at_s: float | None) -> str:
    return "–" if at_s is None else datetime.fromtimestamp(at_s, UTC).strftime("%H:%M:%S")
