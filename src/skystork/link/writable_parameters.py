"""What a fleet may write on board, and within which limits: the parameters of ``firmware_configs/`` and no others.

Limits are the autopilot's own (PX4 v1.17 ``parameters.json``), narrowed where a value within them takes a barrier
away: no failsafe can be switched off over the link, and failure injection cannot be switched on. Tuning is in no table.
``tests/architecture/test_firmware_configs.py`` holds the table to the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class WritableParameter:
    """Limits of one parameter, in the unit that the firmware gives it."""

    minimum: float
    maximum: float
    needs_reboot: bool = False
    """The vehicle takes the new value at its next start only."""


def _limits(minimum: float, maximum: float, *, needs_reboot: bool = False) -> WritableParameter:
    return WritableParameter(minimum, maximum, needs_reboot)


_FLAG = _limits(0, 1)

_PX4 = {
    # the link is lost
    "NAV_DLL_ACT": _limits(1, 3),  # hold, return, land; 0 does nothing, 5 and 6 stop the motors
    "COM_DL_LOSS_T": _limits(6, 30),  # longer than our own 5 s; PX4 allows 5 to 300
    "COM_DLL_EXCEPT": _limits(0, 1),  # at most the mission goes on
    "COM_FAIL_ACT_T": _limits(0, 25),
    "COM_RC_IN_MODE": _limits(0, 8),
    "NAV_RCL_ACT": _limits(1, 3),
    "COM_OBL_RC_ACT": _limits(3, 5),  # return, land, hold; the lesser need sticks
    # the way home
    "RTL_TYPE": _limits(0, 5),
    "RTL_RETURN_ALT": _limits(20, 120),  # 120 m: UK CAA CAP 722
    "RTL_DESCEND_ALT": _limits(2, 120),
    "RTL_TIME_FACTOR": _limits(1, 2),
    "RTL_TIME_MARGIN": _limits(0, 3600),
    # before it may arm
    "COM_ARM_MIS_REQ": _FLAG,
    "COM_ARM_WO_GPS": _limits(0, 0),
    "MIS_TKO_LAND_REQ": _limits(0, 5),
    "COM_ARM_BAT_MIN": _limits(0.1, 0.9),
    "COM_ARM_ODID": _limits(0, 2),
    "COM_PARACHUTE": _FLAG,
    "CBRK_FLIGHTTERM": _limits(0, 121_212, needs_reboot=True),
    "COM_DISARM_PRFLT": _limits(3, 60),
    "COM_DISARM_LAND": _limits(0.5, 20),
    "SYS_FAILURE_EN": _limits(0, 0),
    "COM_ARM_AUTH_REQ": _FLAG,
    "COM_ARM_AUTH_ID": _limits(1, 255),
    "COM_ARM_AUTH_TO": _limits(0.5, 10),
    "COM_ARM_AUTH_MET": _limits(0, 0),  # one step; the launch does not know the other
    # battery
    "COM_LOW_BAT_ACT": _limits(2, 3),
    "BAT_LOW_THR": _limits(0.12, 0.5),
    "BAT_CRIT_THR": _limits(0.05, 0.5),
    "BAT_EMERGEN_THR": _limits(0.03, 0.5),
    "COM_FLTT_LOW_ACT": _limits(1, 3),
    "COM_FLT_TIME_MAX": _limits(60, 14_400),
    # a motor fails
    "CA_FAILURE_MODE": _FLAG,
    "COM_ACT_FAIL_ACT": _limits(0, 3),
    # position, fence, traffic, wind
    "COM_POS_LOW_EPH": _limits(1, 50),
    "COM_POS_LOW_ACT": _limits(2, 3),
    "GF_ACTION": _limits(2, 3),
    "GF_MAX_HOR_DIST": _limits(0, 10_000),
    "GF_MAX_VER_DIST": _limits(0, 120),
    "GF_SOURCE": _FLAG,
    "NAV_TRAFF_AVOID": _limits(1, 4),
    "NAV_TRAFF_A_HOR": _limits(500, 10_000),
    "NAV_TRAFF_A_VER": _limits(10, 500),
    "COM_WIND_MAX": _limits(2, 30),
    "COM_WIND_MAX_ACT": _limits(2, 3),
    # payload
    "MIS_COMMAND_TOUT": _limits(0, 600),
    # speeds and accelerations
    "MPC_XY_CRUISE": _limits(3, 20),
    "MPC_XY_VEL_MAX": _limits(3, 20),
    "MPC_Z_V_AUTO_UP": _limits(0.5, 8),
    "MPC_Z_V_AUTO_DN": _limits(0.5, 4),
    "MPC_TKO_SPEED": _limits(1, 5),
    "MPC_LAND_SPEED": _limits(0.6, 2),
    "MPC_ACC_HOR": _limits(2, 15),
    "MPC_JERK_AUTO": _limits(1, 80),
    "NAV_ACC_RAD": _limits(0.5, 200),
    "FW_AIRSPD_TRIM": _limits(5, 45),
    "FW_AIRSPD_MAX": _limits(5, 50),
    "VT_B_DEC_MSS": _limits(0.5, 10),
    "VT_FW_MIN_ALT": _limits(0, 120),
    "NAV_FORCE_VT": _FLAG,
    "RO_SPEED_LIM": _limits(0.1, 10),
    "RO_ACCEL_LIM": _limits(0.1, 10),
    "RO_DECEL_LIM": _limits(0.1, 10),
}

_NONE: Mapping[str, WritableParameter] = MappingProxyType({})
WRITABLE: Mapping[str, Mapping[str, WritableParameter]] = MappingProxyType(
    {"px4": MappingProxyType(_PX4), "arducopter": _NONE, "arduplane": _NONE, "ardurover": _NONE}
)
"""By the autopilot's name (``link/autopilot.py``), then by the parameter's."""
