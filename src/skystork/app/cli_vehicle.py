"""``skystork vehicle``: what is done to one vehicle on the ground."""

from __future__ import annotations

import typer

from skystork.app import cli_vehicle_key

app = typer.Typer(no_args_is_help=True, help="One vehicle, on the ground.")
app.add_typer(cli_vehicle_key.app, name="key")
