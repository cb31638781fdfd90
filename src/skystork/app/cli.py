"""``skystork``: one command, every verb; reads print tables or, with ``--json``, JSON."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Annotated

import typer

from skystork import __version__
from skystork.app import (
    cli_accounts,
    cli_alarms,
    cli_bench,
    cli_checks,
    cli_control,
    cli_flight,
    cli_mission,
    cli_mqtt,
    cli_orders,
    cli_plan,
    cli_run,
    cli_steer,
    cli_top,
    cli_vehicle,
    cli_wave,
    cli_why,
    cli_zones,
)
from skystork.app.bus_header import rfc3339
from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.ledger_view import LedgerView, Row
from skystork.app.options import JsonOption, SiteOption, StateOption
from skystork.app.pads import shut_pads
from skystork.app.planning_job import make_planner
from skystork.app.road_desk import ask_once
from skystork.app.site import Site, load_site, starts_at_s
from skystork.fleet.vehicle import Robot, Van
from skystork.orders.book import FlightRecord
from skystork.orders.order_state import OrderState
from skystork.shell.loops import run_paced
from skystork.shell.world_clock import WorldClock

LONGEST_ASKED_S = 90.0
"""By `check-config` of the site's router: a country's tiles are opened within a minute [s]."""
NOTICES_SHOWN = 10
"""Remarks that `check-config` prints; all are in its JSON."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(cli_mission.app, name="mission")
app.add_typer(cli_orders.app, name="orders")
app.add_typer(cli_accounts.users, name="user")
app.add_typer(cli_accounts.tokens, name="token")
app.add_typer(cli_control.app, name="control")
app.add_typer(cli_mqtt.app, name="mqtt")
app.add_typer(cli_vehicle.app, name="vehicle")
app.add_typer(cli_zones.app, name="zones")
app.command("run")(cli_run.run)
app.command("demo")(cli_run.demo)
app.command("plan")(cli_plan.plan)
app.command("wave")(cli_wave.wave)
app.add_typer(cli_bench.app, name="bench")
app.command("why")(cli_why.why)
app.command("checks")(cli_checks.checks)
app.command("flight")(cli_flight.flight)
app.command("steer")(cli_steer.steer)
app.command("top")(cli_top.top)
app.command("alarms")(cli_alarms.alarms)


@app.callback(invoke_without_command=True)
def skystork(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Delivery control: drones over MAVLink, vans beside them, one order and one promise."""
    if version:
        print(f"skystork {__version__}")
        raise typer.Exit


@app.command("check-config")
def check_config(site: SiteOption, as_json: JsonOption = False) -> None:
    """Read a site folder and say everything that is wrong with it, or what it holds."""
    with told_plainly():
        place = load_site(site, with_keys=True)
        shut = _shut_pads(place)
        facts = {**_facts(place), "roads": _roads(place), "shut pads": shut}
        if as_json:
            print_json(facts)
            return
        shown = [(key, str(value)) for key, value in facts.items() if key not in {"remarks", "shut pads"}]
        print_table(f"site {place.table.name}: in order", ("what", "value"), shown)
        for text in shut:
            print(f"note: {text}")
        for notice in place.airspace.notices[:NOTICES_SHOWN]:
            print(f"note: {notice}")
        if len(place.airspace.notices) > NOTICES_SHOWN:
            print(f"note: {len(place.airspace.notices) - NOTICES_SHOWN} more remarks on zones; --json has all")


def _shut_pads(site: Site) -> list[str]:
    """Drones that no flight can begin or end for, each with what its pad is too near to."""
    at_s = starts_at_s(site) if site.table.simulated else time.time()
    return [
        f"drones {name} stays on the ground: {'; '.join(map(str, reasons))}"
        for name, reasons in shut_pads(site, make_planner(site), at_s)
    ]


def _roads(site: Site) -> str:
    """Who says how long a van takes, asked for the way from the depot to a place beside it."""
    beside = site.frame.to_geodetic(500.0, 0.0)
    asking = ask_once(site.road, site.folder, [site.depot, beside], starts_at_s(site), within_s=LONGEST_ASKED_S)
    return run_paced(asking, WorldClock.real()).source


def _facts(site: Site) -> dict[str, object]:
    restrictions = Counter(zone.restriction.value for zone in site.zones.zones)
    return {
        "folder": str(site.folder),
        "depot": f"{site.depot.latitude_deg}, {site.depot.longitude_deg}",
        "zones": len(site.zones.zones),
        **{f"zones {name}": count for name, count in sorted(restrictions.items())},
        "zone_set": site.zones.hash[:12],
        "zone files": ", ".join(f"{source.name} ({source.format})" for source in site.zone_sources),
        "obstacles": len(site.obstacles.closed),
        "terrain": site.terrain.source if site.terrain else "flat at the depot's elevation",
        "remarks": [str(notice) for notice in site.airspace.notices],
        "drones": ", ".join(drone.vehicle_id for drone in site.drones),
        "vans": ", ".join(van.vehicle_id for van in site.vans),
        "robots": ", ".join(robot.vehicle_id for robot in site.robots) or "none",
        "partners": ", ".join(partner.name for partner in site.dispatch.partners) or "none",
        "sign": ", ".join(site.signing_keys) or "none",
        "networks": "; ".join(str(network) for network in site.networks),
    }


@app.command()
def fleet(site: SiteOption, state: StateOption, as_json: JsonOption = False) -> None:
    """Every vehicle of the site with what the ledger knows of it: flights, orders, what it does now."""
    with told_plainly():
        place = load_site(site)
        view = LedgerView.read(state)
        rows = [_vehicle(view, drone.vehicle_id, drone.profile.name) for drone in place.drones]
        ground: tuple[Van | Robot, ...] = (*place.vans, *place.robots)
        rows += [_vehicle(view, each.vehicle_id, each.profile.name) for each in ground]
        if as_json:
            print_json(rows)
            return
        columns = ("vehicle", "type", "now", "order", "flights", "delivered")
        print_table(
            f"fleet of {place.table.name}", columns, [tuple(str(row[key] or "") for key in columns) for row in rows]
        )


def _vehicle(view: LedgerView, vehicle_id: str, kind: str) -> dict[str, object]:
    flights = [flight for flight in view.book.flights.values() if flight.vehicle_id == vehicle_id]
    now: FlightRecord | None = next((flight for flight in flights if flight.ended_at_s is None), None)
    mine = [record for record in view.book.orders() if record.vehicle_id == vehicle_id]
    carried = [record for record in mine if record.state in {OrderState.ON_ROAD, OrderState.ROUTED}]
    return {
        "vehicle": vehicle_id,
        "type": kind,
        "now": now.phase if now else (f"{len(carried)} parcels" if carried else "free"),
        "order": now.order_id if now else None,
        "flights": sum(flight.launched_at_s is not None for flight in flights),
        "delivered": sum(record.state is OrderState.DELIVERED for record in mine),
    }


@app.command()
def replay(
    state: StateOption,
    order: Annotated[str | None, typer.Option(help="Only events of this order.")] = None,
    flight: Annotated[str | None, typer.Option(help="Only events of this flight.")] = None,
    vehicle: Annotated[str | None, typer.Option(help="Only events of this vehicle.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Walk through the ledger event by event, fold it anew, and verify its chain of hashes."""
    with told_plainly():
        view = LedgerView.read(state)
        wanted = [row for row in view.rows if _wanted(row, order, flight, vehicle)]
        for row in wanted:
            if as_json:
                print(json.dumps({"seq": row.seq, "at": rfc3339(row.at_s), "kind": row.kind, **row.payload}))
            else:
                print(f"{row.seq:6d} {rfc3339(row.at_s)} {row.kind:20s} {row.order_id or '':12s} {row.summary()}")
        _judge(view, as_json=as_json)


def _wanted(row: Row, order: str | None, flight: str | None, vehicle: str | None) -> bool:
    pairs = ((order, row.order_id), (flight, row.flight_id), (vehicle, row.vehicle_id))
    return all(asked is None or asked == seen for asked, seen in pairs)


def _judge(view: LedgerView, *, as_json: bool) -> None:
    if view.report.broken is not None:
        broken = view.report.broken
        raise fail(f"the ledger was changed: row {broken.seq}: {broken.what}", ExitCode.REFUSED)
    if not as_json:
        states = Counter(record.state.value for record in view.book.orders())
        print(f"{view.report.rows} rows, chain unbroken, last hash {view.report.last_hash}")
        print(f"orders: {', '.join(f'{count} {name}' for name, count in sorted(states.items()))}")


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
