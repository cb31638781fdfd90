"""The command line: what it prints, what it refuses, and by which exit code a program can tell."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from skystork.app.cli import app

SITE = Path(__file__).parents[2] / "sim" / "scenarios" / "darlington"
GOOD = {
    "order_id": "A-1",
    "placed_at": "2026-11-21T10:00:00Z",
    "latitude_deg": 54.524,
    "longitude_deg": -1.553,
    "weight_kg": 1.0,
    "length_m": 0.3,
    "width_m": 0.2,
    "height_m": 0.1,
}


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def order_file(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "orders.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_check_config_prints_what_the_site_holds() -> None:
    result = call("check-config", "--site", SITE, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["zones"] == 16


def test_a_site_that_is_not_there_is_invalid_input(tmp_path: Path) -> None:
    result = call("check-config", "--site", tmp_path)
    assert result.exit_code == 3
    assert "site.toml" in result.stderr


def test_an_unknown_option_is_a_matter_of_usage() -> None:
    assert call("check-config", "--sight", SITE).exit_code == 2


def test_orders_are_submitted_once_and_listed(tmp_path: Path) -> None:
    file = order_file(tmp_path, GOOD, {**GOOD, "order_id": "A-2"})
    first = call("orders", "submit", file, "--site", SITE, "--state", tmp_path / "state")
    assert (first.exit_code, first.stdout.split(" orders")[0]) == (0, "2")
    again = call("orders", "submit", file, "--site", SITE, "--state", tmp_path / "state")
    assert "0 orders submitted, 2 were there already" in again.stdout
    listed = call("orders", "list", "--state", tmp_path / "state", "--json")
    assert json.loads(listed.stdout)["inbox"] == ["A-1", "A-2"]


def test_a_dry_run_submits_nothing(tmp_path: Path) -> None:
    file = order_file(tmp_path, GOOD)
    assert call("orders", "submit", file, "--site", SITE, "--state", tmp_path / "state", "--dry-run").exit_code == 0
    assert not (tmp_path / "state").exists()


def test_one_bad_line_and_nothing_is_submitted(tmp_path: Path) -> None:
    file = order_file(tmp_path, GOOD, {**GOOD, "order_id": "A-2", "weight_kg": 2500})
    result = call("orders", "submit", file, "--site", SITE, "--state", tmp_path / "state")
    assert result.exit_code == 3
    assert "orders.jsonl:2 weight_kg" in result.stderr
    assert not (tmp_path / "state").exists()


def test_what_is_not_there_is_not_found_or_unavailable(tmp_path: Path) -> None:
    missing = tmp_path / "none.jsonl"
    assert call("orders", "submit", missing, "--site", SITE, "--state", tmp_path).exit_code == 5
    assert call("orders", "show", "A-9", "--state", tmp_path).exit_code == 7
    assert call("replay", "--state", tmp_path).exit_code == 7


def test_a_doorstep_in_closed_airspace_is_refused_with_zone_and_metres() -> None:
    result = call("plan", "54.5120,-1.4690", "--site", SITE)
    assert result.exit_code == 4
    assert "TEESSIDE INTERNATIONAL FRZ" in result.stderr
    assert " m inside " in result.stderr


def test_a_multirotor_is_refused_the_far_doorstep_by_its_energy() -> None:
    result = call("plan", "54.618,-1.574", "--site", SITE, "--vehicle", "MR-7", "--weight", "2.2")
    assert result.exit_code == 4
    assert "ENERGY" in result.stderr


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_plan_is_printed_and_drawn(tmp_path: Path, suffix: str) -> None:
    picture = tmp_path / f"plan{suffix}"
    result = call("plan", "54.524,-1.553", "--site", SITE, "--draw", picture)
    assert result.exit_code == 0
    assert "mission items" in result.stdout
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    "words", [("95,0",), ("54.5",), ("54.5,-1.5", "--weight", "9"), ("54.524,-1.553", "--draw", "x.gif")]
)
def test_a_plan_for_nonsense_is_invalid_input(words: tuple[str, ...]) -> None:
    assert call("plan", *words, "--site", SITE).exit_code == 3


def test_a_vehicle_that_is_not_there_is_named_with_those_that_are() -> None:
    result = call("plan", "54.524,-1.553", "--site", SITE, "--vehicle", "LC-99")
    assert result.exit_code == 5
    assert "LC-1, LC-2" in result.stderr


def test_a_broker_that_is_not_there_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skystork.app.live.CONNECT_S", 0.5)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    url, listen = f"mqtt://127.0.0.1:{port}", free_udp_address()
    result = call("run", "--site", SITE, "--state", tmp_path / "state", "--mqtt", url, "--listen", listen)
    assert result.exit_code == 7
    assert f"127.0.0.1:{port}" in result.stderr
    assert "Start one" in result.stderr


def test_a_port_in_use_is_unavailable(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        result = call(
            "run", "--site", SITE, "--state", tmp_path / "state", "--mqtt", "mqtt://127.0.0.1:1", "--listen", listen
        )
    assert result.exit_code == 7
    assert listen in result.stderr


def free_udp_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_a_small_hour_is_run_reported_listed_and_replayed(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    result = call("demo", "--site", SITE, "--out", out, "--count", "3", "--seed", "5")
    assert result.exit_code == 0, result.output
    assert "3 of 3 delivered or explained" in result.stdout
    assert "0 of " in result.stdout
    for name in ("report.txt", "report.json", "map.png", "map.svg", "orders.jsonl"):
        assert (out / name).stat().st_size > 0
    listed = json.loads(call("orders", "list", "--state", out, "--json").stdout)["orders"]
    assert len(listed) == 3
    shown = json.loads(call("orders", "show", listed[0]["orderId"], "--state", out, "--json").stdout)
    assert shown["history"][0]["kind"] == "OrderAccepted"
    assert len(json.loads(call("fleet", "--site", SITE, "--state", out, "--json").stdout)) == 11
    replayed = call("replay", "--state", out)
    assert "chain unbroken" in replayed.stdout
    shutil.rmtree(out)
