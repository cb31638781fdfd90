"""An event loop whose clock is the simulated world's, for the fleet that runs as a process of its own.

``clock.json`` holds the relation of the two times that all processes of a world share:
``{"wall_start_s", "sim_start_s", "speed"}``. Waiting takes a simulated second divided by the speed.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import time
from dataclasses import dataclass
from pathlib import Path

from skystork_sim.toml_table import ScenarioError


@dataclass(frozen=True, slots=True)
class Pace:
    """Simulated time as a straight line over wall time."""

    wall_start_s: float
    sim_start_s: float
    speed: float

    def now_s(self) -> float:
        """Simulated time [s since the Unix epoch]."""
        return self.sim_start_s + (time.time() - self.wall_start_s) * self.speed


def read_pace(path: Path, *, sim_start_s: float, speed: float) -> Pace:
    """The clock of the world, written by whoever came first; raises ``ScenarioError`` when it is no clock."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pace = Pace(time.time(), sim_start_s, speed)
        fields = {"wall_start_s": pace.wall_start_s, "sim_start_s": pace.sim_start_s, "speed": pace.speed}
        try:
            with path.open("x", encoding="utf-8") as file:
                json.dump(fields, file)
        except FileExistsError:
            return read_pace(path, sim_start_s=sim_start_s, speed=speed)
        return pace
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        pace = Pace(float(raw["wall_start_s"]), float(raw["sim_start_s"]), float(raw["speed"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ScenarioError([f"{path}: no world clock ({error}). Remove the file to begin a new world."]) from error
    if pace.speed != speed:
        raise ScenarioError(
            [f"{path}: the world runs at {pace.speed:g} times, not {speed:g}. Use --speed {pace.speed:g}."]
        )
    return pace


class _ScaledSelector(selectors.DefaultSelector):
    """Waits a simulated span's share of real time."""

    speed = 1.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout if timeout is None or timeout <= 0 else timeout / self.speed)


class PacedLoop(asyncio.SelectorEventLoop):
    """A loop on the simulated world's clock."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        selector = _ScaledSelector()
        selector.speed = pace.speed
        super().__init__(selector)

    def time(self) -> float:
        """Simulated time [s since the Unix epoch]."""
        return self._pace.now_s()
