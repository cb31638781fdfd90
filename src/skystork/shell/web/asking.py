"""A request becomes a :class:`~skystork.shell.web.route.Call`, or a refusal that names every field."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from skystork.json_keys import repeated_key
from skystork.shell.loops import real_span_s
from skystork.shell.web.problem import FieldProblem, HttpRefusal
from skystork.shell.web.route import Call, Caller, Nothing, Route

T = TypeVar("T")

HEADER_PATTERN = "^[!-~]+$"
"""Of a header that a route asks for: visible ASCII."""
LONGEST_HEADER = 128
BODY_PATIENCE_S = 20.0
"""A body that takes longer is not read on; the slowest honest line sends 16 MiB in less than it [s]."""


async def read_body(chunks: AsyncIterator[bytes], limit: int, announced: str | None) -> bytes:
    """Read a body of at most ``limit`` bytes.

    Raises
    ------
    HttpRefusal
        413 as soon as it is longer, 408 where it does not come.
    """
    if announced is not None and announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(real_span_s(BODY_PATIENCE_S)):
            async for chunk in chunks:
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError as error:
        raise HttpRefusal(408, "slow-body", f"the body did not come within {BODY_PATIENCE_S:g} s") from error
    return bytes(body)


def make_call(
    route: Route,
    caller: Caller,
    *,
    path: Mapping[str, str],
    query: Sequence[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
) -> Call[Any, Any, Any]:
    """Hold everything that came to the route's types."""
    path_type, query_type, body_type = route.types
    for name in route.row.request_headers:
        _check_header(name, headers.get(name.lower(), ""))
    return Call(
        caller,
        _named(path, path_type, "path", 404),
        _named(_once(query), query_type, "query", 400),
        _body(route, body_type, body, headers),
        headers,
    )


def _check_header(name: str, given: str) -> None:
    if len(given) <= LONGEST_HEADER and re.fullmatch(HEADER_PATTERN, given):
        return
    what = f"the header {name} is {'no key' if given else 'missing'}"
    problem = FieldProblem(f"header.{name}", what, accepted=f"1 to {LONGEST_HEADER} visible ASCII characters")
    raise HttpRefusal(400, "bad-header", what, errors=(problem,))


def _once(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for name, value in pairs:
        if name in seen:
            raise HttpRefusal(400, "bad-query", f"the parameter {name} is given twice")
        seen[name] = value
    return seen


def _named(values: Mapping[str, str], kind: type[T], where: str, status: int) -> T:
    """Texts of an address become a struct; numbers are read from their digits."""
    try:
        return msgspec.convert(dict(values), kind, strict=False)
    except msgspec.ValidationError as error:
        slug = "not-found" if status == 404 else f"bad-{where}"
        problem = _field_problem(error, where)
        raise HttpRefusal(status, slug, f"{problem.where}: {problem.what}", errors=(problem,)) from error


def _body(route: Route, kind: Any, body: bytes, headers: Mapping[str, str]) -> Any:
    if kind is Nothing:
        return Nothing()
    given = headers.get("content-type", "").split(";", maxsplit=1)[0].strip().lower()
    packed = headers.get("content-encoding", "identity").strip().lower()
    if packed != "identity":
        raise HttpRefusal(415, "content-encoding", f"the body is {packed}; it must come as it is")
    if route.row.body_media not in {given, "*/*"}:
        raise HttpRefusal(415, "media-type", f"the body is {given or 'of no type'}; it must be {route.row.body_media}")
    if kind is bytes:
        return body
    try:
        found = _decoded(body, kind)
        twice = repeated_key(body)
    except msgspec.ValidationError as error:
        problem = _field_problem(error, "body")
        raise HttpRefusal(422, "invalid", f"{problem.where}: {problem.what}", errors=(problem,)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HttpRefusal(400, "bad-json", f"the body is no JSON: {error}") from error
    if twice is not None:
        raise HttpRefusal(400, "bad-json", f"the body names {twice} twice in one object: which one is meant?")
    return found


def _decoded(body: bytes, kind: Any) -> Any:
    """With 292.0 for the integer 292, which JSON Schema takes for one (2020-12, 6.1.1)."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        return msgspec.convert(_with_integers(msgspec.json.decode(body)), kind)


def _with_integers(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_with_integers(each) for each in value]
        case dict():
            return {name: _with_integers(each) for name, each in value.items()}
    return value


def _field_problem(error: msgspec.ValidationError, root: str) -> FieldProblem:
    """msgspec ends its sentence with the path: "Expected `int`, got `str` - at `$.a.b`"."""
    what, _, at = str(error).partition(" - at `$")
    return FieldProblem(f"{root}{at.rstrip('`')}", what)


def _too_large(limit: int) -> HttpRefusal:
    return HttpRefusal(413, "too-large", f"the body is longer than the {limit} bytes that this route takes")
