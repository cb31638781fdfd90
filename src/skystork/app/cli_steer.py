"""``skystork steer``: the commands of ``skystork control`` to a flight in the air, under the word pilots know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skystork.app.cli_control import BrokerOption, ByOption, VehicleArgument, WhyOption, give
from skystork.app.cli_text import told_plainly
from skystork.app.options import DryOption, JsonOption, SiteOption
from skystork.errors import InvalidInput, Problem
from skystork.flight.steering import SteerAction


def steer(  # noqa: PLR0917  # typer reads options from positional parameters
    vehicle: VehicleArgument,
    action: Annotated[SteerAction, typer.Argument(help="What it shall do.")],
    site: SiteOption,
    mqtt: BrokerOption,
    to: Annotated[str | None, typer.Option(help="With divert: the new doorstep.", metavar="LAT,LON")] = None,
    by: ByOption = None,
    why: WhyOption = "",
    clock: Annotated[Path | None, typer.Option(help="clock.json of a simulated world.")] = None,
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hold, resume, return, divert, rally or land a flight in the air; ends when it is seen to, or says why not."""
    common = {"site": site, "mqtt": mqtt, "why": why, "by": by, "clock": clock, "target_version": None}
    with told_plainly():
        fields = {"vehicleId": vehicle, **_target(action, to)}
    give(action.value, fields, {**common, "dry_run": dry_run, "as_json": as_json})


def _target(action: SteerAction, to: str | None) -> dict[str, float]:
    if action is not SteerAction.DIVERT:
        return {}
    try:
        latitude_deg, longitude_deg = (float(word) for word in (to or "").split(","))
    except ValueError as error:
        problem = Problem("--to", "not a place", to or "nothing", "LAT,LON in degrees", "Write 54.52,-1.54.")
        raise InvalidInput((problem,)) from error
    return {"latitude": latitude_deg, "longitude": longitude_deg}
