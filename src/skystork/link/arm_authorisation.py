"""The arm authoriser: a vehicle asks before it arms, and only one with a clearance of this moment is told yes.

Theory of operation
-------------------
With COM_ARM_AUTH_REQ set, PX4 sends COMMAND_LONG MAV_CMD_ARM_AUTHORIZATION_REQUEST to the system COM_ARM_AUTH_ID each
time somebody tells it to arm, whoever that is, and waits COM_ARM_AUTH_TO for the COMMAND_ACK (mavlink.io, arm
authorization; PX4 v1.17.0, src/modules/commander/Arming/ArmAuthorization). Without a yes the autopilot itself refuses.

The yes is a clearance that the launch grants right before it arms and withdraws right after. It covers one arming: it
is used up when the vehicle is heard armed, and ends by itself after its time. A request is repeated each 0.5 s until
it is answered (PX4, MavlinkCommandSender), so the same question may come again and gets the same answer; a second
arming is another question, and by then the vehicle was heard armed.

The answer is said three times. PX4 takes only one that is younger than its question, by a clock that in the simulator
stands still between two steps of 4 ms: four of five immediate answers were too early (measured on 1.17.0 SITL). And a
lost frame then costs nothing. What comes after the first that counted is not read: it is older than the next question.

An accepted answer carries how long the vehicle may make use of it. PX4 counts that time from the answer, and within it
would arm again without asking; 0 s makes it good for the arming that asked, and no other.

An order to arm that is forced (21196 in param2) is asked about like any other when it comes over a link. One way round
stays open: whoever writes frames in this system's name can say yes as well. It is a barrier against mistakes and other
stations, and against an attacker only on a signed link.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from skystork.link.messages import CommandAck, CommandLong, Heartbeat, MavCommand, MavResult
from skystork.link.service import Effect, LinkService
from skystork.link.service_contract import ArmingAsked
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT

AUTHORISED_S = 0
"""COMMAND_ACK.result_param2 of a yes: for the arming that asked only (measured on PX4 1.17.0 SITL)."""
REPEATS_S = (0.02, 0.1)
"""When the answer is said again: after five steps of the simulator's clock, and once more for a lost frame."""
SAME_QUESTION_S = 2.0
"""PX4 repeats a request three times, each 0.5 s (MavlinkCommandSender): within this it is told once."""
_SAFETY_ARMED = 0x80  # MAV_MODE_FLAG_SAFETY_ARMED


class DenialReason(IntEnum):
    """MAV_ARM_AUTH_DENIED_REASON: travels in COMMAND_ACK.progress."""

    GENERIC = 0
    """No clearance."""
    NONE = 1
    INVALID_WAYPOINT = 2
    TIMEOUT = 3
    """The clearance had ended."""
    AIRSPACE_IN_USE = 4
    BAD_WEATHER = 5


@dataclass(frozen=True, slots=True)
class _Repeat:
    at_s: float
    answer: CommandAck


class ArmAuthoriser(LinkService):
    """Answers the requests of one vehicle.

    Parameters
    ----------
    vehicle_system_id
        Whose requests it answers.
    own_system_id
        Ours: what the request must be addressed to.
    """

    TAKES = (CommandLong, Heartbeat)

    def __init__(self, vehicle_system_id: int, own_system_id: int) -> None:
        self._vehicle_system_id, self._own_system_id = vehicle_system_id, own_system_id
        self._cleared_until_s: float | None = None
        self._told_s: float | None = None
        self._repeats: tuple[_Repeat, ...] = ()

    def grant(self, now_s: float, valid_s: float) -> None:
        """Let the vehicle arm once, within this time."""
        self._cleared_until_s = now_s + valid_s

    def withdraw(self) -> None:
        """Whatever was granted is over, and no yes is said again."""
        self._cleared_until_s, self._repeats = None, ()

    def receive(self, message: CommandLong | Heartbeat, now_s: float) -> list[Effect]:
        """Take a request, or a heartbeat that shows whether the clearance was used."""
        if isinstance(message, Heartbeat):
            if message.base_mode & _SAFETY_ARMED:
                self.withdraw()
            return []
        if message.target_system != self._own_system_id or message.command != MavCommand.ARM_AUTHORIZATION_REQUEST:
            return []  # PX4 leaks its inner commands to the link, addressed to itself
        return self._answer(now_s)

    def forget(self, now_s: float) -> list[Effect]:  # noqa: ARG002  (one shape for all services)
        """After a reboot it is not the vehicle that was cleared: its parameters and its mission may be others."""
        self.withdraw()
        return []

    def next_timer_s(self) -> float | None:
        """When the answer is said again."""
        return self._repeats[0].at_s if self._repeats else None

    def handle_timer(self, now_s: float) -> list[Effect]:
        """Say again what is due."""
        due = [repeat.answer for repeat in self._repeats if repeat.at_s <= now_s]
        self._repeats = tuple(repeat for repeat in self._repeats if repeat.at_s > now_s)
        return [*due]

    def _answer(self, now_s: float) -> list[Effect]:
        cleared = self._cleared_until_s is not None and now_s <= self._cleared_until_s
        ended = self._cleared_until_s is not None and not cleared
        reason = DenialReason.TIMEOUT if ended else DenialReason.GENERIC
        answer = CommandAck(
            MavCommand.ARM_AUTHORIZATION_REQUEST,
            MavResult.ACCEPTED if cleared else MavResult.DENIED,
            0 if cleared else reason,
            self._vehicle_system_id,
            AUTOPILOT_COMPONENT,
            AUTHORISED_S if cleared else 0,
        )
        self._repeats = tuple(_Repeat(now_s + after_s, answer) for after_s in REPEATS_S)
        repeated = self._told_s is not None and now_s - self._told_s < SAME_QUESTION_S
        if repeated:
            return [answer]
        self._told_s = now_s
        return [answer, ArmingAsked(now_s, cleared)]
