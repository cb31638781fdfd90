"""A router on a real socket: answers as OSRM's ``table`` and Valhalla's ``sources_to_targets`` do, or as told, wrongly.

Its roads go along the meridians and parallels, at 10 m/s; so every way is longer than the straight line.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

SPEED_M_S = 10.0
Table = list[list[Any]]


def around_m(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Along the meridian and the parallel [m]; places are latitude and longitude."""
    metre_deg = 111_195.0
    north_m = abs(first[0] - second[0]) * metre_deg
    return north_m + abs(first[1] - second[1]) * metre_deg * math.cos(math.radians(first[0]))


@dataclass
class Router:
    """One router; ``spoil`` changes its tables of seconds before they go out."""

    spoil: Callable[[Table], Table] = lambda table: table
    raw: bytes | None = None
    """Said instead of any table."""
    status: int = 200
    silent: bool = False
    most_pairs: int = 10_000
    """It never gets done with more."""
    verbose: bool = False
    """Valhalla's long form."""
    asked: list[tuple[int, int]] = field(default_factory=list)
    """Size of each question."""
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length")), 0
            )
            body = await reader.readexactly(length)
            if self.silent:
                await reader.read()  # until the other side gives up
                return
            answer = self.raw if self.raw is not None else json.dumps(self._answer(head, body)).encode()
            if self.asked and math.prod(self.asked[-1]) > self.most_pairs:
                await reader.read()
                return
            first = f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\nConnection: close\r\n"
            writer.write(f"{first}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
            await writer.drain()
        finally:
            writer.close()

    def _answer(self, head: str, body: bytes) -> dict[str, Any]:
        method, target, _ = head.split("\r\n", maxsplit=1)[0].split(" ")
        return self._valhalla(json.loads(body)) if method == "POST" else self._osrm(target)

    def _osrm(self, target: str) -> dict[str, Any]:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query, separator="&").items()}
        assert parts.path.startswith("/table/v1/driving/")
        places = [tuple(map(float, pair.split(",")))[::-1] for pair in parts.path.rsplit("/", 1)[1].split(";")]
        sources, targets = ([places[int(n)] for n in query[name].split(";")] for name in ("sources", "destinations"))
        assert query["annotations"] == "duration,distance"
        times, lengths = self._tables(sources, targets)
        return {"code": "Ok", "durations": times, "distances": lengths, "sources": [], "destinations": []}

    def _valhalla(self, question: dict[str, Any]) -> dict[str, Any]:
        assert (question["costing"], question["units"]) == ("auto", "kilometers")
        sources, targets = ([(p["lat"], p["lon"]) for p in question[name]] for name in ("sources", "targets"))
        times, lengths = self._tables(sources, targets)
        kilometres = [[None if m is None else m / 1e3 for m in row] for row in lengths]
        if not self.verbose:
            return {"sources_to_targets": {"durations": times, "distances": kilometres}, "units": "kilometers"}
        rows = [
            [
                {"time": t, "distance": d, "from_index": i, "to_index": j}
                for j, (t, d) in enumerate(zip(*row, strict=True))
            ]
            for i, row in enumerate(zip(times, kilometres, strict=True))
        ]
        return {"sources_to_targets": rows, "units": "kilometers"}

    def _tables(self, sources: list[Any], targets: list[Any]) -> tuple[Table, Table]:
        self.asked.append((len(sources), len(targets)))
        lengths: Table = [[round(around_m(a, b), 1) for b in targets] for a in sources]
        times = self.spoil([[length / SPEED_M_S for length in row] for row in lengths])
        return times, lengths


@asynccontextmanager
async def routing(router: Router) -> AsyncIterator[Router]:
    """Serve on a free port of this machine."""
    server = await asyncio.start_server(router.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    router.url = f"http://127.0.0.1:{port}"
    try:
        yield router
    finally:
        server.close()
        await server.wait_closed()
