"""A simulated PX4 1.17: datagrams in, datagrams out, time as an argument.

Theory of operation. Whatever happens (a datagram, the timer), the aircraft is first flown up to now in small steps;
then the stimulus is handled; what is to be sent waits in an outbox, some of it for a few milliseconds, as the real
one answers. The parts each keep one thing: :mod:`autopilot_plans` the mission protocol, :mod:`autopilot_navigator`
the modes, :mod:`autopilot_arming` arming, :mod:`autopilot_conditions` what it does by itself,
:mod:`autopilot_telemetry` what it tells unasked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from pymavlink.dialects.v20 import common

from skystork.frames import Geodetic
from skystork_sim.aircraft import Aircraft
from skystork_sim.autopilot_arm_authorisation import ArmAuthorisation
from skystork_sim.autopilot_arming import DENIED_TEXT, Arming
from skystork_sim.autopilot_commands import answer_command
from skystork_sim.autopilot_conditions import Failsafe
from skystork_sim.autopilot_failures import Failures
from skystork_sim.autopilot_fence import Geofence
from skystork_sim.autopilot_gnss import Gnss
from skystork_sim.autopilot_home import Home
from skystork_sim.autopilot_inner_commands import publish
from skystork_sim.autopilot_items import FENCE, MISSION, RALLY, PlanItem
from skystork_sim.autopilot_messages import Messages
from skystork_sim.autopilot_mission import MissionRunner
from skystork_sim.autopilot_modes import STICK_MODES, Mode, Status
from skystork_sim.autopilot_navigator import Navigator
from skystork_sim.autopilot_offboard import Offboard
from skystork_sim.autopilot_outbox import Address, Outbox
from skystork_sim.autopilot_parameters import Parameters
from skystork_sim.autopilot_plans import PlanServer
from skystork_sim.autopilot_return import ReturnPlanner
from skystork_sim.autopilot_side import TRAFFIC, AutopilotSide
from skystork_sim.autopilot_streams import FLEET, StreamSet
from skystork_sim.autopilot_telemetry import Telemetry
from skystork_sim.wire import Wire

TICK_S = 0.25  # how often an armed vehicle is looked at from outside
VERDICT_S = 0.03  # measured 10 to 50 ms after MISSION_ACK
TEXTS_HELD_S = 2.5  # PX4 v1.17 TelemetryStatus.msg HEARTBEAT_TIMEOUT_US: no text to a ground not heard for so long
GROUND_STATION = 6  # MAV_TYPE_GCS
CRITICAL_SEVERITY = 2  # MAV_SEVERITY
EVERYBODY = 0
PLAN_MESSAGES = frozenset(
    {"MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT"}
    | {"MISSION_REQUEST", "MISSION_CLEAR_ALL", "MISSION_ACK"}
)

Partner = tuple[int, int]
"""System and component id of who speaks."""
Service = Callable[[Any, Partner, float], Iterable[bytes]]
"""Takes a message, its sender and the time; returns the frames that answer it."""


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
    streams
        What it sends unasked, and how often.
    """

    def __init__(
        self,
        aircraft: Aircraft,
        *,
        boot_s: float,
        controller: Address,
        parameters: Mapping[str, int | float],
        rng: Random,
        streams: StreamSet = FLEET,
    ) -> None:
        self.aircraft = aircraft
        self.wire = Wire(aircraft.system_id)
        self.parameters = Parameters({"MAV_SYS_ID": aircraft.system_id, **parameters})
        self.outbox = Outbox(self.wire, controller)
        mass = aircraft.mass
        self.status = Status(boot_s, home_enu_m=(mass.east_m, mass.north_m), home_amsl_m=mass.ground_m)
        self.plans = PlanServer(self.wire)
        self.fence = Geofence(aircraft, self.say)
        self.home = Home(mass, self.status, rng)
        self.gnss = Gnss(self.parameters)
        self.failures = Failures(self.parameters, self.gnss)
        self.offboard = Offboard(aircraft, self.status, self.parameters, self.say)
        self.navigator = self._build_navigator()
        self.failsafe = Failsafe(
            self.status,
            self.parameters,
            enter=self.navigator.enter,
            say=self.say,
            mode_runs=self.mode_runs,
            disarm=self._disarm,
        )
        self.telemetry = self._build_telemetry(streams)
        self.arming = Arming(
            aircraft=aircraft,
            status=self.status,
            parameters=self.parameters,
            navigator=self.navigator,
            failsafe=self.failsafe,
            home=self.home,
            say=self.say,
            mode_runs=self.mode_runs,
            on_change=self.telemetry.armed_changed,
        )
        self.arm_authorisation = ArmAuthorisation(self.wire, self.parameters, send=self.send, say=self.say)
        self.arming.refusals.append(self.arm_authorisation.refusal)
        self.side = AutopilotSide(self.wire, boot_s, self.arming.failed_checks)
        self.gripper_busy_until_s = boot_s
        self.services: dict[str, Service] = self._build_services()
        """Message name: who answers it. Further services of the vehicle are added here."""
        self._verdict_at_s: float | None = None
        self._at_s = self._checked_s = boot_s
        self.outbox.now_s = boot_s

    def receive_datagram(self, data: bytes, addr: Address, now_s: float) -> None:
        """Take what came in; only the first address ever heard gets answers."""
        self._advance(now_s)
        self.outbox.latch(addr)
        for message in self.wire.decode(data):
            self._receive(message, now_s)
        self._collect(now_s)

    def datagrams_to_send(self, now_s: float) -> list[tuple[bytes, Address]]:
        """What is to leave now, one frame in each datagram, as PX4 sends them."""
        return self.outbox.due(now_s)

    def next_timer_s(self) -> float:
        """When to call :meth:`handle_timer`; there always is a next message."""
        reached = self.navigator.mission.reached
        times = (
            self.telemetry.next_s(),
            self.plans.next_timer_s(),
            self.arm_authorisation.next_timer_s(),
            self.side.next_timer_s(),
            self._verdict_at_s,
            self.outbox.next_s(),
            None if reached is None else reached.next_s,
            self._at_s + TICK_S if self.status.armed else None,
        )
        return min(at_s for at_s in times if at_s is not None)

    def handle_timer(self, now_s: float) -> None:
        """Fly up to now and send what is due."""
        self._advance(now_s)
        self.plans.handle_timer(now_s)
        self.arm_authorisation.handle_timer(now_s)
        if self._verdict_at_s is not None and now_s >= self._verdict_at_s:
            self._judge(now_s)
        for frame in self.telemetry.due(now_s):
            self.send(frame)
        self._collect(now_s)

    def send(self, frame: bytes) -> None:
        """Send with what leaves next."""
        self.outbox.send(frame)

    def send_later(self, at_s: float, frame: bytes) -> None:
        """Send at a time."""
        self.outbox.send_later(at_s, frame)

    def say(self, severity: int, text: str) -> None:
        """Send a status text; held back while the ground is considered lost."""
        self.outbox.say(severity, text)
        for frame in self.side.denied(self._at_s) if text == DENIED_TEXT else ():  # said twice, as PX4 does
            self.send(frame)

    def mode_runs(self, mode: Mode, now_s: float) -> bool:
        """Whether a mode can be flown now."""
        if mode in STICK_MODES:
            return False
        if mode is Mode.TERMINATION:
            return True
        if mode is Mode.MISSION and not self.navigator.mission.flyable:
            return False
        return self.gnss.position_valid and (mode is not Mode.OFFBOARD or self.offboard.alive(now_s))

    def mode_available(self, mode: Mode, now_s: float) -> bool:
        """Whether the commander would switch to it now: disarmed to any, in the air to what can be flown, or down."""
        if self.status.mode is Mode.TERMINATION:
            return False
        return not self.status.armed or mode is Mode.LAND or self.mode_runs(mode, now_s)

    def command_mode(self, mode: Mode, now_s: float) -> None:
        """The operator wants a mode: this overrides what a failsafe did, where it may."""
        self.status.intend(mode)
        self.failsafe.commanded()
        self.failsafe.act(now_s)

    def publish_inside(self, command: int, *params: float) -> None:
        """A command from one part of the autopilot to another; the link sees it too."""
        publish(self.outbox, self.wire, self._at_s, command, params)

    def _build_navigator(self) -> Navigator:
        mass, status, parameters = self.aircraft.mass, self.status, self.parameters
        mission = MissionRunner(
            mass=mass,
            status=status,
            parameters=parameters,
            locate=self._locate,
            open_gripper=self._open_gripper,
            publish=self.publish_inside,
        )
        way_home = ReturnPlanner(
            mass=mass,
            status=status,
            parameters=parameters,
            mission=mission,
            say=self.say,
            locate=self._locate,
            rally_points=lambda: self.plans.plans[RALLY],
        )
        return Navigator(
            mass=mass,
            status=status,
            parameters=parameters,
            mission=mission,
            way_home=way_home,
            offboard=self.offboard,
            say=self.say,
            request=self.command_mode,
        )

    def _build_telemetry(self, streams: StreamSet) -> Telemetry:
        messages = Messages(
            wire=self.wire,
            aircraft=self.aircraft,
            status=self.status,
            failsafe=self.failsafe,
            gnss=self.gnss,
            failures=self.failures,
            checks_pass=lambda now_s: self.arming.check(now_s) is None,
        )
        return Telemetry(
            wire=self.wire,
            system_id=self.aircraft.system_id,
            status=self.status,
            mission=self.navigator.mission,
            plans=self.plans,
            messages=messages,
            streams=streams,
        )

    def _build_services(self) -> dict[str, Service]:
        services: dict[str, Service] = dict.fromkeys(PLAN_MESSAGES, self._serve_plans)
        services |= dict.fromkeys(("COMMAND_LONG", "COMMAND_INT"), self._serve_commands)
        parameters: Service = lambda message, _partner, _now_s: self.parameters.answer(self.wire, message)  # noqa: E731
        services |= dict.fromkeys(("PARAM_REQUEST_READ", "PARAM_REQUEST_LIST", "PARAM_SET"), parameters)
        services["MISSION_SET_CURRENT"] = self._set_current
        services["SET_MODE"] = self._set_mode
        services["COMMAND_ACK"] = self._take_answer
        services |= self.side.services()
        services |= dict.fromkeys(
            ("SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT"), self.offboard.receive
        )
        return services

    def _receive(self, message: Any, now_s: float) -> None:
        kind = message.get_type()
        if kind == "HEARTBEAT":
            if message.type == GROUND_STATION:
                self.status.ground_heard_s = now_s
            return
        nobody = EVERYBODY if kind == TRAFFIC else -1
        if getattr(message, "target_system", nobody) not in (EVERYBODY, self.wire.system_id):
            return
        if getattr(message, "target_component", EVERYBODY) not in (EVERYBODY, self.wire.component_id):
            return
        service = self.services.get(kind)
        if service is not None:
            for frame in service(message, (message.get_srcSystem(), message.get_srcComponent()), now_s):
                self.send(frame)

    def _serve_plans(self, message: Any, partner: Partner, now_s: float) -> Iterable[bytes]:
        self.plans.receive(message, partner, now_s)
        return ()

    def _serve_commands(self, message: Any, partner: Partner, now_s: float) -> Iterable[bytes]:
        answer_command(self, message, partner, now_s)
        return ()

    def _take_answer(self, message: Any, partner: Partner, now_s: float) -> Iterable[bytes]:
        self.arm_authorisation.receive(message, partner[0], now_s)
        return ()

    def _set_mode(self, message: Any, _partner: Partner, now_s: float) -> Iterable[bytes]:
        if message.custom_mode in Mode.__members__.values() and self.mode_available(Mode(message.custom_mode), now_s):
            self.command_mode(Mode(message.custom_mode), now_s)
        return ()

    def _set_current(self, message: Any, _partner: Partner, now_s: float) -> Iterable[bytes]:
        if message.seq < len(self.navigator.mission.items):
            self.navigator.jump(message.seq, now_s)
        else:
            self.say(CRITICAL_SEVERITY, "WPM: WP CURR CMD: Not in list")
        return ()

    def _collect(self, now_s: float) -> None:
        """Bring together what the parts want sent."""
        if self.plans.replaced:
            if MISSION in self.plans.replaced:
                self.navigator.mission.replace(self.plans.plans[MISSION])
            if FENCE in self.plans.replaced:
                self.fence.take(self.plans.plans[FENCE], self.status.home_enu_m)
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
        for frame in self.side.due(now_s):
            self.send(frame)
        self._hold_texts(now_s)
        self.outbox.flush_texts()

    def _hold_texts(self, now_s: float) -> None:
        self.outbox.holds_texts = now_s - self.status.ground_heard_s > TEXTS_HELD_S

    def _judge(self, now_s: float) -> None:
        self._verdict_at_s = None
        mission = self.navigator.mission
        reason = mission.judge(self.fence.area)
        for frame in self.side.rejected(reason, now_s) if reason is not None and mission.items else ():
            self.send(frame)
        if reason is not None and reason.startswith("Geofence"):
            self.say(CRITICAL_SEVERITY, reason)
        if not self.status.armed or self.status.intended is not Mode.MISSION:
            return
        if mission.valid:
            self.navigator.jump(mission.current, now_s)
        else:
            self.say(CRITICAL_SEVERITY, "No valid mission available, loitering")
            self.command_mode(Mode.LOITER, now_s)

    def _advance(self, now_s: float) -> None:
        """Fly up to now, step by step."""
        aircraft, navigator = self.aircraft, self.navigator
        self._hold_texts(now_s)
        while self.status.armed and self._at_s < now_s - 1e-6:
            at_s = self._at_s
            step_s = min(aircraft.step_s(), now_s - at_s)
            aircraft.faults.now_s = at_s
            navigator.step(at_s)
            aircraft.advance(at_s, step_s)
            self._at_s = aircraft.mass.at_s = self.outbox.now_s = at_s + step_s
            if self.failures.falls and not aircraft.mass.on_ground:
                navigator.fall()
            self.arming.watch(self._at_s)
            self.home.wander(self._at_s)
        self._at_s = self.outbox.now_s = aircraft.faults.now_s = aircraft.mass.at_s = now_s
        if now_s >= self._checked_s + TICK_S - 1e-6:
            self._checked_s = now_s
            aircraft.suffer(now_s)
            self.gnss.look(now_s)
            inside = not self.status.armed or self.fence.contains_vehicle()
            level = self.failures.battery_level(aircraft.battery.fraction, now_s)
            self.failsafe.look(now_s, battery_fraction=level, inside_fence=inside)

    def _disarm(self, now_s: float, text: str) -> None:
        self.arming.disarm(now_s, text)

    def _open_gripper(self) -> None:
        self.aircraft.release(self._at_s)

    def _locate(self, item: PlanItem) -> tuple[float, float]:
        return self.aircraft.frame.to_enu_m(Geodetic(item.x / 1e7, item.y / 1e7))
