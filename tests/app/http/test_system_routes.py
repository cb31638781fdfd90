"""The server answers inside the service: what is there, what is not, and the live picture."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from tests_support.http_world import HttpWorld, play

from skystork.control.roles import Role


def test_health_and_site_are_answered(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        health = await world.client.get("/v1/health")
        site = await world.client.get("/v1/site", headers=world.token(Role.VIEWER))
        assert (health.status_code, health.json()["status"]) == (200, "up")
        assert site.json()["name"] == world.service.site.table.name
        assert len(site.json()["drones"]) == len(world.service.site.drones)

    play(tmp_path, script)


def test_what_is_not_there_and_what_is_not_meant_are_told_as_problem_details(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        world.client.headers.update(world.token(Role.VIEWER))
        for answer, status in (
            (await world.client.get("/v1/nothing"), 404),
            (await world.client.get("/v1/drones/NOBODY"), 404),
            (await world.client.delete("/v1/fleet"), 405),
            (await world.client.get("/v1/fleet?a=1&a=2"), 400),
        ):
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status

    play(tmp_path, script)


def test_the_stream_begins_with_the_whole_picture(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        async with world.client.stream("GET", "/v1/stream", headers=world.token(Role.VIEWER)) as answer:
            lines = answer.aiter_lines()
            assert answer.headers["content-type"].startswith("text/event-stream")
            first = [await anext(lines) for _ in range(4)]
            assert first[1] == "event: snapshot"
            picture: dict[str, Any] = json.loads(first[2].removeprefix("data: "))
            assert picture["drones"].keys() == {str(desk.drone.vehicle_id) for desk in world.service.desks}
            second = [await anext(lines) for _ in range(3)]
            assert second[1] == "event: delta"
            assert "at" in json.loads(second[2].removeprefix("data: "))

    play(tmp_path, script)


PATHS_OUT = (
    "/../../../etc/passwd",
    "/%2e%2e/%2e%2e/application.py",
    "/..%2f..%2fapplication.py",
    "/vendor/../../web/route.py",
    "/vendor/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/%00",
    "/main.js%00.html",
    "/" + "a" * 300,
    "//evil.example/",
    "/%5c%5cevil.example/..",
)
"""Sent as they stand: a client would tidy them."""


def test_no_path_leads_out_of_the_consoles_files(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        address = httpx.URL(world.url)
        for path in PATHS_OUT:
            world.forget_rates()
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
            assert head.startswith(b"HTTP/1.1 404 "), path
            assert b"location" not in head.lower()
            assert json.loads(body)["status"] == 404

    play(tmp_path, script)
