"""The simulated world put together: aircraft, vans, depot crew, wind and incidents, on either network.

One asyncio task for each aircraft waits for its next timer; datagrams wake it. All time is the running loop's, which
in this project is the Unix time of the simulated world, whatever its pace.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from skystork.frames import Geodetic, distance_m
from skystork_sim.aircraft import Aircraft
from skystork_sim.autopilot import Autopilot
from skystork_sim.autopilot_outbox import Address
from skystork_sim.bus import Bus
from skystork_sim.crew import CrewTimes, DepotCrew
from skystork_sim.gripper import Parcel, Release
from skystork_sim.incidents import VehicleFaults
from skystork_sim.px4.site_fleet import FIRMWARE
from skystork_sim.px4.vehicle import read_parameters
from skystork_sim.site import DroneEntry, Site, VanEntry
from skystork_sim.van import SimulatedVan, VanType
from skystork_sim.weather_station import Mast, run_station
from skystork_sim.winch_component import WinchComponent
from skystork_sim.wind import Wind
from skystork_sim.world import World

TRACK_S = 1.0
CREW_REACH_M = 30.0  # about a pad
DRIVER_REACH_M = 60.0  # a van stops at the edge of a field
FIRST_PORT = 18_570  # PX4 SITL's local port of instance 0 on the ground-station link

Record = Callable[[str, dict[str, object]], None]


class Endpoint(Protocol):
    """A bound datagram address."""

    def set_receiver(self, receiver: Callable[[bytes, Address], None]) -> None:
        """Whom to tell what comes in."""

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; may be lost."""

    def close(self) -> None:
        """Release the address."""


def px4_parameters(entry: DroneEntry) -> dict[str, int | float]:
    """What the fleet's firmware file sets on this airframe, with the figures of its own profile."""
    limits, straight_m = entry.kind.limits, entry.kind.returns_straight_at_m
    multirotor = "px4_hexa_winch.params" if entry.kind.has_winch else "px4_delivery_quad.params"
    file = "px4_lift_and_cruise.params" if limits.has_wing else multirotor
    return read_parameters(FIRMWARE / file) | {
        "SYS_FAILURE_EN": 1,  # it is simulated: faults are injected
        "COM_ARM_ODID": 0,  # and has no Remote ID transmitter
        "COM_WIND_MAX": entry.kind.wind_limit_m_s,
        "MPC_JERK_AUTO": entry.kind.max_jerk_m_s3,
        "FW_AIRSPD_TRIM": limits.cruise_m_s,
        "FW_AIRSPD_MAX": limits.max_air_speed_m_s,
        "MPC_XY_CRUISE": limits.cruise_m_s,
        "MPC_XY_VEL_MAX": limits.max_air_speed_m_s,
        "MPC_Z_V_AUTO_UP": limits.climb_m_s,
        "MPC_TKO_SPEED": limits.climb_m_s,
        "MPC_Z_V_AUTO_DN": limits.descent_m_s,
        "MPC_ACC_HOR": limits.acceleration_m_s2,
        "VT_B_DEC_MSS": limits.back_transition_m_s2,
        **({} if straight_m is None else {"RTL_TYPE": 0, "RTL_RETURN_ALT": straight_m}),
    }


def payloads_of(aircraft: Aircraft, boot_s: float, controller: Address) -> tuple[WinchComponent, ...]:
    """The components that speak beside the autopilot."""
    if aircraft.winch is None:
        return ()

    def tell_time(now_s: float) -> None:
        aircraft.faults.now_s = now_s

    return (
        WinchComponent(
            aircraft.winch,
            system_id=aircraft.system_id,
            boot_s=boot_s,
            controller=controller,
            tell_time=tell_time,
        ),
    )


class SimulatedDrone:
    """An autopilot on an endpoint, and its payloads beside it; mutable because it runs.

    Parameters
    ----------
    record
        Told of the true track at 1 Hz while armed.
    payloads
        Components of the vehicle that speak over the same link.
    """

    def __init__(
        self,
        autopilot: Autopilot,
        endpoint: Endpoint,
        record: Record | None,
        payloads: Sequence[WinchComponent] = (),
    ) -> None:
        self.autopilot, self._endpoint, self._record = autopilot, endpoint, record
        self._components: tuple[Autopilot | WinchComponent, ...] = (autopilot, *payloads)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._track_at_s = 0.0
        endpoint.set_receiver(self._receive)

    def start(self) -> None:
        """Begin to speak."""
        self._transmit()

    def close(self) -> None:
        """Fall silent."""
        if self._timer is not None:
            self._timer.cancel()
        self._endpoint.close()

    def _receive(self, data: bytes, address: Address) -> None:
        for component in self._components:
            component.receive_datagram(data, address, self._loop.time())
        self._transmit()

    def _tick(self) -> None:
        now_s = self._loop.time()
        for component in self._components:
            component.handle_timer(now_s)
        if self._record is not None and self.autopilot.status.armed and now_s >= self._track_at_s:
            self._track_at_s = now_s + TRACK_S
            self._record("tracks", self._truth(now_s))
        self._transmit()

    def _transmit(self) -> None:
        for component in self._components:
            for data, address in component.datagrams_to_send(self._loop.time()):
                self._endpoint.send(data, address)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(min(each.next_timer_s() for each in self._components), self._tick)

    def _truth(self, now_s: float) -> dict[str, object]:
        aircraft = self.autopilot.aircraft
        mass, place = aircraft.mass, aircraft.position()
        return {
            "at_s": round(now_s, 3),
            "system_id": aircraft.system_id,
            "latitude_deg": round(place.latitude_deg, 7),
            "longitude_deg": round(place.longitude_deg, 7),
            "height_m": round(mass.height_m, 2),
            "speed_m_s": round(mass.ground_speed_m_s, 2),
            "battery": round(aircraft.battery.fraction, 4),
            "mode": self.autopilot.status.mode.name,
        }


class SimWorld:
    """All vehicles of a site; mutable because the world turns.

    Build it inside a running loop; :meth:`run` serves until cancelled.

    Parameters
    ----------
    endpoints
        Opens the endpoint of a drone, by its index in the site.
    controller
        Where the drones send before anybody spoke to them.
    record
        Ground truth: a kind (``releases``, ``tracks``, ``vans``) and a record.
    """

    def __init__(
        self, site: Site, world: World, *, controller: Address, bus: Bus | None = None, record: Record | None = None
    ) -> None:
        self.site, self.world = site, world
        self._controller, self._bus, self._record = controller, bus, record
        self._now_s = asyncio.get_running_loop().time()
        self._wind = Wind(world.wind_enu_m_s, world.gust_m_s, Random(f"{world.seed}-wind"), start_s=self._now_s)
        self.faults = {entry.system_id: self._vehicle_faults(entry) for entry in site.drones}
        self._aircraft = {entry.system_id: self._build_aircraft(entry) for entry in site.drones}
        self.drones: dict[int, SimulatedDrone] = {}
        self.vans: dict[str, SimulatedVan] = {}
        """Vans and robots by name, once they are on the bus."""
        self.switched_on_s: dict[str, float] = {}
        """How long after the start a van or robot is first on the bus [s]; at once where none is given."""
        self.mast = Mast(world.wind_enu_m_s, world.gust_m_s)
        """What the weather mast tells; the air about the aircraft stays as the world has it."""

    def connect(self, entry: DroneEntry, endpoint: Endpoint) -> SimulatedDrone:
        """Switch a drone on at an endpoint."""
        autopilot = Autopilot(
            self._aircraft[entry.system_id],
            boot_s=self._now_s,
            controller=self._controller,
            parameters=px4_parameters(entry),
            rng=Random(f"{self.world.seed}-home-{entry.system_id}"),
        )
        payloads = payloads_of(autopilot.aircraft, self._now_s, self._controller)
        drone = SimulatedDrone(autopilot, endpoint, self._record, payloads)
        self.drones[entry.system_id] = drone
        drone.start()
        return drone

    async def run(self) -> None:
        """Vans and crew on the bus until cancelled; the drones live on the loop's timers."""
        try:
            if self._bus is None:
                await asyncio.get_running_loop().create_future()
                return
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._crew(self._bus).run(), name="crew")
                tasks.create_task(
                    run_station(self._bus, lambda: self.mast, site=self.site.name), name="weather station"
                )
                for entry in (*self.site.vans, *self.site.robots):
                    tasks.create_task(self._drive(self._bus, entry), name=f"van[{entry.vehicle_id}]")
        finally:
            for drone in self.drones.values():
                drone.close()

    def load_parcel(self, system_id: int, order_id: str, weight_kg: float) -> bool:
        """The crew puts a parcel into a drone."""
        return self._within_reach(system_id) and self._aircraft[system_id].load(Parcel(order_id, weight_kg))

    def unload_parcel(self, system_id: int) -> str | None:
        """The crew takes the parcel out: the order id on its label; None when there is none."""
        parcel = self._aircraft[system_id].unload() if self._within_reach(system_id) else None
        return None if parcel is None else parcel.order_id

    def collect(self, system_id: int) -> tuple[bool, str | None]:
        """The crew drives to a vehicle that came down elsewhere and takes out what is in it."""
        drone, aircraft = self.drones.get(system_id), self._aircraft[system_id]
        if drone is None or drone.autopilot.status.armed:
            return False, None
        parcel = aircraft.unload()
        return True, None if parcel is None else parcel.order_id

    def take_over(self, order_id: str, place: Geodetic) -> bool:
        """A van's driver takes a parcel out of the drone that stands there with it."""
        for system_id, drone in self.drones.items():
            aircraft = self._aircraft[system_id]
            here = self.site.frame.to_geodetic(aircraft.mass.east_m, aircraft.mass.north_m)
            near = distance_m(here, place) <= DRIVER_REACH_M and not drone.autopilot.status.armed
            parcel = aircraft.gripper.parcel
            if near and parcel is not None and parcel.order_id == order_id:
                return aircraft.unload() is not None
        return False

    def swap_battery(self, system_id: int) -> bool:
        """The crew puts a full battery in and the vehicle back on its pad."""
        if not self._within_reach(system_id):
            return False
        aircraft = self._aircraft[system_id]
        aircraft.battery.swap()
        aircraft.mass.east_m, aircraft.mass.north_m = aircraft.pad_enu_m
        return True

    def _within_reach(self, system_id: int) -> bool:
        """Whether the crew may lay hands on it: disarmed, and standing at the depot."""
        drone, aircraft = self.drones.get(system_id), self._aircraft[system_id]
        armed = drone is not None and drone.autopilot.status.armed
        off_pad_m = math.dist((aircraft.mass.east_m, aircraft.mass.north_m), aircraft.pad_enu_m)
        return not armed and off_pad_m <= CREW_REACH_M

    def _vehicle_faults(self, entry: DroneEntry) -> VehicleFaults:
        incidents = [each for each in self.world.incidents if each.system_id == entry.system_id]
        return VehicleFaults(incidents, start_s=self._now_s)

    def _build_aircraft(self, entry: DroneEntry) -> Aircraft:
        return Aircraft(
            entry.kind,
            system_id=entry.system_id,
            frame=self.site.frame,
            pad_enu_m=entry.pad_enu_m,
            ground_amsl_m=self.site.ground_amsl_m,
            wind=self._wind,
            faults=self.faults[entry.system_id],
            ageing_factor=self.world.ageing.get(entry.system_id, 1.0),
            on_release=self._released,
        )

    def _released(self, release: Release) -> None:
        if self._record is not None:
            self._record(
                "releases",
                {
                    "at_s": round(release.at_s, 3),
                    "system_id": release.system_id,
                    "order_id": release.order_id,
                    "latitude_deg": round(release.latitude_deg, 7),
                    "longitude_deg": round(release.longitude_deg, 7),
                    "height_m": round(release.height_m, 2),
                },
            )

    def _crew(self, bus: Bus) -> DepotCrew:
        return DepotCrew(
            bus,
            self.site.name,
            self,
            systems={entry.serial_number: entry.system_id for entry in self.site.drones},
            times={entry.serial_number: CrewTimes(entry.load_s, entry.turnaround_s) for entry in self.site.drones},
        )

    async def _drive(self, bus: Bus, entry: VanEntry) -> None:
        await asyncio.sleep(self.switched_on_s.get(entry.vehicle_id, 0.0))
        await self._van(bus, entry).run()

    def _van(self, bus: Bus, entry: VanEntry) -> SimulatedVan:
        kind = entry.kind
        factor = self.world.van_speed_factor
        real = VanType(kind.speed_m_s * factor, kind.circuity, kind.service_s, kind.load_s, kind.energy_j_per_m)
        van = self.vans[entry.vehicle_id] = SimulatedVan(
            bus,
            site=self.site.name,
            manufacturer=self.site.manufacturer,
            serial_number=entry.serial_number,
            kind=real,
            depot=self.site.depot,
            rng=Random(f"{self.world.seed}-van-{entry.serial_number}"),
            on_action=lambda at_s, action, kind_of, place: self._van_acted(entry, at_s, action, kind_of, place),
            take_over=self.take_over,
        )
        return van

    def _van_acted(self, entry: VanEntry, at_s: float, action_id: str, kind: str, place: Geodetic) -> None:
        if self._record is not None:
            self._record(
                "vans",
                {
                    "at_s": round(at_s, 3),
                    "vehicle_id": entry.vehicle_id,
                    "action_id": action_id,
                    "action_type": kind,
                    "latitude_deg": round(place.latitude_deg, 7),
                    "longitude_deg": round(place.longitude_deg, 7),
                },
            )
