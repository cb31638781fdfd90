"""What the services beside flying tell: events of the autopilot, files, logs, traffic, the winch.

A part of the contract (``contract.py``); everything above the link takes these from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from skystork.fleet.traffic import TrafficReport
from skystork.link.request_id import RequestId


class WinchOutcome(StrEnum):
    """How an order to the winch ended."""

    DELIVERED = "delivered"
    """The load touched the ground, the line came back empty and is in."""
    STILL_LOADED = "still_loaded"
    """The line never moved, or came back with the load: the parcel is on board."""
    RETRACTED = "retracted"
    """The line is in, as was asked; nothing is said of the load."""
    REFUSED = "refused"
    """The winch answered that it will not."""
    ABANDONED = "abandoned"
    """The winch gave up and let go of its whole line: the parcel is not on board, where it lies is unknown."""
    UNKNOWN = "unknown"
    """The winch fell silent or told nothing that proves either; never to be asked again."""


@dataclass(frozen=True, slots=True)
class WinchSettled:
    """An order to the winch came to its end."""

    at_s: float
    request_id: RequestId
    outcome: WinchOutcome
    line_in: bool
    """The line was fully retracted when last told; with a line out the vehicle must not fly on."""
    line_length_m: float | None = None
    """Line released when last told [m]."""
    detail: str = ""
    """What was seen, for a person."""


MISSION_STATE_BIT = 1 << 3
"""NAVIGATION_STATE_AUTO_MISSION of PX4 1.17's VehicleStatus.msg, as a bit."""


class EventLevel(IntEnum):
    """Log level of an event (common.xml, EVENT.log_levels): MAV_SEVERITY's, and two more."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7
    PROTOCOL = 8
    """Part of a report between machines; shown to nobody."""
    DISABLED = 9


@dataclass(frozen=True, slots=True)
class AutopilotEvent:
    """EVENT: something happened on board."""

    at_s: float
    sequence: int
    event_id: int
    level: EventLevel
    """As the vehicle means it for people, not for its log."""
    name: str
    """The firmware's own name of it, e.g. ``mission_execute``; empty while its table of events is not known."""
    group: str
    """``arming_check`` and ``health`` for a part of a report of checks, else ``default``; empty as the name."""
    text: str
    """In words; number and arguments while the table is not known."""
    boot_time_s: float
    """When it happened, since the vehicle's boot [s]."""


@dataclass(frozen=True, slots=True)
class EventsMissed:
    """Events were lost on the way and the vehicle does not keep them any more."""

    at_s: float
    count: int


@dataclass(frozen=True, slots=True)
class ArmingProblem:
    """One check of the vehicle that failed."""

    level: EventLevel
    name: str
    text: str
    modes: int
    """Bit mask of the PX4 navigation states it is about (VehicleStatus.msg)."""


@dataclass(frozen=True, slots=True)
class ArmingReport:
    """All that the vehicle's own checks found, now; replaces the report before."""

    at_s: float
    can_arm_modes: int
    """Bit mask of the navigation states in which it would arm."""
    problems: tuple[ArmingProblem, ...]

    def may_arm(self) -> bool:
        """Whether it would arm for a mission."""
        return bool(self.can_arm_modes & MISSION_STATE_BIT)

    def reasons(self) -> tuple[str, ...]:
        """What keeps it from arming for a mission, worst first; a check about other modes only does not."""
        about = [each for each in self.problems if each.modes & MISSION_STATE_BIT and each.level <= EventLevel.ERROR]
        return tuple(dict.fromkeys(each.text for each in sorted(about, key=lambda each: each.level)))


@dataclass(frozen=True, slots=True)
class MetadataTold:
    """COMPONENT_METADATA: where the vehicle keeps the description of itself."""

    at_s: float
    uri: str
    file_crc: int


class FileOutcome(StrEnum):
    """How fetching a file from the vehicle ended."""

    FETCHED = "fetched"
    """Whole, and its checksum is the one the vehicle computed."""
    MISSING = "missing"
    """The vehicle has no such file."""
    REFUSED = "refused"
    """The vehicle will not; the detail says why."""
    TOO_LARGE = "too_large"
    """Larger than was allowed; nothing was fetched."""
    DIFFERENT = "different"
    """Whole, but the checksums differ."""
    NO_ANSWER = "no_answer"
    """The vehicle fell silent, or rebooted."""


@dataclass(frozen=True, slots=True)
class FileSettled:
    """Fetching a file came to its end."""

    at_s: float
    request_id: RequestId
    path: str
    outcome: FileOutcome
    data: bytes = b""
    """Only of a file FETCHED."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ArmingAsked:
    """The vehicle asked whether it may arm: somebody had told it to."""

    at_s: float
    allowed: bool
    """False: there was no clearance, and the autopilot refuses."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log that the vehicle keeps."""

    log_id: int
    size_bytes: int
    at_unix_s: int | None
    """When it was written last [s since the Unix epoch]; None where the vehicle had no time."""


class LogOutcome(StrEnum):
    """How a request about logs ended."""

    READ = "read"
    """All that was asked for."""
    ENDED = "ended"
    """The log ended before the stretch did; what there is came."""
    NO_ANSWER = "no_answer"
    """The vehicle fell silent; what came is told."""


@dataclass(frozen=True, slots=True)
class LogsListed:
    """Listing the logs came to its end."""

    at_s: float
    request_id: RequestId
    outcome: LogOutcome
    logs: tuple[LogFile, ...]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LogReadSettled:
    """Reading a stretch of a log came to its end."""

    at_s: float
    request_id: RequestId
    log_id: int
    offset: int
    outcome: LogOutcome
    data: bytes
    """From the offset on, up to the first gap."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TrafficSighted:
    """The vehicle's receiver heard another aircraft. Not proven: it advises, and moves nothing."""

    at_s: float
    report: TrafficReport


ServiceEvent = (
    WinchSettled
    | AutopilotEvent
    | EventsMissed
    | ArmingReport
    | MetadataTold
    | FileSettled
    | ArmingAsked
    | LogsListed
    | LogReadSettled
    | TrafficSighted
)
"""What the services beside flying tell."""
