"""Parameters of PX4 that a controller reads before a launch and that change nothing in the simulation.

A vehicle of the fleet has them as the fleet's firmware files set them; a vehicle fresh from the factory has PX4's
defaults, and is not launched.
"""

from __future__ import annotations

from collections.abc import Mapping

READ_ONLY_DEFAULTS: Mapping[str, int | float] = {
    "CBRK_SUPPLY_CHK": 0,
    "COM_ARM_MIS_REQ": 0,
    "COM_FLTT_LOW_ACT": 0,
    "COM_FLT_TIME_MAX": -1,
    "COM_WIND_MAX": -1.0,
    "COM_WIND_MAX_ACT": 0,
    "FW_AIRSPD_MAX": 20.0,
    "MPC_JERK_AUTO": 4.0,
    "NAV_FORCE_VT": 1,
    "RTL_TIME_FACTOR": 1.1,
    "RTL_TIME_MARGIN": 100,
    "VT_FW_MIN_ALT": 0.0,
}
"""Name and default; an ``int`` is an INT32 parameter. Source: PX4 v1.17 SITL."""

FLEET_SETTINGS: Mapping[str, int | float] = {
    "COM_ARM_AUTH_ID": 255,
    "COM_ARM_AUTH_REQ": 1,
    "COM_ARM_WO_GPS": 0,
    "COM_DLL_EXCEPT": 1,
    "COM_DL_LOSS_T": 10,
    "COM_FAIL_ACT_T": 0,
    "COM_FLTT_LOW_ACT": 3,
    "COM_RC_IN_MODE": 4,
    "COM_WIND_MAX_ACT": 3,
    "GF_ACTION": 3,
    "GF_MAX_VER_DIST": 120.0,
    "MIS_TKO_LAND_REQ": 3,
    "NAV_DLL_ACT": 2,
    "RTL_DESCEND_ALT": 20.0,
    "RTL_RETURN_ALT": 110.0,
    "RTL_TYPE": 4,
    "VT_FW_MIN_ALT": 20.0,
}
"""What the fleet's firmware files set on every airframe; speeds and the wind limit come from the profile."""
