"""What keeps a new flight apart from those that were cleared before it: the remedy that costs the least time.

A later take-off, another layer, another way: each costs seconds until the vehicle is free again. What a remedy must
cost at least is known before it is planned (a climb, a longer path), so the cheapest are tried first, and no more once
a found one is cheaper than all that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from skystork.clearance.deconfliction import (
    LONGEST_DELAY_S,
    Conflict,
    Reservation,
    Separation,
    find_conflict,
    find_departure,
    reserve,
)
from skystork.planning.flight_plan import FlightPlan, Infeasible


class Remedy(StrEnum):
    """How a flight was kept apart."""

    NONE = "none"
    """It meets nobody."""
    DELAY = "delay"
    """A later take-off."""
    LAYER = "layer"
    """Another cruise height."""
    ROUTE = "route"
    """Another way."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another flight that may be planned."""

    remedy: Remedy
    extra_s: float
    """What it takes longer, estimated [s]."""
    what: str
    """In words, after "it flies"."""
    plan: Callable[[], FlightPlan | Infeasible]


@dataclass(frozen=True, slots=True)
class Separated:
    """The flight to fly, and why this one."""

    plan: FlightPlan
    remedy: Remedy
    delay_s: float
    cost_s: float
    """Delay, and what the flight takes longer than the one that meets nobody [s]."""
    why: str
    """A sentence for a person; empty where there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class Sky:
    """What a departure is looked for in."""

    earliest_s: float
    """Take-off [s since the Unix epoch]."""
    others: Sequence[Reservation]
    separation: Separation
    longest_delay_s: float = LONGEST_DELAY_S

    def departure(self, plan: FlightPlan, remedy: Remedy, extra_s: float) -> Separated | None:
        """The plan with the shortest wait that keeps it clear; None where there is none."""
        found = find_departure(plan, self.earliest_s, self.others, self.separation, self.longest_delay_s)
        if isinstance(found, Conflict):
            return None
        delay_s = found.departs_at_s - self.earliest_s
        return Separated(plan, remedy, delay_s, delay_s + extra_s, "")


def separate(
    first: FlightPlan, alternatives: Callable[[Conflict], Iterable[Alternative]], sky: Sky
) -> Separated | Conflict:
    """The cheapest flight that keeps clear of all others, or the conflict that stays.

    Parameters
    ----------
    first
        The best flight as if it were alone.
    alternatives
        Given the first conflict, others that might avoid it.
    """
    conflict = find_conflict(reserve(first, sky.earliest_s), sky.others, sky.separation)
    if conflict is None:
        return Separated(first, Remedy.NONE, 0.0, 0.0, "")
    best = sky.departure(first, Remedy.DELAY, 0.0)
    tried = [] if best is None else [f"waiting {best.delay_s:.0f} s"]
    for each in sorted(alternatives(conflict), key=lambda each: each.extra_s):
        if best is not None and each.extra_s >= best.cost_s:
            break
        plan = each.plan()
        found = (
            None
            if isinstance(plan, Infeasible)
            else sky.departure(plan, each.remedy, plan.duration_s - first.duration_s)
        )
        if found is not None:
            tried.append(f"{each.what} for {found.cost_s:.0f} s")
            best = found if best is None or found.cost_s < best.cost_s else best
    return conflict if best is None else replace(best, why=_why(conflict, best, tried, sky))


def _why(conflict: Conflict, best: Separated, tried: Sequence[str], sky: Sky) -> str:
    return (
        f"flight {conflict.other} would be {conflict.horizontal_m:.0f} m away {conflict.at_s - sky.earliest_s:.0f} s "
        f"after take-off; {best.remedy}, {best.cost_s:.0f} s in all, is the cheapest of: {', '.join(tried)}"
    )
