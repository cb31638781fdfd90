"""From a click to the wire: a command is posted over HTTP, and the MAVLink command is seen on the network.

``python benchmarks/http/command_to_wire.py [--vehicles 100] [--flying 4] [--samples 200]``

As installed: Mosquitto, ``skystork run`` with its HTTP server, and the simulated fleet, each in a process of its own,
in real time over UDP. Some of the vehicles fly; each sample holds or resumes one of them. The time runs from before the
request is written to the moment the datagram with the COMMAND_LONG or COMMAND_INT for that vehicle passes the loopback
interface, read there by a packet socket (which needs root), so nothing of the controller times itself.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import secrets
import select
import shutil
import socket
import struct
import sys
import tempfile
import time
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
PATIENCE_S = 600.0
PLACES = ((54.530, -1.560), (54.515, -1.545), (54.534, -1.545), (54.519, -1.570), (54.527, -1.575), (54.511, -1.560))


def write_site(folder: Path, vehicles: int) -> Path:
    """Darlington with so many drones in rows, no vans and no faults."""
    shutil.copytree(SITE, folder)
    text = (folder / "site.toml").read_text(encoding="utf-8")
    head = re.split(r"^\[\[(?:drones|vans)\]\]", text, maxsplit=1, flags=re.MULTILINE)[0]
    profile = re.search(r'^profile = "([^"]+)"', text, re.MULTILINE)
    assert profile is not None, "a drone of the site names its profile"
    rows = [
        f'[[drones]]\nvehicle_id = "B-{number:03d}"\nserial_number = "bench-{number:03d}"\nsystem_id = {number + 1}\n'
        f'profile = "{profile[1]}"\npad_east_m = {30.0 * (number % 10)}\npad_north_m = {30.0 * (number // 10)}\n'
        for number in range(vehicles)
    ]
    (folder / "site.toml").write_text(head + "\n".join(rows), encoding="utf-8")
    world = (folder / "world.toml").read_text(encoding="utf-8")
    calm = re.split(r"^\[\[", world, maxsplit=1, flags=re.MULTILINE)[0]
    calm = re.sub(r"^\[ageing\]\n(?:(?!\[).*\n)*", "", calm, flags=re.MULTILINE)
    (folder / "world.toml").write_text(calm, encoding="utf-8")
    return folder


class Wire:
    """Datagrams of the loopback interface."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("lo", 0x0800))
        self._socket.setblocking(False)

    def empty(self) -> None:
        """Forget what passed until now."""
        try:
            while True:
                self._socket.recv(2048)
        except BlockingIOError:
            return

    def command_to(self, system_id: int, until_s: float) -> float | None:
        """When the next command for this vehicle passes [s]; None where none does."""
        while (left_s := until_s - time.monotonic()) > 0:
            if not select.select([self._socket], [], [], left_s)[0]:
                return None
            packet = self._socket.recv(2048)
            seen_s = time.monotonic()
            if _is_command(packet, system_id):
                return seen_s
        return None


def _is_command(packet: bytes, system_id: int) -> bool:
    header = (packet[0] & 0x0F) * 4
    if packet[9] != socket.IPPROTO_UDP or struct.unpack_from(">H", packet, header)[0] != LISTEN:
        return False
    data = packet[header + 8 :]
    while len(data) >= 12 and data[0] == 0xFD:  # MAVLink 2 (mavlink.io, serialization)
        length, message_id = data[1], int.from_bytes(data[7:10], "little")
        if message_id in COMMANDS and length > 30 and data[10 + 30] == system_id:
            return True
        data = data[10 + length + 2 + (13 if data[2] & 1 else 0) :]
    return False


class Operator:
    """One keep-alive connection of the console."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._connection.connect()

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
        return json.dumps(command).encode()

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


def flying(operator: Operator, count: int) -> list[str]:
    """Wait until so many are on the way out."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        drones = operator.read("/v1/fleet")["drones"]
        found = [each["vehicleId"] for each in drones if each["armed"] and each.get("heightHomeM", 0) > 30]
        if len(found) >= count:
            return found
        time.sleep(1.0)
    raise SystemExit("the fleet does not fly: " + json.dumps(operator.read("/v1/dispatch")))


def place_orders(url: str, token: str, count: int) -> None:
    """So many deliveries some kilometres out."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    for number in range(count):
        latitude_deg, longitude_deg = PLACES[number % len(PLACES)]
        body = {
            "destination": {"latitudeDeg": latitude_deg, "longitudeDeg": longitude_deg},
            "parcel": {"weightKg": 0.5, "lengthM": 0.2, "widthM": 0.15, "heightM": 0.1},
        }
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        headers["Idempotency-Key"] = f"bench-{number}"
        connection.request("POST", "/v1/orders", json.dumps(body), headers)
        response = connection.getresponse()
        print(f"order {number}: {response.status} {json.loads(response.read()).get('orderId')}", flush=True)


def measure(operator: Operator, wire: Wire, vehicle_ids: list[str], samples: int) -> list[float]:
    """Hold and resume in turn."""
    found: list[float] = []
    held: dict[str, bool] = dict.fromkeys(vehicle_ids, False)
    for number in range(samples):
        vehicle_id = vehicle_ids[number % len(vehicle_ids)]
        body = operator.prepare("resume" if held[vehicle_id] else "hold", vehicle_id)
        wire.empty()
        began_s = operator.send(body)
        seen_s = wire.command_to(int(vehicle_id.removeprefix("B-")) + 1, began_s + 10.0)
        status, answer = operator.answer()
        if status == 200 and answer["status"] == "FINISHED" and seen_s is not None:
            held[vehicle_id] = not held[vehicle_id]
            found.append(seen_s - began_s)
        else:
            print(f"sample {number} {vehicle_id}: {status} {answer.get('detail')}, seen {seen_s is not None}")
    return found


def main() -> None:
    """Fly, click, listen."""
    options = argparse.ArgumentParser()
    options.add_argument("--vehicles", type=int, default=100)
    options.add_argument("--flying", type=int, default=4)
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
            with process(fleet, folder / "fleet.log"), controller(site, state, mqtt, *more) as url:
                operator = Operator(url, token)
                place_orders(url, token, given.flying)
                vehicle_ids = flying(operator, given.flying)
                up = sum(each["link"] == "up" for each in operator.read("/v1/fleet")["drones"])
                found = measure(operator, Wire(), vehicle_ids, given.samples)
    print(f"{up} vehicles heard, {len(vehicle_ids)} flying, {len(found)} commands of {given.samples} seen on the wire")
    shares = (0.5, 0.9, 0.99, 1.0)
    print("ms: " + ", ".join(f"p{100 * share:g} {1e3 * percentile(found, share):.1f}" for share in shares))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
