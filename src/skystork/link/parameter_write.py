"""Writing one parameter: read, PARAM_SET, and the PARAM_VALUE that shows the new value.

Theory of operation
-------------------
The parameter is read first, because PARAM_SET must name the vehicle's own type (PX4 1.17 answers nothing to another),
and because a value that is on board already needs no writing. After PARAM_SET the vehicle tells the value it holds then
(mavlink.io, parameter protocol); only a value equal to the one wanted ends the write.

Another value does not end it at once: on UDP it may be a straggler, told before the write. It makes us write once more,
and a different value told after that counts as the vehicle's refusal. When all tries to write go unanswered the
parameter is read once more, since the lost frames may have been the answers, and ArduPilot is silent about a failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.errors import LinkUsageError
from skystork.link.autopilot import ParameterEncoding
from skystork.link.contract import LinkSettings, ParameterValue
from skystork.link.messages import ParamRequestRead, ParamSet, ParamValue
from skystork.link.parameter_read import ParameterRead, ReadState
from skystork.link.parameter_values import (
    decode_value,
    encode_name,
    encode_value,
    name_of,
    same_value,
    value_text,
)
from skystork.link.transitions import follow
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT


class WriteState(StrEnum):
    """Where a write stands."""

    READING = "reading"
    """Type and present value are asked for."""
    SETTING = "setting"
    """PARAM_SET sent; no value shown since."""
    DOUBTED = "doubted"
    """Another value was shown; perhaps a straggler."""
    INSISTING = "insisting"
    """PARAM_SET sent again because of that."""
    CHECKING = "checking"
    """PARAM_SET stayed unanswered; the value is asked for."""
    WRITTEN = "written"
    """The vehicle shows the value wanted."""
    REFUSED = "refused"
    """The vehicle holds another value, or one of another type."""
    UNKNOWN = "unknown"
    """The vehicle answers, but does not have the parameter."""
    SILENT = "silent"
    """The vehicle answers nothing."""
    ABANDONED = "abandoned"
    """We stopped: the vehicle rebooted or armed."""


@dataclass(frozen=True, slots=True)
class OldValueRead:
    """The parameter was read and holds another value than the one wanted."""


@dataclass(frozen=True, slots=True)
class WantedValueShown:
    """The vehicle shows the value wanted."""


@dataclass(frozen=True, slots=True)
class OtherValueShown:
    """The vehicle shows another value."""


@dataclass(frozen=True, slots=True)
class TypeForbidsIt:
    """The vehicle's type cannot hold the value wanted."""


@dataclass(frozen=True, slots=True)
class NameUnknown:
    """The vehicle answers, but not to this name."""


@dataclass(frozen=True, slots=True)
class RetryDue:
    """The retry time passed and a try is left."""


@dataclass(frozen=True, slots=True)
class RetriesSpent:
    """The tries to write are spent."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """The tries to read are spent."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The vehicle rebooted or armed."""


TRANSITIONS: Mapping[WriteState, Mapping[type, WriteState]] = MappingProxyType(
    {
        WriteState.READING: {
            OldValueRead: WriteState.SETTING,
            WantedValueShown: WriteState.WRITTEN,
            TypeForbidsIt: WriteState.REFUSED,
            NameUnknown: WriteState.UNKNOWN,
            WentSilent: WriteState.SILENT,
            Stopped: WriteState.ABANDONED,
        },
        WriteState.SETTING: {
            WantedValueShown: WriteState.WRITTEN,
            OtherValueShown: WriteState.DOUBTED,
            RetryDue: WriteState.SETTING,
            RetriesSpent: WriteState.CHECKING,
            Stopped: WriteState.ABANDONED,
        },
        WriteState.DOUBTED: {
            WantedValueShown: WriteState.WRITTEN,
            OtherValueShown: WriteState.DOUBTED,
            RetryDue: WriteState.INSISTING,
            Stopped: WriteState.ABANDONED,
        },
        WriteState.INSISTING: {
            WantedValueShown: WriteState.WRITTEN,
            OtherValueShown: WriteState.REFUSED,
            RetryDue: WriteState.INSISTING,
            RetriesSpent: WriteState.CHECKING,
            Stopped: WriteState.ABANDONED,
        },
        WriteState.CHECKING: {
            WantedValueShown: WriteState.WRITTEN,
            OtherValueShown: WriteState.REFUSED,
            NameUnknown: WriteState.UNKNOWN,
            WentSilent: WriteState.SILENT,
            Stopped: WriteState.ABANDONED,
        },
        WriteState.WRITTEN: {},
        WriteState.REFUSED: {},
        WriteState.UNKNOWN: {},
        WriteState.SILENT: {},
        WriteState.ABANDONED: {},
    }
)

TERMINAL = frozenset(
    {WriteState.WRITTEN, WriteState.REFUSED, WriteState.UNKNOWN, WriteState.SILENT, WriteState.ABANDONED}
)

_READS = frozenset({WriteState.READING, WriteState.CHECKING})

Request = ParamRequestRead | ParamSet


class ParameterWrite:
    """One parameter, from reading its type to seeing its new value.

    Parameters
    ----------
    system_id
        The vehicle's.
    name, wanted
        The parameter, and the value it shall hold.
    encoding
        How the autopilot writes integers.
    settings
        Retry times.

    Raises
    ------
    LinkUsageError
        The name cannot be a parameter's.
    """

    def __init__(
        self, system_id: int, name: str, wanted: float, *, encoding: ParameterEncoding, settings: LinkSettings
    ) -> None:
        self.state = WriteState.READING
        self.name = name
        self.wanted = wanted
        self.shown: ParameterValue | None = None
        """What the vehicle showed last."""
        self.detail = ""
        """Why it did not come to the value wanted."""
        self.sent = False
        """Whether PARAM_SET has gone out."""
        self._set = ParamSet(system_id, AUTOPILOT_COMPONENT, encode_name(name), b"", 0)
        self._encoding = encoding
        self._settings = settings
        self._read = self._new_read()
        self._tries_left = settings.parameter_retries
        self._deadline_s = 0.0

    def start(self, now_s: float) -> list[Request]:
        """Ask for type and present value; returns what must be sent."""
        return list(self._read.start(now_s))

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        if self.state in TERMINAL:
            return None
        return self._read.next_timer_s() if self.state in _READS else self._deadline_s

    def receive(self, message: ParamValue, now_s: float) -> list[Request]:
        """Take a value, of this parameter or not; returns what must be sent next."""
        if self.state in TERMINAL:
            return []
        value = decode_value(message, self._encoding) if name_of(message) == self.name else None
        if value is not None:
            self.shown = value
        if self.state in _READS:
            return self._watch_read(list(self._read.receive(message, now_s)), message.param_type, now_s)
        if value is not None:
            self._compare(value)
        return []

    def handle_timer(self, now_s: float) -> list[Request]:
        """Act on a passed deadline; returns what must be sent again."""
        if self.state in TERMINAL:
            return []
        if self.state in _READS:
            return self._watch_read(list(self._read.handle_timer(now_s)), 0, now_s)
        if now_s < self._deadline_s:
            return []
        if self._tries_left > 0 or self.state is WriteState.DOUBTED:
            self._tries_left = max(0, self._tries_left - 1)
            self._follow(RetryDue())
            return self._send(now_s)
        self._follow(RetriesSpent())
        self._read = self._new_read()
        return list(self._read.start(now_s))

    def abandon(self, why: str) -> None:
        """Stop: the vehicle rebooted or armed."""
        half_done = "; it may hold the old value or the new one" if self.sent else "; nothing was written"
        self.detail = f"{self.name}: {why}{half_done}"
        self._follow(Stopped())

    def _watch_read(self, requests: list[Request], param_type: int, now_s: float) -> list[Request]:
        """Go on where reading has come to an end."""
        if self._read.state is ReadState.ASKING:
            return requests
        if self._read.state is ReadState.COMPLETE:
            held = self._read.values[self.name]
            return self._begin(held, param_type, now_s) if self.state is WriteState.READING else self._compare(held)
        unknown = self._read.state is ReadState.UNKNOWN
        self._follow(NameUnknown() if unknown else WentSilent())
        self.detail = f"{self.name}: the vehicle has no such parameter" if unknown else f"{self.name}: no answer"
        return []

    def _begin(self, held: ParameterValue, param_type: int, now_s: float) -> list[Request]:
        try:
            raw = encode_value(self.wanted, param_type, self._encoding)
        except LinkUsageError as error:
            self.detail = f"{self.name}: {error}; the vehicle holds {value_text(held.value)}"
            self._follow(TypeForbidsIt())
            return []
        if same_value(held.value, self.wanted):
            self._follow(WantedValueShown())
            return []
        self._set = self._set._replace(param_value=raw, param_type=param_type)
        self._follow(OldValueRead())
        return self._send(now_s)

    def _compare(self, held: ParameterValue) -> list[Request]:
        equal = same_value(held.value, self.wanted)
        self._follow(WantedValueShown() if equal else OtherValueShown())
        if self.state is WriteState.REFUSED:
            self.detail = (
                f"{self.name}: the vehicle was told {value_text(self.wanted)} and keeps {value_text(held.value)}"
            )
        return []

    def _send(self, now_s: float) -> list[Request]:
        self.sent = True
        self._deadline_s = now_s + self._settings.parameter_retry_s
        return [self._set]

    def _new_read(self) -> ParameterRead:
        return ParameterRead(self._set.target_system, [self.name], encoding=self._encoding, settings=self._settings)

    def _follow(self, event: object) -> None:
        self.state = follow(TRANSITIONS, self.state, event)
