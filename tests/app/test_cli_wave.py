"""``skystork wave`` on the Darlington site."""

from __future__ import annotations

import json
from pathlib import Path

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
