"""The table of routes as a Litestar application: one handler a row, and one shape of refusal for everything else."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import msgspec
from litestar import Litestar, Request, Response, route
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler, Message, Scope

from skystork.errors import LedgerError, Unavailable
from skystork.shell.web.asking import make_call, read_body
from skystork.shell.web.gate import Gate
from skystork.shell.web.limits import DEFAULT_LIMITS, Limits
from skystork.shell.web.problem import PROBLEM_JSON, HttpRefusal
from skystork.shell.web.route import File, Method, Reply, Route, Row, Streamed

log = logging.getLogger("skystork.web")

SECURITY_HEADERS = {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
_Request = Request[object, object, object]  # type: ignore[type-var]  # of user, token and state nothing is used
_encoder = msgspec.json.Encoder()


def make_application(
    routes: Sequence[Route],
    gate: Gate,
    *,
    folders: Mapping[str, Path] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    pictures_from: str = "",
) -> Litestar:
    """Make the application.

    Parameters
    ----------
    folders
        Folders of static files by the path that they are served under.
    pictures_from
        The one other source that a page may show pictures of, like ``https://tiles.example.net``; empty: none.
    """
    by_path: dict[str, dict[Method, Route]] = {}
    for entry in routes:
        by_path.setdefault(entry.row.path, {})[entry.row.method] = entry
    handlers: list[ControllerRouterHandler] = [
        _handler(path, entries, gate, limits) for path, entries in by_path.items()
    ]
    for path, folder in (folders or {}).items():
        handlers.append(
            create_static_files_router(path, [folder], html_mode=True, include_in_schema=False, name=f"files {path}")
        )
    return Litestar(
        route_handlers=handlers,
        openapi_config=None,
        exception_handlers={Exception: _refuse},
        before_send=[_protection(pictures_from)],
        logging_config=None,
        request_max_body_size=None,  # each row has its own, smaller
    )


def _protection(pictures_from: str) -> Callable[[Message, Scope], Awaitable[None]]:
    """With every answer, files and refusals too: a page without the policy would run any script that got into it."""
    pictures = f"img-src 'self' data: {pictures_from}".rstrip()
    policy = f"default-src 'self'; {pictures}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    kept = {**SECURITY_HEADERS, "Content-Security-Policy": policy}

    async def protect(message: Message, scope: Scope) -> None:  # noqa: ARG001  # the hook's shape
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            for name, value in kept.items():
                headers[name] = value

    return protect


def _handler(path: str, entries: Mapping[Method, Route], gate: Gate, limits: Limits) -> HTTPRouteHandler:
    """One for a path with all its methods, so that ``Allow`` names them all."""

    async def answer(request: Request) -> Response:  # type: ignore[type-arg]  # read by Litestar at run time
        entry = entries[cast(Method, request.method)]  # Litestar lets only these through
        headers = {name.lower(): value for name, value in request.headers.items()}
        caller = gate.admit(entry, headers, request.client.host if request.client else "")
        most_bytes = limits.of_body(entry.row.body_limit, entry.row.body_media)
        body = await read_body(request.stream(), most_bytes, headers.get("content-length"))
        call = make_call(
            entry,
            caller,
            path={name: str(value) for name, value in request.path_params.items()},
            query=list(request.query_params.multi_items()),
            headers=headers,
            body=body,
        )
        return _response(entry.row, await entry.handler(call))

    made = route(_litestar_path(path), http_method=sorted(entries), include_in_schema=False, status_code=200)
    return made(answer)


def _litestar_path(path: str) -> str:
    return path.replace("}", ":str}")


def _response(row: Row, value: object) -> Response[bytes]:
    headers: dict[str, str] = {"Cache-Control": "no-store"}
    if isinstance(value, Reply):
        headers |= dict(value.headers)
        if value.cookie:
            headers["Set-Cookie"] = value.cookie
        value = value.value
    return _plain(row, value, headers)


def _plain(row: Row, value: object, headers: dict[str, str]) -> Response[bytes]:
    match value:
        case Streamed():
            headers["X-Accel-Buffering"] = "no"
            return Stream(value.events, media_type="text/event-stream", status_code=row.status, headers=headers)  # type: ignore[return-value]  # a Response all the same
        case File():
            if value.name:
                headers["Content-Disposition"] = f'attachment; filename="{value.name}"'
            return Response(value.content, media_type=value.media_type, status_code=row.status, headers=headers)
        case None:
            return Response(b"", status_code=row.status, headers=headers)
        case _:
            body = _encoder.encode(value)
            return Response(body, media_type="application/json", status_code=row.status, headers=headers)


def _refuse(request: _Request, error: Exception) -> Response[bytes]:
    refusal = _as_refusal(request, error)
    body = _encoder.encode(refusal.details())
    return Response(body, media_type=PROBLEM_JSON, status_code=refusal.status, headers=refusal.headers)


def _may_be_a_file(path: str) -> bool:
    """Whether the file system takes a path at all: no zero byte, and no name longer than NAME_MAX (limits.h, Linux)."""
    return "\0" not in path and all(len(name.encode()) <= 255 for name in path.split("/"))


def _as_refusal(request: _Request, error: Exception) -> HttpRefusal:
    match error:
        case HttpRefusal():
            return error
        case ValueError() | OSError() | HTTPException(status_code=500) if not _may_be_a_file(request.url.path):
            return HttpRefusal(404, "not-found", "nothing can be at this path")
        case HTTPException(status_code=404):
            return HttpRefusal(404, "not-found", f"nothing is at {request.url.path}")
        case HTTPException(status_code=405):
            return HttpRefusal(405, "method", f"{request.method} is not for this", headers=dict(error.headers or {}))
        case HTTPException(status_code=status) if status < 500:
            return HttpRefusal(status, "refused", error.detail)
        case LedgerError() | Unavailable():
            return HttpRefusal(503, "unavailable", str(error))
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return HttpRefusal(500, "fault", "a fault of the controller; its log has the cause. What was asked may be done.")
