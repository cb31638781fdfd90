"""From a command to the datagram on the wire: 100 vehicles at PX4's default streams, the whole service beside it.

Each action goes through the one way in, as the console's do: gate, ledger, steering desk, ledger, link. The clock runs
from the call to the moment at which the datagram with the command is handed to the socket. The vehicles are those of
``link_load.py``; their flights are put on the desks, because a load that flies would be another measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from link_controller import calm, fleet_site

from skystork.app.flight_runner import FlightRunner
from skystork.app.service import Service, StateFolder
from skystork.control.commands import KINDS
from skystork.control.roles import Door, Issuer, Role
from skystork.flight import phase as p
from skystork.flight.flight import Flight
from skystork.flight.mission import compile_mission
from skystork.flight.release import Parcel
from skystork.link.sieve import load_kernel
from skystork.orders import events as e
from skystork.orders.order import FlightId, Order, OrderId
from skystork.orders.order import Parcel as Box
from skystork.planning.flight_plan import FlightPlan
from skystork.shell.bus import Address
from skystork.shell.endpoints import open_endpoint
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from tests_support.plans import straight_plan

HERE = Path(__file__).parent
WHO = Issuer("bench", Role.SUPERVISOR, Door.CONSOLE)
COMMAND_LONG = (76).to_bytes(3, "little")
WARM_UP_S = 12.0
PATIENCE_S = 10.0


class Wire:
    """The socket, with a note of when a command was handed to it."""

    def __init__(self, endpoint: object) -> None:
        self._endpoint = endpoint
        self.sent_s: asyncio.Future[float] | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._endpoint, name)

    def send(self, data: bytes, address: Address) -> None:
        """Send, and note."""
        self._endpoint.send(data, address)  # type: ignore[attr-defined]
        waiting = self.sent_s
        if waiting is not None and not waiting.done() and data[0] == 0xFD and data[7:10] == COMMAND_LONG:
            waiting.set_result(time.perf_counter())


async def act(service: Service, wire: Wire, number: int, plan: FlightPlan) -> float:
    """One hold of one vehicle in the air; seconds from the call to the wire."""
    desk = service.desks[number % len(service.desks)]
    flight = Flight(plan, compile_mission(plan, service.site.frame), service.site.frame)
    flight.adopt(p.FlightPhase.OUTBOUND, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=desk.state)
    order = Order(OrderId(f"O-{number}"), 0.0, plan.request.drop_off, Box(1.0, 0.2, 0.2, 0.2))
    ids = (order.order_id, FlightId(f"F-{number}"), desk.drone.vehicle_id)
    await service.journal.record(
        e.OrderAccepted(order.order_id, order),
        e.OrderAssigned(*ids, 0.0, 0.0, 0.0),
        e.FlightLaunched(ids[1], ids[2], ids[0]),
    )
    desk.flight, desk.busy = flight, True
    async with asyncio.TaskGroup() as commands:
        runner = FlightRunner(service._flights._s, desk, ids[1], order)  # no flight flies
        runner._commands = commands
        service._flights._runners[desk.drone.vehicle_id] = runner
        now_s = asyncio.get_running_loop().time()
        head = {"type": "hold", "commandId": f"B-{number}", "vehicleId": desk.drone.vehicle_id}
        times = {"issuedAt": datetime.fromtimestamp(now_s, UTC), "expiresAt": datetime.fromtimestamp(now_s + 60, UTC)}
        command = msgspec.convert({**head, **times}, KINDS["hold"])
        wire.sent_s = asyncio.get_running_loop().create_future()
        began_s = time.perf_counter()
        acting = commands.create_task(service.control.execute(command, WHO))
        async with asyncio.timeout(PATIENCE_S):
            took_s = await wire.sent_s - began_s
        acting.cancel()
        for task in (runner._steering, runner._goes_on):
            if task is not None:
                task.cancel()
    desk.flight, desk.busy = None, False
    return took_s


async def main(given: argparse.Namespace) -> None:
    """Serve, load, act, report."""
    port = 14_950
    site = fleet_site(given.vehicles, [port])
    plan = replace(straight_plan(site.frame, distance_m=3000.0), zone_set_hash=site.zones.hash)
    load_kernel()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        endpoint = await open_endpoint(site.networks[0].connection)
        wire, bus = Wire(endpoint), MemoryBus()
        pool = await stack.enter_async_context(SolverPool(1))
        await bus.publish(f"skystork/v1/{site.table.name}/weather/state", calm(), retain=True)
        service = Service(
            site,
            StateFolder(folder),
            bus=bus,
            endpoints={site.networks[0].name: wire},
            pool=pool,
            seed=None,  # type: ignore[dict-item]
        )
        seconds = WARM_UP_S + given.actions / given.rate + 5.0
        words = [sys.executable, "link_load.py", "--ports", str(port), "--vehicles", str(given.vehicles)]
        load = subprocess.Popen([*words, "--seconds", str(seconds)], cwd=HERE, stdout=subprocess.DEVNULL)  # noqa: ASYNC220
        serving = asyncio.create_task(service.run(), name="service")
        await asyncio.sleep(WARM_UP_S)
        took_s = []
        for number in range(given.actions):
            took_s.append(await act(service, wire, number, plan))
            await asyncio.sleep(1 / given.rate)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        load.terminate()
        load.wait()
        endpoint.close()
    took_s.sort()
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    told = ", ".join(f"{name} {1e3 * took_s[math.ceil(share * len(took_s)) - 1]:.1f} ms" for name, share in shares)
    print(f"{len(took_s)} actions on {given.vehicles} vehicles, command to wire: {told}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vehicles", type=int, default=100)
    parser.add_argument("--actions", type=int, default=300)
    parser.add_argument("--rate", type=float, default=10.0, help="actions a second, at most")
    asyncio.run(main(parser.parse_args()))
