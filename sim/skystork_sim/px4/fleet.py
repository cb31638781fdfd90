"""Several PX4s as one: started side by side, written down, always stopped.

Every run has a folder of its own: ``run.json`` with what was started (PX4's version, each vehicle's ports, place and
parameters, speed, seed, date) and, for each vehicle, its working folder with ``px4.log``.
"""

from __future__ import annotations

import atexit
import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from skystork_sim.px4.holder import complain_if_taken
from skystork_sim.px4.running import RunningPx4
from skystork_sim.px4.source import Px4Source
from skystork_sim.px4.vehicle import Px4Vehicle

START_S = 30.0
"""Twenty started together on two cores were through in 6.7 s (measured on 1.17.0)."""


class Px4Fleet:
    """A context manager: inside it the PX4s run, started in order and waited for; after it none is left.

    Should this process end without leaving the context, even by SIGKILL, a watchdog process ends them.

    Parameters
    ----------
    vehicles
        Each with an instance of its own.
    folder
        Of the run; a vehicle's folder in it is emptied.
    speed
        Simulated seconds in a second, the same for all.
    seed
        Written down with the run; SIH itself draws its noise from a fixed seed.

    Raises
    ------
    InstanceTakenError
        When an instance already runs on this machine; nothing is started then.
    Px4StartError
        When one does not start; the others are stopped again.
    """

    def __init__(
        self,
        source: Px4Source,
        vehicles: Sequence[Px4Vehicle],
        folder: Path,
        *,
        speed: float = 1.0,
        seed: int | None = None,
    ) -> None:
        doubles = {each.instance for each in vehicles if [v.instance for v in vehicles].count(each.instance) > 1}
        if doubles:
            raise ValueError(f"two vehicles with PX4 instance {sorted(doubles)}; each needs its own")
        self.source, self.folder, self.speed, self.seed = source, folder.resolve(), speed, seed
        self._wanted = tuple(vehicles)
        self.running: dict[str, RunningPx4] = {}
        """By the vehicle's name."""
        self._watchdog: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        for vehicle in self._wanted:
            complain_if_taken(vehicle.instance)
        self.folder.mkdir(parents=True, exist_ok=True)
        atexit.register(self.stop)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __getitem__(self, name: str) -> RunningPx4:
        return self.running[name]

    def complain_if_ended(self) -> None:
        """Raise ``Px4StartError`` when one of them is gone, with the tail of its log."""
        for each in self.running.values():
            each.complain_if_ended()

    def stop(self) -> None:
        """End them all; again is harmless."""
        atexit.unregister(self.stop)
        for each in self.running.values():
            if each.process.poll() is None:
                each.process.terminate()
        for each in self.running.values():
            each.stop()
        if self._watchdog is not None:
            self._tell_watchdog("done")
            assert self._watchdog.stdin is not None
            self._watchdog.stdin.close()
            self._watchdog.wait()
            self._watchdog = None

    def _start(self) -> None:
        command = [sys.executable, "-m", "skystork_sim.px4.watchdog"]
        self._watchdog = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)
        for vehicle in self._wanted:
            started = RunningPx4(self.source, vehicle, self.folder / vehicle.name, speed=self.speed)
            self.running[vehicle.name] = started
            self._tell_watchdog(f"group {started.process.pid}")
            remove = self.source.remove_command(started.container_name)
            if remove is not None:
                self._tell_watchdog(f"command {shlex.join(remove)}")
        for started in self.running.values():
            started.wait_started(START_S)
        self._write_down()

    def _tell_watchdog(self, line: str) -> None:
        assert self._watchdog is not None
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.write(line + "\n")
        self._watchdog.stdin.flush()

    def _write_down(self) -> None:
        versions = sorted({started.version() for started in self.running.values()})
        record = {
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "px4": self.source.described,
            "px4_version": versions[0] if len(versions) == 1 else versions,
            "speed": self.speed,
            "seed": self.seed,
            "vehicles": [_described(vehicle) for vehicle in self._wanted],
        }
        (self.folder / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _described(vehicle: Px4Vehicle) -> dict[str, object]:
    return {
        "name": vehicle.name,
        "instance": vehicle.instance,
        "system_id": vehicle.system_id,
        "model": vehicle.model,
        "home": [vehicle.home.latitude_deg, vehicle.home.longitude_deg, vehicle.home_amsl_m],
        "ports": {
            "ground": vehicle.ports.ground,
            "onboard": vehicle.ports.onboard,
            "camera": vehicle.ports.camera,
        },
        "parameters": dict(vehicle.parameters),
    }
