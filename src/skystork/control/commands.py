"""Every command, as one frozen value: the same for MQTT, HTTP, the console and the command line.

The wire form is JSON in camelCase with ``type`` naming the command; a field that a command does not have refuses it.
Who gives it is not among its fields: the door says that (:class:`skystork.control.roles.Issuer`). Each has an id of its
issuer's choice, a moment at which it was given and one after which it is not carried out, and where it has one the
version of its target that the issuer saw.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from skystork.errors import InvalidInput, Problem

LONGEST_WORD = 200
"""Characters of an id, a name or a reason."""

Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset from UTC")]
Word = Annotated[str, Meta(min_length=1, max_length=LONGEST_WORD)]
Text = Annotated[str, Meta(max_length=LONGEST_WORD)]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="WGS 84 [deg]")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="WGS 84, east positive [deg]")]
ZoneWord = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._#-]{1,80}$")]


class CommandBase(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What every command has."""

    command_id: Word
    """Of the issuer's own choice; the same id of the same issuer is never carried out twice."""
    issued_at: Moment
    expires_at: Moment
    """Not carried out after this."""
    why: Text = ""
    target_version: Text | None = None
    """Version of the target's state that the issuer saw; another one now and the command is refused."""
    dry_run: bool = False
    """Only tell what would happen."""


class VehicleCommand(CommandBase, frozen=True, kw_only=True):
    """To one vehicle."""

    vehicle_id: Word


class OrderCommand(CommandBase, frozen=True, kw_only=True):
    """About one order."""

    order_id: Word


class Hold(VehicleCommand, frozen=True, kw_only=True, tag="hold"):
    """Stop and stay."""


class Resume(VehicleCommand, frozen=True, kw_only=True, tag="resume"):
    """Go on with the mission."""


class ReturnHome(VehicleCommand, frozen=True, kw_only=True, tag="return"):
    """Home, the parcel on board."""


class Land(VehicleCommand, frozen=True, kw_only=True, tag="land"):
    """Down, here and now."""


class Divert(VehicleCommand, frozen=True, kw_only=True, tag="divert"):
    """To another doorstep, planned and checked from where it is."""

    latitude: Latitude
    longitude: Longitude


class Rally(VehicleCommand, frozen=True, kw_only=True, tag="rally"):
    """Land at the nearest rally point, planned and checked from where it is."""


class TakeOutOfService(VehicleCommand, frozen=True, kw_only=True, tag="takeOutOfService"):
    """Give it nothing more until somebody restores it; a flight under way goes on."""


class RestoreVehicle(VehicleCommand, frozen=True, kw_only=True, tag="restoreVehicle"):
    """Put it back into service, after somebody looked at it."""


class CancelOrder(OrderCommand, frozen=True, kw_only=True, tag="cancelOrder"):
    """Cancel an order whose parcel has not left the depot."""


class Found(StrEnum):
    """What became of a parcel."""

    DELIVERED = "DELIVERED"
    UNDELIVERABLE = "UNDELIVERABLE"


class CloseOrder(OrderCommand, frozen=True, kw_only=True, tag="closeOrder"):
    """Close an order that waits for a person, by what was found out."""

    outcome: Found


class TakeOrderOffDrone(OrderCommand, frozen=True, kw_only=True, tag="takeOrderOffDrone"):
    """No drone carries it from here on: it goes by road; one in the air with it comes home first."""


class FlightCommand(CommandBase, frozen=True, kw_only=True):
    """About a launch that waits for a person."""

    flight_id: Word


class AuthoriseLaunch(FlightCommand, frozen=True, kw_only=True, tag="authoriseLaunch"):
    """The first of two words: the parcel is loaded and the mission goes on board."""


class StartLaunch(FlightCommand, frozen=True, kw_only=True, tag="startLaunch"):
    """The second: it is checked once more, arms and takes off."""


class RefuseLaunch(FlightCommand, frozen=True, kw_only=True, tag="refuseLaunch"):
    """It stays on the ground; its order waits again."""


class GivenItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One item of a mission as QGroundControl writes it."""

    command: Annotated[int, Meta(ge=0, le=65_535, description="MAV_CMD")]
    frame: Annotated[int, Meta(ge=0, le=255, description="MAV_FRAME")]
    params: tuple[float | None, float | None, float | None, float | None]
    """The first four; null where MAVLink has NaN."""
    latitude: float
    """Or the fifth param, of an item that stands nowhere."""
    longitude: float
    altitude: Annotated[float, Meta(description="In the frame's reference [m]")]


class FlyMission(VehicleCommand, frozen=True, kw_only=True, tag="flyMission"):
    """Have a mission by hand planned, checked and put on the launch desk: a flight without a parcel."""

    name: Word
    """Of its file."""
    items: Annotated[tuple[GivenItem, ...], Meta(min_length=1, max_length=400)]


class TakeAlarm(CommandBase, frozen=True, kw_only=True, tag="takeAlarm"):
    """Own a matter of the attention queue."""

    alarm_key: Word


class PauseDispatch(CommandBase, frozen=True, kw_only=True, tag="pauseDispatch"):
    """Start nothing new; what is under way goes on."""


class ResumeDispatch(CommandBase, frozen=True, kw_only=True, tag="resumeDispatch"):
    """Start again, after a pause or a grounding."""


class Airborne(StrEnum):
    """What aircraft in the air do when the fleet is grounded."""

    RETURN = "RETURN"
    LAND = "LAND"
    HOLD = "HOLD"


class GroundFleet(CommandBase, frozen=True, kw_only=True, tag="groundFleet"):
    """Every aircraft: what is on the ground stays there, what is in the air comes down as is said."""

    airborne: Airborne = Airborne.RETURN


class CircleArea(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="shape", tag="CIRCLE"):
    """A circle on the ground."""

    latitude: Latitude
    longitude: Longitude
    radius_m: Annotated[float, Meta(ge=1, le=50_000, description="[m]")]


class PolygonArea(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="shape", tag="POLYGON"):
    """An area within one ring of positions, longitude before latitude (RFC 7946)."""

    positions: Annotated[list[tuple[Longitude, Latitude]], Meta(min_length=3, max_length=500)]


class AltitudeReference(StrEnum):
    """From where an altitude of a zone is counted (ED-269)."""

    AGL = "AGL"
    AMSL = "AMSL"


class ZoneLimit(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One edge of a zone's band; an altitude always says from where it counts."""

    value: Annotated[float, Meta(ge=-500, le=20_000, description="[m]")]
    reference: AltitudeReference


class CloseZone(CommandBase, frozen=True, kw_only=True, tag="closeZone"):
    """Close an area to all flights for a time: a new one by its outline, or one of the site's zones by its id."""

    zone_id: ZoneWord
    until: Moment
    area: CircleArea | PolygonArea | None = None
    """Without one the zone of this id closes, with its own area and band."""
    lower: ZoneLimit | None = None
    """From the ground where not given."""
    upper: ZoneLimit | None = None
    """Without upper limit where not given."""


class OpenZone(CommandBase, frozen=True, kw_only=True, tag="openZone"):
    """Lift what was closed by command; published zones are opened by their publication alone."""

    zone_id: ZoneWord


class SetCapacity(CommandBase, frozen=True, kw_only=True, tag="setCapacity"):
    """Change what a vehicle may be loaded with, or how many flights the depot has at once."""

    vehicle_id: Word | None = None
    """None: the depot."""
    payload_kg: Annotated[float, Meta(ge=0, le=10_000, description="[kg]")] | None = None
    """Of a vehicle; never more than its profile allows. None: what the profile allows."""
    flights_at_once: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    """Of the depot. None: as many as there are drones."""


class Confirm(CommandBase, frozen=True, kw_only=True, tag="confirm"):
    """Agree, as a second person, to what somebody else proposed."""

    issuer: Word
    """Who proposed it."""
    confirms: Word
    """Its command id."""


Command = (
    Hold
    | Resume
    | ReturnHome
    | Land
    | Divert
    | Rally
    | TakeOutOfService
    | RestoreVehicle
    | CancelOrder
    | CloseOrder
    | TakeOrderOffDrone
    | AuthoriseLaunch
    | StartLaunch
    | RefuseLaunch
    | FlyMission
    | TakeAlarm
    | PauseDispatch
    | ResumeDispatch
    | GroundFleet
    | CloseZone
    | OpenZone
    | SetCapacity
    | Confirm
)
KINDS: dict[str, type[Command]] = {str(kind.__struct_config__.tag): kind for kind in Command.__args__}
"""Every command, by its word on the wire."""
SITE = "site"
_DECODER: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


def read_command(payload: bytes, where: str = "command") -> Command:
    """A command from its JSON; raises InvalidInput that says what is wrong, and where in it."""
    try:
        return _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        remedy = "docs/mqtt.md has the fields of every command."
        raise InvalidInput(
            (Problem(where, "not a command", str(error), "a JSON object of a known type", remedy),)
        ) from error


def command_json(command: Command) -> bytes:
    """Inverse of :func:`read_command`."""
    return msgspec.json.encode(command)


def kind_of(command: Command) -> str:
    """Its word on the wire."""
    return str(command.__struct_config__.tag)


def target_of(command: Command | VehicleCommand) -> str:
    """What it is about: ``vehicle/LC-3``, ``order/O-1``, ``zone/crane``, or ``site``."""
    match command:
        case VehicleCommand():
            return f"vehicle/{command.vehicle_id}"
        case OrderCommand():
            return f"order/{command.order_id}"
        case FlightCommand():
            return f"flight/{command.flight_id}"
        case CloseZone() | OpenZone():
            return f"zone/{command.zone_id}"
        case SetCapacity() if command.vehicle_id is not None:
            return f"vehicle/{command.vehicle_id}"
    return SITE
