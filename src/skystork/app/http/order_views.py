"""Orders as ``/v1`` and the live picture tell them; what is not known is left out."""

from __future__ import annotations

import msgspec

from skystork.app.http.fields import Kilograms, Moment, OrderName, PartyName, Sentence, Side
from skystork.app.http.fleet_views import Place, moment, place
from skystork.orders.book import OrderRecord
from skystork.orders.order import Hazard, Mode
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason


class ParcelView(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What is carried."""

    weight_kg: Kilograms
    length_m: Side
    width_m: Side
    height_m: Side
    hazard: Hazard = Hazard.NONE


class NewOrder(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """An order to place."""

    destination: Place
    parcel: ParcelView
    order_id: OrderName | None = None
    """Made by us where none is given."""
    recipient: PartyName = ""
    reference: PartyName = ""
    """Your own name of it."""
    deliver_by: Moment | None = None
    deliver_from: Moment | None = None
    """Not handed over before."""
    ready_at: Moment | None = None
    """The parcel is at the depot from then on; missing: it is there."""


class NewTime(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Another time."""

    deliver_by: Moment


class NewPlace(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Another doorstep."""

    destination: Place


class Cancellation(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Why it is not wanted any more."""

    why: Sentence


class ReasonView(msgspec.Struct, rename="camel", omit_defaults=True):
    """Why not."""

    code: str
    text: str
    value: float | str
    limit: float | str
    zone: str = ""
    leg: str = ""
    remedy: str = ""


class BriefOrder(msgspec.Struct, rename="camel", omit_defaults=True):
    """An order in a list."""

    order_id: str
    status: OrderState
    accepted_at: str
    destination: Place
    weight_kg: float
    recipient: str = ""
    reference: str = ""
    placed_by: str = ""
    mode: Mode | None = None
    vehicle_id: str | None = None
    flight_id: str | None = None
    promised_by: str | None = None
    eta: str | None = None
    delivered_at: str | None = None


class OrderView(BriefOrder, rename="camel", omit_defaults=True, kw_only=True):
    """One order, with everything that is known of it."""

    parcel: ParcelView
    attempts: int = 0
    """Flights that brought it back or never left."""
    first_promised_by: str | None = None
    deliver_by: str | None = None
    deliver_from: str | None = None
    ready_at: str | None = None
    reasons: tuple[ReasonView, ...] = ()
    """Of its last change."""
    drone_reasons: tuple[ReasonView, ...] | None = None
    """Why no drone; missing until assessed, empty where a drone may."""
    van_reasons: tuple[ReasonView, ...] | None = None
    decided: str | None = None
    """What was decided last, and why."""


def reason_view(reason: Reason) -> ReasonView:
    """With its numbers."""
    return ReasonView(reason.code, reason.text, reason.value, reason.limit, reason.zone, reason.leg, reason.remedy)


def brief_view(record: OrderRecord) -> BriefOrder:
    """The part that a board shows."""
    order = record.order
    return BriefOrder(
        order_id=order.order_id,
        status=record.state,
        accepted_at=moment(record.accepted_at_s) or "",
        destination=place(order.drop_off),
        weight_kg=order.parcel.weight_kg,
        recipient=order.recipient,
        reference=record.reference,
        placed_by=record.placed_by,
        mode=record.mode,
        vehicle_id=record.vehicle_id,
        flight_id=record.flight_id,
        promised_by=moment(record.promised_by_s),
        eta=moment(record.eta_s),
        delivered_at=moment(record.delivered_at_s),
    )


def order_view(record: OrderRecord) -> OrderView:
    """All of it."""
    parcel, decided = record.order.parcel, record.decided
    return OrderView(
        **msgspec.structs.asdict(brief_view(record)),
        parcel=ParcelView(parcel.weight_kg, parcel.length_m, parcel.width_m, parcel.height_m, parcel.hazard),
        attempts=record.attempts,
        first_promised_by=moment(record.first_promise_s),
        deliver_by=moment(record.order.deliver_by_s),
        deliver_from=moment(record.order.deliver_from_s),
        ready_at=moment(record.order.ready_at_s),
        reasons=tuple(map(reason_view, record.reasons)),
        drone_reasons=None if record.drone_reasons is None else tuple(map(reason_view, record.drone_reasons)),
        van_reasons=None if record.van_reasons is None else tuple(map(reason_view, record.van_reasons)),
        decided=f"{decided.action}: {', '.join(decided.why)}" if decided else None,
    )
