"""``skystork mission``: missions by hand judged leg by leg, and flights written as QGroundControl opens them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.flight_files import FlightFiles
from skystork.app.ledger_view import LedgerView
from skystork.app.manual_mission import LegView, judge_mission
from skystork.app.options import JsonOption, SiteOption, StateOption
from skystork.app.site import Site, load_site
from skystork.fleet.vehicle import Drone
from skystork.flight.mission import compile_mission
from skystork.flight.plan_file import write_plan_file
from skystork.orders.order import FlightId

app = typer.Typer(no_args_is_help=True, help="Missions of QGroundControl: judged, and written.")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A .plan of QGroundControl.")],
    site: SiteOption,
    vehicle: Annotated[str, typer.Option(help="The drone that would fly it.")],
    battery: Annotated[float, typer.Option(min=0.0, max=1.0, help="Its charge, 0..1.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Hold every leg of a mission to zones, heights, ground and battery; exit code 4 where one is refused."""
    with told_plainly():
        place = load_site(site)
        if not file.exists():
            raise fail(f"{file}: no such file", ExitCode.NOT_FOUND)
        view = judge_mission(
            file.read_bytes(),
            file.name,
            site=place,
            drone=_drone(place, vehicle),
            departs_at_s=time.time(),
            battery_fraction=battery,
        )
        if as_json:
            print_json(msgspec.to_builtins(view))
        else:
            heads = ("leg", "m", "height m", "s", "verdict")
            print_table(f"{file.name} with {vehicle}", heads, [_row(leg) for leg in view.legs])
            for refusal in view.refusals:
                print(f"refused: {refusal}")
        if not view.passes:
            raise typer.Exit(ExitCode.REFUSED)


@app.command()
def export(
    flight: Annotated[str, typer.Argument(help="A flight of the ledger, like F-0001.")],
    site: SiteOption,
    state: StateOption,
    out: Annotated[Path, typer.Option("--out", help="File to write; must not be there yet.")],
) -> None:
    """Write the mission, fence and rally points of a flight as a .plan file."""
    with told_plainly():
        place, record = load_site(site), LedgerView.read(state).book.flights.get(FlightId(flight))
        if record is None or record.plan_hash is None:
            raise fail(f"the ledger has no plan of a flight {flight}", ExitCode.NOT_FOUND)
        if out.exists():
            raise fail(f"{out} is there already: give another name", ExitCode.REFUSED)
        plan = FlightFiles(state / "plans").load(record.flight_id, record.plan_hash)
        request, mission = plan.request, compile_mission(plan, place.frame)
        text = write_plan_file(mission, request.pad, place.table.ground_amsl_m, request.profile)
        out.write_text(text, encoding="utf-8")
        print(f"{flight}: {len(mission.items)} items, {out}")


def _row(leg: LegView) -> tuple[str, str, str, str, str]:
    verdict = "; ".join(leg.refusals) or "pass"
    return leg.name, f"{leg.length_m:.0f}", f"{leg.height_m:.0f}", f"{leg.duration_s:.0f}", verdict


def _drone(site: Site, vehicle_id: str) -> Drone:
    for drone in site.drones:
        if drone.vehicle_id == vehicle_id:
            return drone
    names = ", ".join(each.vehicle_id for each in site.drones)
    raise fail(f"the site has no drone {vehicle_id}; there are {names}", ExitCode.NOT_FOUND)
