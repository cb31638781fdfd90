"""What carries a parcel fails on the way: its order goes another way in time, or its customer hears in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.command_makers import ANN, make_command
from tests_support.play import NEAR, Outcome, Stage, order_at, play, write_site
from tests_support.robots import ROBOT

from skystork.app.launch_desk import WaitingLaunch
from skystork.app.report import report_of
from skystork.app.service import Service
from skystork.app.site import Site
from skystork.control.answer import Status
from skystork.flight.authorisation import LaunchState
from skystork.orders.order import Mode, Order
from skystork.orders.order_state import OrderState

SLOT_S = 2400.0
"""By road, so that a play is over in a virtual hour."""
BIKE = """
[[partners]]
name = "bike"
cost = 9.0
delivers_within_s = 1200.0
radius_m = 8000.0
capacity = 2
"""


def site_of(folder: Path, *vehicles: str, extra: str = "", launch: str = "") -> Path:
    write_site(folder, *vehicles)
    text = (folder / "site.toml").read_text(encoding="utf-8").replace("van_slot_s = 10800.0", f"van_slot_s = {SLOT_S}")
    text = text.replace("[flight]\n", f"[flight]\n{launch}\n")
    (folder / "site.toml").write_text(text + extra, encoding="utf-8")
    return folder


def over_after(seconds: float, then: Callable[[Stage], Awaitable[None]]) -> Callable[[Stage], Awaitable[None]]:
    """The script, and then time until so long after the start."""

    async def script(stage: Stage) -> None:
        began_s = asyncio.get_running_loop().time()
        await then(stage)
        await stage.until(lambda _: asyncio.get_running_loop().time() > began_s + seconds, step_s=10.0)

    return script


def nobody_is_late_untold(outcome: Outcome) -> int:
    """How many first promises broke, each told before its time passed."""
    report = report_of(outcome.ledger, outcome.site)
    broken = report.promises_due - report.promises_kept
    assert report.told_before_late == broken, (report.told_after_late, report.told_latest_s, broken)
    return broken


def test_a_van_that_breaks_down_with_parcels_aboard_keeps_nobody_waiting_untold(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "ParcelLoaded" in stage.kinds)
        await asyncio.sleep(120.0)
        assert stage.service is not None
        loaded = list(stage.service.journal.book.orders(OrderState.ON_ROAD))
        assert loaded
        stage.world.vans[str(loaded[0].vehicle_id)].broken_down = True

    folder = site_of(tmp_path / "site", "VAN-1", "VAN-2")
    (tmp_path / "state").mkdir()
    outcome = play(
        folder,
        tmp_path / "state",
        lambda site: [
            order_at(site, "ABOARD", *NEAR, weight_kg=5.0),
            order_at(site, "AFTER", NEAR[0], NEAR[1] + 500.0, weight_kg=5.0, after_s=400.0),
            order_at(site, "LATER", 2500.0, -1500.0, weight_kg=5.0, after_s=500.0),
        ],
        script=over_after(SLOT_S + 600.0, script),
    )

    assert nobody_is_late_untold(outcome) == 1
    assert outcome.record("ABOARD").state is OrderState.ON_ROAD, "its parcel is where the van stands"
    assert {outcome.record(name).state for name in ("AFTER", "LATER")} == {OrderState.DELIVERED}


@pytest.mark.parametrize("turned", [{"gust_sigma_m_s": 9.0}, {"rain_mm_h": 6.0}], ids=["gusts", "rain"])
def test_weather_that_turns_in_the_middle_of_a_wave_leaves_nobody_untold(
    turned: dict[str, float], tmp_path: Path
) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "FlightLaunched" in stage.kinds)
        stage.world.mast = replace(stage.world.mast, **turned)  # type: ignore[arg-type]
        await stage.until_over()

    folder = site_of(tmp_path / "site", "LC-1", "VAN-1")
    (tmp_path / "state").mkdir()
    outcome = play(
        folder,
        tmp_path / "state",
        lambda site: [order_at(site, f"O-{n}", NEAR[0], NEAR[1] + 300.0 * n) for n in range(4)],
        script=script,
    )

    nobody_is_late_untold(outcome)
    assert all(record.state is OrderState.DELIVERED for record in outcome.ledger.book.orders())
    assert [record.mode for record in outcome.ledger.book.orders()].count(Mode.VAN) >= 2


def test_a_robot_that_stands_still_with_a_parcel_has_its_customer_told(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "ParcelLoaded" in stage.kinds)
        stage.world.vans["RB-1"].broken_down = True

    folder = site_of(tmp_path / "site", "VAN-1", extra=ROBOT)
    (tmp_path / "state").mkdir()
    outcome = play(
        folder,
        tmp_path / "state",
        lambda site: [
            order_at(site, "ABOARD", 600.0, 300.0, after_s=60.0),
            order_at(site, "AFTER", 500.0, 200.0, after_s=400.0),
        ],
        script=over_after(SLOT_S + 600.0, script),
    )

    assert outcome.record("ABOARD").mode is Mode.ROBOT
    assert nobody_is_late_untold(outcome) == 1
    assert (outcome.record("AFTER").state, outcome.record("AFTER").mode) == (OrderState.DELIVERED, Mode.VAN)


def test_a_partner_that_takes_an_order_and_is_heard_no_more_has_its_customer_told(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "PartnerAsked" in stage.kinds)
        message = {"orderId": "O-1", "status": "ACCEPTED", "detail": ""}
        await stage.bus.publish("skystork/v1/darlington/partners/bike/state", json.dumps(message).encode())

    folder = site_of(tmp_path / "site", "LC-1", extra=BIKE)
    (tmp_path / "state").mkdir()
    outcome = play(
        folder,
        tmp_path / "state",
        lambda site: [order_at(site, "O-1", *NEAR, weight_kg=5.0)],  # too heavy to fly, and no van is there
        script=over_after(SLOT_S + 600.0, script),
    )

    assert outcome.record("O-1").state is OrderState.OFFERED
    assert nobody_is_late_untold(outcome) == 1


def test_an_order_whose_drone_would_be_late_goes_with_one_that_keeps_its_promise_and_nobody_is_told(
    tmp_path: Path,
) -> None:
    """The multirotor waits for a person's word until it could no longer be in time; the winged one is faster."""

    async def allow(stage: Stage, payload_kg: float) -> None:
        assert stage.service is not None
        version = stage.service.control.version_of("vehicle/LC-2")
        given = {"vehicleId": "LC-2", "payloadKg": payload_kg, "targetVersion": version}
        limit = make_command("setCapacity", asyncio.get_running_loop().time(), **given)
        assert (await stage.service.control.execute(limit, ANN)).status is Status.FINISHED

    async def word(stage: Stage, kind: str, state: LaunchState) -> None:
        def waits(service: Service) -> list[WaitingLaunch]:
            launches = service.launches.waiting()
            return [w for w in launches if w.desk.drone.vehicle_id == "LC-2" and w.authorisation.state is state]

        assert stage.service is not None
        await stage.until(lambda service: bool(waits(service)))
        (flight_id,) = (launch.flight_id for launch in waits(stage.service))
        version = stage.service.control.version_of(f"flight/{flight_id}")
        command = make_command(kind, asyncio.get_running_loop().time(), flightId=flight_id, targetVersion=version)
        assert (await stage.service.control.execute(command, ANN)).status is Status.FINISHED

    async def script(stage: Stage) -> None:
        await allow(stage, 0.1)
        await stage.until(lambda service: any(w.desk.drone.vehicle_id == "MR-1" for w in service.launches.waiting()))
        await allow(stage, 2.268)
        await word(stage, "authoriseLaunch", LaunchState.AUTHORISE)
        await word(stage, "startLaunch", LaunchState.START)
        await stage.until_over()

    folder = site_of(tmp_path / "site", "MR-1", "LC-2", launch='launch = "authorised"')
    (tmp_path / "state").mkdir()

    def one(site: Site) -> list[Order]:
        order = order_at(site, "O-1", *NEAR)
        return [replace(order, deliver_by_s=order.placed_at_s + 720.0)]

    outcome = play(folder, tmp_path / "state", one, script=script)

    (dropped,) = outcome.rows("AssignmentDropped")
    assert dropped.vehicle_id == "MR-1"
    assert [reason["code"] for reason in dropped.payload["reasons"]] == ["LET_GO"]  # type: ignore[attr-defined]
    record = outcome.record("O-1")
    assert (record.state, record.vehicle_id, record.attempts) == (OrderState.DELIVERED, "LC-2", 0)
    assert not outcome.rows("PromiseRevised") and nobody_is_late_untold(outcome) == 0
