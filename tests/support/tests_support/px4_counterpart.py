"""The other end of the link for tests: a small autopilot with a state of its own, written with pymavlink.

It shares no code with the link under test, and follows PX4 1.17 where that differs from the textbook: it asks again
each 0.26 s, drops a silent transfer after 5 s without a word, is busy meanwhile, answers DO_SET_MODE twice, returns
frames 3 as 6, forgets ``autocontinue`` of fences, and leaks its inner commands.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from pymavlink.dialects.v20 import common

_ITEM_RETRY_S, _ACTION_TIMEOUT_S = 0.26, 5.0
_ACK_EXTRA, _COUNT_EXTRA, _CURRENT_EXTRA = 153, 221, 28


class Px4Counterpart:
    """One vehicle: give it datagrams and the time, take datagrams."""

    def __init__(self, system_id: int = 1, *, autopilot: int = 12, component_id: int = 1) -> None:
        self.system_id = system_id
        self.mav = common.MAVLink(None, srcSystem=system_id, srcComponent=component_id)
        self.mav.robust_parsing = True
        self.autopilot = autopilot
        self.outbox: list[bytes] = []
        self.plans: dict[int, list[common.MAVLink_mission_item_int_message]] = {0: [], 1: [], 2: []}
        self.current = 0
        self.releases = 0
        self.armed = False
        self.custom_mode = 0x03040000
        self.received: list[common.MAVLink_message] = []
        self.intervals: dict[int, float] = {}
        self.silent = False
        self.deaf_commands: set[int] = set()
        self.set_mode_verdict = 0
        self.says_why_after_s: float | None = None
        """After a refused mode; says nothing without."""
        self.refuse_plans_with: int | None = None
        self.spoil: dict[str, float] = {}
        self.booted_s: float | None = None
        self.transfers_dropped = 0
        self._state = "idle"
        self._kind = 0
        self._incoming: list[common.MAVLink_mission_item_int_message] = []
        self._expected = 0
        self._last_heard_s = 0.0
        self._last_asked_s = 0.0
        self._peer = (255, 190)
        self._next_beat_s = 0.0
        self._later: list[tuple[float, common.MAVLink_message]] = []

    # ------------------------------------------------------------------ time

    def next_timer_s(self) -> float:
        timers = [self._next_beat_s, *(when for when, _ in self._later)]
        if self._state == "getlist":
            timers.append(self._last_asked_s + _ITEM_RETRY_S)
        if self._state != "idle":
            timers.append(self._last_heard_s + _ACTION_TIMEOUT_S)
        return min(timers)

    def handle_timer(self, now_s: float) -> None:
        if self.booted_s is None:
            self.booted_s = now_s
        if now_s >= self._next_beat_s:
            self._next_beat_s = now_s + 1.0
            self._beat(now_s)
        due = [entry for entry in self._later if entry[0] <= now_s]
        self._later = [entry for entry in self._later if entry[0] > now_s]
        for _, message in due:
            self.send(message)
        if self._state != "idle" and now_s >= self._last_heard_s + _ACTION_TIMEOUT_S:
            self._state = "idle"
            self.transfers_dropped += 1
            self.send(common.MAVLink_statustext_message(2, b"Operation timeout\t"))
        if self._state == "getlist" and now_s >= self._last_asked_s + _ITEM_RETRY_S:
            self._ask(now_s)

    def reboot(self, now_s: float) -> None:
        self.booted_s = now_s
        self._state = "idle"
        self._later.clear()
        self.intervals.clear()

    # ------------------------------------------------------------------ bytes

    def send(self, message: common.MAVLink_message) -> None:
        if not self.silent:
            self.outbox.append(message.pack(self.mav))
            self.mav.seq = (self.mav.seq + 1) % 256

    def send_raw(self, message_id: int, payload: bytes, crc_extra: int) -> None:
        """A message with the fields of PX4's dialect that the packaged one lacks."""
        payload = payload.rstrip(b"\0") or b"\0"
        head = struct.pack(
            "<BBBBBBHB", len(payload), 0, 0, self.mav.seq, self.system_id, 1, message_id & 0xFFFF, message_id >> 16
        )
        checksum = common.x25crc(head + payload + bytes([crc_extra])).crc
        self.mav.seq = (self.mav.seq + 1) % 256
        if not self.silent:
            self.outbox.append(b"\xfd" + head + payload + struct.pack("<H", checksum))

    def receive(self, data: bytes, now_s: float) -> None:
        for message in self._parsed(data):
            self.received.append(message)
            handler = getattr(self, "_on_" + message.get_type().lower(), None)
            if handler is not None and getattr(message, "target_system", self.system_id) == self.system_id:
                handler(message, now_s)

    def _parsed(self, data: bytes) -> Iterator[common.MAVLink_message]:
        for message in self.mav.parse_buffer(data) or ():
            assert message.get_type() != "BAD_DATA", message
            yield message

    # ------------------------------------------------------------------ telemetry

    def plan_id(self, kind: int) -> int:
        """The opaque id PX4 gives a plan: a checksum of its items."""
        text = repr([(i.command, i.x, i.y, i.z, i.param1, i.param2) for i in self.plans[kind]])
        return zlib.crc32(text.encode()) if self.plans[kind] else 0

    def _beat(self, now_s: float) -> None:
        base_mode = 29 | (128 if self.armed else 0)
        self.send(common.MAVLink_heartbeat_message(2, self.autopilot, base_mode, self.custom_mode, 3, 3))
        boot_ms = round((now_s - (self.booted_s or now_s)) * 1000)
        self.send(
            common.MAVLink_global_position_int_message(boot_ms, 473977419, 85455938, 488_000, 0, 100, 200, -300, 9_000)
        )
        self.show_current()
        # PX4's inner commands leak to the link, addressed to itself.
        self.send(common.MAVLink_command_long_message(1, 0, 211, 0, 1, 0, 0, 0, 0, 0, 0))

    def show_current(self) -> None:
        plan = self.plans[0]
        payload = struct.pack(
            "<HHBBIII",
            self.current,
            len(plan) or 65535,
            2 if plan else 1,
            2,
            self.plan_id(0),
            self.plan_id(1),
            self.plan_id(2),
        )
        self.send_raw(42, payload, _CURRENT_EXTRA)

    # ------------------------------------------------------------------ commands

    def _on_command_long(self, message: common.MAVLink_command_long_message, now_s: float) -> None:
        if message.command in self.deaf_commands:
            return
        if message.command == 176:
            self.send(self._ack(176, 0))
            self._later.append((now_s + 0.008, self._ack(176, self.set_mode_verdict)))
            if self.set_mode_verdict == 0:
                self.custom_mode = int(message.param2) << 16 | int(message.param3) << 24
            elif self.says_why_after_s is not None:
                said = common.MAVLink_statustext_message(2, b"Arm auth: Denied\t")
                self._later.append((now_s + 0.008 + self.says_why_after_s, said))
        elif message.command == 211:
            self.releases += 1
            self.send(self._ack(211, 5))
            self._later.append((now_s + 1.1, self._ack(211, 0)))
        elif message.command == 400:
            self.armed = message.param1 == 1
            self.send(self._ack(400, 0))
        elif message.command == 511:
            self.intervals[int(message.param1)] = message.param2
            self.send(self._ack(511, 0))
        elif message.command == 300 and not self.plans[0]:
            self.send(common.MAVLink_statustext_message(2, b"Mission start denied! No valid mission\t"))
            self.send(self._ack(300, 2))
        else:
            self.send(self._ack(message.command, 0))

    def _on_command_int(self, message: common.MAVLink_command_int_message, now_s: float) -> None:
        self.send(self._ack(message.command, 0))

    def _on_mission_set_current(self, message: common.MAVLink_mission_set_current_message, now_s: float) -> None:
        if message.seq < len(self.plans[0]):
            self.current = message.seq
            self.show_current()
        else:
            self.send(common.MAVLink_statustext_message(2, b"WPM: WP CURR CMD: Not in list\t"))

    def _ack(self, command: int, result: int) -> common.MAVLink_message:
        return common.MAVLink_command_ack_message(command, result, 0, 0, *self._peer)

    # ------------------------------------------------------------------ missions

    def begin_foreign_transfer(self, now_s: float) -> None:
        """Another station reads and never closes: busy until the timeout."""
        self._state, self._kind, self._last_heard_s = "sendlist", 0, now_s

    def _on_mission_count(self, message: common.MAVLink_mission_count_message, now_s: float) -> None:
        if self._state == "getlist" and self._expected == 0 and message.mission_type == self._kind:
            self._last_heard_s = now_s
            self._ask(now_s)
        elif self._state != "idle":
            if self._state == "getlist":
                self._last_heard_s = now_s
            self.send(common.MAVLink_statustext_message(2, b"WPM: IGN MISSION_COUNT: Busy\t"))
            self._mission_ack(1, message.mission_type)
        elif message.count == 0:
            self.plans[message.mission_type] = []
            self._mission_ack(0, message.mission_type)
        else:
            self._state, self._kind, self._incoming = "getlist", message.mission_type, []
            self._announced, self._expected, self._last_heard_s = message.count, 0, now_s
            self._ask(now_s)

    def _ask(self, now_s: float) -> None:
        self._last_asked_s = now_s
        self.send(common.MAVLink_mission_request_int_message(*self._peer, self._expected, self._kind))

    def _on_mission_item_int(self, message: common.MAVLink_mission_item_int_message, now_s: float) -> None:
        if self._state != "getlist":
            self.send(common.MAVLink_statustext_message(2, b"IGN MISSION_ITEM: No transfer\t"))
            self._mission_ack(1, message.mission_type)
            return
        self._last_heard_s = now_s
        if message.seq != self._expected or message.mission_type != self._kind:
            self._ask(now_s)
            return
        if self.refuse_plans_with is not None:
            self._state = "idle"
            self._mission_ack(self.refuse_plans_with, self._kind)
            return
        self._incoming.append(message)
        self._expected += 1
        if self._expected < self._announced:
            self._ask(now_s)
            return
        self._state = "idle"
        self.plans[self._kind] = self._incoming
        if self._kind == 0:
            marked = [item.seq for item in self._incoming if item.current]
            self.current = marked[0] if marked else self.current
        self._mission_ack(0, self._kind)

    def _on_mission_request_list(self, message: common.MAVLink_mission_request_list_message, now_s: float) -> None:
        if self._state == "getlist" or (self._state == "sendlist" and self._kind != message.mission_type):
            self.send(common.MAVLink_statustext_message(2, b"IGN REQUEST_LIST: Busy\t"))
            return
        self._kind, self._last_heard_s = message.mission_type, now_s
        plan = self.plans[self._kind]
        self._state = "sendlist" if plan else "idle"
        payload = struct.pack("<HBBBI", len(plan), *self._peer, self._kind, self.plan_id(self._kind))
        self.send_raw(44, payload, _COUNT_EXTRA)

    def _on_mission_request_int(self, message: common.MAVLink_mission_request_int_message, now_s: float) -> None:
        plan = self.plans[message.mission_type]
        if self._state != "sendlist" or message.mission_type != self._kind or message.seq >= len(plan):
            return
        self._last_heard_s = now_s
        item = plan[message.seq]
        values = {name: getattr(item, name) for name in item.fieldnames}
        values |= {"target_system": self._peer[0], "target_component": self._peer[1], "current": int(message.seq == 0)}
        values["frame"] = {0: 5, 3: 6}.get(item.frame, item.frame)
        if self._kind == 1:
            values["autocontinue"] = 0
        if message.seq == 0:
            values |= self.spoil
        self.send(common.MAVLink_mission_item_int_message(**values))

    def _on_mission_ack(self, message: common.MAVLink_mission_ack_message, now_s: float) -> None:
        if self._state == "sendlist" and message.mission_type == self._kind:
            self._state = "idle"

    def _mission_ack(self, result: int, kind: int) -> None:
        opaque = self.plan_id(kind) if result == 0 else 0
        self.send_raw(47, struct.pack("<BBBBI", *self._peer, result, kind, opaque), _ACK_EXTRA)
