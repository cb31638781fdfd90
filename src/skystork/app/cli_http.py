"""How the command line asks the running service over HTTP: where it is, who one is, and one exit code for each no."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
import typer

from skystork.app.cli_text import ExitCode, fail
from skystork.errors import Unavailable
from skystork.shell.http_request import check_url, exchange

DEADLINE_S = 30.0
"""A file of zones is read, projected and written; a redirection in the air has a plan made and flown."""
HttpOption = Annotated[str, typer.Option("--http", help="The service's HTTP address.", envvar="SKYSTORK_HTTP")]
TokenOption = Annotated[
    str,
    typer.Option(
        "--token",
        help="An API token; better in the environment, where no process list shows it.",
        envvar="SKYSTORK_TOKEN",
    ),
]
LOCAL = "http://127.0.0.1:8080"
_CODES = {400: ExitCode.INVALID_INPUT, 401: ExitCode.REFUSED, 403: ExitCode.REFUSED, 404: ExitCode.NOT_FOUND,
          409: ExitCode.REFUSED, 413: ExitCode.INVALID_INPUT, 415: ExitCode.INVALID_INPUT,
          422: ExitCode.INVALID_INPUT}  # fmt: skip
"""Of a refusal by its status; every other is that the service cannot answer now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the service."""

    method: str
    path: str
    body: object = None
    """Bytes go as a file, everything else as JSON; None: there is none."""
    query: tuple[tuple[str, str], ...] = ()


def ask(http: str, token: str, asked: Asked) -> Any:
    """What the service answers, None where it has nothing to say.

    Raises
    ------
    typer.Exit
        Refused: what the service says of it is told on standard error.
    Unavailable
        It is not there, or cannot answer now.
    """
    check_url(http, "--http")
    file = isinstance(asked.body, bytes)
    headers = {"Content-Type": "application/octet-stream" if file else "application/json"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    body = asked.body if isinstance(asked.body, bytes) else json.dumps(asked.body).encode()
    url = f"{http.rstrip('/')}{asked.path}" + (f"?{urlencode(asked.query)}" if asked.query else "")
    sent = None if asked.body is None else body
    status, text = asyncio.run(exchange(asked.method, url, sent, deadline_s=DEADLINE_S, headers=headers))
    if status < 300:
        return msgspec.json.decode(text) if text else None
    said = _problem(text)
    if status not in _CODES:
        raise Unavailable(f"{http} answers {status}: {said}. See its log.")
    remedy = ". Give a token: --token or SKYSTORK_TOKEN" if status == 401 else ""
    raise fail(f"{status}: {said}{remedy}", _CODES[status])


def _problem(text: bytes) -> str:
    """The sentences of problem details (RFC 9457)."""
    try:
        told = msgspec.json.decode(text, type=dict[str, Any])
        fields = [
            " ".join(str(each[name]) for name in ("field", "what", "seen") if each.get(name)) for each in told["errors"]
        ]
    except (msgspec.DecodeError, KeyError, AttributeError, TypeError):
        fields = []
    try:
        detail = str(msgspec.json.decode(text, type=dict[str, Any])["detail"])
    except (msgspec.DecodeError, KeyError):
        detail = text[:200].decode("utf-8", "replace")
    return "\n".join([detail, *fields])
