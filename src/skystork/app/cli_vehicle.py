"""``skystork vehicle``: what is done to one vehicle on the ground."""

from __future__ import annotations

import typer

from skystork.app import cli_by_hand, cli_logs, cli_vehicle_key, cli_vehicle_parameters

app = typer.Typer(no_args_is_help=True, help="One vehicle, on the ground.")
app.add_typer(cli_vehicle_key.app, name="key")
app.add_typer(cli_logs.app, name="logs")
app.command("verify")(cli_vehicle_parameters.verify)
app.command("configure")(cli_vehicle_parameters.configure_vehicle)
app.command("parameters")(cli_vehicle_parameters.parameters)
app.command("restore")(cli_by_hand.restore)
