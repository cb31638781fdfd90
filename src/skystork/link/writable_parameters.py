"""What a fleet may write on board, and within which limits: the parameters of ``firmware_configs/`` and no others.

Limits are the autopilot's own (PX4 v1.17 ``parameters.json``, ArduPilot 4.7), narrowed where a value within them takes
a barrier away: no failsafe can be switched off over the link, and failure injection cannot be switched on. Tuning is
in no table.
``tests/architecture/test_firmware_configs.py`` holds the table to the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from skystork.link.parameter_values import value_text


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
    "RTL_CONE_ANG": _limits(0, 90),
    "RTL_LAND_DELAY": _limits(0, 60),  # -1 never lands
    "RTL_TIME_FACTOR": _limits(1, 2),
    "RTL_TIME_MARGIN": _limits(0, 3600),
    # before it may arm
    "COM_ARM_MIS_REQ": _FLAG,
    "COM_ARM_WO_GPS": _limits(0, 0),
    "MIS_TKO_LAND_REQ": _limits(0, 5),
    "COM_ARM_BAT_MIN": _limits(0.1, 0.9),
    "COM_ARM_ODID": _limits(0, 2),
    "COM_PARACHUTE": _FLAG,
    "CBRK_SUPPLY_CHK": _limits(0, 0),
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
    "NAV_LOITER_RAD": _limits(25, 200),
    "RTL_LOITER_RAD": _limits(25, 200),
    "NAV_FORCE_VT": _FLAG,
    "RO_SPEED_LIM": _limits(0.1, 10),
    "RO_ACCEL_LIM": _limits(0.1, 10),
    "RO_DECEL_LIM": _limits(0.1, 10),
}

_ARDUPILOT = {
    "MAV_GCS_SYSID": _limits(1, 255),
    "MIS_RESTART": _FLAG,
    "ARMING_SKIPCHK": _limits(0, 0),
    "ARMING_MIS_ITEMS": _limits(0, 127),
    "ARMING_RUDDER": _limits(0, 0),
    "BATT_LOW_MAH": _limits(100, 200_000),
    "BATT_CRT_MAH": _limits(100, 200_000),
    "FENCE_ENABLE": _limits(1, 1),
    "FENCE_TYPE": _limits(4, 15),  # bit 2, the uploaded polygons, at least
}
_ARDUPILOT_AIRCRAFT = _ARDUPILOT | {
    "DID_ENABLE": _limits(0, 1, needs_reboot=True),
    "DID_OPTIONS": _limits(0, 7),
    "FENCE_ALT_MAX": _limits(10, 120),
    "AVD_ENABLE": _limits(0, 1, needs_reboot=True),
}
_ARDUCOPTER = _ARDUPILOT_AIRCRAFT | {
    "FS_GCS_ENABLE": _limits(1, 7),
    "FS_GCS_TIMEOUT": _limits(6, 30),  # longer than our own 5 s; ArduPilot allows 2 to 120
    "FS_OPTIONS": _limits(0, 31),  # bit 5 would drop the parcel in a failsafe
    "FS_THR_ENABLE": _limits(0, 7),
    "RTL_ALT_M": _limits(20, 120),
    "RTL_ALT_FINAL_M": _limits(0, 10),
    "SRTL_POINTS": _limits(100, 500, needs_reboot=True),
    "ARMING_NEED_LOC": _limits(1, 1),
    "AUTO_OPTIONS": _limits(0, 135),
    "BATT_ARM_MAH": _limits(100, 200_000),
    "BATT_FS_LOW_ACT": _limits(1, 4),
    "BATT_FS_CRT_ACT": _limits(1, 4),
    "DISARM_DELAY": _limits(2, 20),
    "FS_EKF_ACTION": _limits(1, 3),
    "FS_EKF_THRESH": _limits(0.6, 1),
    "FS_DR_ENABLE": _limits(1, 6),
    "FS_VIBE_ENABLE": _FLAG,
    "FS_CRASH_CHECK": _limits(1, 1),
    "FENCE_ACTION": _limits(1, 5),
    "FENCE_RADIUS": _limits(30, 10_000),
    "GRIP_ENABLE": _limits(0, 1, needs_reboot=True),
    "WINCH_TYPE": _limits(0, 2, needs_reboot=True),
    "WP_SPD": _limits(1, 20),
    "WP_SPD_UP": _limits(0.5, 8),
    "WP_SPD_DN": _limits(0.5, 4),
    "WP_ACC": _limits(0.5, 5),
    "WP_JERK": _limits(1, 20),
    "WP_RADIUS_M": _limits(0.5, 10),
    "LAND_SPD_MS": _limits(0.3, 2),
}
_ARDUPLANE = _ARDUPILOT_AIRCRAFT | {
    "FS_GCS_ENABL": _limits(1, 3),
    "FS_LONG_ACTN": _limits(0, 1),  # go on in a mission, or return; 2 glides, 3 opens a parachute
    "FS_LONG_TIMEOUT": _limits(6, 30),
    "THR_FAILSAFE": _limits(0, 2),
    "RTL_ALTITUDE": _limits(20, 120),
    "Q_ENABLE": _limits(1, 2, needs_reboot=True),
    "Q_RTL_MODE": _limits(1, 3),
    "BATT_FS_LOW_ACT": _limits(1, 6),
    "BATT_FS_CRT_ACT": _limits(1, 6),
    "FENCE_ACTION": _limits(1, 1),
    "AIRSPEED_CRUISE": _limits(5, 45),
    "AIRSPEED_MAX": _limits(5, 50),
}
_ARDUROVER = _ARDUPILOT | {
    "FS_GCS_ENABLE": _limits(1, 2),
    "FS_GCS_TIMEOUT": _limits(6, 30),
    "FS_ACTION": _limits(1, 4),
    "FS_THR_ENABLE": _limits(0, 2),
    "SRTL_POINTS": _limits(100, 500, needs_reboot=True),
    "MIS_DONE_BEHAVE": _limits(0, 0),
    "ARMING_NEED_LOC": _limits(1, 1),
    "BATT_FS_LOW_ACT": _limits(1, 4),
    "BATT_FS_CRT_ACT": _limits(1, 4),
    "FS_EKF_ACTION": _limits(1, 1),
    "FS_EKF_THRESH": _limits(0.6, 1),
    "FS_CRASH_CHECK": _limits(1, 2),
    "FENCE_ACTION": _limits(1, 4),
    "FENCE_RADIUS": _limits(30, 10_000),
    "WP_SPEED": _limits(0.1, 10),
    "SPEED_MAX": _limits(0.1, 10),
    "ATC_ACCEL_MAX": _limits(0.1, 10),
    "ATC_DECEL_MAX": _limits(0.1, 10),
    "WP_RADIUS": _limits(0.5, 10),
}

WRITABLE: Mapping[str, Mapping[str, WritableParameter]] = MappingProxyType(
    {
        "px4": MappingProxyType(_PX4),
        "arducopter": MappingProxyType(_ARDUCOPTER),
        "arduplane": MappingProxyType(_ARDUPLANE),
        "ardurover": MappingProxyType(_ARDUROVER),
    }
)
"""By the autopilot's name (``link/autopilot.py``), then by the parameter's."""


def problem_with(autopilot_name: str, name: str, value: float) -> str | None:
    """What would be accepted instead, where a parameter may not be written; None where it may."""
    limits = WRITABLE[autopilot_name].get(name)
    if limits is None:
        return (
            "parameters of the files in firmware_configs/ only; change it with the vehicle's own ground station, and "
            "fly it by hand first"
        )
    if limits.minimum <= value <= limits.maximum:
        return None
    return f"{value_text(limits.minimum)} to {value_text(limits.maximum)}, what a fleet may set"
