"""What goes into a vehicle link and what comes out: frozen commands, items and events.

Words are MAVLink's (mavlink.io, common.xml). Everything above the link speaks these types; only ``codec.py`` knows
bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple, TypedDict, Unpack, cast

from skystork.fleet.vehicle import LandedState, MissionState
from skystork.frames import Geodetic
from skystork.link import request_id
from skystork.link.service_contract import ServiceEvent

RequestId = request_id.RequestId


class MissionType(IntEnum):
    """MAV_MISSION_TYPE."""

    MISSION = 0
    FENCE = 1
    RALLY = 2


@dataclass(frozen=True, slots=True)
class MissionItem:
    """MISSION_ITEM_INT in plain units; also a fence vertex or a rally point."""

    command: int
    """MAV_CMD."""
    frame: int
    """MAV_FRAME: 2 for items without a position, 0 or 3 with one (PX4 refuses others; rally points only 0 or 3)."""
    params: tuple[float, float, float, float]
    """param1..param4; NaN where the vehicle shall choose."""
    latitude_deg: float = 0.0
    longitude_deg: float = 0.0
    altitude_m: float = 0.0
    """In the frame's reference: AMSL for frame 0, above home for frame 3."""
    autocontinue: bool = True


class CommandResult(StrEnum):
    """MAV_RESULT by name, and the two ends that no vehicle sends."""

    ACCEPTED = "accepted"
    TEMPORARILY_REJECTED = "temporarily_rejected"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    """The vehicle still said that it was at it when the overall limit had passed: not confirmed."""
    CANCELLED = "cancelled"
    NO_ANSWER = "no_answer"
    """All retries went unanswered."""
    SUPERSEDED = "superseded"
    """We stopped waiting: the same command was sent anew, or the vehicle rebooted."""


class TransferOutcome(StrEnum):
    """How an upload with read-back ended."""

    VERIFIED = "verified"
    """On board, read back, equal item by item."""
    REFUSED = "refused"
    """The vehicle's MISSION_ACK was not ACCEPTED."""
    DIFFERENT = "different"
    """Read back, not equal."""
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Heard:
    """First heartbeat of the vehicle, or the first after a loss (``silent_s`` then says how long)."""

    at_s: float
    silent_s: float | None


@dataclass(frozen=True, slots=True)
class Lost:
    """No frame for the loss time."""

    at_s: float
    last_heard_s: float


@dataclass(frozen=True, slots=True)
class Rebooted:
    """time_boot_ms went backwards: whatever was on board must be read again."""

    at_s: float


@dataclass(frozen=True, slots=True)
class WrongPeer:
    """The address speaks as something else than the configured vehicle."""

    at_s: float
    what: str
    """Said so that a person can mend it."""


class Told(TypedDict, total=False):
    """Facts of a vehicle's state; None where a message that has a place for it told nothing."""

    position: Geodetic | None
    altitude_amsl_m: float | None
    relative_altitude_m: float | None
    velocity_enu_m_s: tuple[float, float, float] | None
    heading_deg: float | None
    battery_fraction: float | None
    battery_temperature_deg_c: float | None
    armed: bool | None
    mode: str | None
    failsafe: bool | None
    ready_to_arm: bool | None
    landed: LandedState | None
    mission_sequence: int | None
    mission_total: int | None
    mission_state: MissionState | None
    mission_id: int | None
    fence_id: int | None
    rally_id: int | None
    home: Geodetic | None
    home_altitude_amsl_m: float | None
    ground_clearance_m: float | None
    boot_time_s: float | None
    winch_line_m: float | None
    winch_retracted: bool | None
    remote_id_at_s: float | None
    remote_id_interval_s: float | None
    remote_id_error: str | None


class TelemetrySample(NamedTuple):
    """The part of the state that one message told.

    Not a field for each fact: a fleet makes thousands a second, and most tell one or two of them.
    """

    at_s: float
    """When the message arrived [s since the Unix epoch]."""
    told: Told
    """The facts it told; none is None."""

    def __getattr__(self, name: str) -> Any:
        """A fact by its name; None where the message told nothing of it."""
        if name in _FACTS:
            return self.told.get(name)
        raise AttributeError(f"{type(self).__name__} has no {name}")


_FACTS = frozenset(Told.__annotations__)


def sample_of(at_s: float, **told: Unpack[Told]) -> TelemetrySample:
    """A sample of those facts that are not None."""
    return TelemetrySample(at_s, cast(Told, {name: fact for name, fact in told.items() if fact is not None}))


@dataclass(frozen=True, slots=True)
class ItemReached:
    """MISSION_ITEM_REACHED, each sequence once (PX4 repeats it at 1 Hz and skips DO_ items: read as "all up to")."""

    at_s: float
    sequence: int


@dataclass(frozen=True, slots=True)
class StatusText:
    """STATUSTEXT, chunks joined, control characters removed."""

    at_s: float
    severity: int
    """MAV_SEVERITY: 0 emergency .. 7 debug."""
    text: str


@dataclass(frozen=True, slots=True)
class CommandSettled:
    """A command came to its end."""

    at_s: float
    request_id: RequestId
    command: int
    result: CommandResult
    detail: str = ""
    """The vehicle's last status text about it, where it sent one, and how far it said it was."""


@dataclass(frozen=True, slots=True)
class TransferSettled:
    """An upload came to its end."""

    at_s: float
    request_id: RequestId
    mission_type: MissionType
    outcome: TransferOutcome
    opaque_id: int | None = None
    """The vehicle's id of the plan on board."""
    detail: str = ""
    """What differs or why it was refused."""


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """One parameter of a vehicle."""

    name: str
    value: int | float
    """A float has been through 32 bits."""
    is_integer: bool
    """Whether the vehicle holds it as an integer."""


class ParameterOutcome(StrEnum):
    """How reading or writing parameters ended."""

    COMPLETE = "complete"
    """Everything asked for was read; or the value is on board, confirmed by the vehicle."""
    UNKNOWN = "unknown"
    """The vehicle answers, but not to the names in ``missing``: it does not have them."""
    REFUSED = "refused"
    """The vehicle kept another value, or the value cannot be written to this parameter."""
    NO_ANSWER = "no_answer"
    """The vehicle answers nothing about parameters; after a write nobody knows which value it holds."""
    INTERRUPTED = "interrupted"
    """It rebooted, or armed during a write: what it holds must be read again."""


@dataclass(frozen=True, slots=True)
class ParametersSettled:
    """Reading or writing parameters came to its end."""

    at_s: float
    request_id: RequestId
    outcome: ParameterOutcome
    values: Mapping[str, ParameterValue]
    """What the vehicle holds, as far as it was told."""
    missing: tuple[str, ...] = ()
    """Names that were asked for and not answered."""
    detail: str = ""
    """What is wrong, with the values, said so that a person can mend it."""
    hash: int | None = None
    """After reading all: PX4's hash, proven to be that of the values read; None where it cannot be proven."""


LinkEvent = (
    Heard
    | Lost
    | Rebooted
    | WrongPeer
    | TelemetrySample
    | ItemReached
    | StatusText
    | CommandSettled
    | TransferSettled
    | ParametersSettled
    | ServiceEvent
)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who operates the fleet and from where, as Remote ID broadcasts it."""

    operator_id: str
    """Given by the authority; at most 20 ASCII characters."""
    position: Geodetic
    altitude_wgs84_m: float | None = None
    """Above the ellipsoid; None where it is not known."""
    purpose: str = "parcel delivery"
    """At most 23 ASCII characters."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Timers of the link, each with its source."""

    own_system_id: int = 255
    """Ground stations count down from 255 (mavlink.io, routing)."""
    own_component_id: int = 190
    """MAV_COMP_ID_MISSIONPLANNER, the ground station's."""
    heartbeat_interval_s: float = 1.0
    """mavlink.io, heartbeat: 1 Hz."""
    loss_s: float = 5.0
    """mavlink.io, heartbeat: lost after 4 to 5 missed."""
    command_retry_s: float = 0.5
    """MAVSDK's command sender."""
    command_retries: int = 3
    """MAVSDK and QGroundControl: three."""
    command_in_progress_s: float = 10.0
    """After IN_PROGRESS; PX4's gripper needs 1.1 s, a winch tens."""
    command_limit_s: float = 60.0
    """From sending to the end, however often IN_PROGRESS comes. The command protocol (mavlink.io) names no limit;
    chosen: six times the wait for one answer. What takes longer, a winch, is followed by its own status."""
    second_ack_window_s: float = 0.1
    """PX4 1.17 answers DO_SET_MODE twice, the second being the real answer: the last within this time counts."""
    transfer_retry_s: float = 1.5
    """mavlink.io, mission: 1500 ms default."""
    item_retry_s: float = 0.25
    """mavlink.io, mission: 250 ms an item."""
    transfer_retries: int = 5
    """mavlink.io, mission: 5."""
    transfer_attempts: int = 3
    """Whole uploads tried before giving up."""
    parameter_retry_s: float = 0.5
    """PX4 1.17 answers in milliseconds; a radio of 57,600 baud needs 0.2 s for a window of requests and answers."""
    parameter_retries: int = 9
    """With 20 % lost each way, ten tries go unanswered 4 times in 100,000; the price is 5 s for a name nobody has."""
    parameter_window: int = 32
    """Parameters asked for by themselves at a time."""
    operator: Operator | None = None
    """Told to every vehicle for its Remote ID; None tells nothing."""
    message_intervals_us: tuple[tuple[int, int], ...] = field(default=())
    """(message id, interval [µs]) asked for by SET_MESSAGE_INTERVAL whenever contact is made."""
