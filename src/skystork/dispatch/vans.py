"""Van routes: which van calls where in what sequence, from where the vans are now and from the plan they have.

The plan so far is kept: what is new is put in by regret insertion, in milliseconds, so there is a plan at once. The
search then improves it for as long as the caller allows, by the compiled search for most of that, by PyVRP for the
rest (:mod:`skystork.dispatch.van_peer`); whoever proposes, one clock judges (:mod:`skystork.dispatch.van_clock`).
What cannot be on time is late by least, told, but never dropped; what no van can carry is named with the reason.

What stays: parcels on board, with their van; the doorstep or the collection a van is driving to, first in its route;
and the stop a driver was told to go to next, unless some promise breaks by it: then, and only then, it is planned anew.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from skystork.dispatch.van_arrays import State, no_log
from skystork.dispatch.van_model import Incumbent, Setup
from skystork.dispatch.van_plan import Unserved, VanPlan, describe_route
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.van_route import VanParcel, VanPosition
from skystork.errors import InvalidInput, Problem
from skystork.frames import Geodetic
from skystork.orders.reasons import Reason, ReasonCode

Spent = Callable[[int], float]
"""Told how many steps were taken, says what share of the effort is spent; 1 or more ends the search."""
ABSENT_J = 1e15
"""What a parcel in no route weighs: more than any lateness [J]."""
HOT, COLD = 0.1, 0.01
"""First and last temperature of the search, in ways to a near doorstep."""
SLICES = 40
"""How often the caller is asked in a whole search, about."""
LATE_SLACK_S = 1e-6


@dataclass(frozen=True, slots=True)
class RouteEffort:
    """How long to search."""

    steps: int = 3_000
    """Of the compiled search, each some 50 µs with 200 parcels and 20 vans."""
    peer_steps: int = 40
    """Of PyVRP's local search, each some 1 to 25 ms; 0: PyVRP is not asked."""
    seed: int = 1
    spent: Spent | None = None
    """A clock of the caller's in the place of the steps; PyVRP has the last ``peer_fraction`` of it."""
    peer_fraction: float = 0.3


def plan_routes(
    vans: Sequence[VanPosition],
    parcels: Sequence[VanParcel],
    *,
    depot: Geodetic,
    now_s: float,
    effort: RouteEffort,
    roads: Roads | None = None,
    chargers: Sequence[Geodetic] = (),
    incumbent: Incumbent | None = None,
) -> VanPlan:
    """Plan every van from now on.

    Parameters
    ----------
    vans
        Those in service, each once.
    parcels
        Those at the depot, or to be there, or waiting elsewhere to be collected; what is on board of a van is taken
        from the van.
    now_s
        [s since the Unix epoch].
    chargers
        Places to charge at besides the depot.
    incumbent
        The plan so far; what of it still holds is where the search starts.

    Returns
    -------
    VanPlan
        Every parcel once: in a route, late where it must be, or unserved with the reason.

    Raises
    ------
    InvalidInput
        When a van or a parcel is named twice, or a place or a time is no number.
    """
    _check(vans, parcels)
    roads = roads or Roads()
    bound = {p.order_id for van in vans for p in (*van.on_board, *((van.collecting,) if van.collecting else ()))}
    asked = [parcel for parcel in parcels if parcel.order_id not in bound]
    unserved = [Unserved(parcel.order_id, reasons) for parcel in asked if (reasons := _too_much(parcel, vans, now_s))]
    refused = {answer.order_id for answer in unserved}
    carried = [parcel for parcel in asked if parcel.order_id not in refused]

    def lay_out(*, with_told: bool) -> Setup:
        return Setup(vans, carried, depot=depot, now_s=now_s, roads=roads, chargers=chargers, with_told=with_told)

    setup = lay_out(with_told=True)
    state = _Search(setup, effort).run(incumbent or {})
    if any(van.told_next for van in vans) and _lateness_s(setup, state) > LATE_SLACK_S:
        free = lay_out(with_told=False)
        other = _Search(free, effort).run(incumbent or {})
        if _lateness_s(free, other) < _lateness_s(setup, state) - 1.0:
            setup, state = free, other
    left = [setup.parcels[index] for index in np.flatnonzero(state.where < 0)]
    unserved += [Unserved(parcel.order_id, (_no_time(parcel, vans),)) for parcel in left]
    routes = tuple(describe_route(setup, state, index) for index in range(len(setup.vans)))
    return VanPlan(routes=routes, unserved=tuple(unserved), roads=roads.source)


def _check(vans: Sequence[VanPosition], parcels: Sequence[VanParcel]) -> None:
    problems = list[Problem]()
    everything = [*parcels, *(parcel for van in vans for parcel in van.on_board)]
    for name, count in Counter(van.vehicle_id for van in vans).items():
        if count > 1:
            seen, remedy = f"{name}, {count} times", "Name each vehicle once."
            problems.append(Problem("vans", "one vehicle is claimed twice", seen, "once each", remedy))
    aboard = Counter(parcel.order_id for van in vans for parcel in van.on_board)
    for order_id, count in aboard.items():
        if count > 1:
            seen, remedy = f"{order_id} in {count} vans", "See which van has it."
            problems.append(Problem("vans", "one parcel is on board of two vans", seen, "one", remedy))
    for parcel in everything:
        place = parcel.position.latitude_deg + parcel.position.longitude_deg + parcel.weight_kg
        if not math.isfinite(place) or math.isnan(parcel.promised_by_s):
            what = "a place, weight or promise that is no number"
            seen = f"{parcel.position}, {parcel.weight_kg} kg, by {parcel.promised_by_s}"
            problems.append(Problem(f"order {parcel.order_id}", what, seen, "finite numbers", "Correct the order."))
    if problems:
        raise InvalidInput(tuple(problems))


def _too_much(parcel: VanParcel, vans: Sequence[VanPosition], now_s: float) -> tuple[Reason, ...]:
    if not vans:
        return (Reason(ReasonCode.FLEET, "no van is in service", 0, 1),)
    if all(van.shift_ends_s <= now_s for van in vans):
        last_s = max(van.shift_ends_s for van in vans)
        return (Reason(ReasonCode.FLEET, "every van's shift is over", now_s, last_s),)
    most_kg = max(van.profile.capacity_kg if van.profile.capacity_parcels > 0 else 0.0 for van in vans)
    if parcel.weight_kg <= most_kg:
        return ()
    text = f"parcel weighs {parcel.weight_kg:.3g} kg, the largest van carries {most_kg:.4g} kg"
    return (Reason(ReasonCode.WEIGHT, text, parcel.weight_kg, most_kg),)


def _no_time(parcel: VanParcel, vans: Sequence[VanPosition]) -> Reason:
    last_s = max(van.shift_ends_s for van in vans)
    if math.isfinite(last_s):
        text = "no van can bring it and be back by the end of its shift, with the charge it has"
        return Reason(ReasonCode.FLEET, text, parcel.promised_by_s, last_s)
    text = "no van can bring it with the room and the charge it has"
    return Reason(ReasonCode.FLEET, text, parcel.weight_kg, max(van.profile.capacity_kg for van in vans))


def _lateness_s(setup: Setup, state: State) -> float:
    return sum(setup.log(state, index)[1][0] for index in range(len(setup.vans)))


class _Search:
    """Insertion, then improvement until the effort is spent."""

    def __init__(self, setup: Setup, effort: RouteEffort) -> None:
        from skystork.dispatch import van_insertion, van_kernel  # noqa: PLC0415  # Numba takes a second to import

        self._insertion, self._search = van_insertion, van_kernel.search
        self._setup, self._effort = setup, effort
        self._seed = np.array([88_172_645_463_325_252 + 7_919 * effort.seed], dtype=np.uint64)
        self._log = no_log()

    def run(self, incumbent: Incumbent) -> State:
        """The best plan for the effort; from what is kept of the incumbent."""
        state = self._settled(self._setup.state(self._setup.kept(incumbent)))
        if np.isinf(state.cost).any():  # an incumbent that does not fit any more
            state = self._settled(self._setup.state())
        self._insertion.insert_by_regret(self._setup.model, state, self._seed, self._log)
        if not len(self._setup.parcels):
            return state
        best = self._copied(state)
        self._improve(state, best)
        return self._asked_peer(best)

    def _settled(self, state: State) -> State:
        for index in range(len(self._setup.vans)):
            self._insertion.settle(self._setup.model, state, index, self._log)
        return state

    def _copied(self, state: State) -> State:
        return State._make(array.copy() for array in state)

    def _improve(self, state: State, best: State) -> None:
        effort, taken, share, pace = self._effort, 0, 0.0, 16
        until = 1.0 - effort.peer_fraction if effort.spent else 1.0
        spent = effort.spent or (lambda steps: steps / max(1, effort.steps))
        share = spent(0)
        way_j = self._near_way_j()
        while share < until:
            part = [min(1.0, share / until), min(1.0, share / until + 1 / SLICES)]
            hot, cold = (way_j * HOT * (COLD / HOT) ** each for each in part)
            self._search(self._setup.model, state, best, self._seed, pace, hot, cold, ABSENT_J, self._log)
            taken += pace
            before, share = share, spent(taken)
            if share > before:
                pace = max(4, min(4 * pace, int(pace / (share - before) * until / SLICES)))

    def _near_way_j(self) -> float:
        """What the way to a near doorstep costs."""
        model = self._setup.model
        doors = model.metres[0][np.ix_(model.drop, model.drop)]
        near = np.sort(doors, axis=1)[:, 1:6]
        mean_m = float(np.median(near.mean(axis=1))) if near.size else 1_000.0
        return max(1.0, mean_m) * float(model.energy_j_per_m.mean())

    def _asked_peer(self, best: State) -> State:
        effort = self._effort
        if (effort.peer_steps == 0 and effort.spent is None) or (effort.spent and effort.peer_fraction <= 0):
            return best
        from skystork.dispatch.van_peer import polish  # noqa: PLC0415  # PyVRP takes half a second to import

        count = [0]

        def stop(best_cost: int) -> bool:  # noqa: ARG001  # as PyVRP calls it
            count[0] += 1
            return count[0] > effort.peer_steps if effort.spent is None else effort.spent(10**9) >= 1.0

        routes = polish(self._setup, best, stop, effort.seed)
        if routes is None:
            return best
        other = self._settled(self._setup.state(routes))
        if np.isinf(other.cost).any():
            return best
        self._insertion.insert_by_regret(self._setup.model, other, self._seed, self._log)
        return other if self._weight(other) < self._weight(best) else best

    def _weight(self, state: State) -> float:
        return float(state.cost.sum() + ABSENT_J * np.count_nonzero(state.where < 0))
