"""``skystork steer``: a person's orders to a flight in the air, over the bus to the running service."""

from __future__ import annotations

import asyncio
import getpass
import json
import math
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from skystork.app.announcer import Header
from skystork.app.cli_text import ExitCode, fail, told_plainly
from skystork.app.options import SiteOption
from skystork.app.site import Site, load_site
from skystork.errors import InvalidInput, Problem, Unavailable
from skystork.flight.steering import SteerAction
from skystork.frames import Geodetic

PATIENCE_S = 180.0
"""A diversion is planned, checked and uploaded in well under a minute; the vehicle is then asked until it does it."""
CONNECT_S = 10.0


def steer(  # noqa: PLR0917  # typer reads options from positional parameters
    vehicle: Annotated[str, typer.Argument(help="Vehicle id of the site file, such as LC-3.")],
    action: Annotated[SteerAction, typer.Argument(help="What it shall do.")],
    site: SiteOption,
    mqtt: Annotated[str, typer.Option(help="The service's broker: mqtt://host:port.")],
    to: Annotated[str | None, typer.Option(help="With divert: the new doorstep.", metavar="LAT,LON")] = None,
    by: Annotated[str | None, typer.Option(help="Who orders it; the user's name if not given.")] = None,
    why: Annotated[str, typer.Option(help="Why, for the ledger.")] = "",
    clock: Annotated[Path | None, typer.Option(help="clock.json of a simulated world.")] = None,
) -> None:
    """Hold, resume, return, divert, rally or land a flight in the air; ends when it is seen to, or says why not."""
    with told_plainly():
        place = load_site(site)
        serial = _serial(place, vehicle)
        now_s = time_of(clock)
        parameters = {"by": by or getpass.getuser(), "why": why, **_target(to)}
        action_id = str(uuid.uuid4())
        message = order_message(place, serial, action, now_s=now_s, action_id=action_id, parameters=parameters)
        status = asyncio.run(ask(place, serial, mqtt, action_id, message))
        told = f"{vehicle} {action}: {status['resultDescription']}"
        if status["actionStatus"] != "FINISHED":
            raise fail(told, ExitCode.REFUSED)
        print(told)


def time_of(clock: Path | None) -> float:
    """Now [s since the Unix epoch], in the simulated world where its clock is given."""
    from skystork.shell.world_clock import load_or_create_clock  # noqa: PLC0415  # other commands need no clock

    now_s = time.time()
    return now_s if clock is None else load_or_create_clock(clock, sim_start_s=now_s, speed=1.0).sim_at(now_s)


def _serial(site: Site, vehicle: str) -> str:
    for drone in site.drones:
        if drone.vehicle_id == vehicle:
            return drone.serial_number
    names = ", ".join(drone.vehicle_id for drone in site.drones)
    raise fail(f"no drone {vehicle} in the site file; there are {names}", ExitCode.NOT_FOUND)


def _target(to: str | None) -> dict[str, object]:
    if to is None:
        return {}
    try:
        latitude_deg, longitude_deg = (float(word) for word in to.split(","))
    except ValueError:
        latitude_deg = longitude_deg = math.nan
    if not (abs(latitude_deg) <= 90 and abs(longitude_deg) <= 180):
        raise InvalidInput((Problem("--to", "not a place", to, "LAT,LON in degrees", "Write 54.52,-1.54."),))
    place = Geodetic(latitude_deg, longitude_deg)
    return {"latitude": place.latitude_deg, "longitude": place.longitude_deg}


def order_message(
    site: Site, receiver: str, action: str, *, now_s: float, action_id: str, parameters: Mapping[str, object]
) -> dict[str, object]:
    """One order as a message of instantActions, stamped with this time [s since the Unix epoch]."""
    order = {
        "actionType": str(action),
        "actionId": action_id,
        "blockingType": "HARD",
        "actionParameters": [{"key": key, "value": value} for key, value in parameters.items()],
    }
    return {**Header(site.table.manufacturer).make("", receiver, now_s), "actions": [order]}


async def ask(site: Site, receiver: str, broker: str, action_id: str, message: Mapping[str, object]) -> dict[str, Any]:
    """Publish an action for a vehicle's serial number or ``controller``, and wait for its end.

    Raises
    ------
    Unavailable
        Nobody answers.
    """
    from skystork.shell.mqtt import MqttBus  # noqa: PLC0415  # brings the network in; other commands do not need it

    base = f"skystork/v1/{site.table.name}/{site.table.manufacturer}/{receiver}"
    async with MqttBus(broker, f"skystork-steer-{action_id[:8]}") as bus:
        states = bus.subscribe(f"{base}/actionStates")
        await bus.wait_connected(CONNECT_S)
        await bus.publish(f"{base}/instantActions", json.dumps(message).encode(), qos=1)
        try:
            async with asyncio.timeout(PATIENCE_S):
                async for answer in states:
                    for status in json.loads(answer.payload).get("actionStates", []):
                        if status.get("actionId") == action_id and status.get("actionStatus") in {"FINISHED", "FAILED"}:
                            return dict(status)
        except TimeoutError:
            pass
    raise Unavailable(
        f"no answer within {PATIENCE_S:.0f} s: is the service running on {broker}? What it did is in `skystork replay`"
    )
