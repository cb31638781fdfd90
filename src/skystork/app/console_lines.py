"""The lines of flights under way for the map: plan, corridor and what was flown, few points each.

A browser asks for a flight once, and again when it has another plan; what is flown from then on it sees in the frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from shapely import LineString

from skystork.app.drone_desk import DroneDesk
from skystork.app.flown_tracks import FlownTracks, Sample
from skystork.flight.flight import Flight
from skystork.frames import LocalFrame

SIMPLE_M = 4.0
"""A line leaves what it stands for by no more than this: two points of a screen that shows the whole site [m]."""
MOST_FLOWN = 240
Line = tuple[tuple[float, float], ...]
"""Latitude and longitude."""


class FlightLines(msgspec.Struct, frozen=True, rename="camel"):
    """One flight on the map."""

    flight_id: str
    vehicle_id: str
    plan_key: str
    """Of :class:`skystork.app.console_frame.DroneMark`: another one is another plan."""
    plan: Line
    corridors: tuple[Line, ...]
    flown: Line


def flight_lines(
    desks: Iterable[DroneDesk], wanted: frozenset[str], flown: FlownTracks, frame: LocalFrame
) -> Iterator[FlightLines]:
    """Those of the flights that are wanted and under way."""
    for desk in desks:
        flight = desk.flight
        if flight is not None and flight.plan.request.flight_id in wanted:
            yield FlightLines(
                flight.plan.request.flight_id,
                desk.drone.vehicle_id,
                plan_key(flight),
                _plan(flight, frame),
                tuple(_corridors(flight, frame)),
                _flown(flown.of(flight.plan.request.flight_id)),
            )


def plan_key(flight: Flight) -> str:
    """Another one where the flight has another plan."""
    return f"{flight.plan.request.departs_at_s:.0f}"


def _plan(flight: Flight, frame: LocalFrame) -> Line:
    places = [(point.east_m, point.north_m) for point in flight.plan.track]
    few = LineString(places).simplify(SIMPLE_M).coords if len(places) > 1 else places
    return tuple(_place(frame, east_m, north_m) for east_m, north_m in few)


def _corridors(flight: Flight, frame: LocalFrame) -> Iterator[Line]:
    for leg in flight.plan.legs:
        for polygon in leg.corridor.polygons_enu_m if leg.corridor is not None else ():
            yield tuple(_place(frame, *corner) for corner in polygon)


def _flown(samples: Sequence[Sample]) -> Line:
    step = max(1, len(samples) // MOST_FLOWN)
    return tuple((round(each.latitude_deg, 6), round(each.longitude_deg, 6)) for each in samples[::step])


def _place(frame: LocalFrame, east_m: float, north_m: float) -> tuple[float, float]:
    place = frame.to_geodetic(east_m, north_m)
    return round(place.latitude_deg, 6), round(place.longitude_deg, 6)
