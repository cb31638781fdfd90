"""What the console and the API can change, the terminal can: each with ``--json`` and ``--dry-run``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from skystork.app.cli import app
from skystork.app.http.airspace_routes import AirspaceRoutes
from skystork.app.http.api import CLASSES
from skystork.app.http.console_routes import ConsoleRoutes
from skystork.app.http.history_routes import HistoryRoutes
from skystork.control.commands import KINDS
from skystork.shell.web.access import SAFE_METHODS
from skystork.shell.web.route import rows_of

COMMAND_OF = {
    "createOwner": "user add",
    "changePassword": "user password",
    "createUser": "user add",
    "changeRole": "user role",
    "removeUser": "user remove",
    "createToken": "token create",
    "revokeToken": "token revoke",
    "placeOrder": "orders submit",
    "cancelOrder": "orders cancel",
    "rescheduleOrder": "orders reschedule",
    "redirectOrder": "orders redirect",
    "uploadZones": "zones bring",
    "removeZones": "zones remove",
}
"""By the route's ``operationId``."""
EVERY_KIND = {"giveCommand", "consoleCommand"}
"""These take every command: ``skystork control`` has one for each kind."""
CHANGES_NOTHING = {"getQuote", "previewZones", "consoleZonesPreview", "consoleMissionPreview"}
OF_A_BROWSER = {"logIn", "logOut"}
"""A session is a browser's; the terminal acts on the machine itself, at the broker, or with a token."""


def writing() -> Iterator[str]:
    for owner in (*CLASSES, ConsoleRoutes, HistoryRoutes, AirspaceRoutes):
        yield from (route.operation for route in rows_of(owner) if route.row.method not in SAFE_METHODS)


def options_of(words: str) -> set[str]:
    command: Any = typer.main.get_command(app)
    for word in words.split():
        assert word in getattr(command, "commands", {}), f"no command {words}"
        command = command.commands[word]
    return {option for each in command.params for option in each.opts}


def test_each_route_that_changes_something_has_its_command() -> None:
    assert set(writing()) == COMMAND_OF.keys() | EVERY_KIND | CHANGES_NOTHING | OF_A_BROWSER


def test_each_command_that_changes_something_tells_json_and_can_be_tried_first() -> None:
    kinds = ("".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind) for kind in KINDS)
    for words in (*COMMAND_OF.values(), *(f"control {kind}" for kind in kinds), "steer", "orders close"):
        assert options_of(words) >= {"--json", "--dry-run"}, words
