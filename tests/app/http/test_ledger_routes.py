"""The ledger over HTTP: pages, any past hour, and a stream in which nothing is missed, whoever reads how slowly."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests_support.event_stream import event_stream
from tests_support.http_world import HttpWorld, play
from tests_support.written_day import EVENTS, FLIGHT, FLOWN, VEHICLE, WAITS, after, told, write_day

from skystork.control.roles import Role
from skystork.shell.store import LedgerReader

ORDER: dict[str, Any] = {
    "destination": {"latitudeDeg": 54.618, "longitudeDeg": -1.574},
    "parcel": {"weightKg": 1.2, "lengthM": 0.3, "widthM": 0.2, "heightM": 0.1},
}
WRITTEN = len(EVENTS)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    write_day(tmp_path)
    return tmp_path


async def place(world: HttpWorld, headers: dict[str, str], name: str) -> None:
    keyed = headers | {"Idempotency-Key": name}
    answer = await world.client.post("/v1/orders", json={**ORDER, "orderId": name}, headers=keyed)
    assert answer.status_code == 201


async def replay(world: HttpWorld, minutes: float, seconds: int, **more: Any) -> dict[str, Any]:
    query = {"start": told(minutes), "seconds": seconds, **more}
    answer = await world.client.get("/v1/replay", params=query, headers=world.token(Role.SUPERVISOR))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# ---------------------------------------------------------------------- any past hour


def test_an_hour_begins_with_the_orders_as_they_stood_then(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        stood = {
            minutes: {each["orderId"]: each["status"] for each in (await replay(world, minutes, 60))["orders"]}
            for minutes in (-1.0, 0.5, 2.0, 5.0, 7.05, 10.0)
        }
        assert stood == {
            -1.0: {},
            0.5: {FLOWN: "waiting"},
            2.0: {FLOWN: "assigned"},
            5.0: {FLOWN: "flying", WAITS: "waiting"},
            7.05: {FLOWN: "releasing", WAITS: "waiting"},
            10.0: {WAITS: "waiting"},
        }

    play(day, script)


def test_its_events_are_those_of_the_span_and_no_others(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        found = await replay(world, 1.0, 180)
        kinds = [(each["at"], each["kind"]) for each in found["events"]]
        assert kinds == [(told(at), type(event).__name__) for at, event in EVENTS if 1.0 <= at < 4.0]
        assert (found["start"], found["until"], found["whole"]) == (told(1.0), told(4.0), True)

    play(day, script)


def test_its_tracks_are_cut_to_the_span_and_as_dense_as_asked(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        (track,) = (await replay(world, 4.0, 60, every=5))["tracks"]
        assert (track["vehicleId"], track["flightId"]) == (VEHICLE, FLIGHT)
        assert [point[0] for point in track["points"]] == [5.0 * step for step in range(12)]
        assert track["points"][0][4] == 80.0
        (dense,) = (await replay(world, 4.0, 60, every=1))["tracks"]
        assert len(dense["points"]) == 60
        assert (await replay(world, 30.0, 60))["tracks"] == []

    play(day, script)


def test_what_is_no_hour_is_refused(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.SUPERVISOR)
        for query in ("", "?start=yesterday", f"?start={told(0)}&seconds=3601", f"?start={told(0)}&seconds=0"):
            assert (await world.client.get(f"/v1/replay{query}", headers=headers)).status_code == 400
        assert (await world.client.get("/v1/replay", headers=world.token(Role.PARTNER))).status_code == 403

    play(day, script)


# ---------------------------------------------------------------------- the stream of events


def test_the_stream_goes_on_after_the_last_event_that_a_client_had(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.SUPERVISOR)
        async with event_stream(world.client, "/v1/events/stream?after=0", headers) as stream:
            first = await stream.take(5)
        assert [each.event for each in first] == [type(event).__name__ for _, event in EVENTS[:5]]
        async with event_stream(world.client, "/v1/events/stream", headers | {"Last-Event-ID": first[-1].id}) as stream:
            rest = await stream.take(WRITTEN - 5)
        assert [each.id for each in [*first, *rest]] == [str(seq) for seq in range(1, WRITTEN + 1)]
        assert [each.event for each in rest] == [type(event).__name__ for _, event in EVENTS[5:]]

    play(day, script)


def test_the_stream_tells_what_is_written_while_one_listens(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.DISPATCHER)
        async with event_stream(world.client, "/v1/events/stream", headers) as stream:
            await place(world, headers, "M-1")
            found = await stream.next()
            while found.data.get("orderId") != "M-1":
                found = await stream.next()
            assert found.event == "OrderAccepted"
            assert found.data["payload"]["order_id"] == "M-1"
            assert found.id == str(found.data["seq"])

    play(day, script)


def test_a_partner_hears_of_its_own_orders_only(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        mine, theirs = world.token(Role.PARTNER, "shop"), world.token(Role.PARTNER, "stranger")
        async with event_stream(world.client, "/v1/events/stream?after=0", mine) as stream:
            own = [event for _, event in EVENTS if getattr(event, "order_id", None) == FLOWN]
            heard = await stream.take(len(own))
            assert {each.data["orderId"] for each in heard} == {FLOWN}
        async with event_stream(world.client, "/v1/events/stream?after=0", theirs) as stream:
            await place(world, theirs, "S-1")
            assert (await stream.next()).data["orderId"] == "S-1"

    play(day, script)


def test_what_is_no_place_to_go_on_from_is_refused(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.SUPERVISOR)
        for given in ("x", "-1", "1.5", "9" * 19, "²"):
            sent = httpx.Headers(headers | {"Last-Event-ID": given}, encoding="utf-8")
            answer = await world.client.get("/v1/events/stream", headers=sent)
            assert answer.status_code == 400
        assert (await world.client.get("/v1/events/stream?after=-1", headers=headers)).status_code == 400

    play(day, script)


async def read_nothing(world: HttpWorld, path: str, headers: dict[str, str]) -> asyncio.StreamWriter:
    """A client that asks and then never reads; its receive buffer is as small as can be."""
    address = httpx.URL(world.url)
    reader, writer = await asyncio.open_connection(address.host, address.port, limit=1024)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n{lines}\r\n".encode())
    await writer.drain()
    reader._transport.pause_reading()  # type: ignore[attr-defined]  # the window fills, and the server must bear it
    return writer


def test_one_that_never_reads_holds_nobody_back(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.DISPATCHER)
        asleep = [await read_nothing(world, "/v1/events/stream?after=0", headers) for _ in range(10)]
        asleep += [await read_nothing(world, "/v1/stream", headers) for _ in range(10)]
        async with event_stream(world.client, "/v1/events/stream", headers) as stream:
            for number in range(20):
                await place(world, headers, f"M-{number}")
            heard: set[str] = set()
            while len(heard) < 20:
                found = await stream.next()
                if found.event == "OrderAccepted":
                    heard.add(found.data["orderId"])
        for writer in asleep:
            writer.close()

    play(day, script)


def test_many_hear_the_same(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.DISPATCHER)

        async def listen() -> list[str]:
            async with event_stream(world.client, "/v1/events/stream?after=0", headers) as stream:
                return [each.id for each in await stream.take(WRITTEN)]

        heard = await asyncio.gather(*(listen() for _ in range(50)))
        assert heard == [[str(seq) for seq in range(1, WRITTEN + 1)]] * 50

    play(day, script)


# ---------------------------------------------------------------------- pages


def test_pages_of_events_go_through_the_ledger_once(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.SUPERVISOR)
        seen: list[int] = []
        cursor: str | None = ""
        while cursor is not None and len(seen) < WRITTEN:
            page = (await world.client.get(f"/v1/events?limit=4&cursor={cursor}", headers=headers)).json()
            seen += [each["seq"] for each in page["items"]]
            cursor = page.get("next")
        assert seen[:WRITTEN] == list(range(1, WRITTEN + 1))
        with LedgerReader.open(world.folder.ledger) as reader:
            first = next(iter(reader.read()))
        whole = (await world.client.get("/v1/events?limit=1", headers=headers)).json()["items"][0]
        assert whole["payload"] == json.loads(first.payload_text)
        assert whole["at"] == told((first.at_s - after(0)) / 60)

    play(day, script)


def test_the_audit_trail_has_what_people_and_programs_did_newest_first(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        await place(world, world.token(Role.PARTNER, "shop"), "M-1")
        answer = await world.client.get("/v1/audit", headers=world.token(Role.SUPERVISOR))
        items = answer.json()["items"]
        assert [each["seq"] for each in items] == sorted((each["seq"] for each in items), reverse=True)
        placed = [each["payload"]["by"] for each in items if each["kind"] == "OrderPlaced"]
        assert placed == ["shop", "other.shop", "shop"]
        assert not {each["kind"] for each in items} & {"FlightLaunched", "OrderDelivered"}

    play(day, script)
