"""A log into a file: whole, or so far that the next try goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from tests_support.log_counterpart import LogCounterpart
from tests_support.port_world import in_virtual_time

from skystork.errors import Unavailable
from skystork.shell.link_runner import LinkRunner
from skystork.shell.log_files import STRETCH_BYTES, fetch_log
from skystork.shell.vehicle_port import VehiclePort

LOG = Random(3).randbytes(2 * STRETCH_BYTES + 12_345)


def fetched(
    vehicle: LogCounterpart, to: Path, *, loss: float = 0.0, armed: Callable[[], bool] = lambda: False
) -> list[int]:
    """Fetch the first log; returns what was told of the progress."""
    told: list[int] = []

    async def play(port: VehiclePort, _vehicle: LogCounterpart, _runner: LinkRunner) -> None:
        (log,) = (await port.list_logs()).logs
        try:
            await fetch_log(port, log, to, armed=armed, progress=told.append)
        finally:
            await asyncio.sleep(1)  # what was said last is on its way

    in_virtual_time(play, vehicle, loss=loss)
    return told


@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_a_log_is_fetched_whole_in_stretches(tmp_path: Path, loss: float) -> None:
    to, vehicle = tmp_path / "log.ulg", LogCounterpart([(1, LOG)])
    assert fetched(vehicle, to, loss=loss) == [STRETCH_BYTES, 2 * STRETCH_BYTES, len(LOG)]
    assert to.read_bytes() == LOG
    assert [path.name for path in tmp_path.iterdir()] == ["log.ulg"]


def test_a_broken_link_keeps_what_came_and_the_next_try_goes_on(tmp_path: Path) -> None:
    to, broken, whole = tmp_path / "log.ulg", LogCounterpart([(1, LOG)]), LogCounterpart([(1, LOG)])
    broken.cut_after_bytes = STRETCH_BYTES + 9_000
    with pytest.raises(Unavailable, match=r"after 26\d{4} of 524345 bytes of log 0; the same command goes on"):
        fetched(broken, to)
    here = (tmp_path / "log.ulg.part").stat().st_size
    assert not to.exists()
    assert fetched(whole, to) == [here + STRETCH_BYTES, len(LOG)]
    assert to.read_bytes() == LOG
    assert whole.served_bytes < len(LOG) - here + 1_000


def test_a_part_of_another_log_is_not_gone_on_with(tmp_path: Path) -> None:
    to = tmp_path / "log.ulg"
    (tmp_path / "log.ulg.part").write_bytes(b"another log's beginning" * 100)
    fetched(LogCounterpart([(1, LOG)]), to)
    assert to.read_bytes() == LOG


def test_an_armed_vehicle_is_left_alone_and_one_that_arms_amid_it_too(tmp_path: Path) -> None:
    to, vehicle = tmp_path / "log.ulg", LogCounterpart([(1, LOG)])
    with pytest.raises(Unavailable, match="armed"):
        fetched(vehicle, to, armed=lambda: True)
    assert vehicle.served_bytes == 0
    with pytest.raises(Unavailable, match="armed"):
        fetched(vehicle, to, armed=lambda: vehicle.served_bytes >= STRETCH_BYTES)
    assert (tmp_path / "log.ulg.part").stat().st_size == STRETCH_BYTES
    assert vehicle.ended == 2


def test_an_empty_log_is_an_empty_file(tmp_path: Path) -> None:
    fetched(LogCounterpart([(1, b"")]), tmp_path / "log.ulg")
    assert (tmp_path / "log.ulg").read_bytes() == b""


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"cannot write .*gone/log.ulg.part"):
        fetched(LogCounterpart([(1, LOG)]), tmp_path / "gone" / "log.ulg")
