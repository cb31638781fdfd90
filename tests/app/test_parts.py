"""A part of the service that fails begins anew, is told, and leaves the flights alone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests_support.play import Stage, order_at, play, write_site

from skystork.app.parts import PAUSES_S, STEADY_S, Parts
from skystork.errors import LedgerError
from skystork.flight.phase import FlightPhase
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus


def stumbling(falls: list[Exception], began: list[float]) -> Callable[[], Awaitable[None]]:
    """Work that fails with one error after the other, then goes to its end."""

    async def work() -> None:
        began.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0)
        if falls:
            raise falls.pop(0)

    return work


def kept(falls: list[Exception]) -> tuple[Parts, list[float]]:
    parts, began = Parts(), list[float]()
    run_virtual(parts.keep("vans", stumbling(falls, began)), 0.0)
    return parts, began


def test_it_begins_anew_with_growing_pauses_until_its_work_is_done() -> None:
    _, began = kept([ValueError(str(number)) for number in range(7)])

    pauses = [later - earlier for earlier, later in itertools.pairwise(began)]
    assert pauses == pytest.approx([*PAUSES_S, PAUSES_S[-1], PAUSES_S[-1]])


def test_what_fails_is_named_with_its_cause_until_it_worked_for_long_enough() -> None:
    parts, began = kept([ValueError("a hole in the matrix"), ExceptionGroup("", [KeyError("EV-1")])])

    (failure,) = parts.failing(began[-1])
    assert (failure.name, failure.times, failure.since_s) == ("vans", 2, 0.0)
    assert failure.why == "KeyError: 'EV-1'"
    assert list(parts.failing(began[-1] + STEADY_S - 1.0))
    assert not list(parts.failing(began[-1] + STEADY_S + 1.0))
    with pytest.raises(ValueError, match="hole"):
        parts.raise_first()


@pytest.mark.parametrize(
    "error", [LedgerError("disk full"), ExceptionGroup("", [ValueError("x"), LedgerError("disk full")])]
)
def test_a_ledger_that_cannot_be_written_ends_the_service(error: Exception) -> None:
    with pytest.raises(type(error)):
        kept([error])


class FaultyBus:
    """The bus of a service in which one topic brings whoever publishes there down."""

    def __init__(self, bus: MemoryBus, topic: str) -> None:
        self._bus, self._topic, self.is_faulty = bus, topic, True
        self.subscribe, self.problem = bus.subscribe, None

    async def publish(self, topic: str, payload: bytes, **options: object) -> None:
        if self.is_faulty and topic.endswith(self._topic):
            raise ZeroDivisionError("a figure of an empty hour")
        await self._bus.publish(topic, payload, **options)  # type: ignore[arg-type]  # options as they were given


def test_a_delivery_is_flown_while_a_part_fails_again_and_again(tmp_path: Path) -> None:
    told: list[str] = []

    async def script(stage: Stage) -> None:
        await stage.until(lambda it: it.weather.reading is not None)
        await stage.stop()
        stage.parts_may_fail = True
        faulty = FaultyBus(stage.bus, "dispatch/status")
        stage.bus = faulty  # type: ignore[assignment]  # a bus to all who use it
        service = stage.start()
        await stage.until(lambda it: (f := it.desks[0].flight) is not None and f.phase is FlightPhase.OUTBOUND)
        (alarm,) = [each for each in service.attention.queue() if each.matter.key.startswith("part:")]
        told.extend([alarm.matter.key, alarm.matter.urgency, alarm.matter.detail])
        faulty.is_faulty = False
        await stage.until_over()
        await stage.until(lambda it: not any(each.matter.key.startswith("part:") for each in it.attention.queue()))

    folder = write_site(tmp_path / "site", "MR-1")
    outcome = play(folder, tmp_path, lambda site: [order_at(site, "O-1", -900.0, 700.0)], script=script)

    assert outcome.dropped == {"O-1": 1}
    assert told[:2] == ["part:site announcer", "critical"]
    assert "ZeroDivisionError: a figure of an empty hour" in told[2]
