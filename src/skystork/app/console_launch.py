"""A launch that waits for a person, as the launch desk shows it."""

from __future__ import annotations

import msgspec

from skystork.app.console_vehicle import PlanView, plan_view
from skystork.app.launch_desk import WaitingLaunch
from skystork.frames import LocalFrame
from skystork.orders.book import OrderBook


class CheckView(msgspec.Struct, frozen=True, rename="camel"):
    """One check, graded."""

    name: str
    grade: str
    """``pass``, ``warning`` or ``failure``."""
    seen: str
    required: str
    remedy: str


class LaunchView(msgspec.Struct, frozen=True, rename="camel"):
    """One launch with all that the word is given by."""

    flight_id: str
    vehicle_id: str
    order_id: str
    mission: str
    """Name of a mission by hand; empty for a delivery."""
    step: str
    since_s: float
    decide_by_s: float | None
    departs_at_s: float
    separation: str
    authorised_by: str
    recipient: str
    weight_kg: float | None
    promised_by_s: float | None
    plan: PlanView
    checks: tuple[CheckView, ...]


def launch_view(launch: WaitingLaunch, book: OrderBook, frame: LocalFrame) -> LaunchView:
    """One launch, for the desk."""
    record = book.order(launch.order_id) if launch.order_id in book else None
    plan, due_s = launch.plan, record.promised_by_s if record else None
    until_drop_s = plan.time_to_drop_s + launch.desk.drone.profile.load_s
    return LaunchView(
        flight_id=launch.flight_id,
        vehicle_id=launch.desk.drone.vehicle_id,
        order_id=launch.order_id,
        mission=launch.mission,
        step=launch.authorisation.state,
        since_s=launch.authorisation.since_s,
        decide_by_s=None if due_s is None else due_s - until_drop_s,
        departs_at_s=launch.departs_at_s,
        separation=launch.separation,
        authorised_by=launch.authorisation.authorised_by,
        recipient=record.order.recipient if record else "",
        weight_kg=record.order.parcel.weight_kg if record else None,
        promised_by_s=due_s,
        plan=plan_view(plan, frame),
        checks=tuple(
            CheckView(each.name, each.grade.name.lower(), each.seen, each.required, each.remedy)
            for each in launch.checks
        ),
    )
