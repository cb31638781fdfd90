"""A route as a row: method, path, scope, handler. Types of what comes and goes are read from the handler's annotations.

One table serves the router, the validation, the OpenAPI document and the test of every route with every role. There is
no default scope: a row without one cannot be made.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args, get_type_hints

import msgspec

from skystork.control.roles import Role
from skystork.shell.web.roles import Scope

P = TypeVar("P")
Q = TypeVar("Q")
B = TypeVar("B")
T = TypeVar("T")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
DEFAULT_BODY_LIMIT = 64 * 1024
"""Of a request's body [bytes]: an order takes under 1 kB."""


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters, no body."""


NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    name: str
    """Of the account; empty for nobody."""
    role: Role | None
    scopes: frozenset[Scope]
    token_id: str = ""
    """Of the API token used; empty with a session."""
    session_id: str = ""

    def may(self, scope: Scope) -> bool:
        """Whether the scope is held."""
        return scope is Scope.PUBLIC or scope in self.scopes


NOBODY = Caller("", None, frozenset())


@dataclass(frozen=True, slots=True)
class Call(Generic[P, Q, B]):
    """One request, read and checked."""

    caller: Caller
    path: P
    query: Q
    body: B
    """A struct; bytes where the route takes a file."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in small letters."""


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """An answer with more than a value."""

    value: T
    headers: Mapping[str, str] = field(default_factory=dict)
    cookie: str = ""
    """``Set-Cookie``."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """Server-sent events (WHATWG HTML, 9.2), each already as its bytes."""

    events: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class File:
    """Bytes of a media type of their own."""

    content: bytes
    media_type: str
    name: str = ""
    """To be saved under."""


Handler = Callable[[Call[Any, Any, Any]], Awaitable[object]]
F = TypeVar("F", bound=Callable[..., Awaitable[object]])


@cache
def _hints(handler: Handler) -> dict[str, Any]:
    return get_type_hints(handler)


@dataclass(frozen=True, slots=True)
class Row:
    """What a handler's decorator says of its route."""

    method: Method
    path: str
    """With ``{names}`` of the fields of the path's struct."""
    scope: Scope
    status: int = 200
    refusals: tuple[int, ...] = ()
    """Statuses besides those that follow from the rest."""
    body_limit: int = DEFAULT_BODY_LIMIT
    """[bytes]."""
    body_media: str = "application/json"
    answer_media: tuple[str, ...] = ("application/json",)
    request_headers: tuple[str, ...] = ()
    """Headers that must be there."""


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table: what was said of it, and who answers."""

    row: Row
    handler: Handler
    tag: str

    @property
    def operation(self) -> str:
        """``operationId``: the handler's name."""
        head, *rest = self.handler.__name__.split("_")
        return head + "".join(word.capitalize() for word in rest)

    @property
    def described(self) -> tuple[str, str]:
        """Summary and description: the first line of the handler's docstring, and the rest."""
        head, _, rest = (inspect.getdoc(self.handler) or "").partition("\n\n")
        return head.rstrip("."), rest

    @property
    def types(self) -> tuple[Any, Any, Any]:
        """Of path, query and body."""
        path, query, body = get_args(_hints(self.handler)["call"])
        return path, query, body

    @property
    def answer(self) -> Any:
        """Type of the answer; NoneType where nothing is answered."""
        kind = _hints(self.handler)["return"]
        return get_args(kind)[0] if getattr(kind, "__origin__", None) is Reply else kind


def row(method: Method, path: str, scope: Scope, **more: Any) -> Callable[[F], F]:
    """Say that a method answers a route; further keywords are fields of :class:`Row`."""

    def mark(handler: F) -> F:
        handler.__dict__["row"] = Row(method, path, scope, **more)
        return handler

    return mark


class Tagged(Protocol):
    """Whose methods answer routes."""

    tag: str
    """What the routes are about, for the document."""


def rows_of(owner: Tagged | type[Tagged]) -> tuple[Route, ...]:
    """The routes that an object's methods answer, in the order they are written; of a class, to be described only."""
    members = vars(owner if isinstance(owner, type) else type(owner))
    names = [name for name, value in members.items() if isinstance(getattr(value, "row", None), Row)]
    return tuple(Route(getattr(owner, name).row, getattr(owner, name), owner.tag) for name in names)
