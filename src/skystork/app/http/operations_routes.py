"""``/v1/alerts``, ``/v1/dispatch``, ``/v1/kpi``, ``/v1/weather``: what needs a person, and how the day goes."""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec

from skystork.app.http.alert_book import AlertBook, AlertView
from skystork.app.http.fleet_views import moment
from skystork.app.http.kpi_desk import KpiDesk, KpiView
from skystork.app.http.live_source import weather_document
from skystork.app.service import Service
from skystork.orders.order_state import OrderState
from skystork.shell.web.problem import conflict
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, row, rows_of


class Alerts(msgspec.Struct, rename="camel"):
    """All that are active, the oldest first."""

    items: tuple[AlertView, ...]


class PauseView(msgspec.Struct, rename="camel"):
    """Why nothing new is started."""

    since: str
    by: str
    why: str
    grounded: bool


class DispatchView(msgspec.Struct, rename="camel", omit_defaults=True):
    """How dispatch stands."""

    at: str
    waiting: int
    """Orders that nothing carries yet."""
    for_road: int
    by_status: dict[str, int]
    flights_open: int
    paused: PauseView | None = None
    flights_at_once: int | None = None
    """As a command limits them."""


class WeatherView(msgspec.Struct, rename="camel"):
    """The newest reading."""

    at: str
    wind_east_m_s: float
    wind_north_m_s: float
    gust_m_s: float
    rain_mm_h: float
    visibility_m: float


class OperationsRoutes:
    """The rows and their handlers."""

    tag = "operations"

    def __init__(self, service: Service, alerts: AlertBook, kpi: KpiDesk) -> None:
        self._service, self._alerts, self._kpi = service, alerts, kpi

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/alerts", Scope.FLEET_READ)
    async def list_alerts(self, call: Call[Nothing, Nothing, Nothing]) -> Alerts:
        """What needs a person now."""
        return Alerts(self._alerts.active())

    @row("GET", "/v1/dispatch", Scope.FLEET_READ)
    async def get_dispatch(self, call: Call[Nothing, Nothing, Nothing]) -> DispatchView:
        """How dispatch stands; it is paused, resumed and limited by commands."""
        book = self._service.journal.book
        counts = Counter(record.state for record in book.orders())
        pause = book.control.pause
        return DispatchView(
            at=moment(asyncio.get_running_loop().time()) or "",
            waiting=counts[OrderState.WAITING],
            for_road=len(self._service.dispatch.road),
            by_status={state.value: count for state, count in counts.items()},
            flights_open=len(book.open_flights()),
            paused=PauseView(moment(pause.at_s) or "", pause.issuer, pause.why, pause.grounded) if pause else None,
            flights_at_once=book.control.flights_at_once,
        )

    @row("GET", "/v1/kpi", Scope.KPI_READ)
    async def get_kpi(self, call: Call[Nothing, Nothing, Nothing]) -> KpiView:
        """Figures of everything that the ledger holds."""
        return await self._kpi.figures()

    @row("GET", "/v1/weather", Scope.FLEET_READ, refusals=(409,))
    async def get_weather(self, call: Call[Nothing, Nothing, Nothing]) -> WeatherView:
        """The newest reading of the weather station; 409 while there is none."""
        reading = self._service.weather.reading
        if reading is None:
            raise conflict("the weather station was not heard yet: nothing flies without it")
        return msgspec.convert(weather_document(reading), WeatherView)
