"""What goes wrong and when: incidents from the world file, told to the vehicle and the network they concern.

An incident is bound to the n-th flight of a vehicle (counted by arming) or to a span of time. Inside a flight it
begins ``after_s`` seconds after arming.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from skystork_sim.gripper import GripperFault
from skystork_sim.winch import WinchFault

AWAY_FROM_PAD_M = 50.0  # an obstacle at the drop is not at home


class IncidentKind(StrEnum):
    """What can go wrong."""

    LINK_LOST = "link_lost"
    """No datagram passes in either direction."""
    BATTERY_SAG = "battery_sag"
    """The charge drops to ``value`` (0..1) at once."""
    DROP_BLOCKED = "drop_blocked"
    """The range finder sees something ``value`` metres high under the vehicle away from its pad."""
    ARM_REFUSED = "arm_refused"
    """Arming is temporarily rejected."""
    GRIPPER_JAM = "gripper_jam"
    """The gripper does not open and says so."""
    GRIPPER_SILENT = "gripper_silent"
    """The gripper does not open and says nothing."""
    WINCH_SILENT = "winch_silent"
    """The winch does nothing and says nothing."""
    WINCH_JAM = "winch_jam"
    """The reel does not turn while more than ``value`` metres of line are out."""
    WINCH_SNAG = "winch_snag"
    """The hook does not let go of the parcel."""
    WINCH_ABANDON = "winch_abandon"
    """On the ground the winch lets go of its whole line."""


WINCH_FAULTS = {
    IncidentKind.WINCH_SILENT: WinchFault.SILENT,
    IncidentKind.WINCH_JAM: WinchFault.JAM,
    IncidentKind.WINCH_SNAG: WinchFault.SNAG,
    IncidentKind.WINCH_ABANDON: WinchFault.ABANDON,
}


@dataclass(frozen=True, slots=True)
class Incident:
    """One fault of one vehicle."""

    kind: IncidentKind
    system_id: int
    flight: int | None = None
    """The n-th flight of the vehicle, from 1; None where it goes by time."""
    after_s: float = 0.0
    """Since arming when ``flight`` is given, else since the start of the world [s]."""
    duration_s: float = math.inf
    value: float = 0.0
    """Charge 0..1, height or length of line [m], by kind."""


class VehicleFaults:
    """The incidents of one vehicle and how far they have come; mutable because they happen.

    Parameters
    ----------
    start_s
        Start of the world on the loop's clock.
    """

    def __init__(self, incidents: Sequence[Incident], *, start_s: float) -> None:
        self._incidents = tuple(incidents)
        self._start_s = start_s
        self._armed_at_s = math.inf
        self._sagged: set[int] = set()
        self._refused_since_s: dict[int, float] = {}
        self.now_s = start_s
        """Set by the vehicle at each step, for the questions that carry no time."""
        self.flights = 0

    def begin(self, kind: IncidentKind, now_s: float, value: float = 0.0) -> None:
        """Something goes wrong from now on."""
        self._incidents = (*self._incidents, Incident(kind, 0, after_s=now_s - self._start_s, value=value))

    def end(self, kind: IncidentKind) -> None:
        """Somebody mended it."""
        self._incidents = tuple(each for each in self._incidents if each.kind is not kind)

    def armed(self, now_s: float) -> None:
        """A flight begins."""
        self.flights += 1
        self._armed_at_s = now_s

    def link_is_cut(self, now_s: float) -> bool:
        """Whether nothing passes."""
        return any(self._active(incident, now_s) for incident in self._of(IncidentKind.LINK_LOST))

    def battery_sag(self, now_s: float) -> float | None:
        """The charge to drop to, once for each incident."""
        for index, incident in enumerate(self._incidents):
            due = incident.kind is IncidentKind.BATTERY_SAG and index not in self._sagged
            if due and self._active(incident, now_s):
                self._sagged.add(index)
                return incident.value
        return None

    def obstacle_height_m(self, now_s: float, *, away_m: float) -> float:
        """Height of what stands under the vehicle [m]."""
        if away_m < AWAY_FROM_PAD_M:
            return 0.0
        blocked = [each.value for each in self._of(IncidentKind.DROP_BLOCKED) if self._active(each, now_s)]
        return max(blocked, default=0.0)

    def refuses_to_arm(self, now_s: float) -> bool:
        """Whether the flight about to begin is refused; ``duration_s`` counts from the first attempt."""
        for index, incident in enumerate(self._incidents):
            if incident.kind is not IncidentKind.ARM_REFUSED:
                continue
            if incident.flight is None:
                if self._active(incident, now_s):
                    return True
            elif incident.flight == self.flights + 1:
                since_s = self._refused_since_s.setdefault(index, now_s)
                if now_s < since_s + incident.duration_s:
                    return True
        return False

    def gripper_fault(self) -> GripperFault:
        """What the gripper does at the next attempt."""
        if any(self._active(each, self.now_s) for each in self._of(IncidentKind.GRIPPER_JAM)):
            return GripperFault.JAM
        if any(self._active(each, self.now_s) for each in self._of(IncidentKind.GRIPPER_SILENT)):
            return GripperFault.SILENT
        return GripperFault.NONE

    def winch_fault(self) -> tuple[WinchFault, float]:
        """What is wrong with the winch now, and the length of line at which it jams [m]."""
        for incident in self._incidents:
            if incident.kind in WINCH_FAULTS and self._active(incident, self.now_s):
                return WINCH_FAULTS[incident.kind], incident.value
        return WinchFault.NONE, 0.0

    def _of(self, kind: IncidentKind) -> list[Incident]:
        return [incident for incident in self._incidents if incident.kind is kind]

    def _active(self, incident: Incident, now_s: float) -> bool:
        if incident.flight is None:
            begins_s = self._start_s + incident.after_s
        elif incident.flight == self.flights:
            begins_s = self._armed_at_s + incident.after_s
        else:
            return False
        return begins_s <= now_s < begins_s + incident.duration_s
