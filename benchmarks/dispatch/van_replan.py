"""A van re-plan of 200 orders and 20 vans: ours, warm, beside PyVRP on the same questions.

A question is a moment of a day: each van at a place of its own, some parcels on board, the rest at the depot, windows
of one to four hours; a plan for all but the last twenty orders is there (made by ours, in ten seconds). Then twenty
orders come in and the vans drive on for two minutes. What is to be found is a plan for all 200 from here.

Every answer is put on the same clock (:mod:`skystork.dispatch.van_clock`), late orders and all. A gap is of the cost:
energy, an order left out or late at what fifty kilometres cost, and its lateness by the second as 100 m.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer
from van_peers import by_pyvrp

from skystork.dispatch.van_model import Incumbent
from skystork.dispatch.van_plan import StopKind, VanPlan
from skystork.dispatch.van_route import VanParcel, VanPosition
from skystork.dispatch.vans import RouteEffort, Spent, plan_routes
from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import OrderId, VehicleId

DEPOT = Geodetic(54.5166, -1.5075)
FRAME = LocalFrame(DEPOT)
NOW_S = 1_763_719_200.0
VAN = VanProfile("e-van", 900.0, 120, 10.5, 1.35, 90.0, 240.0, 1_548.0)
TOWNS = ((0.0, 0.0, 3_000.0), (9_000.0, 4_000.0, 1_800.0), (-6_000.0, 8_000.0, 1_500.0))
"""East, north and spread of the doorsteps [m]; a fifth lies anywhere within 16 km."""


@dataclass(frozen=True, slots=True)
class Question:
    """One moment."""

    vans: list[VanPosition]
    parcels: list[VanParcel]
    incumbent: Incumbent


def wall_clock(seconds: float) -> Spent:
    """Seconds from now."""
    began = time.perf_counter()
    return lambda _: (time.perf_counter() - began) / seconds


def cpu_clock(seconds: float) -> Spent:
    """Seconds of this process on a processor, so that a neighbour on the machine takes nothing away."""
    began = time.process_time()
    return lambda _: (time.process_time() - began) / seconds


def scattered(dice: np.random.Generator) -> Geodetic:
    """A doorstep."""
    if dice.random() < 0.2:
        angle, away_m = dice.uniform(0, 2 * np.pi), 16_000 * np.sqrt(dice.random())
        return FRAME.to_geodetic(float(away_m * np.cos(angle)), float(away_m * np.sin(angle)))
    east_m, north_m, spread_m = TOWNS[dice.integers(len(TOWNS))]
    return FRAME.to_geodetic(float(dice.normal(east_m, spread_m)), float(dice.normal(north_m, spread_m)))


def question(seed: int, orders: int, vans: int, new: int) -> Question:
    """Make one; the plan so far is our own."""
    dice = np.random.default_rng(seed)
    parcels = [
        VanParcel(
            OrderId(f"p{number}"), scattered(dice), float(dice.uniform(0.5, 20.0)), NOW_S + dice.uniform(3_600, 14_400)
        )
        for number in range(orders)
    ]
    fleet = []
    for number in range(vans):
        on_board = tuple(parcels[number::vans][: orders // vans * 2 // 5])
        fleet.append(VanPosition(VehicleId(f"v{number:02d}"), VAN, scattered(dice), NOW_S, on_board))
    aboard = {parcel.order_id for van in fleet for parcel in van.on_board}
    known = [parcel for parcel in parcels[: orders - new] if parcel.order_id not in aboard]
    before = plan_routes(
        fleet, known, depot=DEPOT, now_s=NOW_S, effort=RouteEffort(spent=cpu_clock(10.0), peer_fraction=0.0)
    )
    moved = [VanPosition(van.vehicle_id, VAN, _after(van, before, 120.0), NOW_S + 120.0, van.on_board) for van in fleet]
    incumbent = {route.vehicle_id: route.tasks for route in before.routes}
    return Question(moved, [p for p in parcels if p.order_id not in aboard], incumbent)


def _after(van: VanPosition, plan: VanPlan, seconds: float) -> Geodetic:
    """Where the van is after so long on the way to its first stop."""
    route = next(route for route in plan.routes if route.vehicle_id == van.vehicle_id)
    if not route.stops:
        return van.position
    first = route.stops[0]
    share = min(0.9, seconds / max(1.0, first.arrives_s - NOW_S))
    here, there = FRAME.to_enu_m(van.position), FRAME.to_enu_m(first.position)
    return FRAME.to_geodetic(here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1]))


def cost_km(plan: VanPlan) -> float:
    """Kilometres, an order late or left out as fifty, a second of lateness as 0.1."""
    late = sum(stop.lateness_s > 0 for route in plan.routes for stop in route.stops)
    return plan.distance_m / 1e3 + 50.0 * (late + len(plan.unserved)) + 0.1 * plan.lateness_s


def ours(asked: Question, seconds: float, seed: int, *, warm: bool, peer_fraction: float) -> VanPlan:
    """Our own plan."""
    return plan_routes(
        asked.vans,
        asked.parcels,
        depot=DEPOT,
        now_s=NOW_S + 120.0,
        effort=RouteEffort(seed=seed, spent=cpu_clock(seconds), peer_fraction=peer_fraction),
        incumbent=asked.incumbent if warm else None,
    )


def main(
    seeds: Annotated[int, typer.Option(help="Questions.")] = 5,
    orders: Annotated[int, typer.Option(help="In each of them.")] = 200,
    vans: Annotated[int, typer.Option(help="In each of them.")] = 20,
    long_s: Annotated[float, typer.Option(help="What the short runs are held to.")] = 20.0,
    peers: Annotated[bool, typer.Option(help="Also ask PyVRP, cold.")] = True,
) -> None:
    """Print a line for each question, then the means."""
    rows = dict[str, list[float]]()
    for seed in range(seeds):
        asked = question(seed, orders, vans, orders // 10)
        if seed == 0:
            ours(asked, 0.5, 1, warm=True, peer_fraction=0.3)  # compiles
        began = time.process_time()
        insertion = plan_routes(
            asked.vans, asked.parcels, depot=DEPOT, now_s=NOW_S + 120.0, incumbent=asked.incumbent,
            effort=RouteEffort(steps=0, peer_steps=0),
        )  # fmt: skip
        inserted_ms = 1e3 * (time.process_time() - began)
        found = {"insertion alone": cost_km(insertion)}
        for name, share in (("", 0.0), (" with PyVRP", 0.3)):
            for seconds in (0.25, 1.0) if share else (0.25, 1.0, long_s):
                plan = ours(asked, seconds, seed + 1, warm=True, peer_fraction=share)
                found[f"warm{name} {seconds:g} s"] = cost_km(plan)
        found["cold 1 s"] = cost_km(ours(asked, 1.0, seed + 1, warm=False, peer_fraction=0.0))
        if peers:
            for seconds in (0.25, 1.0, 5.0):
                found[f"PyVRP cold {seconds:g} s"] = cost_km(by_pyvrp(asked, DEPOT, NOW_S + 120.0, seconds))
        long = found[f"warm {long_s:g} s"]
        late = sum(stop.lateness_s > 0 for route in insertion.routes for stop in route.stops)
        loads = sum(stop.kind is StopKind.LOAD for route in insertion.routes for stop in route.stops)
        print(
            f"seed {seed}: long {long:.2f} km; insertion with set-up {inserted_ms:.0f} ms, {late} late, {loads} loads"
        )
        for name, value in found.items():
            rows.setdefault(name, []).append(100 * (value / long - 1))
            print(f"   {name:22s} {value:9.2f}  {rows[name][-1]:+7.2f} %", flush=True)
    for name, values in rows.items():
        print(f"{name:24s} mean {statistics.mean(values):+7.2f} % largest {max(values):+7.2f} %")


if __name__ == "__main__":
    typer.run(main)
