"""Modes and states as PX4 1.17 puts them into HEARTBEAT, and the small mutable record of what a vehicle is doing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum


class Mode(IntEnum):
    """custom_mode = main << 16 | sub << 24. Source: recorded from PX4 v1.17.0."""

    POSCTL = 0x0003_0000
    TAKEOFF = 0x0204_0000
    LOITER = 0x0304_0000
    MISSION = 0x0404_0000
    RTL = 0x0504_0000
    LAND = 0x0604_0000
    OFFBOARD = 0x0006_0000
    TERMINATION = 0x000A_0000


STANDARD_MODE = {Mode.MISSION: 6, Mode.RTL: 5}  # MAV_STANDARD_MODE, as recorded; 0 for the rest
UNINIT, STANDBY, ACTIVE, CRITICAL, FLIGHT_TERMINATION = 0, 3, 4, 5, 8  # MAV_STATE
BOOT_S = 4.0  # from start to STANDBY, measured 4.0 to 4.4
ARMED_FLAG = 128  # MAV_MODE_FLAG_SAFETY_ARMED
BASE_MODE = {Mode.POSCTL: 81, Mode.OFFBOARD: 17, Mode.TERMINATION: 1}
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


@dataclass(slots=True)
class Status:
    """What the vehicle is doing; mutable because it is the state of the autopilot."""

    boot_s: float
    mode: Mode = Mode.LOITER
    intended: Mode = Mode.LOITER
    """What the operator asked for; differs from ``mode`` while a failsafe overrides."""
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

    def base_mode(self) -> int:
        """HEARTBEAT.base_mode."""
        return BASE_MODE.get(self.mode, AUTO_BASE_MODE) + (ARMED_FLAG if self.armed else 0)

    def system_status(self, now_s: float, *, runnable: bool) -> int:
        """HEARTBEAT.system_status; UNINIT also while the chosen mode cannot run."""
        if self.mode is Mode.TERMINATION:
            return FLIGHT_TERMINATION
        if self.failsafe:
            return CRITICAL
        if self.armed:
            return ACTIVE
        return STANDBY if runnable and now_s >= self.boot_s + BOOT_S else UNINIT
