"""How long from an order being accepted, on disk, to its decision being on disk: the dispatch desk in its event loop.

The desk is the service's own, with its ledger on a disk; 500 drones and 20 vans are known to it, 2,000 orders wait. New
ones come at random moments, two a second. Beside it a clock ticks each 10 ms in the same loop: how late it ticks is
what a link or a flight would have to wait.

    python benchmarks/dispatch/event_to_decision.py --orders 2000 --drones 500 --events 100
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from skystork.airspace.weather import Weather
from skystork.app.dispatch_desk import DispatchDesk
from skystork.app.drone_desk import DroneAvailability
from skystork.app.horizon_job import warm_up
from skystork.app.journal import Journal
from skystork.app.options import default_site
from skystork.app.partner_desk import PartnerDesk
from skystork.app.planning_job import make_planner
from skystork.app.robot_desk import RobotDesk
from skystork.app.site import Site, load_site
from skystork.app.van_arrivals import soonest_drive_s
from skystork.app.van_view import VanView
from skystork.fleet.vehicle import Drone
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.order import Order, OrderId, Parcel, VehicleId
from skystork.shell.fast_loop import rest_collector
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.store import LedgerStore

TICK_S = 0.01
REACH_M = 9_000.0


@dataclass
class Busy:
    """A drone in the air: it is back some time in the next half hour."""

    drone: Drone
    back_at_s: float
    busy: bool = True
    out_of_service: str | None = None

    @property
    def full_battery_j(self) -> float:
        """As bought [J]."""
        return self.drone.profile.battery_j

    def availability(self, now_s: float) -> DroneAvailability:
        """When it is back, with a new battery."""
        ready_at_s, full_j = max(self.back_at_s, now_s + 1), self.full_battery_j
        return DroneAvailability(self.drone.vehicle_id, self.drone.profile, ready_at_s, full_j, full_j)


class Vans:
    """Vans that stand at the depot."""

    def __init__(self, site: Site, count: int) -> None:
        kinds = [replace(site.vans[0], vehicle_id=VehicleId(f"V-{n}"), serial_number=f"V-{n}") for n in range(count)]
        self.views = {van.serial_number: VanView(van, site.depot) for van in kinds}
        self._site = site

    def drive_s(self, place: Geodetic) -> float:
        """Until a van from the depot has handed it over."""
        return soonest_drive_s(self._site.vans, self._site.depot, place)

    def in_tour(self, order_id: OrderId) -> str:  # noqa: ARG002
        """No tour was sent."""
        return ""

    def replan(self) -> None:
        """Nothing was planned."""


class Clocks:
    """When each order was accepted and when it was decided."""

    def __init__(self) -> None:
        self.accepted_s: dict[OrderId, tuple[float, float]] = {}
        self.took_s: dict[OrderId, float] = {}
        self.worked_s: dict[OrderId, float] = {}
        """Processor time of this process in between: what it takes where nobody else wants the core [s]."""
        self.late_s: list[float] = []

    def note(self, _: float, event: e.Event) -> None:
        """Both are told once they are on disk."""
        now_s, work_s = time.perf_counter(), time.process_time()
        if isinstance(event, e.OrderAccepted):
            self.accepted_s[event.order_id] = now_s, work_s
        if isinstance(event, e.OrderDecided) and event.order_id not in self.took_s:
            accepted_s, accepted_work_s = self.accepted_s[event.order_id]
            self.took_s[event.order_id] = now_s - accepted_s
            self.worked_s[event.order_id] = work_s - accepted_work_s

    async def tick(self) -> None:
        """See how late the loop is."""
        while True:
            asked_s = time.perf_counter() + TICK_S
            await asyncio.sleep(TICK_S)
            self.late_s.append(time.perf_counter() - asked_s)


def order_of(site: Site, dice: random.Random, name: str, now_s: float) -> Order:
    place = site.frame.to_geodetic(dice.uniform(-REACH_M, REACH_M), dice.uniform(-REACH_M, REACH_M))
    return Order(OrderId(name), now_s, place, Parcel(dice.uniform(0.2, 3.0), 0.3, 0.2, 0.1))


async def measure(asked: argparse.Namespace, folder: Path) -> Clocks:
    """Fill the desk, then let orders come."""
    loop, site, dice = asyncio.get_running_loop(), load_site(default_site()), random.Random(asked.seed)
    journal = Journal(LedgerWriter(LedgerStore.open(folder / "ledger.db")))
    clocks, bus = Clocks(), MemoryBus()
    journal.listen(clocks.note)
    kinds = [replace(site.drones[n % len(site.drones)], vehicle_id=VehicleId(f"D-{n}")) for n in range(asked.drones)]
    drones = [Busy(drone, loop.time() + dice.uniform(30.0, 1_800.0)) for drone in kinds]
    now_s: Callable[[], float] = loop.time
    weather = Weather(now_s(), (3.0, 0.0), 5.0)
    desk = DispatchDesk(
        site,
        journal,
        make_planner(site),
        drones,  # type: ignore[arg-type]  # what is read of a desk is there
        Vans(site, asked.vans),
        PartnerDesk(site, journal, bus, "root"),
        robots=RobotDesk(site, journal, bus, "root"),
        road={},
        weather=lambda: weather,
        unread=lambda: (),
        start_flight=lambda *_: None,
        call_off=lambda *_: "",
    )
    for number in range(asked.orders):
        order = order_of(site, dice, f"W-{number}", now_s())
        by_s = now_s() + dice.uniform(1_800.0, 10_800.0)
        await journal.record(e.OrderAccepted(order.order_id, order))
        await journal.record(e.PromiseMade(order.order_id, e.Mode.DRONE, by_s))
    await desk.decide()
    clocks.took_s.clear()
    ticking, running = asyncio.create_task(clocks.tick()), asyncio.create_task(desk.run())
    for number in range(asked.events):
        await asyncio.sleep(dice.uniform(0.1, 0.9))
        order = order_of(site, dice, f"N-{number}", now_s())
        await journal.record(e.OrderAccepted(order.order_id, order))
    await asyncio.sleep(2.0)
    for task in (ticking, running):
        task.cancel()
    await asyncio.gather(ticking, running, return_exceptions=True)
    return clocks


def shown(name: str, values_s: list[float]) -> str:
    ranked = sorted(values_s)
    picks = (50, 95, 99, 100)
    figures = ", ".join(
        f"p{pick} {1e3 * ranked[min(len(ranked) - 1, len(ranked) * pick // 100)]:.0f}" for pick in picks
    )
    return f"{name} ({len(ranked)}): {figures} ms"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("orders", 2_000), ("drones", 500), ("vans", 20), ("events", 100), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    warm_up()
    rest_collector()
    with tempfile.TemporaryDirectory() as folder:
        clocks = asyncio.run(measure(asked, Path(folder)))
    new = [took_s for order_id, took_s in clocks.took_s.items() if order_id.startswith("N-")]
    worked = [worked_s for order_id, worked_s in clocks.worked_s.items() if order_id.startswith("N-")]
    print(
        f"{asked.drones} drones, {asked.vans} vans, {asked.orders} orders waiting, {len(new)} of {asked.events} decided"
    )
    print(shown("event to decision", new))
    print(shown("of it this process's own work", worked))
    print(shown("event loop late", clocks.late_s))


if __name__ == "__main__":
    main()
