"""From a click to the wire: a command is posted over HTTP, and the MAVLink command is seen on the network.

``python benchmarks/http/command_to_wire.py [--vehicles 100] [--flying 12] [--samples 200]``

As installed: Mosquitto, ``skystork run`` with its HTTP server, and the simulated fleet, each in a process of its own,
in real time over UDP. Some of the vehicles fly, and a new order is placed for each that turned home; every operator, a
connection of its own, holds and resumes one vehicle after another while they are on their way out. The time runs from
before the request is written to the moment the datagram with the steering command for that vehicle passes the loopback
interface, read there by a packet socket (which needs root), so nothing of the controller times itself.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import secrets
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from world import broker, controller, get, make_token, percentile, process

from skystork.control.roles import Role

SITE = Path(__file__).parents[2] / "sim" / "scenarios" / "darlington"
LISTEN, FIRST_PORT = 14_650, 18_670
COMMANDS = {75, 76}
"""COMMAND_INT and COMMAND_LONG (mavlink.io, common)."""
STEERING = {21, 176, 192, 193, 300}
"""NAV_LAND, DO_SET_MODE, DO_REPOSITION, DO_PAUSE_CONTINUE, MISSION_START: what a hold and a resume become."""
PATIENCE_S = 600.0
OPERATORS = 4
COMING = {"planning", "loading", "uploading", "starting"}
PLACES = tuple((54.500 + 0.0023 * (number % 17), -1.545 - 0.0043 * (number % 11)) for number in range(187))
"""Doorsteps apart from one another, west of the airport [deg]."""


def write_site(folder: Path, vehicles: int) -> Path:
    """Darlington with so many drones in rows to the west, away from the airport; no vans and no faults."""
    shutil.copytree(SITE, folder)
    text = (folder / "site.toml").read_text(encoding="utf-8")
    head = re.split(r"^\[\[(?:drones|vans)\]\]", text, maxsplit=1, flags=re.MULTILINE)[0]
    profile = re.search(r'^profile = "([^"]+)"', text, re.MULTILINE)
    assert profile is not None, "a drone of the site names its profile"
    rows = [
        f'[[drones]]\nvehicle_id = "B-{number:03d}"\nserial_number = "bench-{number:03d}"\nsystem_id = {number + 1}\n'
        f'profile = "{profile[1]}"\npad_east_m = {-30.0 * (number % 10)}\npad_north_m = {30.0 * (number // 10)}\n'
        for number in range(vehicles)
    ]
    (folder / "site.toml").write_text(head + "\n".join(rows), encoding="utf-8")
    world = (folder / "world.toml").read_text(encoding="utf-8")
    calm = re.split(r"^\[\[", world, maxsplit=1, flags=re.MULTILINE)[0]
    calm = re.sub(r"^\[ageing\]\n(?:(?!\[).*\n)*", "", calm, flags=re.MULTILINE)
    (folder / "world.toml").write_text(calm, encoding="utf-8")
    return folder


class Wire(threading.Thread):
    """Steering commands that pass the loopback interface, by the vehicle they are for."""

    def __init__(self) -> None:
        super().__init__(name="wire", daemon=True)
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("lo", 0x0800))
        self._seen_s: defaultdict[int, list[float]] = defaultdict(list)

    def run(self) -> None:
        """Read for the life of the process."""
        while True:
            packet = self._socket.recv(2048)
            seen_s = time.monotonic()
            for system_id in _commanded(packet):
                self._seen_s[system_id].append(seen_s)

    def first_after(self, system_id: int, began_s: float) -> float | None:
        """When the first command for this vehicle passed after a time [s]; None where none did."""
        return next((each for each in self._seen_s[system_id] if each >= began_s), None)


def _commanded(packet: bytes) -> Iterator[int]:
    """System ids that the frames of a datagram of the controller steer (mavlink.io, serialization: MAVLink 2)."""
    header = (packet[0] & 0x0F) * 4
    if packet[9] != socket.IPPROTO_UDP or struct.unpack_from(">H", packet, header)[0] != LISTEN:
        return
    data = packet[header + 8 :]
    while len(data) >= 12 and data[0] == 0xFD:
        length, message_id = data[1], int.from_bytes(data[7:10], "little")
        if message_id in COMMANDS and length > 30 and struct.unpack_from("<H", data, 10 + 28)[0] in STEERING:
            yield data[10 + 30]
        data = data[10 + length + 2 + (13 if data[2] & 1 else 0) :]


class Operator:
    """One person at a console: a connection that is open when they click."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def read(self, path: str) -> Any:
        """A small answer."""
        return get(f"{self._url}{path}", self._token)

    def prepare(self, kind: str, vehicle_id: str) -> bytes:
        """A command to a vehicle as it is now."""
        now = datetime.fromisoformat(self.read("/v1/health")["at"])
        version = self.read(f"/v1/versions/vehicle/{vehicle_id}")["version"]
        command = {
            "type": kind, "vehicleId": vehicle_id, "commandId": secrets.token_hex(8), "issuedAt": now.isoformat(),
            "expiresAt": (now + timedelta(seconds=60)).isoformat(), "targetVersion": version, "why": "benchmark",
        }  # fmt: skip
        self._connection.close()  # the server lets go of a connection that was silent for some seconds
        self._connection.connect()
        return json.dumps(command).encode()

    def post(self, path: str, value: object, key: str) -> None:
        """Ask for something that must be granted."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "Idempotency-Key": key}
        request = urllib.request.Request(f"{self._url}{path}", json.dumps(value).encode(), headers)
        with urllib.request.urlopen(request, timeout=60):
            pass

    def send(self, body: bytes) -> float:
        """Post a command; when it was about to be written [s]."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        began_s = time.monotonic()
        self._connection.request("POST", "/v1/commands", body, headers)
        return began_s

    def answer(self) -> tuple[int, Any]:
        """What came of it."""
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())


class Traffic:
    """Keeps vehicles in the air, and gives each operator one of its own."""

    def __init__(self, operator: Operator, flying: int) -> None:
        self._operator, self._flying, self._placed = operator, flying, 0
        self._lock, self._taken = threading.Lock(), set[str]()

    def place(self, count: int) -> None:
        """So many deliveries some kilometres out."""
        for _ in range(count):
            latitude_deg, longitude_deg = PLACES[self._placed % len(PLACES)]
            place = {"latitudeDeg": latitude_deg, "longitudeDeg": longitude_deg}
            parcel = {"weightKg": 0.5, "lengthM": 0.2, "widthM": 0.15, "heightM": 0.1}
            self._operator.post("/v1/orders", {"destination": place, "parcel": parcel}, f"bench-{self._placed}")
            self._placed += 1

    def take(self) -> str:
        """A vehicle on its way out that nobody has; more are sent where there are few."""
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            with self._lock:
                flights = self._operator.read("/v1/flights?limit=200")["items"]
                out = [each["vehicleId"] for each in flights if each["phase"] == "outbound"]
                coming = sum(each["phase"] in COMING for each in flights)
                waiting = self._operator.read("/v1/dispatch")["waiting"]
                self.place(max(0, self._flying - len(out) - coming - waiting))
                free = sorted(set(out) - self._taken)
                if free:
                    self._taken.add(free[0])
                    return free[0]
            time.sleep(2.0)
        raise SystemExit("the fleet does not fly: " + json.dumps(self._operator.read("/v1/dispatch")))

    def give_back(self, vehicle_id: str) -> None:
        """Others may have it."""
        with self._lock:
            self._taken.discard(vehicle_id)


def measure(url: str, token: str, wire: Wire, traffic: Traffic, samples: int) -> tuple[list[float], int]:
    """Hold and resume with several operators; the times [s], and how many commands were refused."""
    found, refused = list[float](), list[str]()

    def work() -> None:
        operator = Operator(url, token)
        while len(found) < samples:
            vehicle_id = traffic.take()
            for kind in ("hold", "resume") * 2:
                body = operator.prepare(kind, vehicle_id)
                began_s = operator.send(body)
                status, answer = operator.answer()
                seen_s = wire.first_after(int(vehicle_id.removeprefix("B-")) + 1, began_s)
                if status != 200 or answer["status"] != "FINISHED" or seen_s is None:
                    refused.append(f"{kind} {vehicle_id}: {status} {answer.get('detail')}")
                    break
                found.append(seen_s - began_s)
            traffic.give_back(vehicle_id)

    workers = [threading.Thread(target=work, name=f"operator {number}") for number in range(OPERATORS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for line in refused:
        print(line)
    return found, len(refused)


def main() -> None:
    """Fly, click, listen."""
    options = argparse.ArgumentParser()
    options.add_argument("--vehicles", type=int, default=100)
    options.add_argument("--flying", type=int, default=12)
    options.add_argument("--samples", type=int, default=200)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site, state = write_site(folder / "site", given.vehicles), folder / "state"
        state.mkdir()
        token = make_token(state, Role.ADMIN, 10_000.0)
        with broker(folder) as mqtt:
            fleet = [sys.executable, "-m", "skystork_sim", "fleet", "--site", str(site), "--mqtt", mqtt]
            fleet += ["--controller", f"127.0.0.1:{LISTEN}", "--first-port", str(FIRST_PORT), "--speed", "1"]
            fleet += ["--clock", str(folder / "clock.json"), "--truth", str(folder / "truth")]
            more = ("--listen", f"udpin://127.0.0.1:{LISTEN}", "--clock", str(folder / "clock.json"))
            with process(fleet, folder / "fleet.log"), controller(site, state, mqtt, *more) as running:
                operator = Operator(running.url, token)
                wire = Wire()
                wire.start()
                found, refused = measure(running.url, token, wire, Traffic(operator, given.flying), given.samples)
                drones = operator.read("/v1/fleet")["drones"]
    up, flying = (
        sum(test(each) for each in drones) for test in (lambda it: it["link"] == "up", lambda it: it["armed"])
    )
    print(f"{up} vehicles heard, {flying} in the air at the end, {len(found)} commands timed, {refused} refused")
    shares = (0.5, 0.9, 0.99, 1.0)
    print("ms: " + ", ".join(f"p{100 * share:g} {1e3 * percentile(found, share):.1f}" for share in shares))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
