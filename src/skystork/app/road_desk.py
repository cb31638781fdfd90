"""What is known of the roads: asked of the site's router in the background, kept, and never waited for.

Who plans gets at once what is known: the router's legs where it answered, the straight line where it did not yet. What
was missing is asked for by :meth:`RoadDesk.run`; when it comes, :attr:`RoadDesk.edition` rises and the vans are planned
anew. A router that is late, dead, or talks nonsense is said once in the log and stands in ``standing`` and in every
route's record, until it answers again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skystork.dispatch.van_matrix import (
    BLOCK,
    MatrixAnswer,
    osrm_path,
    read_osrm,
    read_valhalla,
    valhalla_request,
)
from skystork.dispatch.van_roads import SAME_ALL_DAY, Leg, PlaceKey, Roads, SpeedByHour, place_key
from skystork.errors import ConfigError, InvalidInput, Problem, Unavailable
from skystork.frames import Geodetic
from skystork.shell.embedded_valhalla import EmbeddedValhalla
from skystork.shell.http_request import check_url, request

log = logging.getLogger("skystork")

Ask = Callable[[Sequence[Geodetic], Sequence[Geodetic]], Awaitable[MatrixAnswer]]
ROUTERS = ("", "osrm", "valhalla", "pyvalhalla")
MOST_LEGS = 400_000
"""Kept; the oldest go first. Some 600 places all to all, 60 MB."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
"""After a failure the router is asked again after so long, twice as long each time."""


@dataclass(frozen=True, slots=True)
class RoadTable:
    """``[road]``: who says how long a van takes."""

    router: str = ""
    """osrm, valhalla, pyvalhalla, or empty: the straight line times the profile's circuity."""
    url: str = ""
    """Address of OSRM or Valhalla."""
    profile: str = ""
    """OSRM's profile or Valhalla's costing; empty: ``driving`` or ``auto``."""
    tiles: str = ""
    """Valhalla's tiles for pyvalhalla: a ``.tar`` or a folder, relative to the site's folder."""
    timeout_s: float = 5.0
    """For one question [s]; a block of 50 times 50 takes either router well under a second."""
    max_age_s: float = 86_400.0
    """Legs older than this are asked again [s]; shorter where the router knows the traffic."""
    speed_by_hour: tuple[float, ...] = ()
    """Speed over the day's mean, 24 of them; empty: the DfT's three periods without a router, even with one."""
    time_zone: str = "UTC"
    """In which the hours are counted (IANA)."""

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ConfigError(tuple(problems))

    def _problems(self) -> Iterator[Problem]:
        if self.router not in ROUTERS:
            yield Problem("road.router", "no such router", self.router, ", ".join(ROUTERS[1:]), "Name one of these.")
        if self.router == "pyvalhalla" and not self.tiles:
            yield Problem("road.tiles", "missing", "nothing", "a .tar or a folder of tiles", "Give their path.")
        for name, value in (("timeout_s", self.timeout_s), ("max_age_s", self.max_age_s)):
            if not 0 < value < float("inf"):
                yield Problem(f"road.{name}", "not a usable time", f"{value}", "above 0 s", "Write the real one.")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            limit = "an IANA name, like Europe/London"
            yield Problem("road.time_zone", "no such time zone", self.time_zone, limit, "Correct it.")
        if self.router in {"osrm", "valhalla"}:
            try:
                check_url(self.url, "road.url")
            except ConfigError as error:
                yield from error.problems
        if self.speed_by_hour:
            try:
                SpeedByHour(self.speed_by_hour)
            except ConfigError as error:
                yield from error.problems

    def midnight_s(self, now_s: float) -> float:
        """When the local day began [s since the Unix epoch]."""
        moment = datetime.fromtimestamp(now_s, UTC).astimezone(ZoneInfo(self.time_zone))
        return moment.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def hours_at(self, now_s: float) -> tuple[SpeedByHour, SpeedByHour]:
        """Of estimated legs, and of the router's; with the offset of the local time as it is then."""
        moment = datetime.fromtimestamp(now_s, UTC).astimezone(ZoneInfo(self.time_zone))
        offset = moment.utcoffset()
        offset_s = offset.total_seconds() if offset is not None else 0.0
        given = SpeedByHour(self.speed_by_hour, offset_s) if self.speed_by_hour else None
        return given or SpeedByHour(utc_offset_s=offset_s), given or SAME_ALL_DAY


def make_ask(table: RoadTable, folder: Path) -> Ask | None:
    """How to ask the site's router; None where it has none."""
    url = table.url.rstrip("/")
    match table.router:
        case "osrm":

            async def by_osrm(sources: Sequence[Geodetic], targets: Sequence[Geodetic]) -> MatrixAnswer:
                path = osrm_path(sources, targets, table.profile or "driving")
                return read_osrm(await request(url + path, deadline_s=table.timeout_s), sources, targets)

            return by_osrm
        case "valhalla":

            async def by_valhalla(sources: Sequence[Geodetic], targets: Sequence[Geodetic]) -> MatrixAnswer:
                body = json.dumps(valhalla_request(sources, targets, table.profile or "auto")).encode()
                answer = await request(f"{url}/sources_to_targets", body, deadline_s=table.timeout_s)
                return read_valhalla(answer, sources, targets)

            return by_valhalla
        case "pyvalhalla":
            inside = EmbeddedValhalla(folder / table.tiles)

            async def by_embedded(sources: Sequence[Geodetic], targets: Sequence[Geodetic]) -> MatrixAnswer:
                question = valhalla_request(sources, targets, table.profile or "auto")
                return read_valhalla(await inside.matrix(question), sources, targets)

            return by_embedded
    return None


class RoadDesk:
    """Keeps the legs; the one writer of them."""

    def __init__(self, table: RoadTable, ask: Ask | None) -> None:
        self._table, self._ask = table, ask
        self._legs: dict[tuple[PlaceKey, PlaceKey], tuple[Leg, float]] = {}
        self._wanted: dict[PlaceKey, Geodetic] = {}
        self._no_road: dict[tuple[PlaceKey, PlaceKey], float] = {}
        self._asked = asyncio.Event()
        self.news = asyncio.Event()
        """Set when the router answered or was given up; who waits for it clears it."""
        self.edition = 0
        """Rises when legs came in that somebody was without."""
        self.trouble = ""
        """What is wrong with the router, for a person; empty while it answers, or where there is none."""

    @property
    def standing(self) -> str:
        """Who says how long a van takes, and what is wrong with him."""
        if self._ask is None:
            return "straight line times circuity"
        who = f"{self._table.router} {self._table.url or self._table.tiles}".strip()
        if self.trouble:
            return f"straight line times circuity where {who} has not answered: {self.trouble}"
        holes = f"; no road known between {len(self._no_road)} pairs, straight line there" if self._no_road else ""
        return who + holes

    def roads(self, places: Sequence[Geodetic], now_s: float) -> Roads:
        """All that is known now of the ways between these places; what is not is asked for in the background."""
        by_hour, router_by_hour = self._table.hours_at(now_s)
        if self._ask is None:
            return Roads(by_hour=by_hour, source=self.standing)
        by_key = {place_key(place): place for place in places}
        missing = {key for pair in self._missing(list(by_key), now_s) for key in pair}
        if missing:
            self._wanted |= by_key
            self._asked.set()
        known = {(a, b): self._legs[a, b][0] for a in by_key for b in by_key if (a, b) in self._legs}
        open_pairs = len(by_key) * (len(by_key) - 1) - sum(a != b for a, b in known)
        left = f" ({open_pairs} pairs by the straight line)" if open_pairs else ""
        return Roads(known, by_hour, router_by_hour, self.standing + left)

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

    async def _ask_all(self, ask: Ask) -> bool:
        """Fetch every wanted block; False where the router failed, then what is left stays wanted."""
        now_s = asyncio.get_running_loop().time()
        wanted, self._wanted = self._wanted, {}
        places = list(wanted.values())
        try:
            for sources, targets in self._questions(places, now_s):
                self._keep(await ask(sources, targets), now_s)
        except (Unavailable, InvalidInput) as error:
            self._wanted = wanted | self._wanted
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
        for first, second in answer.holes:
            pair = (place_key(first), place_key(second))
            if pair[0] != pair[1] and pair not in self._no_road:
                log.warning("no road known from %s to %s: the straight line is taken", first, second)
                self._no_road[pair] = now_s
        for pair in list(self._legs)[: max(0, len(self._legs) - MOST_LEGS)]:
            del self._legs[pair]
        self.edition += 1
        self.news.set()

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
