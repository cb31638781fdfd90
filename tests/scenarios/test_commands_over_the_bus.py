"""Commands as they come over the bus: what is taken, what is refused and why, and where the answer goes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from tests_support.bus_commands import command, message_of, root_of, say
from tests_support.command_makers import make_command
from tests_support.play import Stage, one_order, play

from skystork.contract.site_messages import Reply
from skystork.control.answer import Answer, Status, Why
from skystork.control.commands import Command
from skystork.flight.phase import FlightPhase
from skystork.orders.order_state import OrderState


async def until_in_the_air(stage: Stage) -> None:
    def flies(service: Any) -> bool:
        flight = service.desks[0].flight
        return flight is not None and flight.phase in {FlightPhase.OUTBOUND, FlightPhase.HOLDING}

    await stage.until(flies, step_s=0.1)


def hold(**given: Any) -> Command:
    return make_command("hold", asyncio.get_running_loop().time(), vehicleId="LC-1", **given)


def test_what_cannot_be_taken_is_refused_with_its_reason_and_written(one_wing: Path, tmp_path: Path) -> None:
    answers: dict[str, Answer] = {}

    async def script(stage: Stage) -> None:
        await until_in_the_air(stage)
        good, old, other = hold(), hold(age_s=61.0), hold()
        wire = message_of(stage, "ann", good)
        parsed = msgspec.json.decode(wire)
        unknown = msgspec.json.encode({**parsed, "command": {**parsed["command"], "type": "dance"}})
        own = f"{root_of(stage)}/control"
        cases: dict[str, tuple[bytes, dict[str, Any]]] = {
            "retained": (wire, {"command_id": good.command_id, "retain": True}),
            "QoS 0": (wire, {"command_id": good.command_id, "qos": 0}),
            "no JSON": (b"{", {}),
            "nested": (b"[" * 60_000, {}),
            "too large": (b" " * 65_537, {}),
            "twice": (
                wire.replace(b'"vehicleId":', b'"vehicleId":"LC-2","vehicleId":', 1),
                {"command_id": good.command_id},
            ),
            "unknown": (unknown, {"command_id": good.command_id}),
            "old": (message_of(stage, "ann", old), {"command_id": old.command_id}),
            "of another": (message_of(stage, "ben", other), {"command_id": other.command_id}),
            "answer elsewhere": (
                wire,
                {"command_id": good.command_id, "response_topic": f"{own}/ben/reply", "expect": f"{own}/ann/reply"},
            ),
            "answer everywhere": (
                wire,
                {"command_id": good.command_id, "response_topic": f"{own}/ann/reply/#", "expect": f"{own}/ann/reply"},
            ),
            "taken": (wire, {"command_id": good.command_id}),
            "again": (wire, {"command_id": good.command_id}),
        }
        for name, (payload, how) in cases.items():
            answers[name] = await say(stage, "ann", payload, **how)
        await stage.bus.publish(f"{own}/ann/command", wire, retain=True)
        await stage.stop()
        replies = stage.bus.subscribe(f"{own}/ann/reply")
        stage.start()
        async for message in replies:
            answers["kept until now"] = msgspec.json.decode(message.payload, type=Reply).answer
            break
        await stage.bus.publish(f"{own}/ann/command", b"", retain=True)
        await until_in_the_air(stage)
        answers["on"] = await command(stage, "ann", "resume", vehicleId="LC-1")
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    reasons = {name: answer.reason for name, answer in answers.items()}
    malformed = dict.fromkeys(
        (
            "QoS 0",
            "no JSON",
            "twice",
            "nested",
            "too large",
            "unknown",
            "of another",
            "answer elsewhere",
            "answer everywhere",
        ),
        Why.MALFORMED,
    )
    assert reasons == {
        "retained": Why.RETAINED,
        "kept until now": Why.RETAINED,
        **malformed,
        "old": Why.EXPIRED,
        "taken": None,
        "again": Why.DUPLICATE,
        "on": None,
    }
    refused = [row.payload for row in outcome.rows("CommandSettled") if row.payload["status"] == "REFUSED"]
    assert len(refused) >= len(reasons) - 2
    assert all(row["via"] == "mqtt" and row["detail"] for row in refused)
    assert [row.payload["kind"] for row in outcome.rows("CommandTaken")] == ["hold", "resume"]
    assert outcome.record("O-1").state is OrderState.DELIVERED


def test_the_answer_goes_where_its_issuer_asks_below_its_own_reply(one_wing: Path, tmp_path: Path) -> None:
    seen: list[tuple[Status, bytes]] = []

    async def script(stage: Stage) -> None:
        await until_in_the_air(stage)
        mine = f"{root_of(stage)}/control/ann/reply/desk-7"
        replies = stage.bus.subscribe(mine)
        await stage.bus.publish(
            f"{root_of(stage)}/control/ann/command",
            message_of(stage, "ann", hold()),
            response_topic=mine,
            correlation=b"\x01\x02",
        )
        async for message in replies:
            answer = msgspec.json.decode(message.payload, type=Reply).answer
            seen.append((answer.status, message.correlation))
            if answer.is_final:
                break
        await command(stage, "ann", "resume", vehicleId="LC-1")
        await stage.until_over()

    play(one_wing, tmp_path, one_order, script=script)
    assert seen == [(Status.RUNNING, b"\x01\x02"), (Status.FINISHED, b"\x01\x02")]


def test_more_than_can_be_read_is_not_read_and_the_ledger_is_spared(one_wing: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "OrderAccepted" in stage.kinds)
        for _ in range(400):
            await stage.bus.publish(f"{root_of(stage)}/control/mad/command", b"{")
        answer = await command(stage, "ann", "pauseDispatch")
        assert answer.status is Status.FINISHED
        await command(stage, "ann", "resumeDispatch")
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)
    mad = [row.payload["reason"] for row in outcome.rows("CommandSettled") if row.payload["issuer"] == "mad"]
    assert 120 < len(mad) <= 242
    assert "TOO_MANY" in mad


def test_who_waits_for_a_second_person_is_told_what_came_of_it(one_wing: Path, tmp_path: Path) -> None:
    told: list[tuple[str, Status, Why | None]] = []

    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "OrderAccepted" in stage.kinds)
        await command(stage, "ann", "groundFleet")
        replies = stage.bus.subscribe(f"{root_of(stage)}/control/ann/reply")

        async def next_end(of: str) -> None:
            async for message in replies:
                answer = msgspec.json.decode(message.payload, type=Reply).answer
                if answer.command_id == of and answer.is_final:
                    told.append((answer.type, answer.status, answer.reason))
                    return

        lapses = await command(stage, "ann", "resumeDispatch")
        await next_end(lapses.command_id)
        agreed = await command(stage, "ann", "resumeDispatch")
        await command(stage, "ben", "confirm", issuer="ann", confirms=agreed.command_id)
        await next_end(agreed.command_id)
        await stage.until_over()

    play(one_wing, tmp_path, one_order, script=script)
    assert told == [
        ("resumeDispatch", Status.REFUSED, Why.NOT_CONFIRMED),
        ("resumeDispatch", Status.FINISHED, None),
    ]
