"""What 300 moving vehicles cost the service that serves the console, and the browser that draws them.

Run: ``python benchmarks/console/markers.py [--vehicles 300] [--seconds 20]``. Needs Chromium and its
driver. The positions are made here; frame, server, page and browser are the product's. Printed, never asserted: the
figure wanted is less than half a core of the serving process.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import threading
import time
from pathlib import Path

import msgspec
from tests_support.browser import chromium
from tests_support.console_world import console_world

from skystork.app.console_desk import ConsoleDesk, Frame
from skystork.app.console_frame import DroneMark

SPACING_S = 0.5


def marks(count: int, at_s: float) -> tuple[DroneMark, ...]:
    """Vehicles on circles about the depot, each at its own pace."""
    return tuple(_mark(number, at_s) for number in range(count))


def _mark(number: int, at_s: float) -> DroneMark:
    radius_deg, angle = 0.02 + 0.0004 * number, at_s / (20 + number % 30) + number
    return DroneMark(
        vehicle_id=f"V-{number:03d}",
        latitude=round(54.5166 + radius_deg * math.cos(angle), 6),
        longitude=round(-1.5075 + radius_deg * 1.7 * math.sin(angle), 6),
        heading=round(math.degrees(angle) + 90) % 360,
        height_m=60.0 + number % 50,
        speed_m_s=25.0,
        climb_m_s=0.0,
        battery=0.7,
        link="up",
        phase=("outbound", "inbound", "holding")[number % 3],
        mode="AUTO.MISSION",
        airborne=True,
        stale=False,
        flight_id=f"F-{number}",
        order_id=f"O-{number}",
        plan_key="0",
        eta_s=at_s + 300,
        cross_track_m=2.0,
        conforming=number % 40 != 0,
    )


def main() -> None:
    """Serve, look, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--vehicles", type=int, default=300)
    asked.add_argument("--seconds", type=float, default=20.0)
    given = asked.parse_args()
    made = ConsoleDesk.frame

    def crowded(desk: ConsoleDesk) -> Frame:
        frame = made(desk)
        return msgspec.structs.replace(frame, drones=marks(given.vehicles, frame.at_s))

    ConsoleDesk.frame = crowded  # type: ignore[method-assign]  # the world has eight drones, the figure is of 300
    with tempfile.TemporaryDirectory() as folder, console_world(Path(folder), speed=1.0) as world:
        size = world.call(lambda: len(msgspec.json.encode(ConsoleDesk(world.service).frame())))
        idle = cpu_share(given.seconds)
        with chromium(world.url) as first:
            first.log_in("ada")
            first.open("map")
            first.until("section.attention")
            threading.Event().wait(3.0)
            before = drawn(first)
            busy = cpu_share(given.seconds)
            after = drawn(first)
        fps = (after[0] - before[0]) / given.seconds
        kib = size / 1024
        print(f"{given.vehicles} vehicles at {1 / SPACING_S:g} Hz, one browser, {kib:.0f} KiB a frame")
        print(f"serving process: {100 * busy:.1f} % of a core; {100 * idle:.1f} % with nobody looking")
        print(f"browser: {fps:.2f} pictures/s, {after[1]:.1f} ms to draw one, 95 % under {after[2]:.1f} ms")


def cpu_share(seconds: float) -> float:
    """Of one core, of this process, over a span of real time."""
    began, wall = os.times(), time.monotonic()
    threading.Event().wait(seconds)
    ended = os.times()
    return (ended.user + ended.system - began.user - began.system) / (time.monotonic() - wall)


def drawn(browser: object) -> tuple[int, float, float]:
    """Pictures drawn so far; mean and 95 % of fresh drawings [ms]."""
    count, times = browser.driver.execute_script(  # type: ignore[attr-defined]
        """const layer = window.skystorkMap.traffic, times = [], count = layer.drawn;
        for (let i = 0; i < 50; i += 1) {
          const began = performance.now(); layer.draw(); times.push(performance.now() - began);
        }
        layer.drawn = count;
        return [count, times.sort((a, b) => a - b)];"""
    )
    return count, sum(times) / len(times), times[int(0.95 * len(times))]


if __name__ == "__main__":
    main()
