"""One vehicle as coroutines see it: ask, and await what came of it.

Every await ends by itself, because the link settles every request, whatever the vehicle and the network do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast, get_args

from skystork.errors import LinkUsageError
from skystork.link.contract import (
    CommandSettled,
    LinkEvent,
    MissionItem,
    MissionType,
    ParametersSettled,
    ParameterValue,
    RequestId,
    TelemetrySample,
    TransferSettled,
)
from skystork.link.event_texts import EventTexts
from skystork.link.messages import MavCommand
from skystork.link.parameters import NOTHING_KNOWN
from skystork.link.service import Effect
from skystork.link.service_contract import FileSettled, LogReadSettled, LogsListed, WinchSettled
from skystork.link.service_messages import AdsbVehicle, SetPositionTargetGlobalInt
from skystork.link.vehicle_link import VehicleLink
from skystork.shell.link_runner import LinkRunner

Settled = (
    CommandSettled | TransferSettled | WinchSettled | FileSettled | ParametersSettled | LogsListed | LogReadSettled
)
"""Events by which a request ends."""
_SETTLED: frozenset[type] = frozenset(
    get_args(Settled)
)  # asked for every sample of a fleet: a union takes 5 times as long
SettledT = TypeVar("SettledT", bound=Settled)


class VehiclePort:
    """Requests to one vehicle.

    Parameters
    ----------
    runner
        Runs the fleet's link.
    system_id
        A vehicle added to it.
    """

    def __init__(self, runner: LinkRunner, system_id: int) -> None:
        self.system_id = system_id
        self.events: list[Callable[[LinkEvent], None]] = []
        """Functions given every event of the vehicle, in order, after the awaiting coroutine was woken."""
        self.rare_events: list[Callable[[LinkEvent], None]] = []
        """Functions given every event but telemetry samples, which are nearly all there are."""
        self._runner = runner
        self._waiting: dict[RequestId, asyncio.Future[Any]] = {}
        runner.subscribe(system_id, self.take, samples=False)
        runner.share_samples(system_id, self.events)

    async def command(self, command: int, params: Sequence[float]) -> CommandSettled:
        """Send a COMMAND_LONG with its seven parameters."""
        return await self._command(lambda link, now_s: link.send_command(command, params, now_s))

    async def set_mode(self, name: str) -> CommandSettled:
        """Ask for a flight mode by name."""
        return await self._command(lambda link, now_s: link.set_mode(name, now_s))

    async def arm(self) -> CommandSettled:
        """Start the motors."""
        return await self._command(lambda link, now_s: link.arm(now_s))

    async def disarm(self, *, force: bool = False) -> CommandSettled:
        """Stop the motors; in the air only when forced."""
        return await self._command(lambda link, now_s: link.disarm(now_s, force=force))

    async def start_mission(self, *, first_item: int = 0) -> CommandSettled:
        """Arm and fly the mission from an item on."""
        return await self._command(lambda link, now_s: link.start_mission(now_s, first_item=first_item))

    async def return_to_launch(self) -> CommandSettled:
        """Fly home."""
        return await self._command(lambda link, now_s: link.return_to_launch(now_s))

    def want_intervals(self, intervals_us: Sequence[tuple[int, int]]) -> None:
        """Have these message intervals asked for again whenever contact is made."""
        self._link().want_intervals(intervals_us)

    async def hold(self) -> CommandSettled:
        """Stop and stay."""
        return await self._command(lambda link, now_s: link.hold(now_s))

    async def land(self) -> CommandSettled:
        """Land here."""
        return await self._command(lambda link, now_s: link.land(now_s))

    async def gripper_release(self, *, instance: int = 1, confirmation: int = 0) -> CommandSettled:
        """Let the parcel go, sent once; NO_ANSWER means that nobody knows whether it went.

        Parameters
        ----------
        confirmation
            How often it was sent before.
        """
        return await self._command(
            lambda link, now_s: link.gripper_release(now_s, instance=instance, confirmation=confirmation)
        )

    async def winch_deliver(self, *, instance: int = 1) -> WinchSettled:
        """Have the winch set the parcel down and reel in, sent once; ends when its line is in, or nobody knows."""
        return await self._ask(WinchSettled, self._link().side.winch.deliver, instance=instance)

    async def winch_retract(self, *, instance: int = 1) -> WinchSettled:
        """Have the winch bring its line in."""
        return await self._ask(WinchSettled, self._link().side.winch.retract, instance=instance)

    async def fetch_file(self, path: str, *, most_bytes: int) -> FileSettled:
        """Fetch a file from the vehicle."""
        return await self._ask(FileSettled, self._link().side.files.fetch, path=path, most_bytes=most_bytes)

    async def list_logs(self) -> LogsListed:
        """Ask which logs the vehicle keeps."""
        return await self._ask(LogsListed, self._link().side.logs.list_all)

    async def read_log(self, log_id: int, *, offset: int, count: int) -> LogReadSettled:
        """Read a stretch of a log; only after the logs were listed once."""
        return await self._ask(LogReadSettled, self._link().side.logs.read, log_id=log_id, offset=offset, count=count)

    def end_logs(self) -> None:
        """Tell the vehicle that no more of its logs is wanted."""
        self._link().tell(self._link().side.logs.end())
        self._runner.kick()

    def take_event_texts(self, texts: EventTexts) -> None:
        """Have events told in words from now on."""
        self._link().side.events.texts = texts

    async def run_arming_checks(self) -> CommandSettled:
        """Have the vehicle report what keeps it from arming, now (told as ArmingReport)."""
        return await self.command(MavCommand.RUN_PREARM_CHECKS, (0.0,) * 7)

    async def request_message(self, message_id: int) -> CommandSettled:
        """Ask for one message now."""
        return await self._command(lambda link, now_s: link.request_message(message_id, now_s))

    def tell(self, messages: Sequence[AdsbVehicle | SetPositionTargetGlobalInt]) -> None:
        """Tell the vehicle of other aircraft, or where to be now; nothing comes back."""
        if messages:
            self._link().tell(messages)
            self._runner.kick()

    async def set_current_item(self, sequence: int) -> CommandSettled:
        """Jump to a mission item."""
        return await self._command(lambda link, now_s: link.set_current_item(sequence, now_s))

    async def upload(self, mission_type: MissionType, items: Sequence[MissionItem]) -> TransferSettled:
        """Write a list and read it back; no items clear it."""
        request_id = self._link().upload(mission_type, items, self._runner.now_s())
        return await self._settled(TransferSettled, request_id)

    async def read_back(self, mission_type: MissionType, items: Sequence[MissionItem]) -> TransferSettled:
        """Whether the list on board is this one; nothing is written."""
        request_id = self._link().upload(mission_type, items, self._runner.now_s(), read_only=True)
        return await self._settled(TransferSettled, request_id)

    def grant_arming(self, valid_s: float) -> None:
        """Let the vehicle arm once, within this time, when it asks."""
        self._link().side.arm_authoriser.grant(self._runner.now_s(), valid_s)

    def withdraw_arming(self) -> None:
        """Whatever was granted is over; a closed link grants nothing any more."""
        if not self._runner.closed:
            self._link().side.arm_authoriser.withdraw()

    async def read_parameters(
        self, names: Sequence[str] | None = None, *, known: Mapping[str, ParameterValue] = NOTHING_KNOWN
    ) -> ParametersSettled:
        """Read parameters by name, or all (see :meth:`ParameterDesk.read`)."""
        read = partial(self._link().parameters.read, names=names, known=known)
        return await self._settled(ParametersSettled, self._link().ask(read, self._runner.now_s()))

    async def write_parameter(self, name: str, value: float) -> ParametersSettled:
        """Write a parameter and have the vehicle show it (see :meth:`ParameterDesk.write`)."""
        write = partial(self._link().parameters.write, name=name, value=value)
        return await self._settled(ParametersSettled, self._link().ask(write, self._runner.now_s()))

    def close(self) -> None:
        """Cancel what is awaited: the runner is closing and nothing will settle any more."""
        for future in self._waiting.values():
            future.cancel()

    async def _command(self, ask: Callable[[VehicleLink, float], RequestId]) -> CommandSettled:
        request_id = ask(self._link(), self._runner.now_s())
        return await self._settled(CommandSettled, request_id)

    async def _ask(self, kind: type[SettledT], request: Callable[..., Iterable[Effect]], **what: object) -> SettledT:
        """Ask a service of the link."""
        return await self._settled(kind, self._link().ask(partial(request, **what), self._runner.now_s()))

    async def _settled(self, kind: type[SettledT], request_id: RequestId) -> SettledT:
        future: asyncio.Future[SettledT] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = future
        self._runner.kick()
        try:
            settled = await future
        finally:
            del self._waiting[request_id]
        assert isinstance(settled, kind), "a request settles by an event of its kind"
        return settled

    def _link(self) -> VehicleLink:
        if self._runner.closed:
            raise LinkUsageError(f"the link to system {self.system_id} is closed; nothing can be asked of it any more")
        return self._runner.fleet.vehicle(self.system_id)

    def take(self, event: LinkEvent) -> None:
        """Wake who awaits this event of the vehicle's, and give it to who listens."""
        for listener in tuple(self.events) if isinstance(event, TelemetrySample) else self._settle(event):
            listener(event)

    def _settle(self, event: LinkEvent) -> tuple[Callable[[LinkEvent], None], ...]:
        """Wake who awaits the event; returns who listens to it besides."""
        if type(event) in _SETTLED:
            future = self._waiting.get(cast(Settled, event).request_id)
            if future is not None and not future.done():
                future.set_result(event)
        return (*self.events, *self.rare_events)
