"""A pytest plugin that starts real PX4s: ``pytest_plugins = ["skystork_sim.px4.fixtures"]`` in the top conftest.

Fixtures: ``px4_vehicle`` starts one PX4 where it is called, ``px4_fleet`` several; both stop them when the test ends.
Where no PX4 is to be had, every test that asks for one is skipped, and the summary says how many were not flown and
why. Settings come from the environment: ``PX4_SITL`` (which PX4, see :mod:`.source`), ``PX4_SITL_SPEED`` (simulated
seconds in a second, 1), ``PX4_SITL_INSTANCES`` (which instances may be used, ``0-249``), ``PX4_SITL_LOGS`` (folder
that keeps the logs; pytest's own temporary folder without).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from skystork.frames import Geodetic
from skystork_sim.px4.fleet import Px4Fleet
from skystork_sim.px4.holder import free_instances
from skystork_sim.px4.running import RunningPx4
from skystork_sim.px4.source import NoPx4Error, Px4Source, find_px4
from skystork_sim.px4.vehicle import LAST_INSTANCE, Px4Vehicle

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

NOT_FLOWN = "no PX4: "
"""Begins the reason of every test skipped here."""
PX4_HOME = Geodetic(47.397742, 8.545594)
"""Where PX4's own simulations start (SIH_LOC_LAT0, SIH_LOC_LON0)."""
PX4_HOME_AMSL_M = 489.4  # SIH_LOC_H0

StartFleet = Callable[..., Px4Fleet]


class StartVehicle(Protocol):
    """What the fixture ``px4_vehicle`` is."""

    def __call__(
        self,
        *,
        home: Geodetic = PX4_HOME,
        home_amsl_m: float = PX4_HOME_AMSL_M,
        model: str = "sihsim_quadx",
        parameters: Mapping[str, int | float] | None = None,
        name: str = "vehicle",
    ) -> RunningPx4:
        """Start one PX4 on a free instance."""


@pytest.fixture(scope="session")
def px4_source() -> Px4Source:
    """The PX4 of this machine; skips the test where there is none."""
    try:
        return find_px4()
    except NoPx4Error as missing:
        pytest.skip(f"{NOT_FLOWN}{missing}")


@pytest.fixture(scope="session")
def px4_speed() -> float:
    """Simulated seconds in a second."""
    return float(os.environ.get("PX4_SITL_SPEED", "1"))


@pytest.fixture
def px4_instances() -> Callable[[int], list[int]]:
    """Gives so many instances that nobody on this machine uses."""
    allowed = instances_of(os.environ.get("PX4_SITL_INSTANCES", f"0-{LAST_INSTANCE}"))
    return lambda count: free_instances(count, allowed)


@pytest.fixture
def px4_fleet(
    px4_source: Px4Source, px4_speed: float, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[StartFleet]:
    """Start PX4s: ``px4_fleet(vehicles)``; they are stopped when the test ends, however it ends."""
    logs = os.environ.get("PX4_SITL_LOGS")
    folder = Path(logs) / re.sub(r"[^\w.-]+", "_", request.node.nodeid) if logs else tmp_path / "px4"
    with ExitStack() as stack:

        def start(vehicles: Sequence[Px4Vehicle], *, speed: float = px4_speed, seed: int | None = None) -> Px4Fleet:
            return stack.enter_context(Px4Fleet(px4_source, vehicles, folder, speed=speed, seed=seed))

        yield start


@pytest.fixture
def px4_vehicle(px4_fleet: StartFleet, px4_instances: Callable[[int], list[int]]) -> StartVehicle:
    """Start one PX4 on a free instance: ``px4_vehicle()``; stopped when the test ends."""

    def start(
        *,
        home: Geodetic = PX4_HOME,
        home_amsl_m: float = PX4_HOME_AMSL_M,
        model: str = "sihsim_quadx",
        parameters: Mapping[str, int | float] | None = None,
        name: str = "vehicle",
    ) -> RunningPx4:
        (instance,) = px4_instances(1)
        wanted = {"SDLOG_BACKEND": 0, **(parameters or {})}  # its log is 46 MB in 3.4 minutes (measured on 1.17.0)
        return px4_fleet([Px4Vehicle(name, instance, home, home_amsl_m, model, wanted)])[name]

    return start


def instances_of(text: str) -> list[int]:
    """Instances as people write them: ``0-8,24,30-40``; raises ``ValueError`` for anything else."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise ValueError(f"PX4_SITL_INSTANCES={text}: write instances like 0-8,24")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say in plain words what was not flown."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", ()):
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _, found, reason = text.partition(NOT_FLOWN)
        if found:
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in reasons.items():
        flights = "1 flight" if count == 1 else f"{count} flights"
        terminalreporter.write_line(f"Not flown: {flights} on a real PX4, because {reason}", yellow=True)
