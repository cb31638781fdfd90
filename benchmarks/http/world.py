"""The product as it is installed, for a benchmark: a broker, ``skystork run``, and where asked the simulated fleet."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from skystork.control.roles import Role
from skystork.shell.account_store import ACCOUNTS_FILE, AccountStore, User
from skystork.shell.web.access import new_token
from skystork.shell.web.roles import SCOPES_OF

PATIENCE_S = 300.0
"""A first start compiles machine code."""


def free_port() -> int:
    """A TCP port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_token(state: Path, role: Role, rate_hz: float) -> str:
    """An API token of a new account, as ``skystork token create`` makes one."""
    with closing(AccountStore.open(state / ACCOUNTS_FILE)) as store:
        name = f"bench.{role.lower()}"
        store.add_user(User(name, role, "", 0.0))
        token, text = new_token(name, "benchmark", SCOPES_OF[role], rate_hz=rate_hz, lives_s=3600.0)
        store.add_token(token)
        return text


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A Mosquitto of our own."""
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 10000\n")
    with process(["mosquitto", "-c", str(config)], folder / "broker.log"):
        until_open(port)
        yield f"mqtt://127.0.0.1:{port}"


@dataclass(frozen=True, slots=True)
class Controller:
    """A running ``skystork run``."""

    url: str
    pid: int

    @property
    def cpu_s(self) -> float:
        """Processor time that its threads took so far (proc(5): utime and stime of the process)."""
        words = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def controller(site: Path, state: Path, mqtt: str, *more: str) -> Iterator[Controller]:
    """``skystork run`` with its HTTP server."""
    port = free_port()
    command = [sys.executable, "-m", "skystork.app.cli", "run", "--site", str(site), "--state", str(state)]
    command += ["--mqtt", mqtt, "--http", f"127.0.0.1:{port}", *more]
    with process(command, state / "controller.log") as running:
        until_open(port, running)
        yield Controller(f"http://127.0.0.1:{port}", running.pid)


@contextmanager
def process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run something beside us."""
    with log.open("ab") as output:
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield running
        finally:
            running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(10)
            running.kill()


def until_open(port: int, running: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until somebody listens."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        if running is not None and running.poll() is not None:
            raise SystemExit(f"{running.args!r} ended with {running.returncode}; see its log")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nobody listens on port {port}; {running.args if running else 'a process'!r} runs")


def get(url: str, token: str) -> dict[str, object]:
    """A small answer, by itself."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        value: dict[str, object] = json.loads(answer.read())
        return value


def percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
