"""The figures of a running service for the console: the report, and how the counts went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from skystork.app.http.kpi_desk import KpiView, kpi_view
from skystork.app.ledger_history import LedgerHistory
from skystork.app.road_model import road_model
from skystork.app.site import Site
from skystork.insight.kpi import make_report

Points = list[tuple[float, float]]
MOST_POINTS = 400
"""Of a course; a screen has no more columns."""


class Course(msgspec.Struct, rename="camel"):
    """Counts over time: moment [s since the Unix epoch] and value."""

    accepted: Points
    delivered: Points
    open: Points
    airborne: Points
    air_minutes: Points
    """From acceptance to the doorstep, at the moment of delivery [min]."""
    road_minutes: Points


class Figures(msgspec.Struct, rename="camel"):
    """Everything of the page."""

    start_s: float
    report: KpiView
    series: Course


def figures_of(history: LedgerHistory, site: Site) -> Figures:
    """Read the ledger once and fold it."""
    events = list(history.events())
    report = make_report(events, road_model(site))
    start_s = float(events[0]["at_s"]) if events else 0.0
    return Figures(start_s, kpi_view(report), course_of(events))


def course_of(events: Iterable[Mapping[str, Any]]) -> Course:
    """Fold events, oldest first, into counts over time."""
    course = Course([], [], [], [], [], [])
    accepted_s: dict[str, float] = {}
    accepted = delivered = ended = airborne = 0
    for event in events:
        at_s, kind = float(event["at_s"]), event["kind"]
        match kind:
            case "OrderAccepted":
                accepted += 1
                accepted_s[event["order_id"]] = at_s
                course.accepted.append((at_s, accepted))
            case "OrderDelivered":
                delivered, ended = delivered + 1, ended + 1
                course.delivered.append((at_s, delivered))
                minutes = (at_s - accepted_s.get(event["order_id"], at_s)) / 60
                (course.air_minutes if event["mode"] == "drone" else course.road_minutes).append((at_s, minutes))
            case "OrderUndeliverable" | "OrderCancelled":
                ended += 1
            case "FlightLaunched" | "FlightLanded":
                airborne += 1 if kind == "FlightLaunched" else -1
                course.airborne.append((at_s, airborne))
        if kind in {"OrderAccepted", "OrderDelivered", "OrderUndeliverable", "OrderCancelled"}:
            course.open.append((at_s, accepted - ended))
    for name in Course.__struct_fields__:
        points: Points = getattr(course, name)
        setattr(course, name, points[:: max(1, len(points) // MOST_POINTS)])
    return course
