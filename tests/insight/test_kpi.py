"""The report of a small day, every figure reckoned by hand; the events are the ledger's own."""

from __future__ import annotations

from typing import Any

import pytest

from skystork.frames import Geodetic, LocalFrame
from skystork.insight.kpi import RoadModel, RobotRoad, make_report, percentile
from skystork.orders import events as e
from skystork.orders.order import FlightId, Mode, Order, OrderId, Parcel, RouteId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

DEPOT = Geodetic(54.5166, -1.5075)
FRAME = LocalFrame(DEPOT)
ROAD = RoadModel(DEPOT, circuity=1.5, energy_j_per_m=1_548.0, slot_s=10_800.0)
START_S = 1_763_715_600.0
LC1, VAN1 = VehicleId("LC-1"), VehicleId("VAN-1")
WEIGHT = Reason(ReasonCode.WEIGHT, "too heavy", 5.0, 2.268)


def row(at_min: float, event: e.Event) -> dict[str, Any]:
    return {"kind": type(event).__name__, "at_s": START_S + 60 * at_min, **e.event_payload(event)}


def accepted(at_min: float, name: str, east_m: float, north_m: float = 0.0) -> dict[str, Any]:
    at_s = START_S + 60 * at_min
    order = Order(OrderId(name), at_s, FRAME.to_geodetic(east_m, north_m), Parcel(1.0, 0.3, 0.2, 0.1))
    return row(at_min, e.OrderAccepted(order.order_id, order))


def promised(at_min: float, name: str, mode: Mode, within_min: float) -> dict[str, Any]:
    return row(at_min, e.PromiseMade(OrderId(name), mode, START_S + 60 * (at_min + within_min)))


def delivered(at_min: float, name: str, mode: Mode) -> dict[str, Any]:
    return row(at_min, e.OrderDelivered(OrderId(name), mode, LC1 if mode is Mode.DRONE else VAN1, "seen"))


def flight(at_min: float, name: str, planned_j: float, reported_j: float | None) -> list[dict[str, Any]]:
    flight_id, order_id = FlightId(f"F-{name}"), OrderId(name)
    return [
        row(at_min, e.FlightPlanned(flight_id, LC1, order_id, "hash", 600.0, planned_j, 1e6, 5_000.0)),
        row(at_min, e.FlightLaunched(flight_id, LC1, order_id)),
        row(at_min + 15, e.FlightLanded(flight_id, LC1, None, True, 900.0, reported_j)),
    ]


def small_day() -> list[dict[str, Any]]:
    """By air on time; by air late, told before; by road on time; refused by both; cancelled."""
    rows = [
        accepted(0, "a", 3_000), promised(0, "a", Mode.DRONE, 30), *flight(1, "a", 2e6, 1.8e6),
        delivered(10, "a", Mode.DRONE),
        accepted(1, "b", 4_000), promised(1, "b", Mode.DRONE, 30), *flight(3, "b", 2.2e6, None),
        row(20, e.ContingencyRaised(FlightId("F-b"), LC1, "link_lost", "HOLD", "12 s")),
        row(25, e.PromiseRevised(OrderId("b"), START_S + 2_700, START_S + 1_860, "later")),
        delivered(41, "b", Mode.DRONE),
        accepted(2, "c", 3_000, 4_000), row(2, e.EligibilityAssessed(OrderId("c"), (WEIGHT, WEIGHT), ())),
        promised(2, "c", Mode.VAN, 180),
        row(3, e.RoutePlanned(RouteId("TOUR-VAN-1"), VAN1, 1, (OrderId("c"),), 99_999.0, 9e9)),
        row(5, e.ParcelLoaded(OrderId("c"), VAN1)), delivered(62, "c", Mode.VAN),
        accepted(4, "d", 90_000), row(4, e.EligibilityAssessed(OrderId("d"), (WEIGHT,), (WEIGHT,))),
        row(4, e.OrderUndeliverable(OrderId("d"), (WEIGHT,))),
        accepted(5, "e", 1_000), promised(5, "e", Mode.DRONE, 30),
        row(6, e.OrderCancelled(OrderId("e"), "by customer")),
    ]  # fmt: skip
    return sorted(rows, key=lambda each: each["at_s"])


def test_every_order_is_counted_where_it_ended() -> None:
    report = make_report(small_day(), ROAD)
    assert (report.accepted, report.delivered_by_drone, report.delivered_by_van) == (5, 2, 1)
    assert (report.undeliverable, report.cancelled, report.open) == (1, 1, 0)


def test_promises_are_measured_by_the_first_one_and_by_who_heard_before() -> None:
    report = make_report(small_day(), ROAD)
    assert (report.promises_due, report.promises_kept, report.told_before_late) == (3, 2, 1)
    assert report.promises_kept_percent == pytest.approx(200 / 3)


@pytest.mark.parametrize(
    ("told", "counted"),
    [((29,), (1, 0, 0.0)), ((31, 40), (0, 1, 60.0)), ((), (0, 0, 0.0))],
    ids=["before", "after", "never"],
)
def test_the_report_says_who_heard_before_who_after_and_who_never(
    told: tuple[float, ...], counted: tuple[int, int, float]
) -> None:
    rows = [accepted(0, "a", 1_000), promised(0, "a", Mode.DRONE, 30)]
    rows += [row(at_min, e.PromiseRevised(OrderId("a"), START_S + 3_600, START_S + 1_800, "later")) for at_min in told]
    report = make_report([*rows, delivered(45, "a", Mode.DRONE)], ROAD)
    assert (report.told_before_late, report.told_after_late, report.told_latest_s) == counted


def test_an_order_that_ends_undeliverable_in_its_time_is_told_in_time() -> None:
    rows = [accepted(0, "a", 1_000), promised(0, "a", Mode.DRONE, 30)]
    report = make_report([*rows, row(20, e.OrderUndeliverable(OrderId("a"), (WEIGHT,)))], ROAD)
    assert (report.promises_due, report.promises_kept, report.told_before_late) == (1, 0, 1)


def test_a_promise_that_passed_without_a_delivery_is_broken() -> None:
    rows = [accepted(0, "a", 1_000), promised(0, "a", Mode.DRONE, 30), accepted(40, "b", 1_000)]
    report = make_report(rows, ROAD)
    assert (report.promises_due, report.promises_kept, report.open) == (1, 0, 2)


def test_a_reason_counts_once_for_each_order_and_mode() -> None:
    report = make_report(small_day(), ROAD)
    assert report.refusals == {Mode.DRONE: {"WEIGHT": 2}, Mode.VAN: {"WEIGHT": 1}}


def test_minutes_are_from_acceptance_to_the_doorstep() -> None:
    report = make_report(small_day(), ROAD)
    assert report.median_minutes == {Mode.DRONE: 10.0, Mode.VAN: 60.0}
    assert report.p95_minutes == {Mode.DRONE: 40.0, Mode.VAN: 60.0}


def test_energy_is_what_the_battery_reported_or_else_what_was_planned() -> None:
    report = make_report(small_day(), ROAD)
    assert report.drone_energy_kwh == pytest.approx((1.8e6 + 2.2e6) / 0.88 / 3.6e6)
    assert report.van_distance_km == pytest.approx(2 * 5.0 * 1.5, rel=1e-6)  # the calls made, not the plan
    assert report.van_energy_kwh == pytest.approx(15.0 * 0.43, rel=1e-3)


def test_the_diesel_van_serves_the_same_orders() -> None:
    report = make_report(small_day(), ROAD)
    tour_km = (3.0 + 1.0 + 17**0.5 + 5.0) * 1.5  # depot, a, b, c, depot
    assert report.carbon.diesel_kg == pytest.approx(tour_km * (0.27878 + 0.06706), rel=1e-6)
    assert report.carbon.van_kg == pytest.approx(15.0 * 0.10309, rel=1e-6)


def test_flights_and_contingencies_are_counted() -> None:
    report = make_report(small_day(), ROAD)
    assert (report.flights, report.parcels_returned, dict(report.contingencies)) == (2, 0, {"link_lost": 1})


def test_an_empty_ledger_gives_an_empty_report() -> None:
    report = make_report([], ROAD)
    assert (report.accepted, report.promises_kept_percent, report.carbon.total_kg) == (0, 100.0, 0.0)


def test_a_van_that_loads_again_drives_by_the_depot() -> None:
    rows = [
        accepted(0, "a", 1_000), accepted(0, "b", 2_000), row(1, e.ParcelLoaded(OrderId("a"), VAN1)),
        delivered(10, "a", Mode.VAN), row(20, e.ParcelLoaded(OrderId("b"), VAN1)), delivered(30, "b", Mode.VAN),
    ]  # fmt: skip
    assert make_report(rows, ROAD).van_distance_km == pytest.approx((2 + 4) * 1.5, rel=1e-6)


def test_a_robot_counts_as_one_and_its_way_as_pavement_not_as_road() -> None:
    rows = [
        accepted(0, "a", 1_000), row(1, e.ParcelLoaded(OrderId("a"), VehicleId("RB-1"))),
        row(20, e.OrderDelivered(OrderId("a"), Mode.ROBOT, VehicleId("RB-1"), "seen")),
    ]  # fmt: skip
    road = RoadModel(DEPOT, 1.5, 1_548.0, 10_800.0, {"RB-1": RobotRoad(1.4, 90.0)})
    report = make_report(rows, road)
    assert (report.delivered_by_robot, report.delivered_by_van, report.van_distance_km) == (1, 0, 0.0)
    assert report.median_minutes == {Mode.ROBOT: 20.0}
    kwh = 2 * 1_000 * 1.4 * 90.0 / 0.88 / 3.6e6
    assert report.robot_energy_kwh == pytest.approx(kwh, rel=1e-6)
    assert report.carbon.robot_kg == pytest.approx(kwh * 0.24364, rel=1e-3)
    assert report.carbon.total_kg == report.carbon.robot_kg


def test_kinds_not_known_here_are_passed_over() -> None:
    assert make_report([{"kind": "SomethingNew", "at_s": START_S}], ROAD).accepted == 0


def test_percentiles_are_nearest_ranks() -> None:
    assert [percentile([4.0, 1.0, 3.0, 2.0], percent) for percent in (50, 75, 95, 1)] == [2.0, 3.0, 4.0, 1.0]
