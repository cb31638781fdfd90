"""The same questions put to PyVRP, cold; its routes re-timed by our clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from skystork.dispatch.van_arrays import no_log
from skystork.dispatch.van_insertion import insert_by_regret, settle
from skystork.dispatch.van_model import Routes, Setup
from skystork.dispatch.van_peer import polish
from skystork.dispatch.van_plan import Unserved, VanPlan, describe_route
from skystork.dispatch.van_roads import Roads
from skystork.frames import Geodetic

if TYPE_CHECKING:
    from van_replan import Question

SEED = np.array([88_172_645_463_325_252], dtype=np.uint64)


def _setup(asked: Question, depot: Geodetic, now_s: float) -> Setup:
    return Setup(asked.vans, asked.parcels, depot=depot, now_s=now_s, roads=Roads())


def _timed(setup: Setup, routes: Routes) -> VanPlan:
    """On our clock; what it left out is put in by insertion, as ours would."""
    state = setup.state(routes)
    for index in range(len(setup.vans)):
        settle(setup.model, state, index, no_log())
    insert_by_regret(setup.model, state, SEED.copy(), no_log())
    left = [Unserved(setup.parcels[index].order_id, ()) for index in np.flatnonzero(state.where < 0)]
    return VanPlan(tuple(describe_route(setup, state, index) for index in range(len(setup.vans))), tuple(left))


def by_pyvrp(asked: Question, depot: Geodetic, now_s: float, seconds: float) -> VanPlan:
    """PyVRP from nothing, given the time from the first look at its model on."""
    setup = _setup(asked, depot, now_s)
    began = time.process_time()
    routes = polish(setup, None, lambda _: time.process_time() - began >= seconds, 1)
    return _timed(setup, routes or {van.vehicle_id: [] for van in setup.vans})
