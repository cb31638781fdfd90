"""The pytest plugin in a project of somebody else: the very example of the handbook, in a folder of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support.fake_px4 import fake_build
from tests_support.source_tree import ROOT

from skystork_sim.px4.fixtures import instances_of
from skystork_sim.px4.holder import free_instances, holder_of

STARTS_ONE = """
def test_has_a_vehicle(px4_vehicle):
    assert "Startup script" in px4_vehicle(name="X-1").log
"""


def project(folder: Path, test: str | None = None) -> Path:
    """A project with the plugin as the handbook says, and a test: the handbook's own when none is given."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "px4.md").read_text(), re.DOTALL)
    plugin, example = blocks
    folder.mkdir()
    (folder / "conftest.py").write_text(plugin)
    (folder / "test_example.py").write_text(test or example)
    return folder


def run_pytest(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    whole = {key: value for key, value in os.environ.items() if not key.startswith("PX4_")} | environment
    whole["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT / "sim")))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, env=whole, capture_output=True, text=True, check=False)


def test_without_a_px4_the_summary_says_in_words_what_was_not_flown(tmp_path: Path) -> None:
    done = run_pytest(project(tmp_path / "theirs"), {"PATH": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 skipped" in done.stdout
    said = "Not flown: 1 flight on a real PX4, because PX4_SITL is not set and no package px4 is installed"
    assert said in done.stdout


def test_a_px4_is_started_where_it_may_be_and_stopped_and_its_log_kept(tmp_path: Path) -> None:
    (instance,) = free_instances(1, range(235, 250))
    done = run_pytest(
        project(tmp_path / "theirs", STARTS_ONE),
        {
            "PX4_SITL": str(fake_build(tmp_path / "build")),
            "PX4_SITL_INSTANCES": f"{instance}-{instance}",
            "PX4_SITL_LOGS": str(tmp_path / "logs"),
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Not flown" not in done.stdout
    (run,) = (tmp_path / "logs").iterdir()
    assert f'"instance": {instance}' in (run / "run.json").read_text()
    assert (run / "X-1" / "px4.log").exists()
    assert holder_of(instance) is None


@pytest.mark.sitl
@pytest.mark.usefixtures("px4_source")
def test_the_example_of_the_handbook_flies(tmp_path: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if key.startswith("PX4_SITL")}
    done = run_pytest(project(tmp_path / "theirs"), kept)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_instances_are_written_as_people_write_them() -> None:
    assert instances_of("0-2, 24") == [0, 1, 2, 24]
    with pytest.raises(ValueError, match="write instances like"):
        instances_of("some")
