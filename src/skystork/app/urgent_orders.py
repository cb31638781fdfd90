"""How many urgent orders come: those whose customers gave a deadline that only a drone can meet."""

from __future__ import annotations

from collections import deque

from skystork.app.site import Site
from skystork.dispatch.horizon_situation import Expected
from skystork.orders import events as e

LOOK_BACK_S = 3_600.0
"""Counted over the last hour: the rate of the next half hour is not far from it."""
URGENT_SHARE = 0.5
"""A deadline sooner than this share of the promise by air is urgent."""


class UrgentOrders:
    """Counts them as they are accepted; what is expected is what came."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seen: deque[tuple[float, float]] = deque()
        """When accepted, and how long the customer gave [s]."""

    def note(self, at_s: float, event: e.Event) -> None:
        """Take an event of the ledger in."""
        if not isinstance(event, e.OrderAccepted) or event.order.deliver_by_s is None:
            return
        within_s = event.order.deliver_by_s - at_s
        if 0 < within_s <= URGENT_SHARE * self._site.rules.drone_promise_s:
            self._seen.append((at_s, within_s))

    def expected(self, now_s: float) -> tuple[Expected, ...]:
        """One for the fastest type of drone, where any came; they hold a drone for out and back and its turnaround."""
        while self._seen and now_s - self._seen[0][0] > LOOK_BACK_S:
            self._seen.popleft()
        profiles = [drone.profile for drone in self._site.drones]
        if not self._seen or not profiles:
            return ()
        fastest = max(profiles, key=lambda profile: (profile.cruise_air_speed_m_s, profile.name))
        within_s = sum(within_s for _, within_s in self._seen) / len(self._seen)
        flight_s = fastest.load_s + within_s + fastest.turnaround_s
        return (Expected(fastest.name, len(self._seen) / LOOK_BACK_S, flight_s, within_s / 2),)
