"""The MAVLink messages the link reads and writes, as typed tuples; bytes are ``codec.py``'s affair.

Fields have MAVLink's own names, units and special values (mavlink.io, common.xml); a message lists only the fields
the link uses, and what it leaves out is sent as zero. They are named tuples, not dataclasses, because one is built
for every frame of interest and a tuple is made three times as fast.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from skystork.link.service_messages import ServiceIncoming, ServiceOutgoing


class MavCommand(IntEnum):
    """MAV_CMD numbers the link itself sends or answers."""

    NAV_RETURN_TO_LAUNCH = 20
    NAV_LAND = 21
    DO_SET_MODE = 176
    DO_GRIPPER = 211
    DO_SET_MISSION_CURRENT = 224
    """Never sent (PX4 answers UNSUPPORTED): the name under which a MISSION_SET_CURRENT request settles."""
    MISSION_START = 300
    COMPONENT_ARM_DISARM = 400
    RUN_PREARM_CHECKS = 401
    SET_MESSAGE_INTERVAL = 511
    REQUEST_MESSAGE = 512
    ARM_AUTHORIZATION_REQUEST = 3001
    """Asked by the vehicle, answered by us."""
    DO_WINCH = 42600


class MavResult(IntEnum):
    """MAV_RESULT."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4
    IN_PROGRESS = 5
    CANCELLED = 6


class MavMissionResult(IntEnum):
    """MAV_MISSION_RESULT, in the answers that mean something to an exchange."""

    ACCEPTED = 0
    ERROR = 1
    """Not accepting now: PX4 is busy with another transfer."""
    UNSUPPORTED_FRAME = 2
    UNSUPPORTED = 3
    NO_SPACE = 4
    INVALID = 5
    INVALID_PARAM1 = 6
    INVALID_PARAM2 = 7
    INVALID_PARAM3 = 8
    INVALID_PARAM4 = 9
    INVALID_PARAM5_X = 10
    INVALID_PARAM6_Y = 11
    INVALID_PARAM7 = 12
    INVALID_SEQUENCE = 13
    """Out of sequence, which mavlink.io calls no error: the peer asks again."""
    DENIED = 14
    OPERATION_CANCELLED = 15


class Heartbeat(NamedTuple):
    """HEARTBEAT (0)."""

    type: int
    autopilot: int
    base_mode: int
    custom_mode: int
    system_status: int
    mavlink_version: int


class SysStatus(NamedTuple):
    """SYS_STATUS (1)."""

    onboard_control_sensors_present: int
    onboard_control_sensors_health: int


class SystemTime(NamedTuple):
    """SYSTEM_TIME (2)."""

    time_unix_usec: int
    time_boot_ms: int


class ParamRequestRead(NamedTuple):
    """PARAM_REQUEST_READ (20): by index, or by name where the index is -1."""

    target_system: int
    target_component: int
    param_id: bytes
    param_index: int


class ParamRequestList(NamedTuple):
    """PARAM_REQUEST_LIST (21)."""

    target_system: int
    target_component: int


class ParamValue(NamedTuple):
    """PARAM_VALUE (22); the value as its four bytes, because a float would not keep those of every integer."""

    param_id: bytes
    param_value: bytes
    param_type: int
    param_count: int
    param_index: int


class ParamSet(NamedTuple):
    """PARAM_SET (23); the value as its four bytes."""

    target_system: int
    target_component: int
    param_id: bytes
    param_value: bytes
    param_type: int


class GlobalPositionInt(NamedTuple):
    """GLOBAL_POSITION_INT (33): degrees × 1e7, millimetres, cm/s north-east-down, centidegrees."""

    time_boot_ms: int
    lat: int
    lon: int
    alt: int
    relative_alt: int
    vx: int
    vy: int
    vz: int
    hdg: int


class MissionRequest(NamedTuple):
    """MISSION_REQUEST (40): an item is wanted; answered like MISSION_REQUEST_INT, as mavlink.io asks."""

    target_system: int
    target_component: int
    seq: int
    mission_type: int


class MissionSetCurrent(NamedTuple):
    """MISSION_SET_CURRENT (41)."""

    target_system: int
    target_component: int
    seq: int


class MissionCurrent(NamedTuple):
    """MISSION_CURRENT (42), with the opaque ids that PX4's dialect has and the packaged one lacks."""

    seq: int
    total: int
    mission_state: int
    mission_id: int
    fence_id: int
    rally_points_id: int


class MissionRequestList(NamedTuple):
    """MISSION_REQUEST_LIST (43)."""

    target_system: int
    target_component: int
    mission_type: int


class MissionCount(NamedTuple):
    """MISSION_COUNT (44)."""

    target_system: int
    target_component: int
    count: int  # type: ignore[assignment]  # MAVLink's name hides tuple.count, which nobody needs here
    mission_type: int
    opaque_id: int = 0


class MissionItemReached(NamedTuple):
    """MISSION_ITEM_REACHED (46)."""

    seq: int


class MissionAck(NamedTuple):
    """MISSION_ACK (47)."""

    target_system: int
    target_component: int
    type: int
    mission_type: int
    opaque_id: int = 0


class MissionRequestInt(NamedTuple):
    """MISSION_REQUEST_INT (51)."""

    target_system: int
    target_component: int
    seq: int
    mission_type: int


class MissionItemInt(NamedTuple):
    """MISSION_ITEM_INT (73): x and y in degrees × 1e7 (or the plain value where the frame has no position)."""

    target_system: int
    target_component: int
    seq: int
    frame: int
    command: int
    current: int
    autocontinue: int
    param1: float
    param2: float
    param3: float
    param4: float
    x: int
    y: int
    z: float
    mission_type: int


class CommandInt(NamedTuple):
    """COMMAND_INT (75)."""

    target_system: int
    target_component: int
    frame: int
    command: int
    param1: float
    param2: float
    param3: float
    param4: float
    x: int
    y: int
    z: float


class CommandLong(NamedTuple):
    """COMMAND_LONG (76)."""

    target_system: int
    target_component: int
    command: int
    confirmation: int
    param1: float
    param2: float
    param3: float
    param4: float
    param5: float
    param6: float
    param7: float


class CommandAck(NamedTuple):
    """COMMAND_ACK (77)."""

    command: int
    result: int
    progress: int
    target_system: int
    target_component: int
    result_param2: int = 0


class DistanceSensor(NamedTuple):
    """DISTANCE_SENSOR (132): centimetres."""

    time_boot_ms: int
    min_distance: int
    max_distance: int
    current_distance: int
    orientation: int
    signal_quality: int


class BatteryStatus(NamedTuple):
    """BATTERY_STATUS (147): hundredths of a degree Celsius, INT16_MAX where it is not measured."""

    id: int
    battery_remaining: int
    temperature: int = 32767


class HomePosition(NamedTuple):
    """HOME_POSITION (242): degrees × 1e7, millimetres above mean sea level."""

    latitude: int
    longitude: int
    altitude: int


class ExtendedSysState(NamedTuple):
    """EXTENDED_SYS_STATE (245)."""

    landed_state: int


class StatusTextMessage(NamedTuple):
    """STATUSTEXT (253): one chunk of at most 50 bytes; zero-terminated only when shorter."""

    severity: int
    text: bytes
    id: int
    chunk_seq: int


class CurrentMode(NamedTuple):
    """CURRENT_MODE (436) of PX4's dialect."""

    standard_mode: int
    custom_mode: int
    intended_custom_mode: int


Incoming = (
    Heartbeat
    | SysStatus
    | SystemTime
    | ParamValue
    | GlobalPositionInt
    | MissionRequest
    | MissionCurrent
    | MissionCount
    | MissionItemReached
    | MissionAck
    | MissionRequestInt
    | MissionItemInt
    | CommandLong
    | CommandAck
    | DistanceSensor
    | BatteryStatus
    | HomePosition
    | ExtendedSysState
    | StatusTextMessage
    | CurrentMode
    | ServiceIncoming
)
"""What a vehicle tells us."""

Outgoing = (
    Heartbeat
    | ParamRequestRead
    | ParamRequestList
    | ParamSet
    | MissionSetCurrent
    | MissionRequestList
    | MissionCount
    | MissionAck
    | MissionRequestInt
    | MissionItemInt
    | CommandInt
    | CommandLong
    | CommandAck
    | ServiceOutgoing
)
"""What we tell a vehicle."""

Message = Incoming | Outgoing
