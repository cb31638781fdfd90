"""Remote ID as the site file asks for it: who operates the fleet, and what a vehicle must show before it arms."""

from __future__ import annotations

from skystork.app.networks import LinkTable
from skystork.clearance.checks import Check, check
from skystork.errors import ConfigError, Problem
from skystork.fleet.remote_id import remote_id_fault
from skystork.fleet.vehicle import VehicleState
from skystork.frames import Geodetic
from skystork.link.contract import Operator

OPERATOR_ID_LENGTH = 20
"""Of OPEN_DRONE_ID_OPERATOR_ID.operator_id (common.xml; ASTM F3411-22a)."""


def read_operator(table: LinkTable, depot: Geodetic, where: str) -> Operator | None:
    """The operator of a site; None where the site file names none.

    Raises
    ------
    ConfigError
        The id cannot be broadcast.
    """
    identity = table.operator_id
    if not identity:
        return None
    limit, remedy = f"1..{OPERATOR_ID_LENGTH} printable ASCII characters", "Write it as the authority gave it."
    if not identity.isascii() or not identity.isprintable() or len(identity) > OPERATOR_ID_LENGTH:
        raise ConfigError((Problem(f"{where}.operator_id", "cannot be broadcast", identity, limit, remedy),))
    secret = len(identity) - identity.rfind("-") - 1 if len(identity) > 16 else 0
    if identity[:3].isalpha() and secret == 3:
        limit, remedy = "the 16 characters before it", "Take off the dash and the three characters behind it."
        what = "ends in the operator's secret part, which EN 4709-02 forbids to broadcast"
        raise ConfigError((Problem(f"{where}.operator_id", what, f"{identity[:-3]}???", limit, remedy),))
    return Operator(identity, depot)


def check_remote_id(state: VehicleState, now_s: float) -> Check:
    """Whether the vehicle tells its location as Remote ID asks, as far as the ground can see."""
    fault = remote_id_fault(state, now_s)
    return check(
        "remote id",
        fault is None,
        seen=fault or "a location each second",
        required="a location each second and a transmitter that is ready",
        remedy="check the Remote ID transmitter; [link] operator_id asks for it",
    )
