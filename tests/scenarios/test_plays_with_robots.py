"""Robots on the pavement: what is light and near goes by them, one parcel a trip; the rest goes as before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests_support.play import Stage, order_at, play, write_site
from tests_support.robots import ROBOT

from skystork.app.site import Site
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
