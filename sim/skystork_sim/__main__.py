"""Command line of the simulation: ``fleet`` runs the vehicles of a site, ``demand`` writes orders."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt

from skystork_sim.demand import generate_orders, read_towns, to_csv, to_jsonl, utc
from skystork_sim.fleet import FIRST_PORT, SimWorld
from skystork_sim.mqtt_bus import MqttBus
from skystork_sim.paced_loop import PacedLoop, read_pace
from skystork_sim.site import Site, read_site
from skystork_sim.toml_table import ScenarioError
from skystork_sim.truth import TruthLog
from skystork_sim.udp import open_udp
from skystork_sim.world import CALM, World, read_world

USAGE, INVALID_INPUT, UNAVAILABLE = 2, 3, 7
PACKAGE = Path(__file__).parent
SCENARIOS = PACKAGE / "scenarios" if (PACKAGE / "scenarios").exists() else PACKAGE.parent / "scenarios"
"""Inside the package in a wheel, beside it in a checkout."""
DEFAULT_TOWNS = SCENARIOS / "darlington" / "towns.toml"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return int(options.run(options))
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return INVALID_INPUT
    except OSError as error:
        print(f"{error}. Is another fleet running on these ports?", file=sys.stderr)
        return UNAVAILABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m skystork_sim", description=__doc__)
    commands = parser.add_subparsers(required=True)
    fleet = commands.add_parser("fleet", help="fly and drive the vehicles of a site")
    fleet.add_argument("--site", type=Path, required=True, help="folder with site.toml")
    fleet.add_argument("--world", type=Path, help="world file; default: world.toml in the site's folder, else calm")
    fleet.add_argument("--controller", default="127.0.0.1:14550", help="where the drones send first")
    fleet.add_argument("--first-port", type=int, default=FIRST_PORT, help="UDP port of the first drone")
    fleet.add_argument("--mqtt", help="broker of vans and depot crew, mqtt://host:port[?protocol=3.1.1]; none without")
    fleet.add_argument("--speed", type=float, default=1.0, help="simulated seconds in a second")
    fleet.add_argument("--clock", type=Path, required=True, help="clock.json shared with the controller")
    fleet.add_argument("--truth", type=Path, required=True, help="folder for the record of what really happened")
    fleet.set_defaults(run=_run_fleet)
    demand = commands.add_parser("demand", help="write a seeded hour of orders")
    demand.add_argument("--seed", type=int, required=True)
    demand.add_argument("--count", type=int, default=60)
    demand.add_argument("--start", type=utc, required=True, help="RFC 3339 with offset")
    demand.add_argument("--towns", type=Path, default=DEFAULT_TOWNS)
    demand.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    demand.set_defaults(run=_write_demand)
    return parser


def _write_demand(options: argparse.Namespace) -> int:
    rows = generate_orders(read_towns(options.towns), seed=options.seed, count=options.count, start=options.start)
    sys.stdout.write(to_csv(rows) if options.format == "csv" else to_jsonl(rows))
    return 0


def _run_fleet(options: argparse.Namespace) -> int:
    site = read_site(options.site)
    path = options.world or options.site / "world.toml"
    world = read_world(path, site) if options.world or path.exists() else CALM
    if not 0 < options.speed <= 1000:
        print(f"--speed {options.speed:g} is out of range; give a number above 0, at most 1000.", file=sys.stderr)
        return USAGE
    pace = read_pace(options.clock, sim_start_s=site.starts_at_s, speed=options.speed)
    with TruthLog(options.truth) as truth, asyncio.Runner(loop_factory=lambda: PacedLoop(pace)) as runner:
        runner.run(_serve(options, site, world, truth))
    return 0


async def _serve(options: argparse.Namespace, site: Site, world: World, truth: TruthLog) -> None:
    host, _, port = options.controller.rpartition(":")
    bus = None if options.mqtt is None else _bus(options.mqtt)
    fleet = SimWorld(site, world, controller=(host, int(port)), bus=bus, record=truth.write)
    for index, entry in enumerate(site.drones):
        endpoint = await open_udp(("127.0.0.1", options.first_port + index), fleet.faults[entry.system_id].link_is_cut)
        fleet.connect(entry, endpoint)
    logging.info(
        "%s: %d drones on UDP %d and up, %d vans", site.name, len(site.drones), options.first_port, len(site.vans)
    )
    await _until_signalled(fleet, bus)


async def _until_signalled(fleet: SimWorld, bus: MqttBus | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(fleet.run(), name="fleet")]
    if bus is not None:
        tasks.append(asyncio.create_task(bus.run(), name="mqtt"))
    waiting = asyncio.create_task(stop.wait(), name="signal")
    done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in (*tasks, waiting):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task if task in done else await asyncio.wait({task})


def _bus(url: str) -> MqttBus:
    parts = urlsplit(url)
    if parts.scheme != "mqtt" or not parts.hostname:
        raise ScenarioError([f"--mqtt {url}: no broker address; write mqtt://host:port."])
    version = aiomqtt.ProtocolVersion.V311 if "protocol=3.1.1" in parts.query else aiomqtt.ProtocolVersion.V5
    return MqttBus(parts.hostname, parts.port or 1883, protocol=version)


if __name__ == "__main__":
    sys.exit(main())
