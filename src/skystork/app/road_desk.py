"""What is known of the roads: asked of the site's router in the background, kept, and never waited for.

Who plans gets at once what is known: the router's legs where it answered, the straight line where it did not yet. What
was missing is asked for by :meth:`RoadDesk.run`; when it comes, :attr:`RoadDesk.edition` rises and the vans are planned
anew. A router that is late, dead, or talks nonsense is said once in the log and stands in every
route's record, until it answers again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Sequence

from skystork.app.road_router import Ask, CarefulAsk
from skystork.app.road_table import RoadTable
from skystork.dispatch.van_matrix import BLOCK, MatrixAnswer
from skystork.dispatch.van_roads import Leg, PlaceKey, Roads, place_key
from skystork.errors import InvalidInput, Unavailable
from skystork.frames import Geodetic

log = logging.getLogger("skystork")

MOST_LEGS = 400_000
"""Kept; the oldest go first. Some 600 places all to all, 60 MB."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
"""After a failure the router is asked again after so long, twice as long each time."""


class RoadDesk:
    """Keeps the legs; the one writer of them."""

    def __init__(self, table: RoadTable, ask: Ask | None) -> None:
        self._table, self._ask = table, ask and CarefulAsk(ask)
        self._legs: dict[tuple[PlaceKey, PlaceKey], tuple[Leg, float]] = {}
        self._no_road: dict[tuple[PlaceKey, PlaceKey], float] = {}
        self._wanted: dict[PlaceKey, Geodetic] = {}
        """The places of the newest plan, where something of them is missing; of older ones nobody wants to know."""
        self._asked = asyncio.Event()
        self.news = asyncio.Event()
        """Set when the router answered or was given up; who waits for it clears it."""
        self.edition = 0
        """Rises when legs came in that somebody was without."""
        self.trouble = ""
        """What is wrong with the router, for a person; empty while it answers, or where there is none."""

    def _source(self, open_pairs: int, holes: int) -> str:
        """Who says how long a van takes, and what is wrong with him."""
        who = f"{self._table.router} {self._table.url or self._table.tiles}".strip()
        if self.trouble:
            who = f"straight line times circuity where {who} has not answered: {self.trouble}"
        unknown = f"; no road known between {holes} pairs, straight line there" if holes else ""
        waiting = f" ({open_pairs} pairs by the straight line)" if open_pairs else ""
        return who + unknown + waiting

    def roads(self, places: Sequence[Geodetic], now_s: float) -> Roads:
        """All that is known now of the ways between these places; what is not is asked for in the background."""
        by_hour, router_by_hour = self._table.hours_at(now_s)
        if self._ask is None:
            return Roads(by_hour=by_hour)
        by_key = {place_key(place): place for place in places}
        missing = {key for pair in self._missing(list(by_key), now_s) for key in pair}
        if missing:
            self._wanted = by_key
            self._asked.set()
        known = {(a, b): self._legs[a, b][0] for a in by_key for b in by_key if (a, b) in self._legs}
        holes = sum((a, b) in self._no_road for a in by_key for b in by_key)
        open_pairs = len(by_key) * (len(by_key) - 1) - sum(a != b for a, b in known) - holes
        return Roads(known, by_hour, router_by_hour, self._source(open_pairs, holes))

    def _missing(self, keys: Sequence[PlaceKey], now_s: float) -> list[tuple[PlaceKey, PlaceKey]]:
        oldest_s = now_s - self._table.max_age_s
        return [
            (a, b)
            for a in keys
            for b in keys
            if a != b and (self._legs[a, b][1] if (a, b) in self._legs else self._no_road.get((a, b), -1e18)) < oldest_s
        ]

    async def run(self) -> None:
        """Ask for what is missing; runs for the life of the service."""
        pause_s = FIRST_PAUSE_S
        while self._ask is not None:
            await self._asked.wait()
            self._asked.clear()
            if await self._ask_all(self._ask):
                pause_s = FIRST_PAUSE_S
                continue
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            if self._wanted:
                self._asked.set()

    async def _ask_all(self, ask: CarefulAsk) -> bool:
        """Fetch every wanted block; False where the router failed, then what is left stays wanted."""
        now_s = asyncio.get_running_loop().time()
        wanted, self._wanted = self._wanted, {}
        places = list(wanted.values())
        try:
            for sources, targets in self._questions(places, now_s):
                oldest_s = now_s - self._table.max_age_s
                self._keep(await ask.table(sources, targets, now_s, oldest_s=oldest_s), now_s)
        except (Unavailable, InvalidInput) as error:
            self._wanted = self._wanted or wanted
            self._tell(str(error))
            return False
        self._tell("")
        return True

    def _questions(
        self, places: Sequence[Geodetic], now_s: float
    ) -> Iterator[tuple[Sequence[Geodetic], Sequence[Geodetic]]]:
        """Blocks in which something is missing: places not known at all against all others first, then the rest."""
        missing = Counter(pair[0] for pair in self._missing([place_key(place) for place in places], now_s))
        fresh = [place for place in places if missing[place_key(place)] > len(places) // 2]
        for first, second in ((fresh, places), (places, fresh), (places, places)):
            for sources in _blocks(first):
                for targets in _blocks(second):
                    keys = [place_key(place) for place in (*sources, *targets)]
                    of_sources = {place_key(place) for place in sources}
                    of_targets = {place_key(place) for place in targets}
                    stale = self._missing(list(dict.fromkeys(keys)), now_s)
                    if any(a in of_sources and b in of_targets for a, b in stale):
                        yield sources, targets

    def _keep(self, answer: MatrixAnswer, now_s: float) -> None:
        for pair, leg in answer.legs.items():
            self._legs.pop(pair, None)  # so that the newest stand last
            self._legs[pair] = (leg, now_s)
            self._no_road.pop(pair, None)
        self._keep_holes(answer, now_s)
        for kept in (self._legs, self._no_road):
            for pair in list(kept)[: max(0, len(kept) - MOST_LEGS)]:
                del kept[pair]
        self.edition += 1
        self.news.set()

    def _keep_holes(self, answer: MatrixAnswer, now_s: float) -> None:
        pairs = [(place_key(first), place_key(second)) for first, second in answer.holes]
        holes = [(a, b) for a, b in pairs if a != b]
        new = [pair for pair in holes if pair not in self._no_road]
        if new:
            what = "no road known between %d pairs of places, as from %s to %s: the straight line is taken"
            log.warning(what, len(new), *map(_degrees, new[0]))
        for pair in holes:
            self._legs.pop(pair, None)
            self._no_road.pop(pair, None)
            self._no_road[pair] = now_s

    def _tell(self, trouble: str) -> None:
        if trouble and not self.trouble:
            log.error("travel times by the straight line from now on: %s", trouble)
        elif self.trouble and not trouble:
            log.warning("the router answers again; travel times are its own")
        self.trouble = trouble
        self.news.set()


def _blocks(places: Sequence[Geodetic]) -> Iterator[Sequence[Geodetic]]:
    for start in range(0, len(places), BLOCK):
        yield places[start : start + BLOCK]


def _degrees(key: PlaceKey) -> str:
    return f"{key[0] / 1e4:.4f}, {key[1] / 1e4:.4f}"
