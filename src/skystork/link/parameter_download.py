"""Reading all parameters of a vehicle: PARAM_REQUEST_LIST, the gaps by index, and proof by PX4's hash.

Theory of operation
-------------------
The vehicle streams every parameter with its index and the number of all. When the stream has been silent for the retry
time the gaps are asked for by index, a window at a time; who answers nothing for all retries is silent. Only an index
not held yet counts as an answer: a vehicle that repeats what is known keeps nothing open.

PX4 tells a hash of the whole set under the name ``_HASH_CHECK``. It is used twice. Before: when it is that of a set
read earlier, nothing is downloaded; only what the hash leaves out (``is_volatile``) is asked anew. After: when it is
that of the values just read, the set is proven whole and of one moment; when it is not, all is read once more, because
a value may have changed under way. A vehicle without hash (ArduPilot), or whose hash differs again and again, ends as
UNPROVEN: every index was answered, but the set must not be kept.

The number of parameters may change while they are read: PX4 counts those in use, and a module that starts uses more.
Indices mean nothing then, and the reading begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.autopilot import ParameterEncoding
from skystork.link.contract import LinkSettings, ParameterValue
from skystork.link.messages import ParamRequestList, ParamRequestRead, ParamValue
from skystork.link.parameter_read import ParameterRead, ReadState, request_by_name
from skystork.link.parameter_values import (
    HASH_NAME,
    NO_INDEX,
    decode_value,
    is_volatile,
    name_of,
    px4_hash,
)
from skystork.link.transitions import expects, follow
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT

_READINGS = 3  # whole readings before the set is left unproven


class DownloadState(StrEnum):
    """Where reading all stands."""

    COMPARING = "comparing"
    """The vehicle's hash is asked for, to be compared with that of a set read earlier."""
    LISTING = "listing"
    """The vehicle streams its parameters."""
    FILLING = "filling"
    """The stream has ended; gaps are asked for."""
    PROVING = "proving"
    """All indices are there; the vehicle's hash is asked for."""
    REFRESHING = "refreshing"
    """The set read earlier is still that of the vehicle; what the hash leaves out is asked anew."""
    PROVEN = "proven"
    """The values are those of the vehicle, by its hash."""
    UNPROVEN = "unproven"
    """Every index was answered; no hash vouches for the whole."""
    SILENT = "silent"
    """The vehicle answers nothing (any more)."""


@dataclass(frozen=True, slots=True)
class HashEqual:
    """The vehicle's hash is that of the values we hold."""


@dataclass(frozen=True, slots=True)
class HashDiffers:
    """The vehicle's hash is another."""


@dataclass(frozen=True, slots=True)
class NoHash:
    """The vehicle does not answer the question for its hash, or no further reading is left to mend a difference."""


@dataclass(frozen=True, slots=True)
class ValueCame:
    """A value was told."""


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """Nothing came for the retry time, and gaps are left."""


@dataclass(frozen=True, slots=True)
class AllIndicesCame:
    """Nothing is left to be asked for."""


@dataclass(frozen=True, slots=True)
class CountChanged:
    """The vehicle has another number of parameters than it began with."""


@dataclass(frozen=True, slots=True)
class RetryDue:
    """The retry time passed and a try is left."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """The tries are spent."""


TRANSITIONS: Mapping[DownloadState, Mapping[type, DownloadState]] = MappingProxyType(
    {
        DownloadState.COMPARING: {
            HashEqual: DownloadState.REFRESHING,
            HashDiffers: DownloadState.LISTING,
            NoHash: DownloadState.LISTING,
            RetryDue: DownloadState.COMPARING,
        },
        DownloadState.LISTING: {
            ValueCame: DownloadState.LISTING,
            StreamEnded: DownloadState.FILLING,
            AllIndicesCame: DownloadState.PROVING,
            CountChanged: DownloadState.LISTING,
            RetryDue: DownloadState.LISTING,
            WentSilent: DownloadState.SILENT,
        },
        DownloadState.FILLING: {
            ValueCame: DownloadState.FILLING,
            AllIndicesCame: DownloadState.PROVING,
            CountChanged: DownloadState.LISTING,
            RetryDue: DownloadState.FILLING,
            WentSilent: DownloadState.SILENT,
        },
        DownloadState.PROVING: {
            HashEqual: DownloadState.PROVEN,
            HashDiffers: DownloadState.LISTING,
            NoHash: DownloadState.UNPROVEN,
            RetryDue: DownloadState.PROVING,
        },
        DownloadState.REFRESHING: {
            AllIndicesCame: DownloadState.PROVEN,
            WentSilent: DownloadState.SILENT,
        },
        DownloadState.PROVEN: {},
        DownloadState.UNPROVEN: {},
        DownloadState.SILENT: {},
    }
)

INITIAL = frozenset({DownloadState.COMPARING, DownloadState.LISTING})

TERMINAL = frozenset({DownloadState.PROVEN, DownloadState.UNPROVEN, DownloadState.SILENT})

Request = ParamRequestRead | ParamRequestList


class ParameterDownload:
    """All parameters of one vehicle, from the first request to the proof.

    Parameters
    ----------
    system_id
        The vehicle's.
    known
        A set read and proven earlier, by name; empty where there is none.
    encoding
        How the autopilot writes integers; only with BYTEWISE, which is PX4's, is there a hash.
    settings
        Retry times, and the window.
    """

    def __init__(
        self,
        system_id: int,
        known: Mapping[str, ParameterValue],
        *,
        encoding: ParameterEncoding,
        settings: LinkSettings,
    ) -> None:
        self._has_hash = encoding is ParameterEncoding.BYTEWISE
        self.state = DownloadState.COMPARING if known and self._has_hash else DownloadState.LISTING
        self.hash: int | None = None
        """The vehicle's hash where it is proven to be that of the values."""
        self._system_id = system_id
        self._known = known
        self._encoding = encoding
        self._settings = settings
        self._by_index: dict[int, ParameterValue] = {}
        self._count: int | None = None
        self._readings_left = _READINGS
        self._refresh: ParameterRead | None = None
        self._window: list[int] = []
        self._tries_left = settings.parameter_retries
        self._deadline_s = 0.0

    @property
    def values(self) -> dict[str, ParameterValue]:
        """What is known of the vehicle so far."""
        if self._refresh is not None:
            anew = self._refresh.values
            return {n: anew.get(n, value) for n, value in self._known.items() if n in anew or not is_volatile(n)}
        return {value.name: value for _, value in sorted(self._by_index.items())}

    @property
    def missing(self) -> int | None:
        """How many values are not there yet; None where the vehicle has not even told how many there are."""
        return None if self._count is None else self._count - len(self._by_index)

    def start(self, now_s: float) -> list[Request]:
        """Begin; returns what must be sent."""
        if self.state is DownloadState.COMPARING:
            self._renew_tries(now_s)
            return self._ask_hash()
        return self._begin_list(now_s)

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        if self.state in TERMINAL:
            return None
        return self._refresh.next_timer_s() if self._refresh is not None else self._deadline_s

    def receive(self, message: ParamValue, now_s: float) -> list[Request]:
        """Take a value, wanted or not; returns what must be sent next."""
        if self._refresh is not None:
            return self._watch_refresh(self._refresh, list(self._refresh.receive(message, now_s)))
        if name_of(message) == HASH_NAME:
            return self._receive_hash(int.from_bytes(message.param_value, "little"), now_s)
        if not expects(TRANSITIONS, self.state, ValueCame()) or message.param_index == NO_INDEX:
            return []
        return self._receive_value(message, now_s)

    def handle_timer(self, now_s: float) -> list[Request]:
        """Act on a passed deadline; returns what must be sent again."""
        if self._refresh is not None:
            return self._watch_refresh(self._refresh, list(self._refresh.handle_timer(now_s)))
        if self.state in TERMINAL or now_s < self._deadline_s:
            return []
        if self.state is DownloadState.LISTING and self._by_index:
            self._follow(StreamEnded())
            self._renew_tries(now_s)
            return self._ask_gaps()
        if self._tries_left == 0:
            return self._give_up(now_s)
        self._tries_left -= 1
        self._deadline_s = now_s + self._settings.parameter_retry_s
        self._follow(RetryDue())
        if self.state is DownloadState.LISTING:
            return [ParamRequestList(self._system_id, AUTOPILOT_COMPONENT)]
        return self._ask_gaps() if self.state is DownloadState.FILLING else self._ask_hash()

    def _receive_hash(self, told: int, now_s: float) -> list[Request]:
        if not expects(TRANSITIONS, self.state, HashEqual()):
            return []  # PX4 begins its stream with it
        held = self._known if self.state is DownloadState.COMPARING else self.values
        if told == px4_hash(held.values()):
            self.hash = told
            comparing = self.state is DownloadState.COMPARING
            self._follow(HashEqual())
            return self._begin_refresh(now_s) if comparing else []
        if self.state is DownloadState.PROVING and self._readings_left == 0:
            return self._follow(NoHash())
        self._follow(HashDiffers())
        return self._begin_list(now_s)

    def _receive_value(self, message: ParamValue, now_s: float) -> list[Request]:
        if self._count is not None and message.param_count != self._count:
            if self._readings_left == 0:
                return self._follow(WentSilent())
            self._follow(CountChanged())
            return self._begin_list(now_s)
        value = decode_value(message, self._encoding)
        if value is None or message.param_index >= message.param_count:
            return []
        self._count = message.param_count
        is_new = message.param_index not in self._by_index
        self._by_index[message.param_index] = value
        if is_new:
            self._renew_tries(now_s)
        if len(self._by_index) == self._count:
            self._follow(AllIndicesCame())
            return self._ask_hash() if self._has_hash else self._follow(NoHash())
        self._follow(ValueCame())
        if self.state is DownloadState.FILLING and not any(index not in self._by_index for index in self._window):
            return self._ask_gaps()
        return []

    def _begin_list(self, now_s: float) -> list[Request]:
        self._by_index.clear()
        self._count = None
        self._readings_left -= 1
        self._renew_tries(now_s)
        return [ParamRequestList(self._system_id, AUTOPILOT_COMPONENT)]

    def _begin_refresh(self, now_s: float) -> list[Request]:
        names = [name for name in self._known if is_volatile(name)]
        self._refresh = ParameterRead(self._system_id, names, encoding=self._encoding, settings=self._settings)
        return self._watch_refresh(self._refresh, list(self._refresh.start(now_s)))

    def _watch_refresh(self, refresh: ParameterRead, requests: list[Request]) -> list[Request]:
        if refresh.state is ReadState.ASKING:
            return requests
        self._follow(WentSilent() if refresh.state is ReadState.SILENT else AllIndicesCame())
        return requests

    def _give_up(self, now_s: float) -> list[Request]:
        if self.state is DownloadState.COMPARING:
            self._follow(NoHash())
            return self._begin_list(now_s)
        return self._follow(NoHash() if self.state is DownloadState.PROVING else WentSilent())

    def _ask_hash(self) -> list[Request]:
        return [request_by_name(self._system_id, HASH_NAME)]

    def _ask_gaps(self) -> list[Request]:
        gaps = [index for index in range(self._count or 0) if index not in self._by_index]
        self._window = gaps[: self._settings.parameter_window]
        return [ParamRequestRead(self._system_id, AUTOPILOT_COMPONENT, b"", index) for index in self._window]

    def _renew_tries(self, now_s: float) -> None:
        self._tries_left = self._settings.parameter_retries
        self._deadline_s = now_s + self._settings.parameter_retry_s

    def _follow(self, event: object) -> list[Request]:
        self.state = follow(TRANSITIONS, self.state, event)
        return []
