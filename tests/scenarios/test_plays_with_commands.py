"""Commands through the one way in: checked, written, done once, answered; by one person or by two."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests_support.command_makers import ANN, BEN, CLEO, SHOP, make_command, moment
from tests_support.play import NEAR, Stage, one_order, order_at, play, write_site

from skystork.app.order_desk import Placing
from skystork.app.site import Site
from skystork.control.answer import Answer, Status, Why
from skystork.control.commands import Command, target_of
from skystork.control.roles import Issuer
from skystork.flight.phase import FlightPhase
from skystork.orders.order import Order, OrderId
from skystork.orders.order_state import OrderState

Script = Callable[[Stage], Awaitable[None]]


def two_orders(site: Site) -> list[Order]:
    return [order_at(site, "O-1", *NEAR), order_at(site, "O-2", -1800.0, 1900.0)]


def phase_of(desk: Any) -> FlightPhase | None:
    return desk.flight.phase if desk.flight else None


def new(stage: Stage, kind: str, **given: Any) -> Command:
    """With the version that its issuer would see now, where the target has one."""
    now_s = asyncio.get_running_loop().time()
    command = make_command(kind, now_s, **given)
    if "targetVersion" in given or stage.service is None:
        return command
    return make_command(kind, now_s, targetVersion=stage.service.control.version_of(target_of(command)), **given)


async def give(stage: Stage, kind: str, issuer: Issuer = ANN, /, **given: Any) -> Answer:
    assert stage.service is not None
    return await stage.service.control.execute(new(stage, kind, **given), issuer)


def test_a_partner_takes_back_its_own_order_and_touches_no_other(tmp_path: Path) -> None:
    rival, told = Issuer("rival", SHOP.role, SHOP.via), dict[str, Answer]()

    async def script(stage: Stage) -> None:
        assert stage.service is not None
        mine = order_at(stage.site, "MINE", *NEAR)
        await give(stage, "pauseDispatch")
        await stage.service.orders.place(Placing(mine, SHOP.name, "key-1", b"MINE"))
        await stage.until(lambda service: OrderId("O-1") in service.journal.book)
        told["nobody's"] = await give(stage, "cancelOrder", SHOP, orderId="O-1")
        told["another's"] = await give(stage, "cancelOrder", rival, orderId="MINE")
        told["fleet"] = await give(stage, "pauseDispatch", SHOP)
        told["own"] = await give(stage, "cancelOrder", SHOP, orderId="MINE")
        await give(stage, "resumeDispatch")
        await stage.until(lambda service: all(record.ended for record in service.journal.book.orders()))

    outcome = play(write_site(tmp_path / "site", "VAN-1"), tmp_path, one_order, script=script)
    assert {name: answer.reason for name, answer in told.items()} == {
        "nobody's": Why.NOT_FOUND,
        "another's": Why.NOT_FOUND,
        "fleet": Why.UNAUTHORISED,
        "own": None,
    }
    assert all(told[name].target_version is None for name in ("nobody's", "another's")), "nobody learns of it"
    assert outcome.record("MINE").state is OrderState.CANCELLED
    assert outcome.record("O-1").state is OrderState.DELIVERED


def trail(outcome: Any, *kinds: str) -> list[tuple[str, str, str]]:
    """Kind of event, kind of command, and how it ended."""
    wanted = kinds or ("CommandProposed", "CommandTaken", "CommandSettled")
    return [
        (row.kind, str(row.payload["kind"]), str(row.payload.get("status", "")))
        for row in outcome.ledger.rows
        if row.kind in wanted
    ]


def test_held_and_resumed_by_command_the_order_is_delivered_and_the_trail_is_whole(
    one_wing: Path, tmp_path: Path
) -> None:
    answers: list[Answer] = []

    async def script(stage: Stage) -> None:
        await stage.until_phase(FlightPhase.OUTBOUND, wait_s=5.0)
        answers.append(await give(stage, "hold", vehicleId="LC-1"))
        answers.append(await give(stage, "resume", vehicleId="LC-1"))
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert [answer.status for answer in answers] == [Status.FINISHED, Status.FINISHED], answers
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert trail(outcome) == [
        ("CommandTaken", "hold", ""),
        ("CommandSettled", "hold", "FINISHED"),
        ("CommandTaken", "resume", ""),
        ("CommandSettled", "resume", "FINISHED"),
    ]
    order = [row.kind for row in outcome.ledger.rows if row.kind in {"CommandTaken", "SteeringOrdered"}]
    assert order == ["CommandTaken", "SteeringOrdered"] * 2
    assert outcome.ledger.report.broken is None


def test_a_dry_run_tells_what_would_happen_and_does_nothing(one_wing: Path, tmp_path: Path) -> None:
    answers: list[Answer] = []

    async def script(stage: Stage) -> None:
        await stage.until_phase(FlightPhase.OUTBOUND, wait_s=5.0)
        answers.append(await give(stage, "return", vehicleId="LC-1", dryRun=True))
        answers.append(await give(stage, "groundFleet", dryRun=True))
        answers.append(await give(stage, "resume", vehicleId="LC-1", dryRun=True))
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert [answer.status for answer in answers] == [Status.DRY_RUN, Status.DRY_RUN, Status.REFUSED]
    (touched,) = answers[1].targets
    assert (touched.target, touched.action) == ("vehicle/LC-1", "return")
    assert "O-1" in touched.consequence
    assert "not held" in answers[2].detail
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert trail(outcome) == []


def test_the_fleet_is_grounded_and_two_people_open_again(two_wings: Path, tmp_path: Path) -> None:
    answers: dict[str, Answer] = {}

    async def script(stage: Stage) -> None:
        await stage.until_phase(FlightPhase.OUTBOUND, wait_s=5.0)
        answers["ground"] = await give(stage, "groundFleet", BEN)
        assert stage.service is not None
        await stage.until(lambda service: not any(desk.busy for desk in service.desks), step_s=1.0)
        await asyncio.sleep(120.0)
        assert not any(desk.busy for desk in stage.service.desks)
        answers["first"] = await give(stage, "resumeDispatch", BEN)
        assert stage.service.journal.book.control.pause is not None
        (key,) = [key for key, _ in stage.service.control.pending()]
        answers["own"] = await give(stage, "confirm", BEN, issuer=key[0], confirms=key[1])
        answers["second"] = await give(stage, "confirm", CLEO, issuer=key[0], confirms=key[1])
        answers["third"] = await give(stage, "confirm", ANN, issuer=key[0], confirms=key[1])
        await stage.until_over()

    outcome = play(two_wings, tmp_path, two_orders, script=script)

    assert answers["ground"].status is Status.FINISHED, answers["ground"]
    assert {each.target for each in answers["ground"].targets} == {"vehicle/LC-1", "vehicle/LC-2"}
    assert answers["first"].status is Status.AWAITING_CONFIRMATION
    assert (answers["own"].status, answers["own"].reason) == (Status.REFUSED, Why.NOT_POSSIBLE)
    assert answers["second"].status is Status.FINISHED
    assert (answers["third"].status, answers["third"].reason) == (Status.REFUSED, Why.NOT_FOUND)
    (resumed,) = [row for row in outcome.rows("CommandTaken") if row.payload["kind"] == "resumeDispatch"]
    assert resumed.payload["confirmed_by"] == "cleo"
    assert all(outcome.record(name).state is OrderState.DELIVERED for name in ("O-1", "O-2"))
    assert max(outcome.dropped.values(), default=0) <= 1


def test_an_id_is_carried_out_once_over_a_restart_too(one_wing: Path, tmp_path: Path) -> None:
    answers: list[Answer] = []

    async def script(stage: Stage) -> None:
        command = new(stage, "pauseDispatch", life_s=300.0, targetVersion=None)
        assert stage.service is not None
        answers.append(await stage.service.control.execute(command, ANN))
        answers.append(await stage.service.control.execute(command, ANN))
        answers.append(await stage.service.control.execute(command, CLEO))
        await stage.stop()
        service = stage.start()
        assert service.journal.book.control.pause is not None
        await stage.until(lambda _: "ServiceStarted" in stage.kinds)
        answers.append(await service.control.execute(command, ANN))
        await asyncio.sleep(60.0)
        assert not service.journal.book.flights
        answers.append(await give(stage, "resumeDispatch"))
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert [answer.reason for answer in answers] == [None, Why.DUPLICATE, None, Why.DUPLICATE, None]
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert "finished" in answers[3].detail


def test_what_nobody_agrees_to_is_not_done(one_wing: Path, tmp_path: Path) -> None:
    told: list[Answer] = []

    async def script(stage: Stage) -> None:
        await stage.until_phase(FlightPhase.OUTBOUND, wait_s=20.0)
        told.append(await give(stage, "land", vehicleId="LC-1"))
        await stage.until(lambda service: not tuple(service.control.pending()), step_s=1.0)
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert told[0].status is Status.AWAITING_CONFIRMATION
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert trail(outcome) == [("CommandProposed", "land", ""), ("CommandSettled", "land", "REFUSED")]
    assert outcome.rows("CommandSettled")[0].payload["reason"] == Why.NOT_CONFIRMED


def test_an_area_closed_by_command_is_flown_round_and_opens_by_itself(one_wing: Path, tmp_path: Path) -> None:
    answers: dict[str, Answer] = {}

    async def script(stage: Stage) -> None:
        assert stage.service is not None
        depot = stage.site.frame.to_geodetic(*NEAR)
        area = {"shape": "CIRCLE", "latitude": depot.latitude_deg, "longitude": depot.longitude_deg, "radiusM": 120.0}
        loop = asyncio.get_running_loop()
        until = moment(loop.time() + 600.0)
        answers["closed"] = await give(stage, "closeZone", zoneId="crane", until=until, area=area)
        assert any(zone.zone_id == "closed-crane" for zone in stage.service.site.zones.zones)
        hash_closed = stage.service.site.zones.hash
        await stage.stop()
        again = stage.start()
        assert again.site.zones.hash == hash_closed
        await stage.until(lambda service: OrderId("O-1") in service.journal.book)
        await stage.until(lambda service: service.journal.book.order(OrderId("O-1")).mode is not None)
        answers["open"] = await give(stage, "openZone", zoneId="steeple")
        await stage.until(lambda service: not service.journal.book.control.closed, step_s=5.0)
        assert all(zone.zone_id != "closed-crane" for zone in again.site.zones.zones)
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert answers["closed"].status is Status.FINISHED, answers
    assert answers["open"].reason is Why.NOT_POSSIBLE
    assert outcome.record("O-1").mode == "van"
    assert any(reason.code == "ZONE" for reason in outcome.record("O-1").drone_reasons or ())
    (opened,) = outcome.rows("ZoneOpened")
    assert opened.payload["issuer"] == ""


def test_an_order_taken_off_a_drone_that_is_loading_goes_by_road(one_wing: Path, tmp_path: Path) -> None:
    answers: list[Answer] = []

    async def script(stage: Stage) -> None:
        await stage.until_phase(FlightPhase.LOADING)
        answers.append(await give(stage, "takeOrderOffDrone", CLEO, orderId="O-1"))
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert answers[0].status is Status.FINISHED, answers
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert outcome.dropped == {}
    assert outcome.handed_over == {"O-1": 1}


def test_a_command_that_the_end_of_the_service_cut_off_is_told_to_be(one_wing: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until_phase(FlightPhase.OUTBOUND, wait_s=5.0)
        assert stage.service is not None
        work = asyncio.create_task(give(stage, "hold", vehicleId="LC-1"))
        await stage.until(lambda _: "SteeringOrdered" in stage.kinds, step_s=0.001)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await stage.stop()
        stage.start()
        await stage.until(lambda service: bool(service.control) and "CommandSettled" in stage.kinds)
        await give(stage, "resume", vehicleId="LC-1")
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    first = outcome.rows("CommandSettled")[0].payload
    assert (first["kind"], first["status"], first["reason"]) == ("hold", "FAILED", "INTERRUPTED")
