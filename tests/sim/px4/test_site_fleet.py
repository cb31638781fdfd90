"""The drones of a site as PX4s: parameters of the fleet's own files, and the launcher over them."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support.fake_px4 import fake_build
from tests_support.source_tree import ROOT

from skystork_sim.px4.holder import holder_of
from skystork_sim.px4.site_fleet import vehicles_of_site
from skystork_sim.px4.vehicle import read_parameters
from skystork_sim.toml_table import ScenarioError

SITE = ROOT / "sim" / "scenarios" / "darlington_sitl"


def test_each_drone_stands_on_its_pad_with_the_fleets_parameters() -> None:
    first, second, wing = vehicles_of_site(SITE)
    assert [each.instance for each in (first, second, wing)] == [0, 1, 2]
    assert (second.home.longitude_deg - first.home.longitude_deg) * 64_700 == pytest.approx(30.0, abs=0.3)
    assert wing.model == "sihsim_standard_vtol"
    fleet = read_parameters(ROOT / "firmware_configs" / "px4_delivery_quad.params")
    changed = {name for name, value in fleet.items() if first.parameters[name] != value}
    reasons_in_px4_toml = {"MPC_XY_CRUISE", "MPC_XY_VEL_MAX", "COM_WIND_MAX", "COM_ARM_ODID"}
    assert changed <= reasons_in_px4_toml
    assert first.parameters["SIH_KDV"] == 0.15


def test_settings_come_last_and_only_those_asked_for_are_given() -> None:
    (only,) = vehicles_of_site(SITE, only=["SQ-2"], settings={"SIM_BAT_DRAIN": 60})
    assert (only.name, only.parameters["SIM_BAT_DRAIN"]) == ("SQ-2", 60)


def test_a_drone_that_is_not_there_is_named() -> None:
    with pytest.raises(ScenarioError, match="no drone SQ-9; there are SQ-1, SQ-2, SV-3"):
        vehicles_of_site(SITE, only=["SQ-9"])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("px4_delivery_quad.params", "none.params", "profiles.sih_quad.firmware"),
        ("[profiles.sih_quad]", "[profiles.other]", r"no \[profiles.sih_quad\]"),
        ('model = "sihsim_quadx"', 'modle = "sihsim_quadx"', "profiles.sih_quad.modle: not known"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    shutil.copy(SITE / "site.toml", tmp_path)
    text = (SITE / "px4.toml").read_text().replace(old, new)
    if "other" in new:
        text = text.replace("[profiles.sih_quad.simulated]", "[profiles.other.simulated]")
    (tmp_path / "px4.toml").write_text(text)
    with pytest.raises(ScenarioError, match=complaint):
        vehicles_of_site(tmp_path)


def test_a_parameter_file_keeps_integers_and_names_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "x.params"
    path.write_text("# why\n1\t1\tNAV_DLL_ACT\t2\t6\n1\t1\tBAT_LOW_THR\t0.15\t9\n")
    assert read_parameters(path) == {"NAV_DLL_ACT": 2, "BAT_LOW_THR": 0.15}
    path.write_text("# why\n1\t1\tNAV_DLL_ACT\ttwo\t6\n")
    with pytest.raises(ValueError, match=r"x.params:2: "):
        read_parameters(path)


def test_the_launcher_starts_the_site_and_stops_it_at_ctrl_c(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(SITE, site)
    text = (site / "site.toml").read_text().replace("system_id = 1\n", "system_id = 231\n")
    (site / "site.toml").write_text(text)
    command = [sys.executable, str(ROOT / "launch" / "px4_sitl"), "--site", str(site), "--logs", str(tmp_path / "logs")]
    environment = {"PX4_SITL": str(fake_build(tmp_path / "build")), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        [*command, "--only", "SQ-1", "--speed", "5"], env=environment, stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline().startswith("ready SQ-1 (logs: ")
        assert holder_of(230) is not None
        launcher.send_signal(signal.SIGINT)
    assert launcher.returncode == 0
    assert holder_of(230) is None
    (run,) = (tmp_path / "logs").iterdir()
    assert (run / "run.json").exists()


def test_the_launcher_without_a_px4_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "launch" / "px4_sitl"), "--logs", str(tmp_path)]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert "Set PX4_SITL" in done.stderr
