"""The real service against a real PX4: PX4 started and stopped, a calm depot, a bus in memory, all words kept."""

import asyncio
import contextlib
import dataclasses
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from skystork.app.drone_desk import DroneDesk
from skystork.app.service import Service, StateFolder
from skystork.app.site import load_site, starts_at_s
from skystork.frames import distance_m
from skystork.link.contract import CommandSettled, ItemReached, LinkEvent, StatusText, TransferSettled
from skystork.orders.order import Order, OrderId, Parcel
from skystork.shell.bus import Address, DatagramReceiver
from skystork.shell.loops import run_paced
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.udp import FleetSocket, open_fleet_socket
from skystork.shell.world_clock import WorldClock
from skystork_sim.crew import CrewTimes, DepotCrew
from skystork_sim.px4.fleet import Px4Fleet
from skystork_sim.px4.site_fleet import vehicles_of_site
from skystork_sim.px4.source import find_px4
from skystork_sim.weather_station import run_station

PROJECT = Path(__file__).resolve().parents[3]
SITE = PROJECT / "sim" / "scenarios" / "darlington_sitl"
SPEED = float(os.environ.get("PX4_SITL_SPEED", "3"))
"""Simulated seconds in a second; PX4 flies as fast (PX4_SIM_SPEED_FACTOR)."""
SIMULATED_PATIENCE_S = 600.0
"""No flight here takes longer."""


@contextlib.contextmanager
def px4(vehicle_id: str, folder: Path) -> Iterator[None]:
    """One PX4 of the site, stopped however the test ends."""
    with Px4Fleet(find_px4(), vehicles_of_site(SITE, only=[vehicle_id]), folder, speed=SPEED) as fleet:
        yield
        fleet.complain_if_ended()


class Hangar:
    """What the crew does to an aircraft that has no parcel box: SIH flies without a load."""

    def __init__(self) -> None:
        self.parcels: dict[int, str] = {}
        self.released: set[int] = set()

    def load_parcel(self, system_id: int, order_id: str, weight_kg: float) -> bool:
        self.parcels[system_id] = order_id
        return True

    def unload_parcel(self, system_id: int) -> str | None:
        return self.parcels.pop(system_id, None)

    def swap_battery(self, system_id: int) -> bool:
        self.parcels.pop(system_id, None)
        return True


class Endpoint:
    """The fleet's socket, which can be made to send nothing: the vehicle then hears no heartbeat."""

    def __init__(self, socket: FleetSocket) -> None:
        self._socket = socket
        self.muted = False

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        self._socket.set_receiver(receiver)

    def send(self, data: bytes, address: Address) -> None:
        if not self.muted:
            self._socket.send(data, address)

    def close(self) -> None:
        self._socket.close()


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """What the vehicle said of itself at one time."""

    at_s: float
    mode: str | None
    sequence: int | None
    height_m: float | None
    cross_track_m: float | None
    from_pad_m: float | None
    clearance_m: float | None
    landed: str
    armed: bool
    phase: str | None


class Recorder:
    """Everything one vehicle said during a flight, at 2 Hz, and what was told about it."""

    def __init__(self, desk: DroneDesk) -> None:
        self.points: list[Point] = []
        self.words: list[tuple[float, str]] = []
        self._desk, self._next_s = desk, 0.0
        desk.port.events.append(self._take)

    def _take(self, event: LinkEvent) -> None:
        match event:
            case StatusText(at_s=at_s, text=text):
                self.words.append((at_s, f"says {text}"))
            case ItemReached(at_s=at_s, sequence=sequence):
                self.words.append((at_s, f"reached {sequence}"))
            case CommandSettled(at_s=at_s, command=command, result=result, detail=detail) if command != 511:
                self.words.append((at_s, f"command {command} {result} {detail}"))
            case TransferSettled(at_s=at_s, mission_type=kind, outcome=outcome, detail=detail):
                self.words.append((at_s, f"upload {kind.name} {outcome} {detail}"))
        state, flight = self._desk.state, self._desk.flight
        if event.at_s < self._next_s:
            return
        self._next_s = event.at_s + 0.5
        deviation = flight.deviation if flight else None
        self.points.append(
            Point(
                event.at_s,
                state.mode,
                state.mission_sequence,
                state.height_home_m,
                deviation.cross_track_m if deviation else None,
                distance_m(self._desk.drone.pad, state.position) if state.position else None,
                state.ground_clearance_m,
                str(state.landed),
                state.armed,
                str(flight.phase) if flight else None,
            )
        )

    def note(self, text: str) -> None:
        """Something the test did."""
        self.words.append((asyncio.get_running_loop().time(), text))

    def story(self) -> str:
        """Changes of mode, item, landed state and phase, and every word, in order of time; for a person."""
        lines = [(at_s, text) for at_s, text in self.words]
        last: tuple[object, ...] = ()
        for point in self.points:
            now = (point.mode, point.sequence, point.landed, point.armed, point.phase)
            if now != last:
                place = f"height {point.height_m or 0:.1f} m, {point.from_pad_m or 0:.0f} m from pad"
                lines.append((point.at_s, f"{' '.join(map(str, now))} at {place}, range {point.clearance_m}"))
                last = now
        start_s = self.points[0].at_s if self.points else 0.0
        return "\n".join(f"{at_s - start_s:8.1f} {text}" for at_s, text in sorted(lines))

    def print_figures(self) -> None:
        """Of each phase in the air: how long, how far off the path; for a person."""
        for phase in ("outbound", "dropping", "inbound", "returning"):
            points = [point for point in self.points if point.phase == phase]
            off = [point.cross_track_m for point in points if point.cross_track_m is not None]
            if off:
                print(f"{phase}: {len(points) / 2:.0f} s, off the path {max(off):.2f} m at most")
        ground = [point.from_pad_m for point in self.points if not point.armed and point.from_pad_m is not None]
        print(f"landed {ground[-1]:.2f} m from the pad")


class World:
    """One vehicle's site; the service may be started more than once on the same ledger."""

    def __init__(self, vehicle_id: str, folder: Path) -> None:
        whole = load_site(SITE)
        drones = tuple(drone for drone in whole.drones if drone.vehicle_id == vehicle_id)
        self.site = dataclasses.replace(whole, drones=drones)
        self.folder, self.drone = StateFolder(folder), drones[0]
        self.bus, self.hangar = MemoryBus(), Hangar()
        folder.mkdir(parents=True, exist_ok=True)

    def order(self, order_id: str, *, east_m: float, north_m: float) -> Order:
        """A parcel of 0.3 kg to a place so far from the depot, placed now."""
        now_s = asyncio.get_running_loop().time()
        return Order(
            OrderId(order_id), now_s, self.site.frame.to_geodetic(east_m, north_m), Parcel(0.3, 0.2, 0.15, 0.1)
        )

    @contextlib.asynccontextmanager
    async def serving(self) -> "contextlib.AbstractAsyncContextManager[Running]":
        """The service from start to stop."""
        async with SolverPool(1) as pool:
            endpoint = Endpoint(await open_fleet_socket("127.0.0.1", 14550))
            service = Service(self.site, self.folder, bus=self.bus, endpoints={"main": endpoint}, pool=pool, seed=1)
            tasks = [
                asyncio.create_task(work)
                for work in (
                    self._crew().run(),
                    run_station(self.bus, site=self.site.table.name, wind_enu_m_s=(0.0, 0.0), gust_sigma_m_s=0.0),
                    service.run(),
                )
            ]
            try:
                yield Running(service, endpoint, Recorder(service.desks[0]), tasks[-1])
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    def _crew(self) -> DepotCrew:
        serial, profile = self.drone.serial_number, self.drone.profile
        return DepotCrew(
            self.bus,
            self.site.table.name,
            self.hangar,
            systems={serial: self.drone.system_id},
            times={serial: CrewTimes(profile.load_s, profile.turnaround_s)},
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """A service under way."""

    service: Service
    endpoint: Endpoint
    record: Recorder
    task: asyncio.Task[None]

    @property
    def desk(self) -> DroneDesk:
        return self.service.desks[0]

    async def until(self, condition: Callable[[], bool], what: str, patience_s: float = SIMULATED_PATIENCE_S) -> None:
        """Wait for something to be true; a service that ends first has failed."""
        deadline_s = asyncio.get_running_loop().time() + patience_s
        while not condition():
            if self.task.done():
                self.task.result()
            assert asyncio.get_running_loop().time() < deadline_s, f"not {what}:\n{self.record.story()}"
            await asyncio.sleep(0.1)

    async def until_ready(self) -> None:
        """Until an order may come: one that no vehicle could take would be refused at once, there being no van."""
        await self.until(lambda: self.desk.availability(asyncio.get_running_loop().time()) is not None, "ready", 90.0)


def fly(play: Callable[[], Awaitable[None]]) -> None:
    """Run a play at the pace PX4 flies at, in the site's own time."""
    run_paced(play(), WorldClock(time.time(), starts_at_s(load_site(SITE)), SPEED))
