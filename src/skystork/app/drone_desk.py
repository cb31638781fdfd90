"""One desk for each aircraft: what is known of it, what it flies, when it is free. Waking its runner is all it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from skystork.app.journal import Journal
from skystork.app.kept_back import KeptBack
from skystork.app.known_parameters import KnownParameters
from skystork.app.sayings import Sayings
from skystork.app.telemetry_plan import Intervals
from skystork.fleet.energy_battery import full_battery_j
from skystork.fleet.profile import DroneProfile
from skystork.fleet.tracker import Tracker
from skystork.fleet.vehicle import Drone, LandedState, LinkState, VehicleState
from skystork.flight.flight import Flight
from skystork.link.contract import Heard, LinkEvent, Lost, Rebooted, TelemetrySample
from skystork.orders import events as e
from skystork.orders.order import VehicleId
from skystork.shell.confirmed_orders import ConfirmedOrders
from skystork.shell.vehicle_port import VehiclePort

MAV_CMD_SET_MESSAGE_INTERVAL = 511
TOLD_WITHIN_S = 10.0
"""From being heard to having told its position and home: HOME_POSITION is the slowest of them, PX4 1.17.0 sends it
every 2 s, and some are lost."""


@dataclass(frozen=True, slots=True)
class DroneAvailability:
    """A drone in service: idle, or on its way back."""

    vehicle_id: VehicleId
    profile: DroneProfile
    ready_at_s: float
    """When it can be loaded, turnaround included [s since the Unix epoch]; in the past where it is idle."""
    battery_j: float
    """Energy on board then [J]."""
    full_j: float
    """Of a full charge, cold and aged as its packs are [J]."""


class DroneDesk:
    """The one place where a vehicle's link events, its flight and its availability meet."""

    def __init__(self, drone: Drone, port: VehiclePort, now_s: float) -> None:
        self.drone, self.port = drone, port
        self.tracker = Tracker(drone.vehicle_id, now_s)
        self.parameters, self.orders = KnownParameters(port), ConfirmedOrders(port)
        self.flight: Flight | None = None
        """The flight under way, if any."""
        self.free_at_s: float | None = None
        """When the flight under way is expected to be over, turnaround included."""
        self.departs_at_s: float | None = None
        """When the flight under way was cleared to leave the ground."""
        self.busy = False
        self.out_of_service: str | None = None
        """Why a person must look at it before it flies again."""
        self.kept_back: KeptBack | None = None
        """Refused for its own state a while ago."""
        self.pad_shut = ""
        """What closed airspace is too near to its pad; empty where none is."""
        self.said = Sayings()
        self.changed = asyncio.Event()
        self.on_state: Callable[[DroneDesk], None] = lambda _: None
        self._heard_at_s = now_s
        """Since when it is heard, or has its newest boot."""
        port.events.append(self._take)

    @property
    def state(self) -> VehicleState:
        """The newest snapshot."""
        return self.tracker.state

    def stand_free(self) -> None:
        """Nothing is under way with it any more."""
        self.flight, self.busy, self.free_at_s, self.departs_at_s = None, False, None, None

    async def set_rates(self, intervals: Intervals) -> None:
        """Ask for message intervals, now and after each loss of contact; a refusal costs telemetry, not the flight."""
        self.port.want_intervals(intervals)
        for message_id, interval_us in intervals:
            await self.port.command(MAV_CMD_SET_MESSAGE_INTERVAL, (message_id, interval_us, 0, 0, 0, 0, 0))

    @property
    def kept(self) -> str:
        """Why it is given no order for a while; empty where nothing keeps it."""
        return self.pad_shut or (str(self.kept_back) if self.kept_back else "")

    @property
    def untold(self) -> str:
        """What every launch asks for and it sends by itself, but has not told since it was heard; empty where all."""
        state = self.state
        facts = {
            "battery": state.battery_fraction,
            "position": state.position,
            "altitude": state.altitude_amsl_m,
            "home": state.home,
            "home altitude": state.home_altitude_amsl_m,
        }
        missing = ", ".join(name for name, told in facts.items() if told is None)
        return f"it has not told its {missing}" if missing and state.link is LinkState.UP else ""

    async def take_out_of_service(self, journal: Journal, why: str) -> None:
        """Until a person restores it; written, so that a restart does not let it fly."""
        self.out_of_service = why
        await journal.record(e.VehicleOutOfService(self.drone.vehicle_id, why))

    @property
    def full_battery_j(self) -> float:
        """What a full charge gives it, at the temperature it tells and the age of its packs [J]."""
        return full_battery_j(
            self.drone.profile,
            temperature_deg_c=self.state.battery_temperature_deg_c,
            cycles=self.drone.battery_cycles,
        )

    def availability(self, now_s: float) -> DroneAvailability | None:
        """When it can take an order, and with what battery; None while it is out of service or its pad is shut.

        One that was heard a moment ago is ready in a moment, for its launch asks for what it has not told yet; where
        it goes on not to tell it, it is not offered.
        """
        if self.out_of_service is not None or self.pad_shut:
            return None
        profile = self.drone.profile
        if self.busy:
            if self.free_at_s is None:
                return None
            full_j, ready_at_s = self.full_battery_j, max(self.free_at_s, now_s + 1)
            return DroneAvailability(self.drone.vehicle_id, profile, ready_at_s, full_j, full_j)
        state = self.state
        ready = state.link is LinkState.UP and state.ready_to_arm and state.landed is LandedState.ON_GROUND
        if not ready or state.armed or state.battery_fraction is None:
            return None
        if self.untold and now_s - self._heard_at_s > TOLD_WITHIN_S:
            return None
        full_j = self.full_battery_j
        ready_at_s = now_s + 1 if self.untold else now_s
        if self.kept_back is not None:
            ready_at_s = max(self.kept_back.until_s, now_s + 1)
        return DroneAvailability(self.drone.vehicle_id, profile, ready_at_s, state.battery_fraction * full_j, full_j)

    async def wait_until(self, condition: Callable[[], bool], patience_s: float) -> None:
        """Until the condition holds or the patience is over; the caller looks which."""
        deadline_s = asyncio.get_running_loop().time() + patience_s
        while not condition():
            self.changed.clear()
            left_s = deadline_s - asyncio.get_running_loop().time()
            if left_s <= 0 or not await self.changed_within(left_s):
                return

    async def changed_within(self, patience_s: float) -> bool:
        """Whether anything was heard of the vehicle within this time."""
        try:
            async with asyncio.timeout(patience_s):
                await self.changed.wait()
        except TimeoutError:
            return False
        return True

    def _take(self, event: LinkEvent) -> None:
        match event:
            case TelemetrySample():
                self.tracker.take(event)
            case Heard():
                self._heard_at_s = event.at_s
                self.tracker.take_heard(event.at_s)
            case Lost():
                self.tracker.take_lost(event.at_s)
            case Rebooted():
                self._heard_at_s = event.at_s
                self.tracker.take_reboot(event.at_s)
                self.said.take(event)
            case _ if not self.said.take(event):
                return
        self.changed.set()
        self.on_state(self)
