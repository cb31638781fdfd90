"""The winch on the wire: a MAVLink component of its own beside the autopilot, under the vehicle's system id.

PX4 1.17 has no handler for DO_WINCH and answers nothing (measured on SITL). This component answers where the vehicle
has a winch: an acknowledgement that it began, and WINCH_STATUS, which alone tells what becomes of the order
(common.xml). It speaks over the autopilot's own link, as a component behind PX4's router does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import IntEnum, IntFlag
from types import MappingProxyType
from typing import Any

from pymavlink.dialects.v20 import common

from skystork_sim.autopilot_outbox import Address, Outbox
from skystork_sim.winch import ARREST_M_S, LINE_M, Winch, Work
from skystork_sim.wire import Wire

COMPONENT = 169  # MAV_COMP_ID_WINCH
MINE = (0, COMPONENT)
"""Target components that it obeys: everybody, and itself."""
DO_WINCH = 42_600
INSTANCE = 1.0
WINCH_TYPE, NO_AUTOPILOT, ACTIVE = 42, 8, 4  # MAV_TYPE_WINCH, MAV_AUTOPILOT_INVALID, MAV_STATE_ACTIVE
ACCEPTED, DENIED = 0, 2  # MAV_RESULT
HEARTBEAT_S = 1.0  # mavlink.io, heartbeat
AT_REST_S, AT_WORK_S = 1.0, 0.2  # between statuses; chosen
STEP_S = 0.1  # 10 cm of line at its fastest
VOLTAGE_V, INNER_OHM = 24.0, 0.1  # chosen; no maker's figures
IDLE_A, MOTOR_A, LIFT_A_PER_KG = 0.1, 2.0, 3.0
TEMPERATURE_C = 25


class WinchAction(IntEnum):
    """WINCH_ACTIONS, common.xml."""

    RELAXED = 0
    RELATIVE_LENGTH_CONTROL = 1
    RATE_CONTROL = 2
    LOCK = 3
    DELIVER = 4
    HOLD = 5
    RETRACT = 6
    LOAD_LINE = 7
    ABANDON_LINE = 8
    LOAD_PAYLOAD = 9


class WinchFlag(IntFlag):
    """MAV_WINCH_STATUS_FLAG, common.xml."""

    HEALTHY = 1
    FULLY_RETRACTED = 2
    MOVING = 4
    CLUTCH_ENGAGED = 8
    LOCKED = 16
    DROPPING = 32
    ARRESTING = 64
    GROUND_SENSE = 128
    RETRACTING = 256
    REDELIVER = 512
    ABANDON_LINE = 1024
    LOCKING = 2048
    LOAD_LINE = 4096
    LOAD_PAYLOAD = 8192


BEGINS: Mapping[WinchAction, Work] = MappingProxyType(
    {
        WinchAction.RELAXED: Work.RELAXED,
        WinchAction.LOCK: Work.LOCKED,
        WinchAction.DELIVER: Work.DROPPING,
        WinchAction.HOLD: Work.HOLDING,
        WinchAction.RETRACT: Work.REELING_IN,
        WinchAction.LOAD_LINE: Work.LOADING_LINE,
        WinchAction.ABANDON_LINE: Work.ABANDONED,
        WinchAction.LOAD_PAYLOAD: Work.LOADING_PAYLOAD,
    }
)
"""The orders that take no length or rate."""
SHOWN: Mapping[Work, WinchFlag] = MappingProxyType(
    {
        Work.LOCKED: WinchFlag.LOCKED,
        Work.DROPPING: WinchFlag.DROPPING,
        Work.ARRESTING: WinchFlag.ARRESTING,
        Work.FEELING: WinchFlag.GROUND_SENSE,
        Work.REELING_IN: WinchFlag.RETRACTING,
        Work.REDELIVERING: WinchFlag.REDELIVER,
        Work.LOADING_LINE: WinchFlag.LOAD_LINE,
        Work.LOADING_PAYLOAD: WinchFlag.LOAD_PAYLOAD,
        Work.ABANDONED: WinchFlag.ABANDON_LINE,
    }
)
FREE = frozenset({Work.RELAXED, Work.DROPPING, Work.ABANDONED})
"""The clutch is open, the motor does not hold the reel."""


class WinchComponent:
    """One winch at its end of the link; mutable because it is a protocol and a machine in progress.

    Parameters
    ----------
    tell_time
        Told of the time before the winch works on: its faults and its aircraft go by it.
    controller
        Where it sends until somebody speaks to it.
    """

    def __init__(
        self,
        winch: Winch,
        *,
        system_id: int,
        boot_s: float,
        controller: Address,
        tell_time: Callable[[float], None] = lambda _now_s: None,
    ) -> None:
        self._winch, self._tell_time = winch, tell_time
        self._wire = Wire(system_id, COMPONENT)
        self._outbox = Outbox(self._wire, controller)
        self._boot_s = self._at_s = boot_s
        self._status_s = self._beat_s = boot_s + 0.5

    def receive_datagram(self, data: bytes, addr: Address, now_s: float) -> None:
        """Take what came in; what is not for a winch is the autopilot's."""
        self._advance(now_s)
        self._outbox.latch(addr)
        for message in self._wire.decode(data):
            mine = getattr(message, "target_system", -1) in (0, self._wire.system_id)
            is_order = mine and getattr(message, "command", None) == DO_WINCH and message.get_type() != "COMMAND_ACK"
            if is_order and message.target_component in MINE and not self._winch.silent:
                self._answer(message)

    def datagrams_to_send(self, now_s: float) -> list[tuple[bytes, Address]]:
        """What is to leave now."""
        return self._outbox.due(now_s)

    def next_timer_s(self) -> float:
        """When to call :meth:`handle_timer`; there always is a next status."""
        return min(self._status_s, self._beat_s)

    def handle_timer(self, now_s: float) -> None:
        """Work on up to now and tell what is due."""
        self._advance(now_s)
        if now_s >= self._beat_s:
            self._beat_s = now_s + HEARTBEAT_S
            self._send(common.MAVLink_heartbeat_message(WINCH_TYPE, NO_AUTOPILOT, 0, 0, ACTIVE, 3))
        if now_s >= self._status_s:
            self._status_s = now_s + (AT_REST_S if self._winch.work is Work.LOCKED else AT_WORK_S)
            self._send(self._status(now_s))

    def _advance(self, now_s: float) -> None:
        while now_s - self._at_s > 1e-6:
            step_s = min(STEP_S, now_s - self._at_s)
            self._at_s += step_s
            self._tell_time(self._at_s)
            self._winch.step(step_s)
        self._outbox.now_s = now_s

    def _answer(self, message: Any) -> None:
        """Begin, and say so; what becomes of it is told by the status."""
        began = self._begin(message)
        result = ACCEPTED if began else DENIED
        partner = (message.get_srcSystem(), message.get_srcComponent())
        self._send(
            common.MAVLink_command_ack_message(DO_WINCH, result, target_system=partner[0], target_component=partner[1])
        )
        self._status_s = self._at_s

    def _begin(self, message: Any) -> bool:
        if message.param1 != INSTANCE or message.param2 not in list(WinchAction):
            return False
        action, length_m, rate_m_s = WinchAction(int(message.param2)), message.param3, message.param4
        match action:
            case WinchAction.RELATIVE_LENGTH_CONTROL:
                rate_m_s = rate_m_s if math.isfinite(rate_m_s) and rate_m_s else ARREST_M_S
                return math.isfinite(length_m) and self._winch.move_to(self._winch.line_m + length_m, rate_m_s)
            case WinchAction.RATE_CONTROL:
                towards_m = LINE_M if rate_m_s > 0 else 0.0
                return math.isfinite(rate_m_s) and self._winch.move_to(towards_m, rate_m_s)
            case _:
                return self._winch.begin(BEGINS[action])

    def _status(self, now_s: float) -> Any:
        winch = self._winch
        current_a = IDLE_A + (MOTOR_A + LIFT_A_PER_KG * winch.tension_kg if winch.speed_m_s < 0 else 0.0)
        return common.MAVLink_winch_status_message(
            round((now_s - self._boot_s) * 1e6),
            winch.line_m,
            winch.speed_m_s,
            winch.tension_kg,
            VOLTAGE_V - INNER_OHM * current_a,
            current_a,
            TEMPERATURE_C,
            self._flags(),
        )

    def _flags(self) -> WinchFlag:
        winch, none = self._winch, WinchFlag(0)
        return (
            SHOWN.get(winch.work, none)
            | (none if winch.jammed else WinchFlag.HEALTHY)
            | (WinchFlag.FULLY_RETRACTED if winch.retracted else none)
            | (WinchFlag.MOVING if winch.speed_m_s else none)
            | (none if winch.work in FREE else WinchFlag.CLUTCH_ENGAGED)
        )

    def _send(self, message: Any) -> None:
        if not self._winch.silent:
            self._outbox.send(self._wire.encode(message))
