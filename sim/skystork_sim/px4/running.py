"""One PX4 under way: started in an empty folder, waited for, asked through its shell commands, ended."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from skystork_sim.px4.source import Px4Source
from skystork_sim.px4.vehicle import Px4Vehicle
from skystork_sim.px4.watchdog import end_groups

STARTED = "Startup script returned successfully"
"""PX4's log line once its modules and links run (px4/common/main.cpp, v1.17); 0.5 to 4 s after the start."""
READY = "Ready for takeoff!"
"""The commander's log line when nothing speaks against arming; ``NAV_DLL_ACT`` above 0 asks for a ground station."""
TAIL_LINES = 15
POLL_S = 0.02
TOOL_S = 10.0  # PX4's shell commands answer in some 10 ms


class Px4StartError(Exception):
    """A PX4 did not start or ended by itself; the message ends with the tail of its log."""


class RunningPx4:
    """One PX4 process; mutable because it runs.

    Parameters
    ----------
    folder
        Its working folder; emptied, because an old one holds missions and parameters of the run before.
    speed
        Simulated seconds in a second.
    """

    def __init__(self, source: Px4Source, vehicle: Px4Vehicle, folder: Path, *, speed: float) -> None:
        self.vehicle, self.folder = vehicle, folder.resolve()
        self._source, self._speed = source, speed
        self.container_name = f"px4-{vehicle.instance}-{os.getpid()}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        environment = vehicle.environment(speed)
        command, whole = source.start_command(vehicle.instance, self.folder, environment, self.container_name)
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=whole,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log_file(self) -> Path:
        """What it writes on its console."""
        return self.folder / "px4.log"

    @property
    def log(self) -> str:
        """Everything it wrote so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def wait_started(self, patience_s: float) -> None:
        """Wait until its start script is through; parameters that the script changes are then set as asked.

        Raises
        ------
        Px4StartError
            When it ended, or is not there in time.
        """
        self.wait_for(STARTED, patience_s)
        for name, value in self.vehicle.to_restore(self._speed).items():
            self.run_tool("param", "set", name, value)

    def wait_for(self, text: str, patience_s: float) -> None:
        """Wait until it has written the text on its console; raises ``Px4StartError`` when it does not."""
        deadline_s = time.monotonic() + patience_s
        while text not in self.log:
            self.complain_if_ended()
            if time.monotonic() > deadline_s:
                raise Px4StartError(self._told(f"did not write '{text}' within {patience_s:g} s"))
            time.sleep(POLL_S)

    def complain_if_ended(self) -> None:
        """Raise ``Px4StartError`` when the process is gone."""
        code = self.process.poll()
        if code is not None:
            raise Px4StartError(self._told(f"ended by itself with code {code}"))

    def run_tool(self, tool: str, *arguments: str) -> str:
        """Run one of PX4's shell commands, e.g. ``run_tool("param", "show", "NAV_DLL_ACT")``; returns what it wrote.

        Raises
        ------
        Px4StartError
            When it fails.
        """
        command = self._source.tool_command(tool, self.vehicle.instance, arguments, self.container_name)
        done = subprocess.run(command, capture_output=True, text=True, timeout=TOOL_S, cwd=self.folder, check=False)
        if done.returncode != 0:
            words = " ".join((tool, *arguments))
            raise Px4StartError(self._told(f"'{words}' failed: {done.stdout}{done.stderr}"))
        return done.stdout

    def has_parameter(self, name: str) -> bool:
        """Whether this PX4 has a parameter of that name."""
        return f" {name} " in self.run_tool("param", "show", name)

    def version(self) -> str:
        """Release and git hash, as PX4 itself says."""
        told = dict(line.split(":", 1) for line in self.run_tool("ver", "all").splitlines() if ":" in line)
        return f"{told.get('PX4 version', '?').strip()} git {told.get('PX4 git-hash', '?').strip()}"

    def stop(self) -> None:
        """End it with whatever it started, kindly, then surely."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=3.0)
            except subprocess.TimeoutExpired:
                end_groups([self.process.pid], patience_s=0.0)
                self.process.wait()
        end_groups([self.process.pid], patience_s=0.0)  # what it left behind in its group
        remove = self._source.remove_command(self.container_name)
        if remove is not None:
            subprocess.run(remove, stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def _told(self, what: str) -> str:
        tail = "\n".join(f"    {line}" for line in self.log.splitlines()[-TAIL_LINES:])
        return f"PX4 {self.vehicle.name} (instance {self.vehicle.instance}) {what}. End of {self.log_file}:\n{tail}"
