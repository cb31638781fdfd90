"""``skystork wave`` on the Darlington site."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.options import default_site

ORDERS = """order_id,placed_at,latitude_deg,longitude_deg,weight_kg,length_m,width_m,height_m
W-1,2026-11-21T10:00:00+00:00,54.5400,-1.5600,1.0,0.30,0.20,0.10
W-2,2026-11-21T10:00:00+00:00,54.5300,-1.5500,9.0,0.60,0.40,0.30
W-3,2026-11-21T10:00:00+00:00,54.5310,-1.5520,45.0,0.60,0.40,0.30
"""


def test_every_order_gets_a_vehicle_or_its_reasons(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")
    result = CliRunner().invoke(app, ["wave", str(file), "--site", str(default_site()), "--seconds", "0.2", "--json"])
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    modes = {row["order_id"]: row["mode"] for row in plan["orders"]}
    assert modes == {"W-1": "drone", "W-2": "van", "W-3": None}
    (route,) = [route for route in plan["routes"] if route["stops"]]
    assert [stop["kind"] for stop in route["stops"]] == ["load", "deliver", "return"]
    assert [order for orders in plan["flights"].values() for order in orders] == ["W-1"]
    assert any(reason.startswith("WEIGHT") for reason in plan["orders"][2]["reasons"])


def test_a_router_that_is_not_there_is_told_and_the_wave_planned_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    site = copytree(default_site(), tmp_path / "site")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with (site / "site.toml").open("a") as file:
            file.write(f'\n[road]\nrouter = "osrm"\nurl = "{url}"\n')
        result = CliRunner().invoke(
            app, ["wave", str(tmp_path / "orders.csv"), "--site", str(site), "--seconds", "0.2", "--json"]
        )
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    assert plan["roads"].startswith(f"straight line times circuity where osrm {url} has not answered")
    assert any(route["stops"] for route in plan["routes"])


HEAVY = """order_id,placed_at,latitude_deg,longitude_deg,weight_kg,length_m,width_m,height_m
H-1,2026-11-21T10:00:00+00:00,54.5500,-1.5600,9.0,0.60,0.40,0.30
H-2,2026-11-21T10:00:00+00:00,54.5300,-1.5900,9.0,0.60,0.40,0.30
"""


def _planned(file: Path, *more: str) -> dict[str, Any]:
    common = ["wave", str(file), "--site", str(default_site()), "--seconds", "0.2", "--json"]
    result = CliRunner().invoke(app, [*common, *more])
    assert result.exit_code == 0, result.output
    plan: dict[str, Any] = json.loads(result.stdout)
    return plan


def test_the_same_wave_for_the_least_cost_and_for_the_earliest_finish(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(HEAVY, encoding="utf-8")
    cheap, soon = _planned(file), _planned(file, "--objective", "earliest_finish")
    assert (cheap["objective"], soon["objective"]) == ("least_cost", "earliest_finish")
    assert [sum(bool(route["stops"]) for route in plan["routes"]) for plan in (cheap, soon)] == [1, 2]
    assert cheap["cost"] < soon["cost"]
    assert soon["finish"] < cheap["finish"]


@pytest.mark.parametrize("objective", ["least_cost", "earliest_finish"])
def test_the_wave_of_the_demonstration_is_planned_whole_for_either(objective: str) -> None:
    plan = _planned(default_site() / "orders.jsonl", "--objective", objective)
    carried = [order for duty in plan["flights"].values() for order in duty]
    carried += [order for route in plan["routes"] for stop in route["stops"][1:] for order in stop["orders"]]
    left = [row for row in plan["orders"] if row["mode"] is None]
    assert sorted(carried) == sorted(row["order_id"] for row in plan["orders"] if row["mode"] is not None)
    assert [row["order_id"] for row in left] == ["S1-0044"]
    assert all(row["reasons"] for row in left)
    assert plan["finish"] <= "2026-11-21T13:00:00"


def test_the_sites_own_objective_holds_where_none_is_given(tmp_path: Path) -> None:
    site, file = tmp_path / "site", tmp_path / "orders.csv"
    copytree(default_site(), site)
    file.write_text(HEAVY, encoding="utf-8")
    told = (site / "site.toml").read_text(encoding="utf-8")
    (site / "site.toml").write_text(told.replace("[rules]", '[rules]\nwave_objective = "earliest_finish"'))
    assert _planned(file, "--site", str(site))["objective"] == "earliest_finish"
    (site / "site.toml").write_text(told.replace("[rules]", '[rules]\nwave_objective = "cheapest"'))
    result = CliRunner().invoke(app, ["wave", str(file), "--site", str(site)])
    assert result.exit_code == 3
    assert "wave_objective" in result.stderr
    assert "earliest_finish" in result.stderr
    words = CliRunner().invoke(app, ["wave", str(file), "--objective", "cheapest"])
    assert words.exit_code == 2
    assert "earliest_finish" in words.output


def test_a_person_reads_what_was_planned_for_the_finish_and_the_cost(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(HEAVY, encoding="utf-8")
    common = ["wave", str(file), "--site", str(default_site()), "--seconds", "0.2"]
    said = " ".join(CliRunner().invoke(app, [*common, "--objective", "earliest_finish"]).stdout.split())
    assert "planned to have everybody back soonest" in said
    assert "The last vehicle is back and made ready at 10:" in said


def test_a_shift_of_nothing_and_no_time_to_search_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")
    common = ["wave", str(file), "--site", str(default_site())]
    shift = CliRunner().invoke(app, [*common, "--shift", "-1"])
    assert (shift.exit_code, "the shift ends before it starts" in shift.stderr) == (3, True)
    seconds = CliRunner().invoke(app, [*common, "--seconds", "0"])
    assert (seconds.exit_code, "not a time to search" in seconds.stderr) == (3, True)
    missing = CliRunner().invoke(app, ["wave", str(tmp_path / "none.csv"), "--site", str(default_site())])
    assert missing.exit_code == 5
