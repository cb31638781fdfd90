"""A client moves the doorstep while the drone flies: the new one is flown to and recorded together, or neither is."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from tests_support.play import NEAR, Outcome, Stage, one_order, play

from skystork.app.ledger_view import Row
from skystork.flight.phase import FlightPhase
from skystork.frames import Geodetic
from skystork.orders.order import OrderId
from skystork.orders.order_state import OrderState

ELSEWHERE = (-1500.0, 1900.0)
THIRD = (-1000.0, 900.0)


def redirected(
    *steps: tuple[FlightPhase, tuple[float, float], float], answers: list[str]
) -> Callable[[Stage], Awaitable[None]]:
    async def script(stage: Stage) -> None:
        for number, (phase, to, wait_s) in enumerate(steps):
            await stage.until_phase(phase, wait_s=wait_s)
            assert stage.service is not None
            place = stage.site.frame.to_geodetic(*to)
            answers.append(await stage.service.orders.redirect(OrderId("O-1"), place, "shop", f"R-{number}"))
        await stage.until_over()

    return script


def dropped_at(outcome: Outcome) -> tuple[float, float]:
    """Where the parcel really left the drone [m from the depot]."""
    (release,) = outcome.truth["releases"]
    return outcome.site.frame.to_enu_m(Geodetic(release["latitude_deg"], release["longitude_deg"]))


def previous(outcome: Outcome, row: Row) -> tuple[float, float]:
    return outcome.site.frame.to_enu_m(msgspec.convert(row.payload["previous"], Geodetic))


def recorded_at(outcome: Outcome) -> tuple[float, float]:
    return outcome.site.frame.to_enu_m(outcome.record("O-1").order.drop_off)


def test_the_new_doorstep_is_flown_to_and_is_the_orders_own_from_the_same_moment(
    one_multirotor: Path, tmp_path: Path
) -> None:
    answers: list[str] = []
    outcome = play(
        one_multirotor, tmp_path, one_order, script=redirected((FlightPhase.OUTBOUND, ELSEWHERE, 70.0), answers=answers)
    )

    assert answers == [""]
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert outcome.dropped == {"O-1": 1}
    assert math.dist(dropped_at(outcome), ELSEWHERE) < 3.0
    assert math.dist(recorded_at(outcome), ELSEWHERE) < 0.1
    ((rerouted,), (moved,)) = outcome.rows("FlightRerouted"), outcome.rows("OrderRedirected")
    assert moved.seq == rerouted.seq + 1
    assert moved.at_s == rerouted.at_s
    assert moved.payload["by"] == "shop"


def test_redirected_twice_it_goes_to_the_last_doorstep(one_multirotor: Path, tmp_path: Path) -> None:
    answers: list[str] = []
    steps = ((FlightPhase.OUTBOUND, ELSEWHERE, 60.0), (FlightPhase.OUTBOUND, THIRD, 20.0))
    outcome = play(one_multirotor, tmp_path, one_order, script=redirected(*steps, answers=answers))

    assert answers == ["", ""]
    assert math.dist(dropped_at(outcome), THIRD) < 3.0
    assert math.dist(recorded_at(outcome), THIRD) < 0.1
    before = [previous(outcome, row) for row in outcome.rows("OrderRedirected")]
    assert math.dist(before[0], NEAR) < 0.1
    assert math.dist(before[1], ELSEWHERE) < 0.1


@pytest.mark.parametrize(
    ("to", "why"), [((5100.0, -800.0), "TEESSIDE"), ((30000.0, 0.0), "RADIUS")], ids=["closed", "far"]
)
def test_where_it_cannot_go_it_delivers_where_it_was_going(
    one_multirotor: Path, tmp_path: Path, to: tuple[float, float], why: str
) -> None:
    answers: list[str] = []
    outcome = play(
        one_multirotor, tmp_path, one_order, script=redirected((FlightPhase.OUTBOUND, to, 70.0), answers=answers)
    )

    assert why in answers[0]
    assert math.dist(dropped_at(outcome), NEAR) < 3.0
    assert math.dist(recorded_at(outcome), NEAR) < 0.1
    assert outcome.dropped == {"O-1": 1}
    assert not outcome.rows("OrderRedirected")


def test_a_wing_cannot_be_redirected_in_the_air_and_goes_on(one_wing: Path, tmp_path: Path) -> None:
    answers: list[str] = []
    outcome = play(
        one_wing, tmp_path, one_order, script=redirected((FlightPhase.OUTBOUND, ELSEWHERE, 40.0), answers=answers)
    )

    assert "wing" in answers[0]
    assert math.dist(dropped_at(outcome), NEAR) < 5.0
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert not outcome.rows("OrderRedirected")


def test_on_the_way_home_without_its_parcel_nothing_is_moved(one_multirotor: Path, tmp_path: Path) -> None:
    answers: list[str] = []
    outcome = play(
        one_multirotor, tmp_path, one_order, script=redirected((FlightPhase.INBOUND, ELSEWHERE, 5.0), answers=answers)
    )

    assert answers == ["it is delivered"]
    assert math.dist(recorded_at(outcome), NEAR) < 0.1
    assert not outcome.rows("SteeringOrdered")


@pytest.mark.parametrize("event", ["RerouteBegun", "FlightRerouted"])
def test_a_controller_killed_meanwhile_delivers_once_where_its_ledger_says(
    one_multirotor: Path, tmp_path: Path, event: str
) -> None:
    async def script(stage: Stage) -> None:
        await stage.until_phase(FlightPhase.OUTBOUND, wait_s=70.0)
        assert stage.service is not None
        place = stage.site.frame.to_geodetic(*ELSEWHERE)
        asked = asyncio.create_task(stage.service.orders.redirect(OrderId("O-1"), place, "shop", "R-1"))
        await stage.until(lambda _: event in stage.kinds, step_s=0.01)
        asked.cancel()
        await stage.stop()
        await asyncio.gather(asked, return_exceptions=True)
        await asyncio.sleep(5.0)
        stage.start()
        await stage.until_over()

    outcome = play(one_multirotor, tmp_path, one_order, script=script)

    assert outcome.dropped + outcome.handed_over == {"O-1": 1}, "half rerouted it comes home, and a van brings it"
    assert outcome.record("O-1").state is OrderState.DELIVERED
    if event == "FlightRerouted":
        assert math.dist(dropped_at(outcome), ELSEWHERE) < 3.0
    assert math.dist(recorded_at(outcome), ELSEWHERE if event == "FlightRerouted" else NEAR) < 0.1
