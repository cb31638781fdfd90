"""The demonstration as a command: a small hour, run, reported, listed and replayed."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from skystork.app.cli import app

SITE = Path(__file__).parents[2] / "sim" / "scenarios" / "darlington"


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


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
    assert len(json.loads(call("fleet", "--site", SITE, "--state", out, "--json").stdout)) == 13
    replayed = call("replay", "--state", out)
    assert "chain unbroken" in replayed.stdout
