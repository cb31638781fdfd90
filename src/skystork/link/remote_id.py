"""Open Drone ID: what the vehicle's Remote ID tells, and what the ground must tell it.

The ground gives the operator's identity and place: OPERATOR_ID and SELF_ID at least every 3 s, SYSTEM (the operator's
location) every second, as the strictest regions ask (mavlink.io, Open Drone ID; ASTM F3411-22a). It is sent while the
vehicle is heard and an operator is configured.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from skystork.link.contract import Operator, sample_of
from skystork.link.service import Effect, LinkService
from skystork.link.service_messages import (
    NO_ID,
    OpenDroneIdArmStatus,
    OpenDroneIdLocation,
    OpenDroneIdOperatorId,
    OpenDroneIdSelfId,
    OpenDroneIdSystem,
)

SYSTEM_INTERVAL_S = 1.0
"""mavlink.io, Open Drone ID: some regions ask for the operator's location each second."""
STATIC_EVERY = 3
"""Turns between the messages that do not change: every 3 s."""
REMEMBERED = 5
"""Locations whose distances are looked at."""
ODID_EPOCH_S = 1_546_300_800.0
"""2019-01-01 00:00 UTC [s since the Unix epoch] (common.xml, OPEN_DRONE_ID_SYSTEM.timestamp)."""
_FIXED, _UNDECLARED, _UNKNOWN_M = 2, 0, -1000.0  # operator location type, classification, unknown altitude


class RemoteIdMonitor(LinkService):
    """Watches how often the vehicle tells its location, and what its transmitter says."""

    TAKES = (OpenDroneIdLocation, OpenDroneIdArmStatus)

    def __init__(self) -> None:
        self._heard_s: float | None = None
        self._intervals_s: deque[float] = deque(maxlen=REMEMBERED - 1)

    def receive(self, message: OpenDroneIdLocation | OpenDroneIdArmStatus, now_s: float) -> Sequence[Effect]:
        """Take a message of the vehicle's Remote ID; one about another aircraft is not ours."""
        if isinstance(message, OpenDroneIdArmStatus):
            text = message.error.split(b"\0", 1)[0].decode("utf-8", errors="replace")
            text = "".join(each for each in text if each.isprintable()).strip()
            return [sample_of(now_s, remote_id_error=(text or "not ready") if message.status != 0 else "")]
        if message.id_or_mac != NO_ID or (message.latitude, message.longitude) == (0, 0):
            return []
        if self._heard_s is not None:
            self._intervals_s.append(now_s - self._heard_s)
        self._heard_s = now_s
        longest_s = max(self._intervals_s, default=None)
        return [sample_of(now_s, remote_id_at_s=now_s, remote_id_interval_s=longest_s)]

    def forget(self, now_s: float) -> Sequence[Effect]:  # noqa: ARG002  (one shape for all services)
        """The vehicle rebooted."""
        self._heard_s = None
        self._intervals_s.clear()
        return ()


class OperatorTeller(LinkService):
    """Tells the vehicle who operates it and from where.

    Parameters
    ----------
    system_id
        Whom to tell.
    operator
        Nothing is told where it is None.
    """

    def __init__(self, system_id: int, operator: Operator | None) -> None:
        self._system_id, self._operator = system_id, operator
        self._next_s: float | None = None
        self._turn = 0

    def heard(self, now_s: float) -> None:
        """The vehicle is heard: begin."""
        if self._operator is not None:
            self._next_s, self._turn = now_s, 0

    def lost(self) -> None:
        """The vehicle is not heard: nothing is told to nobody."""
        self._next_s = None

    def next_timer_s(self) -> float | None:
        """When the next message is due."""
        return self._next_s

    def handle_timer(self, now_s: float) -> Sequence[Effect]:
        """Tell what is due."""
        if self._next_s is None or now_s < self._next_s or self._operator is None:
            return ()
        self._next_s = now_s + SYSTEM_INTERVAL_S
        turn, self._turn = self._turn % STATIC_EVERY, self._turn + 1
        told: list[Effect] = [system_message(self._system_id, self._operator, now_s)]
        if turn == 0:
            identity = self._operator.operator_id.encode("ascii", errors="ignore")
            told.append(OpenDroneIdOperatorId(self._system_id, 0, NO_ID, 0, identity))
        elif turn == 1:
            purpose = self._operator.purpose.encode("ascii", errors="ignore")
            told.append(OpenDroneIdSelfId(self._system_id, 0, NO_ID, 0, purpose))
        return told


def system_message(system_id: int, operator: Operator, now_s: float) -> OpenDroneIdSystem:
    """OPEN_DRONE_ID_SYSTEM of a fixed operator, of one aircraft alone."""
    altitude_m = operator.altitude_wgs84_m
    return OpenDroneIdSystem(
        target_system=system_id,
        target_component=0,
        id_or_mac=NO_ID,
        operator_location_type=_FIXED,
        classification_type=_UNDECLARED,
        operator_latitude=_e7(operator.position.latitude_deg),
        operator_longitude=_e7(operator.position.longitude_deg),
        area_count=1,
        area_radius=0,
        area_ceiling=_UNKNOWN_M,
        area_floor=_UNKNOWN_M,
        category_eu=0,
        class_eu=0,
        operator_altitude_geo=_UNKNOWN_M if altitude_m is None else altitude_m,
        timestamp=max(0, math.floor(now_s - ODID_EPOCH_S)),
    )


def _e7(degrees: float) -> int:
    return round(degrees * 1e7)
