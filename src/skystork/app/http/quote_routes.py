"""``/v1/quotes``: what an order would be promised, by which mode, and why not by the others; nothing is created."""

from __future__ import annotations

import asyncio
import math

import msgspec

from skystork.app.http.fields import Moment
from skystork.app.http.fleet_views import Place, moment
from skystork.app.http.order_routes import new_order
from skystork.app.http.order_views import NewOrder, ParcelView, ReasonView, reason_view
from skystork.app.service import Service
from skystork.dispatch.eligibility import Eligibility
from skystork.dispatch.horizon_decision import PromiseOffer
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
    deliver_from: Moment | None = None
    """Not handed over before."""
    ready_at: Moment | None = None
    """The parcel is at the depot from then on; missing: it is there."""


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
    cost: float | None = None
    """Of carrying it, in the site's unit of cost."""
    price: float | None = None
    """What the dispatcher compares: the cost, the drone's minutes at their price, and what a broken promise costs."""
    eta: str | None = None
    """Foreseen as things are, with all that waits already."""
    reasons: tuple[ReasonView, ...] = ()
    """Why not."""


class Quote(msgspec.Struct, rename="camel", omit_defaults=True):
    """All modes, the better first."""

    at: str
    eligible: bool
    modes: tuple[ModeQuote, ...]
    offered_mode: str | None = None
    """How it would be carried; missing where no decision came in time."""
    offered_by: str | None = None
    """The shortest promise that holds as things are."""


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
        asked = NewOrder(body.destination, body.parcel)
        asked.deliver_by, asked.deliver_from, asked.ready_at = body.deliver_by, body.deliver_from, body.ready_at
        order = new_order(asked, now_s)
        try:
            hold_to_site(order, "order", self._service.site.depot)
        except InvalidInput as error:
            problems = field_problems(error.problems)
            raise HttpRefusal(409, "not-served", problems[0].what, errors=problems) from error
        found = await self._service.dispatch.quote(order)
        eligibility, offer = found.eligibility, found.offer
        modes = (self._drone(order, eligibility, now_s), self._van(order, eligibility, now_s))
        quote = Quote(moment(now_s) or "", bool(eligibility.modes), modes)
        return quote if offer is None else _with_offer(quote, offer, order.begins_s(now_s))

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


def _with_offer(quote: Quote, offer: PromiseOffer, begins_s: float) -> Quote:
    ways = {str(each.way): each for each in offer.choice.ways}
    for each in quote.modes:
        way = ways.get(each.mode.value)
        if way is not None and each.possible and way.possible:
            each.cost, each.price, each.eta = round(way.cost, 2), round(way.price, 2), moment(way.eta_s)
    if offer.way is not None and math.isfinite(offer.within_s):
        quote.offered_mode, quote.offered_by = str(offer.way), moment(begins_s + offer.within_s)
    return quote


def _told(reasons: tuple[Reason, ...]) -> tuple[ReasonView, ...]:
    return tuple(map(reason_view, reasons))
