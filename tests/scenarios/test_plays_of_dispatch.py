"""Days on which the site's own rules decide: light, noise, pilots, partners, promises; and input nobody can serve."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests_support.play import NEAR, Outcome, Stage, close_circle, order_at, play, write_site

from skystork.app.site import Site, load_site
from skystork.orders import events as e
from skystork.orders.order import Hazard, Mode, Order, OrderId
from skystork.orders.order_state import OrderState
from skystork.shell.solver_pool import SolverBusyError, SolverPool
from skystork_sim.world import CALM


def site_with(folder: Path, *vehicles: str, rules: str = "", extra: str = "", starts_at: str = "") -> Path:
    """The site of the plays with further rules and tables."""
    write_site(folder, *vehicles)
    path = folder / "site.toml"
    text = path.read_text(encoding="utf-8").replace("[rules]\n", f"[rules]\n{rules}\n")
    if starts_at:
        text = text.replace('starts_at = "2026-11-21T10:00:00+00:00"', f'starts_at = "{starts_at}"')
    path.write_text(f"{text}\n{extra}\n", encoding="utf-8")
    return folder


def square(site: Site, east_m: float, north_m: float, half_m: float = 400.0) -> str:
    corners = ((-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m))
    places = [site.frame.to_geodetic(east_m + east, north_m + north) for east, north in corners]
    return ", ".join(f"{{ latitude_deg = {p.latitude_deg}, longitude_deg = {p.longitude_deg} }}" for p in places)


def drone_codes(outcome: Outcome, order_id: str) -> set[str]:
    """Of everything ever decided about the order: what stood in the way of a drone."""
    ways = [way for row in outcome.rows("OrderDecided") if row.order_id == order_id for way in row.payload["ways"]]  # type: ignore[attr-defined]
    return {reason["code"] for way in ways if way["mode"] == "drone" for reason in way["reasons"]}


def most_at_once(outcome: Outcome) -> int:
    """Flights from being assigned to being over, at the fullest moment."""
    changes = [(row.at_s, 1) for row in outcome.rows("OrderAssigned")]
    over = [row for row in outcome.rows("FlightPhaseChanged") if row.payload["phase"] == "ended"]
    count = most = 0
    for _, step in sorted([*changes, *((row.at_s, -1) for row in over)]):
        count += step
        most = max(most, count)
    return most


def test_a_neighbourhood_bears_its_flights_and_the_next_parcel_goes_by_road(tmp_path: Path) -> None:
    bare = load_site(write_site(tmp_path / "bare", "LC-1", "VAN-1"))
    mill = f'[[neighbourhoods]]\nname = "Mill Lane"\noutline = [{square(bare, *NEAR)}]\nflights_per_day = 1'
    folder = site_with(tmp_path / "site", "LC-1", "LC-2", "VAN-1", extra=mill)
    (tmp_path / "state").mkdir()
    outcome = play(
        folder,
        tmp_path / "state",
        lambda site: [
            order_at(site, "FIRST", *NEAR),
            order_at(site, "SECOND", NEAR[0] + 50, NEAR[1], after_s=60.0),
            order_at(site, "ELSEWHERE", 2500.0, -1500.0, after_s=120.0),
        ],
    )

    assert [outcome.record(name).mode for name in ("FIRST", "SECOND")] == [Mode.DRONE, Mode.VAN]
    assert "NOISE" in drone_codes(outcome, "SECOND")
    assert "NOISE" not in drone_codes(outcome, "ELSEWHERE")
    assert all(record.state is OrderState.DELIVERED for record in outcome.ledger.book.orders())


def test_a_neighbourhood_bears_its_sound_and_the_next_parcel_goes_by_road(tmp_path: Path) -> None:
    bare = load_site(write_site(tmp_path / "bare", "LC-1", "VAN-1"))
    mill = f'[[neighbourhoods]]\nname = "Mill Lane"\noutline = [{square(bare, *NEAR)}]\nleq_per_day_db = 48.0\n'
    levels = "[profiles.drone.lift_and_cruise.noise]\npass_db = 67.0\nhover_db = 70.0\nat_m = 76.2\n"
    folder = site_with(tmp_path / "site", "LC-1", "LC-2", "VAN-1", extra=f'{mill}{levels}source = "assumed"\n')
    (tmp_path / "state").mkdir()
    outcome = play(
        folder,
        tmp_path / "state",
        lambda site: [order_at(site, "FIRST", *NEAR), order_at(site, "SECOND", NEAR[0] + 50, NEAR[1], after_s=60.0)],
    )

    assert [outcome.record(name).mode for name in ("FIRST", "SECOND")] == [Mode.DRONE, Mode.VAN]
    (assigned,) = outcome.rows("OrderAssigned")
    ((name, level_db),) = assigned.payload["heard_db"]  # type: ignore[attr-defined]
    assert name == "Mill Lane" and 93.0 < level_db < 98.0
    assert "NOISE" in drone_codes(outcome, "SECOND")


def test_one_pilot_with_one_aircraft_never_has_two(tmp_path: Path) -> None:
    pilot = '[[pilots]]\nname = "Amy"\non_from = "06:00"\non_until = "22:00"'
    folder = site_with(tmp_path / "site", "LC-1", "LC-2", "VAN-1", extra=pilot)
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", lambda site: [order_at(site, f"O-{n}", *NEAR) for n in range(3)])

    assert most_at_once(outcome) == 1
    assert all(record.state is OrderState.DELIVERED for record in outcome.ledger.book.orders())
    assert any("PILOTS" in drone_codes(outcome, f"O-{n}") for n in range(3))


def test_after_dark_the_van_brings_what_may_not_fly(tmp_path: Path) -> None:
    folder = site_with(
        tmp_path / "site", "LC-1", "VAN-1", rules='flight_hours = "sun"', starts_at="2026-11-21T18:00:00+00:00"
    )
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", lambda site: [order_at(site, "O-1", *NEAR)])

    assert outcome.record("O-1").mode is Mode.VAN and outcome.handed_over == {"O-1": 1}
    reasons = outcome.record("O-1").drone_reasons or ()
    assert {reason.code.value for reason in reasons} == {"NIGHT"}
    assert all("by air again from" in reason.remedy for reason in reasons)


BIKE = (
    '[[partners]]\nname = "bike"\ncost = 9.0\ndelivers_within_s = 2400.0\nradius_m = 8000.0\ncapacity = 2\n'
    'hazards = ["none", "corrosive"]'
)


def acid(site: Site) -> Sequence[Order]:
    order = order_at(site, "ACID", *NEAR)
    return [replace(order, parcel=replace(order.parcel, hazard=Hazard.CORROSIVE))]


async def say(stage: Stage, status: str, detail: str = "") -> None:
    message = {"orderId": "ACID", "status": status, "detail": detail}
    await stage.bus.publish("skystork/v1/darlington/partners/bike/state", json.dumps(message).encode())
    await asyncio.sleep(1.0)


def test_what_no_vehicle_of_ours_may_carry_is_brought_by_a_partner(tmp_path: Path) -> None:
    asked: list[dict[str, object]] = []

    async def script(stage: Stage) -> None:
        orders = stage.bus.subscribe("skystork/v1/darlington/partners/bike/order")
        asked.append(json.loads((await anext(aiter(orders))).payload))
        for status in ("ACCEPTED", "COLLECTED", "DELIVERED"):
            await say(stage, status)
        await stage.until_over()

    folder = site_with(tmp_path / "site", "LC-1", "VAN-1", extra=BIKE)
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", acid, script=script)

    record = outcome.record("ACID")
    assert (record.state, record.mode, record.vehicle_id) == (OrderState.DELIVERED, Mode.PARTNER, "bike")
    assert asked[0]["orderId"] == "ACID" and asked[0]["hazard"] == "corrosive" and asked[0]["cost"] == 9.0
    assert outcome.kinds("ACID", "PartnerAsked", "PartnerCollected", "OrderDelivered") == [
        "PartnerAsked", "PartnerCollected", "OrderDelivered",
    ]  # fmt: skip


def test_a_partner_that_declines_is_not_asked_again_and_the_order_ends_with_every_reason(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "PartnerAsked" in stage.kinds)
        await say(stage, "DECLINED", "no acid today")
        await stage.until_over()

    folder = site_with(tmp_path / "site", "LC-1", "VAN-1", extra=BIKE)
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", acid, script=script)

    assert len(outcome.rows("PartnerAsked")) == 1
    record = outcome.record("ACID")
    assert record.state is OrderState.UNDELIVERABLE
    assert {reason.code.value for reason in record.reasons} == {"HAZARD", "ATTEMPTED"}


def test_a_partner_that_does_not_answer_has_declined(tmp_path: Path) -> None:
    folder = site_with(tmp_path / "site", "LC-1", "VAN-1", extra=BIKE)
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", acid)

    declined = outcome.rows("PartnerDeclined")[0]
    assert 300.0 <= declined.at_s - outcome.rows("PartnerAsked")[0].at_s < 400.0
    assert outcome.record("ACID").state is OrderState.UNDELIVERABLE


def test_where_half_an_hour_would_fail_a_later_time_is_offered_openly_and_kept(tmp_path: Path) -> None:
    folder = site_with(tmp_path / "site", "LC-1")
    (tmp_path / "state").mkdir()
    outcome = play(
        folder, tmp_path / "state", lambda site: [order_at(site, f"O-{n}", -4000.0 + 30 * n, 2000.0) for n in range(8)]
    )

    offered = outcome.rows("PromiseOffered")
    assert offered and all(float(str(row.payload["within_s"])) > 1_800.0 for row in offered)
    assert all(record.state is OrderState.DELIVERED for record in outcome.ledger.book.orders())
    late = [
        record.order.order_id
        for record in outcome.ledger.book.orders()
        if (record.delivered_at_s or 0.0) > (record.first_promise_s or 0.0)
    ]
    assert not late


def test_orders_that_nothing_can_serve_end_with_their_reasons_and_hold_nobody_up(tmp_path: Path) -> None:
    def orders(site: Site) -> Sequence[Order]:
        heavy = order_at(site, "HEAVY", *NEAR, weight_kg=60.0)
        long = order_at(site, "LONG", *NEAR)
        far = order_at(site, "FAR", -60_000.0, 0.0)
        soon = order_at(site, "SOON", -9000.0, 4000.0)
        return [
            heavy,
            replace(long, parcel=replace(long.parcel, length_m=2.6)),
            far,
            replace(soon, deliver_by_s=soon.placed_at_s + 30.0),
            order_at(site, "FINE", *NEAR),
        ]

    folder = site_with(tmp_path / "site", "LC-1", "VAN-1")
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", orders)

    ends = {record.order.order_id: record.state for record in outcome.ledger.book.orders()}
    assert ends.pop("FINE") is OrderState.DELIVERED
    assert set(ends.values()) == {OrderState.UNDELIVERABLE}
    for name, code in (("HEAVY", "WEIGHT"), ("LONG", "SIZE"), ("FAR", "RADIUS"), ("SOON", "PROMISE")):
        reasons = outcome.record(name).reasons
        assert code in {reason.code.value for reason in reasons}, name
        assert any(reason.remedy for reason in reasons), name
        assert outcome.kinds(name, "PromiseMade") == [], "nothing is promised for what nobody can carry"


def test_without_a_single_drone_or_without_a_van_every_order_has_an_answer(tmp_path: Path) -> None:
    for name, vehicles, end in (("vans", ("VAN-1",), Mode.VAN), ("drones", ("LC-1",), Mode.DRONE)):
        folder = site_with(tmp_path / name, *vehicles)
        (tmp_path / f"{name} state").mkdir()
        outcome = play(
            folder,
            tmp_path / f"{name} state",
            lambda site: [order_at(site, "LIGHT", *NEAR), order_at(site, "HEAVY", *NEAR, weight_kg=4.0)],
        )
        assert outcome.record("LIGHT").mode is end
        heavy = outcome.record("HEAVY")
        assert (heavy.mode is Mode.VAN) if end is Mode.VAN else heavy.state is OrderState.UNDELIVERABLE


def test_gusts_close_the_sky_at_once_and_what_waits_goes_by_road(tmp_path: Path) -> None:
    stormy = replace(CALM, wind_enu_m_s=(16.0, 0.0), gust_m_s=6.0)
    folder = site_with(tmp_path / "site", "LC-1", "VAN-1")
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", lambda site: [order_at(site, "O-1", *NEAR)], world=stormy)

    assert not outcome.rows("OrderAssigned")
    assert outcome.record("O-1").mode is Mode.VAN
    assert "WEATHER" in drone_codes(outcome, "O-1")


def test_a_zone_too_near_one_pad_keeps_that_drone_on_the_ground_and_no_order_off_the_others(tmp_path: Path) -> None:
    folder = site_with(tmp_path / "site", "LC-1", "LC-2", "LC-3", "VAN-1")
    close_circle(folder, "RADIO MAST", 470.0, 0.0, 50.0)  # a wing keeps 395 m away: at 30 and 60 m east it is too near
    (tmp_path / "state").mkdir()
    outcome = play(
        folder,
        tmp_path / "state",
        lambda site: [
            order_at(site, f"O-{n}", NEAR[0], NEAR[1] + 99.0 * n, after_s=30.0 + 400.0 * n) for n in range(3)
        ],
    )

    assert {row.vehicle_id for row in outcome.rows("OrderAssigned")} == {"LC-1"}
    assert not outcome.rows("AssignmentDropped")
    assert {record.mode for record in outcome.ledger.book.orders()} == {Mode.DRONE}


def test_a_decision_is_written_when_it_changes_and_not_each_second(tmp_path: Path) -> None:
    folder = site_with(tmp_path / "site", "LC-1", "VAN-1")
    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", lambda site: [order_at(site, f"O-{n}", *NEAR) for n in range(4)])

    for n in range(4):
        rows = [row.payload for row in outcome.rows("OrderDecided") if row.order_id == f"O-{n}"]
        assert rows and len(rows) < 20, len(rows)
        told = [(row["action"], row["mode"], row["why"], [way["mode"] for way in row["ways"]]) for row in rows]  # type: ignore[attr-defined]
        assert told[-1][0] in {"launch", "road"}
        assert all(before != after or rows for before, after in pairwise(told))


def test_an_order_that_is_moved_while_it_is_decided_is_decided_anew(tmp_path: Path) -> None:
    folder = site_with(tmp_path / "site", "LC-1", "VAN-1")
    moved: list[str] = []

    async def script(stage: Stage) -> None:
        service = stage.service
        assert service is not None

        def move(_: float, event: e.Event) -> None:
            """As an order's desk does when it wrote down another doorstep: at every point where a round waits."""
            kind, about = type(event).__name__, getattr(event, "order_id", None)
            if about == "O-1" and kind in {"EligibilityAssessed", "PromiseMade", "OrderDecided"} - set(moved):
                moved.append(kind)
                service.dispatch.forget(OrderId("O-1"))

        service.journal.listen(move)
        await stage.until_over()

    def two_orders(site: Site) -> list[Order]:
        return [order_at(site, "O-1", *NEAR), order_at(site, "O-2", -2400.0, 1400.0)]

    outcome = play(folder, tmp_path, two_orders, script=script)
    assert moved[:2] == ["EligibilityAssessed", "PromiseMade"]
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert outcome.kinds("O-1", "PromiseMade") == ["PromiseMade"]


class Crowded(SolverPool):
    """A pool that others keep busy for its first calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.left = calls

    async def run(self, function: Any, *args: Any, **limits: Any) -> Any:
        if self.left > 0:
            self.left -= 1
            raise SolverBusyError(f"{function.__name__} found no free worker within 300 s")
        return await super().run(function, *args, **limits)


def test_an_order_that_nobody_was_free_to_plan_waits_and_flies_later(tmp_path: Path) -> None:
    folder = site_with(tmp_path / "site", "LC-1")
    (tmp_path / "state").mkdir()

    async def script(stage: Stage) -> None:
        await asyncio.sleep(1.0)
        await stage.stop()
        stage.pool = Crowded(3)  # one more than the tries that an order has
        stage.start()
        await stage.until_over()

    outcome = play(folder, tmp_path / "state", lambda site: [order_at(site, "O-1", *NEAR)], script=script)

    refused = outcome.rows("AssignmentDropped")
    assert [row.payload["reasons"][0]["code"] for row in refused] == ["SOLVER"] * 3  # type: ignore[attr-defined, index]
    assert all(after.at_s - before.at_s >= 30.0 for before, after in pairwise(refused))
    assert "SOLVER" in drone_codes(outcome, "O-1")
    assert outcome.record("O-1").attempts == 0
    assert outcome.record("O-1").state is OrderState.DELIVERED


def test_a_drone_is_free_when_it_has_told_the_charge_of_the_battery_that_the_crew_put_in(tmp_path: Path) -> None:
    """Offered with what was left in the old one it was given near orders, and far ones that could not wait stayed."""
    folder = site_with(tmp_path / "site", "LC-1")
    (tmp_path / "state").mkdir()
    told: list[float | None] = []

    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "FlightLanded" in stage.kinds)
        assert stage.service is not None
        (desk,) = stage.service.desks
        assert (desk.state.battery_fraction or 1.0) < 0.9

        def note(_: float, event: e.Event) -> None:
            if isinstance(event, e.FlightPhaseChanged) and event.phase == "ended":
                told.append(desk.state.battery_fraction)

        stage.service.journal.listen(note)
        await stage.until_over()

    play(folder, tmp_path / "state", lambda site: [order_at(site, "O-1", -6_200.0, 2_600.0)], script=script)
    assert told == [1.0]
