"""Arming and disarming of a simulated vehicle: what speaks against it, and when it disarms by itself.

``checks`` and ``refusals`` are asked in turn; each says why the vehicle must not arm, or nothing. An armed vehicle that
does not leave the ground disarms after COM_DISARM_PRFLT, one that has landed after COM_DISARM_LAND.
Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

from collections.abc import Callable

from skystork_sim.aircraft import Aircraft
from skystork_sim.autopilot_conditions import Charge, Failsafe
from skystork_sim.autopilot_home import Home
from skystork_sim.autopilot_modes import BOOT_S, NOT_FOR_ARMING, Landed, Mode, Status
from skystork_sim.autopilot_navigator import Navigator
from skystork_sim.autopilot_parameters import Parameters

CRITICAL_SEVERITY, WARNING_SEVERITY, INFO_SEVERITY = 2, 4, 6  # MAV_SEVERITY
GROUND_TEXT = "Preflight Fail: No connection to the GCS"
DENIED_TEXT = "Arming denied: Resolve system health failures first"

Refusal = Callable[[float], str | None]
"""Asked with the time: why the vehicle must not arm now, None where nothing speaks against it."""


class Arming:
    """Keeps the armed state; mutable because it changes it.

    Parameters
    ----------
    say
        Sends a status text: severity and text.
    mode_runs
        Whether a mode can be flown now.
    on_change
        Told when the vehicle has armed or disarmed.
    """

    def __init__(
        self,
        *,
        aircraft: Aircraft,
        status: Status,
        parameters: Parameters,
        navigator: Navigator,
        failsafe: Failsafe,
        home: Home,
        say: Callable[[int, str], None],
        mode_runs: Callable[[Mode, float], bool],
        on_change: Callable[[float], None],
    ) -> None:
        self._aircraft, self._status, self._parameters = aircraft, status, parameters
        self._navigator, self._failsafe, self._home = navigator, failsafe, home
        self._say, self._mode_runs, self._on_change = say, mode_runs, on_change
        self.checks: list[Refusal] = [self._not_booted, self._mode_cannot_run, self._ground_not_heard]
        self.checks.append(self._battery_too_low)
        self.refusals: list[Refusal] = [self._in_the_air, self._scenario_refuses]
        """Asked at the attempt only: they do not show in the vehicle's state before."""

    def check(self, now_s: float) -> str | None:
        """The first pre-arm check that fails; None when the vehicle reports that it is ready."""
        return next((text for asked in self.checks if (text := asked(now_s)) is not None), None)

    def failed_checks(self, now_s: float) -> list[str]:
        """All pre-arm checks that fail."""
        return [text for asked in self.checks if (text := asked(now_s)) is not None]

    def refusal(self, now_s: float) -> str | None:
        """The first thing that speaks against arming; None when it may arm."""
        failed = self.check(now_s)
        if failed is not None:
            return failed
        return next((text for asked in self.refusals if (text := asked(now_s)) is not None), None)

    def arm(self, now_s: float, text: str) -> bool:
        """Arm if nothing speaks against it; True also when armed already."""
        status = self._status
        if status.armed:
            return True
        if self.refusal(now_s) is not None:
            if self._ground_not_heard(now_s) is not None:
                self._say(WARNING_SEVERITY, GROUND_TEXT)
            self._say(CRITICAL_SEVERITY, DENIED_TEXT)
            return False
        status.armed, status.armed_at_s, status.flown = True, now_s, False
        self._home.freeze()
        self._aircraft.mass.vertical_m_s = None
        self._navigator.mission.speed_m_s = None
        self._aircraft.faults.armed(now_s)
        self._on_change(now_s)
        self._say(INFO_SEVERITY, text)
        self._navigator.enter(status.mode, now_s)
        return True

    def disarm(self, now_s: float, text: str) -> None:
        """Stop the motors; the mode goes back to the last in which the vehicle may arm."""
        status, mass = self._status, self._aircraft.mass
        if not status.armed:
            return
        status.armed = False
        self._say(INFO_SEVERITY, text)
        status.intended = status.after_disarming
        mass.leg = mass.vertical_m_s = None
        mass.altitude_m, mass.on_ground = mass.ground_m, True  # cut in the air, it falls
        status.landed = Landed.ON_GROUND
        self._failsafe.act(now_s)
        self._navigator.enter(status.intended, now_s)
        self._home.follow()
        self._on_change(now_s)

    def watch(self, now_s: float) -> None:
        """Take-off and landing, and the disarming that follows by itself."""
        status, before = self._status, self._status.landed
        if not status.flown:
            if not self._aircraft.mass.on_ground:
                status.flown = True
                self._say(INFO_SEVERITY, "Takeoff detected")
            elif now_s >= status.armed_at_s + self._parameters["COM_DISARM_PRFLT"]:
                self.disarm(now_s, "Disarmed by auto preflight disarming")
                return
        status.landed = self._navigator.landed_state()
        if not status.flown or status.landed is not Landed.ON_GROUND:
            return
        if before is not Landed.ON_GROUND:
            status.landed_at_s = now_s
            self._say(INFO_SEVERITY, "Landing detected")
        elif now_s >= status.landed_at_s + self._parameters["COM_DISARM_LAND"]:
            self.disarm(now_s, "Disarmed by landing")

    def _not_booted(self, now_s: float) -> str | None:
        return "the vehicle is starting" if now_s < self._status.boot_s + BOOT_S else None

    def _in_the_air(self, _now_s: float) -> str | None:
        return None if self._aircraft.mass.on_ground else "the vehicle is in the air"

    def _mode_cannot_run(self, now_s: float) -> str | None:
        mode = self._status.mode
        if mode in NOT_FOR_ARMING:
            return f"no arming in mode {mode.name}"
        return None if self._mode_runs(mode, now_s) else f"mode {mode.name} cannot run"

    def _ground_not_heard(self, now_s: float) -> str | None:
        minds = self._parameters["NAV_DLL_ACT"] != 0
        return "No connection to the GCS" if minds and self._failsafe.link_is_lost(now_s) else None

    def _battery_too_low(self, _now_s: float) -> str | None:
        return "Low battery" if self._failsafe.charge >= Charge.CRITICAL else None

    def _scenario_refuses(self, now_s: float) -> str | None:
        return "refused by the scenario" if self._aircraft.faults.refuses_to_arm(now_s) else None
