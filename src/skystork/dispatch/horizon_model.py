"""From a situation to the arrays of the search; what cannot be used is left out and told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from skystork.dispatch.horizon_arrays import BACK, NOWHERE, DroneColumns, FlightColumns, Model, Plan, VanColumns
from skystork.dispatch.horizon_settings import HorizonSettings
from skystork.dispatch.horizon_situation import HorizonDrone, HorizonOrder, HorizonVan, Hub, Situation, VanStop
from skystork.dispatch.wave_arrays import Floats, Whole
from skystork.orders.order import OrderId

LONGEST_QUEUE = 14
"""Flights foreseen for one drone; more would be hours ahead."""
SPARE_STOPS = 12
"""Places in a van's row beside one full tour and the stops that it still has."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is decided over, without what cannot be used."""

    orders: tuple[HorizonOrder, ...]
    drones: tuple[HorizonDrone, ...]
    vans: tuple[HorizonVan, ...]
    hubs: dict[str, Hub]
    kinds: dict[str, int]
    stops: tuple[VanStop, ...]
    """Of all vans on a tour; their nodes follow those of the orders."""
    index: dict[OrderId, int]
    now_s: float


def see(
    situation: Situation, orders: Sequence[HorizonOrder], drones: Sequence[HorizonDrone], vans: Sequence[HorizonVan]
) -> Picture:
    """Number everything."""
    kinds = {kind: number for number, kind in enumerate(sorted({drone.kind for drone in drones}))}
    return Picture(
        orders=tuple(orders),
        drones=tuple(drones),
        vans=tuple(vans),
        hubs={hub.hub_id: hub for hub in situation.hubs},
        kinds=kinds,
        stops=tuple(stop for van in vans if van.away for stop in van.stops),
        index={order.order_id: number for number, order in enumerate(orders)},
        now_s=situation.now_s,
    )


def make_model(picture: Picture, road_s: Floats, settings: HorizonSettings, minute_price: float) -> Model:
    """The question as arrays."""
    now_s, orders, stops = picture.now_s, picture.orders, picture.stops
    nodes: list[HorizonOrder | VanStop] = [*orders, *stops]
    pick_ups = [_pick_up(node) for node in nodes]
    due_s = _floats(node.due_s for node in nodes) - settings.margin_s
    flights = _flights(picture, settings, minute_price)
    drones = _drones(picture)
    inner_s = np.zeros(len(nodes))
    for number, order in enumerate(orders):
        if order.pick_up_enu_m is not None:
            inner_s[number] = _inner_s(order, pick_ups[number], road_s, picture)
    model = Model(
        now_s=now_s,
        orders=len(orders),
        x_in=_floats(place[0] for place in pick_ups),
        y_in=_floats(place[1] for place in pick_ups),
        x_out=_floats(node.position_enu_m[0] for node in nodes),
        y_out=_floats(node.position_enu_m[1] for node in nodes),
        p_in=_whole(place[2] for place in pick_ups),
        p_out=_whole(node.place for node in nodes),
        inner_s=inner_s,
        due_s=due_s,
        late_cost=_floats(node.late_cost for node in nodes),
        stale_cost_per_s=np.zeros(len(nodes)),
        absent_cost=np.zeros(len(orders)),
        weight_kg=_floats(node.weight_kg for node in nodes),
        released_s=_floats([*(order.released_s for order in orders), *(-math.inf for _ in stops)]),
        earliest_s=_floats(node.earliest_s for node in nodes),
        by_road=_whole([*(0 if order.van_reasons else 1 for order in orders), *(0 for _ in stops)]),
        at_hub=_whole([*(order.pick_up_enu_m is None for order in orders), *(False for _ in stops)]),
        wait_cost_per_s=settings.wait_cost_per_h / 3_600.0,
        road_s=road_s,
        **flights,
        **drones,
        **_vans(picture),
    )
    _price_absence(model, settings)
    return model


def _price_absence(model: Model, settings: HorizonSettings) -> None:
    """An order that nothing can bring in time any more has nothing left to lose but time."""
    n, now_s = model.orders, model.now_s
    soonest_s = np.full(n, np.inf)
    if len(model.drone_kind):
        soonest_s = np.minimum(
            soonest_s, (np.maximum(now_s + model.load_s.min(), model.opens_s) + model.out_s).min(axis=1)
        )
    if len(model.van_x):
        far_m = np.hypot(model.x_out[:n] - model.hub_x[0], model.y_out[:n] - model.hub_y[0])
        direct_s = (
            now_s + far_m * model.pace_s_m.min() + model.service_s.min() + model.van_load_s.min() * model.at_hub[:n]
        )
        direct_s[model.at_hub[:n] == 0] = now_s
        soonest_s = np.where(model.by_road[:n] == 1, np.minimum(soonest_s, direct_s), soonest_s)
    lost = soonest_s > model.due_s[:n]
    late_h = np.clip((now_s - model.due_s[:n]) / 3_600.0, 0.0, 24.0)
    model.late_cost[:n][lost] = 0.0
    model.stale_cost_per_s[:n][lost] = settings.stale_cost_per_h / 3_600.0
    base = settings.stale_cost + 2 * settings.stale_cost_per_h * late_h
    flies = np.isfinite(model.out_s).any(axis=1)
    road_only = (model.by_road[:n] == 1) & ~flies
    worth = np.where(road_only, np.maximum(model.late_cost[:n], _lone_tour_cost(model)), model.late_cost[:n])
    model.absent_cost[:] = np.where(lost, base, worth)


def _lone_tour_cost(model: Model) -> Floats:
    """More than any van's tour with one order alone costs: what only goes by road is not left out for its price."""
    n = model.orders
    if not len(model.van_x):
        return np.zeros(n)
    hub, doors, finds = model.hub_place[0], model.p_out[:n], model.p_in[:n]
    if len(model.road_s):
        legs = np.array((model.road_s[hub, finds], model.road_s[finds, doors], model.road_s[doors, hub]))
        drive_s = np.where(np.isfinite(legs), legs, 0.0).sum(axis=0)
    else:
        find_x, find_y, door_x, door_y = model.x_in[:n], model.y_in[:n], model.x_out[:n], model.y_out[:n]
        to_find_m = np.hypot(find_x - model.hub_x[0], find_y - model.hub_y[0])
        between_m = np.hypot(door_x - find_x, door_y - find_y)
        home_m = np.hypot(door_x - model.hub_x[0], door_y - model.hub_y[0])
        drive_s = (to_find_m + between_m + home_m) * model.pace_s_m.max()
    per_s, busy_s = (model.drive_cost_per_s + model.work_cost_per_s).max(), model.service_s.max() + model.inner_s[:n]
    cost: Floats = drive_s * per_s + (busy_s + model.van_load_s.max()) * model.work_cost_per_s.max() + 1.0
    return cost


def _pick_up(node: HorizonOrder | VanStop) -> tuple[float, float, int]:
    if isinstance(node, HorizonOrder) and node.pick_up_enu_m is not None:
        return *node.pick_up_enu_m, node.pick_up_place
    return *node.position_enu_m, node.place


def _inner_s(order: HorizonOrder, pick_up: tuple[float, float, int], road_s: Floats, picture: Picture) -> float:
    """From a pick-up away from the hub to the doorstep, by the slowest van."""
    if not picture.vans:
        return 0.0
    service_s = max(van.service_s for van in picture.vans)
    if len(road_s):
        return service_s + float(road_s[pick_up[2], order.place])
    pace = max(van.circuity / van.speed_m_s for van in picture.vans)
    return service_s + math.dist(pick_up[:2], order.position_enu_m) * pace


def _flights(picture: Picture, settings: HorizonSettings, minute_price: float) -> FlightColumns:
    shape = (len(picture.orders), max(1, len(picture.kinds)))
    out_s, total_s, cost = np.full(shape, np.inf), np.full(shape, np.inf), np.full(shape, np.inf)
    energy_j, opens_s, closes_s = np.full(shape, np.inf), np.full(shape, -np.inf), np.full(shape, np.inf)
    turns_s = {drone.kind: drone.turn_s for drone in picture.drones}
    price_per_s = (settings.minute_price + minute_price) / 60.0
    for row, order in enumerate(picture.orders):
        for flight in order.flights:
            kind = picture.kinds.get(flight.kind)
            if kind is None:
                continue
            out_s[row, kind], total_s[row, kind], energy_j[row, kind] = flight.out_s, flight.total_s, flight.energy_j
            opens_s[row, kind], closes_s[row, kind] = flight.opens_s, flight.closes_s
            cost[row, kind] = flight.cost + price_per_s * (flight.total_s + turns_s[flight.kind])
    return {
        "out_s": out_s,
        "total_s": total_s,
        "flight_cost": cost,
        "energy_j": energy_j,
        "opens_s": opens_s,
        "closes_s": closes_s,
    }


def _drones(picture: Picture) -> DroneColumns:
    drones = picture.drones
    ready_s, full_ready_s = list_schedule(picture)
    return {
        "drone_kind": _whole(picture.kinds[drone.kind] for drone in drones),
        "ready_s": ready_s,
        "usable_j": _floats(drone.usable_j for drone in drones),
        "full_ready_s": full_ready_s,
        "full_j": _floats(drone.full_j for drone in drones),
        "turn_s": _floats(drone.turn_s for drone in drones),
        "load_s": _floats(picture.hubs[drone.hub_id].load_s for drone in drones),
        "head": _whole(0 for _ in drones),
    }


def list_schedule(picture: Picture) -> tuple[Floats, Floats]:
    """When each drone can begin to be loaded, as it is and with a charged battery: bays, slots and batteries in turn.

    Drones take what a hub has in the order in which they are ready (Graham's list schedule), so that the first flights
    of all of them fit the hub whatever orders they fly.
    """
    ready_s = _floats(max(picture.now_s, drone.ready_at_s) for drone in picture.drones)
    full_s = ready_s + _floats(drone.swap_s for drone in picture.drones)
    for hub in picture.hubs.values():
        bays, slot_s, batteries = sorted(hub.bays_free_at_s), hub.next_launch_s, sorted(hub.batteries_at_s)
        mine = [number for number, drone in enumerate(picture.drones) if drone.hub_id == hub.hub_id]
        for number in sorted(mine, key=lambda number: (ready_s[number], picture.drones[number].vehicle_id)):
            begins_s = max(float(ready_s[number]), slot_s - hub.load_s)
            if bays:
                begins_s = max(begins_s, bays.pop(0))
                bays = sorted([*bays, begins_s + hub.load_s])
            slot_s = begins_s + hub.load_s + hub.launch_every_s if hub.launch_every_s > 0 else slot_s
            if hub.batteries_at_s:
                charged_s = batteries.pop(0) if batteries else math.inf
                full_s[number] = max(float(full_s[number]), charged_s + picture.drones[number].swap_s)
            ready_s[number] = begins_s
    return ready_s, np.maximum(full_s, ready_s)


def _vans(picture: Picture) -> VanColumns:
    vans, hubs = picture.vans, [picture.hubs[van.hub_id] for van in picture.vans]
    starts = [
        max(picture.now_s, van.free_at_s, van.shift_begins_s, -math.inf if van.away else van.next_tour_leaves_s)
        for van in vans
    ]
    return {
        "van_x": _floats(van.position_enu_m[0] for van in vans),
        "van_y": _floats(van.position_enu_m[1] for van in vans),
        "van_place": _whole(van.place for van in vans),
        "van_start_s": _floats(starts),
        "away": _whole(van.away for van in vans),
        "hub_x": _floats(hub.position_enu_m[0] for hub in hubs),
        "hub_y": _floats(hub.position_enu_m[1] for hub in hubs),
        "hub_place": _whole(hub.place for hub in hubs),
        "pace_s_m": _floats(van.circuity / van.speed_m_s for van in vans),
        "most_kg": _floats(van.capacity_kg for van in vans),
        "most_parcels": _whole(van.capacity_parcels for van in vans),
        "service_s": _floats(van.service_s for van in vans),
        "van_load_s": _floats(van.load_s for van in vans),
        "shift_end_s": _floats(van.shift_ends_s for van in vans),
        "drive_cost_per_s": _floats(van.cost_per_m * van.speed_m_s for van in vans),
        "work_cost_per_s": _floats(van.cost_per_s for van in vans),
    }


def empty_plan(picture: Picture) -> Plan:
    """Nothing planned but the stops that vans on a tour still have."""
    drones, vans = len(picture.drones), len(picture.vans)
    longest = max((min(van.capacity_parcels, 60) + len(van.stops) + SPARE_STOPS for van in picture.vans), default=1)
    plan = Plan(
        queue=np.zeros((drones, LONGEST_QUEUE), np.int64),
        flights=np.zeros(drones, np.int64),
        free_s=np.zeros((drones, LONGEST_QUEUE + 1)),
        latest_s=np.zeros((drones, LONGEST_QUEUE + 1)),
        row=np.full((vans, longest), BACK, np.int64),
        stops=np.zeros(vans, np.int64),
        from_x=np.zeros((vans, longest + 2)),
        from_y=np.zeros((vans, longest + 2)),
        from_p=np.zeros((vans, longest + 2), np.int64),
        to_x=np.zeros((vans, longest + 2)),
        to_y=np.zeros((vans, longest + 2)),
        to_p=np.zeros((vans, longest + 2), np.int64),
        leg_s=np.zeros((vans, longest + 2)),
        leaves_s=np.zeros((vans, longest + 2)),
        arrive_latest_s=np.zeros((vans, longest + 2)),
        tour_kg=np.zeros((vans, longest + 2)),
        tour_parcels=np.zeros((vans, longest + 2), np.int64),
        tour_begins_s=np.zeros((vans, longest + 2)),
        back_s=np.zeros(vans),
        where=np.full(len(picture.orders) + len(picture.stops), NOWHERE, np.int64),
        cost=np.zeros(drones + vans),
    )
    node = len(picture.orders)
    for number, van in enumerate(picture.vans):
        count = len(van.stops) if van.away else 0
        plan.row[number, :count] = range(node, node + count)
        plan.where[node : node + count] = drones + number
        plan.stops[number] = count
        node += count
    return plan


def _floats(values: Iterable[float]) -> Floats:
    return np.array(list(values), np.float64)


def _whole(values: Iterable[float]) -> Whole:
    return np.array(list(values), np.int64)


Spent = Callable[[], float]
"""Share of the time to decide that is over; 1 and more: answer now."""
