"""The controller under load, in a process of its own: the real service, its desks, tracker, stores and announcer.

Only the orders are missing: dispatch looks every second and finds nothing to do. Prints what it measured as JSON:
processor time of this process over the window (all its threads, kernel time included), the event loop's lag seen by a
10 ms ticker in a window of its own before, frames taken and lost in both by their sequence numbers, datagrams the
kernel dropped, and what a stall of the whole process cost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import json
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from link_process import Window, lag, resident_mb, ticker

from skystork.app.networks import Network
from skystork.app.service import Service
from skystork.app.site import Site, load_site
from skystork.app.state_folder import StateFolder
from skystork.link.sieve import load_kernel
from skystork.orders.order import VehicleId
from skystork.shell.connection_url import UdpIn
from skystork.shell.endpoints import open_endpoint
from skystork.shell.fast_loop import LoopChoice, run_on
from skystork.shell.mqtt import MqttBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.world_clock import WorldClock

SITE = Path(__file__).parents[1] / "sim" / "scenarios" / "darlington"


def fleet_site(vehicles: int, ports: list[int]) -> Site:
    """The Darlington site with another fleet: the same aircraft many times."""
    site = load_site(SITE)
    drones = tuple(
        replace(
            site.drones[0],
            vehicle_id=VehicleId(f"L-{number:04d}"),
            serial_number=f"load-{number:04d}",
            system_id=number // len(ports) + 1,
            network=f"n{number % len(ports)}",
        )
        for number in range(vehicles)
    )
    networks = tuple(Network(f"n{index}", UdpIn("127.0.0.1", port)) for index, port in enumerate(ports))
    return replace(site, drones=drones, vans=(), networks=networks)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the service has met so far."""

    frames: int
    lost: int
    drops: int
    """Datagrams that the kernel threw away."""
    published: int

    @classmethod
    def of(cls, service: Service, bus: MqttBus) -> Seen:
        """Add up all networks."""
        met = [service.links.figures(each.name, str(each.connection)) for each in service.site.networks]
        return cls(
            sum(each.frames for each in met),
            sum(each.lost for each in met),
            sum(each.kernel_drops for each in met),
            bus.statistics.published,
        )


async def measure(given: argparse.Namespace, folder: Path) -> None:
    """Serve, warm up, measure, stall, report."""
    ports = [int(port) for port in given.ports.split(",")]
    site = fleet_site(given.vehicles, ports)
    load_kernel()
    async with AsyncExitStack() as stack:
        endpoints = {network.name: await open_endpoint(network.connection) for network in site.networks}
        bus = await stack.enter_async_context(MqttBus(given.mqtt, "skystork-load"))
        await bus.wait_connected(10.0)
        pool = await stack.enter_async_context(SolverPool(1))
        await bus.publish(f"skystork/v1/{site.table.name}/weather/state", calm(), retain=True)
        empty_mb = resident_mb()
        service = Service(site, StateFolder(folder), bus=bus, endpoints=endpoints, pool=pool, seed=None)
        serving = asyncio.create_task(service.run(), name="service")
        print("ready", flush=True)
        await asyncio.sleep(given.warm_up)
        before = Seen.of(service, bus)
        with profiled(given.profile):
            window = await watch(given.seconds)
        after = Seen.of(service, bus)
        report = window | differences(before, after, 2 * window["seconds"])
        report["kb_per_vehicle"] = (report["resident_mb"] - empty_mb) * 1e3 / given.vehicles
        report["us_per_frame"] = report["core_percent"] / 100 / max(report["frames_hz"], 1) * 1e6
        if given.stall:
            late_s: list[float] = []
            ticking = asyncio.create_task(ticker(late_s), name="ticker")
            await asyncio.sleep(0)
            time.sleep(given.stall)  # noqa: ASYNC251  # the whole process stands still
            await asyncio.sleep(3.0)
            ticking.cancel()
            report["stood_still_s"] = max(late_s)  # a busy machine may let it stand longer than it was told to
            stalled = Seen.of(service, bus)
            report |= {"stall_lost": stalled.lost - after.lost, "stall_drops": stalled.drops - after.drops}
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        print(json.dumps(report), flush=True)


def calm() -> bytes:
    """A weather reading, without which the service waits at its start."""
    reading = {"atS": time.time(), "windEnuMS": [1.0, 1.0], "gustMS": 2.0, "rainMmH": 0.0, "visibilityM": 10_000.0}
    return json.dumps(reading).encode()


async def watch(seconds: float) -> dict[str, float]:
    """Let the service work for a time; what that took. The loop's lag is looked at before, in a time of its own.

    The ticker that looks at it is no part of the controller, and costs 0.7 % of a core (measured).
    """
    late_s: list[float] = []
    ticking = asyncio.create_task(ticker(late_s), name="ticker")
    await asyncio.sleep(seconds)
    ticking.cancel()
    window = Window()
    await asyncio.sleep(seconds)
    return window.end() | lag(late_s)


def differences(before: Seen, after: Seen, seconds: float) -> dict[str, float]:
    """What was met in the window."""
    return {
        "frames_hz": (after.frames - before.frames) / seconds,
        "lost": after.lost - before.lost,
        "drops": after.drops - before.drops,
        "published_hz": (after.published - before.published) / seconds,
    }


@contextlib.contextmanager
def profiled(wanted: bool) -> Iterator[None]:
    """Print where the time went, to standard error."""
    if not wanted:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(45)


def main() -> None:
    """Read the arguments and measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ports", required=True, help="one for each network, separated by commas")
    options.add_argument("--mqtt", required=True)
    options.add_argument("--vehicles", type=int, required=True)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--warm-up", type=float, default=8.0)
    options.add_argument("--stall", type=float, default=0.0)
    options.add_argument("--loop", type=LoopChoice, default=LoopChoice.ASYNCIO)
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="skystork-load-") as folder:
        run_on(measure(given, Path(folder)), WorldClock.real(), given.loop)


if __name__ == "__main__":
    main()
