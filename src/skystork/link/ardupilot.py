"""ArduPilot's dialect, as far as a delivery needs it. Written from its documentation; not flown.

Modes are numbers that mean something else on each type of vehicle (ArduPilot ``ArduCopter/mode.h``,
``ArduPlane/mode.h``, ``Rover/mode.h``; the vehicle pages of ardupilot.org). Those with a PX4 twin bear its name, the
others their own. Item 0 of a mission is the home position, which ArduPilot writes by itself, so our items begin at 1;
values come back rounded (ardupilot.org, dev, MAVLink mission upload and download).

Hold is GUIDED: it stops and stays without sticks, where LOITER reads them, and it can be armed in, where BRAKE cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from skystork.link.autopilot import PX4, Autopilot, ParameterEncoding

_ARDUPILOTMEGA = 3  # MAV_AUTOPILOT_ARDUPILOTMEGA

_COPTER_TYPES = frozenset({2, 3, 4, 13, 14, 15, 29})
"""MAV_TYPE of quadrotor, coaxial, helicopter, hexarotor, octorotor, tricopter, dodecarotor."""
_PLANE_TYPES = frozenset({1, 19, 20, 21, 22, 23, 24, 25})
"""MAV_TYPE_FIXED_WING and the VTOL types; a QuadPlane says FIXED_WING or a VTOL type by its settings."""
_ROVER_TYPES = frozenset({10, 11})
"""MAV_TYPE_GROUND_ROVER, SURFACE_BOAT."""

_COPTER_MODES = {
    "STABILIZED": 0,
    "ALTCTL": 2,
    "AUTO.MISSION": 3,
    "GUIDED": 4,
    "LOITER": 5,
    "AUTO.RTL": 6,
    "AUTO.LAND": 9,
    "BRAKE": 17,
    "SMART_RTL": 21,
    "AUTO_RTL": 27,
}
_PLANE_MODES = {
    "MANUAL": 0,
    "STABILIZED": 2,
    "AUTO.MISSION": 10,
    "FIXED_WING.RTL": 11,
    "LOITER": 12,
    "AUTO.TAKEOFF": 13,
    "GUIDED": 15,
    "QHOVER": 18,
    "QLOITER": 19,
    "AUTO.LAND": 20,
    "AUTO.RTL": 21,
}
_ROVER_MODES = {
    "MANUAL": 0,
    "HOLD": 4,
    "LOITER": 5,
    "AUTO.MISSION": 10,
    "AUTO.RTL": 11,
    "SMART_RTL": 12,
    "GUIDED": 15,
}


def _names(modes: Mapping[str, int]) -> Callable[[int], str]:
    by_number = {number: name for name, number in modes.items()}
    return lambda custom_mode: by_number.get(custom_mode, f"ARDUPILOT:{custom_mode}")


def _dialect(name: str, firmware: str, types: frozenset[int], modes: Mapping[str, int], hold_mode: str) -> Autopilot:
    return Autopilot(
        name=name,
        firmware=firmware,
        number=_ARDUPILOTMEGA,
        vehicle_types=types,
        modes=MappingProxyType({mode: (number, 0) for mode, number in modes.items()}),
        mode_name=_names(modes),
        hold_mode=hold_mode,
        mission_offset=1,
        rounds_items=True,
        parameters=ParameterEncoding.C_CAST,
    )


ARDUCOPTER = _dialect("arducopter", "ArduPilot Copter", _COPTER_TYPES, _COPTER_MODES, "GUIDED")
ARDUPLANE = _dialect("arduplane", "ArduPilot Plane", _PLANE_TYPES, _PLANE_MODES, "GUIDED")
ARDUROVER = _dialect("ardurover", "ArduPilot Rover", _ROVER_TYPES, _ROVER_MODES, "HOLD")

AUTOPILOTS: Mapping[str, Autopilot] = MappingProxyType(
    {autopilot.name: autopilot for autopilot in (PX4, ARDUCOPTER, ARDUPLANE, ARDUROVER)}
)
"""Every firmware a site file can name."""
