"""The service on real wires: UDP, a broker, paced or real time; and the demonstration hour played that way.

In a live demonstration the world (aircraft, vans, crew) and the broker are processes of their own that survive this
one: killed and started again, the controller finds them as they have become meanwhile and takes over from its ledger.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from skystork.app.announcer import connection_message
from skystork.app.broker_users import BrokerUsers, users_of
from skystork.app.bus_header import Header
from skystork.app.demo import seeded_orders, watch_until_over
from skystork.app.ledger_view import LedgerView
from skystork.app.make_ready import make_ready
from skystork.app.networks import only_listener
from skystork.app.service import Service
from skystork.app.site import Site, starts_at_s
from skystork.app.snapshot import Watch
from skystork.app.state_folder import StateFolder
from skystork.errors import Unavailable
from skystork.orders.order import Order
from skystork.orders.parsing import read_orders
from skystork.shell.broker import find_mosquitto, start_broker
from skystork.shell.bus import DatagramEndpoint
from skystork.shell.console import ConsoleView
from skystork.shell.endpoints import open_endpoint
from skystork.shell.fast_loop import LoopChoice, run_on
from skystork.shell.http_address import Listen
from skystork.shell.loops import run_paced
from skystork.shell.mqtt import MqttBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.world_clock import WorldClock, join_clock, load_or_create_clock

BROKER_PORT = 1883
"""MQTT's registered port, so that `mosquitto_sub -t 'skystork/#'` finds it."""
PX4_PORT_OFFSET = 18_570 - 14_550
"""From the ground station's port to the first vehicle's, as PX4 SITL has them."""
END_S = 5.0
"""For the world and its broker to end by themselves."""
CONNECT_S = 10.0
"""How long a start waits for the broker [s of real time]."""
SOLVERS = ("skystork.app.planning_job", "skystork.planning.prepared", "pyvrp")
RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class LiveRun:
    """What a later start must know of a live run."""

    seed: int
    count: int
    speed: float
    broker: str
    broker_pid: int | None
    world_pid: int | None


def serve(
    site: Site,
    state: Path,
    *,
    broker: str,
    clock_file: Path | None,
    order_file: Path | None,
    loop: LoopChoice,
    http: Listen | None,
    users: BrokerUsers,
) -> None:
    """Serve a site until SIGINT or SIGTERM."""
    orders: tuple[Order, ...] = ()
    if order_file is not None:
        text = order_file.read_text(encoding="utf-8")
        orders = read_orders(text, name=order_file.name, depot=site.depot)
    clock = WorldClock.real()
    if clock_file is not None:
        clock = join_clock(clock_file, sim_start_s=starts_at_s(site))
    state.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    print(f"serving {site.table.name}: MAVLink on {_named(site)}, broker {broker}, ledger in {state}; Ctrl-C stops")
    with _sigterm_as_interrupt():
        try:
            run_on(_serve_forever(site, state, broker, orders, clock.speed, http, users), clock, loop)
        except KeyboardInterrupt:
            print("stopped; whatever is in the air is taken over by the next start")


def _named(site: Site) -> str:
    return ", ".join(str(network) for network in site.networks)


async def _serve_forever(  # noqa: PLR0917  # one call, right above
    site: Site,
    state: Path,
    broker: str,
    orders: tuple[Order, ...],
    speed: float,
    http: Listen | None,
    users: BrokerUsers,
) -> None:
    async def watch(service: Service, serving: asyncio.Task[None]) -> None:
        shown = Watch(service, speed=speed, expected_orders=len(orders))
        with ConsoleView() as view:
            while not serving.done():
                view.show(shown.snapshot())
                await asyncio.wait({serving}, timeout=speed)
        serving.result()

    await _with_service(site, state, broker, orders=orders, seed=None, watch=watch, http=http, users=users)


async def _with_service(
    site: Site,
    state: Path,
    broker: str,
    *,
    orders: tuple[Order, ...],
    seed: int | None,
    watch: Callable[[Service, asyncio.Task[None]], Awaitable[None]],
    http: Listen | None,
    users: BrokerUsers,
) -> None:
    """Open the wires, run the service beside ``watch``, close in the opposite order."""
    now_s = asyncio.get_running_loop().time()
    header = Header(site.table.manufacturer)
    topic = f"skystork/v1/{site.table.name}/{site.table.manufacturer}/controller/connection"
    will = (topic, connection_message(header, topic, now_s, "CONNECTION_BROKEN"))
    birth = (topic, connection_message(header, topic, now_s, "ONLINE"))
    make_ready()
    async with AsyncExitStack() as stack:
        endpoints: dict[str, DatagramEndpoint] = {}
        for network in site.networks:
            endpoints[network.name] = endpoint = await open_endpoint(network.connection)
            stack.callback(endpoint.close)
        name = f"skystork-{site.table.name}"
        mail = MqttBus(broker, f"{name}-commands", will=will, birth=birth, keeps_session=True)
        await stack.enter_async_context(mail)
        bus = await stack.enter_async_context(MqttBus(broker, name))
        await bus.wait_connected(CONNECT_S)
        pool = await stack.enter_async_context(SolverPool(1, preload=SOLVERS))
        service = Service(
            site, StateFolder(state), bus=bus, mail=mail, endpoints=endpoints, pool=pool, seed=seed, users=users
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, service.zones.reload)
        serving = asyncio.create_task(service.run(orders), name="service")
        try:
            async with _web(service, http):
                await watch(service, serving)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def _web(service: Service, http: Listen | None) -> AsyncIterator[None]:
    """The HTTP API beside the service, where an address is given."""
    if http is None:
        yield
        return
    from skystork.app.http.api import http_api  # noqa: PLC0415  # half a second that only this needs

    async with http_api(service, http) as served:
        print(f"console:    {served.url}")
        if served.setup_code:
            print(f"first run:  {served.url}/#setup={served.setup_code} makes the owner, once")
        yield


# ---------------------------------------------------------------------- the demonstration


def live_demo(
    site: Site,
    folder: Path,
    *,
    seed: int,
    count: int,
    speed: float,
    broker: str | None,
    fresh: bool,
    http: Listen | None,
) -> None:
    """Play the hour on real wires; an unfinished run in the folder is gone on with."""
    earlier = None if fresh else _unfinished(folder)
    if earlier is None:
        stop_world(folder, quiet=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    else:
        seed, count, speed = earlier.seed, earlier.count, earlier.speed
        accepted = sum(1 for _ in LedgerView.read(folder).book.orders())
        print(
            f"going on with the unfinished run in {folder}: {accepted} orders are in its ledger (--fresh begins anew)"
        )
    logging.basicConfig(filename=folder / "controller.log", level=logging.INFO, format="%(asctime)s %(message)s")
    batch = seeded_orders(site, seed, count)
    (folder / "orders.jsonl").write_text(batch.text, encoding="utf-8")
    clock = load_or_create_clock(folder / "clock.json", sim_start_s=starts_at_s(site), speed=speed)
    with _sigterm_as_interrupt():
        try:
            run_paced(_live(site, folder, batch.orders, seed, count, speed, broker, earlier, http), clock)
        except KeyboardInterrupt:
            print("\nstopped; the world goes on. Run the same command again to take over, or add --stop to end it.")
            raise SystemExit(130) from None
        except Unavailable:
            if earlier is None:
                stop_world(folder, quiet=True)
            raise
    stop_world(folder, quiet=True)


async def _live(  # noqa: PLR0917  # one call, right above
    site: Site,
    folder: Path,
    orders: tuple[Order, ...],
    seed: int,
    count: int,
    speed: float,
    broker: str | None,
    earlier: LiveRun | None,
    http: Listen | None,
) -> None:
    async with AsyncExitStack() as stack:
        url, broker_pid = await _broker(stack, folder, broker, earlier)
        world_pid = _world(site, folder, url, speed, earlier)
        run = LiveRun(seed, count, speed, url, broker_pid, world_pid)
        (folder / RUN_FILE).write_text(json.dumps(asdict(run)), encoding="utf-8")
        print(f"{len(orders)} orders of seed {seed} at {speed:g} times real time; MAVLink on {_named(site)}")
        print(
            f"watch:      mosquitto_sub -h 127.0.0.1 -p {url.rpartition(':')[2].partition('?')[0]} -v -t 'skystork/#'"
        )
        print(f"break it:   kill -9 {os.getpid()}, then run the same command again")

        async def watch(service: Service, serving: asyncio.Task[None]) -> None:
            shown = Watch(service, speed=speed, expected_orders=len(orders))
            with ConsoleView() as view:
                await watch_until_over(service, shown, view, len(orders), (serving,))

        users = users_of(url, None)
        await _with_service(site, folder, url, orders=orders, seed=seed, watch=watch, http=http, users=users)


async def _broker(
    stack: AsyncExitStack, folder: Path, given: str | None, earlier: LiveRun | None
) -> tuple[str, int | None]:
    """The broker given, the one of the earlier run, a Mosquitto of our own, or the embedded one."""
    if given is not None:
        return given, None
    if earlier is not None and _alive(earlier.broker_pid):
        return earlier.broker, earlier.broker_pid
    mosquitto = find_mosquitto()
    if mosquitto is None:
        print("no Mosquitto on this machine: starting the embedded broker (MQTT 3.1.1; it ends with this process)")
        return await stack.enter_async_context(start_broker(BROKER_PORT)), None
    _require_free(BROKER_PORT)
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {BROKER_PORT} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 10000\n")
    process = _detached([mosquitto, "-c", str(config)], folder / "broker.log")
    await _until_open(BROKER_PORT)
    return f"mqtt://127.0.0.1:{BROKER_PORT}", process


def _world(site: Site, folder: Path, broker: str, speed: float, earlier: LiveRun | None) -> int:
    """The simulated vehicles in a process of their own; that of the earlier run where it still lives."""
    if earlier is not None and earlier.world_pid is not None and _alive(earlier.world_pid):
        print("the world of the earlier run is still there: taking over")
        return earlier.world_pid
    command = [sys.executable, "-m", "skystork_sim", "fleet", "--site", str(site.folder.resolve())]
    listener = only_listener(site.networks)
    command += ["--controller", f"{listener.host}:{listener.port}"]
    command += ["--first-port", str(listener.port + PX4_PORT_OFFSET)]
    command += ["--mqtt", broker, "--speed", str(speed)]
    command += ["--clock", str(folder / "clock.json"), "--truth", str(folder / "truth")]
    return _detached(command, folder / "world.log")


def _detached(command: list[str], log: Path) -> int:
    """Start a process that outlives us."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    return process.pid


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Unavailable(
                f"port {port} on 127.0.0.1 is in use: a broker may run there already. "
                f"Use it with --mqtt mqtt://127.0.0.1:{port}, or stop it."
            ) from error


async def _until_open(port: int) -> None:
    deadline_s = time.monotonic() + CONNECT_S
    while time.monotonic() < deadline_s:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise Unavailable(f"the broker did not open port {port} within {CONNECT_S:g} s; see broker.log in the run's folder")


def _unfinished(folder: Path) -> LiveRun | None:
    """The run in the folder, if there is one whose orders have not all ended."""
    try:
        run = LiveRun(**json.loads((folder / RUN_FILE).read_text(encoding="utf-8")))
        view = LedgerView.read(folder)
    except (OSError, ValueError, TypeError, Unavailable):
        return None
    records = list(view.book.orders())
    over = len(records) >= run.count and all(record.ended for record in records) and not view.book.open_flights()
    return None if over else run


def stop_world(folder: Path, *, quiet: bool = False) -> None:
    """Stop the world and the broker that a live run started."""
    try:
        run = LiveRun(**json.loads((folder / RUN_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        if not quiet:
            print(f"no live run in {folder}")
        return
    stopped = [pid for pid in (run.world_pid, run.broker_pid) if pid is not None and _stop(pid)]
    if not quiet:
        print(f"stopped {len(stopped)} processes of the run in {folder}")


def _stop(pid: int) -> bool:
    """Have a process end, by force where it does not end by itself."""
    if not _alive(pid):
        return False
    os.kill(pid, signal.SIGTERM)
    deadline_s = time.monotonic() + END_S
    while _alive(pid):
        if time.monotonic() > deadline_s:
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    return True


def _alive(pid: int | None) -> bool:
    """Whether the process lives and is one of ours: pids are used again."""
    if pid is None:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"skystork_sim" in command or b"mosquitto" in command


class _sigterm_as_interrupt:  # noqa: N801  # used as a verb in a with statement
    """SIGTERM ends the run as Ctrl-C does."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, signal.default_int_handler)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)
