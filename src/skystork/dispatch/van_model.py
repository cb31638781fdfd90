"""Vans, parcels and roads in the terms of the compiled search, and its routes back in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from skystork.dispatch.van_arrays import ABOARD, ANY_VAN, DEPOT, Log, Model, State, empty_log
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.van_route import Task, VanParcel, VanPosition, head_of
from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic
from skystork.orders.order import OrderId, VehicleId

NEAREST = 40
"""Parcels about one that may be taken out with it."""
Routes = dict[VehicleId, list[Task]]
Incumbent = Mapping[VehicleId, Sequence[tuple[OrderId, bool]]]
"""For each van its orders as planned so far, and whether picked or handed over."""


class Setup:
    """One question, laid out once.

    Parameters
    ----------
    asked
        Parcels no van has yet.
    chargers
        Besides the one at the depot.
    with_told
        Keep the stops that drivers were told.
    """

    def __init__(
        self,
        vans: Sequence[VanPosition],
        asked: Sequence[VanParcel],
        *,
        depot: Geodetic,
        now_s: float,
        roads: Roads,
        chargers: Sequence[Geodetic] = (),
        with_told: bool = True,
    ) -> None:
        self.vans = sorted(vans, key=lambda van: van.vehicle_id)
        self.depot, self.now_s = depot, now_s
        self.owner = {parcel.order_id: index for index, van in enumerate(self.vans) for parcel in van.on_board}
        bound = [parcel for van in self.vans for parcel in van.on_board]
        for index, van in enumerate(self.vans):
            if van.collecting is not None:
                self.owner[van.collecting.order_id] = index
                bound.append(van.collecting)
        self.aboard = {parcel.order_id for van in self.vans for parcel in van.on_board}
        self.parcels = [*asked, *bound]
        self.number = {parcel.order_id: index for index, parcel in enumerate(self.parcels)}
        self.heads = [head_of(van, with_told=with_told) for van in self.vans]
        self._lay_out(roads, chargers)

    def _lay_out(self, roads: Roads, chargers: Sequence[Geodetic]) -> None:
        collected = [parcel for parcel in self.parcels if parcel.collected_at is not None]
        self.places = [self.depot, *(van.position for van in self.vans), *(p.position for p in self.parcels)]
        first_door, first_collected = 1 + len(self.vans), len(self.places)
        self.places += [parcel.collected_at for parcel in collected if parcel.collected_at is not None]
        first_charger = len(self.places)
        self.places += chargers
        self.start = np.arange(1, 1 + len(self.vans), dtype=np.int64)
        self.drop = np.arange(first_door, first_door + len(self.parcels), dtype=np.int64)
        self.pick = np.full(len(self.parcels), DEPOT, dtype=np.int64)
        for place, parcel in enumerate(collected, start=first_collected):
            self.pick[self.number[parcel.order_id]] = place
        for order_id in self.aboard:
            self.pick[self.number[order_id]] = ABOARD
        self.chargers = np.array([DEPOT, *range(first_charger, len(self.places))], dtype=np.int64)
        self.profiles: list[VanProfile] = list({_road_key(van.profile): van.profile for van in self.vans}.values())
        keys = [_road_key(profile) for profile in self.profiles]
        self.kind = np.array([keys.index(_road_key(van.profile)) for van in self.vans], dtype=np.int64)
        self.model = self._model(roads)

    def _model(self, roads: Roads) -> Model:
        tables = [roads.tables(self.places, profile) for profile in self.profiles]
        count = len(self.places)
        metres = np.array([table[0] for table in tables]).reshape(len(tables), count, count)
        hours, vans, profiles = roads.hours(self.now_s), self.vans, [van.profile for van in self.vans]
        on_board_kg = [math.fsum(parcel.weight_kg for parcel in van.on_board) for van in vans]
        rests = [van.rest for van in vans]
        return Model(
            metres=metres,
            seconds=np.array([table[1] for table in tables]).reshape(len(tables), count, count),
            hours=hours,
            even=bool(np.all(hours[1:] == 1.0)),
            chargers=self.chargers,
            to_charger_m=metres[:, :, self.chargers].min(axis=2),
            kind=self.kind,
            start=self.start,
            free_s=np.array([max(0.0, van.free_at_s - self.now_s) for van in vans]),
            shift_ends_s=np.array([van.shift_ends_s - self.now_s for van in vans]),
            capacity_kg=np.array([max(p.capacity_kg, kg) for p, kg in zip(profiles, on_board_kg, strict=True)]),
            capacity_parcels=np.array(
                [max(van.profile.capacity_parcels, len(van.on_board)) for van in vans], dtype=np.int64
            ),
            load_s=np.array([profile.load_s for profile in profiles]),
            service_s=np.array([profile.service_s for profile in profiles]),
            energy_j_per_m=np.array([max(profile.energy_j_per_m, 1e-3) for profile in profiles]),
            battery_j=np.array([_left_j(van) for van in vans]),
            full_j=np.array([profile.battery_j * (1 - profile.reserve_fraction) for profile in profiles]),
            charge_w=np.array([profile.charge_w for profile in profiles]),
            rest_from_s=np.array([math.inf if rest is None else rest.from_s - self.now_s for rest in rests]),
            rest_s=np.array([0.0 if rest is None else rest.duration_s for rest in rests]),
            fixed=np.array([len(head) for head in self.heads], dtype=np.int64),
            pick=self.pick,
            drop=self.drop,
            place=np.ascontiguousarray(np.stack([self.pick, self.drop], axis=1).reshape(-1)),
            weight_kg=np.array([parcel.weight_kg for parcel in self.parcels]),
            ready_s=np.array([parcel.loadable_from_s - self.now_s for parcel in self.parcels]),
            early_s=np.array([parcel.earliest_s - self.now_s for parcel in self.parcels]),
            due_s=np.array([parcel.promised_by_s - self.now_s for parcel in self.parcels]),
            aim_s=np.array([parcel.aim_s - self.now_s for parcel in self.parcels]),
            owner=np.array([self.owner.get(parcel.order_id, ANY_VAN) for parcel in self.parcels], dtype=np.int64),
            near=self._neighbours(metres),
        )

    def _neighbours(self, metres: np.ndarray) -> np.ndarray:
        if not self.parcels or not len(metres):
            return np.zeros((len(self.parcels), 0), dtype=np.int64)
        doors = metres[0][np.ix_(self.drop, self.drop)].copy()
        np.fill_diagonal(doors, -1.0)
        return np.ascontiguousarray(np.argsort(doors, axis=1, kind="stable")[:, : NEAREST + 1])

    def task(self, task: Task) -> int:
        """A task's number."""
        return 2 * self.number[task.parcel.order_id] + (not task.picks)

    def state(self, routes: Mapping[VehicleId, Sequence[Task]] | None = None) -> State:
        """A plan as the search has it; only what must stay first where none is given. Costs are to be settled."""
        vans, parcels = len(self.vans), len(self.parcels)
        state = State(
            route=np.zeros((vans, 2 * parcels + 2), dtype=np.int64),
            size=np.zeros(vans, dtype=np.int64),
            cost=np.zeros(vans),
            over=np.zeros(vans),
            where=np.full(parcels, -1, dtype=np.int64),
        )
        for index, van in enumerate(self.vans):
            tasks = self.heads[index] if routes is None else tuple(routes.get(van.vehicle_id, ()))
            for step, task in enumerate(self._whole(tasks)):
                state.route[index, step] = task
                state.size[index] = step + 1
                state.where[task // 2] = index
        return state

    def _whole(self, tasks: Sequence[Task]) -> list[int]:
        """The tasks' numbers; a collection that must stay first brings its hand-over along."""
        numbers = [self.task(task) for task in tasks]
        handed = {number // 2 for number in numbers if number % 2}
        return numbers + [number + 1 for number in numbers if number % 2 == 0 and number // 2 not in handed]

    def kept(self, incumbent: Incumbent) -> Routes:
        """What of an older plan still holds: each van's own first stop, then what it was to do, in that sequence."""
        routes: Routes = {}
        for index, van in enumerate(self.vans):
            head = list(self.heads[index])
            done = {(task.parcel.order_id, task.picks) for task in head}
            mine = [
                (order_id, picks)
                for order_id, picks in incumbent.get(van.vehicle_id, ())
                if order_id in self.number and self.owner.get(order_id, index) == index
            ]
            picked = {order_id for order_id, picks in [*mine, *done] if picks}
            handed = {order_id for order_id, picks in mine if not picks}
            for order_id, picks in mine:
                whole = order_id in self.aboard or (order_id in picked and order_id in handed)
                stale = (order_id, picks) in done or (picks and order_id in self.aboard)
                if whole and not stale:
                    head.append(Task(self.parcels[self.number[order_id]], picks))
                    done.add((order_id, picks))
            routes[van.vehicle_id] = head
        return routes

    def routes(self, state: State) -> Routes:
        """The plan back in words."""
        return {
            van.vehicle_id: [
                Task(self.parcels[int(number) // 2], picks=int(number) % 2 == 0)
                for number in state.route[index, : state.size[index]]
            ]
            for index, van in enumerate(self.vans)
        }

    def log(self, state: State, van: int) -> tuple[Log, tuple[float, float, float, float, float]]:
        """One route task by task, and its lateness, orders late, metres, seconds over and return."""
        from skystork.dispatch.van_clock import time_route  # noqa: PLC0415  # Numba takes a second to import

        size = int(state.size[van])
        log = empty_log(size)
        return log, time_route(self.model, van, state.route[van], size, log)


def _road_key(profile: VanProfile) -> tuple[float, float]:
    return profile.circuity, profile.speed_m_s


def _left_j(van: VanPosition) -> float:
    profile = van.profile
    if math.isinf(profile.battery_j):
        return math.inf
    return max(0.0, profile.battery_j * (van.battery_fraction - profile.reserve_fraction))
