"""A pad that something closed is too near to: which drones it keeps, and that it keeps no order off the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.play import close_circle, order_at, write_site
from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.pads import shut_pads
from skystork.app.planning_job import make_planner
from skystork.app.site import load_site, starts_at_s
from skystork.app.waiting_orders import may_fly_again
from skystork.orders.book import OrderRecord
from skystork.orders.reasons import PAD_LEG, Reason, ReasonCode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pads of LC-1, LC-2 and MR-3 every 30 m to the east, and a closed circle that ends 420 m east of the first."""
    folder = write_site(tmp_path / "site", "LC-1", "LC-2", "MR-3")
    close_circle(folder, "RADIO MAST", 470.0, 0.0, 50.0)
    return folder


def test_only_the_pad_that_is_nearer_than_its_own_aircraft_keeps_away_is_shut(folder: Path) -> None:
    site = load_site(folder)
    ((name, reasons),) = shut_pads(site, make_planner(site), starts_at_s(site))
    assert name == "LC-2"
    (reason,) = reasons
    assert (reason.code, reason.zone, reason.leg) == (ReasonCode.ZONE, "RADIO MAST", PAD_LEG)
    assert reason.value == pytest.approx(390.0, abs=0.5) and float(reason.limit) > 390.0
    assert reason.text.startswith("the pad is 390 m from RADIO MAST") and "keep 395 m away" in reason.text


def test_where_nothing_is_near_no_pad_is_shut(tmp_path: Path) -> None:
    site = load_site(write_site(tmp_path / "site", "LC-1", "MR-2"))
    assert list(shut_pads(site, make_planner(site), starts_at_s(site))) == []


def test_check_config_names_the_pad_with_its_metres_and_passes(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["check-config", "--site", str(folder)])
    assert answer.exit_code == 0
    assert "note: drones LC-2 stays on the ground: ZONE: the pad is 390 m from RADIO MAST" in answer.stdout
    assert "LC-1 stays" not in answer.stdout


def test_what_was_wrong_with_one_pad_keeps_the_order_off_no_other_drone(folder: Path) -> None:
    order = order_at(load_site(folder), "O-1", -2500.0, 1500.0)
    of_pad = Reason(ReasonCode.ZONE, "the pad is 390 m from RADIO MAST", 390.0, 395.0, "RADIO MAST", PAD_LEG)
    tried = OrderRecord(order, order.placed_at_s, attempts=1, reasons=(of_pad,))
    assert may_fly_again(tried)
    assert not may_fly_again(replace(tried, reasons=(of_pad, replace(of_pad, leg="descent"))))
