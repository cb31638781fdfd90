"""What the console asks of the service, in one place; nothing here orders anything.

The frame is made once for all who look, and only while anybody does.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import msgspec

from skystork.airspace import weather as w
from skystork.app.attention import Owned
from skystork.app.console_frame import (
    DroneMark,
    Gauge,
    PartnerMark,
    VanMark,
    Weather,
    fleet_marks,
    order_counts,
    partner_marks,
    van_mark,
)
from skystork.app.console_lines import FlightLines, flight_lines
from skystork.app.console_scene import Scene, make_scene
from skystork.app.console_vehicle import FlownSample, VehicleView, vehicle_view
from skystork.app.flown_tracks import Sample
from skystork.app.service import Service
from skystork.orders.order_state import OrderState
from skystork.shell.ledger_writer import QUEUE_LIMIT_ROWS


class Dispatch(msgspec.Struct, frozen=True, rename="camel"):
    """Whether anything new is begun."""

    paused: bool
    grounded: bool


class Pending(msgspec.Struct, frozen=True, rename="camel"):
    """A command that waits for a second person."""

    issuer: str
    command_id: str
    type: str
    detail: str
    confirm_by_s: float | None


class Frame(msgspec.Struct, frozen=True, rename="camel"):
    """Everything that moves, as of now."""

    at_s: float
    speed: float | None
    scene: str
    """Hash of the scene that it is to be drawn on."""
    drones: tuple[DroneMark, ...]
    vans: tuple[VanMark, ...]
    """Robots too."""
    partners: tuple[PartnerMark, ...]
    orders: dict[str, int]
    attention: tuple[Owned, ...]
    pending: tuple[Pending, ...]
    launches: int
    bus_problem: str | None
    """Why vans, crew and weather are only as they were heard last; null while the bus is connected."""
    weather: Weather | None
    dispatch: Dispatch
    queues: tuple[Gauge, ...]


class ConsoleDesk:
    """Reads the service for the console."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._scene: tuple[str, Scene] | None = None

    def frame(self) -> Frame:
        """Everything that moves."""
        service, now_s = self._service, asyncio.get_running_loop().time()
        book = service.journal.book
        pause = book.control.pause
        waiting = sum(1 for _ in book.orders(OrderState.WAITING))
        return Frame(
            at_s=now_s,
            speed=getattr(asyncio.get_running_loop(), "speed", 1.0),
            scene=service.site.airspace.hash[:16],
            drones=fleet_marks(service.desks, now_s),
            vans=(
                *(van_mark(view, "van") for view in service.vans.views.values()),
                *(van_mark(view, "robot") for view in service.robots.views.values()),
            ),
            partners=partner_marks(service.site.dispatch.partners, book),
            orders=order_counts(book),
            attention=service.attention.queue(),
            pending=tuple(
                Pending(issuer, command_id, record.kind, record.target, record.confirm_by_s)
                for (issuer, command_id), record in service.control.pending()
            ),
            launches=len(service.launches.waiting()),
            bus_problem=service.bus.problem,
            weather=weather_view(service.weather.reading),
            dispatch=Dispatch(pause is not None, pause is not None and pause.grounded),
            queues=(Gauge("ledger rows", service.ledger_queue, QUEUE_LIMIT_ROWS), Gauge("orders waiting", waiting, 0)),
        )

    def scene(self) -> Scene:
        """Everything that stands still; made anew when the airspace is another."""
        site = self._service.site
        if self._scene is None or self._scene[0] != site.airspace.hash:
            self._scene = (site.airspace.hash, make_scene(site))
        return self._scene[1]

    def lines(self, wanted: frozenset[str]) -> tuple[FlightLines, ...]:
        """Plan, corridor and flown track of flights under way."""
        service = self._service
        return tuple(flight_lines(service.desks, wanted, service.flown, service.site.frame))

    def vehicle(self, vehicle_id: str) -> VehicleView | None:
        """One aircraft; None where the site has none of that name."""
        service = self._service
        desk = next((each for each in service.desks if each.drone.vehicle_id == vehicle_id), None)
        if desk is None:
            return None
        flight = desk.flight
        samples = service.flown.of(flight.plan.request.flight_id if flight else None)
        flown = flown_since(samples, flight.launched_at_s if flight else None)
        return vehicle_view(desk, service.journal.book, flown, service.site.frame, asyncio.get_running_loop().time())


def flown_since(samples: Sequence[Sample], launched_at_s: float | None) -> tuple[FlownSample, ...]:
    """Samples by the time since take-off."""
    begins_s = launched_at_s if launched_at_s is not None else (samples[0].at_s if samples else 0.0)
    return tuple(
        FlownSample(
            round(each.at_s - begins_s, 1), round(each.latitude_deg, 6), round(each.longitude_deg, 6),
            round(each.height_home_m, 1), each.speed_m_s, each.battery_fraction,
        )
        for each in samples
    )  # fmt: skip


def weather_view(reading: w.Weather | None) -> Weather | None:
    """The reading with the wind as a pilot says it: from where."""
    if reading is None:
        return None
    east, north = reading.wind_enu_m_s
    comes_from = math.degrees(math.atan2(-east, -north)) % 360.0
    return Weather(
        reading.at_s, round(reading.wind_speed_m_s, 1), round(comes_from), reading.gust_m_s, reading.rain_mm_h,
        reading.visibility_m,
    )  # fmt: skip
