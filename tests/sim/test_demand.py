"""The order stream: the files of the scenario are what the generator makes, and it has the stated shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skystork_sim.__main__ import main
from skystork_sim.demand import generate_orders, read_towns, to_csv, to_jsonl, utc
from skystork_sim.toml_table import ScenarioError

DARLINGTON = Path(__file__).parents[2] / "sim" / "scenarios" / "darlington"
START = utc("2026-11-21T10:00:00+00:00")


@pytest.mark.parametrize(("name", "write"), [("orders.jsonl", to_jsonl), ("orders.csv", to_csv)])
def test_the_order_files_are_those_of_seed_one(name: str, write: object) -> None:
    rows = generate_orders(read_towns(DARLINGTON / "towns.toml"), seed=1, count=60, start=START)
    assert callable(write)
    assert (DARLINGTON / name).read_text(encoding="utf-8") == write(rows)


def test_the_command_writes_the_same_file(capsys: pytest.CaptureFixture[str]) -> None:
    towns = str(DARLINGTON / "towns.toml")
    assert main(["demand", "--seed", "1", "--start", "2026-11-21T10:00:00+00:00", "--towns", towns]) == 0
    assert capsys.readouterr().out == (DARLINGTON / "orders.jsonl").read_text(encoding="utf-8")


def test_weights_and_hazards_have_the_stated_shares() -> None:
    rows = generate_orders(read_towns(DARLINGTON / "towns.toml"), seed=2, count=5000, start=START)
    assert sum(row.weight_kg > 2.268 for row in rows) / 5000 == pytest.approx(0.15, abs=0.02)
    assert sum(row.hazard != "none" for row in rows) / 5000 == pytest.approx(0.04, abs=0.01)
    assert all(row.length_m >= row.width_m >= row.height_m > 0 for row in rows)
    assert [row.placed_at for row in rows] == sorted(row.placed_at for row in rows)


def test_every_order_line_stands_for_itself() -> None:
    lines = (DARLINGTON / "orders.jsonl").read_text(encoding="utf-8").splitlines()
    orders = [json.loads(line) for line in lines]
    assert len({order["order_id"] for order in orders}) == len(orders) == 60
    assert all(order.get("deliver_by", "x") is not None for order in orders)


def test_a_towns_file_with_faults_tells_them_all(tmp_path: Path) -> None:
    path = tmp_path / "towns.toml"
    path.write_text('[[towns]]\nname = ""\nlatitude_deg = 95\nlongitude_deg = 0\nspread_m = 1\nshare = -1\n')
    with pytest.raises(ScenarioError) as caught:
        read_towns(path)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "towns.toml.towns[0].name",
        "towns.toml.towns[0].latitude_deg",
        "towns.toml.towns[0].share",
    ]
