"""Plan and check one flight: the unit of work that goes to the solver pool. Each worker builds its planner once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from skystork.airspace.terrain import Terrain
from skystork.app.flight_files import plan_text
from skystork.app.other_ways import other_ways
from skystork.app.site import Site, load_site
from skystork.clearance.deconfliction import Conflict, Reservation, Separation
from skystork.clearance.remedy import Alternative, Separated, Sky, separate
from skystork.errors import ConfigError, LedgerError
from skystork.frames import Geodetic
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.check_ground import RawObstacles, RawTerrain
from skystork.planning.check_manual import ManualLeg, ManualSite, check_manual, check_manual_fence
from skystork.planning.check_volumes import RawSource
from skystork.planning.check_zones import RawAirspace, texts_hash
from skystork.planning.document import plan_document, plan_hash
from skystork.planning.flight_check import Certificate, SiteFacts, Violation, certify_flight, check_flight
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible, SafePoint
from skystork.planning.hand_plan import HandLeg, hand_legs, turning_item
from skystork.planning.planner import Planner


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """A plan that the independent check passed."""

    plan: FlightPlan
    plan_hash: str
    separation: str = ""
    """What was done to keep it apart from others, and why that; empty where it meets nobody."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The other flights that a plan is kept apart from."""

    others: tuple[Reservation, ...]
    separation: Separation


def make_planner(site: Site) -> Planner:
    """The planner of a site."""
    return Planner(
        site.zones,
        site.frame,
        max_height_home_m=site.max_height_m,
        service_radius_m=site.rules.drone_radius_m,
        obstacles=site.obstacles if site.obstacles.closed else None,
        rally_points=tuple(SafePoint(point.name, point.position) for point in site.rally_points),
        energy_weight_s_per_j=site.flight.energy_weight_s_per_j,
    )


def plan_and_check(
    folder: Path,
    request: FlightRequest,
    traffic: Traffic | None = None,
    airspace_hash: str = "",
    commanded: str = "",
) -> CheckedPlan | Infeasible:
    """Plan a flight over the site in this folder, and let nothing pass that the independent check refuses.

    With other flights given it is kept apart from them: by a later take-off, in another layer or on another way.

    Parameters
    ----------
    airspace_hash
        Of the zones and obstacles in force; where those read are others they are read again. Empty: any.
    commanded
        Zones closed by command, as GeoJSON.
    """
    try:
        site, planner = _planner(folder, commanded)
        if airspace_hash and site.airspace.hash != airspace_hash:
            _planner.cache_clear()
            site, planner = _planner(folder, commanded)
    except ConfigError as error:
        text = f"the site's files cannot be read any more, and nothing is planned by zones that nobody knows: {error}"
        return Infeasible(request, (Reason(ReasonCode.CLEARANCE, text, "nothing", "a site that can be read"),))
    if airspace_hash and site.airspace.hash != airspace_hash:
        text = "the zone files were changed again while the flight was planned: it is planned anew with the new ones"
        return Infeasible(request, (Reason(ReasonCode.ZONE, text, site.zones.hash[:12], airspace_hash[:12]),))
    plan = planner.plan(request)
    if isinstance(plan, Infeasible):
        return plan
    why = ""
    if traffic is not None and traffic.others:
        found = _apart(planner, request, plan, traffic)
        if isinstance(found, Separated):  # what stays in conflict is refused, with the flight named, when it is cleared
            plan, why = found.plan, found.why
    violations = check_plan(site, plan)
    if violations:
        reasons = tuple(
            Reason(ReasonCode.PLAN, f"independent check, {v.rule}, {v.leg}: {v.detail}", str(v.value), str(v.limit))
            for v in violations
        )
        return Infeasible(request, reasons)
    try:
        plan_text(plan)
    except LedgerError as error:
        return Infeasible(request, (Reason(ReasonCode.PLAN, str(error), "a plan", "one that a restart can read"),))
    return CheckedPlan(plan, plan_hash(plan), why)


def _apart(planner: Planner, request: FlightRequest, plan: FlightPlan, traffic: Traffic) -> Separated | Conflict:
    by_id = {other.flight_id: other for other in traffic.others}

    def alternatives(conflict: Conflict) -> Iterator[Alternative]:
        if request.by_hand:  # flown as it was drawn: it may only wait
            return iter(())
        return other_ways(planner, request, plan, (conflict, by_id[conflict.other]), traffic.separation)

    return separate(plan, alternatives, Sky(request.departs_at_s, traffic.others, traffic.separation))


def check_plan(site: Site, plan: FlightPlan) -> tuple[Violation, ...]:
    """Hand the plan, as a plain document, and the site's raw zone data to the independent check."""
    if plan.request.by_hand:
        return _check_by_hand(site, plan)
    return check_flight(
        plan_document(plan),
        airspace=raw_airspace(site),
        asked=asdict(plan.request),
        site=site_facts(site),
    )


def check_ways(site: Site, request: FlightRequest, legs: Sequence[HandLeg]) -> tuple[tuple[str, ...], ...]:
    """What the independent check holds against each way of a mission by hand, and last against the whole."""
    landing = (request.pad, *(rally.position for rally in site.rally_points))
    return check_manual(
        _written(request, legs),
        airspace=raw_airspace(site),
        site=ManualSite(
            _degrees(site.depot), site.max_height_m, site.rules.drone_radius_m, tuple(map(_degrees, landing))
        ),
        profile=asdict(request.profile),
        departs_at_s=request.departs_at_s,
        battery_j=request.battery_j,
    )


def _written(request: FlightRequest, legs: Sequence[HandLeg]) -> list[ManualLeg]:
    turns = turning_item(len(request.by_hand))
    return [
        ManualLeg(
            leg.name,
            _degrees(leg.start),
            _degrees(leg.end),
            leg.start_m,
            leg.end_m,
            leg.duration_s,
            leg.energy_j,
            leg.back_j,
            turns_back=0 < leg.item <= turns,
        )
        for leg in legs
    ]


def _check_by_hand(site: Site, plan: FlightPlan) -> tuple[Violation, ...]:
    """The ways, and the fence that goes on board with them."""
    legs = hand_legs(plan.request, site.frame)
    *of_legs, of_all = check_ways(site, plan.request, legs)
    named = [*((leg.name, found) for leg, found in zip(legs, of_legs, strict=True)), ("mission", of_all)]
    fence, origin_deg = plan_document(plan)["fence"], _degrees(plan.site_origin)
    of_fence = check_manual_fence(_written(plan.request, legs), fence, origin_deg)
    return (
        *(Violation("by hand", name, text, "", "") for name, found in named for text in found),
        *(Violation("by hand", name or "mission", text, "", "") for name, text in of_fence),
    )


def _degrees(place: Geodetic) -> tuple[float, float]:
    return place.longitude_deg, place.latitude_deg


def certify_plan(site: Site, plan: FlightPlan) -> Certificate:
    """As :func:`check_plan`, with what was proven."""
    return certify_flight(
        plan_document(plan), airspace=raw_airspace(site), asked=asdict(plan.request), site=site_facts(site)
    )


def raw_airspace(site: Site) -> RawAirspace:
    """The site's zone files as texts, for the check's own reading."""
    return RawAirspace(
        sources=tuple(
            RawSource(source.name, source.format.value, source.text, source.options) for source in site.zone_sources
        ),
        circles=json.dumps([asdict(circle) for circle in site.circles]),
        kinds=json.dumps({kind: asdict(rule) for kind, rule in site.kinds.items()}),
        ground_amsl_m=site.table.ground_amsl_m,
        zones=json.dumps({name: asdict(rule) for name, rule in site.airspace.zone_rules.items()}),
        geoid_undulation_m=site.zones.geoid_undulation_m,
        obstacles=_raw_obstacles(site),
        terrain=_raw_terrain(site.terrain),
    )


def _raw_obstacles(site: Site) -> RawObstacles | None:
    source = site.airspace.obstacle_source
    return None if source is None else RawObstacles(source.name, source.text, source.default_height_m, source.margin_m)


@lru_cache(maxsize=4)
def _raw_terrain(terrain: Terrain | None) -> RawTerrain | None:
    """The grid as it was decoded; once, so that the check reads equal airspace once."""
    if terrain is None:
        return None
    steps = (terrain.step_longitude_deg, terrain.step_latitude_deg)
    return RawTerrain(terrain.heights_amsl_m, terrain.west_deg, terrain.north_deg, *steps, terrain.error_m)


def site_facts(site: Site) -> SiteFacts:
    """What the site allows, for the check."""
    return SiteFacts(
        origin=asdict(site.depot),
        max_height_m=site.max_height_m,
        service_radius_m=site.rules.drone_radius_m,
        zone_set_hash=site.zones.hash,
        rally_points=tuple({"name": each.name, "position": asdict(each.position)} for each in site.rally_points),
        zone_texts_hash=texts_hash(raw_airspace(site)),
        obstacle_set_hash=site.obstacles.hash if site.obstacles.closed else "",
    )


@lru_cache(maxsize=4)
def _planner(folder: Path, commanded: str) -> tuple[Site, Planner]:
    site = load_site(folder, commanded=commanded)
    return site, make_planner(site)
