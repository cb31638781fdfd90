"""Remote ID as it is seen from the ground: a location each second, and a transmitter that is ready."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skystork.fleet.remote_id import remote_id_fault
from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.orders.order import VehicleId

GOOD = VehicleState(
    VehicleId("D-1"), 100.0, link=LinkState.UP, remote_id_at_s=100.0, remote_id_interval_s=1.05, remote_id_error=""
)


@pytest.mark.parametrize(
    ("state", "now_s", "fault"),
    [
        (GOOD, 100.9, None),
        (replace(GOOD, remote_id_error=None), 100.9, None),  # the autopilot itself broadcasts
        (GOOD, 101.6, "1.6 s old"),
        (replace(GOOD, remote_id_interval_s=2.0), 100.5, "2.0 s apart"),
        (replace(GOOD, remote_id_interval_s=None), 100.5, "only one location"),
        (replace(GOOD, remote_id_at_s=None), 100.5, "no OPEN_DRONE_ID_LOCATION"),
        (replace(GOOD, link=LinkState.LOST), 100.5, "no OPEN_DRONE_ID_LOCATION"),
        (replace(GOOD, remote_id_error="no operator location"), 100.5, "says: no operator location"),
    ],
)
def test_what_is_wrong_is_named(state: VehicleState, now_s: float, fault: str | None) -> None:
    found = remote_id_fault(state, now_s)
    assert (found is None) if fault is None else (found is not None and fault in found)
