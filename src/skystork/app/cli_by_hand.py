"""``skystork orders cancel``, ``orders close`` and ``vehicle restore``: the same commands, where one looks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skystork.app.cli_control import (
    BrokerOption,
    ByOption,
    ClockOption,
    OrderArgument,
    VehicleArgument,
    give,
)
from skystork.app.options import DryOption, JsonOption, SiteOption
from skystork.orders.by_hand import Found

ReasonOption = Annotated[str, typer.Option(help="Why, for the ledger.")]


def cancel(  # noqa: PLR0917  # typer reads options from positional parameters
    order: OrderArgument,
    site: SiteOption,
    mqtt: BrokerOption,
    reason: ReasonOption,
    by: ByOption = None,
    clock: ClockOption = None,
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Cancel an order whose parcel has not left the depot; cancelled twice is cancelled once."""
    given = _common(site, mqtt, reason, by, clock)
    give("cancelOrder", {"orderId": order}, {**given, "dry_run": dry_run, "as_json": as_json})


def close(  # noqa: PLR0917  # typer reads options from positional parameters
    order: OrderArgument,
    site: SiteOption,
    mqtt: BrokerOption,
    outcome: Annotated[Found, typer.Option(help="What became of the parcel.")],
    reason: ReasonOption,
    by: ByOption = None,
    clock: ClockOption = None,
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Close an order that waits for a person (release_unknown) by what was found out; closed twice is closed once."""
    given = _common(site, mqtt, reason, by, clock)
    fields = {"orderId": order, "outcome": outcome.upper()}
    give("closeOrder", fields, {**given, "dry_run": dry_run, "as_json": as_json})


def restore(  # noqa: PLR0917  # typer reads options from positional parameters
    vehicle: VehicleArgument,
    site: SiteOption,
    mqtt: BrokerOption,
    reason: ReasonOption,
    by: ByOption = None,
    clock: ClockOption = None,
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put a vehicle that was out of service back into it, after somebody looked at it."""
    given = _common(site, mqtt, reason, by, clock)
    give("restoreVehicle", {"vehicleId": vehicle}, {**given, "dry_run": dry_run, "as_json": as_json})


def _common(site: Path, mqtt: str, why: str, by: str | None, clock: Path | None) -> dict[str, object]:
    return {"site": site, "mqtt": mqtt, "why": why, "by": by, "clock": clock, "target_version": None}
