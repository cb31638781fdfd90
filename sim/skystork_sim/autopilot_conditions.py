"""The conditions in which a simulated PX4 acts by itself, and what its parameters make of each.

Silence of the ground, a low battery, the fence, a mode that can no longer be flown (no set points, no position).
Source: PX4 v1.17 commander/failsafe/failsafe.cpp and parameters; behaviour recorded on SITL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from enum import IntEnum

from skystork_sim.autopilot_failsafe import Action, Clear, FailsafeSelector, Response, Takeover
from skystork_sim.autopilot_modes import Mode, Status
from skystork_sim.autopilot_parameters import Parameters

LINK_DETECTION_S = 1.75  # measured 11.7 to 11.8 s after the last heartbeat with COM_DL_LOSS_T 10
CRITICAL_SEVERITY, WARNING_SEVERITY, INFO_SEVERITY = 2, 4, 6  # MAV_SEVERITY
KEPT = Clear.ON_MODE_CHANGE
LINK_LOSS_ACTION = {
    1: Response(Action.HOLD, KEPT),
    2: Response(Action.RTL, KEPT),
    3: Response(Action.LAND, KEPT),
    5: Response(Action.TERMINATE, Clear.NEVER, Takeover.NEVER),
    6: Response(Action.DISARM, takeover=Takeover.NEVER),
}
"""NAV_DLL_ACT and NAV_RCL_ACT."""
FENCE_ACTION = {
    1: Response(Action.WARN),
    2: Response(Action.HOLD, KEPT, Takeover.BY_MODE),
    3: Response(Action.RTL, KEPT),
    4: Response(Action.TERMINATE, Clear.NEVER, Takeover.NEVER),
    5: Response(Action.LAND, KEPT),
}
"""GF_ACTION."""
OFFBOARD_LOSS_ACTION = {3: Action.RTL, 4: Action.LAND, 5: Action.HOLD, 6: Action.TERMINATE, 7: Action.DISARM}
"""COM_OBL_RC_ACT; what needs a stick falls back to NAV_RCL_ACT, there being none."""
BATTERY_ACTION = {
    0: {},
    1: {},
    2: {"critical": Action.LAND, "emergency": Action.LAND},
    3: {"critical": Action.RTL, "emergency": Action.LAND},
}
"""COM_LOW_BAT_ACT: the actions of a critical and of an emergency level; a warning otherwise."""
MODE_OF_ACTION = {
    Action.HOLD: Mode.LOITER,
    Action.RTL: Mode.RTL,
    Action.LAND: Mode.LAND,
    Action.DESCEND: Mode.LAND,
    Action.TERMINATE: Mode.TERMINATION,
}


class Charge(IntEnum):
    """MAV_BATTERY_CHARGE_STATE."""

    OK = 1
    LOW = 2
    CRITICAL = 3
    EMERGENCY = 4


CHARGE_TEXTS_APART_S = 2.0  # recorded: of levels that follow each other faster, the first is told
CHARGE_TEXTS = {
    Charge.LOW: "Low battery",
    Charge.CRITICAL: "Critical battery",
    Charge.EMERGENCY: "Emergency battery level",
}


class Failsafe:
    """Watches the conditions; mutable because it remembers what it has answered.

    Parameters
    ----------
    enter
        Changes the mode that is flown.
    say
        Sends a status text: severity and text.
    mode_runs
        Whether a mode can be flown now.
    disarm
        Stops the motors, for a stated reason.
    """

    def __init__(
        self,
        status: Status,
        parameters: Parameters,
        *,
        enter: Callable[[Mode, float], None],
        say: Callable[[int, str], None],
        mode_runs: Callable[[Mode, float], bool],
        disarm: Callable[[float, str], None],
    ) -> None:
        self._status, self._parameters = status, parameters
        self._enter, self._say, self._mode_runs, self._disarm = enter, say, mode_runs, disarm
        self._selector = FailsafeSelector()
        self._mode_chosen = False
        self.charge = Charge.OK
        self._charge_at_arming = Charge.OK
        self._charge_said_s = -math.inf
        self._was_armed = False
        self.link_lost = False
        self.inside_fence = True

    def commanded(self) -> None:
        """The operator chose a mode."""
        self._mode_chosen = True

    def link_is_lost(self, now_s: float) -> bool:
        """Whether the ground has been silent for too long."""
        return now_s - self._status.ground_heard_s > self._parameters["COM_DL_LOSS_T"] + LINK_DETECTION_S

    def look(self, now_s: float, *, battery_fraction: float, inside_fence: bool) -> None:
        """Take in the battery, the fence and the silence, then act."""
        thresholds = ((Charge.LOW, "LOW"), (Charge.CRITICAL, "CRIT"), (Charge.EMERGENCY, "EMERGEN"))
        below = [level for level, name in thresholds if battery_fraction <= self._parameters[f"BAT_{name}_THR"]]
        was, self.charge = self.charge, max(below, default=Charge.OK)
        if self.charge > was:
            self._say_charge(now_s)
        was_inside, self.inside_fence = self.inside_fence, inside_fence
        if was_inside and not inside_fence and self._status.armed and self._parameters["GF_ACTION"]:
            self._say(CRITICAL_SEVERITY, "Geofence: approaching or outside geofence")
        self._listen(now_s)
        self.act(now_s)

    def act(self, now_s: float) -> None:
        """Select the action and fly its mode."""
        status = self._status
        if status.armed and not self._was_armed:
            self._charge_at_arming = self.charge
        self._was_armed = status.armed
        selection = self._selector.update(
            now_s,
            armed=status.armed,
            conditions=dict(self._conditions(now_s)) if status.armed else {},
            mode_chosen=self._mode_chosen,
            delay_s=self._parameters["COM_FAIL_ACT_T"],
            can_run=lambda action: self._mode_runs(MODE_OF_ACTION[action], now_s),
            going_down=self._going_down,
        )
        self._mode_chosen = False
        status.failsafe = selection.in_failsafe
        self._tell()
        if selection.action is Action.DISARM:
            self._disarm(now_s, "Disarmed by failsafe")
            return
        wanted = MODE_OF_ACTION.get(selection.action, status.intended)
        if wanted is not status.mode:
            self._enter(wanted, now_s)

    def _tell(self) -> None:
        news = self._selector.news
        if news is None or not news.in_failsafe:
            return
        if news.delayed is not Action.NONE:
            seconds = round(self._parameters["COM_FAIL_ACT_T"])
            self._say(CRITICAL_SEVERITY, f"Failsafe activated: entering Hold for {seconds} seconds")
        else:
            self._say(CRITICAL_SEVERITY, "Failsafe activated")

    def _say_charge(self, now_s: float) -> None:
        if self.charge is Charge.EMERGENCY:
            self._say(CRITICAL_SEVERITY, "System does not support shutdown")  # what PX4's simulation says then
        if now_s - self._charge_said_s < CHARGE_TEXTS_APART_S:
            return
        self._charge_said_s = now_s
        self._say(CRITICAL_SEVERITY, CHARGE_TEXTS[self.charge])

    def _listen(self, now_s: float) -> None:
        heard = self._status.ground_heard_s > -math.inf
        was, self.link_lost = self.link_lost, heard and self.link_is_lost(now_s)
        if was and not self.link_lost:
            self._say(INFO_SEVERITY, "GCS connection regained")
        elif self.link_lost and not was:
            self._say(INFO_SEVERITY, "Connection to ground station lost")

    def _conditions(self, now_s: float) -> Iterator[tuple[str, Response]]:
        value, intended = self._parameters, self._status.intended
        if self.link_lost and not self._silence_is_excepted():
            response = LINK_LOSS_ACTION.get(int(value["NAV_DLL_ACT"]))
            if response is not None:
                yield "ground silent", response
        if not self.inside_fence and value["GF_ACTION"]:
            yield "fence", FENCE_ACTION.get(int(value["GF_ACTION"]), Response(Action.WARN))
        if self.charge > Charge.OK:
            worse = self.charge > self._charge_at_arming
            actions = BATTERY_ACTION.get(int(value["COM_LOW_BAT_ACT"]), {}) if worse else {}
            name = self.charge.name.lower()
            yield f"battery {name}", Response(actions.get(name, Action.WARN))
        if not self._mode_runs(intended, now_s):
            yield "mode", Response(self._fallback(intended), takeover=Takeover.ALWAYS)

    def _fallback(self, intended: Mode) -> Action:
        """What replaces a mode that cannot be flown."""
        if intended is not Mode.OFFBOARD or not self._mode_runs(Mode.LOITER, 0.0):
            return Action.RTL
        action = OFFBOARD_LOSS_ACTION.get(int(self._parameters["COM_OBL_RC_ACT"]))
        if action is not None:
            return action
        return LINK_LOSS_ACTION.get(int(self._parameters["NAV_RCL_ACT"]), Response(Action.RTL)).action

    def _silence_is_excepted(self) -> bool:
        """COM_DLL_EXCEPT bit 0 mission, 1 hold, 2 offboard: these go on without the ground; so does a landing."""
        excepted = int(self._parameters["COM_DLL_EXCEPT"])
        bits = {Mode.MISSION: 1, Mode.LOITER: 2, Mode.TAKEOFF: 2, Mode.OFFBOARD: 4}
        return self._status.intended is Mode.LAND or bool(excepted & bits.get(self._status.intended, 0))

    def _going_down(self, action: Action) -> bool:
        """Whether the intended mode makes an action needless: landing needs no return, a return no second one."""
        return action is Action.RTL and self._status.intended in (Mode.LAND, Mode.RTL)
