"""Ground stations that know nothing of us fly a simulated drone over real UDP: MAVSDK by its plugins, MAVProxy by hand.

Judged by the simulator's own truth. The world runs several times as fast as the clock.
"""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from skystork.frames import Geodetic
from skystork_sim.drones import DroneOrder, start_drones
from skystork_sim.fleet import SimulatedDrone
from skystork_sim.paced_loop import Pace, PacedLoop

HOME = Geodetic(47.3977419, 8.5455938)
HOME_AMSL_M = 489.0
SPEED = 2.0
LATITUDE_DEG_A_METRE = 1.0 / 111_190.0
MAVPROXY = shutil.which("mavproxy.py", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
FLY = dict[str, float]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Flight:
    """One simulated drone and what it truly does."""

    def __init__(self, drone: SimulatedDrone) -> None:
        self.autopilot = drone.autopilot
        self.mass = drone.autopilot.aircraft.mass

    @property
    def mode(self) -> str:
        return self.autopilot.status.mode.name

    def ready(self) -> bool:
        return self.autopilot.arming.check(asyncio.get_running_loop().time()) is None

    def away_m(self, north_m: float, east_m: float = 0.0) -> float:
        return math.hypot(self.mass.north_m - north_m, self.mass.east_m - east_m)

    async def until(
        self,
        condition: Callable[[], bool],
        what: str,
        patience_s: float = 240.0,
        typing: Callable[[], None] | None = None,
    ) -> None:
        """Wait, in simulated seconds, doing something each 20 s where asked to."""
        deadline_s = asyncio.get_running_loop().time() + patience_s
        typed_s = -math.inf
        while not condition():
            if typing is not None and asyncio.get_running_loop().time() > typed_s + 20.0:
                typed_s = asyncio.get_running_loop().time()
                typing()
            here = f"mode {self.mode}, {self.mass.height_m:.1f} m high, {self.mass.north_m:.1f} m north"
            assert asyncio.get_running_loop().time() < deadline_s, f"not {what}: {here}"
            await asyncio.sleep(0.2)


def fly(play: Callable[[Flight, int], Awaitable[None]]) -> None:
    """Play with one drone that speaks to a free port."""

    async def run() -> None:
        port = free_port()
        order = DroneOrder(
            HOME,
            HOME_AMSL_M,
            base_port=free_port(),
            ground=("127.0.0.1", port),
            streams="px4-radio",
            parameters={"MPC_TKO_SPEED": 3.0, "RTL_RETURN_ALT": 8.0, "MPC_LAND_SPEED": 1.5},
        )
        (drone,) = await start_drones(order)
        try:
            await play(Flight(drone), port)
        finally:
            drone.close()
            await asyncio.sleep(0)  # the loop closes the socket in its next turn

    now_s = time.time()
    with asyncio.Runner(loop_factory=lambda: PacedLoop(Pace(now_s, now_s, SPEED))) as runner:
        runner.run(run())


def test_mavsdk_arms_takes_off_goes_and_lands_and_flies_a_mission() -> None:
    mavsdk = pytest.importorskip("mavsdk.asyncio", reason="the extra 'mavsdk' is not installed")
    from mavsdk.asyncio.plugins.action import ActionAsync
    from mavsdk.asyncio.plugins.mission import MissionAsync
    from mavsdk.plugins.mission import MissionItem, MissionPlan

    async def play(flight: Flight, port: int) -> None:
        observer = mavsdk.Mavsdk(mavsdk.Configuration.create_with_component_type(mavsdk.ComponentType.GROUND_STATION))
        try:
            await observer.add_any_connection(f"udpin://127.0.0.1:{port}")
            system = await observer.first_autopilot(timeout_s=10.0)
            assert system is not None
            action, mission = ActionAsync(system), MissionAsync(system)
            await flight.until(
                lambda: flight.autopilot.arming.check(asyncio.get_running_loop().time()) is None, "ready"
            )
            await action.set_takeoff_altitude(4.0)
            await action.arm()
            assert flight.autopilot.status.armed
            await action.takeoff()
            await flight.until(lambda: flight.mode == "LOITER" and flight.mass.height_m > 3.0, "up")
            north_deg = HOME.latitude_deg + 15.0 * LATITUDE_DEG_A_METRE
            await action.goto_location(north_deg, HOME.longitude_deg, HOME_AMSL_M + 6.0, 0.0)
            await flight.until(lambda: flight.away_m(15.0) < 1.5 and flight.mass.height_m > 5.0, "there")
            await action.land()
            await flight.until(lambda: not flight.autopilot.status.armed, "landed")
            assert flight.away_m(15.0) < 2.0
            items = [
                MissionItem(
                    latitude_deg=HOME.latitude_deg + north_m * LATITUDE_DEG_A_METRE,
                    longitude_deg=HOME.longitude_deg,
                    relative_altitude_m=5.0,
                    speed_m_s=5.0,
                    is_fly_through=True,
                )
                for north_m in (25.0, 40.0)
            ]
            await mission.upload_mission(MissionPlan(items))
            await flight.until(lambda: flight.autopilot.navigator.mission.valid, "judged")
            await action.arm()
            await mission.start_mission()
            await flight.until(lambda: flight.mode == "MISSION", "in mission mode")
            await flight.until(lambda: flight.away_m(40.0) < 3.0, "at the end")
            await action.return_to_launch()
            await flight.until(lambda: not flight.autopilot.status.armed, "home")
            assert flight.away_m(15.0) < 2.0  # home is where it was armed
        finally:
            observer.destroy()

    fly(play)


class MavProxy:
    """MAVProxy as a person uses it: a terminal to type into."""

    def __init__(self, port: int, folder: Path) -> None:
        assert MAVPROXY is not None
        self._said = (folder / "terminal.txt").open("wb")
        options = [f"--master=udpin:127.0.0.1:{port}", "--default-modules=arm,mode,wp,cmdlong,param"]
        folders = [f"--state-basedir={folder}", f"--logfile={folder / 'flight.tlog'}"]
        self._process = subprocess.Popen(
            [MAVPROXY, *options, *folders],
            stdin=subprocess.PIPE,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=os.environ | {"HOME": str(folder)},
        )

    def type(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def load(self) -> None:
        """A person tries again until it has been taken: before MAVProxy knows the vehicle it loads nothing."""
        self.type("wp load plan.txt")

    def close(self) -> None:
        self._process.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10.0)
        self._said.close()


@pytest.mark.skipif(MAVPROXY is None, reason="no mavproxy.py beside this Python or on the PATH (launch/setup dev)")
def test_mavproxy_loads_a_mission_arms_flies_it_and_lands(tmp_path: Path) -> None:
    plan = ["QGC WPL 110", "0 1 3 22 0 0 0 0 47.3977419 8.5455938 5 1", "1 0 3 16 0 0 0 0 47.3979500 8.5455938 5 1"]
    plan.append("2 0 2 20 0 0 0 0 0 0 0 1")
    rows = [line.replace(" ", "\t") for line in plan[1:]]
    (tmp_path / "plan.txt").write_text("\n".join([plan[0], *rows, ""]))

    async def play(flight: Flight, port: int) -> None:
        terminal = MavProxy(port, tmp_path)
        status = flight.autopilot.status
        try:
            await flight.until(lambda: status.ground_heard_s > 0.0, "heard")
            await flight.until(lambda: len(flight.autopilot.plans.plans[0]) == 3, "loaded", typing=terminal.load)
            await flight.until(lambda: flight.autopilot.navigator.mission.valid, "judged")
            terminal.type("long DO_SET_MODE 1 4 4")
            await flight.until(lambda: flight.mode == "MISSION", "in mission mode")
            arm = lambda: terminal.type("arm throttle")  # noqa: E731  # again: before it is healthy it refuses, as PX4 does
            await flight.until(lambda: flight.mass.height_m > 4.0, "up", typing=arm)
            await flight.until(lambda: flight.mode == "RTL", "returning at the end of the mission")
            assert flight.away_m(23.1) < 5.0
            await flight.until(lambda: not status.armed, "landed")
            assert flight.away_m(0.0) < 2.0
        finally:
            terminal.close()

    fly(play)
