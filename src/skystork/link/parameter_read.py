"""Reading parameters by name: PARAM_REQUEST_READ, answered by PARAM_VALUE.

Theory of operation
-------------------
Names are asked for in windows; a window is sent again, what is answered left out, each time the retry time passes, and
the next begins when it is empty. To a name that it does not have a vehicle says nothing (PX4, ArduPilot), which looks
like a lost frame. So each repetition also asks for index 0, which every vehicle has: a name that is still unanswered
after the last try is unknown when the vehicle has answered anything meanwhile, and silence when it has not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.autopilot import ParameterEncoding
from skystork.link.contract import LinkSettings, ParameterValue
from skystork.link.messages import ParamRequestRead, ParamValue
from skystork.link.parameter_values import decode_value, encode_name, name_of
from skystork.link.transitions import expects, follow
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT


class ReadState(StrEnum):
    """Where reading by name stands."""

    ASKING = "asking"
    """Names of the window are unanswered."""
    COMPLETE = "complete"
    """Every name is answered."""
    UNKNOWN = "unknown"
    """The vehicle answers, but some names it does not have."""
    SILENT = "silent"
    """The vehicle answers nothing."""


@dataclass(frozen=True, slots=True)
class ValueCame:
    """A name was answered, and others are left."""


@dataclass(frozen=True, slots=True)
class RetryDue:
    """The retry time passed and a try is left."""


@dataclass(frozen=True, slots=True)
class WindowGivenUp:
    """The tries of this window are spent, the vehicle answers, and another window is left."""


@dataclass(frozen=True, slots=True)
class AllAnswered:
    """No name is left, and none was given up."""


@dataclass(frozen=True, slots=True)
class SomeUnknown:
    """No name is left, and some were given up."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """The tries are spent and nothing at all was answered meanwhile."""


TRANSITIONS: Mapping[ReadState, Mapping[type, ReadState]] = MappingProxyType(
    {
        ReadState.ASKING: {
            ValueCame: ReadState.ASKING,
            RetryDue: ReadState.ASKING,
            WindowGivenUp: ReadState.ASKING,
            AllAnswered: ReadState.COMPLETE,
            SomeUnknown: ReadState.UNKNOWN,
            WentSilent: ReadState.SILENT,
        },
        ReadState.COMPLETE: {},
        ReadState.UNKNOWN: {},
        ReadState.SILENT: {},
    }
)

TERMINAL = frozenset({ReadState.COMPLETE, ReadState.UNKNOWN, ReadState.SILENT})


class ParameterRead:
    """Some names, from the first request to the last answer.

    Parameters
    ----------
    system_id
        The vehicle's.
    names
        What to read; without any it is complete at once.
    encoding
        How the autopilot writes integers.
    settings
        Retry times, and the window.

    Raises
    ------
    LinkUsageError
        A name cannot be a parameter's.
    """

    def __init__(
        self, system_id: int, names: Sequence[str], *, encoding: ParameterEncoding, settings: LinkSettings
    ) -> None:
        self.state = ReadState.ASKING
        self.values: dict[str, ParameterValue] = {}
        self.missing: list[str] = []
        """Names the vehicle does not have; when it went silent, all that are unanswered."""
        self._requests = {name: request_by_name(system_id, name) for name in names}
        self._probe = ParamRequestRead(system_id, AUTOPILOT_COMPONENT, b"", 0)
        self._encoding = encoding
        self._settings = settings
        self._left = list(self._requests)
        self._window: list[str] = []
        self._tries_left = 0
        self._heard = False
        self._deadline_s = 0.0

    def start(self, now_s: float) -> list[ParamRequestRead]:
        """Ask for the first names; returns what must be sent."""
        return self._open_window(now_s, None)

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        return None if self.state in TERMINAL else self._deadline_s

    def receive(self, message: ParamValue, now_s: float) -> list[ParamRequestRead]:
        """Take a value, ours or not; returns what must be sent next."""
        self._heard = True
        name, value = name_of(message), decode_value(message, self._encoding)
        if name not in self._window or value is None or not expects(TRANSITIONS, self.state, ValueCame()):
            return []
        self.values[name] = value
        self._window.remove(name)
        return self._follow(ValueCame()) if self._window else self._open_window(now_s, ValueCame())

    def handle_timer(self, now_s: float) -> list[ParamRequestRead]:
        """Act on a passed deadline; returns what must be sent again."""
        if self.state in TERMINAL or now_s < self._deadline_s:
            return []
        if self._tries_left > 0:
            self._tries_left -= 1
            self._deadline_s = now_s + self._settings.parameter_retry_s
            self._follow(RetryDue())
            return [self._probe, *(self._requests[name] for name in self._window)]
        if not self._heard:
            self.missing += [*self._window, *self._left]
            return self._follow(WentSilent())
        self.missing += self._window
        return self._open_window(now_s, WindowGivenUp())

    def _open_window(self, now_s: float, why: ValueCame | WindowGivenUp | None) -> list[ParamRequestRead]:
        """Go on with the next names, or end where none is left."""
        size = self._settings.parameter_window
        self._window, self._left = self._left[:size], self._left[size:]
        if not self._window:
            return self._follow(SomeUnknown() if self.missing else AllAnswered())
        self._heard = False
        self._tries_left = self._settings.parameter_retries
        self._deadline_s = now_s + self._settings.parameter_retry_s
        if why is not None:
            self._follow(why)
        return [self._requests[name] for name in self._window]

    def _follow(self, event: object) -> list[ParamRequestRead]:
        self.state = follow(TRANSITIONS, self.state, event)
        return []


def request_by_name(system_id: int, name: str) -> ParamRequestRead:
    """PARAM_REQUEST_READ for a name.

    Raises
    ------
    LinkUsageError
        The name cannot be a parameter's.
    """
    return ParamRequestRead(system_id, AUTOPILOT_COMPONENT, encode_name(name), -1)
