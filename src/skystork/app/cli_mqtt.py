"""``skystork mqtt``: hold what is on a broker to the contract, and make Mosquitto's files for the users of a site."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from skystork.app.broker_users import BrokerUsers
from skystork.app.cli_text import ExitCode, fail, print_json, told_plainly
from skystork.app.options import JsonOption, SiteOption
from skystork.app.site import Site, load_site
from skystork.contract.access import SALT_BYTES, acl_text, password_line
from skystork.contract.check import Breach, ContractCheck
from skystork.errors import Unavailable

app = typer.Typer(no_args_is_help=True, help="Check what is on a broker; make its access lists.")

CONNECT_S = 10.0
SHOWN = 50
"""Breaches that are printed; all are in the JSON."""
PASSWORD_BYTES = 18


@app.command("check")
def check(
    url: Annotated[str, typer.Argument(help="The broker: mqtt://host:port or mqtts://….")],
    site: SiteOption,
    seconds: Annotated[float, typer.Option(min=1.0, help="How long to listen [s].")] = 35.0,
    as_json: JsonOption = False,
) -> None:
    """Report every message of the site that breaks the contract; ends with 6 where there was one."""
    with told_plainly():
        place = load_site(site)
        seen, found = asyncio.run(listen(place, url, seconds))
        if as_json:
            rows = [{"topic": each.topic, "rule": each.rule, "text": each.text} for each in found]
            print_json({"messages": seen, "breaches": rows})
        else:
            for each in found[:SHOWN]:
                print(each)
            told = ", ".join(f"{count} {name}" for name, count in sorted(seen.items()))
            print(f"{sum(seen.values())} messages ({told or 'none'}), {len(found)} breaches")
        if found:
            raise typer.Exit(int(ExitCode.DIFFERENT))
        if not seen:
            raise fail(f"nothing came of site {place.table.name}: is the service running?", ExitCode.UNAVAILABLE)


async def listen(site: Site, url: str, seconds: float) -> tuple[Mapping[str, int], list[Breach]]:
    """Hold all that comes within a time to the contract: messages by channel, and what broke it."""
    from skystork.shell.mqtt import MqttBus  # noqa: PLC0415  # brings the network in; other commands do not need it

    root, found = f"skystork/v1/{site.table.name}", list[Breach]()
    contract = ContractCheck(root)
    async with MqttBus(url, f"skystork-check-{uuid.uuid4().hex[:8]}") as bus:
        await bus.wait_connected(CONNECT_S)
        messages = bus.subscribe(f"{root}/#")
        try:
            async with asyncio.timeout(seconds):
                async for each in messages:
                    at_s = time.monotonic()
                    found += contract.take(each.topic, each.payload, qos=each.qos, retained=each.retained, at_s=at_s)
        except TimeoutError:
            pass
    return contract.seen, [*found, *contract.finish(time.monotonic())]


@app.command("acl")
def acl(
    site: SiteOption,
    users: Annotated[Path, typer.Option(help="TOML file of [[users]] with name and role.")],
    out: Annotated[Path, typer.Option(help="Folder for `acl` and `passwords`.")],
    certificates: Annotated[
        bool, typer.Option("--certificates", help="Users come by certificate: make no passwords.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write Mosquitto's access list and passwords; new passwords are printed once, and kept nowhere."""
    with told_plainly():
        place, known = load_site(site), BrokerUsers.read(users)
        root = f"skystork/v1/{place.table.name}"
        fresh = write_files(out, root, place.table.manufacturer, known, certificates=certificates)
        if as_json:
            print_json({"users": dict(known.users), "newPasswords": fresh})
            return
        print(f"{len(known.users)} users in {out}; Mosquitto reads them anew on SIGHUP")
        for name, password in fresh.items():
            print(f"{name}: {password}")


def write_files(
    folder: Path, root: str, manufacturer: str, known: BrokerUsers, *, certificates: bool
) -> dict[str, str]:
    """``acl``, and ``passwords`` unless users come by certificate; returns the new passwords, which are kept nowhere.

    Raises
    ------
    Unavailable
        When the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "acl", acl_text(root, manufacturer, known.users))
        return {} if certificates else _passwords(folder / "passwords", known)
    except OSError as error:
        raise Unavailable(f"cannot write in {folder}: {error.strerror}. Check the folder.") from error


def _passwords(path: Path, known: BrokerUsers) -> dict[str, str]:
    """Keep the lines of users that are still there, add those that are new; returns the new passwords."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = {line.partition(":")[0]: line for line in lines if line.partition(":")[0] in known.users}
    fresh = {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in known.users if name not in kept}
    made = {name: password_line(name, word, secrets.token_bytes(SALT_BYTES)) for name, word in fresh.items()}
    _write(path, "".join(f"{line}\n" for _, line in sorted({**kept, **made}.items())))
    return fresh


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner alone from the first byte on."""
    partial = path.with_name(f"{path.name}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
