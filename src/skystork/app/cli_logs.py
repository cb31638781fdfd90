"""``skystork vehicle logs``: the logs a vehicle keeps, listed and fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.options import JsonOption
from skystork.app.vehicle_session import PATIENCE_S, VehicleSession, vehicle_session
from skystork.errors import InvalidInput, Problem, Unavailable
from skystork.link.autopilot import PX4
from skystork.link.service_contract import LogFile, LogOutcome, LogsListed
from skystork.shell.connection_url import parse_connection
from skystork.shell.log_files import fetch_log

ResultT = TypeVar("ResultT")

app = typer.Typer(no_args_is_help=True, help="The logs a vehicle keeps.")

ConnectionArgument = Annotated[
    str, typer.Argument(help="Where it is: udpin://0.0.0.0:14550, udpout://host:port, tcp://host:port, serial:…")
]
SystemOption = Annotated[int, typer.Option("--system-id", min=1, max=250, help="The vehicle's MAVLink system id.")]
PatienceOption = Annotated[float, typer.Option("--wait", min=1.0, max=600.0, help="Seconds it may take to be heard.")]


@app.command("list")
def list_logs(
    connection: ConnectionArgument,
    system_id: SystemOption = 1,
    wait: PatienceOption = PATIENCE_S,
    as_json: JsonOption = False,
) -> None:
    """Every log with its number, size and time."""
    with told_plainly():
        listed = _run(_list(connection, system_id, wait))
        rows = [_row(log) for log in listed.logs]
        if as_json:
            print_json({"system_id": system_id, "logs": rows})
        else:
            table = [[str(row["log"]), str(row["size_bytes"]), str(row["written_at"] or "no time")] for row in rows]
            print_table(listed.detail or f"{len(rows)} logs", ("log", "bytes", "written"), table)
        if listed.outcome is LogOutcome.NO_ANSWER:
            raise Unavailable(listed.detail)


@app.command("get")
def get_log(
    connection: ConnectionArgument,
    log: Annotated[int, typer.Argument(min=0, help="Its number in the list.")],
    to: Annotated[Path, typer.Option("--to", help="File to write; what came of an earlier try is gone on with.")],
    system_id: SystemOption = 1,
    wait: PatienceOption = PATIENCE_S,
) -> None:
    """Fetch one log into a file. Refused while the vehicle is armed."""
    with told_plainly():
        if to.exists():
            problem = Problem("--to", "is there already", str(to), "a file that is not there", "Give another name.")
            raise InvalidInput((problem,))
        size_bytes = _run(_get(connection, system_id, wait, log, to))
        print(f"log {log} of system {system_id}, {size_bytes} bytes: {to}")


async def _list(connection: str, system_id: int, wait_s: float) -> LogsListed:
    async with vehicle_session(
        parse_connection(connection, "CONNECTION"), system_id, PX4, patience_s=wait_s
    ) as session:
        return await session.port.list_logs()


async def _get(connection: str, system_id: int, wait_s: float, number: int, to: Path) -> int:
    async with vehicle_session(
        parse_connection(connection, "CONNECTION"), system_id, PX4, patience_s=wait_s
    ) as session:
        _refuse_armed(session)
        listed = await session.port.list_logs()
        found = next((log for log in listed.logs if log.log_id == number), None)
        if found is None:
            known = ", ".join(str(log.log_id) for log in listed.logs) or "none"
            raise Unavailable(f"the vehicle has no log {number}; it has {known}")
        await fetch_log(session.port, found, to, armed=lambda: session.armed is not False)
        return found.size_bytes


def _refuse_armed(session: VehicleSession) -> None:
    if session.armed is not False:
        raise fail("the vehicle is armed: logs are fetched on the ground, disarmed", ExitCode.REFUSED)


def _row(log: LogFile) -> dict[str, object]:
    written = None if log.at_unix_s is None else datetime.fromtimestamp(log.at_unix_s, UTC).isoformat()
    return {"log": log.log_id, "size_bytes": log.size_bytes, "written_at": written}


def _run(work: Coroutine[object, object, ResultT]) -> ResultT:
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise fail("interrupted; what came is kept, and the same command goes on", ExitCode.UNAVAILABLE) from None
