"""The gate that every launch passes twice: before anything is loaded, and right before arming.

What is checked, and against what, is in ``clearance/``; here it is brought together from the vehicle, the site and the
weather, and written to the ledger, so that a person can see why a vehicle was let go or kept.
"""

from __future__ import annotations

import asyncio

from skystork.airspace.weather import Weather
from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.refused import RefusedError
from skystork.app.remote_id import check_remote_id
from skystork.clearance.checks import Check, Grade, failures, refusals
from skystork.clearance.parameter_rules import RuleFacts
from skystork.clearance.preflight import (
    OnBoard,
    Surroundings,
    check_on_board,
    check_own_state,
    check_parameters,
    check_read_back,
    check_surroundings,
    no_rules,
)
from skystork.clearance.rules_by_autopilot import RULES_OF
from skystork.fleet.vehicle import MissionState
from skystork.flight.mission import VehicleMission
from skystork.link.contract import LinkSettings, MissionType, TransferOutcome
from skystork.orders import events as e
from skystork.orders.order import FlightId, OrderId
from skystork.orders.reasons import Finding, Reason, ReasonCode
from skystork.planning.flight_plan import FlightPlan

VERDICT_PATIENCE_S = 5.0
"""PX4's feasibility verdict comes 10-50 ms after the upload and is told in MISSION_CURRENT at 1 Hz."""
ARMING, CLEARANCE = "arming", "clearance"


class LaunchGate:
    """The gate of one launch on one desk."""

    def __init__(self, services: FlightServices, desk: DroneDesk, flight_id: FlightId, order_id: OrderId) -> None:
        self._s, self._desk = services, desk
        self._flight_id, self._order_id = flight_id, order_id
        self.wrong: tuple[str, ...] = ()
        """What of the vehicle's own forbade the launch when it was looked at last, by the names of the checks."""
        self.checks: tuple[Check, ...] = ()
        """What was found when it was looked at last."""
        self._plan: FlightPlan | None = None

    def weather(self) -> Weather:
        """The newest reading; raises RefusedError where there is none."""
        weather = self._s.weather()
        if weather is None:
            raise RefusedError(Reason(ReasonCode.WEATHER, "no weather reading: check the station", "none", "a reading"))
        return weather

    async def before_loading(self, plan: FlightPlan) -> tuple[Check, ...]:
        """Check what can be known before anything is loaded; a failure is on record, and is the caller's to act on."""
        checks = await self._checks(plan)
        if failures(checks):
            await self._record(CLEARANCE, checks)
        return checks

    async def before_arming(self, plan: FlightPlan, mission: VehicleMission, on_board: OnBoard) -> None:
        """Check everything again, and what is on board; raises RefusedError."""
        await self._await_verdict(on_board)
        read_back = await read_back_lists(self._desk, mission, on_board)
        of_the_rest = await self._checks(plan)
        held = (*read_back, *check_on_board(self._desk.state, on_board, self._desk.said.complaint()))
        checks = (*held, *of_the_rest)
        await self._record(ARMING, checks)
        if failures(checks):
            self.wrong = (*(each.name for each in failures(held)), *self.wrong)
            raise RefusedError(*refusals(checks), wrong=self.wrong)

    async def _checks(self, plan: FlightPlan) -> tuple[Check, ...]:
        """The parameters first, because reading them takes time and everything else is of this moment."""
        self._plan = plan
        parameters = await self._parameter_checks(plan)
        own = (*self._own_state(plan), *parameters)
        self.wrong = tuple(each.name for each in failures(own))
        self.checks = (*own, *check_surroundings(plan, self._surroundings(), asyncio.get_running_loop().time()))
        return self.checks

    def _own_state(self, plan: FlightPlan) -> tuple[Check, ...]:
        """What the vehicle tells by itself, without being asked."""
        state, now_s = self._desk.state, asyncio.get_running_loop().time()
        problems = self._desk.said.why_not_arming()
        checks = check_own_state(state, plan, self._s.site.table.ground_amsl_m, now_s, problems)
        return (*checks, check_remote_id(state, now_s)) if self._s.site.operator is not None else checks

    def is_mended(self, wrong: tuple[str, ...]) -> bool:
        """Whether all of this passes by what the vehicle tells now; what it must be asked for is not known to."""
        if self._plan is None:
            return False
        passing = {each.name for each in self._own_state(self._plan) if each.grade is not Grade.FAILURE}
        return passing.issuperset(wrong)

    async def _parameter_checks(self, plan: FlightPlan) -> tuple[Check, ...]:
        site, drone = self._s.site, self._desk.drone
        facts = RuleFacts(
            drone.profile,
            drone.system_id,
            LinkSettings().own_system_id,
            outbound_height_m=min(site.flight.outbound_layers),
            inbound_height_m=max(site.flight.inbound_layers),
            max_height_m=site.max_height_m,
            simulated=site.table.simulated,
        )
        return await check_on_vehicle(self._desk, facts, plan)

    def _surroundings(self) -> Surroundings:
        site = self._s.site
        return Surroundings(
            weather=self.weather(),
            zone_set_hash=site.zones.hash,
            zones_from_s=site.airspace.zones_from_s(asyncio.get_running_loop().time()),
            oldest_zones_s=site.zone_date.max_age_s,
            simulated=site.table.simulated,
            obstacle_set_hash=site.obstacles.hash if site.obstacles.closed else "",
            unread=site.unread,
        )

    async def _await_verdict(self, on_board: OnBoard) -> None:
        """Until the autopilot has told its verdict of the mission and the ids of what is on board."""
        await self._desk.wait_until(
            lambda: (
                self._desk.state.mission_state is MissionState.NOT_STARTED
                and not failures(check_on_board(self._desk.state, on_board))
            ),
            VERDICT_PATIENCE_S,
        )

    async def _record(self, step: str, checks: tuple[Check, ...]) -> None:
        findings = tuple(
            Finding(each.name, each.grade.name.lower(), each.seen, each.required, each.remedy)
            for each in checks
            if each.grade is not Grade.PASS
        )
        passed = tuple(each.name for each in checks if each.grade is Grade.PASS)
        vehicle_id = self._desk.drone.vehicle_id
        await self._s.journal.record(
            e.LaunchChecked(self._flight_id, vehicle_id, self._order_id, step, passed, findings)
        )


async def check_on_vehicle(desk: DroneDesk, facts: RuleFacts, plan: FlightPlan) -> tuple[Check, ...]:
    """The vehicle's parameters, read from it now, against the rules of its autopilot; without rules it fails."""
    rules_of = RULES_OF.get(desk.drone.autopilot)
    if rules_of is None:
        return (no_rules(desk.drone.autopilot, tuple(RULES_OF)),)
    rules = rules_of(facts)
    values = await desk.parameters.values([rule.name for rule in rules])
    return check_parameters(rules, values, plan, desk.state.battery_fraction)


async def read_back_lists(desk: DroneDesk, mission: VehicleMission, on_board: OnBoard) -> tuple[Check, ...]:
    """The lists that the vehicle gives no id to (ArduPilot): what cannot be compared by id is read again."""
    lists = (
        ("mission", MissionType.MISSION, mission.items, on_board.mission_id),
        ("fence", MissionType.FENCE, mission.fence, on_board.fence_id),
        ("rally", MissionType.RALLY, mission.rally, on_board.rally_id),
    )
    checks = []
    for name, kind, items, list_id in lists:
        if list_id is None:
            settled = await desk.port.read_back(kind, items)
            equal = settled.outcome is TransferOutcome.VERIFIED
            checks.append(check_read_back(name, equal, f"{settled.outcome}: {settled.detail}"))
    return tuple(checks)
