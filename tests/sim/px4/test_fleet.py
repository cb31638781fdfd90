"""Starting and stopping, with a stand-in for the binary: what is told to it, who cleans up, what a complaint says."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests_support.fake_px4 import fake_build, fake_docker, lives

from skystork.frames import Geodetic
from skystork_sim.px4.fleet import Px4Fleet
from skystork_sim.px4.holder import InstanceTakenError, free_instances, holder_of
from skystork_sim.px4.running import Px4StartError, RunningPx4
from skystork_sim.px4.source import Build, Container, NoPx4Error, Px4Source, find_px4
from skystork_sim.px4.vehicle import Px4Vehicle

HOME = Geodetic(54.5166, -1.5075)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return fake_build(tmp_path / "build")


@pytest.fixture
def source(build: Path) -> Px4Source:
    return find_px4({"PX4_SITL": str(build)})


@pytest.fixture
def vehicle() -> Callable[..., Px4Vehicle]:
    """Vehicles on instances that no flight uses."""
    free = iter(free_instances(3, range(200, 250)))
    return lambda name="SQ-1", **given: Px4Vehicle(name, next(free), HOME, 45.0, **given)


def told(running: RunningPx4) -> dict[str, dict[str, str]]:
    return json.loads((running.folder / "told.json").read_text())  # type: ignore[no-any-return]


def test_a_vehicle_is_told_its_instance_place_and_parameters(
    source: Px4Source, vehicle: Callable[..., Px4Vehicle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PX4_PARAM_NAV_DLL_ACT", "9")  # of somebody's shell: not ours
    wanted = vehicle(parameters={"COM_DL_LOSS_T": 10, "SIH_KDV": 0.15}, model="sihsim_hex")
    with Px4Fleet(source, [wanted], tmp_path / "run", speed=5.0) as fleet:
        running = fleet["SQ-1"]
        assert told(running)["environment"] == {
            "PX4_SIM_MODEL": "sihsim_hex",
            "PX4_HOME_LAT": "54.5166000",
            "PX4_HOME_LON": "-1.5075000",
            "PX4_HOME_ALT": "45",
            "PX4_SIM_SPEED_FACTOR": "5",
            "PX4_PARAM_COM_DL_LOSS_T": "10",
            "PX4_PARAM_SIH_KDV": "0.15",
        }
        assert f"-i {wanted.instance} " in " ".join(map(str, told(running)["arguments"]))
        # The start script lengthened it with the speed; it is set back, or the launch gate would refuse the vehicle.
        tools = (running.folder / "tools.log").read_text()
        assert f"px4-param --instance {wanted.instance} set COM_DL_LOSS_T 10" in tools
        assert holder_of(wanted.instance) == running.process.pid
    assert not lives(running.process.pid)
    assert holder_of(wanted.instance) is None


def test_a_run_is_written_down(source: Px4Source, vehicle: Callable[..., Px4Vehicle], tmp_path: Path) -> None:
    pair = [vehicle("SQ-1"), vehicle("SQ-2", parameters={"SIM_BAT_DRAIN": 1200})]
    with Px4Fleet(source, pair, tmp_path / "run", seed=7):
        pass
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["px4_version"] == "Release 9.9.9 (0) git abc"
    assert (record["speed"], record["seed"]) == (1.0, 7)
    assert record["started_at"].endswith("+00:00")
    second = record["vehicles"][1]
    assert second["system_id"] == pair[1].instance + 1
    assert second["ports"]["ground"] == 18_570 + pair[1].instance
    assert second["parameters"] == {"SIM_BAT_DRAIN": 1200}
    assert "Startup script" in (tmp_path / "run" / "SQ-2" / "px4.log").read_text()


def test_an_old_working_folder_is_emptied(
    source: Px4Source, vehicle: Callable[..., Px4Vehicle], tmp_path: Path
) -> None:
    old = tmp_path / "run" / "SQ-1" / "dataman"
    old.parent.mkdir(parents=True)
    old.write_text("the mission of the run before")
    with Px4Fleet(source, [vehicle()], tmp_path / "run"):
        assert not old.exists()


def test_a_px4_left_behind_is_named_and_nothing_is_started(
    source: Px4Source, vehicle: Callable[..., Px4Vehicle], tmp_path: Path
) -> None:
    taken, other = vehicle("SQ-1"), vehicle("SQ-2")
    with Px4Fleet(source, [taken], tmp_path / "first") as first:
        with pytest.raises(InstanceTakenError) as refused, Px4Fleet(source, [other, taken], tmp_path / "second"):
            pass
        named = f"instance {taken.instance} is already running as process {first['SQ-1'].process.pid}"
        assert named in str(refused.value)
        assert taken.instance not in free_instances(2, range(taken.instance, taken.instance + 40))
    assert not (tmp_path / "second").exists()


def test_one_that_does_not_start_is_told_with_its_log_and_the_others_are_stopped(
    source: Px4Source, vehicle: Callable[..., Px4Vehicle], tmp_path: Path
) -> None:
    fleet = Px4Fleet(source, [vehicle("SQ-1"), vehicle("SQ-2", model="broken")], tmp_path / "run")
    with pytest.raises(Px4StartError, match=r"SQ-2 .*ended by itself with code 3") as failed, fleet:
        pass
    assert "ERROR [init] no such model" in str(failed.value)
    assert [running.process.poll() is None for running in fleet.running.values()] == [False, False]


def test_one_that_says_nothing_is_given_up(
    source: Px4Source, vehicle: Callable[..., Px4Vehicle], tmp_path: Path
) -> None:
    running = RunningPx4(source, vehicle(model="slow"), tmp_path / "SQ-1", speed=1.0)
    try:
        with pytest.raises(Px4StartError, match="did not write 'Startup script"):
            running.wait_started(0.0)
    finally:
        running.stop()


def test_one_that_does_not_listen_is_ended_all_the_same(
    source: Px4Source, vehicle: Callable[..., Px4Vehicle], tmp_path: Path
) -> None:
    with Px4Fleet(source, [vehicle(model="stubborn")], tmp_path / "run") as fleet:
        running = fleet["SQ-1"]
    assert running.process.returncode == -signal.SIGKILL


STARTER = """
import os, sys
from pathlib import Path
from skystork.frames import Geodetic
from skystork_sim.px4.fleet import Px4Fleet
from skystork_sim.px4.source import find_px4
from skystork_sim.px4.vehicle import Px4Vehicle
with Px4Fleet(find_px4(), [Px4Vehicle("SQ-1", int(sys.argv[1]), Geodetic(54.5, -1.5))], Path(sys.argv[2])) as fleet:
    print(fleet["SQ-1"].process.pid, fleet._watchdog.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("container", [False, True], ids=["build", "container"])
def test_a_starter_that_is_killed_leaves_no_px4_behind(build: Path, tmp_path: Path, *, container: bool) -> None:
    (instance,) = free_instances(1, range(220, 250))
    fake_docker(tmp_path / "path", build)
    environment = os.environ | {"PX4_SITL": str(build)}
    if container:
        environment |= {"PX4_SITL": "docker", "PATH": f"{tmp_path / 'path'}:{os.environ['PATH']}"}
    command = [sys.executable, "-c", STARTER, str(instance), str(tmp_path / "run")]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        _px4, watchdog = map(int, starter.stdout.readline().split())
        px4 = holder_of(instance)
        assert px4 is not None
        starter.kill()
    wait_for_end_of(watchdog)
    assert not lives(px4)
    assert holder_of(instance) is None


def wait_for_end_of(process: int) -> None:
    """By the operating system's own word; the process is no child of ours."""
    handle = os.pidfd_open(process)
    try:
        import select

        assert select.select([handle], [], [], 30.0)[0], "the watchdog goes on"
    finally:
        os.close(handle)


def test_the_container_is_run_in_the_hosts_network_and_removed(
    build: Path, vehicle: Callable[..., Px4Vehicle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = fake_docker(tmp_path / "path", build)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:{os.environ['PATH']}")
    source = find_px4({"PX4_SITL": "docker:px4io/px4-sitl:v1.17.0", "PATH": str(tmp_path / "path")})
    wanted = vehicle(parameters={"COM_DL_LOSS_T": 10})
    with Px4Fleet(source, [wanted], tmp_path / "run", speed=2.0) as fleet:
        environment = told(fleet["SQ-1"])["environment"]
        assert environment["PX4_PARAM_COM_DL_LOSS_T"] == "10"
    name = fleet["SQ-1"].container_name
    lines = log.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["run", "exec", "exec", "rm"]
    assert lines[0].startswith(f"run --rm --init --name {name} --network host --user ")
    assert lines[1] == f"exec {name} /opt/px4/bin/px4-param --instance {wanted.instance} set COM_DL_LOSS_T 10"
    assert lines[-1] == f"rm --force {name}"
    assert holder_of(wanted.instance) is None


def test_a_folder_without_a_px4_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NoPx4Error, match=r"bin/px4 and etc/init.d-posix/rcS not there"):
        find_px4({"PX4_SITL": str(tmp_path)})


def test_a_container_without_an_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoPx4Error, match="no docker is on PATH"):
        find_px4({"PX4_SITL": "docker", "PATH": str(tmp_path)})


def test_the_package_is_found_by_what_dpkg_lists(build: Path, tmp_path: Path) -> None:
    from tests_support.fake_px4 import write_program

    lists = f'#!/bin/sh\n[ "$*" = "-L px4" ] || exit 1\nprintf "/.\\n{build}/etc\\n{build}/bin/px4\\n"\n'
    write_program(tmp_path / "path" / "dpkg", lists)
    found = find_px4({"PATH": str(tmp_path / "path")})
    assert found == Build(build, "package px4")


def test_a_px4_on_the_path_is_found_through_its_link(build: Path, tmp_path: Path) -> None:
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "px4").symlink_to(build / "bin" / "px4")
    found = find_px4({"PATH": str(tmp_path / "path")})
    assert isinstance(found, Build)
    assert found.folder == build


def test_nothing_at_all_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(NoPx4Error, match="Set PX4_SITL"):
        find_px4({"PATH": str(tmp_path)})


def test_the_image_has_a_version() -> None:
    assert Container().image.rpartition(":")[2].startswith("v1.17")


def test_two_vehicles_cannot_have_one_instance(source: Px4Source, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"two vehicles with PX4 instance \[3\]"):
        Px4Fleet(source, [Px4Vehicle("a", 3, HOME), Px4Vehicle("b", 3, HOME)], tmp_path)


def test_a_shell_command_that_fails_is_told(
    source: Px4Source, vehicle: Callable[..., Px4Vehicle], tmp_path: Path
) -> None:
    with (
        Px4Fleet(source, [vehicle()], tmp_path / "run") as fleet,
        pytest.raises(Px4StartError, match="no such parameter"),
    ):
        fleet["SQ-1"].run_tool("param", "set", "refused", "1")
