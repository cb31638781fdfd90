"""A wave: orders of one depot, all known, to be shared out between trucks that tour and drones that shuttle.

The parallel drone scheduling problems of the literature are the two ends of it. With one truck and a cost of the
longest duty only it is the PDSTSP (Murray and Chu, Transp. Res. C 54:86, 2015). With trucks of a capacity and a shift
and a cost of each arc and each flight it is the min-cost PDSVRP (Nguyen, Dang, Hà and Pham, EJOR 299, 2022).

Orders are numbered from 1; 0 is the depot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.errors import InvalidInput, Problem

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WaveTruck:
    """One van of the wave."""

    kind: int
    """Which of the problem's road matrices is its own."""
    capacity_kg: float
    shift_s: float
    """Longest tour, depot to depot [s]."""
    leaving_cost: float = 0.0
    """Paid when it leaves the depot at all."""
    capacity_parcels: int = 1_000_000
    """How many it holds; as good as any where only the weight counts."""


@dataclass(frozen=True, slots=True)
class WaveProblem:
    """Everything there is to decide about. Costs are in any one unit.

    Raises
    ------
    InvalidInput
        When the shapes do not fit, a time is missing or negative, a shift is not above 0, or there is no vehicle.
    """

    trucks: tuple[WaveTruck, ...]
    truck_time_s: Matrix
    """(kinds, n+1, n+1) from stop to stop, the service at the end of the arc included [s]."""
    truck_cost: Matrix
    """(kinds, n+1, n+1)"""
    weight_kg: Matrix
    """(n+1,) parcels; of the depot 0 [kg]."""
    drone_time_s: Matrix
    """(drones, n+1) out, hand over, home and made ready again [s]; ``inf`` where that drone may not serve it."""
    drone_cost: Matrix
    """(drones, n+1)"""
    drone_shift_s: tuple[float, ...]
    """Longest sum of the flights of each drone [s]."""
    span_cost: float = 0.0
    """Cost of each second of the duty that lasts longest [1/s]."""

    def __post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise InvalidInput(problems)

    @property
    def size(self) -> int:
        """Number of orders."""
        return len(self.weight_kg) - 1

    def _problems(self) -> Iterator[Problem]:
        stops, drones = self.size + 1, len(self.drone_shift_s)
        if not self.trucks and not drones:
            yield Problem("wave", "there is no vehicle", "0 trucks, 0 drones", "at least one", "Put one in service.")
        square = (self.truck_time_s.shape[0], stops, stops)
        shapes = (
            ("truck_time_s", self.truck_time_s, square, bool(self.trucks)),
            ("truck_cost", self.truck_cost, square, bool(self.trucks)),
            ("drone_time_s", self.drone_time_s, (drones, stops), drones > 0),
            ("drone_cost", self.drone_cost, (drones, stops), drones > 0),
        )
        for name, matrix, shape, needed in shapes:
            if needed and matrix.shape != shape:
                yield Problem(name, "does not fit the orders", f"{matrix.shape}", f"{shape}", "Make it anew.")
                return
        if self.trucks:
            yield from _holes("truck_time_s", self.truck_time_s)
            yield from _holes("truck_cost", self.truck_cost)
        yield from _holes("weight_kg", self.weight_kg)
        yield from _holes("drone_time_s", np.where(np.isposinf(self.drone_time_s), 0.0, self.drone_time_s))
        yield from _holes("drone_cost", np.where(np.isposinf(self.drone_time_s), 0.0, self.drone_cost))
        for name, shifts in (
            ("trucks", [truck.shift_s for truck in self.trucks]),
            ("drone_shift_s", self.drone_shift_s),
        ):
            yield from _shifts(name, shifts)


def _holes(name: str, matrix: Matrix) -> Iterator[Problem]:
    """The first entry that is no finite number of at least 0."""
    wrong = np.argwhere(~(np.isfinite(matrix) & (matrix >= 0)))
    if len(wrong):
        where, seen = name + "".join(f"[{index}]" for index in wrong[0]), matrix[tuple(wrong[0])]
        what = f"a hole or a negative value, one of {len(wrong)}"
        yield Problem(where, what, f"{seen}", "a finite number, at least 0", "Ask the source of the matrix again.")


def _shifts(name: str, shifts: Sequence[float]) -> Iterator[Problem]:
    for index, shift_s in enumerate(shifts):
        if not shift_s > 0:  # also refuses NaN
            what, remedy = "the shift ends before it starts", "Write its end after its start."
            yield Problem(f"{name}[{index}]", what, f"{shift_s:g} s", "above 0 s", remedy)


@dataclass(frozen=True, slots=True)
class WavePlan:
    """Who serves what."""

    tours: tuple[tuple[int, ...], ...]
    """For each truck its orders as driven, without the depot."""
    flights: tuple[tuple[int, ...], ...]
    """For each drone its orders, one flight each; the sequence is free."""
    unserved: tuple[int, ...] = ()
    """Orders that found no place."""


@dataclass(frozen=True, slots=True)
class Unservable:
    """An order that no vehicle can serve even alone."""

    order: int
    reasons: tuple[str, ...]


def find_unservable(problem: WaveProblem) -> tuple[Unservable, ...]:
    """Name every order that no vehicle could serve though it did nothing else, with what stands in the way."""
    return tuple(
        Unservable(order, reasons)
        for order in range(1, problem.size + 1)
        if (reasons := _obstacles(problem, order)) is not None
    )


def _obstacles(problem: WaveProblem, order: int) -> tuple[str, ...] | None:
    """What keeps an order from every vehicle; None where one can serve it."""
    weight_kg, reasons = float(problem.weight_kg[order]), list[str]()
    for index, truck in enumerate(problem.trucks):
        round_s = float(problem.truck_time_s[truck.kind, 0, order] + problem.truck_time_s[truck.kind, order, 0])
        if weight_kg > truck.capacity_kg:
            reasons.append(f"truck {index}: {weight_kg:g} kg, it carries {truck.capacity_kg:g} kg")
        elif truck.capacity_parcels < 1:
            reasons.append(f"truck {index}: it carries no parcel")
        elif round_s > truck.shift_s:
            reasons.append(f"truck {index}: there and back takes {round_s:g} s, its shift is {truck.shift_s:g} s")
        else:
            return None
    for index, shift_s in enumerate(problem.drone_shift_s):
        flight_s = float(problem.drone_time_s[index, order])
        if flight_s <= shift_s:
            return None
        says = "may not serve it" if np.isinf(flight_s) else f"{flight_s:g} s, its shift is {shift_s:g} s"
        reasons.append(f"drone {index}: {says}")
    return tuple(reasons)
