"""How many flights may begin: by the pilots on duty, by a person's word, and by what neighbourhoods bear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.app.site import Site
from skystork.dispatch.hours import DAY_S, most_airborne, pilots_reason
from skystork.orders.book import FlightRecord, OrderBook
from skystork.orders.reasons import Reason, ReasonCode


class FlightCaps:
    """Read anew each round from the ledger's fold and the desks; holds nothing."""

    def __init__(self, site: Site, book: OrderBook, desks: Sequence[DroneDesk]) -> None:
        self._site, self._book, self._desks = site, book, desks

    def spare(self, now_s: float) -> int | None:
        """Flights that may begin beside those under way; None where nothing caps them."""
        by_pilots = most_airborne(self._site.dispatch.pilots, self._site.rules.aircraft_per_pilot, now_s)
        caps = [cap for cap in (by_pilots, self._book.control.flights_at_once) if cap is not None]
        return max(0, min(caps) - self.under_way) if caps else None

    @property
    def under_way(self) -> int:
        """Aircraft loaded, in the air, coming home or being turned round."""
        return sum(desk.busy for desk in self._desks)

    def reasons(self, now_s: float) -> Iterator[Reason]:
        """Why no flight may begin now."""
        pilots, ratio = self._site.dispatch.pilots, self._site.rules.aircraft_per_pilot
        if (reason := pilots_reason(pilots, ratio, self.under_way, now_s)) is not None:
            yield reason
        most = self._book.control.flights_at_once
        if most is not None and self.under_way >= most:
            text = f"{self.under_way} flights are under way, a person allows {most} at once"
            yield Reason(
                ReasonCode.CAPACITY, text, self.under_way, most, remedy="when one ends, or another limit is set"
            )

    def flown_over(self, now_s: float) -> dict[str, list[float]]:
        """When the flights of the last day over each neighbourhood began, the oldest first; empty where none is."""
        flown: defaultdict[str, list[float]] = defaultdict(list)
        if not self._site.dispatch.neighbourhoods:
            return flown
        for flight in self._book.flights.values():
            if flight.over and now_s - flight.assigned_at_s < DAY_S and _counts(flight):
                for name in flight.over:
                    flown[name].append(flight.launched_at_s or flight.assigned_at_s)
        return {name: sorted(times) for name, times in flown.items()}

    def heard_over(self, now_s: float) -> dict[str, list[tuple[float, float]]]:
        """When the flights of the last day began and how they were heard, by neighbourhood."""
        heard: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        for flight in self._book.flights.values() if self._site.dispatch.neighbourhoods else ():
            if flight.heard_db and now_s - flight.assigned_at_s < DAY_S and _counts(flight):
                for name, level_db in flight.heard_db:
                    heard[name].append((flight.launched_at_s or flight.assigned_at_s, level_db))
        return heard


def _counts(flight: FlightRecord) -> bool:
    """It left, or is about to."""
    return flight.launched_at_s is not None or flight.ended_at_s is None
