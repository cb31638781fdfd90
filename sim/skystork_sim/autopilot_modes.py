"""Modes and states as PX4 1.17 puts them into HEARTBEAT, and the small mutable record of what a vehicle is doing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum


class Mode(IntEnum):
    """custom_mode = main << 16 | sub << 24. Source: PX4 v1.17 px4_custom_mode.h, recorded where flown."""

    MANUAL = 0x0001_0000
    ALTCTL = 0x0002_0000
    POSCTL = 0x0003_0000
    ORBIT = 0x0103_0000
    TAKEOFF = 0x0204_0000
    LOITER = 0x0304_0000
    MISSION = 0x0404_0000
    RTL = 0x0504_0000
    LAND = 0x0604_0000
    FOLLOW = 0x0804_0000
    PRECLAND = 0x0904_0000
    ACRO = 0x0005_0000
    OFFBOARD = 0x0006_0000
    STABILIZED = 0x0007_0000
    TERMINATION = 0x000A_0000


MODE_NAMES = {
    Mode.MANUAL: "Manual",
    Mode.ALTCTL: "Altitude",
    Mode.POSCTL: "Position",
    Mode.ORBIT: "Orbit",
    Mode.LOITER: "Hold",
    Mode.RTL: "Return",
    Mode.FOLLOW: "Follow Target",
    Mode.PRECLAND: "Precision Landing",
}
"""As PX4's texts call them (lib/modes/ui.hpp); the rest by their own name."""
STICK_MODES = frozenset({Mode.MANUAL, Mode.ALTCTL, Mode.POSCTL, Mode.ACRO, Mode.STABILIZED})
"""Need a remote control, which no delivery drone has."""
NOT_FOR_ARMING = frozenset({Mode.RTL, Mode.LAND, Mode.PRECLAND, Mode.FOLLOW, Mode.ORBIT, Mode.TERMINATION})
"""In these a vehicle does not arm, nor does it stay in them when it disarms."""
AUTO_MAIN, AUTO_DEFAULT_SUB, AUTO_SUBS = 4, 4, frozenset({2, 3, 4, 5, 6, 8, 9})
MAIN_MODES = {1: Mode.MANUAL, 2: Mode.ALTCTL, 5: Mode.ACRO, 6: Mode.OFFBOARD, 7: Mode.STABILIZED}


STANDARD_MODE = {Mode.MISSION: 6, Mode.RTL: 5}  # MAV_STANDARD_MODE, as recorded; 0 for the rest
UNINIT, STANDBY, ACTIVE, CRITICAL, FLIGHT_TERMINATION = 0, 3, 4, 5, 8  # MAV_STATE
BOOT_S = 4.0  # from start to STANDBY, measured 4.0 to 4.4
ARMED_FLAG = 128  # MAV_MODE_FLAG_SAFETY_ARMED
BASE_MODE = {
    **dict.fromkeys(STICK_MODES, 81),
    **dict.fromkeys((Mode.MANUAL, Mode.ACRO), 65),
    **dict.fromkeys((Mode.OFFBOARD, Mode.ORBIT), 17),
    Mode.TERMINATION: 1,
}
"""HEARTBEAT.base_mode when disarmed: sticks 64, attitude control 16, custom mode 1."""
AUTO_BASE_MODE = 29  # recorded: disarmed in an AUTO mode


class Landed(IntEnum):
    """MAV_LANDED_STATE."""

    ON_GROUND = 1
    IN_AIR = 2
    TAKEOFF = 3
    LANDING = 4


class MissionState(IntEnum):
    """MISSION_STATE of MISSION_CURRENT."""

    NO_MISSION = 1
    NOT_STARTED = 2
    ACTIVE = 3
    PAUSED = 4
    COMPLETE = 5


def mode_of_command(main: int, sub: int) -> Mode | None:
    """The mode that DO_SET_MODE names by main and sub mode; None for one that PX4 passes over.

    Raises
    ------
    ValueError
        For an AUTO mode that there is not.
    """
    if main == AUTO_MAIN:
        sub = sub or AUTO_DEFAULT_SUB
        if sub not in AUTO_SUBS:
            raise ValueError(f"AUTO has no sub mode {sub}")
        return Mode(main << 16 | sub << 24)
    return Mode.POSCTL if main == 3 else MAIN_MODES.get(main)


@dataclass(slots=True)
class Status:
    """What the vehicle is doing; mutable because it is the state of the autopilot."""

    boot_s: float
    mode: Mode = Mode.LOITER
    intended: Mode = Mode.LOITER
    """What the operator asked for; differs from ``mode`` while a failsafe overrides."""
    after_disarming: Mode = Mode.LOITER
    """The last mode asked for in which a vehicle may arm."""
    armed: bool = False
    armed_at_s: float = 0.0
    flown: bool = False
    """Lifted off since arming."""
    landed: Landed = Landed.ON_GROUND
    landed_at_s: float = 0.0
    failsafe: bool = False
    home_enu_m: tuple[float, float] = (0.0, 0.0)
    home_amsl_m: float = 0.0
    """Frozen at arming; what missions are flown by [m]."""
    home_shift_m: float = 0.0
    """What PX4's correction adds to the home altitude it reports [m]."""
    ground_heard_s: float = -math.inf
    """Last heartbeat of a ground station."""

    def intend(self, mode: Mode) -> None:
        """The operator, or the end of a mode, asks for a mode."""
        self.intended = mode
        if mode not in NOT_FOR_ARMING and mode is not Mode.TAKEOFF:
            self.after_disarming = mode

    def base_mode(self) -> int:
        """HEARTBEAT.base_mode."""
        return BASE_MODE.get(self.mode, AUTO_BASE_MODE) + (ARMED_FLAG if self.armed else 0)

    def system_status(self, now_s: float, *, runnable: bool) -> int:
        """HEARTBEAT.system_status; UNINIT also while the chosen mode cannot run."""
        if self.mode is Mode.TERMINATION:
            return FLIGHT_TERMINATION
        if self.armed:
            return CRITICAL if self.failsafe else ACTIVE
        return STANDBY if runnable and now_s >= self.boot_s + BOOT_S else UNINIT
