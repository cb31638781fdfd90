"""The message that sends a van, or a robot, on its tour: a VDA 5050 order whose nodes are the stops."""

from __future__ import annotations

import math

from skystork.app.bus_header import rfc3339
from skystork.app.van_view import VanView, drop_action, pause_action, pick_action
from skystork.contract.header import NO_HEADER
from skystork.contract.vehicle_messages import Action, ActionParameter, Node, Place, VehicleOrder
from skystork.dispatch.van_plan import StopKind, VanStop


def tour_order(view: VanView, stops: tuple[VanStop, ...], now_s: float) -> VehicleOrder:
    """The order message of a tour, which the view remembers as sent."""
    return VehicleOrder(
        **NO_HEADER,
        order_id=tour_name(view),
        order_update_id=view.send(stops, now_s),
        nodes=tuple(_node(index, stop) for index, stop in enumerate(stops)),
    )


def tour_name(view: VanView) -> str:
    """One for each van: what is sent later is an update of it."""
    return f"TOUR-{view.van.vehicle_id}"


def _node(index: int, stop: VanStop) -> Node:
    """A stop as a VDA 5050 node."""
    make = drop_action if stop.kind is StopKind.DELIVER else pick_action
    kind = "drop" if stop.kind is StopKind.DELIVER else "pick"
    waits = _waits(stop)
    actions = tuple(
        Action(action_type=kind, action_id=make(order_id), action_parameters=waits) for order_id in stop.order_ids
    )
    if stop.kind in {StopKind.CHARGE, StopKind.REST}:
        lasts = ActionParameter(key="durationS", value=float(round(stop.eta_s - stop.arrives_s)))
        kind = "startCharging" if stop.kind is StopKind.CHARGE else "rest"
        actions = (Action(action_type=kind, action_id=pause_action(stop), action_parameters=(lasts,)),)
    return Node(
        node_id=f"{stop.kind}-{index}-{'-'.join(stop.order_ids)}",  # the same for the same work only
        sequence_id=2 * index,
        released=True,
        geodetic=Place(latitude=stop.position.latitude_deg, longitude=stop.position.longitude_deg),
        actions=actions,
    )


def _waits(stop: VanStop) -> tuple[ActionParameter, ...]:
    """What says that the driver waits there, where a parcel or a customer is not ready before."""
    if not math.isfinite(stop.not_before_s):
        return ()
    return (ActionParameter(key="notBefore", value=rfc3339(math.ceil(stop.not_before_s))),)
