"""The time a customer is told, and the new time told before the old one passes.

A promise is made once, for the fastest mode open to the order, and kept as the measure of the service for good: a
revision is told to the customer but does not change what was promised first.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from skystork.orders.order import Mode, Order, OrderId

REVISION_STEP_S = 300.0
"""Revised times are told in whole steps of this, upwards, so that small changes are not told anew [s]; 5 minutes."""


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """How soon each mode promises, from acceptance; the two times of the site's rules."""

    drone_s: float
    van_s: float


@dataclass(frozen=True, slots=True)
class Promise:
    """What the customer was told first."""

    order_id: OrderId
    mode: Mode
    promised_by_s: float
    """[s since the Unix epoch]."""
    made_at_s: float


@dataclass(frozen=True, slots=True)
class PromiseRevision:
    """What the customer is told when the arrival foreseen breaks the promise."""

    order_id: OrderId
    promised_by_s: float
    """The new time, at or after the arrival foreseen [s since the Unix epoch]."""
    previous_s: float
    told_at_s: float
    reason: str

    @property
    def in_time(self) -> bool:
        """Whether it is told before the previous time passes."""
        return self.told_at_s <= self.previous_s


def make_promise(order: Order, *, modes: Collection[Mode], terms: PromiseTerms, now_s: float) -> Promise | None:
    """Promise the fastest of the modes open to the order; None where there is none.

    A deadline of the customer's own, where it is sooner, is what is promised: eligibility has looked whether the mode
    can keep it.
    """
    if not modes:
        return None
    mode = Mode.DRONE if Mode.DRONE in modes else Mode.VAN
    ours_s = now_s + (terms.drone_s if mode is Mode.DRONE else terms.van_s)
    promised_by_s = ours_s if order.deliver_by_s is None else min(ours_s, order.deliver_by_s)
    return Promise(order.order_id, mode, promised_by_s, now_s)


def review_promise(
    promise: Promise,
    eta_s: float,
    now_s: float,
    *,
    told_s: float | None = None,
    reason: str = "",
    margin_s: float = 0.0,
) -> PromiseRevision | None:
    """Look whether the arrival foreseen keeps the time the customer was told last.

    Parameters
    ----------
    eta_s
        Arrival foreseen now [s since the Unix epoch].
    told_s
        The time of the last revision; None where there was none.
    reason
        Why, in words for the customer, e.g. ``strong wind``.
    margin_s
        A promise that would be kept by less than this counts as broken, so that the customer hears early [s].

    Returns
    -------
    PromiseRevision or None
        None while the time told last holds.
    """
    standing_s = promise.promised_by_s if told_s is None else told_s
    foreseen_s = max(eta_s + margin_s, now_s)
    if foreseen_s <= standing_s:
        return None
    revised_s = math.ceil(foreseen_s / REVISION_STEP_S) * REVISION_STEP_S
    return PromiseRevision(promise.order_id, revised_s, standing_s, now_s, reason)


_CARRIERS = {Mode.DRONE: "by drone", Mode.VAN: "by van", Mode.PARTNER: "with a courier"}


def promise_sentence(promise: Promise, zone: tzinfo = UTC) -> str:
    """What the customer reads when the order is accepted."""
    return f"Your order {promise.order_id} comes {_CARRIERS[promise.mode]} by {_clock(promise.promised_by_s, zone)}."


def revision_sentence(revision: PromiseRevision, zone: tzinfo = UTC) -> str:
    """What the customer reads when it comes later."""
    because = f" ({revision.reason})" if revision.reason else ""
    return (
        f"Your order {revision.order_id} will be later than promised{because}: by "
        f"{_clock(revision.promised_by_s, zone)} instead of {_clock(revision.previous_s, zone)}. We are sorry."
    )


def _clock(time_s: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(time_s, zone).strftime("%H:%M")
