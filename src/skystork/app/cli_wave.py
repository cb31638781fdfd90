"""``skystork wave``: an order file planned as one wave of vans and drones."""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from skystork.airspace.weather import Weather
from skystork.app.bus_header import rfc3339
from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.options import JsonOption, SiteOption
from skystork.app.planning_job import make_planner
from skystork.app.road_desk import ask_once
from skystork.app.site import Site, load_site, starts_at_s
from skystork.dispatch.eligibility import Eligibility, RouteAnswer, assess_eligibility
from skystork.dispatch.flight_estimate import FlightHeights
from skystork.dispatch.morning_plan import MorningPlan, WaveChoice, plan_morning
from skystork.dispatch.objective import WaveObjective
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.wave_effort import Spent
from skystork.errors import InvalidInput, Problem
from skystork.fleet.profile import DroneProfile
from skystork.orders.order import Order, OrderId
from skystork.orders.parsing import read_orders
from skystork.shell.loops import run_paced
from skystork.shell.world_clock import WorldClock

LONGEST_ASKED_S = 60.0
"""For the ways between all orders: 400 of them are 81 tables, a fraction of a second each [s]."""
OBJECTIVES = {
    WaveObjective.LEAST_COST: "planned for the least cost",
    WaveObjective.EARLIEST_FINISH: "planned to have everybody back soonest",
}


def wave(  # noqa: PLR0917  # typer reads options from positional parameters
    file: Annotated[Path, typer.Argument(help="Orders, JSON Lines or CSV; the fields are in docs/orders.md.")],
    site: SiteOption,
    seconds: Annotated[float, typer.Option(help="How long to search [s].")] = 5.0,
    shift: Annotated[float, typer.Option(help="Every vehicle is back by then [hours].")] = 3.0,
    objective: Annotated[
        WaveObjective | None, typer.Option(help="What to plan for; else the site's rules.wave_objective.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Share a file of orders out between the site's vans and drones, in calm air, and say why each goes as it goes."""
    with told_plainly():
        if not (math.isfinite(seconds) and seconds > 0):
            raise InvalidInput(
                (
                    Problem(
                        "--seconds", "not a time to search", f"{seconds}", "above 0 s", "5 is enough for 400 orders."
                    ),
                )
            )
        place = load_site(site)
        orders = read_orders(_text(file), name=file.name, depot=place.depot)
        now_s = starts_at_s(place)
        roads = _roads(place, orders, now_s)
        plan = plan_morning(
            orders,
            _eligible(place, orders, now_s),
            drones=place.drones,
            vans=place.vans,
            depot=place.depot,
            now_s=now_s,
            shift_s=shift * 3_600.0,
            spent=_clock(seconds),
            objective=objective or place.rules.wave_objective,
            roads=roads,
        )
        if as_json:
            print_json(_document(plan, roads))
        else:
            _print(plan, place)
            print(f"Ways by road: {roads.source}.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        text = f"{file}: cannot be read ({error}). Check the path; the file must be UTF-8."
        raise fail(text, ExitCode.NOT_FOUND) from error


def _roads(place: Site, orders: tuple[Order, ...], now_s: float) -> Roads:
    """By the site's router, which is waited for; what it does not know is the straight line, and said."""
    places = [place.depot, *(order.drop_off for order in orders)]
    asking = ask_once(place.road, place.folder, places, now_s, within_s=LONGEST_ASKED_S)
    return run_paced(asking, WorldClock.real())


def _clock(seconds: float) -> Spent:
    began_s = time.perf_counter()
    return lambda _: (time.perf_counter() - began_s) / seconds


def _eligible(place: Site, orders: tuple[Order, ...], now_s: float) -> dict[OrderId, Eligibility]:
    """Ask every mode about every order, in calm air."""
    planner, flight, calm = make_planner(place), place.flight, Weather(now_s, (0.0, 0.0), 0.0)
    height_m = max(flight.outbound_height_m, flight.inbound_height_m)

    def route(order: Order, profile: DroneProfile) -> RouteAnswer:
        found = planner.route_length_m(place.depot, order.drop_off, height_home_m=height_m, at_s=now_s, profile=profile)
        return RouteAnswer(found.length_m, found.reasons)

    return {
        order.order_id: assess_eligibility(
            order,
            rules=place.rules,
            depot=place.depot,
            drones=place.drones,
            vans=place.vans,
            route=partial(route, order),
            weather=calm,
            heights=FlightHeights(flight.outbound_height_m, flight.inbound_height_m),
            now_s=now_s,
        )
        for order in orders
    }


def _document(plan: MorningPlan, roads: Roads) -> dict[str, object]:
    return {
        "objective": plan.objective.value,
        "roads": roads.source,
        "cost": plan.cost,
        "finish": rfc3339(plan.finish_s),
        "routes": [
            {
                "vehicle_id": route.vehicle_id,
                "distance_m": route.distance_m,
                "stops": [
                    {"kind": stop.kind.value, "orders": list(stop.order_ids), "eta": rfc3339(stop.eta_s)}
                    for stop in route.stops
                ],
            }
            for route in plan.routes
        ],
        "flights": {name: list(orders) for name, orders in plan.flights.items()},
        "orders": [
            {
                "order_id": choice.order_id,
                "mode": None if choice.mode is None else choice.mode.value,
                "vehicle_id": choice.vehicle_id,
                "cost": choice.cost,
                "other_cost": choice.other_cost,
                "other_finish": None if choice.other_finish_s is None else rfc3339(choice.other_finish_s),
                "reasons": [str(reason) for reason in choice.reasons],
            }
            for choice in plan.choices
        ],
    }


def _print(plan: MorningPlan, place: Site) -> None:
    print_table(
        f"wave of {place.table.name}: {len(plan.choices)} orders, {OBJECTIVES[plan.objective]}",
        ("order", "by", "vehicle", "cost", "other way", "finish then", "why not the other way"),
        [_row(choice) for choice in plan.choices],
    )
    for route in plan.routes:
        doors = [stop.order_ids[0] for stop in route.stops if len(stop.order_ids) == 1 and stop.kind == "deliver"]
        if doors:
            back, far_km = _hour(route.stops[-1].eta_s), route.distance_m / 1e3
            print(f"{route.vehicle_id}: {far_km:.1f} km, back at {back}: {', '.join(doors)}")
    for name, orders in plan.flights.items():
        if orders:
            print(f"{name}: {len(orders)} flights: {', '.join(orders)}")
    print(f"The last vehicle is back and made ready at {_hour(plan.finish_s)}; the wave costs {plan.cost:.2f}.")
    left = sum(choice.mode is None for choice in plan.choices)
    if left:
        print(f"{left} orders cannot go in this wave; their reasons are in the table.")


def _hour(at_s: float) -> str:
    return rfc3339(at_s)[11:16]


def _row(choice: WaveChoice) -> tuple[str, ...]:
    return (
        choice.order_id,
        "nothing" if choice.mode is None else choice.mode.value,
        choice.vehicle_id or "",
        "" if choice.cost is None else f"{choice.cost:.2f}",
        "" if choice.other_cost is None else f"{choice.other_cost:.2f}",
        "" if choice.other_finish_s is None else _hour(choice.other_finish_s),
        "; ".join(str(reason) for reason in choice.reasons),
    )
