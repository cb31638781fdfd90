"""OSRM and Valhalla themselves, where `launch/road_engines` brought them: tiles of the made town, and the servers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests_support.town import write_town

ROOT = Path(__file__).parents[3]
ENGINES = Path(os.environ.get("ROAD_ENGINES", Path(sys.prefix) / "road_engines"))
HERE = (ENGINES / "made-from").exists()
MISSING = "OSRM and Valhalla are not installed (launch/road_engines)"
DEADLINE_S = 30.0


def build(router: str, region: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """As an operator does."""
    command = ["bash", str(ROOT / "launch/road_tiles"), router, str(region), str(folder)]
    told = {**os.environ, "ROAD_ENGINES": str(ENGINES)}
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=DEADLINE_S)


def build_town(folder: Path) -> Path:
    """Both routers' tiles, in ``osrm`` and ``valhalla`` of the folder."""
    town = write_town(folder / "town.osm.pbf")
    for router in ("osrm", "valhalla"):
        made = build(router, town, folder / router)
        assert made.returncode == 0, made.stderr
    return folder


class Engine:
    """A router's own server on a port of this machine, which may be ended and started again."""

    def __init__(self, router: str, tiles: Path, *more: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        if router == "osrm":
            options = ["--algorithm", "mld", "-i", "127.0.0.1", "-p", f"{self._port}", *more]
            self._command = [str(ENGINES / "osrm/bin/osrm-routed"), *options, str(tiles / "osrm/roads.osrm")]
        else:
            config = tiles / f"valhalla/{self._port}.json"
            text = (tiles / "valhalla/valhalla.json").read_text()
            config.write_text(text.replace("127.0.0.1:8002", f"127.0.0.1:{self._port}"))
            self._command = [str(ENGINES / "valhalla/bin/valhalla_service"), str(config), "1"]

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            assert self._process.poll() is None, f"{self._command[0]} ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
        raise AssertionError(f"{self._command[0]} opened no port")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def serving(router: str, tiles: Path, *more: str) -> Iterator[Engine]:
    """``more``: options of OSRM."""
    engine = Engine(router, tiles, *more)
    engine.start()
    try:
        yield engine
    finally:
        engine.end()
