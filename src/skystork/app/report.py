"""The report at the end of a run: figures from the ledger, a map of all flown tracks, both written beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from skystork.app.ledger_view import LedgerView
from skystork.app.road_model import road_model
from skystork.app.site import Site
from skystork.app.track_check import TrackVerdict
from skystork.insight.kpi import Report, make_report
from skystork.orders.order import Mode
from skystork.orders.order_state import OrderState
from skystork.shell.picture import draw_tracks
from skystork.shell.track_store import TrackStore
from skystork.shell.zone_map import Town


def report_of(view: LedgerView, site: Site) -> Report:
    """Fold the ledger into figures."""
    return make_report(({"kind": row.kind, "at_s": row.at_s, **row.payload} for row in view.rows), road_model(site))


def explained(view: LedgerView) -> tuple[int, int]:
    """Orders that ended delivered or with a reason, of all accepted."""
    records = list(view.book.orders())
    ended = [record for record in records if record.state is OrderState.DELIVERED or (record.ended and record.reasons)]
    unknown = [record for record in records if record.state is OrderState.RELEASE_UNKNOWN]
    return len(ended) + len(unknown), len(records)


def report_lines(view: LedgerView, report: Report, verdict: TrackVerdict) -> Iterator[str]:
    """The report for people."""
    done, accepted = explained(view)
    yield f"orders      {accepted} accepted, {done} of {accepted} delivered or explained"
    robot = f", {report.delivered_by_robot} by robot" if report.delivered_by_robot else ""
    partner = f", {report.delivered_by_partner} by partner" if report.delivered_by_partner else ""
    yield f"delivered   {report.delivered_by_drone} by drone, {report.delivered_by_van} by van{robot}{partner}"
    yield f"            {report.undeliverable} undeliverable, {report.cancelled} cancelled, {report.open} open"
    for mode, codes in report.refusals.items():
        words = ", ".join(f"{code} {count}" for code, count in codes.items()) or "none"
        yield f"refused     by {mode}: {words}"
    broken = report.promises_due - report.promises_kept
    yield (
        f"promises    {report.promises_kept_percent:.1f} % kept ({report.promises_kept} of {report.promises_due}); "
        f"{report.told_before_late} of {broken} others told before they were late"
    )
    if report.told_before_late < broken:
        never = broken - report.told_before_late - report.told_after_late
        yield f"            {report.told_after_late} told up to {report.told_latest_s:.0f} s after, {never} not told"
    yield f"            {report.later_promises} offered a later time at acceptance"
    for mode in Mode:
        if mode in report.median_minutes:
            yield (
                f"minutes     by {mode}: median {report.median_minutes[mode]:.1f}, 95th percentile "
                f"{report.p95_minutes[mode]:.1f}"
            )
    carbon = report.carbon
    robots, of_robots = "", ""
    if report.delivered_by_robot:
        robots, of_robots = f", robots {report.robot_energy_kwh:.2f} kWh", f", robots {carbon.robot_kg:.2f} kg"
    yield (
        f"energy      drones {report.drone_energy_kwh:.1f} kWh, vans {report.van_energy_kwh:.1f} kWh over "
        f"{report.van_distance_km:.0f} km{robots}"
    )
    yield (
        f"CO2e        drones {carbon.drone_kg:.2f} kg, vans {carbon.van_kg:.2f} kg{of_robots}; "
        f"the same orders by diesel van {carbon.diesel_kg:.2f} kg"
    )
    rules = ", ".join(f"{rule} {count}" for rule, count in report.contingencies.items()) or "none"
    yield f"flights     {report.flights}, {report.parcels_returned} brought their parcel home; contingencies: {rules}"
    yield (
        f"airspace    {verdict.inside} of {verdict.points} flown track points inside a prohibited zone; "
        f"nearest {verdict.nearest_m:.0f} m ({verdict.nearest_zone})"
    )
    yield f"ledger      {view.report.rows} rows, chain unbroken, hash {view.report.last_hash[:16]}"


def write_report(
    folder: Path, view: LedgerView, site: Site, verdict: TrackVerdict, towns: tuple[Town, ...]
) -> list[str]:
    """Write report.txt, report.json, map.png and map.svg; returns the lines."""
    report = report_of(view, site)
    lines = list(report_lines(view, report, verdict))
    (folder / "report.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    document = {**_plain(report), "airspace": asdict(verdict), "ledger_hash": view.report.last_hash}
    (folder / "report.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    _draw(folder / "map", view, site, report, towns)
    return lines


def _plain(report: Report) -> dict[str, object]:
    """As JSON types; keys of modes are their names."""
    document: dict[str, object] = json.loads(json.dumps(asdict(report)))
    return document


def _draw(path: Path, view: LedgerView, site: Site, report: Report, towns: tuple[Town, ...]) -> None:
    tracks = TrackStore.open(path.with_name("tracks.db"))
    try:
        points = tracks.points()
    finally:
        tracks.close()
    drones = {drone.vehicle_id for drone in site.drones}
    drops = [record.order.drop_off for record in view.book.orders(OrderState.DELIVERED) if record.mode is Mode.DRONE]
    total = report.delivered_by_drone + report.delivered_by_van + report.delivered_by_robot
    total += report.delivered_by_partner
    draw_tracks(
        path,
        zones=site.zones.zones,
        frame=site.frame,
        depot=site.depot,
        tracks=[point for point in points if point.vehicle_id in drones],
        drops=drops,
        vans=[point for point in points if point.vehicle_id not in drones],
        towns=towns,
        radius_m=site.rules.drone_radius_m,
        title=f"{site.table.name.capitalize()}: {total} of {report.accepted} delivered, "
        f"{report.delivered_by_drone} by drone, {report.flights} flights",
    )
