"""How near to its plan a flight is flown: across the track, in height, in time, part by part, as the positions come.

The plan is the curve itself, not the waypoints it was flattened to: what the flattening and the autopilot's corners
take away is seen. Each error is counted into bins of fixed width, so that a flight of any length takes the same memory;
a percentile is right to half a bin, the largest error exactly. Only what the vehicle flies by its mission is counted:
held, returned or steered by hand it has left the plan by order.

The corridor of a flight is the cells that its curve was planned in and about them the profile's position error, which
the margin to every zone has room for: the fastest curve runs along a cell's wall, and nothing flies to the millimetre.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from skystork.fleet.vehicle import VehicleState
from skystork.flight.mission import VehicleMission
from skystork.frames import LocalFrame
from skystork.orders.track import TrackFigures
from skystork.planning.bezier_path import bezier_points
from skystork.planning.flight_plan import Corridor, FlightPlan, Leg, LegName

Array = NDArray[np.float64]

BIN_M, BINS = 0.05, 2000
"""To 100 m; the fence is 60 m away."""
BIN_S = 0.05
"""To 100 s."""
PENDING = 64
"""Positions waiting for the next word of the item; more come when the link tells positions but no items."""
CRUISE = "cruise"
_BY_PLAN = frozenset({"AUTO.MISSION", "OFFBOARD"})
_LEVEL = frozenset({LegName.OUTBOUND, LegName.INBOUND})


class ErrorBins:
    """Sizes of an error, counted.

    Parameters
    ----------
    width
        Of a bin, in the error's unit.
    """

    def __init__(self, width: float) -> None:
        self.width, self.count, self.largest = width, 0, 0.0
        self._bins: NDArray[np.int64] = np.zeros(BINS, dtype=np.int64)

    def add(self, error: float) -> None:
        """Count one error by its size."""
        size = abs(error)
        self._bins[min(int(size / self.width), BINS - 1)] += 1
        self.count += 1
        self.largest = max(self.largest, size)

    def share(self, share: float) -> float:
        """The size that this share of the errors does not exceed, to half a bin."""
        index = int(np.searchsorted(np.cumsum(self._bins), share * self.count))
        return float(min((index + 0.5) * self.width, self.largest))

    def spread(self) -> tuple[float, float, float] | tuple[None, None, None]:
        """Half, 95 % and the largest; nothing of nothing."""
        return (self.share(0.5), self.share(0.95), self.largest) if self.count else (None, None, None)


class _Part:
    """The errors of one part."""

    def __init__(self) -> None:
        self.cross_m, self.height_m, self.time_s = ErrorBins(BIN_M), ErrorBins(BIN_M), ErrorBins(BIN_S)
        self.outside = 0

    def figures(self, name: str) -> TrackFigures:
        cross = self.cross_m
        across = (cross.share(0.5), cross.share(0.95), cross.largest)
        height, late = self.height_m.spread(), self.time_s.spread()
        outside = self.outside if self.time_s.count else None
        return TrackFigures(
            name, cross.count, *across, height[0], height[1], height[2], late[0], late[1], late[2], outside
        )


class _Curve:
    """A level leg as points with their planned times, and its corridor as half-planes."""

    def __init__(self, leg: Leg, error_m: float) -> None:
        points, times_s = bezier_points(leg.segments)
        self.starts, self.steps = points[:-1], np.diff(points, axis=0)
        self.squares = np.maximum((self.steps**2).sum(axis=1), 1e-9)
        self.times_s, self.durations_s = times_s[:-1], np.diff(times_s)
        self.height_m = leg.start_height_home_m
        self._cells = _cells(leg.corridor, error_m)
        self.began_s: float | None = None

    def nearest(self, here: Array) -> tuple[float, float]:
        """Distance to the curve [m], and when the plan is at its nearest point [s since the leg's beginning]."""
        offsets = here - self.starts
        shares = np.clip((offsets * self.steps).sum(axis=1) / self.squares, 0.0, 1.0)
        gaps = ((offsets - shares[:, None] * self.steps) ** 2).sum(axis=1)
        index = int(np.argmin(gaps))
        return float(np.sqrt(gaps[index])), float(self.times_s[index] + shares[index] * self.durations_s[index])

    def holds(self, here: Array) -> bool:
        """Whether a place is in the corridor; a plan without one holds everything."""
        return not self._cells or any(bool(np.all(normals @ here <= offsets)) for normals, offsets in self._cells)


class TrackReport:
    """The errors of one flight so far."""

    def __init__(self, plan: FlightPlan, mission: VehicleMission, frame: LocalFrame) -> None:
        self._frame, self._mission = frame, mission
        error_m = plan.request.profile.position_error_m
        self._curves = {name: _Curve(plan.leg(name), error_m) for name in (LegName.OUTBOUND, LegName.INBOUND)}
        pad, drop = (np.asarray(frame.to_enu_m(place)) for place in (plan.request.pad, plan.request.drop_off))
        down = drop if plan.request.by_hand else pad
        self._places = {LegName.CLIMB: pad, LegName.DESCENT: drop, LegName.DROP_CLIMB: drop, LegName.LANDING: down}
        self._drawn = bool(plan.request.by_hand)
        """Its ways may cross and change height: which of them it is on is not known by where it is alone."""
        self._parts: dict[str, _Part] = {}
        self._last_at_s: float | None = None
        self._last_item: tuple[float | None, int | None] = (None, None)
        self._pending: deque[VehicleState] = deque(maxlen=PENDING)

    def take(self, vehicle: VehicleState) -> None:
        """Take a position, each once; it is counted when the next word of the current item is the same as the last.

        The item is told once a second: at its change nobody knows which of the two the vehicle flew.
        """
        item = (vehicle.mission_at_s, vehicle.mission_sequence)
        if item != self._last_item:
            if item[1] == self._last_item[1]:
                for pending in self._pending:
                    self._count(pending)
            self._pending.clear()
            self._last_item = item
        if vehicle.position is None or vehicle.mode not in _BY_PLAN or vehicle.position_at_s == self._last_at_s:
            return
        self._last_at_s = vehicle.position_at_s
        self._pending.append(vehicle)

    def _count(self, vehicle: VehicleState) -> None:
        assert vehicle.position is not None, "only positions wait to be counted"
        leg = self._leg(vehicle.mission_sequence)
        here = np.asarray(self._frame.to_enu_m(vehicle.position))
        if leg in _LEVEL:
            self._take_level(leg, here, vehicle)
        elif leg is not None:
            self._part(leg).cross_m.add(float(np.hypot(*(here - self._places[leg]))))

    def figures(self) -> tuple[TrackFigures, ...]:
        """One row a part, in the order flown, the cruise last."""
        names = sorted(self._parts, key=[*LegName, CRUISE].index)
        return tuple(self._parts[name].figures(name) for name in names)

    def _take_level(self, leg: LegName, here: Array, vehicle: VehicleState) -> None:
        curve = self._curves[leg]
        cross_m, planned_s = curve.nearest(here)
        at_s = vehicle.position_at_s or vehicle.at_s
        if curve.began_s is None:
            curve.began_s = at_s - planned_s
        for part in (self._part(leg), self._part(CRUISE)):
            part.cross_m.add(cross_m)
            if self._drawn:
                continue
            part.time_s.add(at_s - curve.began_s - planned_s)
            part.outside += not curve.holds(here)
            if vehicle.height_home_m is not None:
                part.height_m.add(vehicle.height_home_m - curve.height_m)

    def _leg(self, sequence: int | None) -> LegName | None:
        """Which leg an item belongs to; the drop is part of the descent, whose item it is."""
        mission = self._mission
        if sequence is None:
            return None
        if sequence < mission.outbound_sequence:
            return LegName.CLIMB
        if sequence == len(mission.items) - 1:
            return LegName.LANDING
        if not mission.delivers:
            return LegName.OUTBOUND if sequence <= mission.hold_sequence else LegName.INBOUND
        if sequence < mission.hold_sequence:
            return LegName.OUTBOUND
        if sequence == mission.hold_sequence:
            return LegName.DESCENT
        if sequence == mission.inbound_sequence:
            return LegName.DROP_CLIMB
        return LegName.INBOUND

    def _part(self, name: str) -> _Part:
        return self._parts.setdefault(name, _Part())


def _cells(corridor: Corridor | None, error_m: float) -> list[tuple[Array, Array]]:
    polygons = corridor.polygons_enu_m if corridor else ()
    return [_half_planes(np.asarray(polygon), error_m) for polygon in polygons]


def _half_planes(corners: Array, beyond_m: float) -> tuple[Array, Array]:
    """``normals @ place <= offsets`` up to so far outside a polygon whose corners run counter-clockwise."""
    along = np.roll(corners, -1, axis=0) - corners
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    lengths_m = np.hypot(*normals.T)
    return normals, np.asarray((normals * corners).sum(axis=1)) + beyond_m * lengths_m
