"""Hand-made flight plans: one straight line east, whose every number can be seen at a glance."""

from skystork.fleet.profile import Airframe, DroneProfile, PowerModel
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.planning.failsafe import HOME, ways_along_mission
from skystork.planning.fence_outline import FENCE_HALF_WIDTH_M, lay_fence
from skystork.planning.flight_plan import (
    BezierSegment,
    Corridor,
    FlightPlan,
    FlightRequest,
    Leg,
    LegName,
    SafePoint,
    Surroundings,
    TrackPoint,
)

QUAD = DroneProfile(
    name="quad",
    airframe=Airframe.MULTIROTOR,
    empty_mass_kg=9.4,
    payload_limit_kg=2.268,
    box_m=(0.4, 0.3, 0.25),
    cruise_air_speed_m_s=15.0,
    max_air_speed_m_s=18.0,
    climb_speed_m_s=3.0,
    descent_speed_m_s=1.5,
    max_acceleration_m_s2=3.0,
    max_jerk_m_s3=4.0,
    battery_j=1.6e6,
    reserve_fraction=0.25,
    wind_limit_m_s=10.0,
    position_error_m=5.0,
    turnaround_s=120.0,
    load_s=45.0,
    drop_height_m=4.0,
    drop_hold_s=15.0,
    power=PowerModel(8, 0.2286, 1.5552, 13.357, 90.0, 0.15, 0.0, "FreeFly Alta 8"),
)


def straight_plan(
    frame: LocalFrame, *, distance_m: float, flight_id: str = "F-1", pad_north_m: float = 0.0
) -> FlightPlan:
    """East by the distance at 80 m, back at 105 m, 15 m/s, 200 kJ a cruise leg."""
    request = FlightRequest(
        flight_id=FlightId(flight_id),
        order_id=OrderId("O-1"),
        vehicle_id=VehicleId("MR-7"),
        profile=QUAD,
        pad=frame.to_geodetic(0.0, pad_north_m),
        drop_off=frame.to_geodetic(distance_m, pad_north_m),
        payload_kg=1.0,
        departs_at_s=0.0,
        outbound_height_m=80.0,
        inbound_height_m=105.0,
        wind_enu_m_s=(0.0, 0.0),
        battery_j=QUAD.battery_j,
    )
    pad, door = (0.0, pad_north_m), (distance_m, pad_north_m)
    cruise_s = distance_m / QUAD.cruise_air_speed_m_s
    legs = (
        Leg(LegName.CLIMB, (), None, 0.0, 80.0, 27.0, 40e3),
        _cruise(LegName.OUTBOUND, pad, door, 80.0, cruise_s),
        Leg(LegName.DESCENT, (), None, 80.0, 4.0, 51.0, 60e3),
        Leg(LegName.DROP, (), None, 4.0, 4.0, 15.0, 20e3),
        Leg(LegName.DROP_CLIMB, (), None, 4.0, 105.0, 34.0, 40e3),
        _cruise(LegName.INBOUND, door, pad, 105.0, cruise_s),
        Leg(LegName.LANDING, (), None, 105.0, 0.0, 70.0, 80e3),
    )
    energy_j = sum(leg.energy_j for leg in legs)
    fence = lay_fence(legs, (), half_width_m=FENCE_HALF_WIDTH_M)
    around = Surroundings((), (SafePoint(HOME, request.pad),), ways_along_mission(request, legs), fence)
    track = tuple(_track(legs, pad, door))
    return FlightPlan(request, legs, track, energy_j, QUAD.battery_j - energy_j, "zones", frame.origin, around)


def _cruise(
    name: LegName, start: tuple[float, float], end: tuple[float, float], height_m: float, duration_s: float
) -> Leg:
    points = tuple(
        (start[0] + (end[0] - start[0]) * step / 5, start[1] + (end[1] - start[1]) * step / 5) for step in range(6)
    )
    corridor = Corridor((), (start, end))
    return Leg(name, (BezierSegment(points, duration_s),), corridor, height_m, height_m, duration_s, 200e3)


def _track(legs: tuple[Leg, ...], pad: tuple[float, float], door: tuple[float, float]) -> list[TrackPoint]:
    points, t_s = [TrackPoint(0.0, *pad, 0.0)], 0.0
    ends = {LegName.CLIMB: pad, LegName.OUTBOUND: door, LegName.INBOUND: pad, LegName.LANDING: pad}
    here = pad
    for leg in legs:
        t_s += leg.duration_s
        here = ends.get(leg.name, here)
        points.append(TrackPoint(t_s, *here, leg.end_height_home_m))
    return points


DEPOT = Geodetic(54.5166, -1.5075)
