"""Makes the plan of one decision: goes on from the last one, puts in what is new, betters the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skystork.dispatch.horizon_arrays import NOWHERE, Model, Plan
from skystork.dispatch.horizon_match import match_first_flights
from skystork.dispatch.horizon_model import Picture, Spent, empty_plan, make_model
from skystork.dispatch.horizon_search import better, build, resume, survey, time_all
from skystork.dispatch.horizon_settings import HorizonSettings
from skystork.dispatch.wave_arrays import Floats, Seed, Whole
from skystork.orders.order import OrderId

CHUNK = 250
"""Orders put in, or steps of bettering, between two looks at the time."""
MOST_PRICED_DRONES = 64
"""Drones asked for the price of the other way: those that are free first."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the prices of the ways not taken."""

    model: Model
    plan: Plan
    table: Floats
    """(orders, 10) as :func:`skystork.dispatch.horizon_search.survey` fills it"""
    price: float
    """Of a drone's minute."""
    complete: bool


def make_plan(
    picture: Picture,
    road_s: Floats,
    held: Mapping[int, OrderId],
    settings: HorizonSettings,
    spent: Spent,
    *,
    only_priced: int = 0,
) -> Planned:
    """Plan everything that waits.

    Parameters
    ----------
    held
        By number of the drone, the order it keeps.
    only_priced
        So many of the last orders are not put into the plan; it is only asked what they would add to it, and their
        rows alone of the table are whole.
    """
    model, plan = make_model(picture, road_s, settings, 0.0), empty_plan(picture)
    model.absent_cost[model.orders - only_priced :] = 0.0
    seed = np.array([0x9E3779B97F4A7C15 ^ (model.orders + 1)], np.uint64)
    for drone in held:
        model.head[drone] = 1
    time_all(model, plan)
    resume(model, plan, _queues(picture, held), _tours(picture))
    fixed = np.zeros(len(plan.where), np.int64)
    fixed[[picture.index[order_id] for order_id in held.values()]] = 1
    complete = _put_in(model, plan, seed, spent)
    price = _minute_price(model, plan, settings)
    if price > 0:
        model = _reprice(model, picture, price)
        time_all(model, plan)
    complete = _better(model, plan, fixed, settings, spent) and complete
    match_first_flights(model, plan)
    table = np.empty((model.orders, 10))
    near = np.argsort(plan.free_s[np.arange(len(plan.flights)), plan.flights], kind="stable")[:MOST_PRICED_DRONES]
    survey(model, plan, near.astype(np.int64), seed, table, model.orders - only_priced if only_priced else 0)
    return Planned(model, plan, table, settings.minute_price + price, complete)


def _queues(picture: Picture, held: Mapping[int, OrderId]) -> Whole:
    rows = [
        [*([held[number]] if number in held else []), *drone.foreseen] for number, drone in enumerate(picture.drones)
    ]
    return _nodes(rows, picture)


def _tours(picture: Picture) -> Whole:
    return _nodes([list(van.next_tour) for van in picture.vans], picture)


def _nodes(rows: list[list[OrderId]], picture: Picture) -> Whole:
    longest = max((len(row) for row in rows), default=0)
    nodes = np.full((len(rows), max(1, longest)), NOWHERE, np.int64)
    for number, row in enumerate(rows):
        known = [picture.index[order_id] for order_id in row if order_id in picture.index]
        nodes[number, : len(known)] = known
    return nodes


def _put_in(model: Model, plan: Plan, seed: Seed, spent: Spent) -> bool:
    """The most urgent first; those whose promise is lost last."""
    latest_s = model.due_s[: model.orders] - model.out_s.min(axis=1, initial=math.inf, where=np.isfinite(model.out_s))
    by_road_only = ~np.isfinite(model.out_s).any(axis=1)
    latest_s[by_road_only] = model.due_s[: model.orders][by_road_only] - 900.0
    lost = model.late_cost[: model.orders] == 0
    order = np.lexsort((latest_s, lost))
    todo = order[(plan.where[order] == NOWHERE) & (model.absent_cost[order] > 0)].astype(np.int64)
    old, touched = _copy(plan), np.zeros(len(plan.cost) + 1, np.int64)
    for begin in range(0, len(todo), CHUNK):
        if spent() >= 1:
            return False
        build(model, plan, old, touched, todo[begin : begin + CHUNK], seed)
    return True


def _better(model: Model, plan: Plan, fixed: Whole, settings: HorizonSettings, spent: Spent) -> bool:
    if not model.orders:
        return True
    seed = np.array([0xD1B54A32D192ED03 ^ model.orders], np.uint64)
    steps, old, before = min(settings.steps, int(settings.steps_per_order * model.orders)), _copy(plan), _copy(plan)
    chunks, saved, complete = max(1, -(-steps // CHUNK)), 0.0, True
    for chunk in range(chunks):
        complete = spent() < 1
        if not complete:
            break
        saved += better(model, plan, old, fixed, -(-steps // chunks), settings.hot * (1 - chunk / chunks), seed)
    if saved < settings.least_saving:
        for mine, its in zip(plan, before, strict=True):
            mine[:] = its
    return complete


def _copy(plan: Plan) -> Plan:
    return Plan._make(array.copy() for array in plan)


def _minute_price(model: Model, plan: Plan, settings: HorizonSettings) -> float:
    """What a drone's minute could have saved: nothing while every promise that can be kept has a place."""
    if not len(plan.flights):
        return 0.0
    left_out = (plan.where[: model.orders] == NOWHERE) & (model.late_cost[: model.orders] > 0)
    flown = left_out & np.isfinite(model.out_s).any(axis=1)
    return settings.overload_minute_price * min(1.0, 4.0 * float(flown.sum()) / len(plan.flights))


def _reprice(model: Model, picture: Picture, price: float) -> Model:
    turn_s = np.zeros(model.out_s.shape[1])
    for drone in picture.drones:
        turn_s[picture.kinds[drone.kind]] = drone.turn_s
    return model._replace(flight_cost=model.flight_cost + price / 60.0 * (model.total_s + turn_s))
