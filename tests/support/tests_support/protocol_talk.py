"""A ground station that holds a scripted conversation with any vehicle: real PX4 over UDP, or the simulated one.

The script does not know which of the two it talks to. It says what it found as facts (equal or not) and as times (equal
within a tolerance), so that the record of one conversation can be held against that of another.
"""

from __future__ import annotations

import math
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pymavlink.dialects.v20 import common

from skystork_sim.autopilot import Autopilot

STATION = (255, 190)
HEARTBEAT_EVERY_S = 1.0
CURRENT_MODE, EVENT = 436, 410  # messages that the packaged dialect lacks
BUSY_MACHINE = ("Accel #", "Gyro #", "Baro #", "Compass #", "Mag #")  # "... fail: TIMEOUT!"
EXTENSIONS = {"MISSION_CURRENT": ("<III", 6), "MISSION_ACK": ("<I", 4), "MISSION_COUNT": ("<I", 5)}
STREAMED = frozenset(
    {"ATTITUDE", "ATTITUDE_QUATERNION", "ATTITUDE_TARGET", "SERVO_OUTPUT_RAW", "LOCAL_POSITION_NED"}
    | {"POSITION_TARGET_LOCAL_NED", "HIGHRES_IMU", "ODOMETRY"}
)
"""Kinds that come by the hundred and are not kept."""
Item = tuple[int, int, Sequence[float], int, int, float]
"""frame, command, params, x, y, z"""


class Wire(Protocol):
    """Datagrams to and from one vehicle, and the time they pass in."""

    def now_s(self) -> float:
        """The time."""

    def send(self, data: bytes) -> None:
        """Send one datagram."""

    def receive(self, until_s: float) -> list[bytes]:
        """Wait until something comes or the time is reached."""


class UdpWire:
    """A socket of its own for one vehicle; it speaks first, so that the vehicle answers there."""

    def __init__(self, vehicle: tuple[str, int], local_port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", local_port))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._vehicle = vehicle

    def now_s(self) -> float:
        return time.monotonic()

    def send(self, data: bytes) -> None:
        self._socket.sendto(data, self._vehicle)

    def receive(self, until_s: float) -> list[bytes]:
        wait_s = min(0.02, max(0.0, until_s - self.now_s()))
        received: list[bytes] = []
        while select.select([self._socket], [], [], 0.0 if received else wait_s)[0]:
            try:
                received.append(self._socket.recv(2048))
            except ConnectionRefusedError:  # nobody is bound there yet
                break
        return received

    def close(self) -> None:
        self._socket.close()


class SteppedWire:
    """A simulated autopilot whose time is stepped from timer to timer."""

    def __init__(self, vehicle: Autopilot, start_s: float) -> None:
        self.vehicle, self._now_s = vehicle, start_s

    def now_s(self) -> float:
        return self._now_s

    def send(self, data: bytes) -> None:
        self.vehicle.receive_datagram(data, ("station", 14550), self._now_s)

    def receive(self, until_s: float) -> list[bytes]:
        waiting = self.vehicle.datagrams_to_send(self._now_s)
        if not waiting:
            next_s = min(self.vehicle.next_timer_s(), until_s)
            assert next_s >= self._now_s - 1e-6, "the vehicle's timer lies in the past"
            self._now_s = max(self._now_s, next_s)
            self.vehicle.handle_timer(self._now_s)
            waiting = self.vehicle.datagrams_to_send(self._now_s)
        return [data for data, _ in waiting]


@dataclass(frozen=True)
class Heard:
    """One message, when it came, and the fields that the dialect lacks."""

    at_s: float
    kind: str
    message: Any
    extension: tuple[int, ...] = ()


@dataclass
class Talk:
    """The conversation; mutable because it goes on."""

    wire: Wire
    system_id: int
    heard: list[Heard] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    times: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Name: seconds and tolerance."""
    heartbeats: bool = True
    stream: Callable[[], Any] | None = None
    """Makes a set point, sent at 20 Hz."""

    def __post_init__(self) -> None:
        self.codec = common.MAVLink(None, srcSystem=STATION[0], srcComponent=STATION[1])
        self.parser = common.MAVLink(None)
        self.parser.robust_parsing = True
        self.start_s = self._beat_at_s = self._stream_at_s = self.wire.now_s()
        self._items: Sequence[Item] = ()
        self._text = ""

    def fact(self, name: str, value: Any) -> None:
        """Something that must be equal."""
        assert name not in self.facts, name
        self.facts[name] = value

    def duration(self, name: str, seconds: float, tolerance_s: float) -> None:
        """Something that must be equal within a tolerance."""
        self.times[name] = (round(seconds, 2), tolerance_s)

    def mark(self) -> int:
        """Now, as a place in what was heard."""
        return len(self.heard)

    def send(self, message: Any) -> None:
        self.wire.send(message.pack(self.codec))
        self.codec.seq = (self.codec.seq + 1) % 256

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass; True when the condition came."""
        end_s = self.wire.now_s() + seconds
        while not until():
            now_s = self.wire.now_s()
            if now_s >= end_s:
                return False
            if self.heartbeats and now_s >= self._beat_at_s:
                self._beat_at_s = now_s + HEARTBEAT_EVERY_S
                self.send(common.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
            if self.stream is not None and now_s >= self._stream_at_s:
                self._stream_at_s = now_s + 0.05
                self.send(self.stream())
            wake_s = min(end_s, self._beat_at_s if self.heartbeats else end_s)
            for data in self.wire.receive(min(wake_s, self._stream_at_s) if self.stream else wake_s):
                self._take(data)
        return True

    def demand(self, seconds: float, until: Callable[[], bool], what: str) -> float:
        """Wait for something that must come; returns how long it took."""
        begun_s = self.wire.now_s()
        assert self.run(seconds, until), f"{what} did not come in {seconds} s; {self.story()}"
        return self.wire.now_s() - begun_s

    def command(self, number: int, *params: float, wait_s: float = 0.4) -> list[int]:
        """Results of the acknowledgements of one COMMAND_LONG."""
        before = self.mark()
        seven = [*params, *([0.0] * (7 - len(params)))]
        self.send(common.MAVLink_command_long_message(self.system_id, 1, number, 0, *seven))
        self.run(wait_s)
        return [each.message.result for each in self.of("COMMAND_ACK", before) if each.message.command == number]

    def set_mode(self, main: int, sub: int) -> list[int]:
        """DO_SET_MODE and its answers."""
        return self.command(176, 1.0, main, sub)

    def upload(self, items: Sequence[Item], kind: int = 0, *, current: int | None = None, settle_s: float = 0.3) -> int:
        """MISSION_ACK's type after an upload."""
        self._items, self._current = items, current
        before = self.mark()
        self.send(common.MAVLink_mission_count_message(self.system_id, 1, len(items), kind))
        self.demand(8.0, lambda: bool(self.of("MISSION_ACK", before)), "MISSION_ACK")
        self.run(settle_s)
        return int(self.of("MISSION_ACK", before)[0].message.type)

    def set_parameter(self, name: str, value: int | float, kind: int | None = None) -> tuple[int, float | int] | None:
        """PARAM_SET; the type and value answered, None without an answer."""
        own = 6 if isinstance(value, int) else 9
        raw = struct.unpack("<f", struct.pack("<i", value))[0] if isinstance(value, int) else value
        before = self.mark()
        self.send(common.MAVLink_param_set_message(self.system_id, 1, name.encode(), raw, kind or own))
        self.run(0.8, lambda: self._parameter(name, before) is not None)
        return self._parameter(name, before)

    def read_parameter(self, name: str) -> tuple[int, float | int] | None:
        before = self.mark()
        self.send(common.MAVLink_param_request_read_message(self.system_id, 1, name.encode(), -1))
        self.run(0.8, lambda: self._parameter(name, before) is not None)
        return self._parameter(name, before)

    def of(self, kind: str, since: int = 0) -> list[Heard]:
        return [each for each in self.heard[since:] if each.kind == kind]

    def last(self, kind: str) -> Any:
        """The newest message of a kind."""
        return next(each.message for each in reversed(self.heard) if each.kind == kind)

    def texts(self, since: int = 0) -> list[str]:
        """Whole status texts, their chunks put together; without those of a machine too busy for the simulation."""
        return [each.message for each in self.of("text", since) if not each.message.startswith(BUSY_MACHINE)]

    def modes(self, since: int = 0) -> list[str]:
        """custom_mode in the order of change, the one before ``since`` first."""
        before = self.of("mode")[: len(self.of("mode")) - len(self.of("mode", since))][-1:]
        return _changes([f"{each.message[0]:#010x}" for each in (*before, *self.of("mode", since))])

    def changes(self, kind: str, name: str, since: int = 0) -> list[Any]:
        """Values of a field in the order of change."""
        return _changes([getattr(each.message, name) for each in self.of(kind, since)])

    def mode_is(self, custom: int) -> bool:
        """Whether CURRENT_MODE says so now."""
        return next((each.message[0] == custom for each in reversed(self.heard) if each.kind == "mode"), False)

    def story(self) -> str:
        """What was heard last, for a person."""
        return f"modes {self.modes()[-4:]}, texts {self.texts()[-6:]}"

    def height_m(self) -> float:
        """Above the ground it started from, by the altitude that does not jump [m]."""
        fixes = self.of("GLOBAL_POSITION_INT")
        return float(fixes[-1].message.alt - fixes[0].message.alt) / 1000

    def _parameter(self, name: str, since: int) -> tuple[int, float | int] | None:
        answers = [each for each in self.of("PARAM_VALUE", since) if each.message.param_id == name]
        if not answers:
            return None
        message = answers[0].message
        raw = bytes(message.get_msgbuf()[10:14])
        value: float | int = struct.unpack("<i" if message.param_type == 6 else "<f", raw)[0]
        return message.param_type, value if isinstance(value, int) else round(value, 4)

    def _take(self, data: bytes) -> None:
        at_s = self.wire.now_s() - self.start_s
        for message in self.parser.parse_buffer(data) or []:
            kind = message.get_type()
            raw = bytes(message.get_msgbuf())
            payload = raw[10 : 10 + raw[1]].ljust(64, b"\0") if raw[:1] == b"\xfd" else b""
            if kind.startswith("UNKNOWN") or kind == "BAD_DATA":
                self._take_unknown(at_s, raw, payload)
                continue
            if message.get_srcSystem() != self.system_id:
                continue
            if kind in STREAMED:
                continue
            layout, offset = EXTENSIONS.get(kind, ("", 0))
            self.heard.append(Heard(at_s, kind, message, struct.unpack_from(layout, payload, offset)))
            if kind == "STATUSTEXT":
                self._take_text(at_s, message)
            elif kind in ("MISSION_REQUEST_INT", "MISSION_REQUEST") and message.seq < len(self._items):
                self._give(message)

    def _take_unknown(self, at_s: float, raw: bytes, payload: bytes) -> None:
        if not payload or raw[5] != self.system_id:
            return
        number = int.from_bytes(raw[7:10], "little")
        if number == CURRENT_MODE:
            self.heard.append(Heard(at_s, "mode", struct.unpack_from("<IIB", payload)))
        elif number == EVENT:
            self.heard.append(Heard(at_s, "event", struct.unpack_from("<I", payload)[0]))

    def _take_text(self, at_s: float, message: Any) -> None:
        self._text = self._text * bool(message.chunk_seq) + message.text
        if len(message.text) < 50:
            self.heard.append(Heard(at_s, "text", self._text.rstrip("\t")))

    def _give(self, request: Any) -> None:
        frame, command, params, x, y, z = self._items[request.seq]
        head = (self.system_id, 1, request.seq, frame, command, int(request.seq == self._current), 1)
        self.send(common.MAVLink_mission_item_int_message(*head, *params, x, y, z, request.mission_type))


def _changes(values: Sequence[Any]) -> list[Any]:
    return [value for index, value in enumerate(values) if index == 0 or value != values[index - 1]]


def without_bounces(values: Sequence[Any], landing: Any) -> list[Any]:
    """Values up to the first landing, and its last word: PX4's land detector may waver on touching down."""
    if landing not in values:
        return list(values)
    first = values.index(landing)
    wavering = (landing, "Takeoff detected", 4)
    return [*values[: first + 1], *(value for value in values[first + 1 :] if value not in wavering)]


def place(north_m: float, east_m: float = 0.0) -> tuple[int, int]:
    """A place about the pad of the conversation [1e-7 deg]."""
    latitude_deg, longitude_deg = 47.3977419, 8.5455938
    scale = 111_319.49
    shrink = math.cos(math.radians(latitude_deg))
    return round((latitude_deg + north_m / scale) * 1e7), round((longitude_deg + east_m / scale / shrink) * 1e7)
