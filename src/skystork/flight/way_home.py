"""What the way home takes from where a vehicle is, by the energies of its plan."""

from __future__ import annotations

from shapely import LineString, Point

from skystork.frames import Geodetic, LocalFrame
from skystork.planning.bezier_path import FLATTENING_M, flatten
from skystork.planning.flight_plan import FlightPlan, LegName


class WayHome:
    """The way home of one plan."""

    def __init__(self, plan: FlightPlan, frame: LocalFrame) -> None:
        self._plan, self._frame = plan, frame
        self._outbound = LineString(flatten(plan.leg(LegName.OUTBOUND).segments, FLATTENING_M))
        self._inbound = LineString(flatten(plan.leg(LegName.INBOUND).segments, FLATTENING_M))

    def need_fraction(self, position: Geodetic | None, *, climbs: bool) -> float:
        """Energy of the way home along the planned path, as a share of the battery.

        Parameters
        ----------
        position
            From here; None counts as the far end.
        climbs
            It is over the doorstep, and must come up first.
        """
        plan = self._plan
        if plan.request.by_hand:
            return self._need_by_hand_j(position) / plan.request.full_j
        cruise_j = max(plan.leg(LegName.OUTBOUND).energy_j, plan.leg(LegName.INBOUND).energy_j)
        share = 1.0
        if position is not None and self._outbound.length > 0:
            here = Point(self._frame.to_enu_m(position))
            share = self._outbound.project(here) / self._outbound.length
        climb_j = plan.leg(LegName.DROP_CLIMB).energy_j if climbs else 0.0
        return (cruise_j * share + plan.leg(LegName.LANDING).energy_j + climb_j) / plan.request.full_j

    def _need_by_hand_j(self, position: Geodetic | None) -> float:
        """Back along the ways out, or on along those that lead home, whichever it is nearer to; unknown, the longer."""
        out, home = self._plan.leg(LegName.OUTBOUND), self._plan.leg(LegName.INBOUND)
        if position is None:
            return max(out.energy_j, home.energy_j) + self._plan.leg(LegName.LANDING).energy_j
        here = Point(self._frame.to_enu_m(position))
        back_j = out.energy_j * _share(self._outbound, here)
        on_j = home.energy_j * (1.0 - _share(self._inbound, here))
        turns_back = self._outbound.distance(here) <= self._inbound.distance(here)
        return (back_j if turns_back else on_j) + self._plan.leg(LegName.LANDING).energy_j


def _share(line: LineString, here: Point) -> float:
    return line.project(here) / line.length if line.length > 0 else 0.0
