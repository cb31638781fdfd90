"""``skystork control``: every command of the console, given from a terminal; ``--dry-run`` tells what it would do."""

from __future__ import annotations

import asyncio
import getpass
import inspect
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Optional

import msgspec
import typer

from skystork.app.cli_text import ExitCode, fail, print_json, told_plainly
from skystork.app.control_client import Sender, command, time_of
from skystork.app.manual_mission import given_item
from skystork.app.options import DryOption, JsonOption, SiteOption
from skystork.app.site import load_site
from skystork.control.answer import Answer, Status, Why
from skystork.control.commands import Airborne, Found
from skystork.errors import InvalidInput, Problem
from skystork.flight.plan_file import read_plan_items
from skystork.shell.broker_url import parse_broker_url

app = typer.Typer(no_args_is_help=True, help="Command vehicles, orders, zones and dispatch of the running service.")

BrokerOption = Annotated[str, typer.Option(help="The service's broker: mqtt://host:port.", envvar="SKYSTORK_MQTT")]
WhyOption = Annotated[str, typer.Option("--why", "--reason", help="Why, for the audit trail.")]
ByOption = Annotated[Optional[str], typer.Option(help="Who; the broker's user, else this machine's, if not given.")]  # noqa: UP045
ClockOption = Annotated[Optional[Path], typer.Option(help="clock.json of a simulated world.")]  # noqa: UP045
VersionOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Version of the target that was seen; the one found now if not given."),
]
VehicleArgument = Annotated[str, typer.Argument(help="Vehicle id of the site file, such as LC-3.")]
OrderArgument = Annotated[str, typer.Argument(help="As in the order file.")]
ZoneArgument = Annotated[str, typer.Argument(help="Of a zone in force, or a name for a new one.")]

Fields = Mapping[str, Any]
_COMMON: tuple[tuple[str, Any, Any], ...] = (
    ("site", SiteOption, inspect.Parameter.empty),
    ("mqtt", BrokerOption, inspect.Parameter.empty),
    ("why", WhyOption, ""),
    ("by", ByOption, None),
    ("clock", ClockOption, None),
    ("target_version", VersionOption, None),
    ("dry_run", DryOption, False),
    ("as_json", JsonOption, False),
)
"""What every command has: name, type, default."""


def give(kind: str, fields: Fields, common: Mapping[str, Any]) -> None:
    """Give one command and tell its answer; the exit code says how it ended."""
    with told_plainly():
        place = load_site(common["site"])
        issuer = common["by"] or parse_broker_url(common["mqtt"]).username or getpass.getuser()
        sender = Sender(place, common["mqtt"], issuer, common["clock"])
        given = {**fields, "why": common["why"], "dryRun": common["dry_run"] or None}
        if common["target_version"] is not None:
            given["targetVersion"] = common["target_version"]
        answer = asyncio.run(command(sender, kind, given))
        _tell(answer, as_json=common["as_json"])


def _tell(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        import msgspec  # noqa: PLC0415  # only here

        print_json(msgspec.to_builtins(answer))
    refused = answer.status in {Status.REFUSED, Status.FAILED}
    told = f"{answer.type}: {answer.status.lower()}: {answer.detail}"
    if refused:
        code = ExitCode.NOT_FOUND if answer.reason is Why.NOT_FOUND else ExitCode.REFUSED
        raise fail(told, code)
    if as_json:
        return
    print(told)
    for each in answer.targets:
        print(f"  {each.target}: {each.action}: {each.outcome or each.consequence}")
    if answer.status is Status.AWAITING_CONFIRMATION:
        print(f"  until {answer.confirm_by}: skystork control confirm <who> {answer.command_id}")


def add(kind: str, text: str, *own: tuple[str, Any, Any], fields: Callable[[dict[str, Any]], Fields]) -> None:
    """One command of the command line.

    Parameters
    ----------
    own
        Name, type and default of what this command has besides.
    fields
        From what was given, the fields of the command on the wire.
    """

    def run(**given: Any) -> None:
        common = {name: given.pop(name) for name, _, _ in _COMMON}
        with told_plainly():
            wire = fields({**given, "now_s": time_of(common["clock"])})
        give(kind, wire, common)

    rows = [*own, *_COMMON]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # typer reads the options from it
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
            for name, hint, default in rows
        ]
    )
    run.__annotations__ = {name: hint for name, hint, _ in rows}
    run.__doc__ = text
    app.command(_dashed(kind))(run)


def _dashed(kind: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind)


def _until(text: str, now_s: float) -> str:
    """A moment, or so many minutes from now."""
    try:
        if text.endswith("min"):
            return (datetime.fromtimestamp(now_s, UTC) + timedelta(minutes=float(text[:-3]))).isoformat()
        return datetime.fromisoformat(text).isoformat()
    except (ValueError, OverflowError) as error:
        limit = "30min, or RFC 3339 with an offset"
        raise InvalidInput((Problem("--until", "not a moment", text, limit, "Correct it."),)) from error


def _zone(given: dict[str, Any]) -> Fields:
    fields: dict[str, Any] = {"zoneId": given["zone"], "until": _until(given["until"], given["now_s"])}
    if given["circle"] is not None:
        numbers = numbers_of("--circle", given["circle"], 3)
        fields["area"] = dict(zip(("latitude", "longitude", "radiusM"), numbers, strict=True), shape="CIRCLE")
    if given["polygon"] is not None:
        fields["area"] = {"shape": "POLYGON", "positions": _ring(given["polygon"])}
    for edge in ("lower", "upper"):
        if given[f"{edge}_agl_m"] is not None:
            fields[edge] = {"value": given[f"{edge}_agl_m"], "reference": "AGL"}
    return fields


def _ring(path: Path) -> list[list[float]]:
    """The outline of the first polygon of a GeoJSON file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        while "geometry" in document or "features" in document:
            document = document["geometry"] if "geometry" in document else document["features"][0]
        return [[float(position[0]), float(position[1])] for position in document["coordinates"][0]]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        remedy = "Give a GeoJSON polygon, longitude before latitude."
        raise InvalidInput((Problem(str(path), "no outline", str(error), "a Polygon", remedy),)) from error


def numbers_of(name: str, text: str, count: int) -> list[float]:
    """So many numbers with commas between; raises InvalidInput."""
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise InvalidInput((Problem(name, "not a place", text, f"{count} numbers with commas", "Correct it."),))
    return numbers


_VEHICLE = ("vehicle", VehicleArgument, inspect.Parameter.empty)
_ORDER = ("order", OrderArgument, inspect.Parameter.empty)
_NONE = inspect.Parameter.empty
_Metres = Annotated[Optional[float], typer.Option(help="Above the ground [m].")]  # noqa: UP045


def _vehicle(given: dict[str, Any]) -> Fields:
    return {"vehicleId": given["vehicle"]}


def _order(given: dict[str, Any]) -> Fields:
    return {"orderId": given["order"]}


def _mission(given: dict[str, Any]) -> Fields:
    path: Path = given["file"]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput((Problem(str(path), "cannot be read", str(error), "a .plan file", "Name one."),)) from error
    items = [msgspec.to_builtins(given_item(each)) for each in read_plan_items(content, path.name)]
    return {**_vehicle(given), "name": path.name, "items": items}


def _flight(given: dict[str, Any]) -> Fields:
    return {"flightId": given["flight"]}


def _doorstep(given: dict[str, Any]) -> Fields:
    latitude_deg, longitude_deg = numbers_of("--to", given["to"], 2)
    return {**_vehicle(given), "latitude": latitude_deg, "longitude": longitude_deg}


add("hold", "Stop and stay.", _VEHICLE, fields=_vehicle)
add("resume", "Go on with the mission.", _VEHICLE, fields=_vehicle)
add("return", "Home, the parcel on board.", _VEHICLE, fields=_vehicle)
add("land", "Down, here and now; away from pads a second person must agree.", _VEHICLE, fields=_vehicle)
add("rally", "Land at the nearest rally point.", _VEHICLE, fields=_vehicle)
add(
    "divert",
    "To another doorstep, planned and checked from where it is.",
    _VEHICLE,
    ("to", Annotated[str, typer.Option(help="The new doorstep.", metavar="LAT,LON")], _NONE),
    fields=_doorstep,
)
add("takeOutOfService", "Give a vehicle nothing more until somebody restores it.", _VEHICLE, fields=_vehicle)
add("restoreVehicle", "Put a vehicle back into service, after somebody looked at it.", _VEHICLE, fields=_vehicle)
add("cancelOrder", "Cancel an order whose parcel has not left the depot.", _ORDER, fields=_order)
add(
    "closeOrder",
    "Close an order that waits for a person, by what was found out.",
    _ORDER,
    ("outcome", Annotated[Found, typer.Option(case_sensitive=False, help="What became of the parcel.")], _NONE),
    fields=lambda given: {**_order(given), "outcome": given["outcome"].value},
)
add("takeOrderOffDrone", "No drone carries it from here on: it goes by road.", _ORDER, fields=_order)
add("pauseDispatch", "Start nothing new; what is under way goes on.", fields=lambda _: {})
add("resumeDispatch", "Start again, after a pause or a grounding.", fields=lambda _: {})
add(
    "groundFleet",
    "What is on the ground stays there, what is in the air comes down as is said.",
    ("airborne", Annotated[Airborne, typer.Option(case_sensitive=False, help="What is in the air.")], Airborne.RETURN),
    fields=lambda given: {"airborne": given["airborne"].value},
)
add(
    "closeZone",
    "Close an area to all flights for a time.",
    ("zone", ZoneArgument, _NONE),
    ("until", Annotated[str, typer.Option(help="30min, or RFC 3339 with an offset.")], _NONE),
    ("circle", Annotated[Optional[str], typer.Option(help="A new area.", metavar="LAT,LON,RADIUS_M")], None),  # noqa: UP045
    ("polygon", Annotated[Optional[Path], typer.Option(help="A new area: a GeoJSON polygon.")], None),  # noqa: UP045
    ("lower_agl_m", _Metres, None),
    ("upper_agl_m", _Metres, None),
    fields=_zone,
)
add(
    "openZone",
    "Lift what was closed by command; a second person must agree.",
    ("zone", ZoneArgument, _NONE),
    fields=lambda given: {"zoneId": given["zone"]},
)
add(
    "setCapacity",
    "Change what a vehicle may carry, or how many flights the depot has at once.",
    ("vehicle", Annotated[Optional[str], typer.Option(help="None: the depot.")], None),  # noqa: UP045
    ("payload_kg", Annotated[Optional[float], typer.Option(help="Of a vehicle [kg]; none: as its profile.")], None),  # noqa: UP045
    ("flights_at_once", Annotated[Optional[int], typer.Option(help="Of the depot; none: as many as drones.")], None),  # noqa: UP045
    fields=lambda given: {
        "vehicleId": given["vehicle"],
        "payloadKg": given["payload_kg"],
        "flightsAtOnce": given["flights_at_once"],
    },
)
_FLIGHT = ("flight", Annotated[str, typer.Argument(help="Flight id, such as F-0007.")], _NONE)
add("authoriseLaunch", "The first of two words: load it and put the mission on board.", _FLIGHT, fields=_flight)
add("startLaunch", "The second: it is checked once more, arms and takes off.", _FLIGHT, fields=_flight)
add("refuseLaunch", "It stays on the ground; its order waits again.", _FLIGHT, fields=_flight)
add(
    "flyMission",
    "Have a mission by hand planned, checked and put on the launch desk.",
    _VEHICLE,
    ("file", Annotated[Path, typer.Argument(help="A .plan of QGroundControl.")], _NONE),
    fields=_mission,
)
add(
    "takeAlarm",
    "Own a matter of the attention queue.",
    ("alarm", Annotated[str, typer.Argument(help="Its key.")], _NONE),
    fields=lambda given: {"alarmKey": given["alarm"]},
)
add("confirm", "Agree, as a second person, to what somebody else proposed.",
    ("issuer", Annotated[str, typer.Argument(help="Who proposed it.")], _NONE),
    ("command_id", Annotated[str, typer.Argument(help="Its id.")], _NONE),
    fields=lambda given: {"issuer": given["issuer"], "confirms": given["command_id"]})  # fmt: skip
