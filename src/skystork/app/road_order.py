"""An order on its way to the van desk."""

from __future__ import annotations

from dataclasses import dataclass

from skystork.orders.book import OrderRecord
from skystork.orders.reasons import Reason


@dataclass(frozen=True, slots=True)
class RoadOrder:
    """An order that goes by road, and why not by air."""

    record: OrderRecord
    reasons: tuple[Reason, ...]
