"""Command line of the simulation: ``fleet`` runs the vehicles of a site, ``drones`` some drones, ``demand`` orders."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt

from skystork.frames import Geodetic
from skystork_sim.autopilot_streams import STREAM_SETS
from skystork_sim.demand import generate_orders, read_towns, to_csv, to_jsonl, utc
from skystork_sim.drones import MOST, DroneOrder, read_fault, read_parameter, start_drones
from skystork_sim.fleet import FIRST_PORT, SimWorld
from skystork_sim.mqtt_bus import MqttBus
from skystork_sim.paced_loop import Pace, PacedLoop, read_pace
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
    _add_drones(commands.add_parser("drones", help="fly PX4-like drones for any ground station"))
    demand = commands.add_parser("demand", help="write a seeded hour of orders")
    demand.add_argument("--seed", type=int, required=True)
    demand.add_argument("--count", type=int, default=60)
    demand.add_argument("--start", type=utc, required=True, help="RFC 3339 with offset")
    demand.add_argument("--towns", type=Path, default=DEFAULT_TOWNS)
    demand.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    demand.set_defaults(run=_write_demand)
    return parser


def _add_drones(drones: argparse.ArgumentParser) -> None:
    drones.add_argument("--count", type=int, default=1, help="how many; system ids from --instance + 1")
    drones.add_argument("--instance", type=int, default=0, help="number of the first, as PX4 counts them")
    drones.add_argument("--base-port", type=int, default=FIRST_PORT, help="UDP port of instance 0")
    drones.add_argument("--ground", default="127.0.0.1:14550", help="where they speak first")
    drones.add_argument("--home", default="47.3977419,8.5455938,489", help="latitude,longitude[,altitude AMSL in m]")
    drones.add_argument("--speed", type=float, default=1.0, help="simulated seconds in a second")
    drones.add_argument("--streams", choices=tuple(STREAM_SETS), default="px4-default", help="what they send unasked")
    drones.add_argument("--wind", default="0,0", help="m/s towards the east,north")
    drones.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="a PX4 parameter")
    drones.add_argument("--winch", action="store_true", help="a winch in place of the gripper")
    drones.add_argument("--fault", action="append", default=[], metavar="[ID:]KIND[=VALUE][@AFTER_S][+DURATION_S]")
    drones.set_defaults(run=_run_drones)


def _run_drones(options: argparse.Namespace) -> int:
    last = options.instance + options.count
    if not (0 < options.speed <= 1000 and options.count >= 1 and options.instance >= 0 and last <= MOST):
        print(
            f"--count {options.count} --instance {options.instance} --speed {options.speed:g} is out of range; "
            f"count at least 1, instances 0..{MOST - 1}, speed above 0, at most 1000.",
            file=sys.stderr,
        )
        return USAGE
    host, _, port = options.ground.rpartition(":")
    place = _numbers("--home", options.home, (2, 3))
    east_m_s, north_m_s = _numbers("--wind", options.wind, (2,))
    ids = range(options.instance + 1, last + 1)
    order = DroneOrder(
        home=Geodetic(place[0], place[1]),
        home_amsl_m=place[2] if len(place) == 3 else 0.0,
        count=options.count,
        first_instance=options.instance,
        base_port=options.base_port,
        ground=(host, int(port)),
        streams=options.streams,
        wind_m_s=(east_m_s, north_m_s),
        parameters=dict(read_parameter(text) for text in options.parameter),
        faults=tuple(fault for text in options.fault for fault in read_fault(text, ids)),
        winch=options.winch,
    )
    now_s = time.time()
    with asyncio.Runner(loop_factory=lambda: PacedLoop(Pace(now_s, now_s, options.speed))) as runner:
        runner.run(_serve_drones(order))
    return 0


async def _serve_drones(order: DroneOrder) -> None:
    drones = await start_drones(order)
    ports = f"{order.base_port + order.first_instance} and up" if order.count > 1 else str(order.base_port)
    logging.info("%d drones on UDP %s, speaking to %s:%d", len(drones), ports, *order.ground)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        for drone in drones:
            drone.close()


def _numbers(option: str, text: str, counts: tuple[int, ...]) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in counts:
        raise ScenarioError([f"{option} {text}: write {' or '.join(map(str, counts))} numbers, separated by commas."])
    return numbers


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
