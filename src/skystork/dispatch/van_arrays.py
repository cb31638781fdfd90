"""How the vans and their parcels lie in memory for the compiled search (:mod:`skystork.dispatch.van_kernel`).

A task is a whole number: twice the parcel's index, one more where it is handed over. Times are seconds from now.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Seed = NDArray[np.uint64]

DEPOT = 0
"""Place 0, where routes end and parcels are loaded unless said otherwise."""
ABOARD = -1
"""In the place of a pick-up: the parcel is in its van already."""
ANY_VAN = -1
LATE_J = 1e8
"""A second late weighs as much as this: 64 km of driving [J/s]. So lateness comes before energy."""
LATE_ORDER_J = 1e9
"""And each order late this much besides, so that one long delay is no better than it is [J]."""
AIM_SHARE = 0.01
"""A second after the aim weighs this part of a second late: an hour of one order's margin as much as 36 s of lateness.
Margins are given away before a promise breaks."""
OVER_J = 1e9
"""A second after the shift's end, or a second of charging that is missing [J/s]."""


class Model(NamedTuple):
    """The question."""

    metres: Floats
    """(kinds, places, places)"""
    seconds: Floats
    """(kinds, places, places) at the day's mean speed"""
    hours: Floats
    """(25,) how the speed changes; see :meth:`skystork.dispatch.van_roads.SpeedByHour.from_now`"""
    even: bool
    """The speed is the same at every hour."""
    chargers: Whole
    """(chargers,) places; the depot first"""
    to_charger_m: Floats
    """(kinds, places) to the nearest of them"""
    kind: Whole
    """(vans,)"""
    start: Whole
    """(vans,) place"""
    free_s: Floats
    shift_ends_s: Floats
    capacity_kg: Floats
    capacity_parcels: Whole
    load_s: Floats
    service_s: Floats
    energy_j_per_m: Floats
    battery_j: Floats
    """(vans,) in it now, above its reserve; ``inf``: nobody counts"""
    full_j: Floats
    """(vans,) above its reserve"""
    charge_w: Floats
    rest_from_s: Floats
    """(vans,) the driver rests after the first stop that ends then or later; ``inf``: has rested"""
    rest_s: Floats
    fixed: Whole
    """(vans,) tasks at the head of its route that stay there"""
    pick: Whole
    """(parcels,) place, or ABOARD"""
    drop: Whole
    """(parcels,) place"""
    place: Whole
    """(2 parcels,) of each task"""
    weight_kg: Floats
    ready_s: Floats
    """(parcels,) at its pick-up from then on"""
    early_s: Floats
    due_s: Floats
    aim_s: Floats
    """(parcels,) what is aimed at, not after what is due"""
    owner: Whole
    """(parcels,) the one van that may carry it, or ANY_VAN"""
    near: Whole
    """(parcels, n) parcels by the distance of their doorsteps, itself first"""


class State(NamedTuple):
    """A plan; what is derived stands beside it."""

    route: Whole
    """(vans, tasks)"""
    size: Whole
    """(vans,) tasks in it"""
    cost: Floats
    """(vans,) energy, and what lateness and overruns weigh [J]"""
    over: Floats
    """(vans,) seconds after the shift's end, and of charging that is missing"""
    where: Whole
    """(parcels,) van, or -1"""


class Log(NamedTuple):
    """What one route is like, task by task; empty arrays where nobody asks."""

    metres: Floats
    """(tasks,) from the stop before, a detour to a charger included"""
    arrives_s: Floats
    done_s: Floats
    charger: Whole
    """(tasks + 1,) place of a charger called at before the task, or -1; the last for the way home"""
    charged_from_s: Floats
    charged_until_s: Floats
    rested: Whole
    """(1,) task after which the driver rests, or -1"""


def no_log() -> Log:
    """For who only wants the sums."""
    nothing, none = np.zeros(0), np.zeros(0, dtype=np.int64)
    return Log(nothing, nothing, nothing, none, nothing, nothing, none)


def empty_log(tasks: int) -> Log:
    """To be filled in."""
    return Log(
        np.zeros(tasks),
        np.zeros(tasks),
        np.zeros(tasks),
        np.full(tasks + 1, -1, dtype=np.int64),
        np.zeros(tasks + 1),
        np.zeros(tasks + 1),
        np.full(1, -1, dtype=np.int64),
    )
