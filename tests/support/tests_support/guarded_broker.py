"""A real Mosquitto that lets in whom the site's files name, and beside it a door for a watcher who sees everything."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from skystork.shell.broker import find_mosquitto

START_S = 30.0


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class GuardedBroker:
    """Mosquitto with an access list; use as ``with``.

    Parameters
    ----------
    guarded
        Lines of its configuration for the listener that asks who one is.
    """

    def __init__(self, folder: Path, guarded: str) -> None:
        self.port, self.open_port = free_port(), free_port()
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(
            f"user root\nper_listener_settings true\npersistence false\n"
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\n{guarded}\n"
            f"listener {self.open_port} 127.0.0.1\nallow_anonymous true\n"
        )

    @property
    def watcher(self) -> str:
        """URL of the door that asks nobody and shows everything."""
        return f"mqtt://127.0.0.1:{self.open_port}"

    def url(self, user: str, password: str) -> str:
        """URL of the guarded door."""
        return f"mqtt://{user}:{password}@127.0.0.1:{self.port}"

    def __enter__(self) -> GuardedBroker:
        command = [str(find_mosquitto()), "-c", str(self._conf)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline_s = time.monotonic() + START_S
        for port in (self.port, self.open_port):
            while time.monotonic() < deadline_s:
                assert self._process.poll() is None, "Mosquitto ended"
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
