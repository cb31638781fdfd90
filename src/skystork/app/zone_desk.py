"""Zones that change while the service runs: read whole, compared, told, and flights in the air kept out of them.

A change of any file of the airspace is seen within seconds, and taken when the files have stood still for a look;
SIGHUP asks at once. What cannot be read leaves the zones as they are, and says so. Which flights are touched, and what
each does, is on disk before anything is ordered; an order that is refused is decided anew at every look.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skystork.airspace.obstacle_changes import grown
from skystork.airspace.zone import Zone
from skystork.airspace.zone_changes import zone_changes
from skystork.app.bus_header import CONTROLLER, Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.site import Site
from skystork.app.site_airspace import SiteAirspace, with_commanded
from skystork.app.site_copies import ReadAgain, read_again
from skystork.app.steering_desk import SteerAnswer
from skystork.app.zone_threat import Closing, Threat, threat_to
from skystork.contract.header import NO_HEADER
from skystork.contract.site_messages import Alert
from skystork.errors import ConfigError, Unavailable
from skystork.flight.flight import Flight
from skystork.flight.phase import AIRBORNE
from skystork.flight.steering import SteerOrder
from skystork.flight.zone_reaction import Alarm, Reaction, alarm, react
from skystork.orders import events as e
from skystork.orders.control_book import ControlBook
from skystork.orders.order import FlightId
from skystork.planning.flight_plan import FlightPlan
from skystork.shell.bus import Bus
from skystork.shell.solver_pool import SolverOverrunError
from skystork.shell.zone_files import FileMark, mark_of

log = logging.getLogger("skystork")

LOOK_S = 5.0
"""Between looks at the files [s]; a change is taken at the second look that finds it the same."""
RULE = "ZONES_CHANGED"
KEPT = "ZONES_KEPT"

Marks = tuple[tuple[Path, FileMark | None], ...]
Hashes = tuple[str, str]
"""Of zones and obstacles."""
_ByCommand = e.ZoneClosed | e.ZoneOpened | e.ZonesUploaded | e.ZonesRemoved
Steer = Callable[[DroneDesk, SteerOrder], Awaitable[SteerAnswer]]


@dataclass(frozen=True, slots=True)
class _Affected:
    """A flight that changed zones touch."""

    desk: DroneDesk
    threat: Threat
    reaction: Reaction


@dataclass(frozen=True, slots=True)
class _Owed:
    """What a flight is still held against, and how bad a person was told it is."""

    only: Closing | None
    told: Alarm


class ZoneDesk:
    """The one writer of the site's airspace."""

    def __init__(
        self,
        services: FlightServices,
        desks: Sequence[DroneDesk],
        *,
        steer: Steer,
        renewed: Callable[[Site], None],
        bus: Bus,
        root: str,
        header: Header,
        copies: Path | None = None,
    ) -> None:
        self._s, self._desks, self._steer, self._renewed = services, desks, steer, renewed
        self._bus, self._root, self._header, self._copies = bus, root, header, copies
        self._asked = asyncio.Event()
        self._taking = asyncio.Lock()
        """Held from reading zones to their being in force: what is read meanwhile would undo the other."""
        self._seen: Marks = services.site.airspace.marks
        self._tried: Marks = services.site.airspace.marks
        self._kept = False
        self._owed: dict[FlightId, _Owed] = {}
        """Flights that are touched, until they are clear or down."""
        self._judged: dict[FlightId, tuple[FlightPlan, Hashes]] = {}
        """The plans of flights in the air, and the zones and obstacles that each was last held to."""

    def reload(self) -> None:
        """Read the zones again at once, as SIGHUP asks."""
        self._asked.set()

    async def run(self) -> None:
        """For the life of the service."""
        while True:
            await self._until_next_look()
            await self._open_overdue()
            if self._is_new():
                async with self._taking:
                    await self._renew()
            await self._look_at_taken_over()
            await self._settle_owed()

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones in force."""
        return self._s.site.zones.zones

    def why_not_closed(self, closed: e.ZoneClosed) -> str:
        """Why an area cannot be closed by command; empty where it can."""
        site = self._s.site
        try:
            with_commanded(site.airspace, self._commanded.zones_text(closed), site.table)
        except ConfigError as error:
            return "; ".join(str(problem) for problem in error.problems)
        return ""

    async def close(self, closed: e.ZoneClosed) -> str:
        """Close an area by command; returns why it cannot be, empty where it is in force."""
        text = self._commanded.zones_text(closed)
        return await self._command(text, closed)

    async def open(self, opened: e.ZoneOpened) -> str:
        """Lift what was closed by command; returns why it cannot be, empty where that is in force."""
        return await self._command(self._commanded.zones_text(without=opened.zone_id), opened)

    async def bring_in(self, brought: e.ZonesUploaded, *, dry_run: bool = False) -> str:
        """Have a file of zones count too; returns why it cannot be, empty where it is in force, or would be."""
        if brought.zone_set in self._commanded.uploaded:
            return f"there are zones {brought.zone_set} already: have them removed first, or take another name"
        return await self._command(self._commanded.zones_text(brought=brought), brought, dry_run=dry_run)

    async def remove(self, removed: e.ZonesRemoved, *, dry_run: bool = False) -> str:
        """Have an uploaded file of zones count no more; returns why not, empty where that is so or would be."""
        brought = self._commanded.uploaded[removed.zone_set]
        if brought.issuer == removed.issuer:
            return f"{brought.issuer} brought these zones: removing them opens airspace, and needs a second person"
        return await self._command(self._commanded.zones_text(taken=removed.zone_set), removed, dry_run=dry_run)

    async def _command(self, text: str, event: _ByCommand, *, dry_run: bool = False) -> str:
        async with self._taking:
            site = self._s.site
            try:
                found = with_commanded(site.airspace, text, site.table)
            except ConfigError as error:
                return "; ".join(str(problem) for problem in error.problems)
            if not dry_run:
                await self._s.journal.record(event)
                await self._take(found)
        return ""

    async def _open_overdue(self) -> None:
        """What was closed until now is open again by itself."""
        now_s = asyncio.get_running_loop().time()
        for closed in [each for each in self._commanded.closed.values() if each.until_s <= now_s]:
            await self.open(e.ZoneOpened(closed.zone_id, "", "its time is over"))

    @property
    def _commanded(self) -> ControlBook:
        return self._s.journal.book.control

    async def _until_next_look(self) -> None:
        try:
            async with asyncio.timeout(LOOK_S):
                await self._asked.wait()
        except TimeoutError:
            return

    def _is_new(self) -> bool:
        """Whether to read: asked to, or the files differ from those tried last and stand still."""
        now = tuple((path, mark_of(path)) for path, _ in self._seen)
        still, self._seen = now == self._seen, now
        if self._asked.is_set():
            self._asked.clear()
            return True
        return still and now != self._tried

    async def _renew(self) -> None:
        site = self._s.site
        source, copies = (site.folder, None) if site.source is None else (site.source, self._copies)
        self._tried = self._seen
        try:
            found = await self._s.pool.run(read_again, source, site.table, self._commanded.zones_text(), copies)
        except (SolverOverrunError, Unavailable) as error:
            await self._keep((str(error),))
            return
        if not isinstance(found, ReadAgain):
            await self._keep(tuple(str(problem) for problem in found))
            return
        self._seen = self._tried = found.airspace.marks
        await self._tell_kept("; ".join(found.unread))
        self._s.current.read_again(found)
        await self._take(found.airspace)

    async def _keep(self, why: tuple[str, ...]) -> None:
        """The zones stay as they are."""
        log.error("zones not taken, those of before stay active: %s", "; ".join(why))
        await self._s.journal.record(e.ZonesKept(self._s.site.zones.hash, why))
        await self._tell_kept("; ".join(why))

    async def _take(self, found: SiteAirspace) -> None:
        site = self._s.site
        changes = zone_changes(site.zones, found.zones)
        closing = Closing(changes.closing, grown(site.obstacles, found.obstacles))
        before, is_built = site.airspace.planned_by, site.obstacles.hash != found.obstacles.hash
        self._s.current.take(found)
        if site.airspace.hash == found.hash:
            log.info("zones read again: nothing in them changed")
            return
        self._renewed(self._s.site)
        self._carry_over(before, found.planned_by)
        affected = self._affected(closing)
        await self._s.journal.record(
            e.ZonesChanged(
                site.zones.hash,
                found.zones.hash,
                tuple(zone.zone_id for zone in changes.added),
                tuple(zone.zone_id for zone in changes.removed),
                tuple(f"{zone.zone_id}: {', '.join(names)}" for zone, names in changes.changed),
                tuple(map(_touch, affected)),
                is_built,
            )
        )
        log.warning(
            "zones changed: %d added, %d removed, %d changed, %d flights in the air touched",
            *(len(part) for part in (changes.added, changes.removed, changes.changed, affected)),
        )
        await self._react(affected, closing)

    async def _look_at_taken_over(self) -> None:
        """Flights planned by others than those in force that were not looked at yet: this process found them."""
        now = self._s.site.airspace.planned_by
        flying = {desk.flight.plan.request.flight_id for desk in self._desks if desk.flight is not None}
        self._judged = {flight_id: judged for flight_id, judged in self._judged.items() if flight_id in flying}
        fresh = [desk for desk in self._desks if desk.flight is not None and self._is_unjudged(desk.flight, now)]
        await self._react(self._affected(None, fresh), None)

    def _is_unjudged(self, flight: Flight, now: Hashes) -> bool:
        if flight.phase not in AIRBORNE or self._judged_by(flight.plan) == now:
            return False
        self._judged[flight.plan.request.flight_id] = flight.plan, now
        return True

    def _judged_by(self, plan: FlightPlan) -> Hashes:
        """What a plan was last held to; one that is followed anew, only to what it was made by."""
        made_by = plan.zone_set_hash, plan.around.obstacle_set_hash
        judged, by = self._judged.get(plan.request.flight_id, (plan, made_by))
        return by if judged is plan else made_by

    def _carry_over(self, before: Hashes, after: Hashes) -> None:
        """Flights held to the zones of before need only be held to what changed."""
        flights = [desk.flight for desk in self._desks if desk.flight is not None and desk.flight.phase in AIRBORNE]
        for flight in flights:
            if self._judged_by(flight.plan) == before:
                self._judged[flight.plan.request.flight_id] = flight.plan, after

    def _affected(self, only: Closing | None, desks: Sequence[DroneDesk] | None = None) -> list[_Affected]:
        site, now_s = self._s.site, asyncio.get_running_loop().time()
        found = []
        for desk in self._desks if desks is None else desks:
            flight = desk.flight
            if flight is None or flight.phase not in AIRBORNE:
                continue
            threat = threat_to(
                flight, desk.state, site.zones, only, frame=site.frame, now_s=now_s, obstacles=site.obstacles
            )
            reaction = react(threat.ways)
            if reaction is not None:
                found.append(_Affected(desk, threat, reaction))
        return found

    async def _react(self, affected: Sequence[_Affected], only: Closing | None) -> None:
        """Each is told, and again when it gets worse; those that must do something are ordered to, side by side."""
        for each in affected:
            await self._tell(each, only)
        async with asyncio.TaskGroup() as orders:
            for each in affected:
                if each.reaction.action is not None:
                    orders.create_task(self._order(each), name=f"zones[{each.desk.drone.vehicle_id}]")

    async def _tell(self, each: _Affected, only: Closing | None) -> None:
        if each.desk.flight is None:
            return
        request, now = each.desk.flight.plan.request, alarm(each.threat.ways)
        owed = self._owed.get(request.flight_id)
        if owed is None or now.exceeds(owed.told):
            word = each.reaction.action.upper() if each.reaction.action else "WARN"
            ids = (request.flight_id, request.vehicle_id)
            raised = e.ContingencyRaised(*ids, RULE, word, each.reaction.why, request.order_id)
            self._owed[request.flight_id] = _Owed(only, now)
            await self._s.journal.record(raised)
        if owed is not None and owed.only != only:
            self._owed[request.flight_id] = replace(self._owed[request.flight_id], only=None)

    async def _order(self, each: _Affected) -> None:
        flight, action = each.desk.flight, each.reaction.action
        if flight is None or action is None:
            return
        flight_id, book = flight.plan.request.flight_id, self._s.journal.book
        ids = (f"zones-{self._s.site.zones.hash[:12]}-{flight_id}-{attempt}" for attempt in itertools.count(1))
        action_id = next(each for each in ids if not book.has_action(each))  # also not before a restart
        answer = await self._steer(each.desk, SteerOrder(action_id, action, "zones", each.reaction.why))
        if answer.outcome != "finished":
            log.error("flight %s was to %s for changed zones: %s %s", flight_id, action, answer.outcome, answer.detail)

    async def _settle_owed(self) -> None:
        """Decide anew for flights that are touched; those clear or down are told to be."""
        for flight_id, owed in tuple(self._owed.items()):
            desk = next((desk for desk in self._desks if _flies(desk, flight_id)), None)
            affected = self._affected(owed.only, [desk] if desk else [])
            if affected:
                await self._react(affected, owed.only)
            else:
                del self._owed[flight_id]
                record = self._s.journal.book.flights[flight_id]
                ids = (flight_id, record.vehicle_id)
                await self._s.journal.record(e.ContingencyCleared(*ids, RULE, record.order_id))

    async def _tell_kept(self, why: str) -> None:
        """``alerts/zones-ZONES_KEPT``."""
        if not why and not self._kept:
            return
        self._kept = bool(why)
        topic = f"{self._root}/alerts/zones-{KEPT}"
        body = Alert(**NO_HEADER, rule=KEPT, active=bool(why), detail=why or None)
        payload = self._header.seal(body, topic, CONTROLLER, asyncio.get_running_loop().time())
        await self._bus.publish(topic, payload, qos=1, retain=True)


def _flies(desk: DroneDesk, flight_id: FlightId) -> bool:
    return desk.flight is not None and desk.flight.plan.request.flight_id == flight_id


def _touch(each: _Affected) -> e.ZoneTouch:
    assert each.desk.flight is not None, "only flights are touched"
    request, (first_id, first_at_s) = each.desk.flight.plan.request, each.threat.first
    return e.ZoneTouch(
        request.flight_id,
        request.vehicle_id,
        first_id,
        first_at_s,
        each.threat.ways.inside,
        each.reaction.action or "none",
        each.reaction.why,
    )
