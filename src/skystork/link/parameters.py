"""The parameter service of one vehicle: read one, some or all, write one; one request after the other.

What may be written is a table (``writable_parameters.py``), and never while the vehicle is armed or while that is not
known: parameters that are each within their range can make an aircraft unstable together (arXiv 2112.03511), and one
that changes in the air is a change nobody has flown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from skystork.errors import LinkUsageError
from skystork.link.autopilot import PX4, Autopilot
from skystork.link.contract import LinkSettings, ParameterOutcome, ParametersSettled, ParameterValue, RequestId
from skystork.link.messages import Heartbeat, Outgoing, ParamValue
from skystork.link.parameter_download import DownloadState, ParameterDownload
from skystork.link.parameter_read import ParameterRead, ReadState
from skystork.link.parameter_values import value_text
from skystork.link.parameter_write import ParameterWrite, WriteState
from skystork.link.service import LinkService
from skystork.link.writable_parameters import problem_with

_ARMED = 0x80  # MAV_MODE_FLAG_SAFETY_ARMED
NOTHING_KNOWN: Mapping[str, ParameterValue] = MappingProxyType({})
_REBOOTED = "the vehicle rebooted"
_ARMED_MEANWHILE = "the vehicle was armed"

Job = ParameterRead | ParameterDownload | ParameterWrite
Effect = Outgoing | ParametersSettled
"""What must be sent, and what must be reported."""

_OUTCOMES: Mapping[ReadState | DownloadState | WriteState, ParameterOutcome] = MappingProxyType(
    {
        ReadState.COMPLETE: ParameterOutcome.COMPLETE,
        ReadState.UNKNOWN: ParameterOutcome.UNKNOWN,
        ReadState.SILENT: ParameterOutcome.NO_ANSWER,
        DownloadState.PROVEN: ParameterOutcome.COMPLETE,
        DownloadState.UNPROVEN: ParameterOutcome.COMPLETE,
        DownloadState.SILENT: ParameterOutcome.NO_ANSWER,
        WriteState.WRITTEN: ParameterOutcome.COMPLETE,
        WriteState.REFUSED: ParameterOutcome.REFUSED,
        WriteState.UNKNOWN: ParameterOutcome.UNKNOWN,
        WriteState.SILENT: ParameterOutcome.NO_ANSWER,
        WriteState.ABANDONED: ParameterOutcome.INTERRUPTED,
    }
)


@dataclass(frozen=True, slots=True)
class _Request:
    request_id: RequestId
    job: Job


class ParameterDesk(LinkService):
    """Opens, answers and settles the parameter requests of one vehicle.

    Parameters
    ----------
    system_id
        The vehicle's.
    settings
        Retry times, and the window.
    autopilot
        How it writes integers, and which parameters may be written within which limits.
    """

    TAKES = (ParamValue, Heartbeat)

    def __init__(self, system_id: int, settings: LinkSettings, *, autopilot: Autopilot = PX4) -> None:
        self._system_id = system_id
        self._settings = settings
        self._autopilot = autopilot
        self._encoding = autopilot.parameters
        self._requests: deque[_Request] = deque()
        self._armed: bool | None = None

    def read(
        self,
        request_id: RequestId,
        now_s: float,
        *,
        names: Sequence[str] | None,
        known: Mapping[str, ParameterValue] = NOTHING_KNOWN,
    ) -> list[Effect]:
        """Read parameters by name, or all.

        Parameters
        ----------
        request_id
            Under which it settles.
        now_s
            Now.
        names
            None for all.
        known
            When reading all: a set proven earlier, in the vehicle's order. It is taken as read where its hash is still
            the vehicle's.

        Raises
        ------
        LinkUsageError
            A name cannot be a parameter's.
        """
        job: Job
        if names is None:
            job = ParameterDownload(self._system_id, known, encoding=self._encoding, settings=self._settings)
        else:
            job = ParameterRead(self._system_id, names, encoding=self._encoding, settings=self._settings)
        return self._begin(_Request(request_id, job), now_s)

    def write(self, request_id: RequestId, now_s: float, *, name: str, value: float) -> list[Effect]:
        """Write one parameter and have the vehicle show it.

        Raises
        ------
        LinkUsageError
            The parameter may not be written, the value is outside its limits, or the vehicle is armed or has not said
            that it is not.
        """
        self._check_writable(name, value)
        job = ParameterWrite(self._system_id, name, value, encoding=self._encoding, settings=self._settings)
        return self._begin(_Request(request_id, job), now_s)

    def receive(self, message: ParamValue | Heartbeat, now_s: float) -> list[Effect]:
        """Take a value for the running request, or hear whether the vehicle is armed."""
        if isinstance(message, Heartbeat):
            self._armed = bool(message.base_mode & _ARMED)
            return self._stop_writes(now_s) if self._armed else []
        if not self._requests:
            return []
        return [*self._requests[0].job.receive(message, now_s), *self._settle(now_s)]

    def next_timer_s(self) -> float | None:
        """The running request's deadline."""
        return self._requests[0].job.next_timer_s() if self._requests else None

    def handle_timer(self, now_s: float) -> list[Effect]:
        """Act on the running request's deadline."""
        if not self._requests:
            return []
        return [*self._requests[0].job.handle_timer(now_s), *self._settle(now_s)]

    def forget(self, now_s: float) -> list[Effect]:
        """The vehicle rebooted: it will not answer, and may hold what it held before the last writes."""
        self._armed = None
        interrupted: list[Effect] = [_interrupted(each, now_s, _REBOOTED) for each in self._requests]
        self._requests.clear()
        return interrupted

    def lost(self, now_s: float) -> list[Effect]:
        """Contact was lost: whether it is armed is not known any more, and what is being written stops."""
        self._armed = None
        return self._stop_writes(now_s)

    def _check_writable(self, name: str, value: float) -> None:
        accepted = problem_with(self._autopilot.name, name, value)
        if accepted is not None:
            raise LinkUsageError(f"{name} {value_text(value)} may not be written (accepted: {accepted})")
        if self._armed is not False:
            state = "is armed" if self._armed else "has not said yet whether it is armed"
            raise LinkUsageError(
                f"{name} is not written: the vehicle {state}; parameters are written to a disarmed one only"
            )

    def _begin(self, request: _Request, now_s: float) -> list[Effect]:
        self._requests.append(request)
        return self._start_first(now_s) if len(self._requests) == 1 else []

    def _start_first(self, now_s: float) -> list[Effect]:
        return [*self._requests[0].job.start(now_s), *self._settle(now_s)] if self._requests else []

    def _settle(self, now_s: float) -> list[Effect]:
        """Report the running request where it has ended, and begin the next."""
        request = self._requests[0]
        outcome = _OUTCOMES.get(request.job.state)
        if outcome is None:
            return []
        self._requests.popleft()
        return [_settled(request, now_s, outcome), *self._start_first(now_s)]

    def _stop_writes(self, now_s: float) -> list[Effect]:
        """No write goes on in an armed vehicle; reading harms nothing."""
        running = self._requests[0] if self._requests else None
        writes = [each for each in self._requests if isinstance(each.job, ParameterWrite)]
        self._requests = deque(each for each in self._requests if not isinstance(each.job, ParameterWrite))
        effects: list[Effect] = [_interrupted(each, now_s, _ARMED_MEANWHILE) for each in writes]
        return [*effects, *self._start_first(now_s)] if running in writes else effects


def _interrupted(request: _Request, now_s: float, why: str) -> ParametersSettled:
    if isinstance(request.job, ParameterWrite):
        request.job.abandon(why)
        return _settled(request, now_s, ParameterOutcome.INTERRUPTED)
    detail = f"{why} while its parameters were read"
    return ParametersSettled(now_s, request.request_id, ParameterOutcome.INTERRUPTED, _values(request.job), (), detail)


def _settled(request: _Request, now_s: float, outcome: ParameterOutcome) -> ParametersSettled:
    job = request.job
    if isinstance(job, ParameterWrite):
        unread = (job.name,) if outcome in {ParameterOutcome.UNKNOWN, ParameterOutcome.NO_ANSWER} else ()
        return ParametersSettled(now_s, request.request_id, outcome, _values(job), unread, job.detail)
    if isinstance(job, ParameterRead):
        names = ", ".join(job.missing)
        details = {
            ParameterOutcome.UNKNOWN: f"the vehicle has no {names}: check the names against its firmware's version",
            ParameterOutcome.NO_ANSWER: f"the vehicle answers nothing about {names}",
        }
        detail = details.get(outcome, "")
        return ParametersSettled(now_s, request.request_id, outcome, _values(job), tuple(job.missing), detail)
    return ParametersSettled(now_s, request.request_id, outcome, _values(job), (), _download_detail(job), job.hash)


def _values(job: Job) -> Mapping[str, ParameterValue]:
    if isinstance(job, ParameterWrite):
        return MappingProxyType({job.name: job.shown} if job.shown is not None else {})
    return MappingProxyType(dict(job.values))


def _download_detail(job: ParameterDownload) -> str:
    if job.state is DownloadState.SILENT:
        return "the vehicle answers no parameter request" if job.missing is None else f"{job.missing} never came"
    unproven = job.state is DownloadState.UNPROVEN
    return "the vehicle's hash does not prove that these are all of one moment" if unproven else ""
