"""``skystork alarms``: what wants a person now, as the attention queue has it, with the keys to take it by."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
import typer

from skystork.app.cli_text import print_json, print_table, told_plainly
from skystork.app.options import JsonOption
from skystork.shell.http_request import check_url, request

DEADLINE_S = 10.0


def alarms(
    http: Annotated[
        str, typer.Option(help="The service's HTTP address.", envvar="SKYSTORK_HTTP")
    ] = "http://127.0.0.1:8080",
    token: Annotated[
        str,
        typer.Option(
            help="An API token with fleet:read; better in the environment, where no process list shows it.",
            envvar="SKYSTORK_TOKEN",
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """What wants a decision now, the least time left first; `skystork control take-alarm KEY` takes one on oneself."""
    with told_plainly():
        check_url(http, "--http")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        text = asyncio.run(request(f"{http.rstrip('/')}/v1/alarms", deadline_s=DEADLINE_S, headers=headers))
        items: list[dict[str, Any]] = msgspec.json.decode(text)["items"]
        if as_json:
            print_json(items)
        else:
            print_table(
                "alarms",
                ("key", "urgency", "decide by", "owner", "what", "best answer"),
                [_row(item) for item in items],
            )


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    best = next((each["label"] for each in item["choices"] if each.get("recommended")), "")
    owner = item.get("owner") or f"nobody; {item['asked']} is asked"
    return item["key"], item["urgency"], item.get("decideBy", ""), owner, f"{item['title']}: {item['detail']}", best
