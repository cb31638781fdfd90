"""``skystork plan``: one flight out and back, planned, checked, printed and drawn."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Annotated

import typer

from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.options import JsonOption, SiteOption
from skystork.app.planning_job import check_plan, make_planner
from skystork.app.site import Site, load_site, starts_at_s
from skystork.errors import InvalidInput, Problem
from skystork.fleet.vehicle import Drone
from skystork.flight.mission import compile_mission
from skystork.frames import Geodetic
from skystork.orders.order import FlightId, OrderId
from skystork.planning.document import plan_document
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible


def plan(  # noqa: PLR0917  # typer reads options from positional parameters
    to: Annotated[str, typer.Argument(help="Doorstep: LAT,LON in degrees.")],
    site: SiteOption,
    start: Annotated[str | None, typer.Option("--from", help="Pad: LAT,LON; the vehicle's own if not given.")] = None,
    vehicle: Annotated[str | None, typer.Option(help="Vehicle id; the first drone if not given.")] = None,
    weight: Annotated[float, typer.Option(help="Parcel [kg].")] = 1.0,
    wind: Annotated[str, typer.Option(help="Velocity of the air EAST,NORTH [m/s].")] = "0,0",
    draw: Annotated[Path | None, typer.Option(help="Picture to write: .png or .svg.")] = None,
    save: Annotated[Path | None, typer.Option(help="Write the plan as JSON.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Plan one flight, let the independent check judge it, print it and draw it on the zones."""
    with told_plainly():
        place = load_site(site)
        drone = _drone(place, vehicle)
        pad = _position(start, "--from") if start else drone.pad
        air_m_s = _pair(wind, "--wind")
        request = _request(place, drone, pad, _position(to, "TO"), weight_kg=weight, wind_enu_m_s=air_m_s)
        began_s = time.perf_counter()
        answer = make_planner(place).plan(request)
        took_ms = (time.perf_counter() - began_s) * 1e3
        if isinstance(answer, Infeasible):
            raise fail("no flight:\n" + "\n".join(f"  {reason}" for reason in answer.reasons), ExitCode.REFUSED)
        violations = check_plan(place, answer)
        if violations:
            raise fail(
                "the independent check refuses it:\n" + "\n".join(f"  {v}" for v in violations), ExitCode.REFUSED
            )
        if draw is not None:
            _draw(draw, answer, place)
        if save is not None:
            save.write_text(json.dumps(plan_document(answer), indent=1), encoding="utf-8")
        if as_json:
            print_json(plan_document(answer))
        else:
            _print(answer, place, took_ms, draw)


def _print(answer: FlightPlan, site: Site, took_ms: float, drawn: Path | None) -> None:
    rows = [
        (
            leg.name,
            f"{leg.start_height_home_m:.0f} -> {leg.end_height_home_m:.0f}",
            f"{leg.duration_s:.0f}",
            f"{leg.energy_j / 1e3:.0f}",
        )
        for leg in answer.legs
    ]
    print_table("flight plan, passed by the independent check", ("leg", "height m", "s", "kJ"), rows)
    profile, mission = answer.request.profile, compile_mission(answer, site.frame)
    share = answer.reserve_j / profile.battery_j
    for line in (
        f"{answer.request.vehicle_id} ({profile.name}): {answer.duration_s:.0f} s in the air, "
        f"at the door after {answer.time_to_drop_s:.0f} s",
        f"energy {answer.energy_j / 1e3:.0f} kJ; {share:.0%} of the battery left at touch-down, "
        f"{profile.reserve_fraction:.0%} required",
        f"on board: {len(mission.items)} mission items, {len(mission.fence)} fence vertices, "
        f"{len(mission.rally)} rally point",
        f"planned in {took_ms:.0f} ms; the first plan of a process also loads and compiles the optimiser",
    ):
        print(line)
    if drawn is not None:
        print(f"drawn to {drawn}")


def _draw(path: Path, answer: FlightPlan, site: Site) -> None:
    if path.suffix.lower() not in {".png", ".svg"}:
        raise InvalidInput((Problem("--draw", "unknown picture format", path.suffix, ".png or .svg", "Rename it."),))
    from skystork.shell.picture import draw_plan  # noqa: PLC0415  # matplotlib takes a second to import

    draw_plan(path, answer, site.zones.zones, site.frame)


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
