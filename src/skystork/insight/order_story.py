"""The story of each order and van, told by the ledger's events: the raw material of every figure.

An event is a plain mapping: ``kind`` and ``at_s`` beside the fields of its payload, as the ledger writes them.
Kinds not known here are passed over, so a figure does not break when the ledger learns a new word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from skystork.frames import Geodetic
from skystork.orders.order import Mode

EventRow = Mapping[str, Any]


@dataclass(slots=True)
class OrderStory:
    """What became of one order; mutable, lives only while events are folded."""

    accepted_s: float
    drop_off: Geodetic
    promised_by_s: float | None = None
    """The first promise."""
    offered_later: bool = False
    """The shortest promise would have failed, and a later one was offered."""
    told_s: list[float] = field(default_factory=list)
    """When the customer was told another time, or that it does not come."""
    refusals: set[tuple[Mode, str]] = field(default_factory=set)
    """Modes that were refused with the code of the reason, each once."""
    delivered_s: float | None = None
    mode: Mode | None = None
    undeliverable: bool = False
    cancelled: bool = False


@dataclass(slots=True)
class Stories:
    """Everything folded so far."""

    orders: dict[str, OrderStory] = field(default_factory=dict)
    van_places: dict[str, list[Geodetic | None]] = field(default_factory=dict)
    """For each van where it called, in order; None is the depot."""
    robot_calls: list[tuple[str, Geodetic]] = field(default_factory=list)
    """Each robot's hand-overs with the doorstep; one parcel a trip."""
    flight_energy_j: dict[str, float] = field(default_factory=dict)
    """Planned at first, as reported by the battery once landed."""
    landed: set[str] = field(default_factory=set)
    flights: int = 0
    parcels_returned: int = 0
    contingencies: Counter[str] = field(default_factory=Counter)
    last_s: float = 0.0
    """Time of the newest event."""


def tell_stories(events: Iterable[EventRow]) -> Stories:
    """Fold events, oldest first."""
    stories = Stories()
    for event in events:
        stories.last_s = max(stories.last_s, float(event["at_s"]))
        if event["kind"] == "OrderAccepted":
            place = event["order"]["drop_off"]
            drop_off = Geodetic(place["latitude_deg"], place["longitude_deg"])
            stories.orders[event["order_id"]] = OrderStory(float(event["at_s"]), drop_off)
        elif (tell := _OF_AN_ORDER.get(event["kind"])) is not None and event["order_id"] in stories.orders:
            tell(stories.orders[event["order_id"]], event)
        if (note := _OF_A_VEHICLE.get(event["kind"])) is not None:
            note(stories, event)
    return stories


def _assessed(story: OrderStory, event: EventRow) -> None:
    for mode, reasons in ((Mode.DRONE, event["drone_reasons"]), (Mode.VAN, event["van_reasons"])):
        story.refusals.update((mode, reason["code"]) for reason in reasons)


def _promised(story: OrderStory, event: EventRow) -> None:
    if story.promised_by_s is None:
        story.promised_by_s = float(event["promised_by_s"])


def _offered(story: OrderStory, _: EventRow) -> None:
    story.offered_later = True


def _revised(story: OrderStory, event: EventRow) -> None:
    story.told_s.append(float(event["at_s"]))


def _routed(story: OrderStory, event: EventRow) -> None:
    story.refusals.update((Mode.DRONE, reason["code"]) for reason in event.get("reasons", ()))


def _delivered(story: OrderStory, event: EventRow) -> None:
    if story.delivered_s is None:
        story.delivered_s, story.mode = float(event["at_s"]), Mode(event["mode"])


def _undeliverable(story: OrderStory, event: EventRow) -> None:
    story.undeliverable = True
    story.told_s.append(float(event["at_s"]))


def _cancelled(story: OrderStory, _: EventRow) -> None:
    story.cancelled = True


def _planned(stories: Stories, event: EventRow) -> None:
    stories.flight_energy_j[event["flight_id"]] = float(event["energy_j"])


def _launched(stories: Stories, _: EventRow) -> None:
    stories.flights += 1


def _landed(stories: Stories, event: EventRow) -> None:
    stories.landed.add(event["flight_id"])
    if event["energy_j"] is not None:
        stories.flight_energy_j[event["flight_id"]] = float(event["energy_j"])


def _raised(stories: Stories, event: EventRow) -> None:
    stories.contingencies[event["rule"]] += 1


def _returned(stories: Stories, _: EventRow) -> None:
    stories.parcels_returned += 1


def _loaded(stories: Stories, event: EventRow) -> None:
    places = stories.van_places.setdefault(event["vehicle_id"], [])
    if places and places[-1] is not None:
        places.append(None)


def _called(stories: Stories, event: EventRow) -> None:
    if event["order_id"] not in stories.orders:
        return
    doorstep = stories.orders[event["order_id"]].drop_off
    if event["mode"] == Mode.VAN:
        stories.van_places.setdefault(event["vehicle_id"], []).append(doorstep)
    elif event["mode"] == Mode.ROBOT:
        stories.robot_calls.append((event["vehicle_id"], doorstep))


_OF_AN_ORDER: Mapping[str, Callable[[OrderStory, EventRow], None]] = {
    "EligibilityAssessed": _assessed,
    "PromiseMade": _promised,
    "PromiseOffered": _offered,
    "PromiseRevised": _revised,
    "OrderRouted": _routed,
    "OrderDelivered": _delivered,
    "OrderUndeliverable": _undeliverable,
    "OrderCancelled": _cancelled,
}
_OF_A_VEHICLE: Mapping[str, Callable[[Stories, EventRow], None]] = {
    "FlightPlanned": _planned,
    "FlightLaunched": _launched,
    "FlightLanded": _landed,
    "ContingencyRaised": _raised,
    "ParcelReturned": _returned,
    "ParcelAwaitsCollection": _returned,
    "ParcelLoaded": _loaded,
    "OrderDelivered": _called,
}
