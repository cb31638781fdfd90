"""``skystork vehicle verify``, ``configure`` and ``parameters``: what is on board, and making it as required."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.options import JsonOption, StateOption, firmware_folder
from skystork.app.vehicle_configuration import WriteResult, WrittenParameter, compare, configure, read_all
from skystork.app.vehicle_session import PATIENCE_S, VehicleSession, vehicle_session
from skystork.errors import ConfigError, InvalidInput, Problem, Unavailable
from skystork.link.ardupilot import AUTOPILOTS
from skystork.link.autopilot import Autopilot
from skystork.link.contract import ParametersSettled
from skystork.link.parameter_file import (
    ParameterDifference,
    RequiredParameter,
    check_writable,
    parameter_text,
    read_parameter_files,
)
from skystork.link.parameter_values import value_text
from skystork.shell.connection_url import Connection, parse_connection

ResultT = TypeVar("ResultT")

ConnectionArgument = Annotated[
    str, typer.Argument(help="Where it is: udpin://0.0.0.0:14550, udpout://host:port, tcp://host:port, serial:…")
]
ProfileOption = Annotated[
    list[str],
    typer.Option(
        "--profile", help="A file, or a name in firmware_configs/: delivery_quad. May be given several times."
    ),
]
SystemOption = Annotated[int, typer.Option("--system-id", min=1, max=250, help="The vehicle's MAVLink system id.")]
AutopilotOption = Annotated[str, typer.Option("--autopilot", help=f"Its firmware: {', '.join(AUTOPILOTS)}.")]
PatienceOption = Annotated[float, typer.Option("--wait", min=1.0, max=600.0, help="Seconds it may take to be heard.")]


def verify(  # noqa: PLR0917  # typer reads options from positional parameters
    connection: ConnectionArgument,
    profile: ProfileOption,
    system_id: SystemOption = 1,
    autopilot: AutopilotOption = "px4",
    wait: PatienceOption = PATIENCE_S,
    as_json: JsonOption = False,
) -> None:
    """Read the parameters a profile requires and show those that differ; exit code 6 where any does."""
    with told_plainly():
        firmware, required = _autopilot(autopilot), _required(profile, autopilot)
        place = parse_connection(connection, "CONNECTION")
        found = _run(_compare(place, system_id, firmware, wait, required))
        if as_json:
            rows = [_row(each) for each in found]
            print_json({"system_id": system_id, "compared": len(required), "differences": rows})
        else:
            _show(found, len(required), system_id)
        if found:
            raise typer.Exit(int(ExitCode.DIFFERENT))


def configure_vehicle(  # noqa: PLR0917  # typer reads options from positional parameters
    connection: ConnectionArgument,
    profile: ProfileOption,
    system_id: SystemOption = 1,
    autopilot: AutopilotOption = "px4",
    wait: PatienceOption = PATIENCE_S,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Write the parameters that differ from a profile, one by one, each seen on board; never to an armed vehicle."""
    with told_plainly():
        firmware, required = _autopilot(autopilot), _required(profile, autopilot)
        check_writable(required, firmware.name)
        place = parse_connection(connection, "CONNECTION")
        left = _run(_configure(place, system_id, firmware, wait, required, ask=not yes))
        if left:
            names = ", ".join(each.required.name for each in left)
            raise fail(f"not as required: {names}; do not fly it so", ExitCode.DIFFERENT)


def parameters(  # noqa: PLR0917  # typer reads options from positional parameters
    connection: ConnectionArgument,
    state: StateOption,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; standard output without it.")] = None,
    system_id: SystemOption = 1,
    autopilot: AutopilotOption = "px4",
    wait: PatienceOption = PATIENCE_S,
) -> None:
    """Write all parameters of a vehicle as QGroundControl's file; PX4's are kept in the state folder by their hash."""
    with told_plainly():
        firmware = _autopilot(autopilot)
        place = parse_connection(connection, "CONNECTION")
        settled = _run(_read_all(place, system_id, firmware, wait, state / "parameters"))
        proof = f"hash {settled.hash}" if settled.hash is not None else "not proven by a hash"
        heading = f"{firmware.firmware}, system {system_id}, {len(settled.values)} parameters, {proof}"
        text = parameter_text(settled.values.values(), system_id, heading)
        if out is None:
            print(text, end="")
            return
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Unavailable(f"cannot write {out}: {error.strerror}; give another place") from error
        print(f"{heading}: {out}")


async def _compare(
    place: Connection, system_id: int, firmware: Autopilot, wait_s: float, required: Sequence[RequiredParameter]
) -> tuple[ParameterDifference, ...]:
    async with vehicle_session(place, system_id, firmware, patience_s=wait_s) as session:
        return await compare(session, required)


async def _read_all(
    place: Connection, system_id: int, firmware: Autopilot, wait_s: float, cache_folder: Path
) -> ParametersSettled:
    async with vehicle_session(place, system_id, firmware, patience_s=wait_s) as session:
        return await read_all(session, firmware, cache_folder)


async def _configure(
    place: Connection,
    system_id: int,
    firmware: Autopilot,
    wait_s: float,
    required: Sequence[RequiredParameter],
    *,
    ask: bool,
) -> tuple[ParameterDifference, ...]:
    """Write what differs; returns what differs still."""
    async with vehicle_session(place, system_id, firmware, patience_s=wait_s) as session:
        _refuse_armed(session)
        found = await compare(session, required)
        _show(found, len(required), system_id)
        if not found:
            return ()
        if ask and not await asyncio.to_thread(_agreed, f"Write these {len(found)} to system {system_id}?"):
            raise fail("nothing was written", ExitCode.REFUSED)
        written = await configure(session, found, firmware, _tell)
        if any(each.result is WriteResult.WRITTEN_AFTER_REBOOT for each in written):
            print("Restart the vehicle: some of these take effect at its next start.")
        return await compare(session, required)


def _agreed(question: str) -> bool:
    try:
        return typer.confirm(question)
    except typer.Abort:  # nobody at the keyboard
        return False


def _refuse_armed(session: VehicleSession) -> None:
    if session.armed:
        raise fail(
            f"system {session.port.system_id} is armed: parameters are written to a disarmed vehicle only; disarm it",
            ExitCode.REFUSED,
        )


def _run(work: Coroutine[object, object, ResultT]) -> ResultT:
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise fail("interrupted; `skystork vehicle verify` tells what is on board", ExitCode.UNAVAILABLE) from None


def _autopilot(name: str) -> Autopilot:
    if name not in AUTOPILOTS:
        problem = Problem("--autopilot", "unknown firmware", name, ", ".join(AUTOPILOTS), "Name one of these.")
        raise InvalidInput((problem,))
    return AUTOPILOTS[name]


def _required(profiles: Sequence[str], autopilot: str) -> tuple[RequiredParameter, ...]:
    return read_parameter_files({path.name: _text(path) for path in (_file(name, autopilot) for name in profiles)})


def _file(profile: str, autopilot: str) -> Path:
    """The file itself, or the one of that name among the fleet's own."""
    given = Path(profile)
    if given.is_file():
        return given
    kind, ending = ("px4", "params") if autopilot == "px4" else ("ardupilot", "param")
    named = firmware_folder() / f"{kind}_{profile}.{ending}"
    if named.is_file():
        return named
    pattern = f"{kind}_*.{ending}"
    known = sorted(path.stem.removeprefix(f"{kind}_") for path in firmware_folder().glob(pattern))
    raise ConfigError((Problem("--profile", "no such file", profile, f"a file, or {', '.join(known)}", "Name one."),))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(str(path), "cannot be read", str(error), "a readable UTF-8 file", "Check the path.")
        raise ConfigError((problem,)) from error


def _row(each: ParameterDifference) -> dict[str, object]:
    return {
        "parameter": each.required.name,
        "on_board": each.on_board.value if each.on_board is not None else None,
        "required": each.required.value,
        "reason": each.required.reason,
    }


def _show(found: Sequence[ParameterDifference], compared: int, system_id: int) -> None:
    if not found:
        print(f"system {system_id}: all {compared} parameters are as required")
        return
    rows = [
        (
            each.required.name,
            "not on board" if each.on_board is None else value_text(each.on_board.value),
            value_text(each.required.value),
            each.required.reason,
        )
        for each in found
    ]
    title = f"system {system_id}: {len(found)} of {compared} parameters differ"
    print_table(title, ("parameter", "on board", "required", "reason"), rows)


def _tell(done: WrittenParameter) -> None:
    detail = f" ({done.detail})" if done.detail else ""
    print(f"{done.difference}: {done.result}{detail}", flush=True)
