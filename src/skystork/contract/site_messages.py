"""Messages beside the vehicles' own: deliveries, alerts, airspace, dispatch, figures, crew, weather, commands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from skystork.contract.header import Count, Foreign, Instant, Latitude, Longitude, Message, Part, Upper
from skystork.contract.vehicle_messages import Altitude, Geodetic, Place
from skystork.control.answer import Answer
from skystork.control.commands import Command


class ReasonTold(Part, frozen=True, kw_only=True, omit_defaults=True):
    """Why it went this way, waits, or came back."""

    code: Upper
    text: str
    zone: str = ""
    """Identifier of the zone in the way, where it is one."""
    leg: str = ""
    """Of the flight, where it is about one."""
    remedy: str = ""
    """What would make it possible, where that is known."""


class DeliveryStatus(Message, frozen=True, kw_only=True):
    """Where an order stands, and why."""

    order_id: str
    status: Upper
    mode: Upper | None
    """``DRONE``, ``VAN``, ``ROBOT``, ``PARTNER``; null before it is chosen."""
    vehicle: str | None
    flight: str | None
    promised_by: Instant | None
    """What the customer was told last."""
    first_promised_by: Instant | None
    """What the customer was told first; punctuality is measured against this."""
    eta: Instant | None
    delivered_at: Instant | None
    reasons: tuple[ReasonTold, ...]
    target_version: str | None


class DeliveryEta(Message, frozen=True, kw_only=True):
    """When an order will be there, by what is known now."""

    order_id: str
    eta: Instant | None
    """Null while nobody carries it."""
    promised_by: Instant | None
    late_by: float | None
    """After what was promised [s]; 0 in time; null where either is not known."""


class DeliveryProof(Message, frozen=True, kw_only=True):
    """How an order ended at its door."""

    order_id: str
    delivered_at: Instant
    mode: Upper
    vehicle: str
    flight: str | None
    evidence: str
    """What was reported: by the gripper, by the van, or by a person."""
    geodetic: Geodetic | None
    """Where a drone let go; null with other modes."""


class Alert(Message, frozen=True, kw_only=True):
    """A rule that holds, or holds no more."""

    rule: Upper
    active: bool
    action: Upper | None = None
    """What the stack did; null when cleared."""
    detail: str | None = None
    """A sentence with the numbers; null when cleared."""
    flight: str | None = None
    vehicle: str | None = None
    order: str | None = None
    network: str | None = None


class ClosedZone(Part, frozen=True, kw_only=True):
    """An area closed by command."""

    zone_id: str
    until: Instant
    issuer: str
    why: str
    target_version: str | None


class AirspaceZones(Message, frozen=True, kw_only=True):
    """The zones in force."""

    zone_set: str
    """Hash of the set; plans name the one they were made by."""
    zones: Count
    closed_by_command: tuple[ClosedZone, ...]


class SeenAircraft(Part, frozen=True, kw_only=True):
    """Another aircraft."""

    aircraft: str
    """ICAO address, six hex digits; ``~`` and the callsign of one that hides it."""
    callsign: str
    """As it was sent; may be empty."""
    latitude: Latitude
    longitude: Longitude
    altitude: Altitude
    velocity: tuple[float, float, float] | None
    """East, north, up [m/s]."""
    emitter_type: int | None
    """ADSB_EMITTER_TYPE"""
    simulated: bool
    """The receiver says so."""
    seen_at: Instant
    """When the position held."""


class Traffic(Message, frozen=True, kw_only=True):
    """Other aircraft that the drones hear; those not heard for 30 s are left out."""

    aircraft: tuple[SeenAircraft, ...]


class VehicleLimit(Part, frozen=True, kw_only=True):
    """A vehicle that may carry less than its type can."""

    vehicle: str
    payload_kg: float


class Proposal(Part, frozen=True, kw_only=True):
    """A command that waits for a second person."""

    issuer: str
    command_id: str
    type: str
    target: str
    confirm_by: Instant


class DispatchStatus(Message, frozen=True, kw_only=True):
    """Whether orders are given to vehicles."""

    running: bool
    grounded: bool
    """The fleet was grounded: two people open again."""
    since: Instant | None
    """Of the pause."""
    issuer: str | None
    why: str | None
    flights_at_once: Count | None
    """Null: as many as there are drones."""
    limits: tuple[VehicleLimit, ...]
    waiting: Count
    """Orders that no vehicle has."""
    in_the_air: Count
    proposals: tuple[Proposal, ...]
    target_version: str | None


class Kpi(Message, frozen=True, kw_only=True):
    """Figures of all orders in the ledger."""

    accepted: Count
    open: Count
    delivered_by_drone: Count
    delivered_by_van: Count
    delivered_by_robot: Count
    delivered_by_partner: Count
    undeliverable: Count
    cancelled: Count
    promises_due: Count
    """First promises that are decided: delivered, given up, or past."""
    promises_kept: Count
    flights: Count
    """That left the ground."""


class NetworkNotice(Part, frozen=True, kw_only=True):
    """Who speaks there that should not, and what to do."""

    at: Instant
    text: str


class NetworkState(Message, frozen=True, kw_only=True):
    """Figures of a MAVLink network; counters grow from the start of the controller."""

    network: str
    connection: str
    """As in the site file."""
    up: bool
    """It can carry frames now."""
    problem: str | None
    """Why it cannot."""
    vehicles: Count
    """Of the site on this network."""
    heard: Count
    """Of these, now."""
    frames: Count
    lost: Count
    """Missing by their sequence numbers."""
    bad_checksum: Count
    unknown: Count
    """Frames of messages that no table has."""
    dropped_bytes: Count
    kernel_drops: Count
    """Datagrams that found the receive buffer full."""
    unsent: Count
    signatures_refused: Count
    replayed: Count
    unsigned: Count
    reconnects: Count
    notices: tuple[NetworkNotice, ...]


class CrewOrder(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Work asked of the depot crew."""

    request_id: str
    """The same request may come again and is done once."""
    vehicle: str
    """Serial number."""
    action: Upper
    """``LOAD``, ``UNLOAD``, ``COLLECT``, ``SWAP``."""
    order_id: str | None = None
    latitude: Latitude | None = None
    """With ``COLLECT``: where it stands."""
    longitude: Longitude | None = None
    weight_kg: float | None = None
    """With ``LOAD``."""


class CrewState(Foreign, frozen=True, kw_only=True):
    """What the crew did."""

    request_id: str
    status: Upper
    """``FINISHED`` or ``FAILED``."""
    order_id: str | None = None
    """As read from the parcel's label."""
    detail: str | None = None


class PartnerOrder(Message, frozen=True, kw_only=True):
    """An order offered to a partner; ``serialNumber`` is the partner's name."""

    order_id: str
    """Its identity; the same order offered again is the same order."""
    pick_up: Place
    """The depot."""
    drop_off: Place
    recipient: str
    """Name to deliver to."""
    weight_kg: float
    """[kg]"""
    sides_m: tuple[float, float, float]
    """The longest first [m]."""
    hazard: str
    """Dangerous goods, or ``none``."""
    deliver_within_s: float
    """From now [s]."""
    cost: float
    """What was agreed, in the site's money."""


class PartnerStatus(StrEnum):
    """What a partner says of an order."""

    ACCEPTED = "ACCEPTED"
    """It is not asked again."""
    DECLINED = "DECLINED"
    """The order is decided anew, without this partner."""
    COLLECTED = "COLLECTED"
    """The parcel is with the partner."""
    DELIVERED = "DELIVERED"
    RETURNED = "RETURNED"
    """The parcel is at the depot again, and the order is decided anew, without this partner."""
    FAILED = "FAILED"
    """It has the parcel and could not deliver it: a person looks."""


class PartnerState(Foreign, frozen=True, kw_only=True):
    """What a partner says of an order; ``serialNumber`` is the partner's name."""

    order_id: str
    status: PartnerStatus
    detail: str | None = None
    """A sentence."""


class WeatherState(Foreign, frozen=True, kw_only=True):
    """A reading of the site's station."""

    at_s: Annotated[float, Meta(description="time of the reading [s since the Unix epoch]")]
    wind_enu_m_s: tuple[float, float] = msgspec.field(name="windEnuMS")
    """Velocity of the air to the east and to the north [m/s]."""
    gust_m_s: Annotated[float, Meta(ge=0)] = msgspec.field(name="gustMS")
    """Highest gust [m/s]."""
    rain_mm_h: Annotated[float, Meta(ge=0)] = msgspec.field(name="rainMmH", default=0.0)
    """[mm/h]"""
    visibility_m: Annotated[float, Meta(ge=0)] = msgspec.field(name="visibilityM", default=10_000.0)
    """[m]"""


class CommandMessage(Message, frozen=True, kw_only=True):
    """A command; ``serialNumber`` is the issuer's name, as in the topic."""

    command: Command


class Reply(Message, frozen=True, kw_only=True):
    """How a command was answered; ``serialNumber`` is the issuer's name."""

    answer: Answer
