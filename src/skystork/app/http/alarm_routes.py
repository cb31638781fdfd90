"""``/v1/alarms``: the attention queue as the console shows it, for whoever works from a terminal or a program."""

from __future__ import annotations

import msgspec

from skystork.app.attention import Choice, Owned, Urgency
from skystork.app.http.fleet_views import moment
from skystork.app.service import Service
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, row, rows_of


class AlarmView(msgspec.Struct, rename="camel", omit_defaults=True):
    """One thing that wants a decision, with what each answer would cause."""

    key: str
    """For the command ``takeAlarm``; the same while it lasts."""
    urgency: Urgency
    title: str
    detail: str
    since: str
    asked: str
    """The role that is asked by now."""
    choices: tuple[Choice, ...]
    owner: str | None = None
    """Who took it."""
    decide_by: str | None = None
    """After this the recommended answer is no longer to be had; missing: nothing is lost by waiting."""
    decide_why: str = ""
    vehicle_id: str | None = None
    order_id: str | None = None
    flight_id: str | None = None


class Alarms(msgspec.Struct, rename="camel"):
    """All that want a person, the least time left first."""

    items: tuple[AlarmView, ...]


class AlarmRoutes:
    """The rows and their handlers."""

    tag = "operations"

    def __init__(self, service: Service) -> None:
        self._service = service

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/alarms", Scope.FLEET_READ)
    async def list_alarms(self, call: Call[Nothing, Nothing, Nothing]) -> Alarms:
        """What wants a decision now, the least time left first."""
        return Alarms(tuple(map(_view, self._service.attention.queue())))


def _view(owned: Owned) -> AlarmView:
    matter = owned.matter
    return AlarmView(
        key=matter.key,
        urgency=matter.urgency,
        title=matter.title,
        detail=matter.detail,
        since=moment(matter.raised_at_s) or "",
        asked=owned.asked,
        choices=matter.choices,
        owner=owned.owner or None,
        decide_by=moment(matter.decide_by_s),
        decide_why=matter.decide_why,
        vehicle_id=matter.vehicle_id or None,
        order_id=matter.order_id or None,
        flight_id=matter.flight_id or None,
    )
