"""The vehicles of a load test, in a process of their own: PX4's default streams, each vehicle from its own port.

Frames are built as they are sent, with running sequence numbers and right checksums; commands are acknowledged, so
that the controller's requests end. Requests for other message rates are accepted and not obeyed: the mix is the point.
Prints what was sent as JSON.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import struct
import time
from random import Random

from fastcrc import crc16
from px4_mix import WHEEL_S, Stream, streams

SLOT_S = 0.002
"""Frames leave in slots of this length; PX4's own sender runs every 1 to 10 ms."""
LISTEN_EVERY_SLOTS = 10
IN_THE_AIR_S = 20.0
"""The recorded flight is played at its own pace from there on: all are in the air."""
SEQUENCES = tuple(bytes((number,)) for number in range(256))
COMMAND_LONG, COMMAND_ACK, POSITION = 76, 77, 33


class LoadVehicle:
    """One vehicle: its port, its sequence, its place."""

    def __init__(self, number: int, system_id: int, controller: tuple[str, int]) -> None:
        self.source = bytes((system_id, 1))
        self.sequence = 0
        self.sent = 0
        self.refused = 0
        self.place = (545_000_000 + 997 * number, -15_500_000 + 1_009 * number)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(controller)
        self.socket.setblocking(False)

    def send(self, message: bytes, payload_bytes: int, crc_extra: bytes) -> None:
        """Send id and payload as a frame."""
        body = b"%c\0\0%b%b%b" % (payload_bytes, SEQUENCES[self.sequence], self.source, message)
        self.sequence = (self.sequence + 1) & 0xFF
        try:
            self.socket.send(b"\xfd%b%b" % (body, crc16.mcrf4xx(body + crc_extra).to_bytes(2, "little")))
            self.sent += 1
        except OSError:
            self.refused += 1

    def answer(self) -> None:
        """Acknowledge the commands that have come."""
        while True:
            try:
                data = self.socket.recv(2048)
            except OSError:
                return
            if int.from_bytes(data[7:10], "little") == COMMAND_LONG:
                payload = data[10:-2].ljust(33, b"\0")
                ack = payload[28:30] + bytes((0, 0, 0, 0, 0, 0, 255, 190))
                self.send(COMMAND_ACK.to_bytes(3, "little") + ack, len(ack), b"\x8f")


def wheel(mix: tuple[Stream, ...], vehicles: int) -> list[list[tuple[int, int]]]:
    """Which vehicle sends which stream in which slot; phases are spread by a seeded chance."""
    rng = Random(1)
    slots: list[list[tuple[int, int]]] = [[] for _ in range(round(WHEEL_S / SLOT_S))]
    for vehicle in range(vehicles):
        for index, stream in enumerate(mix):
            phase = rng.random()
            for turn in range(round(WHEEL_S * stream.rate_hz)):
                at_s = (turn + phase) / stream.rate_hz
                slots[int(at_s / SLOT_S) % len(slots)].append((vehicle, index))
    return slots


def run(vehicles: list[LoadVehicle], seconds: float) -> dict[str, float]:
    """Send for a time; returns what came of it."""
    mix = streams()
    slots = wheel(mix, len(vehicles))
    extras = [bytes((stream.crc_extra,)) for stream in mix]
    texts = [[s.message_id.to_bytes(3, "little") + payload for payload in s.payloads] for s in mix]
    rates_hz = [stream.rate_hz for stream in mix]
    lengths = [[len(payload) for payload in stream.payloads] for stream in mix]
    position_index = next(index for index, stream in enumerate(mix) if stream.message_id == POSITION)
    position_id, position_extra = POSITION.to_bytes(3, "little"), extras[position_index]
    ears = select.epoll()
    by_descriptor = {vehicle.socket.fileno(): vehicle for vehicle in vehicles}
    for descriptor in by_descriptor:
        ears.register(descriptor, select.EPOLLIN)
    began_s, latest_s = time.monotonic(), 0.0
    for slot in range(int(seconds / SLOT_S)):
        due_s = began_s + slot * SLOT_S
        wait_s = due_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        else:
            latest_s = max(latest_s, -wait_s)
        at_s = slot * SLOT_S
        boot_ms = 60_000 + round(at_s * 1000)
        for number, index in slots[slot % len(slots)]:
            vehicle = vehicles[number]
            if index == position_index:
                north, east = vehicle.place
                fields = (boot_ms, north + slot, east - slot, 95_000 + slot, 45_000 + slot, 700, -500, 0, 9_000)
                payload = struct.pack("<IiiiihhhH", *fields)
                vehicle.send(position_id + payload, 28, position_extra)
            else:
                variant = int((at_s + IN_THE_AIR_S) * rates_hz[index]) % len(texts[index])
                vehicle.send(texts[index][variant], lengths[index][variant], extras[index])
        if slot % LISTEN_EVERY_SLOTS == 0:
            for descriptor, _ in ears.poll(0):
                by_descriptor[descriptor].answer()
    took_s = time.monotonic() - began_s
    sent = sum(vehicle.sent for vehicle in vehicles)
    refused = sum(vehicle.refused for vehicle in vehicles)
    return {"sent": sent, "refused": refused, "rate_hz": sent / took_s, "latest_ms": latest_s * 1e3}


def main() -> None:
    """Read the arguments, send, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ports", required=True, help="one for each network, separated by commas")
    options.add_argument("--vehicles", type=int, required=True, help="on all networks together, at most 250 on each")
    options.add_argument("--seconds", type=float, required=True)
    given = options.parse_args()
    ports = [int(port) for port in given.ports.split(",")]
    fleet = [
        LoadVehicle(number, number // len(ports) + 1, ("127.0.0.1", ports[number % len(ports)]))
        for number in range(given.vehicles)
    ]
    print(json.dumps(run(fleet, given.seconds)))


if __name__ == "__main__":
    main()
