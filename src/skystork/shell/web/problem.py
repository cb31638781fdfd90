"""Refusals as they go over HTTP: problem details after RFC 9457, one shape for every route and every status."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from skystork.errors import Problem

PROBLEM_JSON = "application/problem+json"
TYPE_ROOT = "urn:skystork:problem:"
"""Names problems without claiming an address where nothing is served (RFC 9457, 3.1.1; RFC 8141)."""


class FieldProblem(msgspec.Struct, rename="camel", omit_defaults=True):
    """One thing wrong with what was sent."""

    where: str
    """The field, as a path from the top: ``body.parcel.weightKg``."""
    what: str
    """What is wrong."""
    seen: str = ""
    accepted: str = ""
    remedy: str = ""


class ProblemDetails(msgspec.Struct, rename="camel", omit_defaults=True):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    """What happened this time, and what to do."""
    errors: tuple[FieldProblem, ...] = ()


class HttpRefusal(Exception):  # named after what it is
    """A request that is refused; turned into problem details at the door.

    Parameters
    ----------
    kind
        Last word of the problem's type, the same for the same cause.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: tuple[FieldProblem, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.kind, self.errors, self.headers = status, kind, errors, dict(headers or {})
        super().__init__(detail)

    def details(self) -> ProblemDetails:
        """As it is sent."""
        title = HTTPStatus(self.status).phrase
        return ProblemDetails(f"{TYPE_ROOT}{self.kind}", title, self.status, str(self), self.errors)


def not_found(what: str) -> HttpRefusal:
    """Nothing has this name, or the caller may not know of it."""
    return HttpRefusal(404, "not-found", f"there is no {what}")


def conflict(detail: str) -> HttpRefusal:
    """The thing is there, and its state does not allow this."""
    return HttpRefusal(409, "conflict", detail)


def invalid(detail: str, *errors: FieldProblem) -> HttpRefusal:
    """What was sent is well formed and cannot be used."""
    return HttpRefusal(422, "invalid", detail, errors=errors)


def field_problems(problems: tuple[Problem, ...], root: str = "body") -> tuple[FieldProblem, ...]:
    """Our own complaints, as problem details tell them."""
    return tuple(
        FieldProblem(f"{root}.{each.where}", each.what, each.seen, each.limit, each.remedy) for each in problems
    )
