"""Robots on the pavement: what is light and near goes by them, one parcel a trip; the rest goes as before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tests_support.command_makers import ANN, make_command
from tests_support.play import Stage, order_at, play, write_site
from tests_support.robots import ROBOT

from skystork.app.site import Site
from skystork.control.answer import Status
from skystork.orders.order import Mode, Order
from skystork.orders.order_state import OrderState


def orders(site: Site) -> Sequence[Order]:
    return [
        order_at(site, "NEAR", 600.0, 300.0, after_s=60.0),
        order_at(site, "AFTER", 500.0, 200.0, after_s=70.0),
        order_at(site, "FAR", -2500.0, 1500.0, after_s=80.0),
        order_at(site, "HEAVY", 500.0, 300.0, weight_kg=14.0, after_s=90.0),
    ]


def test_what_is_light_and_near_goes_by_robot_one_parcel_a_trip(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", "VAN-1")
    (folder / "site.toml").write_text((folder / "site.toml").read_text() + ROBOT)
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", orders)

    modes = {record.order.order_id: (record.state, record.mode) for record in outcome.ledger.book.orders()}
    assert modes["NEAR"] == (OrderState.DELIVERED, Mode.ROBOT)
    assert modes["FAR"] == modes["HEAVY"] == (OrderState.DELIVERED, Mode.VAN)
    assert all(state is OrderState.DELIVERED for state, _ in modes.values())
    assert outcome.handed_over == dict.fromkeys(modes, 1)

    def robot_codes(name: str) -> set[str]:
        ways = [way for row in outcome.rows("OrderDecided") if row.order_id == name for way in row.payload["ways"]]  # type: ignore[attr-defined]
        return {reason["code"] for way in ways if way["mode"] == "robot" for reason in way["reasons"]}

    assert robot_codes("HEAVY") == {"WEIGHT"} and robot_codes("FAR") == {"RADIUS"} and not robot_codes("NEAR")
    chosen = outcome.record("NEAR").decided
    assert chosen is not None and chosen.mode is Mode.ROBOT
    assert {way.mode for way in chosen.ways} == {Mode.ROBOT, Mode.VAN, Mode.DRONE}
    trips = [row.order_id for row in outcome.rows("ParcelLoaded") if row.vehicle_id == "RB-1"]
    assert len(trips) == len(set(trips))


def test_what_a_van_has_only_planned_goes_by_the_robot_that_is_first_heard_later(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", "VAN-1", van_leave_parcels=6)
    (folder / "site.toml").write_text((folder / "site.toml").read_text() + ROBOT)
    (tmp_path / "state").mkdir()

    async def script(stage: Stage) -> None:
        stage.world.switched_on_s["RB-1"] = 300.0
        await stage.until_over()

    outcome = play(folder, tmp_path / "state", lambda site: [order_at(site, "O-1", 600.0, 300.0)], script=script)

    kinds = outcome.kinds("O-1", "OrderRouted", "RouteDropped", "OrderDelivered")
    assert kinds == ["OrderRouted", "RouteDropped", "OrderRouted", "OrderDelivered"]
    (dropped,) = outcome.rows("RouteDropped")
    assert (dropped.payload["rule"], dropped.vehicle_id) == ("ROBOT_CHEAPER", "VAN-1")
    record = outcome.record("O-1")
    assert (record.state, record.mode) == (OrderState.DELIVERED, Mode.ROBOT)
    assert outcome.handed_over == {"O-1": 1}


def robot_site(tmp_path: Path, *vehicles: str) -> Path:
    folder = write_site(tmp_path / "site", *vehicles)
    (folder / "site.toml").write_text((folder / "site.toml").read_text() + ROBOT)
    (tmp_path / "state").mkdir()
    return folder


def test_an_order_whose_robot_falls_silent_before_it_is_loaded_goes_by_van(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await asyncio.sleep(10.0)
        stage.world.vans["RB-1"].silent = True
        await stage.until_over()

    outcome = play(
        robot_site(tmp_path, "VAN-1"),
        tmp_path / "state",
        lambda site: [
            order_at(site, "O-1", 600.0, 300.0, after_s=20.0),
            order_at(site, "O-2", 500.0, 200.0, after_s=500.0),
        ],
        script=script,
    )

    kinds = outcome.kinds("O-1", "OrderRouted", "RouteDropped", "OrderDelivered")
    assert kinds == ["OrderRouted", "RouteDropped", "OrderRouted", "OrderDelivered"]
    (dropped,) = outcome.rows("RouteDropped")
    assert (dropped.payload["rule"], dropped.vehicle_id) == ("ROBOT_NOT_LOADED", "RB-1")
    assert "says nothing" in str(dropped.payload["text"])
    assert [outcome.record(name).mode for name in ("O-1", "O-2")] == [Mode.VAN, Mode.VAN]
    assert outcome.handed_over == {"O-1": 1, "O-2": 1}


def test_a_robot_that_is_heard_again_brings_none_of_what_was_taken_from_it_and_is_given_others(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await asyncio.sleep(10.0)
        stage.world.vans["RB-1"].silent = True
        await stage.until(lambda _: "RouteDropped" in stage.kinds)
        stage.world.vans["RB-1"].silent = False
        await stage.until_over()

    outcome = play(
        robot_site(tmp_path, "VAN-1"),
        tmp_path / "state",
        lambda site: [
            order_at(site, "O-1", 600.0, 300.0, after_s=20.0),
            order_at(site, "O-2", 500.0, 200.0, after_s=900.0),
        ],
        script=script,
    )

    assert outcome.handed_over == {"O-1": 1, "O-2": 1}
    assert outcome.record("O-2").mode is Mode.ROBOT
    assert len(outcome.rows("RouteDropped")) == 1


def test_a_robot_with_a_parcel_is_sent_on_its_way_by_a_controller_that_began_anew(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "ParcelLoaded" in stage.kinds)
        await stage.stop()
        stage.start()
        await asyncio.sleep(60.0)
        assert stage.service is not None
        arrivals = stage.service.robots.arrivals(asyncio.get_running_loop().time())
        assert set(arrivals) == {"O-1"}
        await stage.until_over()

    outcome = play(
        robot_site(tmp_path, "VAN-1"),
        tmp_path / "state",
        lambda site: [order_at(site, "O-1", 600.0, 300.0, after_s=20.0)],
        script=script,
    )
    assert outcome.record("O-1").mode is Mode.ROBOT
    assert outcome.handed_over == {"O-1": 1}


def test_a_robot_is_loaded_with_no_more_than_a_person_allows(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await asyncio.sleep(10.0)
        assert stage.service is not None
        version = stage.service.control.version_of("vehicle/RB-1")
        given = {"vehicleId": "RB-1", "payloadKg": 1.0, "targetVersion": version}
        limit = make_command("setCapacity", asyncio.get_running_loop().time(), **given)
        assert (await stage.service.control.execute(limit, ANN)).status is Status.FINISHED
        await stage.until_over()

    outcome = play(
        robot_site(tmp_path, "VAN-1"),
        tmp_path / "state",
        lambda site: [
            order_at(site, "LIGHT", 600.0, 300.0, weight_kg=0.8, after_s=60.0),
            order_at(site, "HEAVY", 500.0, 200.0, weight_kg=1.2, after_s=70.0),
        ],
        script=script,
    )

    assert [outcome.record(name).mode for name in ("LIGHT", "HEAVY")] == [Mode.ROBOT, Mode.VAN]
    ways = [way for row in outcome.rows("OrderDecided") if row.order_id == "HEAVY" for way in row.payload["ways"]]  # type: ignore[attr-defined]
    texts = [reason["text"] for way in ways if way["mode"] == "robot" for reason in way["reasons"]]
    assert "parcel weighs 1.2 kg, a person limited each cooler to 1 kg at most" in texts
