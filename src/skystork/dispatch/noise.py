"""Noise budgets: how many flights a neighbourhood bears in an hour and in a day.

Counted are flights, not decibels: no maker of these aircraft publishes a level that a budget in dB-minutes could be
reckoned from, and a count can be read off the ledger by anybody. A flight counts for every neighbourhood that its way
out or home leads over, from the moment a drone is chosen for it; one that never leaves the ground counts no more. Hours
and days are the last 3,600 s and 86,400 s, so that no clock hour takes two budgets at its edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shapely import LineString, Point, Polygon

from skystork.dispatch.hours import DAY_S, clock
from skystork.errors import ConfigError, Problem
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import Reason, ReasonCode

HOUR_S = 3_600.0
Path = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """``[[neighbourhoods]]``: an area and the flights it bears."""

    name: str
    outline: tuple[Geodetic, ...]
    """Three or more corners; the last is joined to the first."""
    flights_per_hour: int | None = None
    flights_per_day: int | None = None

    def __post_init__(self) -> None:
        """Raise ConfigError for an outline that encloses nothing and for a budget that is none."""
        where = f"neighbourhoods {self.name}"
        problems = []
        corners = [(corner.longitude_deg, corner.latitude_deg) for corner in self.outline]
        if len(corners) < 3 or not Polygon(corners).is_valid or Polygon(corners).area == 0:
            seen = f"{len(corners)} corners"
            limit = "three or more corners, no side crossing another"
            problems.append(Problem(f"{where} outline", "encloses no area", seen, limit, "Correct the corners."))
        budgets = (self.flights_per_hour, self.flights_per_day)
        if all(budget is None for budget in budgets):
            limit = "flights_per_hour, flights_per_day or both"
            problems.append(Problem(where, "no budget", "nothing", limit, "Add one; 0 lets nobody fly over it."))
        for budget in budgets:
            if budget is not None and budget < 0:
                problems.append(Problem(where, "not a number of flights", str(budget), "at least 0", "Correct it."))
        if problems:
            raise ConfigError(tuple(problems))


class NoiseMap:
    """The neighbourhoods of a site in its frame."""

    def __init__(self, neighbourhoods: Sequence[Neighbourhood], frame: LocalFrame) -> None:
        self._neighbourhoods = {each.name: each for each in neighbourhoods}
        self._areas = {
            each.name: Polygon([frame.to_enu_m(corner) for corner in each.outline]) for each in neighbourhoods
        }

    def crossed(self, *paths_enu_m: Path) -> tuple[str, ...]:
        """Names of the neighbourhoods that any of the ways leads over, each once."""
        lines = [LineString(path) if len(path) > 1 else Point(path[0]) for path in paths_enu_m if path]
        return tuple(name for name, area in self._areas.items() if any(area.intersects(line) for line in lines))

    def reasons(self, crossed: Sequence[str], flown: Mapping[str, Sequence[float]], now_s: float) -> Iterator[Reason]:
        """NOISE for each neighbourhood on the way whose budget is used up.

        Parameters
        ----------
        flown
            When flights over each neighbourhood began, the oldest first [s since the Unix epoch].
        """
        for name in crossed:
            area = self._neighbourhoods[name]
            for budget, span_s, word in (
                (area.flights_per_hour, HOUR_S, "hour"),
                (area.flights_per_day, DAY_S, "day"),
            ):
                if budget is None:
                    continue
                counted = [at_s for at_s in flown.get(name, ()) if now_s - at_s < span_s]
                if len(counted) >= budget:
                    frees_s = counted[len(counted) - budget] + span_s if budget else None
                    remedy = f"by air again from {clock(frees_s)}" if frees_s is not None else "by road"
                    text = f"{len(counted)} flights over {name} in the last {word}, it bears {budget}"
                    yield Reason(ReasonCode.NOISE, text, len(counted), budget, zone=name, remedy=remedy)
