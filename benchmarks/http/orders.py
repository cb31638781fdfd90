"""Orders placed over HTTP at a given rate: how many were accepted durably, how long each took.

``python benchmarks/http/orders.py [--rate 500] [--seconds 20] [--connections 64]``

The whole service runs in a process of its own (`skystork run`, Darlington, dispatch at work on what comes in); this
process sends at fixed times, whatever is answered, over keep-alive connections. Latency counts from the time at which
a request was due, so a server that falls behind is not spared. Afterwards the ledger is read and every answered order
is looked for in it, its chain of hashes verified.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from world import broker, controller, get, make_token, percentile

from skystork.control.roles import Role
from skystork.shell.store import LedgerReader

SITE = Path(__file__).parents[2] / "sim" / "scenarios" / "darlington"


class Sender:
    """One keep-alive connection."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._where, self._token = (host, port), token
        self.answers: list[tuple[int, float, str]] = []
        """Status, latency [s], order."""

    async def run(self, work: asyncio.Queue[tuple[float, int] | None]) -> None:
        """Send until there is no more."""
        reader, writer = await asyncio.open_connection(*self._where)
        while (due := await work.get()) is not None:
            due_s, number = due
            writer.write(self._request(number))
            status, body = await _answer(reader)
            order_id = json.loads(body)["orderId"] if status == 201 else ""
            self.answers.append((status, time.monotonic() - due_s, order_id))
        writer.close()

    def _request(self, number: int) -> bytes:
        place = {"latitudeDeg": 54.52 + random.uniform(-0.05, 0.05), "longitudeDeg": -1.55 + random.uniform(-0.1, 0.1)}
        parcel = {"weightKg": 1.2, "lengthM": 0.3, "widthM": 0.2, "heightM": 0.1}
        body = json.dumps({"destination": place, "parcel": parcel, "reference": f"bench {number}"}).encode()
        head = (
            f"POST /v1/orders HTTP/1.1\r\nHost: {self._where[0]}:{self._where[1]}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self._token}\r\nIdempotency-Key: k-{number}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(
        int(line.partition(":")[2]) for line in head.split("\r\n") if line.lower().startswith("content-length")
    )
    return int(head.split(" ", 2)[1]), await reader.readexactly(length)


async def send(url: str, token: str, rate_hz: float, seconds: float, connections: int) -> list[tuple[int, float, str]]:
    """Send at fixed times over so many connections."""
    address = urlsplit(url)
    senders = [Sender(address.hostname or "", address.port or 0, token) for _ in range(connections)]
    work: asyncio.Queue[tuple[float, int] | None] = asyncio.Queue()
    async with asyncio.TaskGroup() as tasks:
        for sender in senders:
            tasks.create_task(sender.run(work))
        began_s = time.monotonic()
        for number in range(int(rate_hz * seconds)):
            due_s = began_s + number / rate_hz
            if (wait_s := due_s - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            work.put_nowait((due_s, number))
        for _ in senders:
            work.put_nowait(None)
    return [answer for sender in senders for answer in sender.answers]


def main() -> None:
    """Serve, send, count."""
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=float, default=500.0)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--connections", type=int, default=64)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir()
        token = make_token(state, Role.DISPATCHER, 100_000.0)
        with broker(Path(folder)) as mqtt, controller(SITE, state, mqtt) as running:
            get(f"{running.url}/v1/site", token)
            began_s, began_cpu_s = time.monotonic(), running.cpu_s
            answers = asyncio.run(send(running.url, token, given.rate, given.seconds, given.connections))
            took_s, cpu_s = time.monotonic() - began_s, running.cpu_s - began_cpu_s
        report(answers, took_s, cpu_s, state)


def report(answers: list[tuple[int, float, str]], took_s: float, cpu_s: float, state: Path) -> None:
    """What came of it, and whether the ledger says the same."""
    accepted = {order_id for status, _, order_id in answers if status == 201}
    with LedgerReader.open(state / "ledger.db") as reader:
        verdict = reader.verify()
        written = {record.order_id for record in reader.read() if record.kind == "OrderAccepted"}
    latency_s = [latency for status, latency, _ in answers if status == 201]
    print(f"sent {len(answers)}, accepted {len(accepted)} in {took_s:.1f} s: {len(accepted) / took_s:.0f} orders/s")
    print(f"controller: {1e3 * cpu_s / max(1, len(answers)):.2f} ms of processor time an order, dispatch and all")
    print(f"latency ms: p50 {percentile(latency_s, 0.5) * 1e3:.1f}, p99 {percentile(latency_s, 0.99) * 1e3:.1f}")
    print(f"answered and not in the ledger: {len(accepted - written)}; chain {'broken' if verdict.broken else 'whole'}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
