"""``/v1/quotes``: what an order would be promised, by which mode, and why not by the others; nothing is created."""

from __future__ import annotations

import asyncio

import msgspec

from skystork.app.http.fields import Moment
from skystork.app.http.fleet_views import Place, moment
from skystork.app.http.order_routes import new_order
from skystork.app.http.order_views import NewOrder, ParcelView, ReasonView, reason_view
from skystork.app.service import Service
from skystork.dispatch.eligibility import Eligibility
from skystork.dispatch.site_limits import promised_by_s
from skystork.errors import InvalidInput
from skystork.orders.order import Mode, Order
from skystork.orders.parsing import hold_to_site
from skystork.orders.reasons import Reason
from skystork.shell.web.problem import HttpRefusal, field_problems
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, row, rows_of


class QuoteRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What is asked about."""

    destination: Place
    parcel: ParcelView
    deliver_by: Moment | None = None


class ModeQuote(msgspec.Struct, rename="camel", omit_defaults=True):
    """One mode."""

    mode: Mode
    possible: bool
    promise_by: str | None = None
    """What would be promised now."""
    energy_j: float | None = None
    """Of the flight, out and back, by the aircraft that needs least [J]."""
    takes_s: float | None = None
    """From loading to the doorstep, by the fastest aircraft [s]."""
    aircraft: tuple[str, ...] = ()
    """Types that can fly it."""
    reasons: tuple[ReasonView, ...] = ()
    """Why not."""


class Quote(msgspec.Struct, rename="camel"):
    """All modes, the better first."""

    at: str
    eligible: bool
    modes: tuple[ModeQuote, ...]


class QuoteRoutes:
    """The rows and their handlers."""

    tag = "quotes"

    def __init__(self, service: Service) -> None:
        self._service = service

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("POST", "/v1/quotes", Scope.QUOTES_READ, refusals=(409,))
    async def get_quote(self, call: Call[Nothing, Nothing, QuoteRequest]) -> Quote:
        """What an order would be promised now; no order is made."""
        now_s, body = asyncio.get_running_loop().time(), call.body
        order = new_order(NewOrder(body.destination, body.parcel, deliver_by=body.deliver_by), now_s)
        try:
            hold_to_site(order, "order", self._service.site.depot)
        except InvalidInput as error:
            problems = field_problems(error.problems)
            raise HttpRefusal(409, "not-served", problems[0].what, errors=problems) from error
        eligibility = self._service.dispatch.eligibility_of(order)
        modes = (self._drone(order, eligibility, now_s), self._van(order, eligibility, now_s))
        return Quote(moment(now_s) or "", bool(eligibility.modes), modes)

    def _drone(self, order: Order, eligibility: Eligibility, now_s: float) -> ModeQuote:
        able = eligibility.able
        if not able:
            return ModeQuote(Mode.DRONE, False, reasons=_told(eligibility.drone_reasons))
        profiles = {drone.profile.name: drone.profile for drone in self._service.site.drones}
        takes_s = min(profiles[each.profile_name].load_s + each.estimate.time_to_drop_s for each in able)
        return ModeQuote(
            Mode.DRONE,
            True,
            moment(promised_by_s(order, self._service.site.rules.drone_promise_s, now_s)),
            round(min(each.estimate.energy_j for each in able)),
            round(takes_s),
            tuple(each.profile_name for each in able),
        )

    def _van(self, order: Order, eligibility: Eligibility, now_s: float) -> ModeQuote:
        if eligibility.van_reasons:
            return ModeQuote(Mode.VAN, False, reasons=_told(eligibility.van_reasons))
        return ModeQuote(Mode.VAN, True, moment(promised_by_s(order, self._service.site.rules.van_slot_s, now_s)))


def _told(reasons: tuple[Reason, ...]) -> tuple[ReasonView, ...]:
    return tuple(map(reason_view, reasons))
