"""By what the rolling horizon decides; frozen after development days 100 to 104 of the own day stream."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HorizonSettings:
    """Every number was chosen on the development days unless its line says otherwise."""

    steps: int = 60
    """Take-outs tried for one decision; fewer where there are few orders."""
    steps_per_order: float = 6.0
    hot: float = 0.3
    """By how much a worse plan may be kept at first, as a cost."""
    least_saving: float = 0.05
    """The plan as it stands is kept where what was tried saves less than this: equal plans do not take turns."""
    margin_s: float = 20.0
    """Plans are made for a promise this much sooner."""
    launch_slack_s: float = 240.0
    """A drone leaves when its flight can wait no longer than this."""
    relaxed_slack_s: float = 3_600.0
    """A flight that can wait longer than this does: until then a van may pass that way."""
    stale_leave_s: float = 1_800.0
    """A van leaves when an order of its tour is overdue by this."""
    van_leave_slack_s: float = 30.0
    """A van leaves when its tour can wait no longer than this."""
    van_leave_parcels: int = 12
    """Or when it holds this many."""
    stale_cost: float = 4.0
    """Of leaving an order undone whose promise is broken already."""
    stale_cost_per_h: float = 8.0
    """And for each further hour."""
    minute_price: float = 0.0
    """Of a drone's minute where nothing is left out."""
    overload_minute_price: float = 0.25
    """Added where every drone is busy and orders are left out."""
    wait_cost_per_h: float = 0.4
    """Of a parcel waiting for a drone."""
    keep_for_urgent: float = 1.0
    """Drones kept idle for each urgent order expected within its notice."""
    offer_margin_s: float = 90.0
    """A promise is offered only if the plan keeps it with this much to spare."""
