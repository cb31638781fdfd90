"""Orders as ``/v1`` and the live picture tell them; what is not known is left out."""

from __future__ import annotations

import msgspec

from skystork.app.http.fleet_views import Place, moment, place
from skystork.orders.book import OrderRecord
from skystork.orders.reasons import Reason


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
    status: str
    accepted_at: str
    destination: Place
    weight_kg: float
    recipient: str = ""
    mode: str | None = None
    vehicle_id: str | None = None
    flight_id: str | None = None
    promised_by: str | None = None
    eta: str | None = None
    delivered_at: str | None = None


def reason_view(reason: Reason) -> ReasonView:
    """With its numbers."""
    return ReasonView(reason.code, reason.text, reason.value, reason.limit, reason.zone, reason.leg, reason.remedy)


def brief_view(record: OrderRecord) -> BriefOrder:
    """The part that a board shows."""
    order = record.order
    return BriefOrder(
        order_id=order.order_id,
        status=record.state.value,
        accepted_at=moment(record.accepted_at_s) or "",
        destination=place(order.drop_off),
        weight_kg=order.parcel.weight_kg,
        recipient=order.recipient,
        mode=record.mode.value if record.mode else None,
        vehicle_id=record.vehicle_id,
        flight_id=record.flight_id,
        promised_by=moment(record.promised_by_s),
        eta=moment(record.eta_s),
        delivered_at=moment(record.delivered_at_s),
    )
