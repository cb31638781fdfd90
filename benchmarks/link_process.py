"""What a process under load tells of itself: processor time, memory, and how late its event loop is."""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import time
from pathlib import Path

TICK_S = 0.010


def resident_mb() -> float:
    """Memory resident now [MB]."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


class Window:
    """A span of time: what the process took of it, all its threads and the kernel's part included."""

    def __init__(self) -> None:
        self._began_s, self._used_s = time.monotonic(), time.process_time()

    def end(self) -> dict[str, float]:
        """The figures."""
        used_s, took_s = time.process_time() - self._used_s, time.monotonic() - self._began_s
        return {
            "seconds": took_s,
            "used_s": used_s,
            "core_percent": 100 * used_s / took_s,
            "resident_mb": resident_mb(),
            "load_average": os.getloadavg()[0],
        }


async def ticker(late_s: list[float]) -> None:
    """Note how late a 10 ms timer comes [s]."""
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + TICK_S
        await asyncio.sleep(TICK_S)
        late_s.append(loop.time() - due_s)


def lag(late_s: list[float]) -> dict[str, float]:
    """Percentiles of the ticker's notes."""
    late_s.sort()
    return {
        "lag_p50_ms": statistics.median(late_s) * 1e3,
        "lag_p99_ms": late_s[int(len(late_s) * 0.99)] * 1e3,
        "lag_max_ms": late_s[-1] * 1e3,
    }
