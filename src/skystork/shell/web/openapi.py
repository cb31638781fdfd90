"""The OpenAPI 3.1 document of a table of routes: everything in it follows from the rows and their types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from skystork.shell.web.asking import HEADER_PATTERN, LONGEST_HEADER
from skystork.shell.web.problem import PROBLEM_JSON, ProblemDetails
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import File, Nothing, Route, Streamed

REFS = "#/components/schemas/{name}"
_ANYBODY = (429,)
_KNOWN = (401, 403)


def openapi_document(routes: Sequence[Route], *, title: str, version: str, about: str) -> dict[str, Any]:
    """The whole document as JSON values."""
    kinds = [ProblemDetails, *(kind for entry in routes for kind in _structs(entry))]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REFS)
    of_kind = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for entry in routes:
        paths.setdefault(entry.row.path, {})[entry.row.method.lower()] = _operation(entry, of_kind)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": about},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(entry.tag for entry in routes)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": _SECURITY,
        },
    }


_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "skystork",
        "description": "Of a browser; what changes something also needs the header X-CSRF-Token",
    },
}


def _structs(entry: Route) -> Iterator[Any]:
    _, _, body = entry.types
    if body not in {Nothing, bytes}:
        yield body
    if entry.answer not in {File, Streamed, type(None)}:
        yield entry.answer


def _operation(entry: Route, of_kind: dict[int, Any]) -> dict[str, Any]:
    summary, description = entry.described
    row = entry.row
    operation: dict[str, Any] = {
        "operationId": entry.operation,
        "summary": summary,
        "tags": [entry.tag],
        "x-scope": row.scope.value,
        "responses": _responses(entry, of_kind),
    }
    if description:
        operation["description"] = description
    parameters = list(_parameters(entry))
    if parameters:
        operation["parameters"] = parameters
    if (body := _body(entry, of_kind)) is not None:
        operation["requestBody"] = body
    operation["security"] = [] if row.scope is Scope.PUBLIC else [{"token": []}, {"session": []}]
    return operation


def _parameters(entry: Route) -> Iterator[dict[str, Any]]:
    path, query, _ = entry.types
    for kind, where in ((path, "path"), (query, "query")):
        yield from _fields(kind, where)
    for name in entry.row.request_headers:
        schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_HEADER, "pattern": HEADER_PATTERN}
        yield {"name": name, "in": "header", "required": True, "schema": schema}


def _fields(kind: Any, where: str) -> Iterator[dict[str, Any]]:
    if kind is Nothing:
        return
    _, components = msgspec.json.schema_components([kind], ref_template=REFS)
    own = components[kind.__name__]
    required = set(own.get("required", ()))
    for name, schema in own["properties"].items():
        plain = _inlined(schema, components)
        parameter = {"name": name, "in": where, "required": where == "path" or name in required, "schema": plain}
        if "description" in plain:
            parameter["description"] = plain.pop("description")
        yield parameter


def _inlined(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """With the schemas of enumerations in place; a parameter has nothing deeper."""
    if "$ref" in schema:
        return dict(components[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return {**schema, "anyOf": [_inlined(each, components) for each in schema["anyOf"]]}
    return dict(schema)


def _body(entry: Route, of_kind: dict[int, Any]) -> dict[str, Any] | None:
    _, _, body = entry.types
    if body is Nothing:
        return None
    schema = {} if body is bytes else of_kind[id(body)]
    return {"required": True, "content": {entry.row.body_media: {"schema": schema}}}


def _responses(entry: Route, of_kind: dict[int, Any]) -> dict[str, Any]:
    answered: dict[str, Any] = {"description": HTTPStatus(entry.row.status).phrase}
    kind = entry.answer
    if kind is not type(None):
        schema = {"type": "string"} if kind is Streamed else {} if kind is File else of_kind[id(kind)]
        answered["content"] = {media: {"schema": schema} for media in entry.row.answer_media}
    responses = {str(entry.row.status): answered}
    problem = {PROBLEM_JSON: {"schema": of_kind[id(ProblemDetails)]}}
    for status in sorted(_refusals(entry)):
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    return responses


def _refusals(entry: Route) -> set[int]:
    """Statuses that follow from a row: what it takes decides what can be wrong with that."""
    path, query, body = entry.types
    row = entry.row
    found = {*_ANYBODY, *row.refusals}
    if row.scope is not Scope.PUBLIC:
        found.update(_KNOWN)
    if path is not Nothing:
        found.add(404)
    found.add(400)  # a header or a query that is none
    if body is not Nothing:
        found.update({408, 413, 415, 422})
    if query is not Nothing:
        found.add(400)
    return found - {row.status}
