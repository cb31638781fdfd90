"""Who has a matter of the attention queue, over the life of it and over restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests_support.command_makers import ANN, make_command
from tests_support.play import Stage, order_at, play, write_site

from skystork.app.attention import Owned
from skystork.app.attention_desk import OVER_S
from skystork.app.site import Site
from skystork.control.answer import Status
from skystork.flight.phase import FlightPhase
from skystork.orders import events as e
from skystork.orders.order import FlightId, Order, OrderId, VehicleId


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("attention"), "MR-1")


def one_order(site: Site) -> list[Order]:
    return [order_at(site, "O-1", -900.0, 700.0)]


def held(stage: Stage) -> Owned | None:
    assert stage.service is not None
    return next((each for each in stage.service.attention.queue() if each.matter.key.startswith("held:")), None)


async def give(stage: Stage, kind: str, **fields: str) -> None:
    assert stage.service is not None
    if "vehicleId" in fields:
        fields["targetVersion"] = stage.service.control.version_of("vehicle/MR-1") or ""
    made = make_command(kind, asyncio.get_running_loop().time(), **fields)
    answer = await stage.service.control.execute(made, ANN)
    assert answer.status is Status.FINISHED, answer


def test_an_alarm_keeps_its_owner_over_a_restart_until_it_is_over(folder: Path, tmp_path: Path) -> None:
    seen: list[str] = []

    async def script(stage: Stage) -> None:
        await stage.until(lambda service: service.desks[0].flight is not None)
        await stage.until(
            lambda service: (f := service.desks[0].flight) is not None and f.phase is FlightPhase.OUTBOUND
        )
        await give(stage, "hold", vehicleId="MR-1")
        matter = held(stage)
        assert matter is not None and matter.owner == ""
        await give(stage, "takeAlarm", alarmKey=matter.matter.key)
        await stage.stop()
        stage.start()
        await stage.until(lambda _: held(stage) is not None)
        again = held(stage)
        assert again is not None
        seen.append(again.owner)
        await give(stage, "resume", vehicleId="MR-1")
        await stage.until(lambda _: held(stage) is None)
        await asyncio.sleep(OVER_S + 5.0)
        assert stage.service is not None and stage.service.journal.book.control.owners == {}
        await stage.until_over()

    outcome = play(folder, tmp_path, one_order, script=script)

    assert seen == ["ann"]
    assert [row.payload["alarm_key"] for row in outcome.rows("AlarmOver")] == ["held:F-0001"]


def test_what_was_raised_before_a_restart_is_in_the_queue_until_it_is_over(folder: Path, tmp_path: Path) -> None:
    queues: list[set[str]] = []

    def rules(stage: Stage) -> set[str]:
        assert stage.service is not None
        keys = {each.matter.key for each in stage.service.attention.queue()}
        return {key.rpartition(":")[2] for key in keys if key.startswith("rule:F-0001:")}

    async def script(stage: Stage) -> None:
        await stage.until(
            lambda service: (f := service.desks[0].flight) is not None and f.phase is FlightPhase.OUTBOUND
        )
        assert stage.service is not None
        for rule in ("OFF_PATH", "DRIFTED"):  # one that is looked at anew with each word of the vehicle, and another
            told = e.ContingencyRaised(FlightId("F-0001"), VehicleId("MR-1"), rule, "WARN", "as told", OrderId("O-1"))
            await stage.service.journal.record(told)
        queues.append(rules(stage))
        await stage.stop()
        stage.start()
        await stage.until(lambda service: service.desks[0].flight is not None)
        await asyncio.sleep(10.0)
        queues.append(rules(stage))
        await stage.until_over()
        queues.append(rules(stage))
        assert stage.service is not None and not stage.service.journal.book.contingencies

    outcome = play(folder, tmp_path, one_order, script=script)

    assert queues == [{"OFF_PATH", "DRIFTED"}, {"DRIFTED"}, set()]
    assert [row.payload["rule"] for row in outcome.rows("ContingencyCleared")] == ["OFF_PATH", "DRIFTED"]
