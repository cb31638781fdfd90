"""A simulated PX4 that asks before it arms: COM_ARM_AUTH_REQ.

Told to arm, it sends COMMAND_LONG MAV_CMD_ARM_AUTHORIZATION_REQUEST to the system COM_ARM_AUTH_ID and waits up to
COM_ARM_AUTH_TO for a COMMAND_ACK addressed to it; PX4's commander stands still meanwhile, and answers the order to arm
only then. The request is repeated each 0.5 s until an answer from that system came. An accepted answer is good for
``result_param2`` seconds, within which it arms again without asking.
Source: PX4 v1.17.0, src/modules/commander/Arming/ArmAuthorization and src/modules/mavlink/mavlink_command_sender.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pymavlink.dialects.v20 import common

from skystork_sim.autopilot_parameters import Parameters
from skystork_sim.wire import Wire

REQUEST = common.MAV_CMD_ARM_AUTHORIZATION_REQUEST
REPEAT_S = 0.5  # MavlinkCommandSender::TIMEOUT_US
REPEATS = 3  # MavlinkCommandSender::RETRIES
CRITICAL_SEVERITY, INFO_SEVERITY = 2, 6  # MAV_SEVERITY
DENIED_TEXTS = {
    common.MAV_ARM_AUTH_DENIED_REASON_NONE: "",
    common.MAV_ARM_AUTH_DENIED_REASON_TIMEOUT: "Arm auth: Denied by timeout in authorizer",
    common.MAV_ARM_AUTH_DENIED_REASON_AIRSPACE_IN_USE: "Arm auth: Denied because airspace is in use",
    common.MAV_ARM_AUTH_DENIED_REASON_BAD_WEATHER: "Arm auth: Denied because of bad weather",
}


Told = Callable[[float], None]
"""Given the time."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One request under way."""

    asked_s: float
    until_s: float
    then: Told
    """Told when the answer came, or the time is over."""
    repeats: int = 0
    heard: bool = False


class ArmAuthorisation:
    """Asks and waits; mutable because it does.

    Parameters
    ----------
    send
        Sends a frame.
    say
        Sends a status text: severity and text.
    """

    def __init__(
        self, wire: Wire, parameters: Parameters, *, send: Callable[[bytes], None], say: Callable[[int, str], None]
    ) -> None:
        self._wire, self._parameters = wire, parameters
        self._send, self._say = send, say
        self._question: _Question | None = None
        self._allowed_until_s = float("-inf")

    def refusal(self, now_s: float) -> str | None:
        """Why it must not arm now, as far as the authoriser is concerned."""
        if self._parameters["COM_ARM_AUTH_REQ"] == 0 or now_s <= self._allowed_until_s:
            return None
        return "Arm authorization denied"

    def ask(self, now_s: float, then: Told) -> None:
        """Ask, unless nobody need be asked; ``then`` is told when it is settled, and ``refusal`` says how."""
        if self.refusal(now_s) is None:
            then(now_s)
            return
        if self._question is not None:
            return  # the commander stands still: an order that comes meanwhile is the one it is at
        self._question = _Question(now_s, now_s + self._parameters["COM_ARM_AUTH_TO"], then)
        self._send_request(0)

    def receive(self, ack: Any, sender: int, now_s: float) -> None:
        """Take a COMMAND_ACK addressed to this vehicle."""
        question = self._question
        if ack.command != REQUEST or question is None:
            return
        if sender == self._parameters["COM_ARM_AUTH_ID"]:
            question = self._question = replace(question, heard=True)
        if ack.result == common.MAV_RESULT_IN_PROGRESS:
            return
        if ack.result == common.MAV_RESULT_ACCEPTED:
            self._allowed_until_s = now_s + ack.result_param2
            self._say(INFO_SEVERITY, f"Arm auth: Authorized for the next {ack.result_param2} seconds")
        else:
            text = DENIED_TEXTS.get(ack.progress, "Arm auth: Denied")
            if text:
                self._say(CRITICAL_SEVERITY, text)
        self._settle(now_s)

    def next_timer_s(self) -> float | None:
        """When to call :meth:`handle_timer`."""
        question = self._question
        if question is None:
            return None
        repeat_s = question.asked_s + REPEAT_S * (question.repeats + 1)
        return min(question.until_s, repeat_s) if self._repeats(question) else question.until_s

    def handle_timer(self, now_s: float) -> None:
        """Repeat the request, or give up."""
        question = self._question
        if question is None:
            return
        if now_s >= question.until_s:
            self._say(CRITICAL_SEVERITY, "Arm auth: No response")
            self._settle(now_s)
        elif self._repeats(question) and now_s >= question.asked_s + REPEAT_S * (question.repeats + 1):
            self._question = replace(question, repeats=question.repeats + 1)
            self._send_request(question.repeats + 1)

    @staticmethod
    def _repeats(question: _Question) -> bool:
        return not question.heard and question.repeats < REPEATS

    def _settle(self, now_s: float) -> None:
        question, self._question = self._question, None
        assert question is not None, "only an open question is settled"
        question.then(now_s)

    def _send_request(self, confirmation: int) -> None:
        target = int(self._parameters["COM_ARM_AUTH_ID"])
        message = common.MAVLink_command_long_message(target, 0, REQUEST, confirmation, 0, 0, 0, 0, 0, 0, 0)
        self._send(self._wire.encode(message))
