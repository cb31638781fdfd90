"""A person cancels and closes orders and puts vehicles back into service: once, with who and why, in every state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests_support.play import NEAR, Stage, one_order, order_at, play

from skystork.app.site import Site
from skystork.orders.by_hand import Found, HandAction, HandOrder
from skystork.orders.order import Order, OrderId, VehicleId
from skystork.orders.order_state import OrderState
from skystork_sim.incidents import Incident, IncidentKind


def heavy_order(site: Site) -> list[Order]:
    return [order_at(site, "O-1", *NEAR, weight_kg=4.0)]


def word(action: HandAction, number: int, *, order: str | None = "O-1", found: Found | None = None) -> HandOrder:
    order_id = None if order is None else OrderId(order)
    vehicle_id = None if order is not None else VehicleId("LC-1")
    return HandOrder(f"H-{number}", action, "Ann Duty", "the customer called", order_id, vehicle_id, found)


def settled(event: str, *words: HandOrder, answers: list[tuple[str, str]]) -> Callable[[Stage], Awaitable[None]]:
    """Say these words, one after the other, right after an event; then let the play go on to its end."""

    async def script(stage: Stage) -> None:
        await stage.until(lambda _: event in stage.kinds, step_s=0.1)
        assert stage.service is not None
        for each in words:
            answers.append(await stage.service.settle_by_hand(each))
        await stage.until_over()

    return script


@pytest.mark.parametrize("event", ["OrderAccepted", "OrderAssigned", "FlightCleared", "MissionUploaded"])
def test_cancelled_before_it_left_nothing_flies_and_a_second_word_is_the_first(
    one_wing: Path, tmp_path: Path, event: str
) -> None:
    answers: list[tuple[str, str]] = []
    words = [word(HandAction.CANCEL, 1), word(HandAction.CANCEL, 2), word(HandAction.CANCEL, 2)]
    outcome = play(one_wing, tmp_path, one_order, script=settled(event, *words, answers=answers))

    assert [answer for answer, _ in answers] == ["finished", "finished", "refused"], answers
    assert outcome.record("O-1").state is OrderState.CANCELLED
    assert not outcome.rows("FlightLaunched") and len(outcome.rows("OrderCancelled")) == 1
    assert not outcome.ledger.book.open_flights()
    assert "Ann Duty: the customer called" in str(outcome.rows("OrderCancelled")[0].payload["why"])
    assert [row.payload["outcome"] for row in outcome.rows("SettledByHand")] == ["finished", "finished"]


def test_cancelled_before_its_van_has_a_tour_no_van_comes_for_it(one_wing: Path, tmp_path: Path) -> None:
    answers: list[tuple[str, str]] = []
    script = settled("PromiseMade", word(HandAction.CANCEL, 1), answers=answers)
    outcome = play(one_wing, tmp_path, heavy_order, script=script)

    assert answers[0][0] == "finished"
    assert outcome.record("O-1").state is OrderState.CANCELLED
    assert not outcome.handed_over


@pytest.mark.parametrize(
    ("orders", "event", "why"),
    [
        (one_order, "FlightLaunched", "in the air on LC-1"),
        (one_order, "OrderDelivered", "too late"),
        (heavy_order, "RoutePlanned", "tour that VAN-1 has"),
        (heavy_order, "ParcelLoaded", "VAN-1"),
    ],
)
def test_too_late_to_cancel_it_says_why_and_the_order_goes_on(
    one_wing: Path, tmp_path: Path, orders: Callable[[Site], list[Order]], event: str, why: str
) -> None:
    answers: list[tuple[str, str]] = []
    outcome = play(one_wing, tmp_path, orders, script=settled(event, word(HandAction.CANCEL, 1), answers=answers))

    assert answers[0][0] == "refused" and why in answers[0][1], answers
    assert outcome.record("O-1").state is OrderState.DELIVERED


@pytest.mark.parametrize(
    ("found", "state"), [(Found.DELIVERED, OrderState.DELIVERED), (Found.UNDELIVERABLE, OrderState.UNDELIVERABLE)]
)
def test_an_order_that_waits_for_a_person_is_closed_by_what_was_found(
    one_wing: Path, tmp_path: Path, found: Found, state: OrderState
) -> None:
    answers: list[tuple[str, str]] = []
    words = [
        word(HandAction.CANCEL, 1),
        word(HandAction.CLOSE, 2, found=found),
        word(HandAction.CLOSE, 3, found=found),
        word(HandAction.CLOSE, 4, order="O-9", found=found),
    ]
    silent = Incident(IncidentKind.GRIPPER_SILENT, 1, flight=1)
    script = settled("ReleaseUnresolved", *words, answers=answers)
    outcome = play(one_wing, tmp_path, one_order, incidents=[silent], script=script)

    assert [answer for answer, _ in answers] == ["refused", "finished", "finished", "unknown"], answers
    assert outcome.record("O-1").state is state
    assert len(outcome.kinds("O-1", "OrderDelivered", "OrderUndeliverable")) == 1
    assert not outcome.ledger.book.open_flights()
    assert outcome.ledger.report.broken is None


def test_out_of_service_stays_so_over_a_restart_until_a_person_restores_it(one_wing: Path, tmp_path: Path) -> None:
    seen: list[str | None] = []
    answers: list[tuple[str, str]] = []

    async def script(stage: Stage) -> None:
        assert stage.service is not None
        await stage.service.desks[0].take_out_of_service(stage.service.journal, "a propeller is cracked")
        await stage.stop()
        service = stage.start()
        seen.append(service.desks[0].out_of_service)
        for number in (1, 2):
            answers.append(await service.settle_by_hand(word(HandAction.RESTORE, number, order=None)))
        seen.append(service.desks[0].out_of_service)
        await stage.stop()
        seen.append(stage.start().desks[0].out_of_service)
        await stage.until_over()

    play(one_wing, tmp_path, one_order, script=script)
    assert seen == ["a propeller is cracked", None, None]
    assert [answer for answer, _ in answers] == ["finished", "finished"]
