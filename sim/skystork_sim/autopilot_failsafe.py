"""What PX4 does by itself when the ground falls silent, the battery runs low or the fence is crossed.

Silence and a critical battery hold for COM_FAIL_ACT_T, in which the operator may step in, then act; an emergency
lands at once; the fence holds. Nothing is undone by itself once the action has begun: a return goes on when the
ground is heard again, until a mode is commanded. Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from skystork_sim.autopilot_modes import Mode, Status
from skystork_sim.autopilot_parameters import Parameters

LINK_DETECTION_S = 1.75  # measured 11.7 to 11.8 s after the last heartbeat with COM_DL_LOSS_T 10
CRITICAL_SEVERITY, WARNING_SEVERITY, INFO_SEVERITY = 2, 4, 6  # MAV_SEVERITY
GOING_DOWN = frozenset({Mode.RTL, Mode.LAND, Mode.TERMINATION})
LINK_ACTIONS = {2: Mode.RTL, 3: Mode.LAND}  # NAV_DLL_ACT after the hold


class Charge(IntEnum):
    """MAV_BATTERY_CHARGE_STATE."""

    OK = 1
    LOW = 2
    CRITICAL = 3
    EMERGENCY = 4


@dataclass(slots=True)
class Pending:
    """A hold that ends in a mode."""

    act_at_s: float
    mode: Mode
    link: bool
    """Begun by a lost link: ends when the ground is heard in time."""


class Failsafe:
    """Watches the conditions; mutable because it remembers what it has answered.

    Parameters
    ----------
    enter
        Changes the mode of the vehicle.
    say
        Sends a status text: severity and text.
    """

    def __init__(
        self,
        status: Status,
        parameters: Parameters,
        enter: Callable[[Mode, float], None],
        say: Callable[[int, str], None],
    ) -> None:
        self._status, self._parameters, self._enter, self._say = status, parameters, enter, say
        self._pending: Pending | None = None
        self.charge = Charge.OK
        self.link_lost = False
        self._breached = False

    def commanded(self) -> None:
        """The operator chose a mode: what was answered is answered."""
        self._pending = None

    def disarmed(self) -> None:
        """On the ground: begin anew."""
        self._pending = None
        self._breached = False
        self._status.failsafe = False

    def link_is_lost(self, now_s: float) -> bool:
        """Whether the ground has been silent for too long."""
        return now_s - self._status.ground_heard_s > self._parameters["COM_DL_LOSS_T"] + LINK_DETECTION_S

    def check(self, now_s: float, *, battery_fraction: float, inside_fence: bool) -> None:
        """Look at all conditions and act."""
        flying = self._status.armed and self._status.flown
        self._check_battery(now_s, battery_fraction, flying=flying)
        self._check_link(now_s, flying=flying)
        self._check_fence(now_s, inside_fence=inside_fence, flying=flying)
        pending = self._pending
        if pending is not None and now_s >= pending.act_at_s:
            self._pending = None
            self._enter(pending.mode, now_s)
        link_counts = self.link_lost and self._parameters["NAV_DLL_ACT"] > 0 and not self._mission_is_excepted()
        self._status.failsafe = flying and (link_counts or self.charge >= Charge.CRITICAL or self._breached)

    def _check_battery(self, now_s: float, fraction: float, *, flying: bool) -> None:
        value = self._parameters
        charge = Charge.OK
        for level, name in ((Charge.LOW, "LOW"), (Charge.CRITICAL, "CRIT"), (Charge.EMERGENCY, "EMERGEN")):
            if fraction <= value[f"BAT_{name}_THR"]:
                charge = level
        worse, self.charge = charge > self.charge, charge
        if not (worse and flying):
            return
        if charge is Charge.LOW:
            self._say(WARNING_SEVERITY, "Low battery level, return advised")
        elif charge is Charge.CRITICAL:
            self._say(CRITICAL_SEVERITY, "Critical battery level, return now")
            self._hold_then(Mode.RTL, now_s, link=False)
        elif self._status.mode is not Mode.LAND:
            self._say(CRITICAL_SEVERITY, "Emergency battery level, land immediately")
            self._pending = None
            self._enter(Mode.LAND, now_s)

    def _check_link(self, now_s: float, *, flying: bool) -> None:
        heard = self._status.ground_heard_s > -math.inf
        was, self.link_lost = self.link_lost, heard and self.link_is_lost(now_s)
        if was and not self.link_lost:
            self._say(INFO_SEVERITY, "GCS connection regained")
            if self._pending is not None and self._pending.link:
                self._pending = None
                self._enter(self._status.intended, now_s)
        if not flying or was or not self.link_lost:
            return
        self._say(WARNING_SEVERITY, "Connection to ground station lost")
        if self._mission_is_excepted():
            return
        action = int(self._parameters["NAV_DLL_ACT"])
        if action == 1 and self._status.mode not in GOING_DOWN:
            self._enter(Mode.LOITER, now_s)
        elif action in LINK_ACTIONS:
            self._hold_then(LINK_ACTIONS[action], now_s, link=True)

    def _mission_is_excepted(self) -> bool:
        """COM_DLL_EXCEPT bit 0: a mission goes on without the ground."""
        return bool(int(self._parameters["COM_DLL_EXCEPT"]) & 1) and self._status.mode is Mode.MISSION

    def _check_fence(self, now_s: float, *, inside_fence: bool, flying: bool) -> None:
        was, self._breached = self._breached, not inside_fence
        if not flying or was or inside_fence or self._parameters["GF_ACTION"] == 0:
            return
        self._say(CRITICAL_SEVERITY, "Geofence: approaching or outside geofence")
        if self._parameters["GF_ACTION"] >= 2 and self._status.mode not in GOING_DOWN:
            self._enter(Mode.LOITER, now_s)

    def _hold_then(self, mode: Mode, now_s: float, *, link: bool) -> None:
        if self._status.mode in GOING_DOWN or self._pending is not None:
            return
        self._say(WARNING_SEVERITY, f"Failsafe activated: switching to {mode.name} in a few seconds")
        self._enter(Mode.LOITER, now_s)
        self._pending = Pending(now_s + self._parameters["COM_FAIL_ACT_T"], mode, link)
