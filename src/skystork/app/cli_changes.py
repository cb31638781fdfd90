"""Orders moved, zones brought and removed from the command line, as in the console: the service is asked over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from skystork.app.cli_control import OrderArgument, numbers_of
from skystork.app.cli_http import LOCAL, Asked, HttpOption, TokenOption, ask
from skystork.app.cli_text import ExitCode, fail, print_json, told_plainly
from skystork.app.options import DryOption, JsonOption

NameArgument = Annotated[str, typer.Argument(help="What the file is called from then on.")]


def reschedule(  # noqa: PLR0917  # typer reads options from positional parameters
    order: OrderArgument,
    to: Annotated[str, typer.Option(help="RFC 3339 with an offset from UTC.", metavar="TIME")],
    http: HttpOption = LOCAL,
    token: TokenOption = "",
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask for another time, while nobody carries the parcel."""
    asked = _change(order, "reschedule", {"deliverBy": to}, dry_run=dry_run)
    _tell(http, token, asked, f"{order} is to come by {to}", dry_run=dry_run, as_json=as_json)


def redirect(  # noqa: PLR0917  # typer reads options from positional parameters
    order: OrderArgument,
    to: Annotated[str, typer.Option(help="The new doorstep.", metavar="LAT,LON")],
    http: HttpOption = LOCAL,
    token: TokenOption = "",
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask for another doorstep; of one in the air it is tried, and answered when the drone flies there."""
    with told_plainly():
        latitude_deg, longitude_deg = numbers_of("--to", to, 2)
    destination = {"destination": {"latitudeDeg": latitude_deg, "longitudeDeg": longitude_deg}}
    asked = _change(order, "redirect", destination, dry_run=dry_run)
    _tell(http, token, asked, f"{order} goes to {to}", dry_run=dry_run, as_json=as_json)


def bring(  # noqa: PLR0917  # typer reads options from positional parameters
    file: Annotated[Path, typer.Argument(help="File of zones.")],
    name: NameArgument,
    zone_format: Annotated[
        str | None, typer.Option("--format", help="Its format; seen by its content if not given.")
    ] = None,
    allow: Annotated[list[str] | None, typer.Option("--allow", help="As of `skystork zones check`.")] = None,
    http: HttpOption = LOCAL,
    token: TokenOption = "",
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Have a file of zones count from now on, over restarts too; a file with anything wrong is refused whole."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise fail(f"{file}: cannot be read ({error.strerror}). Check the path.", ExitCode.NOT_FOUND) from error
    query = [("format", zone_format)] if zone_format else []
    query += [("allow", ",".join(word.replace("-", "_") for word in allow))] if allow else []
    asked = Asked("PUT", _zone_set(name), content, (*query, *_dry(dry_run)))
    _tell(http, token, asked, f"the zones of {file.name} count as {name}", dry_run=dry_run, as_json=as_json)


def remove(
    name: NameArgument,
    http: HttpOption = LOCAL,
    token: TokenOption = "",
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Have a file that was brought count no more; only somebody else than who brought it may."""
    asked = Asked("DELETE", _zone_set(name), query=_dry(dry_run))
    _tell(http, token, asked, f"the zones {name} count no more", dry_run=dry_run, as_json=as_json)


def _change(order: str, verb: str, body: object, *, dry_run: bool) -> Asked:
    return Asked("POST", f"/v1/orders/{quote(order, safe='')}/{verb}", body, _dry(dry_run))


def _zone_set(name: str) -> str:
    return f"/v1/zone-sets/{quote(name, safe='')}"


def _dry(dry_run: bool) -> tuple[tuple[str, str], ...]:
    return (("dryRun", "true"),) if dry_run else ()


def _tell(http: str, token: str, asked: Asked, done: str, *, dry_run: bool, as_json: bool) -> None:
    with told_plainly():
        answer = ask(http, token, asked)
    if as_json:
        print_json({"dryRun": dry_run, "answer": answer})
    else:
        print(f"possible, nothing was done: {done}" if dry_run else done)
