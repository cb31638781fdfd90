"""What is known of the roads: asked of the site's router in the background, kept, and hardly waited for.

Who plans gets what is known: the router's legs where it answered, the straight line where it did not yet. What was
missing is asked for by :meth:`RoadDesk.run`; when it comes, :attr:`RoadDesk.edition` rises and the vans are planned
anew. A router that is late, dead, or talks nonsense is said once in the log and stands in every route's record, until
it answers again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from skystork.app.road_router import Ask, CarefulAsk, make_ask
from skystork.app.road_table import RoadTable
from skystork.dispatch.van_legs import LegTable
from skystork.dispatch.van_matrix import BLOCK, MatrixAnswer
from skystork.dispatch.van_roads import PlaceKey, Roads, place_key
from skystork.errors import InvalidInput, Late, Unavailable
from skystork.frames import Geodetic

log = logging.getLogger("skystork")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
"""After a failure the router is asked again after so long, twice as long each time."""
SMALLEST_BLOCK = 6
"""A router that is late is asked for tables of half the size, down to these: 50 by 50 places on a grid of 22,800
crossings took OSRM 0.9 s and Valhalla 2 s and more, on two busy cores."""
PATIENCE_S = 2.0
"""A plan of the vans waits no longer for a router that answers: some tables of a county, or of its vans' new places."""


class RoadDesk:
    """Keeps the legs; the one writer of them."""

    def __init__(self, table: RoadTable, ask: Ask | None) -> None:
        self._table, self._ask = table, ask and CarefulAsk(ask)
        self._legs = LegTable()
        self._wanted: dict[PlaceKey, Geodetic] = {}
        """The places of the newest plan, where something of them is missing; of older ones nobody wants to know."""
        self._block = BLOCK
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
        keys = self._legs.make_room(list(by_key))
        if self._legs.missing(keys, keys, now_s - self._table.max_age_s).any():
            self._wanted = {key: by_key[key] for key in keys}
            self._asked.set()
        metres, seconds, holes = self._legs.tables(keys)
        roads = Roads(tuple(keys), metres, seconds, by_hour, router_by_hour)
        open_pairs = len(by_key) * (len(by_key) - 1) - roads.known - holes
        return replace(roads, source=self._source(open_pairs, holes))

    def lacks(self, places: Sequence[Geodetic]) -> bool:
        """Whether the router has still to say something of the ways between these places."""
        keys = [place_key(place) for place in places]
        return self._ask is not None and bool(self._legs.missing(keys, keys).any())

    async def roads_soon(self, places: Sequence[Geodetic], now_s: float, *, within_s: float = PATIENCE_S) -> Roads:
        """As :meth:`roads`, after a short wait for a router that answers: vans are elsewhere at each plan.

        Parameters
        ----------
        within_s
            The longest wait [s]; a router in trouble is not waited for.
        """
        self.roads(places, now_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.lacks(places) and not self.trouble:
                    self.news.clear()
                    await self.news.wait()
        return self.roads(places, now_s)

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
        """Fetch every wanted block, until other places or smaller blocks are; False where the router failed."""
        now_s = asyncio.get_running_loop().time()
        wanted, self._wanted = self._wanted, {}
        oldest_s = now_s - self._table.max_age_s
        try:
            for sources, targets in self._questions(list(wanted.values()), oldest_s):
                self._keep(await ask.table(sources, targets, now_s, oldest_s=oldest_s), now_s)
                if self._wanted.keys() - wanted.keys():
                    break
        except (Unavailable, InvalidInput) as error:
            self._wanted = self._wanted or wanted
            if isinstance(error, Late) and self._block > SMALLEST_BLOCK:
                self._block //= 2
                log.warning("the router is slow; it is asked for %d places at a time: %s", self._block, error)
                self._asked.set()
                return True
            self._block = BLOCK
            self._tell(str(error))
            return False
        self._tell("")
        return True

    def _questions(
        self, places: Sequence[Geodetic], oldest_s: float
    ) -> Iterator[tuple[Sequence[Geodetic], Sequence[Geodetic]]]:
        """Blocks in which something is missing: places not known at all against all others first, then the rest."""
        keys = [place_key(place) for place in places]
        missing = self._legs.missing(keys, keys, oldest_s)
        unknown = np.maximum(missing.sum(axis=0), missing.sum(axis=1)) > len(places) // 2
        fresh = [place for place, new in zip(places, unknown, strict=True) if new]
        for first, second in ((fresh, places), (places, fresh), (places, places)):
            for sources in _blocks(first, self._block):
                for targets in _blocks(second, self._block):
                    from_keys, to_keys = [place_key(each) for each in sources], [place_key(each) for each in targets]
                    if self._legs.missing(from_keys, to_keys, oldest_s).any():
                        yield sources, targets

    def _keep(self, answer: MatrixAnswer, now_s: float) -> None:
        new_holes = self._legs.keep(answer, now_s)
        if new_holes:
            what = "no road known between %d pairs of places, as from %s to %s: the straight line is taken"
            log.warning(what, len(new_holes), *map(_degrees, new_holes[0]))
        self.edition += 1
        self.news.set()

    def _tell(self, trouble: str) -> None:
        if trouble and not self.trouble:
            log.error("travel times by the straight line from now on: %s", trouble)
        elif self.trouble and not trouble:
            log.warning("the router answers again; travel times are its own")
        self.trouble = trouble
        self.news.set()


async def ask_once(
    table: RoadTable, folder: Path, places: Sequence[Geodetic], now_s: float, *, within_s: float
) -> Roads:
    """The ways between these places, for a plan that is made once: all that the router says within the time.

    Raises
    ------
    ConfigError
        When the site names tiles that cannot be used.
    """
    desk = RoadDesk(table, make_ask(table, folder))
    asking = asyncio.create_task(desk.run())
    try:
        return await desk.roads_soon(places, now_s, within_s=within_s)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


def _blocks(places: Sequence[Geodetic], size: int) -> Iterator[Sequence[Geodetic]]:
    for start in range(0, len(places), size):
        yield places[start : start + size]


def _degrees(key: PlaceKey) -> str:
    return f"{key[0] / 1e4:.4f}, {key[1] / 1e4:.4f}"
