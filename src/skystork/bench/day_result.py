"""What a day was like: promises kept, promises changed, money."""

from __future__ import annotations

from dataclasses import dataclass

from skystork.bench.day_stream import DayOrder


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an order."""

    order: DayOrder
    promised_s: float
    """What was promised in the end; the wish, or longer."""
    delivered_s: float
    """``inf`` where it never was."""
    way: str

    @property
    def kept(self) -> bool:
        """Whether the promise that was made was kept."""
        return self.delivered_s <= self.order.placed_s + self.promised_s

    @property
    def as_wished(self) -> bool:
        """Whether it came as first wished, whatever was promised."""
        return self.delivered_s <= self.order.placed_s + self.order.wish_s


@dataclass(frozen=True, slots=True)
class DayResult:
    """One policy on one day."""

    policy: str
    load: str
    fates: tuple[Fate, ...]
    cost: float

    @property
    def kept_percent(self) -> float:
        """Promises kept, of all orders."""
        return _percent([fate.kept for fate in self.fates])

    @property
    def urgent_kept_percent(self) -> float:
        """Promises kept, of the orders whose wish was 30 minutes."""
        return _percent([fate.kept for fate in self.fates if fate.order.wish_s == 1_800.0])

    @property
    def wished_percent(self) -> float:
        """Handed over within the first wish, of all orders, whatever was promised instead."""
        return _percent([fate.as_wished for fate in self.fates])

    @property
    def changed_percent(self) -> float:
        """Orders that were promised longer than wished."""
        return _percent([fate.promised_s > fate.order.wish_s for fate in self.fates])

    @property
    def order_cost(self) -> float:
        """Money for each order."""
        return self.cost / len(self.fates)


def _percent(values: list[bool]) -> float:
    return 100.0 * sum(values) / max(1, len(values))
