"""From a click to the datagram on the wire: 100 vehicles at PX4's default streams, the whole service beside it.

Each action is a request to the service's own HTTP server, from an operator in a process of its own who has a connection
open, as a browser does: HTTP, gate, ledger, steering desk, ledger, link. The clock, one for all processes of a machine,
runs from before the request is written to the moment at which the datagram with the command for that vehicle is handed
to the socket. The vehicles are those of ``link_load.py``; their flights are put on the desks, because a load that flies
would be another measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import math
import os
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from link_controller import calm, fleet_site

from skystork.app.flight_runner import EFFECT_PATIENCE_S, FlightRunner
from skystork.app.http.api import http_api
from skystork.app.service import Service
from skystork.app.state_folder import StateFolder
from skystork.control.roles import Role
from skystork.fleet.vehicle import LinkState
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
from skystork.shell.fast_loop import LoopChoice, run_on
from skystork.shell.http_address import Listen
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.world_clock import WorldClock

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).parent / "http"))
from tests_support.plans import straight_plan
from world import make_token

HERE = Path(__file__).parent
COMMAND_LONG = (76).to_bytes(3, "little")
WARM_UP_S = 12.0
LOAD_S = 3600.0
"""The vehicles are ended with the measurement."""
PATIENCE_S = 30.0


def now_s() -> float:
    """The same clock in every process (clock_gettime(2): CLOCK_MONOTONIC)."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


class Wire:
    """The socket, with a note of when a command to a vehicle was handed to it."""

    def __init__(self, endpoint: object) -> None:
        self._endpoint = endpoint
        self._waiting: dict[int, asyncio.Future[float]] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._endpoint, name)

    def next_to(self, system_id: int) -> asyncio.Future[float]:
        """When the next command to this vehicle goes out."""
        self._waiting[system_id] = asyncio.get_running_loop().create_future()
        return self._waiting[system_id]

    def send(self, data: bytes, address: Address) -> None:
        """Send, and note."""
        self._endpoint.send(data, address)  # type: ignore[attr-defined]
        if data[0] == 0xFD and data[7:10] == COMMAND_LONG:  # mavlink.io, serialization: MAVLink 2
            waiting = self._waiting.pop(data[10 + 30], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(now_s())


class Operator:
    """The other side of ``operate``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._words, self._said = process.stdin, process.stdout

    async def click(self, body: bytes) -> None:
        """Have a command sent; returns when the operator was told."""
        self._words.write(body + b"\n")
        await self._words.drain()

    async def clicked_s(self) -> float:
        """When the request was about to be written."""
        return float(await self._said.readline())


def operate(address: str, token: str) -> None:
    """Post each line that comes, and say when; the answer would come when the effect is seen."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(address)
    connection.connect()
    for line in sys.stdin.buffer:
        began_s = now_s()
        connection.request("POST", "/v1/commands", line.strip(), headers)
        print(began_s, flush=True)
        kept, connection = connection, http.client.HTTPConnection(address)
        connection.connect()
        kept.close()


async def act(service: Service, wire: Wire, operator: Operator, number: int, plan: FlightPlan) -> float:
    """One hold of one vehicle in the air; seconds from the click to the wire."""
    desk = service.desks[number % len(service.desks)]
    await desk.wait_until(lambda: desk.tracker.link is LinkState.UP, PATIENCE_S)  # a silent one is not commanded
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
        at = datetime.fromtimestamp(asyncio.get_running_loop().time(), UTC)
        times = {"issuedAt": at, "expiresAt": at + timedelta(seconds=60)}
        head = {"type": "hold", "commandId": f"B-{number}", "vehicleId": desk.drone.vehicle_id}
        sent_s = wire.next_to(desk.drone.system_id)
        await operator.click(msgspec.json.encode(head | times))
        async with asyncio.timeout(PATIENCE_S):
            took_s = await sent_s - await operator.clicked_s()
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
        words = [sys.executable, "link_load.py", "--ports", str(port), "--vehicles", str(given.vehicles)]
        load = subprocess.Popen([*words, "--seconds", str(LOAD_S)], cwd=HERE, stdout=subprocess.DEVNULL)  # noqa: ASYNC220
        serving = asyncio.create_task(service.run(), name="service")
        served = await stack.enter_async_context(http_api(service, Listen("127.0.0.1", 0)))
        token = make_token(folder, Role.SUPERVISOR, 10_000.0)
        operator = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--operate", served.url.rpartition("/")[2], token,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        await asyncio.sleep(WARM_UP_S)
        took_s = []
        for number in range(given.actions):
            took_s.append(await act(service, wire, Operator(operator), number, plan))
            await asyncio.sleep(1 / given.rate)
        await asyncio.sleep(EFFECT_PATIENCE_S + 1.0)  # the load holds nothing: each request ends when its patience does
        operator.terminate()
        await operator.wait()
        heard = sum(desk.tracker.link is LinkState.UP for desk in service.desks)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        load.terminate()
        load.wait()
        endpoint.close()
    took_s.sort()
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    told = ", ".join(f"{name} {1e3 * took_s[math.ceil(share * len(took_s)) - 1]:.1f} ms" for name, share in shares)
    print(f"{len(took_s)} actions over HTTP, {heard} of {given.vehicles} vehicles heard, click to wire: {told}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vehicles", type=int, default=100)
    parser.add_argument("--actions", type=int, default=300)
    parser.add_argument("--rate", type=float, default=10.0, help="actions a second, at most")
    parser.add_argument("--operate", nargs=2, metavar=("ADDRESS", "TOKEN"), help="be the operator")
    chosen = parser.parse_args()
    if chosen.operate:
        operate(*chosen.operate)
    else:
        run_on(main(chosen), WorldClock.real(), LoopChoice.ASYNCIO)
