"""Deliveries on real PX4s, one after the other: delivered or not, and how near to the plan each was flown.

    PX4_SITL=<folder> python benchmarks/sitl_deliveries.py --count 20 --speed 5

Two drones take turns in pairs (``--drones``), each pair of orders placed when the one before has ended, doorsteps all
round the depot. The same service, crew and observer (MAVSDK) as the plays of ``tests/sitl/``. Exit code 0 when all were
delivered and the cross-track error in cruise is under 2 m for 95 % of the positions of all flights together.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from tests_support.logbook import figures
from tests_support.play_world import Running, write_play_site
from tests_support.px4_play_world import Px4PlayWorld

from skystork.app.make_ready import make_ready
from skystork.orders import events as e
from skystork_sim.px4.fixtures import instances_of
from skystork_sim.px4.fleet import Px4Fleet
from skystork_sim.px4.holder import free_instances
from skystork_sim.px4.site_fleet import vehicles_of_site
from skystork_sim.px4.source import find_px4

CRUISE, CROSS_TRACK_P95_M = "cruise", 2.0
DISTANCES_M = (300.0, 400.0, 350.0, 250.0)
TURN = math.radians(137.5)  # of the doorstep from one order to the next: all round, none twice


def main() -> int:
    """Fly and print; returns the exit code."""
    options = parse_arguments()
    folder = options.out / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    instances = free_instances(options.drones, instances_of(options.instances))
    systems = {f"SQ-{number}": instance + 1 for number, instance in enumerate(instances, start=1)}
    site = write_play_site(folder / "site", systems)
    make_ready()  # before any PX4 is there: a minute of translating is a lost link to it
    began_s = time.monotonic()
    with Px4Fleet(find_px4(), vehicles_of_site(site), folder, speed=options.speed, seed=1) as fleet:
        world = Px4PlayWorld(site, folder / "state", fleet)
        version = json.loads((folder / "run.json").read_text())["px4_version"]
        print(
            f"PX4 {version}; {options.drones} drones, {options.speed:g} times real time; logs in {folder}", flush=True
        )
        try:
            world.play(lambda: deliver(world, options.count, options.drones))
        finally:
            (folder / "story.txt").write_text(world.logbook.story() + "\n", encoding="utf-8")
            code = summary(world, options.count)
    print(f"took {time.monotonic() - began_s:.0f} s; load average at the end {os.getloadavg()[0]:.1f}")
    return code


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="deliveries")
    parser.add_argument("--drones", type=int, default=2, help="PX4s that take turns")
    parser.add_argument("--speed", type=float, default=5.0, help="simulated seconds in a second")
    parser.add_argument("--instances", default=os.environ.get("PX4_SITL_INSTANCES", "0-249"), help="that may be used")
    parser.add_argument("--out", type=Path, default=Path("run/sitl_deliveries"), help="a folder for each run is made")
    return parser.parse_args()


async def deliver(world: Px4PlayWorld, count: int, drones: int) -> None:
    """So many orders, as many at a time as there are drones; each result printed when it is known."""
    async with world.serving() as run:
        await run.until_ready()
        for first in range(0, count, drones):
            orders = range(first, min(first + drones, count))
            for number in orders:
                angle, distance_m = number * TURN, DISTANCES_M[number % len(DISTANCES_M)]
                place = {"east_m": distance_m * math.cos(angle), "north_m": distance_m * math.sin(angle)}
                await run.accept(f"O-{number + 1}", **place)
            await run.until_at_rest()
            for number in orders:
                tell(run, f"O-{number + 1}")
            await run.until_ready()


def tell(run: Running, order_id: str) -> None:
    """One flight in a line."""
    logbook = run.world.logbook
    tracked = [
        event for _, event in logbook.events if isinstance(event, e.FlightTracked) and event.order_id == order_id
    ]
    landed = [event for _, event in logbook.events if isinstance(event, e.FlightLanded) and event.order_id == order_id]
    words = [f"{order_id:5} {run.state_of(order_id)}"]
    for event in tracked:
        cruise = next((part for part in event.parts if part.part == CRUISE), None)
        if cruise is not None:
            words.append(
                f"{event.vehicle_id} cross-track p50 {cruise.cross_track_p50_m:.2f} p95 {cruise.cross_track_p95_m:.2f} "
                f"max {cruise.cross_track_max_m:.2f} m, height p95 {cruise.height_p95_m or math.nan:.2f} m, "
                f"time p95 {cruise.time_p95_s or math.nan:.1f} s"
            )
    for event in landed:
        log = logbook.vehicles[event.vehicle_id]
        words.append(f"{event.flown_s:.0f} s in the air, landed {log.landed_from_pad_m or math.nan:.2f} m from the pad")
    words += [str(reason) for reason in run.service.journal.book.order(order_id).reasons]  # type: ignore[arg-type]
    print("; ".join(words), flush=True)


def summary(world: Px4PlayWorld, count: int) -> int:
    """All flights together."""
    delivered = sum(isinstance(event, e.OrderDelivered) for _, event in world.logbook.events)
    launched = sum(isinstance(event, e.FlightLaunched) for _, event in world.logbook.events)
    cruise = [m for log in world.logbook.vehicles.values() for m in log.cruise_cross_track_m("outbound", "inbound")]
    p95_m = sorted(cruise)[int(0.95 * len(cruise))] if cruise else math.inf
    print(f"{delivered} of {count} delivered in {launched} flights; contingencies: {world.logbook.rules() or 'none'}")
    print(f"cross-track in cruise, all positions [m]: {figures(cruise)}")
    for name, agreement in world.agreements.items():
        print(f"{name} {agreement.told()}")
    return 0 if delivered == count and p95_m < CROSS_TRACK_P95_M else 1


if __name__ == "__main__":
    sys.exit(main())
