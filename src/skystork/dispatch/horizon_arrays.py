"""How a situation lies in memory for the compiled search of the rolling horizon.

Nodes are the orders, in their order, and after them the stops that vans on a tour still have. A van's plan is a row
of nodes; ``BACK`` in it is a call at the hub, where the next tour is loaded. Gap ``g`` of a row is the place before
its element ``g``; then comes the gap at its end, and behind that one for a new tour.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from skystork.dispatch.wave_arrays import Floats, Whole

BACK = -1
NOWHERE = -1
LATE_SCALE_S = 7_200.0
"""A promise broken by this long costs twice what one costs that is broken at all."""


class Model(NamedTuple):
    """The question."""

    now_s: float
    orders: int
    x_in: Floats
    """(nodes,) where a van begins at the node"""
    y_in: Floats
    x_out: Floats
    """(nodes,) where it ends: the doorstep"""
    y_out: Floats
    p_in: Whole
    """(nodes,) rows of the road matrix"""
    p_out: Whole
    inner_s: Floats
    """(nodes,) from the pick-up to the doorstep, its own service included"""
    due_s: Floats
    late_cost: Floats
    """(nodes,) 0 where the promise is broken already: what is lost no decision brings back"""
    stale_cost_per_s: Floats
    """(nodes,) what each further second costs an order whose promise is broken"""
    absent_cost: Floats
    """(orders,) of being left out of the plan"""
    weight_kg: Floats
    released_s: Floats
    earliest_s: Floats
    by_road: Whole
    """(nodes,) 1 where a van may carry it"""
    at_hub: Whole
    """(nodes,) 1 where the parcel is loaded at the hub"""
    out_s: Floats
    """(orders, kinds) ``inf`` where it does not fly"""
    total_s: Floats
    flight_cost: Floats
    """(orders, kinds) the price of its minutes included"""
    energy_j: Floats
    opens_s: Floats
    closes_s: Floats
    drone_kind: Whole
    """(drones,)"""
    ready_s: Floats
    usable_j: Floats
    full_ready_s: Floats
    """(drones,) ready with a charged battery"""
    full_j: Floats
    turn_s: Floats
    load_s: Floats
    head: Whole
    """(drones,) flights at the head of its queue that stay"""
    wait_cost_per_s: float
    """Of a parcel by drone, so that of two equal plans the sooner is taken"""
    van_x: Floats
    """(vans,)"""
    van_y: Floats
    van_place: Whole
    van_start_s: Floats
    away: Whole
    hub_x: Floats
    hub_y: Floats
    hub_place: Whole
    pace_s_m: Floats
    """(vans,) seconds for each metre of straight line"""
    most_kg: Floats
    most_parcels: Whole
    service_s: Floats
    van_load_s: Floats
    shift_end_s: Floats
    drive_cost_per_s: Floats
    work_cost_per_s: Floats
    road_s: Floats
    """(places, places) or (0, 0)"""


class FlightColumns(TypedDict):
    """The part of the question that flights are told by; meanings at :class:`Model`."""

    out_s: Floats
    total_s: Floats
    flight_cost: Floats
    energy_j: Floats
    opens_s: Floats
    closes_s: Floats


class DroneColumns(TypedDict):
    """The part that drones are told by."""

    drone_kind: Whole
    ready_s: Floats
    usable_j: Floats
    full_ready_s: Floats
    full_j: Floats
    turn_s: Floats
    load_s: Floats
    head: Whole


class VanColumns(TypedDict):
    """The part that vans are told by."""

    van_x: Floats
    van_y: Floats
    van_place: Whole
    van_start_s: Floats
    away: Whole
    hub_x: Floats
    hub_y: Floats
    hub_place: Whole
    pace_s_m: Floats
    most_kg: Floats
    most_parcels: Whole
    service_s: Floats
    van_load_s: Floats
    shift_end_s: Floats
    drive_cost_per_s: Floats
    work_cost_per_s: Floats


class Plan(NamedTuple):
    """A plan and what is derived from it; changed in place."""

    queue: Whole
    """(drones, longest)"""
    flights: Whole
    """(drones,)"""
    free_s: Floats
    """(drones, longest + 1) when it can be loaded, at each gap"""
    latest_s: Floats
    """(drones, longest + 1) the latest of that at which what follows keeps its promises"""
    row: Whole
    """(vans, longest)"""
    stops: Whole
    """(vans,)"""
    from_x: Floats
    """(vans, longest + 2) where it is at each gap"""
    from_y: Floats
    from_p: Whole
    to_x: Floats
    """(vans, longest + 2) where the element after the gap begins, at the end the hub"""
    to_y: Floats
    to_p: Whole
    leg_s: Floats
    """(vans, longest + 2) from the one to the other"""
    leaves_s: Floats
    """(vans, longest + 2) free to drive on, at each gap"""
    arrive_latest_s: Floats
    """(vans, longest + 2) the latest arrival at the element after the gap"""
    tour_kg: Floats
    """(vans, longest + 2) of the tour that each gap lies in"""
    tour_parcels: Whole
    tour_begins_s: Floats
    """(vans, longest + 2) loading begins; NaN where no parcel of the hub can be added"""
    back_s: Floats
    """(vans,) at the hub after all of it"""
    where: Whole
    """(nodes,) drone d, drones + van, or NOWHERE"""
    cost: Floats
    """(drones + vans,)"""
