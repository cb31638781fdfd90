"""The world a play runs in: the real service with a calm depot, vehicles of one kind or the other at the far end.

A play is written once against :class:`PlayWorld`. ``sim_play_world`` gives it the stand-in autopilots in virtual time,
``px4_play_world`` real PX4s at a constant pace.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from skystork.app.drone_desk import DroneDesk
from skystork.app.networks import MAIN
from skystork.app.service import Service
from skystork.app.site import Site, load_site, starts_at_s
from skystork.app.state_folder import StateFolder
from skystork.flight.phase import FlightPhase
from skystork.frames import Geodetic
from skystork.orders.order import FlightId, Order, OrderId, Parcel
from skystork.orders.order_state import OrderState
from skystork.planning.flight_plan import FlightRequest
from skystork.shell.bus import Address, DatagramEndpoint, DatagramReceiver
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool
from tests_support.logbook import Logbook
from tests_support.other_station import OtherStation

PROJECT = Path(__file__).resolve().parents[3]
SITL_SITE = PROJECT / "sim" / "scenarios" / "darlington_sitl"
PATIENCE_S = 900.0
"""No flight here takes longer [simulated s]."""
PAD_SPACING_M = 30.0
WING = "sih_vtol"
"""Its lower layer is higher than the quads': VT_FW_MIN_ALT of the fleet's file is 40 m."""
LOOK_S = 0.1


def write_play_site(folder: Path, systems: Mapping[str, int], *, profile: str = "", aircraft: str = "sih_quad") -> Path:
    """The site of the SITL scenario with these drones, in rows of five pads 30 m apart.

    ``aircraft`` is the profile of all of them; ``profile`` a line more of the quad's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    head = (SITL_SITE / "site.toml").read_text(encoding="utf-8").partition("[[drones]]")[0]
    head = head.replace('file = "../darlington/', f'file = "{SITL_SITE.parent}/darlington/')
    head = head.replace("[profiles.drone.sih_quad]\n", f"[profiles.drone.sih_quad]\n{profile}\n")
    if aircraft == WING:
        head = head.replace("outbound_height_m = 40.0", "outbound_height_m = 70.0")
    rows = [
        f'[[drones]]\nvehicle_id = "{name}"\nserial_number = "SQ-{system_id:04d}"\nsystem_id = {system_id}\n'
        f'profile = "{aircraft}"\npad_east_m = {PAD_SPACING_M * (index % 5)}\n'
        f"pad_north_m = {PAD_SPACING_M * (index // 5)}\n"
        for index, (name, system_id) in enumerate(systems.items())
    ]
    (folder / "site.toml").write_text(head + "\n".join(rows), encoding="utf-8")
    (folder / "px4.toml").write_text((SITL_SITE / "px4.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def with_a_rally_point(site: Path, enu_m: tuple[float, float]) -> Path:
    """The site with a rally point more, so far east and north of the depot."""
    place = load_site(site).frame.to_geodetic(*enu_m)
    position = f"{{ latitude_deg = {place.latitude_deg:.7f}, longitude_deg = {place.longitude_deg:.7f} }}"
    with (site / "site.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[rally_points]]\nname = "meadow"\nposition = {position}\n')
    return site


@dataclasses.dataclass(frozen=True, slots=True)
class Truth:
    """Where a vehicle really is, by somebody who does not depend on the controller's link."""

    position: Geodetic
    armed: bool
    landed: str
    mode: str
    height_m: float
    """Above the ground at the depot."""


class Radio:
    """The controller's socket, whose vehicles can be cut off, both ways; another station may share it."""

    def __init__(self, endpoint: DatagramEndpoint) -> None:
        self._endpoint = endpoint
        self.cut_off: set[Address] = set()
        self.listeners: list[DatagramReceiver] = []
        self.passes: Callable[[bytes, Address], bool] = lambda _data, _address: True
        """Asked for each datagram in either direction."""

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        def receive(data: bytes, address: Address) -> None:
            if address in self.cut_off or not self.passes(data, address):
                return
            for listener in (*self.listeners, receiver):
                listener(data, address)

        self._endpoint.set_receiver(receive)

    def send(self, data: bytes, address: Address) -> None:
        if address not in self.cut_off and self.passes(data, address):
            self._endpoint.send(data, address)

    def close(self) -> None:
        self._endpoint.close()


class PlayWorld(ABC):
    """One site with its vehicles; the service may be started more than once on the same ledger."""

    kind: str
    """``px4`` or ``sim``."""

    def __init__(self, site_folder: Path, folder: Path) -> None:
        self.site: Site = load_site(site_folder)
        self.folder = StateFolder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.bus = MemoryBus()
        self.logbook = Logbook(drone.vehicle_id for drone in self.site.drones)
        self.radio: Radio | None = None
        self.cut_off: set[Address] = set()
        self.service: Service | None = None

    # ------------------------------------------------------------------ what differs

    @abstractmethod
    def play(self, script: Callable[[], Awaitable[None]]) -> None:
        """Run a play in this world's time, its vehicles switched on before and off afterwards."""

    @abstractmethod
    async def open_endpoint(self) -> DatagramEndpoint:
        """The controller's address; the same again after a restart."""

    @abstractmethod
    def address_of(self, vehicle_id: str) -> Address:
        """Where the vehicle hears the controller."""

    @abstractmethod
    def pool(self) -> contextlib.AbstractAsyncContextManager[SolverPool]:
        """Where plans are made."""

    @abstractmethod
    def truth(self, vehicle_id: str) -> Truth:
        """Where it really is."""

    @abstractmethod
    def parcel_in(self, vehicle_id: str) -> str | None:
        """The order whose parcel is in the vehicle's box, as far as anybody can see."""

    @abstractmethod
    async def sag_battery(self, vehicle_id: str, to_fraction: float) -> None:
        """Let the charge fall to about this share within seconds."""

    @abstractmethod
    def silence_gripper(self, vehicle_id: str) -> None:
        """From now on nobody answers an order to the gripper, and it does not open."""

    @abstractmethod
    def around_service(self, service: Service) -> contextlib.AbstractAsyncContextManager[None]:
        """What runs beside the service: crew, weather, observers."""

    # ------------------------------------------------------------------ what every play uses

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Running]:
        """The service from start to stop."""
        async with self.pool() as pool:
            self.radio = Radio(await self.open_endpoint())
            self.radio.cut_off = self.cut_off
            endpoints = {MAIN: self.radio}
            service = Service(self.site, self.folder, bus=self.bus, endpoints=endpoints, pool=pool, seed=1)
            self.logbook.attach(service)
            self.service = service
            async with self.around_service(service):
                task = asyncio.create_task(service.run(), name="service")
                try:
                    yield Running(self, service, task)
                    service.parts.raise_first()
                finally:
                    task.cancel()
                    await asyncio.wait([task])

    def cut_link(self, vehicle_id: str) -> None:
        """Nothing passes between controller and vehicle from now on."""
        self.cut_off.add(self.address_of(vehicle_id))
        self.logbook.note(f"link to {vehicle_id} cut")

    def mend_link(self, vehicle_id: str) -> None:
        """Everything passes again."""
        self.cut_off.discard(self.address_of(vehicle_id))
        self.logbook.note(f"link to {vehicle_id} mended")

    def inject_gnss_failure(self, vehicle_id: str) -> None:
        """MAV_CMD_INJECT_FAILURE 420: FAILURE_UNIT_SENSOR_GPS 4, FAILURE_TYPE_OFF 1 (common.xml)."""
        self.logbook.note(f"{vehicle_id} gnss failure injected")
        self.other_station(vehicle_id).command(420, 4, 1)

    def lose_gnss(self, vehicle_id: str) -> None:
        """No satellites from now on: PX4 1.17 in SIH does not act on MAV_CMD_INJECT_FAILURE for this unit."""
        self.other_station(vehicle_id).set_integer("SIM_GPS_USED", 0)
        self.logbook.note(f"{vehicle_id} without satellites")

    def other_station(self, vehicle_id: str) -> OtherStation:
        """Another ground station that speaks to the vehicle over the same radio."""
        assert self.radio is not None
        drone = next(drone for drone in self.site.drones if drone.vehicle_id == vehicle_id)
        return OtherStation(self.radio, self.address_of(vehicle_id), drone.system_id)

    def place_of(self, vehicle_id: str) -> tuple[float, float]:
        """Where it really is, east and north in the site's frame [m]."""
        return self.site.frame.to_enu_m(self.truth(vehicle_id).position)

    def request(self, *, east_m: float, north_m: float) -> FlightRequest:
        """What the planner is asked for a parcel of 0.3 kg by the first vehicle, in calm air with a full battery."""
        drone, flight = self.site.drones[0], self.site.flight
        return FlightRequest(
            flight_id=FlightId("F-0"),
            order_id=OrderId("O-0"),
            vehicle_id=drone.vehicle_id,
            profile=drone.profile,
            pad=drone.pad,
            drop_off=self.site.frame.to_geodetic(east_m, north_m),
            payload_kg=0.3,
            departs_at_s=starts_at_s(self.site),
            outbound_height_m=flight.outbound_height_m,
            inbound_height_m=flight.inbound_height_m,
            wind_enu_m_s=(0.0, 0.0),
            battery_j=drone.profile.battery_j,
        )

    def order(self, order_id: str, *, east_m: float, north_m: float) -> Order:
        """A parcel of 0.3 kg to a place so far from the depot, placed now."""
        now_s = asyncio.get_running_loop().time()
        place = self.site.frame.to_geodetic(east_m, north_m)
        return Order(OrderId(order_id), now_s, place, Parcel(0.3, 0.2, 0.15, 0.1))


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """A service under way."""

    world: PlayWorld
    service: Service
    task: asyncio.Task[None]

    @property
    def desk(self) -> DroneDesk:
        """Of the first vehicle."""
        return self.service.desks[0]

    async def until(self, condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Wait for something to be true; a service that ends first has failed."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + patience_s
        while not condition():
            if self.task.done():
                self.task.result()
            assert loop.time() < deadline_s, f"not {what} within {patience_s:.0f} s:\n{self.world.logbook.story()}"
            await asyncio.sleep(LOOK_S)

    async def until_ready(self) -> None:
        """Until orders may come: one that no vehicle could take would be refused at once, there being no van."""

        def ready() -> bool:
            now_s = asyncio.get_running_loop().time()
            return all(desk.availability(now_s) is not None for desk in self.service.desks)

        await self.until(ready, "ready", 120.0)

    async def accept(self, order_id: str, *, east_m: float, north_m: float) -> None:
        """An order comes in."""
        assert await self.service.intake.accept(self.world.order(order_id, east_m=east_m, north_m=north_m))

    async def until_at_rest(self) -> None:
        """Until every order ended and every flight is over."""
        await self.until(self.service.at_rest, "at rest")

    async def until_phase(self, *phases: FlightPhase) -> None:
        """Until the first vehicle's flight is in one of these phases."""
        words = " or ".join(phases)
        await self.until(lambda: self.desk.flight is not None and self.desk.flight.phase in phases, words)

    def state_of(self, order_id: str) -> OrderState:
        """Of an order, by the ledger."""
        return self.service.journal.book.order(OrderId(order_id)).state

    def from_pad_m(self) -> float:
        """How far the first vehicle says it is from its pad."""
        from skystork.frames import distance_m

        position = self.desk.state.position
        return distance_m(self.desk.drone.pad, position) if position else 0.0
