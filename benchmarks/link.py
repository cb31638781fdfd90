"""How many vehicles one process supervises: the whole controller under PX4's default streams, beside its peers.

The load (``link_load.py``) and whatever is measured (``link_controller.py``, ``link_peers.py``) are processes of their
own, the broker is Mosquitto. Processor time is that of the measured process, kernel included. Every run is repeated and
the median taken; the machine's load average stands beside it, because a busy machine makes every figure worse.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from px4_mix import MESSAGES_HZ, mean_frame_bytes

from skystork.shell.broker import start_broker

HERE = Path(__file__).parent
MOST_ON_A_NETWORK = 250
"""MAVLink's system id is eight bits, and ground stations have the last."""
WARM_UP_S = 12.0
STALL_S = 0.5
COLUMNS = (
    ("core_percent", "% of a core", "{:.1f}"),
    ("us_per_frame", "us a frame", "{:.1f}"),
    ("frames_hz", "frames/s", "{:.0f}"),
    ("lost", "lost", "{:.0f}"),
    ("lag_p99_ms", "lag p99 ms", "{:.1f}"),
    ("stood_still_s", "stood still s", "{:.2f}"),
    ("stall_lost", "lost in that stall", "{:.0f}"),
    ("resident_mb", "MB", "{:.0f}"),
    ("kb_per_vehicle", "kB a vehicle", "{:.0f}"),
    ("load_average", "load", "{:.1f}"),
)


def free_ports(count: int) -> list[int]:
    """UDP ports nobody has."""
    probes = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


async def under_load(
    command: list[str], ports: list[int], vehicles: int, load_s: float, *, quiet: bool = False
) -> dict[str, Any]:
    """Start what is to be measured, load it once it is ready, return its report."""
    told = asyncio.subprocess.DEVNULL if quiet else None
    measured = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=HERE, stdout=asyncio.subprocess.PIPE, stderr=told
    )
    assert measured.stdout is not None
    while (line := await measured.stdout.readline()).strip() != b"ready":
        if not line:
            raise SystemExit(f"{command[0]} ended before it was ready; see above")
    listed = ",".join(map(str, ports))
    options = ["--ports", listed, "--vehicles", str(vehicles), "--seconds", str(load_s)]
    load = await asyncio.create_subprocess_exec(
        sys.executable, "link_load.py", *options, cwd=HERE, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await measured.communicate()
    sent, _ = await load.communicate()
    return json.loads(said.splitlines()[-1]) | {"load": json.loads(sent.splitlines()[-1])}


async def controller(vehicles: int, loop: str, seconds: float, broker: str) -> dict[str, Any]:
    """Our whole controller."""
    ports = free_ports(-(-vehicles // MOST_ON_A_NETWORK))
    command = ["link_controller.py", "--ports", ",".join(map(str, ports)), "--mqtt", broker, "--loop", loop]
    command += ["--vehicles", str(vehicles), "--seconds", str(seconds), "--warm-up", str(WARM_UP_S)]
    command += ["--stall", str(STALL_S)]
    return await under_load(command, ports, vehicles, WARM_UP_S + 2 * seconds + 6.0)


async def peer(name: str, vehicles: int, seconds: float) -> dict[str, Any]:
    """One of the peers, on one network."""
    ports = free_ports(1)
    command = ["link_peers.py", name, "--port", str(ports[0]), "--vehicles", str(vehicles), "--seconds", str(seconds)]
    report = await under_load(command, ports, vehicles, 8.0 + 2 * seconds + 2.0, quiet=True)
    report["us_per_frame"] = report["used_s"] / report["seconds"] / report["load"]["rate_hz"] * 1e6
    return report


def medians(reports: list[dict[str, Any]]) -> dict[str, float]:
    """Of every figure over the repeats; what is lost is added up, not smoothed away."""
    figures = {name: [report[name] for report in reports if name in report] for name, _, _ in COLUMNS}
    found = {name: statistics.median(values) for name, values in figures.items() if values}
    for name in ("lost", "stall_lost"):
        if figures[name]:
            found[name] = sum(figures[name])
    return found


def row(what: str, vehicles: int, reports: list[dict[str, Any]]) -> None:
    """Print one line of the table."""
    found = medians(reports)
    cells = [form.format(found[name]) if name in found else "" for name, _, form in COLUMNS]
    print("| " + " | ".join((what, str(vehicles), *cells)) + " |", flush=True)


async def measure(given: argparse.Namespace) -> None:
    """The table, row by row; repeats of one row go by turns with the others of its size."""
    today = datetime.now(tz=UTC).date()
    print(f"{today}: {MESSAGES_HZ:.0f} messages/s a vehicle, {mean_frame_bytes():.0f} bytes a frame, ", end="")
    print(f"{given.seconds:g} s, median of {given.repeats}")
    print("| | vehicles | " + " | ".join(title for _, title, _ in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 2) + "|", flush=True)
    async with start_broker(0) as broker:
        for vehicles in given.vehicles:
            reports: dict[str, list[dict[str, Any]]] = {loop: [] for loop in given.loops}
            for _ in range(given.repeats):
                for loop in given.loops:
                    reports[loop].append(await controller(vehicles, loop, given.seconds, broker))
            for loop in given.loops:
                row(f"skystork, {loop}", vehicles, reports[loop])
    for name in given.peers:
        row(name, given.peer_vehicles, [await peer(name, given.peer_vehicles, given.seconds)])


def main() -> None:
    """Read the arguments and measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--vehicles", type=int, nargs="*", default=[100, 300, 1000])
    options.add_argument("--loops", nargs="+", default=["asyncio", "uvloop"])
    options.add_argument("--peers", nargs="*", default=["pymavlink", "mavsdk"])
    options.add_argument("--peer-vehicles", type=int, default=100)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--repeats", type=int, default=3)
    asyncio.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()
