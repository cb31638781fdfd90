"""Whether a vehicle broadcasts who and where it is, as far as it can be seen from the ground.

ASTM F3411-22a asks for a location at least once a second, not older than a second. What can be seen here is the copy
of the location that the vehicle sends to the ground, and the word of its Remote ID transmitter (mavlink.io, Open Drone
ID, ARM_STATUS). Neither proves what is in the air on Wi-Fi or Bluetooth.
"""

from __future__ import annotations

from skystork.fleet.vehicle import LinkState, VehicleState

INTERVAL_S = 1.0
"""ASTM F3411-22a: at least 1 Hz."""
LATE_S = 0.5
"""Allowed for the way to the ground: the location is made once a second, and comes late over a mobile network."""


def remote_id_fault(state: VehicleState, now_s: float) -> str | None:
    """Why the vehicle's Remote ID is not as it must be; None where nothing speaks against it."""
    if state.remote_id_at_s is None or state.link is not LinkState.UP:
        return "no OPEN_DRONE_ID_LOCATION was received"
    if state.remote_id_error:
        return f"the Remote ID transmitter says: {state.remote_id_error}"
    age_s = now_s - state.remote_id_at_s
    if age_s > INTERVAL_S + LATE_S:
        return f"its last location is {age_s:.1f} s old; it must send one each second"
    interval_s = state.remote_id_interval_s
    if interval_s is None:
        return "only one location was received; it must send one each second"
    if interval_s > INTERVAL_S + LATE_S:
        return f"its locations are {interval_s:.1f} s apart; it must send one each second"
    return None
