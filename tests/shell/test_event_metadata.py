"""The words of a vehicle's events: from the vehicle, from the folder, from a given file; or why not."""

from __future__ import annotations

import asyncio
import json
import lzma
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import pytest
from tests_support.metadata_counterpart import EVENTS, GENERAL, TABLE, MetadataCounterpart, crc32_of
from tests_support.port_world import START_S, VEHICLE, LossyWire, in_virtual_time

from skystork.errors import ConfigError, LinkPeerError
from skystork.link.contract import LinkEvent, LinkSettings
from skystork.link.fleet_link import FleetLink
from skystork.link.service_contract import AutopilotEvent
from skystork.shell.event_metadata import EventMetadata
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import VirtualLoop
from skystork.shell.vehicle_port import VehiclePort

SEVEN = 0x01000007
Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


def learned(metadata: EventMetadata, vehicle: MetadataCounterpart, *, fetch: bool = True, loss: float = 0.0) -> str:
    """What the vehicle's event 7 is called after learning; empty where nothing was learned."""
    name = ""

    async def play(port: VehiclePort, _vehicle: MetadataCounterpart, _runner: LinkRunner) -> None:
        nonlocal name
        texts = await metadata.learn(port, fetch=fetch)
        described = texts.describe(SEVEN, b"") if texts else None
        name = described.name if described else ""

    in_virtual_time(play, vehicle, loss=loss)
    return name


@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_a_vehicle_teaches_its_own_words(loss: float) -> None:
    assert learned(EventMetadata(None), MetadataCounterpart(), loss=loss) == "seven"


class RecordingLoop(VirtualLoop):
    """Notes what would leave the loop's thread, and runs it there, in virtual time."""

    def __init__(self) -> None:
        super().__init__(START_S)
        self.away: list[str] = []

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], Result], *args: *Arguments
    ) -> asyncio.Future[Result]:
        assert isinstance(func, partial)  # asyncio.to_thread: the context's own call of the function
        self.away.append(func.args[0].__name__)
        return super().run_in_executor(executor, func, *args)


def test_the_loop_neither_unpacks_nor_parses_nor_touches_the_disk(tmp_path: Path) -> None:
    async def play() -> None:
        fleet = FleetLink(LinkSettings())
        fleet.add_vehicle(1, VEHICLE)
        runner = LinkRunner(fleet, LossyWire(MetadataCounterpart(), loss=0.0))
        await asyncio.sleep(3)
        assert await EventMetadata(tmp_path).learn(VehiclePort(runner, 1))
        runner.close()

    loop = RecordingLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(play())
    each_file = ["_read", "_has_checksum", "_write"]
    assert loop.away == [*each_file, "parse_metadata", *each_file, "EventTexts"]


def test_a_kept_file_too_large_to_be_a_table_is_not_even_read(tmp_path: Path) -> None:
    learned(EventMetadata(tmp_path), MetadataCounterpart())
    for kept in tmp_path.iterdir():
        kept.write_bytes(bytes(600_000))
    vehicle = MetadataCounterpart()
    assert learned(EventMetadata(tmp_path), vehicle) == "seven"
    assert vehicle.frames_served > 0


def test_what_was_learned_is_said_from_then_on() -> None:
    async def play(port: VehiclePort, vehicle: MetadataCounterpart, _runner: LinkRunner) -> None:
        told: list[LinkEvent] = []
        port.events.append(told.append)
        vehicle.happen(SEVEN)
        await port.arm()
        texts = await EventMetadata(None).learn(port)
        assert texts is not None
        port.take_event_texts(texts)
        vehicle.happen(SEVEN)
        await port.arm()
        said = [event.text for event in told if isinstance(event, AutopilotEvent)]
        assert said == ["event 0x01000007, arguments none", "Seven happened"]

    in_virtual_time(play, MetadataCounterpart())


def test_a_second_vehicle_and_a_second_run_fetch_nothing(tmp_path: Path) -> None:
    metadata = EventMetadata(tmp_path)
    learned(metadata, MetadataCounterpart())
    for each in (metadata, EventMetadata(tmp_path)):
        second = MetadataCounterpart()
        assert learned(each, second) == "seven"
        assert second.frames_served == 0


def test_a_kept_table_that_was_spoilt_is_fetched_anew(tmp_path: Path) -> None:
    learned(EventMetadata(tmp_path), MetadataCounterpart())
    for kept in tmp_path.iterdir():
        kept.write_bytes(kept.read_bytes()[:-1])
    vehicle = MetadataCounterpart()
    assert learned(EventMetadata(tmp_path), vehicle) == "seven"
    assert vehicle.frames_served > 0


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert learned(EventMetadata(tmp_path / "file"), MetadataCounterpart()) == "seven"


def test_in_flight_nothing_is_fetched_and_what_is_known_is_used(tmp_path: Path) -> None:
    vehicle = MetadataCounterpart()
    assert learned(EventMetadata(tmp_path), vehicle, fetch=False) == ""
    assert vehicle.frames_served == 0
    learned(EventMetadata(tmp_path), MetadataCounterpart())
    assert learned(EventMetadata(tmp_path), MetadataCounterpart(), fetch=False) == "seven"


def test_a_given_file_is_used_and_the_vehicle_left_alone(tmp_path: Path) -> None:
    given = tmp_path / "all_events.json.xz"
    given.write_bytes(lzma.compress(json.dumps(TABLE).encode()))
    vehicle = MetadataCounterpart()
    vehicle.told = None
    assert learned(EventMetadata(None, given), vehicle) == "seven"


def rename(general: object) -> Callable[[MetadataCounterpart], None]:
    def change(vehicle: MetadataCounterpart) -> None:
        data = json.dumps(general).encode()
        vehicle.files[GENERAL] = data
        vehicle.told = (f"mftp://{GENERAL}", crc32_of(data))

    return change


def untold(vehicle: MetadataCounterpart) -> None:
    vehicle.told = None


def lost_file(vehicle: MetadataCounterpart) -> None:
    del vehicle.files[EVENTS]


def other_file(vehicle: MetadataCounterpart) -> None:
    vehicle.files[GENERAL] = b'{"version": 2}'


def elsewhere(vehicle: MetadataCounterpart) -> None:
    vehicle.told = ("https://example.org/general.json", 7)


def huge_file(vehicle: MetadataCounterpart) -> None:
    vehicle.files[EVENTS] = b" " * 600_000


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (untold, "does not describe itself .*denied"),
        (lost_file, "all_events.json.xz could not be fetched: missing"),
        (huge_file, "too_large 600000 bytes, allowed are 500000"),
        (other_file, "its checksum is not 0x"),
        (elsewhere, "https://example.org/general.json, which is not on board"),
        (rename({"version": 1}), "names no table of events"),
        (rename({"metadataTypes": [{"type": 4, "uri": 7, "fileCrc": True}]}), "names no table of events"),
        (rename([]), "not an object"),
    ],
)
def test_a_vehicle_that_teaches_nothing_is_said_so(change: Callable[[MetadataCounterpart], None], what: str) -> None:
    vehicle = MetadataCounterpart()
    change(vehicle)
    with pytest.raises(LinkPeerError, match=what):
        learned(EventMetadata(None), vehicle)


@pytest.mark.parametrize(
    ("content", "what"), [(None, "cannot be read"), (b"{}", "is no table of events"), (b"\xff", "is no table")]
)
def test_a_given_file_that_is_no_table_is_a_mistake_in_the_site_file(
    tmp_path: Path, content: bytes | None, what: str
) -> None:
    given = tmp_path / "events.json"
    if content is not None:
        given.write_bytes(content)
    with pytest.raises(ConfigError, match=what):
        EventMetadata(None, given)
