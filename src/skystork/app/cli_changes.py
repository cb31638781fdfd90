"""Orders moved, zones brought and removed from the command line, as in the console: the service is asked over HTTP."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from skystork.app.cli_control import OrderArgument, numbers_of
from skystork.app.cli_http import LOCAL, Asked, HttpOption, TokenOption, ask
from skystork.app.cli_text import ExitCode, fail, print_json, told_plainly
from skystork.app.options import DryOption, JsonOption

NameArgument = Annotated[str, typer.Argument(help="What the file is called from then on.")]
Change = tuple[Asked, str]
"""What is asked of the service, and what is so when it has done it."""
_COMMON: tuple[tuple[str, Any, Any], ...] = (
    ("http", HttpOption, LOCAL),
    ("token", TokenOption, ""),
    ("dry_run", DryOption, False),
    ("as_json", JsonOption, False),
)


def _command(change: Callable[..., Change]) -> Callable[..., None]:
    """A command of the command line: with where the service is, as whom, whether only to try, and how to tell."""

    def run(http: str, token: str, *, dry_run: bool, as_json: bool, **own: Any) -> None:
        with told_plainly():
            asked, done = change(**own)
            tried = replace(asked, query=(*asked.query, ("dryRun", "true"))) if dry_run else asked
            answer = ask(http, token, tried)
        if as_json:
            print_json({"dryRun": dry_run, "answer": answer})
        else:
            print(f"possible, nothing was done: {done}" if dry_run else done)

    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
        for name, hint, default in _COMMON
    ]
    own = inspect.signature(change, eval_str=True).parameters
    run.__signature__ = inspect.Signature([*own.values(), *common])  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {name: each.annotation for name, each in own.items()} | {row[0]: row[1] for row in _COMMON}
    run.__doc__ = change.__doc__
    return run


@_command
def reschedule(
    order: OrderArgument, to: Annotated[str, typer.Option(help="RFC 3339 with an offset from UTC.", metavar="TIME")]
) -> Change:
    """Ask for another time, while nobody carries the parcel."""
    return Asked("POST", _order(order, "reschedule"), {"deliverBy": to}), f"{order} is to come by {to}"


@_command
def redirect(
    order: OrderArgument, to: Annotated[str, typer.Option(help="The new doorstep.", metavar="LAT,LON")]
) -> Change:
    """Ask for another doorstep; of one in the air it is tried, and answered when the drone flies there."""
    latitude_deg, longitude_deg = numbers_of("--to", to, 2)
    body = {"destination": {"latitudeDeg": latitude_deg, "longitudeDeg": longitude_deg}}
    return Asked("POST", _order(order, "redirect"), body), f"{order} goes to {to}"


@_command
def bring(
    file: Annotated[Path, typer.Argument(help="File of zones.")],
    name: NameArgument,
    zone_format: Annotated[
        str | None, typer.Option("--format", help="Its format; seen by its content if not given.")
    ] = None,
    allow: Annotated[list[str] | None, typer.Option("--allow", help="As of `skystork zones check`.")] = None,
) -> Change:
    """Have a file of zones count from now on, over restarts too; a file with anything wrong is refused whole."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise fail(f"{file}: cannot be read ({error.strerror}). Check the path.", ExitCode.NOT_FOUND) from error
    query = [("format", zone_format)] if zone_format else []
    query += [("allow", ",".join(word.replace("-", "_") for word in allow))] if allow else []
    return Asked("PUT", _zone_set(name), content, tuple(query)), f"the zones of {file.name} count as {name}"


@_command
def remove(name: NameArgument) -> Change:
    """Have a file that was brought count no more; only somebody else than who brought it may."""
    return Asked("DELETE", _zone_set(name)), f"the zones {name} count no more"


def _order(order: str, verb: str) -> str:
    return f"/v1/orders/{quote(order, safe='')}/{verb}"


def _zone_set(name: str) -> str:
    return f"/v1/zone-sets/{quote(name, safe='')}"
