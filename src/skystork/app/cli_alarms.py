"""``skystork alarms``: what wants a person now, as the attention queue has it, with the keys to take it by."""

from __future__ import annotations

from typing import Any

from skystork.app.cli_http import LOCAL, Asked, HttpOption, TokenOption, ask
from skystork.app.cli_text import print_json, print_table, told_plainly
from skystork.app.options import JsonOption


def alarms(http: HttpOption = LOCAL, token: TokenOption = "", as_json: JsonOption = False) -> None:
    """What wants a decision now, the least time left first; `skystork control take-alarm KEY` takes one on oneself."""
    with told_plainly():
        items: list[dict[str, Any]] = ask(http, token, Asked("GET", "/v1/alarms"))["items"]
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
