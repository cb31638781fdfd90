"""Quotes: every mode with its promise or its reasons, and no order is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests_support.http_world import HttpWorld, play

from skystork.control.roles import Role

PARCEL = {"weightKg": 1.2, "lengthM": 0.3, "widthM": 0.2, "heightM": 0.1}


async def quote(world: HttpWorld, place: tuple[float, float], **more: Any) -> dict[str, Any]:
    body = {"destination": {"latitudeDeg": place[0], "longitudeDeg": place[1]}, "parcel": {**PARCEL, **more}}
    answer = await world.client.post("/v1/quotes", json=body, headers=world.token(Role.PARTNER), timeout=120.0)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_each_mode_has_its_promise_or_its_reasons_and_nothing_is_created(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        heavy = await quote(world, (54.618, -1.574), weightKg=20.0)
        modes = {each["mode"]: each for each in heavy["modes"]}
        assert not modes["drone"]["possible"]
        assert "WEIGHT" in {reason["code"] for reason in modes["drone"]["reasons"]}
        assert modes["van"]["possible"]
        assert modes["van"]["promiseBy"] > heavy["at"]
        assert not list(world.service.journal.book.orders())

    play(tmp_path, script)
