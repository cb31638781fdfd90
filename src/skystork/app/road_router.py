"""The site's router asked, and asked again in parts where one place spoils the whole question.

Valhalla refuses a table for a single place with no road about it (its errors 171 and 170), and each router one that is
larger than its own limit. So a refusal is looked into: every place is asked for alone, from itself to itself; what the
router does not know even so is left out. What is still refused is asked in halves, down to the pair between which
there is no way. A router that knows none of the places is no router for this site, and its refusal stands.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from skystork.app.road_table import RoadTable
from skystork.dispatch.van_matrix import (
    MatrixAnswer,
    RouterRefused,
    osrm_path,
    read_osrm,
    read_valhalla,
    valhalla_request,
)
from skystork.dispatch.van_roads import PlaceKey, place_key
from skystork.frames import Geodetic
from skystork.shell.embedded_valhalla import EmbeddedValhalla
from skystork.shell.http_request import request

Places = Sequence[Geodetic]
Ask = Callable[[Places, Places], Awaitable[MatrixAnswer]]
REFUSED = frozenset({400})
"""With this a router says, in the body, what it does not like; any other status is no answer."""


def make_ask(table: RoadTable, folder: Path) -> Ask | None:
    """How to ask the site's router; None where it has none."""
    url = table.url.rstrip("/")
    match table.router:
        case "osrm":

            async def by_osrm(sources: Places, targets: Places) -> MatrixAnswer:
                path = osrm_path(sources, targets, table.profile or "driving")
                answer = await request(url + path, deadline_s=table.timeout_s, told_by=REFUSED)
                return read_osrm(answer, sources, targets)

            return by_osrm
        case "valhalla":

            async def by_valhalla(sources: Places, targets: Places) -> MatrixAnswer:
                body = json.dumps(valhalla_request(sources, targets, table.profile or "auto")).encode()
                path = "/sources_to_targets"
                answer = await request(url + path, body, deadline_s=table.timeout_s, told_by=REFUSED)
                return read_valhalla(answer, sources, targets)

            return by_valhalla
        case "pyvalhalla":
            inside = EmbeddedValhalla(folder / table.tiles)

            async def by_embedded(sources: Places, targets: Places) -> MatrixAnswer:
                question = valhalla_request(sources, targets, table.profile or "auto")
                return read_valhalla(await inside.matrix(question, deadline_s=table.timeout_s), sources, targets)

            return by_embedded
    return None


class CarefulAsk:
    """Asks so that what the router does not know comes back as holes, and remembers what it did not know."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._nowhere: dict[PlaceKey, float] = {}
        """Places with no road about them, and when that was found."""
        self._proven: Places = ()
        """A place that the router knew lately."""

    async def table(self, sources: Places, targets: Places, now_s: float, *, oldest_s: float) -> MatrixAnswer:
        """What the router knows of these; places that it did not know since ``oldest_s`` are left out.

        Raises
        ------
        RouterRefused
            When it knows none of the places, nor one that it knew before.
        """
        self._nowhere = {key: since_s for key, since_s in self._nowhere.items() if since_s >= oldest_s}
        try:
            answer = await _ask_for(self._ask, self._known(sources), self._known(targets))
        except RouterRefused:
            places = {place_key(each): each for each in (*self._known(sources), *self._known(targets), *self._proven)}
            unknown = [key for key, place in places.items() if await self._refuses(place)]
            if len(unknown) == len(places):
                raise
            self._nowhere |= dict.fromkeys(unknown, now_s)
            answer = await _in_halves(self._ask, self._known(sources), self._known(targets))
        self._proven = self._known(sources)[:1] or self._proven
        left_out = [(a, b) for a in sources for b in targets if {place_key(a), place_key(b)} & self._nowhere.keys()]
        return MatrixAnswer(answer.legs, (*answer.holes, *left_out))

    def _known(self, places: Places) -> list[Geodetic]:
        return [place for place in places if place_key(place) not in self._nowhere]

    async def _refuses(self, place: Geodetic) -> bool:
        try:
            await self._ask([place], [place])
        except RouterRefused:
            return True
        return False


async def _ask_for(ask: Ask, sources: Places, targets: Places) -> MatrixAnswer:
    return await ask(sources, targets) if sources and targets else MatrixAnswer({}, ())


async def _in_halves(ask: Ask, sources: Places, targets: Places) -> MatrixAnswer:
    """Ask for all of it, or for two halves where that is refused; a single pair refused is a hole."""
    try:
        return await _ask_for(ask, sources, targets)
    except RouterRefused:
        if len(sources) == len(targets) == 1:
            return MatrixAnswer({}, ((sources[0], targets[0]),))
    if len(sources) >= len(targets):
        half = len(sources) // 2
        parts = [await _in_halves(ask, part, targets) for part in (sources[:half], sources[half:])]
    else:
        half = len(targets) // 2
        parts = [await _in_halves(ask, sources, part) for part in (targets[:half], targets[half:])]
    return MatrixAnswer({**parts[0].legs, **parts[1].legs}, parts[0].holes + parts[1].holes)
