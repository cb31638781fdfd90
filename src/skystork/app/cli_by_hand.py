"""``skystork orders cancel``, ``orders close`` and ``vehicle restore``: a person's word to the running service."""

from __future__ import annotations

import asyncio
import getpass
import uuid
from pathlib import Path
from typing import Annotated

import typer

from skystork.app.cli_steer import ask, order_message, time_of
from skystork.app.cli_text import ExitCode, fail, told_plainly
from skystork.app.options import SiteOption
from skystork.app.site import load_site
from skystork.orders.by_hand import Found, HandAction

RECEIVER = "controller"
OrderArgument = Annotated[str, typer.Argument(help="As in the order file.")]
BrokerOption = Annotated[str, typer.Option(help="The service's broker: mqtt://host:port.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for the ledger.")]
ByOption = Annotated[str | None, typer.Option(help="Who says so; the user's name if not given.")]
ClockOption = Annotated[Path | None, typer.Option(help="clock.json of a simulated world.")]


def cancel(  # noqa: PLR0917  # typer reads options from positional parameters
    order: OrderArgument,
    site: SiteOption,
    mqtt: BrokerOption,
    reason: ReasonOption,
    by: ByOption = None,
    clock: ClockOption = None,
) -> None:
    """Cancel an order whose parcel has not left the depot; cancelled twice is cancelled once."""
    _settle(HandAction.CANCEL, {"orderId": order}, site, mqtt, reason=reason, by=by, clock=clock)


def close(  # noqa: PLR0917  # typer reads options from positional parameters
    order: OrderArgument,
    site: SiteOption,
    mqtt: BrokerOption,
    outcome: Annotated[Found, typer.Option(help="What became of the parcel.")],
    reason: ReasonOption,
    by: ByOption = None,
    clock: ClockOption = None,
) -> None:
    """Close an order that waits for a person (release_unknown) by what was found out; closed twice is closed once."""
    given = {"orderId": order, "outcome": outcome.value}
    _settle(HandAction.CLOSE, given, site, mqtt, reason=reason, by=by, clock=clock)


def restore(  # noqa: PLR0917  # typer reads options from positional parameters
    vehicle: Annotated[str, typer.Argument(help="Vehicle id of the site file, such as LC-3.")],
    site: SiteOption,
    mqtt: BrokerOption,
    reason: ReasonOption,
    by: ByOption = None,
    clock: ClockOption = None,
) -> None:
    """Put a vehicle that was out of service back into it, after somebody looked at it."""
    _settle(HandAction.RESTORE, {"vehicleId": vehicle}, site, mqtt, reason=reason, by=by, clock=clock)


def _settle(  # as the commands
    action: HandAction,
    given: dict[str, str],
    site: Path,
    broker: str,
    *,
    reason: str,
    by: str | None,
    clock: Path | None,
) -> None:
    with told_plainly():
        place, action_id = load_site(site), str(uuid.uuid4())
        parameters = {"by": by or getpass.getuser(), "why": reason, **given}
        now_s = time_of(clock)
        message = order_message(place, RECEIVER, action, now_s=now_s, action_id=action_id, parameters=parameters)
        status = asyncio.run(ask(place, RECEIVER, broker, action_id, message))
        outcome, _, detail = str(status["resultDescription"]).partition(": ")
        told = f"{' '.join(given.values())}: {detail}"
        if outcome == "unknown":
            raise fail(told, ExitCode.NOT_FOUND)
        if status["actionStatus"] != "FINISHED":
            raise fail(told, ExitCode.REFUSED)
        print(told)
