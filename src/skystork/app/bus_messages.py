"""What is published, made from what is known: bodies of messages about vehicles and orders, without header."""

from __future__ import annotations

from collections.abc import Iterator

from skystork.app.bus_header import rfc3339
from skystork.app.drone_desk import DroneDesk
from skystork.app.van_view import VanState
from skystork.contract import site_messages as s
from skystork.contract import vehicle_messages as v
from skystork.contract.header import NO_HEADER
from skystork.control.rules import COMMANDS
from skystork.fleet.vehicle import Drone, LinkState, Van, VehicleState
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.reasons import Reason
from skystork.planning.flight_plan import FlightPlan

VAN_COMMANDS = ("setCapacity",)
DRONE_COMMANDS = ("hold", "resume", "return", "land", "divert", "rally", "takeOutOfService", "restoreVehicle")
_CONNECTIONS = {
    link: v.Connection(**NO_HEADER, connection_state=shown)
    for link, shown in (
        (LinkState.UP, v.ConnectionState.ONLINE),
        (LinkState.NEVER, v.ConnectionState.OFFLINE),
        (LinkState.LOST, v.ConnectionState.CONNECTION_BROKEN),
    )
}
"""A few whole messages, because a round asks for one of each vehicle."""
assert {*DRONE_COMMANDS, *VAN_COMMANDS} <= COMMANDS.keys(), "what a factsheet names can be commanded"


def connection(link: LinkState) -> v.Connection:
    """Whether a drone is heard."""
    return _CONNECTIONS[link]


def drone_state(desk: DroneDesk, actions: tuple[v.ActionState, ...], version: str | None) -> v.DroneState:
    """What a drone does."""
    state, flight = desk.state, desk.flight
    return v.DroneState(
        **NO_HEADER,
        order_id=flight.plan.request.order_id if flight else None,
        flight=flight.plan.request.flight_id if flight else None,
        phase=flight.phase.upper() if flight else ("OUT_OF_SERVICE" if desk.out_of_service else "READY"),
        operating_mode=v.OperatingMode.AUTOMATIC if state.mode.startswith("AUTO") else v.OperatingMode.MANUAL,
        mode=state.mode,
        driving=state.armed,
        geodetic=_geodetic(state),
        battery_state=v.DroneBattery(battery_charge=_charge(state)),
        mission_sequence=state.mission_sequence,
        action_states=actions,
        errors=tuple(_errors(desk)),
        information=tuple(
            v.Information(info_type="AUTOPILOT", info_level="INFO", info_description=text.text)
            for text in desk.said.texts
        ),
        target_version=version,
    )


def visualization(state: VehicleState, state_header_id: int | None) -> v.Visualization | None:
    """Where a drone is; None where nobody knows."""
    if state.position is None:
        return None
    moving = state.velocity_enu_m_s
    return v.Visualization(
        **NO_HEADER,
        geodetic=v.Place(
            latitude=round(state.position.latitude_deg, 7),
            longitude=round(state.position.longitude_deg, 7),
            altitude=v.Altitude(value=_rounded(state.altitude_amsl_m, 1), reference=v.AltitudeReference.MSL),
            heading=_rounded(state.heading_deg, 0),
        ),
        velocity=None
        if moving is None
        else v.Velocity(east=round(moving[0], 1), north=round(moving[1], 1), up=round(moving[2], 1)),
        reference_state_header_id=state_header_id,
    )


def van_visualization(state: VanState) -> v.Visualization:
    """Where a van is, by its own state."""
    return v.Visualization(**NO_HEADER, geodetic=_place(state.position))


def drone_factsheet(drone: Drone) -> v.Factsheet:
    """What a drone is."""
    profile = drone.profile
    return v.Factsheet(
        **NO_HEADER,
        vehicle_id=drone.vehicle_id,
        type_specification=v.TypeSpecification(
            series_name=profile.name,
            vehicle_class="UAV",
            airframe=profile.airframe.upper(),
            autopilot=drone.autopilot,
            max_load_mass=profile.payload_limit_kg,
        ),
        physical_parameters=v.PhysicalParameters(
            speed_max=profile.max_air_speed_m_s,
            mass=profile.empty_mass_kg,
            acceleration_max=profile.max_acceleration_m_s2,
            battery_capacity=profile.battery_j,
            wind_limit=profile.wind_limit_m_s,
        ),
        load_specification=v.LoadSpecification(max_loads=1, box=profile.box_m, release=profile.release.upper()),
        commands=(*DRONE_COMMANDS, *VAN_COMMANDS),
    )


def van_factsheet(van: Van) -> v.Factsheet:
    """What a van is."""
    profile = van.profile
    return v.Factsheet(
        **NO_HEADER,
        vehicle_id=van.vehicle_id,
        type_specification=v.TypeSpecification(
            series_name=profile.name,
            vehicle_class="ROAD_VEHICLE",
            airframe=None,
            autopilot=None,
            max_load_mass=profile.capacity_kg,
        ),
        physical_parameters=v.PhysicalParameters(
            speed_max=profile.speed_m_s, mass=None, acceleration_max=None, battery_capacity=None, wind_limit=None
        ),
        load_specification=v.LoadSpecification(max_loads=profile.capacity_parcels, box=None, release=None),
        commands=VAN_COMMANDS,
    )


def flight_order(plan: FlightPlan, update: int) -> v.VehicleOrder:
    """A flight as it was cleared: from where it begins to the doorstep, and home."""
    request = plan.request
    drop = () if request.ends_at_drop_off else (_action("drop", request.order_id),)
    home = () if request.ends_at_drop_off else (request.pad,)
    start = (_action("pick", request.order_id),) if request.start is None else ()
    stops = ((request.begins, start), (request.drop_off, drop), *((place, ()) for place in home))
    return v.VehicleOrder(
        **NO_HEADER,
        order_id=request.order_id,
        order_update_id=update,
        nodes=tuple(
            v.Node(
                node_id=f"{request.flight_id}-{number}",
                sequence_id=2 * number,
                released=True,
                geodetic=_place(place),
                actions=actions,
            )
            for number, (place, actions) in enumerate(stops)
        ),
        flight=request.flight_id,
    )


def delivery_status(record: OrderRecord, version: str | None) -> s.DeliveryStatus:
    """Where an order stands."""
    return s.DeliveryStatus(
        **NO_HEADER,
        order_id=record.order.order_id,
        status=record.state.upper(),
        mode=record.mode.upper() if record.mode else None,
        vehicle=record.vehicle_id,
        flight=record.flight_id,
        promised_by=_moment(record.promised_by_s),
        first_promised_by=_moment(record.first_promise_s),
        eta=_moment(record.eta_s),
        delivered_at=_moment(record.delivered_at_s),
        reasons=tuple(map(_reason, record.reasons)),
        target_version=version,
    )


def delivery_eta(record: OrderRecord) -> s.DeliveryEta:
    """When an order will be there."""
    at_s = record.delivered_at_s if record.delivered_at_s is not None else record.eta_s
    known = at_s is not None and record.promised_by_s is not None
    late_s = max(0.0, round((at_s or 0.0) - (record.promised_by_s or 0.0), 1)) if known else None
    return s.DeliveryEta(
        **NO_HEADER,
        order_id=record.order.order_id,
        eta=_moment(at_s),
        promised_by=_moment(record.promised_by_s),
        late_by=late_s,
    )


def delivery_proof(record: OrderRecord) -> s.DeliveryProof | None:
    """How an order ended at its door; None where it did not."""
    if record.delivered_at_s is None or record.mode is None:
        return None
    at = record.released_at
    altitude = v.Altitude(value=_rounded(record.released_height_home_m, 1), reference=v.AltitudeReference.HOME)
    return s.DeliveryProof(
        **NO_HEADER,
        order_id=record.order.order_id,
        delivered_at=rfc3339(record.delivered_at_s),
        mode=record.mode.upper(),
        vehicle=record.vehicle_id or "",
        flight=record.flight_id,
        evidence=record.evidence,
        geodetic=None
        if at is None
        else v.Geodetic(latitude=round(at.latitude_deg, 7), longitude=round(at.longitude_deg, 7), altitude=altitude),
    )


def contingency_alert(alert: e.ContingencyRaised | e.ContingencyCleared) -> s.Alert:
    """A rule that holds for a flight, or holds no more."""
    raised = alert if isinstance(alert, e.ContingencyRaised) else None
    return s.Alert(
        **NO_HEADER,
        rule=alert.rule,
        active=raised is not None,
        action=raised.action if raised else None,
        detail=raised.detail if raised else None,
        flight=alert.flight_id,
        vehicle=alert.vehicle_id,
        order=alert.order_id,
    )


def _place(place: Geodetic) -> v.Place:
    return v.Place(latitude=place.latitude_deg, longitude=place.longitude_deg)


def _action(kind: str, order_id: str) -> v.Action:
    return v.Action(action_type=kind, action_id=f"{kind}:{order_id}")


def _reason(reason: Reason) -> s.ReasonTold:
    more = {"zone": reason.zone, "leg": reason.leg, "remedy": reason.remedy}
    return s.ReasonTold(code=reason.code, text=reason.text, **more)


def _geodetic(state: VehicleState) -> v.Geodetic | None:
    if state.position is None:
        return None
    return v.Geodetic(
        latitude=round(state.position.latitude_deg, 7),
        longitude=round(state.position.longitude_deg, 7),
        altitude=v.Altitude(value=_rounded(state.altitude_amsl_m, 1), reference=v.AltitudeReference.MSL),
        heading=_rounded(state.heading_deg, 0),
    )


def _charge(state: VehicleState) -> float | None:
    return None if state.battery_fraction is None else min(1.0, max(0.0, round(state.battery_fraction, 3)))


def _moment(at_s: float | None) -> str | None:
    return None if at_s is None else rfc3339(at_s)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _errors(desk: DroneDesk) -> Iterator[v.VehicleError]:
    def error(kind: str, level: v.ErrorLevel, text: str) -> v.VehicleError:
        return v.VehicleError(error_type=kind, error_level=level, error_description=text)

    if desk.out_of_service:
        yield error("OUT_OF_SERVICE", v.ErrorLevel.CRITICAL, desk.out_of_service)
    if desk.state.failsafe:
        yield error("FAILSAFE", v.ErrorLevel.URGENT, f"mode {desk.state.mode}")
    if desk.kept:
        yield error("KEPT_BACK", v.ErrorLevel.WARNING, desk.kept)
    if not desk.state.armed:
        for reason in desk.said.why_not_arming():
            yield error("ARMING_CHECK", v.ErrorLevel.WARNING, reason)
