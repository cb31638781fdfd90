"""A hexarotor that lowers its parcels on a winch: a delivery, and each way in which the winch can fail it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests_support.play import Outcome, Script, Stage, order_at, play

from skystork.app.options import default_site
from skystork.app.site import Site
from skystork.orders.by_hand import Found, HandAction, HandOrder
from skystork.orders.order import Mode, Order, OrderId
from skystork.orders.order_state import OrderState
from skystork_sim.incidents import Incident, IncidentKind

WINCH_SITE = default_site().parent / "darlington_winch"
OUT_M = 3.0
"""Line let out at which the plays jam it: half way down."""


def one_order(site: Site) -> Sequence[Order]:
    return [order_at(site, "O-1", -1500.0, 1000.0)]


def flown(tmp_path: Path, *incidents: Incident, script: Script | None = None) -> Outcome:
    return play(WINCH_SITE, tmp_path, one_order, incidents=incidents, script=script)


def evidence(outcome: Outcome, kind: str) -> str:
    (row,) = outcome.rows(kind)
    return str(row.payload["evidence"])


def wrong(kind: IncidentKind, value: float = 0.0, **when: float) -> Incident:
    return Incident(kind, 1, flight=1, value=value, **when)


def test_a_parcel_is_lowered_let_go_on_the_ground_and_the_line_comes_in_before_the_way_home(tmp_path: Path) -> None:
    outcome = flown(tmp_path)

    assert outcome.record("O-1").mode is Mode.DRONE and outcome.record("O-1").state is OrderState.DELIVERED
    assert outcome.rules() == []
    assert outcome.dropped == {"O-1": 1}
    assert outcome.truth["releases"][0]["height_m"] < 0.1
    assert evidence(outcome, "ReleaseConfirmed").startswith("DO_WINCH delivered")
    let_go_s, confirmed_s = outcome.truth["releases"][0]["at_s"], outcome.rows("ReleaseConfirmed")[0].at_s
    assert confirmed_s - let_go_s > 10.0, "seven metres come in at half a metre a second"
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True


def test_a_winch_that_never_answers_leaves_the_parcel_unknown_until_the_crew_looks(tmp_path: Path) -> None:
    outcome = flown(tmp_path, wrong(IncidentKind.WINCH_SILENT))

    assert "DO_WINCH unknown" in evidence(outcome, "ReleaseUnresolved")
    assert len(outcome.rows("ReleaseRequested")) == 1
    assert not outcome.rows("ReleaseConfirmed") and not outcome.dropped
    assert "ParcelReturned" in outcome.kinds("O-1")


def test_a_line_that_jams_for_a_while_holds_the_flight_there_until_it_is_in(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "ReleaseUnresolved" in stage.kinds)
        stage.world.faults[1].end(IncidentKind.WINCH_JAM)
        await stage.until_over()

    outcome = flown(tmp_path, wrong(IncidentKind.WINCH_JAM, OUT_M), script=script)

    assert outcome.rules() == ["LINE_OUT", "HELD"]
    raised = outcome.rows("ContingencyRaised")[0]
    assert raised.payload["action"] == "HOLD"
    assert {row.payload["rule"] for row in outcome.rows("ContingencyCleared")} == {"LINE_OUT", "HELD"}
    assert not outcome.dropped
    assert "ParcelReturned" in outcome.kinds("O-1") and outcome.record("O-1").mode is Mode.VAN
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True


def test_a_line_that_stays_jammed_holds_the_flight_until_the_battery_brings_it_home(tmp_path: Path) -> None:
    outcome = flown(tmp_path, wrong(IncidentKind.WINCH_JAM, OUT_M))

    assert outcome.rules() == ["LINE_OUT", "HELD", "BATTERY_LOW"]
    assert len(outcome.rows("ReleaseRequested")) == 1 and not outcome.dropped
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True
    assert "ParcelReturned" in outcome.kinds("O-1")


def test_a_hook_that_never_lets_go_is_lowered_twice_and_the_parcel_comes_home_by_report(tmp_path: Path) -> None:
    outcome = flown(tmp_path, wrong(IncidentKind.WINCH_SNAG))

    assert "DO_WINCH still_loaded" in evidence(outcome, "ReleaseFailed")
    assert outcome.rules() == ["RELEASE_FAILED"]
    assert not outcome.dropped
    assert outcome.record("O-1").mode is Mode.VAN and outcome.handed_over == {"O-1": 1}


def test_a_line_let_go_of_leaves_the_parcel_below_for_a_person_and_the_aircraft_flies_home(tmp_path: Path) -> None:
    outcome = flown(tmp_path, wrong(IncidentKind.WINCH_ABANDON))

    assert "DO_WINCH abandoned" in evidence(outcome, "ReleaseUnresolved")
    assert outcome.dropped == {"O-1": 1}
    assert "LINE_OUT" not in outcome.rules()
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True


@pytest.mark.parametrize(
    ("away_s", "rules", "let_go"),
    [
        (0.0, ["LINE_OUT", "HELD"], False),  # still going down: stopped, and reeled in with the parcel
        (15.0, ["LINE_OUT", "HELD"], True),  # PX4 has long counted the ground as lost
        (60.0, [], True),  # the winch ended by itself
    ],
)
def test_a_controller_killed_while_the_line_is_out_flies_on_when_it_is_in_and_delivers_nothing_twice(
    tmp_path: Path, away_s: float, rules: list[str], let_go: bool
) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "ReleaseRequested" in stage.kinds, step_s=0.1)
        winch = stage.world.drones[1].autopilot.aircraft.winch
        assert winch is not None
        await stage.until(lambda _: winch.line_m > OUT_M, step_s=0.1)
        await stage.stop()
        await asyncio.sleep(away_s)
        stage.start()
        await stage.until_over()
        assert winch.retracted

    outcome = flown(tmp_path, script=script)

    assert len(outcome.rows("ReleaseRequested")) == 1
    assert outcome.rules() == rules
    assert outcome.dropped == ({"O-1": 1} if let_go else {})
    assert outcome.dropped + outcome.handed_over == {"O-1": 1}
    assert ("ParcelReturned" in outcome.kinds("O-1")) is not let_go
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True
    assert outcome.record("O-1").ended


def test_an_order_closed_by_hand_while_the_line_is_out_lets_nothing_fly_off_after_a_restart(tmp_path: Path) -> None:
    answers: list[tuple[str, str]] = []
    lengths_m: list[float] = []

    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "ReleaseUnresolved" in stage.kinds)
        winch = stage.world.drones[1].autopilot.aircraft.winch
        assert winch is not None and stage.service is not None
        word = HandOrder("H-1", HandAction.CLOSE, "Ann Duty", "it is here", OrderId("O-1"), None, Found.DELIVERED)
        answers.append(await stage.service.settle_by_hand(word))
        await stage.stop()
        await asyncio.sleep(10.0)
        stage.world.faults[1].end(IncidentKind.WINCH_JAM)
        stage.start()
        began_at = len(stage.kinds)
        await stage.until(lambda _: "FlightPhaseChanged" in stage.kinds[began_at:], step_s=0.1)
        lengths_m.append(winch.line_m)
        await stage.until_over()

    outcome = flown(tmp_path, wrong(IncidentKind.WINCH_JAM, OUT_M), script=script)

    assert [answer for answer, _ in answers] == ["finished"]
    assert lengths_m[0] > 0.0
    assert outcome.rules() == ["LINE_OUT", "HELD", "LINE_OUT", "PARCEL_FOUND"]
    assert outcome.record("O-1").state is OrderState.DELIVERED and not outcome.dropped
