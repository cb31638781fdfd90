"""Noise budgets: what a neighbourhood bears in an hour and in a day, in flights or in sound.

A budget of flights counts those whose way out or home leads over it, and anybody can read that off the ledger. A budget
of sound is an equivalent level, LAeq: each flight's exposure is reckoned at the neighbourhood's point nearest to its
ways, or beside the doorstep in it, by height, distance and the levels of its type of aircraft
(:mod:`skystork.dispatch.sound`), flights that pass beside it included, and the exposures of the last hour and day are
added. A flight that would go over it is not made.

A flight counts from the moment a drone is chosen for it; one that never leaves the ground counts no more. Hours and
days are the last 3,600 s and 86,400 s, so that no clock hour takes two budgets at its edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shapely import LineString, MultiLineString, Point, Polygon
from shapely.ops import nearest_points

from skystork.dispatch.hours import DAY_S, clock
from skystork.dispatch.sound import SILENT_DB, energy_of, exposure_db, heard_from_way
from skystork.errors import ConfigError, Problem
from skystork.fleet.profile import DroneProfile, NoiseFigures
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import Reason, ReasonCode

HOUR_S = 3_600.0
Path = Sequence[tuple[float, float]]
Way = tuple[Path, float]
"""A path and its height above ground [m]."""
Heard = tuple[str, float]
"""A neighbourhood, and the sound exposure level of one flight there [dB(A)]."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """``[[neighbourhoods]]``: an area and what it bears."""

    name: str
    outline: tuple[Geodetic, ...]
    """Three or more corners; the last is joined to the first."""
    flights_per_hour: int | None = None
    flights_per_day: int | None = None
    leq_per_hour_db: float | None = None
    """Equivalent level of its flights over an hour [dB(A)]."""
    leq_per_day_db: float | None = None

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
        if all(budget is None for budget in (*budgets, self.leq_per_hour_db, self.leq_per_day_db)):
            limit = "flights_per_hour, flights_per_day, leq_per_hour_db, leq_per_day_db or several"
            problems.append(Problem(where, "no budget", "nothing", limit, "Add one; 0 flights let nobody over it."))
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
        self._measured = [
            each.name for each in neighbourhoods if each.leq_per_hour_db is not None or each.leq_per_day_db is not None
        ]

    def crossed(self, *paths_enu_m: Path) -> tuple[str, ...]:
        """Names of the neighbourhoods that any of the ways leads over, each once."""
        lines = [LineString(path) if len(path) > 1 else Point(path[0]) for path in paths_enu_m if path]
        return tuple(name for name, area in self._areas.items() if any(area.intersects(line) for line in lines))

    def heard(self, profile: DroneProfile, *ways: Way) -> tuple[Heard, ...]:
        """The exposure of one flight in each neighbourhood that has a budget of sound.

        Parameters
        ----------
        ways
            Out and home, each with its height above ground [m].
        """
        if profile.noise is None:
            return ()
        found = ((name, self._exposure_db(name, profile, profile.noise, ways)) for name in self._measured)
        return tuple((name, level_db) for name, level_db in found if level_db > SILENT_DB)

    def _exposure_db(self, name: str, profile: DroneProfile, noise: NoiseFigures, ways: Sequence[Way]) -> float:
        lines = [LineString(path) for path, _ in ways if len(path) > 1]
        if not lines:
            return SILENT_DB
        area = self._areas[name]
        near, _ = nearest_points(area, MultiLineString(lines))
        ends = {end for line in lines for end in (line.coords[0], line.coords[-1]) if area.covers(Point(end))}
        flown = [(path, height_m) for path, height_m in ways if len(path) > 1]
        return max(
            exposure_db(sum(heard_from_way(profile, noise, path, height_m, listener) for path, height_m in flown))
            for listener in (*sorted(ends), (float(near.x), float(near.y)))
        )

    def too_loud(
        self, heard: Sequence[Heard], before: Mapping[str, Sequence[tuple[float, float]]], now_s: float
    ) -> Iterator[Reason]:
        """NOISE for each neighbourhood whose budget of sound a flight would go over.

        Parameters
        ----------
        heard
            Of the flight, as of :meth:`heard`.
        before
            When flights began and how they were heard, by neighbourhood [s since the Unix epoch, dB(A)].
        """
        for name, level_db in heard:
            area = self._neighbourhoods[name]
            for budget_db, span_s, word in (
                (area.leq_per_hour_db, HOUR_S, "hour"),
                (area.leq_per_day_db, DAY_S, "day"),
            ):
                if budget_db is None:
                    continue
                counted = sorted(each for each in before.get(name, ()) if now_s - each[0] < span_s)
                leq_db = _leq_db([level_db, *(each_db for _, each_db in counted)], span_s)
                if leq_db > budget_db:
                    yield _loud(name, leq_db, budget_db, word, _frees_s(counted, level_db, budget_db, span_s))

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


def _leq_db(exposures_db: Sequence[float], span_s: float) -> float:
    """Equivalent level of exposures over a span [dB(A)]."""
    return exposure_db(sum(energy_of(each_db) for each_db in exposures_db) / span_s)


def _frees_s(counted: Sequence[tuple[float, float]], level_db: float, budget_db: float, span_s: float) -> float | None:
    """When enough of what was heard is old enough [s since the Unix epoch]; None where the flight alone is too loud."""
    for index, (at_s, _) in enumerate(counted):
        if _leq_db([level_db, *(each_db for _, each_db in counted[index + 1 :])], span_s) <= budget_db:
            return at_s + span_s
    return None


def _loud(name: str, leq_db: float, budget_db: float, word: str, frees_s: float | None) -> Reason:
    remedy = f"by air again from {clock(frees_s)}" if frees_s is not None else "by road"
    text = f"with it {name} would hear {leq_db:.1f} dB(A) over the last {word}, it bears {budget_db:.1f}"
    return Reason(ReasonCode.NOISE, text, round(leq_db, 1), budget_db, zone=name, remedy=remedy)
