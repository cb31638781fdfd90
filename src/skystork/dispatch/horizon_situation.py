"""What the dispatcher knows when it decides: orders, drones, hubs, vans, partners, one frozen value.

Times are seconds since the Unix epoch, positions metres east and north of the site's frame, costs the site's money.
The caller made them out of its own state; nothing here is looked up and nothing here is changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from skystork.dispatch.wave_arrays import Floats
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import Reason

Point = tuple[float, float]
"""East and north [m]."""
LATE_COST = 80.0
"""What a broken promise costs where nobody says: above a van's lone tour to the farthest door of the own day stream, so
that no promise is given up for the price of driving."""


@dataclass(frozen=True, slots=True)
class Flight:
    """One order flown by one kind of drone from one hub; an order has one for each kind that may fly it."""

    kind: str
    """Hub and type of aircraft, the same word as :attr:`HorizonDrone.kind`."""
    out_s: float
    """From lift-off until the parcel is down [s]."""
    total_s: float
    """From lift-off until it has landed again [s]."""
    energy_j: float
    """What the battery must hold above its reserve [J]."""
    cost: float
    """Of the whole flight."""
    opens_s: float = -math.inf
    """Not lifted off before: the end of a weather stop, of a night, of a closed zone."""
    closes_s: float = math.inf
    """Not lifted off after."""


@dataclass(frozen=True, slots=True)
class PartnerOffer:
    """A carrier that would take the order."""

    partner_id: str
    cost: float
    eta_s: float
    """Handed over by then if told now."""
    answer_by_s: float = math.inf
    """The offer ends then."""


@dataclass(frozen=True, slots=True)
class HorizonOrder:
    """An order nobody has begun to carry: everything about it is decided anew."""

    order_id: OrderId
    position_enu_m: Point
    """The doorstep."""
    due_s: float
    """The promise; ``inf`` where none was made yet."""
    weight_kg: float
    flights: tuple[Flight, ...] = ()
    """Empty: it does not fly, and :attr:`drone_reasons` says why."""
    drone_reasons: tuple[Reason, ...] = ()
    van_reasons: tuple[Reason, ...] = ()
    """Empty: it may go by road."""
    partners: tuple[PartnerOffer, ...] = ()
    released_s: float = -math.inf
    """The parcel is packed, or stands at its pick-up, from then on."""
    earliest_s: float = -math.inf
    """Not handed over before."""
    pick_up_enu_m: Point | None = None
    """Where a van finds the parcel: None at the hub, else where a drone left it."""
    late_cost: float = LATE_COST
    """What breaking its promise costs, beside the cost of carrying it."""
    place: int = -1
    """Its row in :attr:`Situation.road_s`."""
    pick_up_place: int = -1


@dataclass(frozen=True, slots=True)
class HorizonDrone:
    """A drone in service: idle, being turned round, or in the air with its return foreseen."""

    vehicle_id: VehicleId
    kind: str
    hub_id: str
    ready_at_s: float
    """Loading can begin; in the past where it stands idle."""
    usable_j: float = math.inf
    """Energy above its reserve then [J]."""
    full_j: float = math.inf
    """The same with a charged battery [J]."""
    swap_s: float = 0.0
    """What a swap or a charge to full adds to its readiness [s]."""
    turn_s: float = 0.0
    """From landing until it can be loaded again, the swap included [s]."""
    foreseen: tuple[OrderId, ...] = ()
    """Its queue in the last decision, to go on from; nothing of it is committed."""
    holds: OrderId | None = None
    """Assigned and not yet in the air: it stays unless a rule of :mod:`skystork.dispatch.horizon` lets go."""
    in_service: bool = True


@dataclass(frozen=True, slots=True)
class Hub:
    """Where drones are loaded and vans begin."""

    hub_id: str
    position_enu_m: Point = (0.0, 0.0)
    load_s: float = 0.0
    """At the bay before lift-off [s]."""
    launch_every_s: float = 0.0
    """Between two lift-offs [s]."""
    next_launch_s: float = -math.inf
    """The first slot that is free."""
    bays_free_at_s: tuple[float, ...] = ()
    """One for each place where a drone is loaded; empty where every drone has its own."""
    batteries_at_s: tuple[float, ...] = ()
    """When each charged battery is there, ascending; empty where there are enough."""
    place: int = -1


@dataclass(frozen=True, slots=True)
class VanStop:
    """One doorstep, or one pick-up away from the hub, of a van's plan."""

    order_id: OrderId
    position_enu_m: Point
    due_s: float
    picks: bool = False
    """The parcel comes on board here; else it is handed over."""
    weight_kg: float = 0.0
    earliest_s: float = -math.inf
    late_cost: float = LATE_COST
    place: int = -1


@dataclass(frozen=True, slots=True)
class HorizonVan:
    """A van in its shift: what it does now, what is on board, and what the last decision gave it next."""

    vehicle_id: VehicleId
    hub_id: str
    position_enu_m: Point
    """Where it is free to go on from: here, or the doorstep it is driving to."""
    free_at_s: float
    speed_m_s: float
    """Mean on the road [m/s]."""
    circuity: float
    """Road over straight distance; 1 where :attr:`Situation.road_s` holds the times."""
    capacity_kg: float
    capacity_parcels: int
    service_s: float
    """At a doorstep [s]."""
    load_s: float
    """At the hub before a tour [s]."""
    shift_begins_s: float = -math.inf
    shift_ends_s: float = math.inf
    """Back at the hub by then."""
    cost_per_m: float = 0.0003
    cost_per_s: float = 0.008
    away: bool = False
    """Left the hub: only :attr:`stops` are done before it comes back."""
    stops: tuple[VanStop, ...] = ()
    """Still to do on this tour, in their order; kept."""
    next_tour: tuple[OrderId, ...] = ()
    """Orders foreseen for the tour after it, or for the one it waits for at the hub: not loaded, may move."""
    next_tour_leaves_s: float = -math.inf
    """Kept back at the hub until then by somebody else."""
    place: int = -1
    in_service: bool = True


@dataclass(frozen=True, slots=True)
class Expected:
    """Urgent orders that are expected and not yet there: drones are kept for them."""

    kind: str
    per_s: float
    """How many a second come that only a drone brings in time [1/s]."""
    flight_s: float
    """How long one of them holds a drone, turn included [s]."""
    notice_s: float = 0.0
    """How long one of them can wait for a drone and still be in time [s]."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that is decided over, at one moment."""

    orders: tuple[HorizonOrder, ...]
    drones: tuple[HorizonDrone, ...]
    hubs: tuple[Hub, ...]
    vans: tuple[HorizonVan, ...] = ()
    expected: tuple[Expected, ...] = ()
    road_s: Floats | None = None
    """Travel times by place [s], shape (places, places); None: straight line times circuity over speed."""
    now_s: float = 0.0
