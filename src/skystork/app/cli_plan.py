"""``skystork plan``: one flight out and back, planned, checked, printed and drawn."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.options import JsonOption, SiteOption
from skystork.app.plan_report import StageTimes, print_explanation
from skystork.app.planning_job import certify_plan, check_plan, make_planner
from skystork.app.site import Site, load_site, starts_at_s
from skystork.errors import InvalidInput, Problem
from skystork.fleet.energy import JOULES_PER_WH
from skystork.fleet.vehicle import Drone
from skystork.flight.mission import compile_mission
from skystork.frames import Geodetic
from skystork.orders.order import FlightId, OrderId
from skystork.planning.document import plan_document
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible
from skystork.planning.stages import watched

FORMATS = (".png", ".svg", ".geojson", ".kml")
"""What a plan is drawn to, by the suffix."""


def plan(  # noqa: PLR0917  # typer reads options from positional parameters
    to: Annotated[str, typer.Argument(help="Doorstep: LAT,LON in degrees.")],
    site: SiteOption,
    start: Annotated[str | None, typer.Option("--from", help="Pad: LAT,LON; the vehicle's own if not given.")] = None,
    vehicle: Annotated[str | None, typer.Option(help="Vehicle id; the first drone if not given.")] = None,
    weight: Annotated[float, typer.Option(help="Parcel [kg].")] = 1.0,
    wind: Annotated[str, typer.Option(help="Velocity of the air EAST,NORTH [m/s].")] = "0,0",
    draw: Annotated[
        list[Path] | None, typer.Option(help="File to draw to: .png, .svg, .geojson or .kml; may be repeated.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the plan as JSON.")] = None,
    explain: Annotated[bool, typer.Option(help="Print the stages with their times, and what was proven.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Plan one flight, let the independent check judge it, print it and draw it on the zones."""
    with told_plainly():
        _check_formats(draw or [])
        times = StageTimes()
        with times.taking("site and zones"):
            place = load_site(site)
        drone = _drone(place, vehicle)
        pad = _position(start, "--from") if start else drone.pad
        air_m_s = _pair(wind, "--wind")
        request = _request(place, drone, pad, _position(to, "TO"), weight_kg=weight, wind_enu_m_s=air_m_s)
        planner = make_planner(place)
        if explain:
            planner.plan(request)  # the first plan of a process also loads and compiles the optimiser
            planner = make_planner(place)
        with times.taking("planning"), watched(times.taking):
            answer = planner.plan(request)
        if isinstance(answer, Infeasible):
            raise fail("no flight:\n" + "\n".join(f"  {reason}" for reason in answer.reasons), ExitCode.REFUSED)
        with times.taking("check"):
            violations = check_plan(place, answer)
        if violations:
            raise fail(
                "the independent check refuses it:\n" + "\n".join(f"  {v}" for v in violations), ExitCode.REFUSED
            )
        for path in draw or []:
            _draw(path, answer, place)
        if save is not None:
            save.write_text(json.dumps(plan_document(answer), indent=1), encoding="utf-8")
        if as_json:
            print_json(plan_document(answer))
            return
        _print(answer, place, times.seconds["planning"] * 1e3, draw or [])
        if explain:
            print_explanation(answer, times, certify_plan(place, answer))


def _print(answer: FlightPlan, site: Site, took_ms: float, drawn: list[Path]) -> None:
    rows = [
        (
            leg.name,
            f"{leg.start_height_home_m:.0f} -> {leg.end_height_home_m:.0f}",
            f"{leg.duration_s:.0f}",
            f"{leg.energy_j / JOULES_PER_WH:.1f}",
        )
        for leg in answer.legs
    ]
    print_table("flight plan, passed by the independent check", ("leg", "height m", "s", "Wh"), rows)
    profile, mission = answer.request.profile, compile_mission(answer, site.frame)
    share = answer.reserve_j / profile.battery_j
    for line in (
        f"{answer.request.vehicle_id} ({profile.name}): {answer.duration_s:.0f} s in the air, "
        f"at the door after {answer.time_to_drop_s:.0f} s",
        f"energy {answer.energy_j / JOULES_PER_WH:.0f} Wh; {share:.0%} of the battery left at touch-down, "
        f"{profile.reserve_fraction:.0%} required",
        f"on board: {len(mission.items)} mission items, {len(mission.fence)} fence vertices, "
        f"{len(mission.rally)} rally point",
        f"planned in {took_ms:.0f} ms; the first plan of a process also loads and compiles the optimiser",
    ):
        print(line)
    for path in drawn:
        print(f"drawn to {path}")


def _check_formats(paths: list[Path]) -> None:
    """Before anything is planned."""
    limit = ", ".join(FORMATS)
    for path in paths:
        if path.suffix.lower() not in FORMATS:
            raise InvalidInput((Problem("--draw", "unknown format", path.suffix or path.name, limit, "Rename it."),))


def _draw(path: Path, answer: FlightPlan, site: Site) -> None:
    from skystork.shell.picture import draw_plan  # noqa: PLC0415  # matplotlib takes a second to import
    from skystork.shell.plan_backdrop import Backdrop  # noqa: PLC0415
    from skystork.shell.plan_shapes import plan_geojson, plan_kml  # noqa: PLC0415

    backdrop = Backdrop(site.zones, site.obstacles, site.terrain, site.max_height_m)
    suffix = path.suffix.lower()
    if suffix in {".png", ".svg"}:
        draw_plan(path, answer, backdrop)
    else:
        path.write_text((plan_kml if suffix == ".kml" else plan_geojson)(answer, backdrop), encoding="utf-8")


def _drone(site: Site, vehicle: str | None) -> Drone:
    if vehicle is None and site.drones:
        return site.drones[0]
    for drone in site.drones:
        if drone.vehicle_id == vehicle:
            return drone
    names = ", ".join(drone.vehicle_id for drone in site.drones) or "none"
    raise fail(f"no drone {vehicle} at site {site.table.name}; there are: {names}.", ExitCode.NOT_FOUND)


def _request(
    site: Site, drone: Drone, pad: Geodetic, door: Geodetic, *, weight_kg: float, wind_enu_m_s: tuple[float, float]
) -> FlightRequest:
    if not 0 < weight_kg <= drone.profile.payload_limit_kg:
        limit = f"above 0, at most {drone.profile.payload_limit_kg} kg ({drone.profile.name})"
        raise InvalidInput((Problem("--weight", "not a parcel it carries", f"{weight_kg}", limit, "Use a van."),))
    return FlightRequest(
        flight_id=FlightId("F-PLAN"),
        order_id=OrderId("PLAN"),
        vehicle_id=drone.vehicle_id,
        profile=drone.profile,
        pad=pad,
        drop_off=door,
        payload_kg=weight_kg,
        departs_at_s=starts_at_s(site),
        outbound_height_m=site.flight.outbound_height_m,
        inbound_height_m=site.flight.inbound_height_m,
        outbound_layers_m=site.flight.outbound_layers,
        inbound_layers_m=site.flight.inbound_layers,
        wind_enu_m_s=wind_enu_m_s,
        battery_j=drone.profile.battery_j,
    )


def _position(text: str, where: str) -> Geodetic:
    latitude_deg, longitude_deg = _pair(text, where)
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        limit = "-90..90, -180..180"
        raise InvalidInput((Problem(where, "not on Earth", text, limit, "Latitude comes first."),))
    return Geodetic(latitude_deg, longitude_deg)


def _pair(text: str, where: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput((Problem(where, "not two numbers", text, "A,B like 54.52,-1.55", "Write it so."),)) from None
    if not math.isfinite(first + second):
        raise InvalidInput((Problem(where, "not two finite numbers", text, "A,B like 54.52,-1.55", "Write it so."),))
    return first, second
