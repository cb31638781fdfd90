"""Orders over HTTP: placed once and durably, seen by whom they concern, moved while that is possible."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from tests_support.http_world import HttpWorld, play

from skystork.app.ledger_view import LedgerView
from skystork.control.roles import Role
from skystork.orders.order import OrderId
from skystork.shell.store import LedgerReader

ORDER: dict[str, Any] = {
    "destination": {"latitudeDeg": 54.618, "longitudeDeg": -1.574},
    "parcel": {"weightKg": 1.2, "lengthM": 0.3, "widthM": 0.2, "heightM": 0.1},
    "recipient": "Ada",
}


async def place(world: HttpWorld, headers: dict[str, str], key: str, **more: Any) -> httpx.Response:
    return await world.client.post("/v1/orders", json={**ORDER, **more}, headers=headers | {"Idempotency-Key": key})


def test_a_placed_order_is_in_the_ledger_before_it_is_answered(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        answer = await place(world, world.token(Role.PARTNER), "k-1", orderId="M-1")
        assert (answer.status_code, answer.headers["location"]) == (201, "/v1/orders/M-1")
        with LedgerReader.open(world.folder.ledger) as reader:
            kinds = [record.kind for record in reader.of_order("M-1")]
        assert kinds[:2] == ["OrderAccepted", "OrderPlaced"]

    play(tmp_path, script)


def test_the_same_key_is_the_same_order_over_a_restart_too(tmp_path: Path) -> None:
    given: dict[str, str] = {}

    async def first(world: HttpWorld) -> None:
        headers = world.token(Role.PARTNER)
        answers = await asyncio.gather(*(place(world, headers, "k-1") for _ in range(8)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["orderId"] for answer in answers}) == 1
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
        given["orderId"] = answers[0].json()["orderId"]

    async def second(world: HttpWorld) -> None:
        again = await place(world, world.token(Role.PARTNER), "k-1")
        assert again.json()["orderId"] == given["orderId"]
        other = await place(world, world.token(Role.PARTNER), "k-1", recipient="Eve")
        assert other.status_code == 409

    play(tmp_path, first)
    play(tmp_path, second)
    assert sum(1 for _ in LedgerView.read(tmp_path).book.orders()) == 1


def test_what_cannot_be_an_order_is_refused_with_the_field(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.PARTNER)
        cases: tuple[tuple[dict[str, Any], int, str], ...] = (
            ({"parcel": {**ORDER["parcel"], "weightKg": -1}}, 422, "body.parcel.weightKg"),
            ({"parcel": {**ORDER["parcel"], "weightKg": "1"}}, 422, "body.parcel.weightKg"),
            ({"weight": 1}, 422, "body"),
            ({"recipient": "a\u202eb"}, 422, "body.recipient"),
            ({"destination": {"latitudeDeg": -1.574, "longitudeDeg": 54.618}}, 409, "body.order"),
            ({"deliverBy": "2001-01-01T00:00:00Z"}, 409, "body.order"),
            ({"deliverFrom": "tomorrow"}, 422, "body.deliverFrom"),
            ({"readyAt": "2099-01-01T12:00:00Z"}, 409, "body.order"),
        )
        for more, status, where in cases:
            answer = await place(world, headers, "k", **more)
            assert (answer.status_code, answer.json()["errors"][0]["where"][: len(where)]) == (status, where)
        assert (await world.client.post("/v1/orders", json=ORDER, headers=headers)).status_code == 400
        large = headers | {"Idempotency-Key": "k", "Content-Type": "application/json"}
        assert (await world.client.post("/v1/orders", content=b" " * 70_000, headers=large)).status_code == 413
        text = headers | {"Idempotency-Key": "k", "Content-Type": "text/plain"}
        assert (await world.client.post("/v1/orders", content=b"{}", headers=text)).status_code == 415

    play(tmp_path, script)


def test_a_window_and_the_time_its_parcel_is_there_are_taken_and_told(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers, now = world.token(Role.PARTNER), datetime.now(UTC).replace(microsecond=0)
        after = {"readyAt": 1, "deliverFrom": 2, "deliverBy": 3}
        times = {name: (now + timedelta(hours=hours)).isoformat() for name, hours in after.items()}
        placed = await place(world, headers, "k-1", orderId="M-1", **times)
        assert placed.status_code == 201, placed.text
        told = (await world.client.get("/v1/orders/M-1", headers=headers)).json()
        assert {name: datetime.fromisoformat(told[name]) for name in times} == {
            name: datetime.fromisoformat(text) for name, text in times.items()
        }
        early = {"deliverBy": times["deliverFrom"]}
        refused = await world.client.post("/v1/orders/M-1/reschedule", json=early, headers=headers)
        assert (refused.status_code, "before it may be handed over" in refused.json()["detail"]) == (409, True)
        wrong = await place(world, headers, "k-2", deliverFrom=times["deliverBy"], deliverBy=times["deliverFrom"])
        assert wrong.status_code == 409
        assert "not before deliver_by" in wrong.text
        body = {key: ORDER[key] for key in ("destination", "parcel")} | {"deliverFrom": times["deliverFrom"]}
        quote = await world.client.post("/v1/quotes", json=body, headers=headers, timeout=120.0)
        (van,) = (each for each in quote.json()["modes"] if each["mode"] == "van")
        assert datetime.fromisoformat(van["promiseBy"]) > datetime.fromisoformat(times["deliverFrom"])

    play(tmp_path, script)


def test_a_partner_sees_and_changes_its_own_orders_only(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        mine, theirs = world.token(Role.PARTNER, "shop"), world.token(Role.PARTNER, "other.shop")
        await place(world, mine, "k-1", orderId="M-1")
        await place(world, theirs, "k-1", orderId="T-1")
        assert [each["orderId"] for each in (await world.client.get("/v1/orders", headers=mine)).json()["items"]] == [
            "M-1"
        ]
        assert (await world.client.get("/v1/orders/T-1", headers=mine)).status_code == 404
        cancel = await world.client.post("/v1/orders/T-1/cancel", json={"why": "x"}, headers=mine)
        assert cancel.status_code == 404
        desk = await world.client.get("/v1/orders", headers=world.token(Role.DISPATCHER))
        assert {each["orderId"] for each in desk.json()["items"]} == {"M-1", "T-1"}

    play(tmp_path, script)


def test_pages_go_through_all_orders_once(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.DISPATCHER)
        for number in range(7):
            await place(world, headers, f"k-{number}", orderId=f"M-{number}")
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await world.client.get(f"/v1/orders?limit=3&cursor={cursor}", headers=headers)).json()
            seen += [each["orderId"] for each in page["items"]]
            cursor = page.get("next")
        assert seen == [f"M-{number}" for number in reversed(range(7))]
        assert (await world.client.get("/v1/orders?cursor=none", headers=headers)).status_code == 400

    play(tmp_path, script)


def test_an_order_at_the_depot_is_moved_in_time_and_place_and_cancelled(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.PARTNER)
        await place(world, headers, "k-1", orderId="M-1")
        late = await world.client.post(
            "/v1/orders/M-1/reschedule", json={"deliverBy": "2001-01-01T00:00:00Z"}, headers=headers
        )
        assert late.status_code == 409
        moved = await world.client.post(
            "/v1/orders/M-1/reschedule", json={"deliverBy": "2099-01-01T12:00:00Z"}, headers=headers
        )
        assert moved.json()["deliverBy"] == "2099-01-01T12:00:00.000Z"
        place_ = {"destination": {"latitudeDeg": 54.53, "longitudeDeg": -1.55}}
        redirected = await world.client.post("/v1/orders/M-1/redirect", json=place_, headers=headers)
        assert redirected.json()["destination"] == place_["destination"]
        assert world.service.journal.book.order(OrderId("M-1")).order.drop_off.latitude_deg == 54.53
        cancelled = await world.client.post("/v1/orders/M-1/cancel", json={"why": "not wanted"}, headers=headers)
        assert cancelled.json()["status"] == "cancelled"
        again = await world.client.post("/v1/orders/M-1/redirect", json=place_, headers=headers)
        assert (again.status_code, again.json()["detail"]) == (409, "it is cancelled")

    play(tmp_path, script)
    assert LedgerView.read(tmp_path).report.broken is None


def test_a_body_that_can_be_read_in_two_ways_places_nothing(tmp_path: Path) -> None:
    body = b'{"destination":{"latitudeDeg":54.53,"latitudeDeg":54.6,"longitudeDeg":-1.56},'
    body += b'"parcel":{"weightKg":1.2,"lengthM":0.3,"widthM":0.2,"heightM":0.1}}'

    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.DISPATCHER) | {"Content-Type": "application/json", "Idempotency-Key": "k-1"}
        twice = await world.client.post("/v1/orders", content=body, headers=headers)
        assert (twice.status_code, "latitudeDeg twice" in twice.json()["detail"]) == (400, True)
        once = body.replace(b'"latitudeDeg":54.6,', b"")
        packed = await world.client.post("/v1/orders", content=once, headers=headers | {"Content-Encoding": "gzip"})
        assert packed.status_code == 415
        assert not list(world.service.journal.book.orders())
        plain = headers | {"Content-Encoding": "identity"}
        assert (await world.client.post("/v1/orders", content=once, headers=plain)).status_code == 201

    play(tmp_path, script)
