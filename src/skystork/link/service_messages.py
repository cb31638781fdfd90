"""The messages of the services beside flying: events, files, logs, traffic, Remote ID, the winch.

As in ``messages.py`` the fields have MAVLink's own names, units and special values (mavlink.io, common.xml), and a
message lists only what the link uses. Arrays of bytes are ``bytes``.
"""

from __future__ import annotations

from typing import NamedTuple

NO_ID = bytes(20)
"""``id_or_mac`` of a message about the vehicle itself: filled only for what other aircraft broadcast."""


class FileTransferProtocol(NamedTuple):
    """FILE_TRANSFER_PROTOCOL (110): a request to the file server or its answer; the payload is a frame of its own."""

    target_network: int
    target_system: int
    target_component: int
    payload: bytes


class LogRequestList(NamedTuple):
    """LOG_REQUEST_LIST (117); ``end`` 0xFFFF means up to the last."""

    target_system: int
    target_component: int
    start: int
    end: int


class LogEntry(NamedTuple):
    """LOG_ENTRY (118): seconds since the Unix epoch, bytes."""

    id: int
    num_logs: int
    last_log_num: int
    time_utc: int
    size: int


class LogRequestData(NamedTuple):
    """LOG_REQUEST_DATA (119): so many bytes from an offset on."""

    target_system: int
    target_component: int
    id: int
    ofs: int
    count: int  # type: ignore[assignment]  # MAVLink's name hides tuple.count, which nobody needs here


class LogData(NamedTuple):
    """LOG_DATA (120): only the first ``count`` of 90 bytes are the log's."""

    id: int
    ofs: int
    count: int  # type: ignore[assignment]  # MAVLink's name hides tuple.count, which nobody needs here
    data: bytes


class LogRequestEnd(NamedTuple):
    """LOG_REQUEST_END (122): stop sending, go on logging."""

    target_system: int
    target_component: int


class SetPositionTargetGlobalInt(NamedTuple):
    """SET_POSITION_TARGET_GLOBAL_INT (86): where to be, how fast, and how that changes; north, east, down."""

    time_boot_ms: int
    target_system: int
    target_component: int
    coordinate_frame: int
    type_mask: int
    lat_int: int
    lon_int: int
    alt: float
    vx: float
    vy: float
    vz: float
    afx: float
    afy: float
    afz: float
    yaw: float
    yaw_rate: float


class AdsbVehicle(NamedTuple):
    """ADSB_VEHICLE (246): degrees × 1e7, millimetres, centidegrees, cm/s, seconds."""

    ICAO_address: int
    lat: int
    lon: int
    altitude_type: int
    altitude: int
    heading: int
    hor_velocity: int
    ver_velocity: int
    callsign: bytes
    emitter_type: int
    tslc: int
    flags: int
    squawk: int


class SetupSigning(NamedTuple):
    """SETUP_SIGNING (256): a signing key, to one vehicle and never broadcast; what is printed of it leaves it out."""

    initial_timestamp: int
    target_system: int
    target_component: int
    secret_key: bytes

    def __repr__(self) -> str:
        return f"SetupSigning(target_system={self.target_system}, secret_key=<not shown>)"


class ComponentMetadata(NamedTuple):
    """COMPONENT_METADATA (397) of PX4's dialect: where the component's description of itself lies."""

    file_crc: int
    uri: bytes


class Event(NamedTuple):
    """EVENT (410) of PX4's dialect."""

    id: int
    event_time_boot_ms: int
    sequence: int
    destination_component: int
    destination_system: int
    log_levels: int
    arguments: bytes


class CurrentEventSequence(NamedTuple):
    """CURRENT_EVENT_SEQUENCE (411) of PX4's dialect."""

    sequence: int
    flags: int


class RequestEvent(NamedTuple):
    """REQUEST_EVENT (412) of PX4's dialect: the events of these sequence numbers, both ends included."""

    target_system: int
    target_component: int
    first_sequence: int
    last_sequence: int


class ResponseEventError(NamedTuple):
    """RESPONSE_EVENT_ERROR (413) of PX4's dialect: that event is not kept any more."""

    target_system: int
    target_component: int
    sequence: int
    sequence_oldest_available: int
    reason: int


class WinchStatus(NamedTuple):
    """WINCH_STATUS (9005): metres, m/s, kilograms; NaN where unknown."""

    line_length: float
    speed: float
    tension: float
    status: int


class OpenDroneIdLocation(NamedTuple):
    """OPEN_DRONE_ID_LOCATION (12901): degrees × 1e7, seconds after the full hour."""

    id_or_mac: bytes
    status: int
    latitude: int
    longitude: int
    timestamp: float


class OpenDroneIdSelfId(NamedTuple):
    """OPEN_DRONE_ID_SELF_ID (12903)."""

    target_system: int
    target_component: int
    id_or_mac: bytes
    description_type: int
    description: bytes


class OpenDroneIdSystem(NamedTuple):
    """OPEN_DRONE_ID_SYSTEM (12904): degrees × 1e7, metres, seconds since 2019-01-01 00:00 UTC."""

    target_system: int
    target_component: int
    id_or_mac: bytes
    operator_location_type: int
    classification_type: int
    operator_latitude: int
    operator_longitude: int
    area_count: int
    area_radius: int
    area_ceiling: float
    area_floor: float
    category_eu: int
    class_eu: int
    operator_altitude_geo: float
    timestamp: int


class OpenDroneIdOperatorId(NamedTuple):
    """OPEN_DRONE_ID_OPERATOR_ID (12905)."""

    target_system: int
    target_component: int
    id_or_mac: bytes
    operator_id_type: int
    operator_id: bytes


class OpenDroneIdArmStatus(NamedTuple):
    """OPEN_DRONE_ID_ARM_STATUS (12918): 0 is good to arm."""

    status: int
    error: bytes


ServiceIncoming = (
    FileTransferProtocol
    | LogEntry
    | LogData
    | AdsbVehicle
    | ComponentMetadata
    | Event
    | CurrentEventSequence
    | ResponseEventError
    | WinchStatus
    | OpenDroneIdLocation
    | OpenDroneIdArmStatus
)
"""What a vehicle tells us beside its flight."""

ServiceOutgoing = (
    FileTransferProtocol
    | LogRequestList
    | LogRequestData
    | LogRequestEnd
    | SetPositionTargetGlobalInt
    | AdsbVehicle
    | SetupSigning
    | RequestEvent
    | OpenDroneIdSelfId
    | OpenDroneIdSystem
    | OpenDroneIdOperatorId
)
"""What we tell a vehicle beside its flight."""

SERVICE_MESSAGE_IDS: dict[type[ServiceIncoming | ServiceOutgoing], int] = {
    SetPositionTargetGlobalInt: 86,
    FileTransferProtocol: 110,
    LogRequestList: 117,
    LogEntry: 118,
    LogRequestData: 119,
    LogData: 120,
    LogRequestEnd: 122,
    AdsbVehicle: 246,
    SetupSigning: 256,
    ComponentMetadata: 397,
    Event: 410,
    CurrentEventSequence: 411,
    RequestEvent: 412,
    ResponseEventError: 413,
    WinchStatus: 9005,
    OpenDroneIdLocation: 12901,
    OpenDroneIdSelfId: 12903,
    OpenDroneIdSystem: 12904,
    OpenDroneIdOperatorId: 12905,
    OpenDroneIdArmStatus: 12918,
}
