"""What wants a person, most pressing first: each with the time left to decide, and what each answer would cause.

Pure: a matter is a value, made anew from what is known now. The time left is when the best answer is no longer to be
had: a held aircraft must leave while it still comes home with its reserve; a launch must be let go while its promise
can be kept. A matter that nobody took within :data:`UNOWNED_S` goes one role up, and again after as long.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum

import msgspec

UNOWNED_S = 60.0
"""Unowned for so long, a matter escalates one step (ours: a controller on duty looks up at least once a minute)."""
LADDER = ("dispatcher", "supervisor", "safetyOfficer")
"""Who is asked, step by step."""
PROMISE_NOTICE_S = 300.0
"""An order with less than this to its promise and nobody on its way wants a person [s]."""


class Urgency(StrEnum):
    """How a matter is coloured; the order is by time left, whatever the colour."""

    INFORMATION = "information"
    WARNING = "warning"
    CRITICAL = "critical"


class Choice(msgspec.Struct, frozen=True, rename="camel"):
    """One answer to a matter."""

    command: str
    """Type of the command it sends; empty for an answer that is given outside."""
    label: str
    consequence: str
    """What it causes, with the numbers."""
    targets: dict[str, str] = {}
    """Fields of the command: ``vehicleId``, ``orderId``, ``flightId``."""
    recommended: bool = False


class Matter(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that wants a decision."""

    key: str
    """The same while it lasts."""
    urgency: Urgency
    title: str
    detail: str
    raised_at_s: float
    decide_by_s: float | None
    """After this the recommended answer is no longer to be had; None: nothing is lost by waiting."""
    decide_why: str
    choices: tuple[Choice, ...]
    vehicle_id: str = ""
    order_id: str = ""
    flight_id: str = ""


class Owned(msgspec.Struct, frozen=True, rename="camel"):
    """A matter with who has it."""

    matter: Matter
    owner: str
    """Empty where nobody took it."""
    asked: str
    """The role that is asked now."""
    escalated: bool


class FlightFacts(msgspec.Struct, frozen=True):
    """What is known of a flight in the air."""

    vehicle_id: str
    flight_id: str
    order_id: str
    phase: str
    link_up: bool
    silent_s: float
    height_m: float
    parcel_on_board: bool
    battery: float
    """0..1."""
    reserve: float
    """0..1, to be left at touch-down."""
    need: float
    """0..1, that the rest of its way takes."""
    drain_per_s: float
    """Share of the battery that a second in the air takes."""
    allowed: frozenset[str]
    """Orders that would be taken now."""

    @property
    def spare_s(self) -> float:
        """How long it can stay before it must go on to land with its reserve; negative: it is late [s]."""
        return (self.battery - self.reserve - self.need) / max(self.drain_per_s, 1e-9)


def by_time_left(matters: Iterable[Matter]) -> tuple[Matter, ...]:
    """Least time first; what has no limit last, the more urgent and the older first."""
    rank = {Urgency.CRITICAL: 0, Urgency.WARNING: 1, Urgency.INFORMATION: 2}
    return tuple(
        sorted(matters, key=lambda each: (each.decide_by_s or math.inf, rank[each.urgency], each.raised_at_s, each.key))
    )


def with_owner(matter: Matter, owner: str, now_s: float) -> Owned:
    """Who has it, or who is asked by now."""
    if owner:
        return Owned(matter, owner, "", False)
    step = min(int(max(now_s - matter.raised_at_s, 0.0) // UNOWNED_S), len(LADDER) - 1)
    return Owned(matter, "", LADDER[step], step > 0)


def held(flight: FlightFacts, since_s: float, now_s: float, why: str) -> Matter:
    """An aircraft that stands in the air by order."""
    return Matter(
        f"held:{flight.flight_id}",
        Urgency.WARNING if flight.spare_s > 120 else Urgency.CRITICAL,
        f"{flight.vehicle_id} holds in the air",
        why or "told to hold by a person",
        since_s,
        now_s + flight.spare_s,
        "then it can no longer go on and land with its reserve",
        flight_choices(flight, prefer="resume"),
        flight.vehicle_id,
        flight.order_id,
        flight.flight_id,
    )


def contingency(flight: FlightFacts, rule: str, detail: str, *, action: str, since_s: float, now_s: float) -> Matter:
    """A rule of the contingency table that holds."""
    grave = action in {"RETURN", "TAKE_BACK", "LAND"} or rule in {"LINK_LOST", "AUTOPILOT_FAILSAFE"}
    return Matter(
        f"rule:{flight.flight_id}:{rule}",
        Urgency.CRITICAL if grave else Urgency.WARNING,
        f"{flight.vehicle_id}: {rule.replace('_', ' ').lower()}",
        f"{detail} (the service does: {action.replace('_', ' ').lower()})",
        since_s,
        now_s + flight.spare_s,
        "then it can no longer stay in the air and land with its reserve",
        flight_choices(flight, prefer=""),
        flight.vehicle_id,
        flight.order_id,
        flight.flight_id,
    )


def flight_choices(flight: FlightFacts, prefer: str) -> tuple[Choice, ...]:
    """What can be ordered of a flight, each with what it causes in figures."""
    spare = _span(flight.spare_s)
    home = f"lands with {100 * max(flight.battery - flight.need, 0):.0f} % battery"
    waits_again = "its parcel comes back and the order waits again"
    parcel = waits_again if flight.parcel_on_board else "its parcel was handed over"
    words = {
        "hold": ("Hold", f"stays where it is; it can for {spare} before its reserve is touched"),
        "resume": ("Resume", f"goes on with its mission; {home}"),
        "return": ("Return", f"comes home by its checked path; {home}; {parcel}"),
        "rally": ("Rally point", f"lands at the nearest rally point by a new, checked plan; {parcel}"),
        "land": (
            "Land here",
            f"comes straight down from {flight.height_m:.0f} m, whatever is below; a person fetches it",
        ),
    }
    target = {"vehicleId": flight.vehicle_id}
    return tuple(
        Choice(name, label, consequence, target, name == prefer)
        for name, (label, consequence) in words.items()
        if name in flight.allowed
    )


def launch_waits(
    flight_id: str,
    vehicle_id: str,
    order_id: str,
    *,
    step: str,
    since_s: float,
    promised_by_s: float | None,
    to_drop_s: float,
) -> Matter:
    """A launch that waits for a person's word; ``to_drop_s`` is from the word to the doorstep."""
    command, label = ("authoriseLaunch", "Authorise") if step == "authorise" else ("startLaunch", "Launch")
    causes = "its parcel is loaded and its mission goes on board" if step == "authorise" else "it arms and takes off"
    target = {"flightId": flight_id}
    return Matter(
        f"launch:{flight_id}:{step}",
        Urgency.WARNING,
        f"{vehicle_id} waits to be {'authorised' if step == 'authorise' else 'launched'}",
        f"flight {flight_id} with order {order_id}: plan and checks are on the launch desk",
        since_s,
        None if promised_by_s is None else promised_by_s - to_drop_s,
        "then it can no longer keep its promise",
        (
            Choice(command, label, causes, target, True),
            Choice("refuseLaunch", "Refuse", "the order waits again, for another vehicle or the road", target),
        ),
        vehicle_id,
        order_id,
        flight_id,
    )


def order_late(order_id: str, state: str, *, promised_by_s: float, eta_s: float | None, since_s: float) -> Matter:
    """An order whose promise will not be kept, or that nobody has on the way."""
    if eta_s is not None:
        detail = f"{state}: expected {_span(eta_s - promised_by_s)} after its promise; the customer is told by itself"
    else:
        detail = f"{state}: nothing is on its way, and its promise is near"
    cancel = Choice(
        "cancelOrder", "Cancel the order", "it is not delivered; the customer is told", {"orderId": order_id}
    )
    return Matter(
        f"late:{order_id}", Urgency.WARNING, f"order {order_id} will be late", detail, since_s, promised_by_s,
        "then its promise is broken", (cancel,) if state == "waiting" else (), order_id=order_id,
    )  # fmt: skip


def stranded(order_id: str, vehicle_id: str, since_s: float) -> Matter:
    """A parcel of which nobody knows where it is."""

    def close(outcome: str, label: str, causes: str) -> Choice:
        return Choice("closeOrder", label, causes, {"orderId": order_id, "outcome": outcome})

    return Matter(
        f"parcel:{order_id}", Urgency.CRITICAL, f"parcel of {order_id}: nobody knows where it is",
        f"{vehicle_id or 'its drone'} was told to let go and did not report: look at the place, or ask the customer",
        since_s, None, "", (
            close("DELIVERED", "It was handed over", "the order is closed as delivered"),
            close("UNDELIVERABLE", "It was not", "the order is closed as undeliverable, and the customer is told"),
        ), vehicle_id, order_id,
    )  # fmt: skip


def out_of_service(vehicle_id: str, why: str, since_s: float) -> Matter:
    """A vehicle that a person must look at."""
    back = Choice(
        "restoreVehicle", "Put back into service", "it is offered orders again; its launches are checked as all are",
        {"vehicleId": vehicle_id},
    )  # fmt: skip
    return Matter(
        f"vehicle:{vehicle_id}",
        Urgency.INFORMATION,
        f"{vehicle_id} is out of service",
        why,
        since_s,
        None,
        "",
        (back,),
        vehicle_id,
    )


def weather_old(at_s: float | None, since_s: float) -> Matter:
    """No reading, or one too old to launch by."""
    detail = (
        "no reading of the weather station: nothing is launched"
        if at_s is None
        else "the last reading is old: nothing is launched by it"
    )
    look = Choice("", "Look at the station", "launches go on with the next reading")
    return Matter("weather", Urgency.WARNING, "weather is not known", detail, since_s, None, "", (look,))


def site_unread(problems: tuple[str, ...], since_s: float) -> Matter:
    """The site's own files cannot be read, and an earlier copy of them is served."""
    mend = Choice("", "Mend the files: skystork check-config", "they are read by themselves, and launches go on")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Matter(
        "site", Urgency.CRITICAL, "the site's files cannot be read",
        f"{problems[0]}{more}. Aircraft in the air are watched and steered by the last files that could; nothing is "
        "launched", since_s, None, "", (mend,),
    )  # fmt: skip


def bus_down(problem: str, since_s: float) -> Matter:
    """The message bus is not connected."""
    look = Choice("", "Look at the broker", "vans, crew and weather are as they were heard last; it connects by itself")
    detail = f"{problem}. Aircraft are heard and steered as before; nothing new is loaded or launched without the crew"
    return Matter("bus", Urgency.CRITICAL, "the message bus is not connected", detail, since_s, None, "", (look,))


def part_failed(name: str, why: str, times: int, *, since_s: float) -> Matter:
    """A part of the service that failed and began anew; it is in order again when it has worked for a while."""
    look = Choice("", "Look at the log and tell the maker", "it begins anew by itself; the other parts work as before")
    counted = "once" if times == 1 else f"{times} times in a row"
    return Matter(
        f"part:{name}", Urgency.CRITICAL, f"a part of the service failed: {name}",
        f"{why} ({counted}). Aircraft in the air are watched and steered as before; what this part does may be late",
        since_s, None, "", (look,),
    )  # fmt: skip


def network_down(name: str, connection: str, since_s: float) -> Matter:
    """A network on which nothing is heard."""
    look = Choice("", "Look at the radio or cable", "vehicles in the air go on by their missions and release nothing")
    return Matter(
        f"network:{name}", Urgency.CRITICAL, f"network {name} is down", f"nothing is heard on {connection}", since_s,
        None, "", (look,),
    )  # fmt: skip


def _span(seconds: float) -> str:
    if seconds < 0:
        return f"{-seconds:.0f} s less than nothing"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
