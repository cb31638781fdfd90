"""The peers under the same load, each in a process of its own: pymavlink's reader, and MAVSDK 4 with its telemetry.

pymavlink (``mavutil``, ``udpin:``) reads every message and keeps the newest of each, as its users do. MAVSDK follows
position, arming, mode, landed state and battery of every vehicle, which is what our tracker keeps of them. Prints what
it measured as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import time
from typing import Any

from link_process import Window, lag, resident_mb, ticker

FOLLOWED = ("position", "armed", "flight_mode", "landed_state", "battery")
OUR_COMPONENT = 191  # MAV_COMP_ID_ONBOARD_COMPUTER, so that it commands nothing


def read_with_pymavlink(given: argparse.Namespace) -> dict[str, float]:
    """One connection, read as fast as it can be."""
    os.environ["MAVLINK20"] = "1"
    from pymavlink import mavutil  # noqa: PLC0415  # reads the environment when imported

    empty_mb = resident_mb()
    connection = mavutil.mavlink_connection(f"udpin:127.0.0.1:{given.port}", dialect="common")
    print("ready", flush=True)

    def read_for(seconds: float) -> int:
        end_s, read = time.monotonic() + seconds, 0
        while time.monotonic() < end_s:
            message = connection.recv_match(blocking=True, timeout=0.1)
            read += message is not None and message.get_type() != "BAD_DATA"
        return read

    read_for(given.warm_up)
    window = Window()
    read = read_for(given.seconds)
    figures = window.end()
    return figures | _kb_per_vehicle(figures, empty_mb, given) | {"frames_hz": read / figures["seconds"]}


async def follow_with_mavsdk(given: argparse.Namespace) -> dict[str, float]:
    """Every vehicle that is found, followed by callbacks of MAVSDK's own threads."""
    from mavsdk.asyncio import Configuration, Mavsdk  # noqa: PLC0415  # an optional dependency
    from mavsdk.asyncio.plugins.telemetry import TelemetryAsync  # noqa: PLC0415  # with it

    empty_mb, told = resident_mb(), 0

    async def keep(stream: Any) -> None:
        nonlocal told
        async for _ in stream:
            told += 1

    mavsdk = Mavsdk(Configuration.create_manual(245, OUR_COMPONENT, False))
    try:
        await mavsdk.add_any_connection(f"udpin://127.0.0.1:{given.port}")
        print("ready", flush=True)
        await asyncio.sleep(given.warm_up / 2)
        found = await mavsdk.get_systems()
        async with asyncio.TaskGroup() as tasks:
            listening = [
                tasks.create_task(keep(getattr(telemetry, f"subscribe_{name}")()))
                for telemetry in [TelemetryAsync(system) for system in found]
                for name in FOLLOWED
            ]
            await asyncio.sleep(given.warm_up / 2)
            late_s: list[float] = []
            ticking = tasks.create_task(ticker(late_s))
            await asyncio.sleep(given.seconds)
            ticking.cancel()  # it is no part of what is measured
            before, window = told, Window()
            await asyncio.sleep(given.seconds)
            figures = window.end()
            for task in listening:
                task.cancel()
        figures |= lag(late_s) | {"found": len(found), "told_hz": (told - before) / figures["seconds"]}
        return figures | _kb_per_vehicle(figures, empty_mb, given)
    finally:
        with contextlib.suppress(Exception):
            mavsdk.destroy()


def _kb_per_vehicle(figures: dict[str, float], empty_mb: float, given: argparse.Namespace) -> dict[str, float]:
    return {"kb_per_vehicle": (figures["resident_mb"] - empty_mb) * 1e3 / given.vehicles}


def main() -> None:
    """Read the arguments and measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("peer", choices=("pymavlink", "mavsdk"))
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--vehicles", type=int, required=True)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--warm-up", type=float, default=8.0)
    given = options.parse_args()
    report = read_with_pymavlink(given) if given.peer == "pymavlink" else asyncio.run(follow_with_mavsdk(given))
    print(json.dumps(report), flush=True)
    os._exit(0)  # MAVSDK's threads may not end by themselves


if __name__ == "__main__":
    main()
