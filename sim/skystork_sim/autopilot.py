"""A simulated PX4 1.17: datagrams in, datagrams out, time as an argument.

Theory of operation. Whatever happens (a datagram, the timer), the aircraft is first flown up to now in small steps;
then the stimulus is handled; what is to be sent waits in an outbox, some of it for a few milliseconds, as the real
one answers. The vehicle talks to the address that spoke to it first and never changes it (PX4's partner latch);
others are obeyed but not answered.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from random import Random
from typing import Any

from pymavlink.dialects.v20 import common

from skystork.frames import Geodetic
from skystork_sim.aircraft import Aircraft
from skystork_sim.autopilot_commands import answer_command
from skystork_sim.autopilot_failsafe import Charge, Failsafe
from skystork_sim.autopilot_items import FENCE, MISSION, FenceArea, PlanItem
from skystork_sim.autopilot_mission import MissionRunner
from skystork_sim.autopilot_modes import BOOT_S, Landed, Mode, Status
from skystork_sim.autopilot_navigator import Navigator
from skystork_sim.autopilot_parameters import Parameters
from skystork_sim.autopilot_plans import PlanServer
from skystork_sim.autopilot_telemetry import Telemetry
from skystork_sim.wire import Wire

Address = tuple[str, int]

TICK_S = 0.25  # how often an armed vehicle is looked at from outside
VERDICT_S = 0.03  # measured 10 to 50 ms after MISSION_ACK
HOME_CORRECTED_S = 120.0  # PX4 corrects the home altitude for so long after take-off
HOME_STEP_S = 5.0  # chosen: measured every few hundred ms, jumps over 0.3 m about once a second and a half
HOME_SHIFT_M = 1.0  # measured: 488.3 to 490.5 m
GROUND_STATION = 6  # MAV_TYPE_GCS
CRITICAL_SEVERITY, WARNING_SEVERITY, INFO_SEVERITY = 2, 4, 6
EVERYBODY = 0
PLAN_MESSAGES = frozenset(
    {"MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT"}
    | {"MISSION_REQUEST", "MISSION_CLEAR_ALL", "MISSION_ACK"}
)


class Autopilot:
    """One vehicle at its end of the link; mutable because it is a protocol and physics in progress.

    Parameters
    ----------
    boot_s
        When it was switched on, on the clock of all ``now_s``.
    controller
        Where it sends until somebody speaks to it.
    parameters
        PX4 parameters that differ from the default.
    rng
        For the wander of the reported home altitude.
    """

    def __init__(
        self,
        aircraft: Aircraft,
        *,
        boot_s: float,
        controller: Address,
        parameters: Mapping[str, int | float],
        rng: Random,
    ) -> None:
        self.aircraft = aircraft
        self.wire = Wire(aircraft.system_id)
        self.parameters = Parameters({"MAV_SYS_ID": aircraft.system_id, **parameters})
        mass = aircraft.mass
        self.status = Status(boot_s, home_enu_m=(mass.east_m, mass.north_m), home_amsl_m=mass.ground_m)
        self.plans = PlanServer(self.wire)
        mission = MissionRunner(
            mass=mass,
            status=self.status,
            parameters=self.parameters,
            locate=self._locate,
            open_gripper=self._open_gripper,
        )
        self.navigator = Navigator(
            mass=mass,
            status=self.status,
            parameters=self.parameters,
            mission=mission,
            say=self.say,
            locate=self._locate,
            rally_points=lambda: self.plans.plans[2],
        )
        self.failsafe = Failsafe(self.status, self.parameters, self.navigator.enter, self.say)
        self.telemetry = Telemetry(
            wire=self.wire,
            aircraft=aircraft,
            status=self.status,
            mission=mission,
            plans=self.plans,
            failsafe=self.failsafe,
            mode_runs=lambda: self.status.mode is not Mode.MISSION or mission.valid,
        )
        self.gripper_busy_until_s = boot_s
        self._peer: Address | None = None
        self._controller = controller
        self._outbox: list[tuple[float, int, bytes]] = []
        self._sent = 0
        self._held_texts: list[tuple[int, str]] = []
        self._verdict_at_s: float | None = None
        self._fence = FenceArea(())
        self._rng = rng
        self._at_s = self._checked_s = boot_s
        self._home_step_at_s = boot_s

    def receive_datagram(self, data: bytes, addr: Address, now_s: float) -> None:
        """Take what came in; only the first address ever heard gets answers."""
        self._advance(now_s)
        if self._peer is None:
            self._peer = addr
        for message in self.wire.decode(data):
            self._receive(message, now_s)
        self._collect(now_s)

    def datagrams_to_send(self, now_s: float) -> list[tuple[bytes, Address]]:
        """What is to leave now, one frame in each datagram, as PX4 sends them."""
        ready: list[tuple[bytes, Address]] = []
        address = self._peer or self._controller
        while self._outbox and self._outbox[0][0] <= now_s:
            ready.append((heapq.heappop(self._outbox)[2], address))
        return ready

    def next_timer_s(self) -> float:
        """When to call :meth:`handle_timer`; there always is a next message."""
        times = [self.telemetry.next_s()]
        plans_s = self.plans.next_timer_s()
        reached = self.navigator.mission.reached
        if plans_s is not None:
            times.append(plans_s)
        if self._verdict_at_s is not None:
            times.append(self._verdict_at_s)
        if self._outbox:
            times.append(self._outbox[0][0])
        if reached is not None:
            times.append(reached.next_s)
        if self.status.armed:
            times.append(self._at_s + TICK_S)
        return min(times)

    def handle_timer(self, now_s: float) -> None:
        """Fly up to now and send what is due."""
        self._advance(now_s)
        self.plans.handle_timer(now_s)
        if self._verdict_at_s is not None and now_s >= self._verdict_at_s:
            self._judge(now_s)
        for frame in self.telemetry.due(now_s):
            self.send(frame)
        self._collect(now_s)

    def send(self, frame: bytes) -> None:
        """Send with what leaves next."""
        self.send_later(self._at_s, frame)

    def send_later(self, at_s: float, frame: bytes) -> None:
        """Send at a time."""
        self._sent += 1
        heapq.heappush(self._outbox, (at_s, self._sent, frame))

    def say(self, severity: int, text: str) -> None:
        """Send a status text; held back while the ground is considered lost."""
        if self.failsafe.link_lost:
            self._held_texts.append((severity, text))
            return
        for frame in self.wire.status_text(severity, text):
            self.send(frame)

    def arm(self, now_s: float, text: str) -> bool:
        """Arm if nothing speaks against it; True also when armed already."""
        status = self.status
        if status.armed:
            return True
        if not self._may_arm(now_s):
            self.say(CRITICAL_SEVERITY, "Arming denied: Resolve system health failures first")
            return False
        mass = self.aircraft.mass
        status.armed, status.armed_at_s, status.flown = True, now_s, False
        status.home_enu_m, status.home_amsl_m, status.home_shift_m = (mass.east_m, mass.north_m), mass.altitude_m, 0.0
        mass.vertical_m_s = None
        self.navigator.mission.speed_m_s = None
        self.aircraft.faults.armed(now_s)
        self.telemetry.armed_changed(now_s)
        self.say(INFO_SEVERITY, text)
        self.navigator.enter(status.mode, now_s)
        return True

    def disarm(self, now_s: float, text: str) -> None:
        """Stop the motors; the mode goes back to AUTO.LOITER after a landing."""
        if not self.status.armed:
            return
        self.status.armed = False
        if self.status.flown:
            self.status.intended = Mode.LOITER
        self.say(INFO_SEVERITY, text)
        mode = Mode.LOITER if self.status.flown else self.status.mode
        mass = self.aircraft.mass
        mass.leg = mass.vertical_m_s = None
        mass.altitude_m, mass.on_ground = mass.ground_m, True  # cut in the air, it falls
        self.status.landed = Landed.ON_GROUND
        self.navigator.enter(mode, now_s)
        self.failsafe.disarmed()
        self.status.home_enu_m = (mass.east_m, mass.north_m)

    def mode_available(self, mode: Mode) -> bool:
        """Whether the commander would switch to it now."""
        mission = self.navigator.mission
        if mode is Mode.MISSION:
            return mission.valid or (not self.status.armed and mission.judged)
        return mode is not Mode.OFFBOARD or not self.status.armed

    def command_mode(self, mode: Mode, now_s: float) -> None:
        """The operator wants a mode: this overrides what a failsafe did."""
        self.failsafe.commanded()
        self.status.intended = mode
        self.navigator.enter(mode, now_s)

    def fence_allows(self, x: int, y: int) -> bool:
        """Whether a position [1e-7 deg] is inside the fence in force."""
        return self._fence.allows(x, y)

    def _may_arm(self, now_s: float) -> bool:
        status = self.status
        ready = now_s >= status.boot_s + BOOT_S and self.aircraft.mass.on_ground
        ready = ready and (status.mode is not Mode.MISSION or self.navigator.mission.valid)
        heard = self.parameters["NAV_DLL_ACT"] == 0 or not self.failsafe.link_is_lost(now_s)
        charged = self.failsafe.charge < Charge.CRITICAL
        return ready and heard and charged and not self.aircraft.faults.refuses_to_arm(now_s)

    def _receive(self, message: Any, now_s: float) -> None:
        kind = message.get_type()
        if kind == "HEARTBEAT":
            if message.type == GROUND_STATION:
                self.status.ground_heard_s = now_s
            return
        if getattr(message, "target_system", -1) not in (EVERYBODY, self.wire.system_id):
            return
        if getattr(message, "target_component", EVERYBODY) not in (EVERYBODY, self.wire.component_id):
            return
        partner = (message.get_srcSystem(), message.get_srcComponent())
        if kind in PLAN_MESSAGES:
            self.plans.receive(message, partner, now_s)
        elif kind in ("COMMAND_LONG", "COMMAND_INT"):
            answer_command(self, message, partner, now_s)
        elif kind in ("PARAM_REQUEST_READ", "PARAM_REQUEST_LIST", "PARAM_SET"):
            for frame in self.parameters.answer(self.wire, message):
                self.send(frame)
        elif kind == "MISSION_SET_CURRENT":
            self._set_current(message.seq, now_s)
        elif kind == "SET_MODE" and message.custom_mode in Mode.__members__.values():
            self.command_mode(Mode(message.custom_mode), now_s)

    def _set_current(self, sequence: int, now_s: float) -> None:
        if sequence < len(self.navigator.mission.items):
            self.navigator.jump(sequence, now_s)
        else:
            self.say(CRITICAL_SEVERITY, "WPM: WP CURR CMD: Not in list")

    def _collect(self, now_s: float) -> None:
        """Bring together what the parts want sent."""
        if self.plans.replaced:
            if MISSION in self.plans.replaced:
                self.navigator.mission.replace(self.plans.plans[MISSION])
            if FENCE in self.plans.replaced:
                self._take_fence()
            self.plans.replaced.clear()
            self._verdict_at_s = now_s + VERDICT_S
        for frame in self.plans.outgoing:
            self.send(frame)
        self.plans.outgoing.clear()
        for severity, text in self.plans.texts:
            self.say(severity, text)
        self.plans.texts.clear()
        reached = self.navigator.mission.reached_due(now_s)
        changed = self.telemetry.mission_changed()
        if changed is not None:
            self.send(changed)
        if reached is not None:
            self.send(self.wire.encode(common.MAVLink_mission_item_reached_message(reached)))
        if self._held_texts and not self.failsafe.link_lost:
            held, self._held_texts = self._held_texts, []
            for severity, text in held:
                self.say(severity, text)

    def _take_fence(self) -> None:
        """A fence that does not contain the vehicle is on board but not enforced."""
        self._fence = FenceArea(self.plans.plans[FENCE])
        if not self._inside_fence():
            self.say(CRITICAL_SEVERITY, "Geofence invalid, doesn't contain current vehicle position")
            self._fence = FenceArea(())

    def _judge(self, now_s: float) -> None:
        self._verdict_at_s = None
        mission = self.navigator.mission
        reason = mission.judge(self._fence)
        if reason is not None and reason.startswith("Geofence"):
            self.say(CRITICAL_SEVERITY, reason)
        if not self.status.armed or self.status.mode is not Mode.MISSION:
            return
        if mission.valid:
            self.navigator.jump(mission.current, now_s)
        else:
            self.say(CRITICAL_SEVERITY, "No valid mission available, loitering")
            self.command_mode(Mode.LOITER, now_s)

    def _advance(self, now_s: float) -> None:
        """Fly up to now, step by step."""
        aircraft, navigator = self.aircraft, self.navigator
        while self.status.armed and self._at_s < now_s - 1e-6:
            at_s = self._at_s
            step_s = min(aircraft.step_s(), now_s - at_s)
            aircraft.faults.now_s = at_s
            navigator.step(at_s)
            aircraft.advance(at_s, step_s)
            self._at_s = aircraft.mass.at_s = at_s + step_s
            self._watch(self._at_s)
        self._at_s = aircraft.faults.now_s = aircraft.mass.at_s = now_s
        if now_s >= self._checked_s + TICK_S - 1e-6:
            self._checked_s = now_s
            aircraft.suffer(now_s)
            inside = not self.status.armed or self._inside_fence()
            self.failsafe.check(now_s, battery_fraction=aircraft.battery.fraction, inside_fence=inside)

    def _watch(self, now_s: float) -> None:
        """Take-off and landing, and the disarming that follows by itself."""
        status, before = self.status, self.status.landed
        if not status.flown:
            if not self.aircraft.mass.on_ground:
                status.flown = True
                self.say(INFO_SEVERITY, "Takeoff detected")
            elif now_s >= status.armed_at_s + self.parameters["COM_DISARM_PRFLT"]:
                self.disarm(now_s, "Disarmed by auto preflight disarming")
                return
        status.landed = self.navigator.landed_state()
        if status.flown and status.landed is Landed.ON_GROUND:
            if before is not Landed.ON_GROUND:
                status.landed_at_s = now_s
                self.say(INFO_SEVERITY, "Landing detected")
            elif now_s >= status.landed_at_s + self.parameters["COM_DISARM_LAND"]:
                self.disarm(now_s, "Disarmed by landing")
        if now_s >= self._home_step_at_s and now_s < status.armed_at_s + HOME_CORRECTED_S:
            self._home_step_at_s = now_s + HOME_STEP_S
            shift = status.home_shift_m + self._rng.gauss(0.0, 0.4)
            status.home_shift_m = max(-HOME_SHIFT_M, min(HOME_SHIFT_M, shift))

    def _inside_fence(self) -> bool:
        if not self._fence.inclusions and not self._fence.exclusions:
            return True
        place = self.aircraft.position()
        return self._fence.allows(round(place.latitude_deg * 1e7), round(place.longitude_deg * 1e7))

    def _open_gripper(self) -> None:
        self.aircraft.release(self._at_s)

    def _locate(self, item: PlanItem) -> tuple[float, float]:
        return self.aircraft.frame.to_enu_m(Geodetic(item.x / 1e7, item.y / 1e7))
