"""What the documents say exists: commands, options, files, fields, rules; and what is drawn is what the tables say."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from tests_support.source_tree import PACKAGE, ROOT, modules

from skystork.app.cli import app
from skystork.app.cli_text import ExitCode
from skystork.app.networks import LinkTable, NetworkRow
from skystork.app.road_table import RoadTable
from skystork.app.site_http import HttpTable, OidcTable
from skystork.app.site_tables import (
    ChargerTable,
    CircleTable,
    ConsoleTable,
    DroneRow,
    FlightTable,
    RallyTable,
    RobotRow,
    SiteTable,
    VanRow,
    ZoneDateTable,
)
from skystork.contract.channels import CHANNELS
from skystork.control.answer import Status, Why
from skystork.dispatch.hours import PilotShift
from skystork.dispatch.noise import Neighbourhood
from skystork.dispatch.partners import Partner
from skystork.dispatch.rules import SiteRules
from skystork.fleet.profile import DroneProfile, NoiseFigures, PowerModel, RobotProfile, VanProfile
from skystork.flight.contingency import RULES
from skystork.link.network_watch import RULES as NETWORK_RULES
from skystork.orders.order import Hazard
from skystork.orders.parsing import FIELDS
from skystork.shell.web.limits import Limits

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LAUNCH = ROOT / "launch"
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock", *sorted(LAUNCH.glob("*.lock"))]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def document(name: str) -> str:
    return text_of(ROOT / "docs" / name)


def code_lines(text: str) -> Iterator[str]:
    """Lines of shell blocks, continued lines joined, comments cut off, and inline code that is a command."""
    for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, re.DOTALL):
        yield from (line.split("  #")[0].strip() for line in block.replace("\\\n", " ").splitlines())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def skystork_calls(text: str) -> Iterator[list[str]]:
    for line in code_lines(text):
        bare = re.sub(r"^([A-Z_]+=\S+ )*(\.venv/bin/)?", "", line)
        if re.match(r"skystork( |$)", bare):
            yield shlex.split(bare.replace("…", ""))[1:]
        if re.match(r"launch/demo( |$)", bare):
            yield ["demo", *shlex.split(bare)[1:]]


def options_of(command: Any) -> set[str]:
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    return known | {"--help"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_that_a_document_shows_is_real(path: Path) -> None:
    for words in skystork_calls(text_of(path)):
        command: Any = typer.main.get_command(app)
        while words and hasattr(command, "commands") and not words[0].startswith("-"):
            assert words[0] in command.commands, f"{path.name}: no command {words[0]}"
            command = command.commands[words.pop(0)]
        shown = {word.split("=")[0] for word in words if word.startswith("--")}
        assert shown <= options_of(command), f"{path.name}: {command.name} has no {shown - options_of(command)}"


def test_the_readme_shows_every_command() -> None:
    shown = {words[0] for words in skystork_calls(text_of(ROOT / "README.md")) if words}
    top: Any = typer.main.get_command(app)
    assert shown >= top.commands.keys()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(path: Path) -> None:
    text = text_of(path)
    linked = [target.split("#")[0] for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text)]
    missing = [target for target in linked if target and not (path.parent / target).exists()]
    inline = re.findall(r"`((?:src|sim|docs|tests|launch|firmware_configs|\.ci)/[\w./-]*)`", text)
    missing += [name for name in inline if not (ROOT / name).exists()]
    assert not missing


def test_the_launch_files_can_be_started() -> None:
    names = ("demo", "test", "setup", "lock", "road_engines", "road_tiles")
    for name in (*(f"launch/{each}" for each in names), ".ci/run"):
        path = ROOT / name
        assert path.stat().st_mode & 0o100, f"{name} is not executable"
        subprocess.run(["bash", "-n", str(path)], check=True)


def load_generator(name: str = "make_diagrams") -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_diagrams_are_those_of_the_tables() -> None:
    stale = [path.name for path, text in load_generator().diagrams().items() if text_of(path) != text]
    assert not stale, "run: python docs/make_diagrams.py"


def test_every_state_machine_is_drawn() -> None:
    tables = {
        f"skystork.{module.name.replace('/', '.')}"
        for module in modules(PACKAGE)
        for node in module.tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "TRANSITIONS"
    }
    assert tables == {module for module, _ in load_generator().MACHINES.values()}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_versions_and_hashes_and_no_address(path: Path) -> None:
    text = text_of(path)
    assert not re.search(r"://|--index|--extra-index|--find-links|^/|@ ", text, re.MULTILINE)
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    extras, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    to_run = [*project["project"]["dependencies"], *extras["sim"], *groups["build"]]
    to_test = [*to_run, *(each for extra in extras.values() for each in extra), *groups["dev"]]
    for lock, wanted in ((LOCKS[0], to_run), (LOCKS[1], to_test)):
        locked = set(re.findall(r"^([a-z0-9._-]+)==", text_of(lock), re.MULTILINE))
        names = {re.split(r"[<>=;\[ ]", each)[0].lower() for each in wanted}
        assert names <= locked, f"{lock.name}: run launch/lock"


def test_the_tests_run_what_the_demonstration_runs() -> None:
    pins = [set(re.findall(r"^[a-z0-9._-]+==[^\\\n]+", text_of(lock), re.MULTILINE)) for lock in LOCKS[:2]]
    assert pins[0] <= pins[1]


def test_the_order_reference_has_every_field_and_hazard() -> None:
    text = document("orders.md")
    assert not [name for name in (*FIELDS, *Hazard) if f"`{name}`" not in text]


def test_the_site_reference_has_every_field() -> None:
    text = document("site-file.md")
    tables = (
        SiteTable,
        LinkTable,
        NetworkRow,
        CircleTable,
        ConsoleTable,
        HttpTable,
        Limits,
        OidcTable,
        RallyTable,
        RoadTable,
        ZoneDateTable,
        FlightTable,
        DroneRow,
        VanRow,
        RobotRow,
        ChargerTable,
        RobotProfile,
        SiteRules,
        Neighbourhood,
        PilotShift,
        Partner,
        DroneProfile,
        PowerModel,
        NoiseFigures,
        VanProfile,
    )
    given_by_heading = {"name"}
    names = {field.name for table in tables for field in fields(table)} - given_by_heading
    assert not sorted(name for name in names if f"`{name}`" not in text)


def test_the_handbook_has_every_rule_and_exit_code() -> None:
    text = document("operations.md")
    assert not [rule.name for rule in (*RULES, *NETWORK_RULES) if f"### {rule.name}" not in text]
    assert not [code for code in ExitCode if f"| {int(code)} |" not in text]


def test_the_contract_of_the_bus_is_made_from_its_types() -> None:
    files = load_generator("make_contract").files()
    stale = [path.name for path, text in files.items() if not path.exists() or text_of(path) != text]
    assert not stale, "run: python docs/make_contract.py"
    schemas = {*(ROOT / "docs" / "contract" / "schemas").glob("*.json")}
    assert schemas <= files.keys()


def test_the_message_reference_has_every_topic_and_word() -> None:
    text = document("mqtt.md")
    topics = [channel.address.replace("{", "<").replace("}", ">") for channel in CHANNELS]
    last = [topic for topic in topics if topic not in text and topic.rpartition("/")[2] not in text]
    assert not last
    assert not [word for word in (*Status, *Why) if f"`{word}`" not in text]


def test_the_unit_never_keeps_a_controller_down_that_aircraft_in_the_air_need() -> None:
    settings = dict(re.findall(r"^(\w+)=(.*)$", text_of(ROOT / "launch" / "skystork.service"), re.MULTILINE))
    assert "ExecStartPre" not in settings, "a check before it knows of no flights: only `run` does"
    assert (settings["Restart"], settings["StartLimitIntervalSec"]) == ("always", "0")
    never_again = {ExitCode.USAGE, ExitCode.INVALID_INPUT}
    assert {int(code) for code in settings["RestartPreventExitStatus"].split()} == never_again
