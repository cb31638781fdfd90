"""The new time a customer is told before the old one passes.

A promise is made once (:mod:`skystork.app.dispatch_desk`) and kept as the measure of the service for good: a revision
is told to the customer but does not change what was promised first. Nothing that is still under way arrives before now,
so however old the arrival foreseen is, an order is told late by the margin before its promise passes, if not sooner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from skystork.orders.order import OrderId

REVISION_STEP_S = 300.0
"""Revised times are told in whole steps of this, upwards, so that small changes are not told anew [s]; 5 minutes."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What the customer was told last."""

    order_id: OrderId
    promised_by_s: float
    """[s since the Unix epoch]."""


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


def review_promise(
    promise: Promise, eta_s: float, now_s: float, *, reason: str = "", margin_s: float = 0.0
) -> PromiseRevision | None:
    """Look whether the arrival foreseen keeps the time the customer was told last.

    Parameters
    ----------
    eta_s
        Arrival foreseen [s since the Unix epoch]; one in the past says nothing of an order that is still under way, and
        counts as now.
    reason
        Why, in words for the customer, e.g. ``strong wind``.
    margin_s
        A promise that would be kept by less than this counts as broken, so that the customer hears early [s].

    Returns
    -------
    PromiseRevision or None
        None while the time told last holds.
    """
    foreseen_s = max(eta_s, now_s) + margin_s
    if foreseen_s <= promise.promised_by_s:
        return None
    revised_s = math.ceil(foreseen_s / REVISION_STEP_S) * REVISION_STEP_S
    return PromiseRevision(promise.order_id, revised_s, promise.promised_by_s, now_s, reason)


def revision_sentence(revision: PromiseRevision, zone: tzinfo = UTC) -> str:
    """What the customer reads when it comes later."""
    because = f" ({revision.reason})" if revision.reason else ""
    told = "will be later than promised" if revision.in_time else "is late"
    return (
        f"Your order {revision.order_id} {told}{because}: by "
        f"{_clock(revision.promised_by_s, zone)} instead of {_clock(revision.previous_s, zone)}. We are sorry."
    )


def _clock(time_s: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(time_s, zone).strftime("%H:%M")
