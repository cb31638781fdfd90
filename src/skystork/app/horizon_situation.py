"""What the dispatcher decides over, made out of the desks: drones with their return foreseen, vans by their own word.

There is one hub, the depot, and a kind of drone for each profile. Loading is counted with the flight, because every
drone is loaded at its own pad. With a cap on aircraft by the pilots on duty, no more drones are shown than may be on a
flight: those on one first, then those that stand ready, each type in turn, the fullest battery first. The decision then
never begins a flight too many, and what it foresees holds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from skystork.app.drone_desk import DroneAvailability
from skystork.app.site import Site
from skystork.app.van_shift import ANY_HOUR
from skystork.app.van_view import VanView
from skystork.dispatch.horizon_situation import HorizonDrone, HorizonVan, Hub, VanStop
from skystork.dispatch.van_plan import StopKind
from skystork.orders.book import OrderBook, OrderRecord
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.order_state import OrderState

HUB = Hub("depot")
NEVER_S = 1e7
"""A swap that nobody does: a drone that stands idle gets no new battery."""


def kinds_of(site: Site, limits_kg: Mapping[VehicleId, float]) -> dict[str, tuple[str, float]]:
    """Kinds of drones, each with its profile and the heaviest parcel [kg]: a person may limit a single one."""
    kinds = {drone.profile.name: (drone.profile.name, math.inf) for drone in site.drones}
    for drone in site.drones:
        if drone.vehicle_id in limits_kg:
            kinds[_kind(drone.profile.name, drone.vehicle_id)] = (drone.profile.name, limits_kg[drone.vehicle_id])
    return kinds


def kind_of(each: DroneAvailability, limits_kg: Mapping[VehicleId, float]) -> str:
    """Of one drone."""
    name = each.profile.name
    return _kind(name, each.vehicle_id) if each.vehicle_id in limits_kg else name


def _kind(profile_name: str, vehicle_id: VehicleId) -> str:
    return f"{profile_name}/{vehicle_id}"


def horizon_drones(
    available: Sequence[DroneAvailability],
    *,
    now_s: float,
    spare: int | None,
    limits_kg: Mapping[VehicleId, float],
    foreseen: Mapping[str, tuple[OrderId, ...]],
    holds: Mapping[VehicleId, OrderId],
) -> tuple[HorizonDrone, ...]:
    """Those in service, in the order of their names.

    Parameters
    ----------
    spare
        Caps those that may begin a flight; None is no cap.
    foreseen
        What the last decision gave each, to go on from.
    holds
        Orders of drones that are being made ready: such a one begins now what it was given.
    """
    shown = list(available) if spare is None else _within_cap(available, now_s, spare)
    return tuple(
        _drone(each, now_s, limits_kg, foreseen.get(each.vehicle_id, ()), holds.get(each.vehicle_id))
        for each in sorted(shown, key=lambda each: each.vehicle_id)
    )


def _within_cap(available: Sequence[DroneAvailability], now_s: float, spare: int) -> list[DroneAvailability]:
    away = [each for each in available if each.ready_at_s > now_s]
    ready: defaultdict[str, list[DroneAvailability]] = defaultdict(list)
    for each in sorted(available, key=lambda each: (-each.battery_j, each.vehicle_id)):
        if each.ready_at_s <= now_s:
            ready[each.profile.name].append(each)
    turns = zip_longest(*(ready[name] for name in sorted(ready)))
    standing = [each for turn in turns for each in turn if each is not None]
    return [*away, *standing[:spare]]


def _drone(
    each: DroneAvailability,
    now_s: float,
    limits_kg: Mapping[VehicleId, float],
    foreseen: tuple[OrderId, ...],
    held: OrderId | None,
) -> HorizonDrone:
    profile = each.profile
    reserve_j = profile.reserve_fraction * profile.battery_j
    return HorizonDrone(
        vehicle_id=each.vehicle_id,
        kind=kind_of(each, limits_kg),
        hub_id=HUB.hub_id,
        ready_at_s=each.ready_at_s if held is None else now_s,
        usable_j=max(0.0, each.battery_j - reserve_j),
        full_j=max(0.0, each.full_j - reserve_j),
        swap_s=NEVER_S if each.ready_at_s <= now_s else 0.0,
        turn_s=profile.turnaround_s,
        foreseen=foreseen,
        holds=held,
    )


def horizon_vans(
    views: Mapping[str, VanView],
    *,
    book: OrderBook,
    site: Site,
    now_s: float,
    foreseen: Mapping[str, tuple[OrderId, ...]],
) -> tuple[HorizonVan, ...]:
    """Every van: the rest of the tour it was sent stays; what is only foreseen, planned or decided, may move.

    Each works in its shift of the local day, carries what a person lets it, and is as fast as the hour that it is.
    """
    routed: defaultdict[str, list[OrderRecord]] = defaultdict(list)
    for record in book.orders(OrderState.ROUTED):
        if record.vehicle_id is not None:
            routed[record.vehicle_id].append(record)
    hour = _Hour(now_s, site.road.midnight_s(now_s), _speed_fraction(site, now_s))
    made = (_van(view, routed[view.van.vehicle_id], book, site, hour) for view in views.values())
    return tuple(_with_tour(van, foreseen.get(van.vehicle_id, ())) for van in made)


def _with_tour(van: HorizonVan, foreseen: tuple[OrderId, ...]) -> HorizonVan:
    begun = {stop.order_id for stop in van.stops}
    tour = dict.fromkeys((*van.next_tour, *(order_id for order_id in foreseen if order_id not in begun)))
    return replace(van, next_tour=tuple(tour))


@dataclass(frozen=True, slots=True)
class _Hour:
    """The moment of a round, for all vans."""

    now_s: float
    midnight_s: float
    """When the local day began [s since the Unix epoch]."""
    speed_fraction: float
    """Speed over that of the day's mean."""


def _speed_fraction(site: Site, now_s: float) -> float:
    estimated, routed = site.road.hours_at(now_s)
    return float((routed if site.road.router else estimated).from_now(now_s)[1])


def _van(view: VanView, routed: Sequence[OrderRecord], book: OrderBook, site: Site, hour: _Hour) -> HorizonVan:
    profile, rules, shift = view.van.profile, site.rules, view.van.shift or ANY_HOUR
    limit_kg = book.control.payload_kg.get(view.van.vehicle_id, profile.capacity_kg)
    stops = tuple(_stops(view, book, site))
    toured = {stop.order_id for stop in stops} | set(view.committed)
    later = sorted(
        (record for record in routed if record.order.order_id not in toured), key=lambda record: record.eta_s or 0.0
    )
    return HorizonVan(
        vehicle_id=view.van.vehicle_id,
        hub_id=HUB.hub_id,
        position_enu_m=site.frame.to_enu_m(view.place()),
        free_at_s=view.free_at_s(hour.now_s),
        speed_m_s=profile.speed_m_s * hour.speed_fraction,
        circuity=profile.circuity,
        capacity_kg=min(profile.capacity_kg, limit_kg),
        capacity_parcels=profile.capacity_parcels,
        service_s=profile.service_s,
        load_s=profile.load_s,
        shift_begins_s=hour.midnight_s + shift.starts_s,
        shift_ends_s=hour.midnight_s + shift.ends_s,
        cost_per_m=rules.van_cost_per_km / 1e3,
        cost_per_s=rules.van_cost_per_s,
        away=bool(stops),
        stops=stops,
        next_tour=tuple(record.order.order_id for record in later),
    )


def _stops(view: VanView, book: OrderBook, site: Site) -> Iterator[VanStop]:
    """The doorsteps still to be called at; a call at the depot in between costs minutes and is left out."""
    for stop in view.stops_left:
        if stop.kind is not StopKind.DELIVER or OrderId(stop.order_ids[0]) not in book:
            continue
        record = book.order(stop.order_ids[0])
        yield VanStop(
            order_id=record.order.order_id,
            position_enu_m=site.frame.to_enu_m(stop.position),
            due_s=record.promised_by_s or math.inf,
            weight_kg=record.order.parcel.weight_kg,
            earliest_s=-math.inf if record.order.deliver_from_s is None else record.order.deliver_from_s,
            late_cost=site.rules.late_cost,
        )
