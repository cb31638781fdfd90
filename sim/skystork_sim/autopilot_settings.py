"""Parameters of PX4 that a controller reads before a launch and that change nothing in the simulation.

A vehicle of the fleet has them as the fleet's firmware files set them; a vehicle fresh from the factory has PX4's
defaults, and is not launched.
"""

from __future__ import annotations

from collections.abc import Mapping

READ_ONLY_DEFAULTS: Mapping[str, int | float] = {
    "CBRK_SUPPLY_CHK": 0,
    "COM_ACT_FAIL_ACT": 0,
    "COM_ARM_BAT_MIN": -1.0,
    "COM_ARM_MIS_REQ": 0,
    "COM_ARM_ODID": 0,
    "COM_FLTT_LOW_ACT": 0,
    "COM_FLT_TIME_MAX": -1,
    "COM_PARACHUTE": 0,
    "COM_POS_LOW_ACT": 3,
    "COM_POS_LOW_EPH": -1.0,
    "COM_WIND_MAX": -1.0,
    "COM_WIND_MAX_ACT": 0,
    "FW_AIRSPD_MAX": 20.0,
    "GF_SOURCE": 0,
    "MIS_COMMAND_TOUT": 0.0,
    "MPC_JERK_AUTO": 4.0,
    "NAV_FORCE_VT": 1,
    "NAV_LOITER_RAD": 80.0,
    "NAV_TRAFF_AVOID": 1,
    "NAV_TRAFF_A_HOR": 500.0,
    "NAV_TRAFF_A_VER": 500.0,
    "RTL_CONE_ANG": 45,
    "RTL_LAND_DELAY": 0.0,
    "RTL_LOITER_RAD": 80.0,
    "RTL_TIME_FACTOR": 1.1,
    "RTL_TIME_MARGIN": 100,
    "VT_FW_MIN_ALT": 0.0,
}
"""Name and default; an ``int`` is an INT32 parameter. Source: PX4 v1.17 SITL."""
