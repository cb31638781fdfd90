"""When a simulated PX4 says what: the streams, and MISSION_CURRENT when it changes.

SET_MESSAGE_INTERVAL changes every stream but HEARTBEAT and MISSION_CURRENT, which are fixed at 1 Hz as on the real
one. MISSION_CURRENT is also sent when it says something new.
"""

from __future__ import annotations

import math

from skystork_sim import autopilot_streams as ids
from skystork_sim.autopilot_messages import Messages
from skystork_sim.autopilot_mission import MissionRunner
from skystork_sim.autopilot_modes import Status
from skystork_sim.autopilot_plans import PlanServer
from skystork_sim.autopilot_streams import FIXED, StreamSet
from skystork_sim.wire import Wire

FIRST_S = 0.45  # after power-on, measured 0.4 s
FASTEST_S = 0.004  # PX4 steps at 250 Hz


class Telemetry:
    """Times the messages; mutable because it keeps the times."""

    def __init__(
        self,
        *,
        wire: Wire,
        system_id: int,
        status: Status,
        mission: MissionRunner,
        plans: PlanServer,
        messages: Messages,
        streams: StreamSet,
    ) -> None:
        self._wire, self._status, self._streams = wire, status, streams
        self._mission, self._plans, self._messages = mission, plans, messages
        first_s = status.boot_s + FIRST_S + system_id % 20 * 0.0125  # so that not all vehicles speak at once
        self._due_s = dict.fromkeys(streams, first_s)
        self._asked_s: dict[int, float] = {}
        self._next_s = first_s
        self._last_mission: tuple[int, ...] = ()

    def next_s(self) -> float:
        """When something is due."""
        return self._next_s

    def interval_s(self, message_id: int) -> float | None:
        """Interval now in force; None for a message that is not streamed."""
        if message_id in self._asked_s:
            return self._asked_s[message_id]
        pair = self._streams.get(message_id)
        return None if pair is None else pair[self._status.armed]

    def set_interval(self, message_id: int, interval_us: float, now_s: float) -> bool:
        """SET_MESSAGE_INTERVAL; False for what is unknown or fixed."""
        if message_id in FIXED or not self._messages.knows(message_id):
            return False
        if interval_us == 0:
            self._asked_s.pop(message_id, None)
        else:
            self._asked_s[message_id] = math.inf if interval_us < 0 else max(FASTEST_S, interval_us / 1e6)
        if self.interval_s(message_id) is None:
            self._due_s.pop(message_id, None)
            return True
        self._due_s[message_id] = now_s
        self._next_s = now_s
        return True

    def armed_changed(self, now_s: float) -> None:
        """Rates of the ground and of flight differ."""
        for message_id, (ground_s, flight_s) in self._streams.items():
            if flight_s < ground_s:
                self._due_s[message_id] = min(self._due_s[message_id], now_s + flight_s)
                self._next_s = min(self._next_s, self._due_s[message_id])

    def due(self, now_s: float) -> list[bytes]:
        """What is to be sent now."""
        frames: list[bytes] = []
        if now_s < self._next_s:
            return frames
        for message_id, due_s in self._due_s.items():
            if due_s > now_s:
                continue
            frame = self.build(message_id, now_s)
            if frame is not None:
                frames.append(frame)
            interval = self.interval_s(message_id) or 1.0
            self._due_s[message_id] = due_s + interval if due_s + interval > now_s else now_s + interval
        self._next_s = min(self._due_s.values())
        return frames

    def mission_changed(self) -> bytes | None:
        """MISSION_CURRENT when it says something new since the last."""
        report = (*self._mission.report(), *self._plans.opaque_ids)
        return None if report == self._last_mission else self._mission_current()

    def build(self, message_id: int, now_s: float) -> bytes | None:
        """One message now; None for one that this vehicle does not know."""
        if message_id == ids.MISSION_CURRENT:
            return self._mission_current()
        return self._messages.build(message_id, now_s)

    def _mission_current(self) -> bytes:
        sequence, total, state, mode = self._mission.report()
        mission_id, fence_id, rally_id = self._plans.opaque_ids
        self._last_mission = (sequence, total, state, mode, mission_id, fence_id, rally_id)
        return self._wire.mission_current(
            sequence=sequence, total=total, state=state, mode=mode, plan_ids=(mission_id, fence_id, rally_id)
        )
