"""The one relation of wall time and simulated time that every process of a world shares, kept in ``clock.json``."""

from __future__ import annotations

import contextlib
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from skystork.errors import ConfigError, Problem, Unavailable

SPEED_LIMIT = 1000.0
"""Above it one millisecond of the operating system's timer is a second of the world."""


@dataclass(frozen=True, slots=True)
class WorldClock:
    """Simulated time as a straight line over wall time."""

    wall_start_s: float
    """Wall time at which the world began [s since the Unix epoch]."""
    sim_start_s: float
    """The world's own time then [s since the Unix epoch]."""
    speed: float
    """Simulated seconds in a second, above 0."""

    def sim_at(self, wall_s: float) -> float:
        """The world's time at a wall time [s since the Unix epoch]."""
        return self.sim_start_s + (wall_s - self.wall_start_s) * self.speed

    @classmethod
    def real(cls) -> WorldClock:
        """The clock of real vehicles: the world's time is the wall's."""
        now_s = time.time()
        return cls(now_s, now_s, 1.0)


def load_or_create_clock(path: Path, *, sim_start_s: float, speed: float) -> WorldClock:
    """The clock of the world whose folder this is; the first process to come writes it, the others follow.

    Parameters
    ----------
    path
        ``clock.json`` in the folder of the run.
    sim_start_s
        Where a new world begins [s since the Unix epoch]; an existing one keeps its own.
    speed
        Simulated seconds in a second.

    Raises
    ------
    ConfigError
        When the file cannot be understood, or its speed is not the one asked for.
    Unavailable
        When the folder cannot be written.
    """
    _check_speed(speed, "speed")
    try:
        if not path.exists():
            _create(path, WorldClock(time.time(), sim_start_s, speed))
        clock = _parse(path)
    except OSError as error:
        raise Unavailable(f"cannot keep the clock in {path}: {error.strerror}. Check the folder.") from error
    if clock.speed != speed:
        remedy = f"Run with speed {clock.speed:g}, or remove the file to begin a new world."
        raise ConfigError((Problem(str(path), "world at another speed", f"{speed:g}", f"{clock.speed:g}", remedy),))
    return clock


def join_clock(path: Path, *, sim_start_s: float) -> WorldClock:
    """The clock of a world that runs already, at whatever speed it runs; a new world at real time where there is none.

    Raises
    ------
    ConfigError
        When the file cannot be understood.
    Unavailable
        When the folder cannot be read or written.
    """
    try:
        speed = _parse(path).speed if path.exists() else 1.0
    except OSError as error:
        raise Unavailable(f"cannot read the clock in {path}: {error.strerror}. Check the folder.") from error
    return load_or_create_clock(path, sim_start_s=sim_start_s, speed=speed)


def _create(path: Path, clock: WorldClock) -> None:
    """Write whole or not at all; whoever of two starters is second finds the first one's file and keeps it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(msgspec.json.encode(clock))
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def _parse(path: Path) -> WorldClock:
    try:
        clock = msgspec.json.decode(path.read_bytes(), type=WorldClock)
    except msgspec.MsgspecError as error:
        seen, remedy = path.read_text(errors="replace")[:80], "Remove the file to begin a new world."
        raise ConfigError((Problem(str(path), f"no world clock: {error}", seen, "JSON", remedy),)) from error
    _check_speed(clock.speed, str(path))
    return clock


def _check_speed(speed: float, where: str) -> None:
    if not (math.isfinite(speed) and 0 < speed <= SPEED_LIMIT):
        limit = f"above 0, at most {SPEED_LIMIT:g}"
        remedy = "For a world as fast as the machine allows, use virtual time."
        raise ConfigError((Problem(where, "speed out of range", f"{speed:g}", limit, remedy),))
