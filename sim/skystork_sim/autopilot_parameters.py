"""The parameters of a simulated PX4: those that change how it flies, with PX4 1.17's defaults unless said.

Integers travel bytewise in the float field (MAV_PARAM_TYPE_INT32 = 6); a PARAM_SET of the wrong type or of an unknown
name is not answered at all (PX4 v1.17 mavlink_parameters.cpp, recorded), any other twice, by the answer and by the
announcement of the change (recorded). A whole list begins with its hash, ``_HASH_CHECK``.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any

from skystork_sim.autopilot_settings import READ_ONLY_DEFAULTS
from skystork_sim.wire import Wire, raw_param_value

INT32 = 6  # MAV_PARAM_TYPE_INT32
REAL32 = 9  # MAV_PARAM_TYPE_REAL32
UINT32 = 5  # MAV_PARAM_TYPE_UINT32, the hash's
HASH_INDEX = 65_535  # PX4 answers _HASH_CHECK with this index

DEFAULTS: Mapping[str, int | float] = {
    **READ_ONLY_DEFAULTS,
    "BAT_CRIT_THR": 0.07,
    "BAT_EMERGEN_THR": 0.05,
    "BAT_LOW_THR": 0.15,
    "CA_FAILURE_MODE": 0,
    "CBRK_FLIGHTTERM": 121212,
    "COM_ARM_AUTH_ID": 10,
    "COM_ARM_AUTH_MET": 0,
    "COM_ARM_AUTH_REQ": 0,
    "COM_ARM_AUTH_TO": 1.0,
    "COM_ARM_WO_GPS": 1,
    "COM_DISARM_LAND": 2.0,
    "COM_DISARM_PRFLT": 10.0,
    "COM_DLL_EXCEPT": 0,
    "COM_DL_LOSS_T": 10,
    "COM_FAIL_ACT_T": 5.0,
    "COM_LOW_BAT_ACT": 3,
    "COM_OBL_RC_ACT": 0,
    "COM_OF_LOSS_T": 1.0,
    "COM_RC_IN_MODE": 1,
    "FW_AIRSPD_TRIM": 15.0,
    "GF_ACTION": 2,
    "GF_MAX_HOR_DIST": 0.0,
    "GF_MAX_VER_DIST": 0.0,
    "MAV_SYS_ID": 1,
    "MIS_TAKEOFF_ALT": 2.5,
    "MIS_TKO_LAND_REQ": 0,
    "MPC_ACC_HOR": 3.0,
    "MPC_LAND_ALT1": 10.0,
    "MPC_LAND_ALT2": 5.0,
    "MPC_LAND_SPEED": 0.7,
    "MPC_TKO_SPEED": 1.5,
    "MPC_XY_CRUISE": 5.0,
    "MPC_XY_VEL_MAX": 12.0,
    "MPC_Z_V_AUTO_DN": 1.5,
    "MPC_Z_V_AUTO_UP": 3.0,
    "NAV_ACC_RAD": 2.0,
    "NAV_DLL_ACT": 0,
    "NAV_MC_ALT_RAD": 0.8,
    "NAV_RCL_ACT": 2,
    "PD_GRIPPER_TO": 1.0,
    "RTL_DESCEND_ALT": 10.0,
    "RTL_RETURN_ALT": 30.0,
    "RTL_TYPE": 0,
    "SDLOG_BACKEND": 0,
    "SIM_BAT_DRAIN": 60.0,
    "SIM_BAT_MIN_PCT": 50.0,
    "SIM_GPS_USED": 10,
    "SYS_FAILURE_EN": 1,
    "VT_B_DEC_MSS": 2.0,
}
"""Name and default; an ``int`` is an INT32 parameter. Source: PX4 v1.17 SITL, read over MAVLink."""


class Parameters:
    """The table of one vehicle and its side of the parameter protocol.

    Parameters
    ----------
    overrides
        Values that the fleet's firmware configuration sets.
    """

    def __init__(self, overrides: Mapping[str, int | float]) -> None:
        self._values: dict[str, int | float] = dict(DEFAULTS)
        for name, value in overrides.items():
            self._values[name] = type(DEFAULTS[name])(value)
        self._names = sorted(self._values)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def answer(self, wire: Wire, message: Any) -> list[bytes]:
        """The frames that answer PARAM_REQUEST_READ, PARAM_REQUEST_LIST or PARAM_SET."""
        kind = message.get_type()
        if kind == "PARAM_REQUEST_LIST":
            return [self._hash(wire), *(self._value(wire, name) for name in self._names)]
        if kind == "PARAM_REQUEST_READ" and 0 <= message.param_index < len(self._names):
            return [self._value(wire, self._names[message.param_index])]
        name = message.param_id
        if kind == "PARAM_REQUEST_READ" and name == "_HASH_CHECK":
            return [self._hash(wire)]
        if name not in self._values:
            return []
        if kind == "PARAM_SET":
            if message.param_type != self._kind(name):
                return []
            layout = "<i" if message.param_type == INT32 else "<f"
            self._values[name] = struct.unpack(layout, raw_param_value(message))[0]
            return [self._value(wire, name), self._value(wire, name)]
        return [self._value(wire, name)]

    def _kind(self, name: str) -> int:
        return INT32 if isinstance(DEFAULTS[name], int) else REAL32

    def _raw(self, name: str) -> bytes:
        return struct.pack("<i" if self._kind(name) == INT32 else "<f", self._values[name])

    def _value(self, wire: Wire, name: str) -> bytes:
        index = self._names.index(name)
        return wire.param_value(name, self._raw(name), self._kind(name), index, len(self._names))

    def _hash(self, wire: Wire) -> bytes:
        # PX4's crc32part neither inverts before nor after (param_hash_check, v1.17.0); zlib's does both.
        told = b"".join(name.encode() + self._raw(name) for name in self._names)
        digest = zlib.crc32(told, 0xFFFFFFFF) ^ 0xFFFFFFFF
        return wire.param_value("_HASH_CHECK", struct.pack("<I", digest), UINT32, HASH_INDEX, len(self._names))
