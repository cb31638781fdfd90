"""How long one decision of the rolling horizon takes, by size; processor time, so that a busy machine matters less.

Each row decides over a steady stream: what was foreseen at the last decision is handed back, a few orders are new, a
few vehicles have come home. ``cold`` is the first decision, over all orders at once and with nothing foreseen.
Python's collector of cycles rests as it does in the service.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from skystork.dispatch.horizon import decide
from skystork.dispatch.horizon_decision import HorizonDecision
from skystork.dispatch.horizon_situation import Flight, HorizonDrone, HorizonOrder, HorizonVan, Hub, Situation
from skystork.orders.order import OrderId, VehicleId
from skystork.shell.fast_loop import rest_collector

SIZES = ((100, 0, 500), (500, 0, 2_000), (125, 25, 1_250), (250, 50, 2_500), (500, 100, 5_000))
HUBS = 8
REACH_M = 16_093.0


def order(number: int, now_s: float, dice: Generator) -> HorizonOrder:
    """One order, each within reach of its own hub."""
    hub = int(dice.integers(HUBS))
    far_m, angle = REACH_M * math.sqrt(dice.random()) * 0.7, dice.uniform(0, 2 * math.pi)
    kind, out_s = f"H{hub}/wing", far_m / 20 + 45
    flights = (Flight(kind, out_s, 2 * out_s, 40.0 * far_m, 2.0 + out_s / 300),) if dice.random() < 0.85 else ()
    place = (hub * 8_000.0 + far_m * math.cos(angle), far_m * math.sin(angle))
    due_s = now_s + float(dice.choice([1_800.0, 3_600.0, 7_200.0])) - float(dice.uniform(0, 600))
    return HorizonOrder(OrderId(f"O{number}"), place, due_s, 1.0, flights)


def situation(drones: int, vans: int, orders: int, dice: Generator) -> Situation:
    """Everything at once."""
    fleet = tuple(
        HorizonDrone(
            VehicleId(f"D{number}"),
            f"H{number % HUBS}/wing",
            f"H{number % HUBS}",
            float(dice.uniform(-300, 1_200)),
            usable_j=float(dice.uniform(2e5, 1e6)),
            full_j=1e6,
            swap_s=120.0,
            turn_s=240.0,
        )
        for number in range(drones)
    )
    road = tuple(
        HorizonVan(
            VehicleId(f"V{number}"),
            f"H{number % HUBS}",
            ((number % HUBS) * 8_000.0, 0.0),
            float(dice.uniform(-300, 2_400)),
            speed_m_s=30 / 3.6,
            circuity=1.3,
            capacity_kg=800.0,
            capacity_parcels=40,
            service_s=120.0,
            load_s=180.0,
        )
        for number in range(vans)
    )
    hubs = tuple(Hub(f"H{number}", (number * 8_000.0, 0.0), load_s=30.0) for number in range(HUBS))
    return Situation(tuple(order(number, 0.0, dice) for number in range(orders)), fleet, hubs, road)


def following(before: Situation, decision: HorizonDecision, dice: Generator, number: int) -> Situation:
    """A second later: what left has left, as many new orders came, one drone in a hundred is home."""
    gone = {choice.order_id for choice in decision.choices if choice.action == "launch"}
    left = [each for each in before.orders if each.order_id not in gone]
    new = [order(number * 10_000 + each, before.now_s, dice) for each in range(len(before.orders) - len(left) + 2)]
    queues = {each.vehicle_id: each.queue for each in decision.drones}
    busy = {each.vehicle_id: each.queue[0] in gone for each in decision.drones}
    tours = {each.vehicle_id: each.tour for each in decision.vans}
    now_s = before.now_s + 1.0
    return replace(
        before,
        orders=(*left, *new)[: len(before.orders)],
        drones=tuple(
            replace(
                each,
                foreseen=tuple(name for name in queues.get(each.vehicle_id, ()) if name not in gone),
                ready_at_s=now_s + 1_200.0 if busy.get(each.vehicle_id) else each.ready_at_s,
            )
            for each in before.drones
        ),
        vans=tuple(replace(each, next_tour=tours.get(each.vehicle_id, ())) for each in before.vans),
        now_s=now_s,
    )


def timed(now: Situation) -> tuple[HorizonDecision, float]:
    """Decide; milliseconds of processor time."""
    began_s = time.process_time()
    decision = decide(now)
    return decision, (time.process_time() - began_s) * 1e3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100, help="Decisions timed for each size.")
    wanted = parser.parse_args().decisions
    decide(situation(2, 1, 4, np.random.default_rng(7)))  # the machine code is made, or fetched from disk
    rest_collector()  # as the service does before its loop runs
    print("drones  vans  orders   cold ms   median ms   p99 ms   us an order   choices")
    for drones, vans, orders in SIZES:
        dice = np.random.default_rng(7)
        now = situation(drones, vans, orders, dice)
        decision, cold_ms = timed(now)
        taken_ms: list[float] = []
        for number in range(1, wanted + 1):
            now = following(now, decision, dice, number)
            decision, spent_ms = timed(now)
            taken_ms.append(spent_ms)
        median_ms, p99_ms = np.median(taken_ms), np.percentile(taken_ms, 99)
        print(
            f"{drones:6d} {vans:5d} {orders:7d} {cold_ms:9.1f} {median_ms:11.1f} {p99_ms:8.1f}"
            f" {median_ms / orders * 1e3:13.1f} {len(decision.choices):9d}",
            flush=True,
        )


if __name__ == "__main__":
    main()
