"""The service: everything composed, started and stopped in one place, in one order.

Start: ledger replayed, bus, link, listening, take-over, then dispatch. Stop: dispatch first, flights go on being
watched until the process ends; what is in the air is taken over by the next start. One supervisor for each flight: a
flight whose code fails is reported once and taken over anew, and no other vehicle notices. Every other part that fails
begins anew beside the flights (:mod:`skystork.app.parts`); only a ledger that cannot be written ends the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial

from skystork import __version__
from skystork.app.announcer import Announcer
from skystork.app.arrivals import Arrivals
from skystork.app.attention_desk import AttentionDesk
from skystork.app.broker_users import BrokerUsers
from skystork.app.bus_header import Header
from skystork.app.control_bus import ControlBus
from skystork.app.control_console import DeskEffects
from skystork.app.control_desk import ControlDesk
from skystork.app.control_effects import ControlEffects
from skystork.app.control_fleet import FleetEffects
from skystork.app.control_targets import ControlTargets
from skystork.app.crew import Crew
from skystork.app.current_site import CurrentSite
from skystork.app.dispatch_desk import DispatchDesk
from skystork.app.drone_desk import DroneDesk
from skystork.app.fleet_links import FleetLinks
from skystork.app.flight_files import FlightFiles
from skystork.app.flight_services import FlightServices
from skystork.app.flight_supervisor import FlightSupervisor
from skystork.app.flown_tracks import FlownTracks
from skystork.app.hand_desk import HandDesk
from skystork.app.intake import Intake
from skystork.app.journal import Journal
from skystork.app.launch_desk import LaunchDesk
from skystork.app.mission_desk import MissionDesk
from skystork.app.network_desk import NetworkDesk
from skystork.app.order_desk import OrderDesk
from skystork.app.partner_desk import PartnerDesk
from skystork.app.parts import Parts
from skystork.app.planning_job import make_planner
from skystork.app.promise_desk import PromiseDesk
from skystork.app.reattach import listen
from skystork.app.road_desk import RoadDesk
from skystork.app.road_order import RoadOrder
from skystork.app.road_router import make_ask
from skystork.app.robot_desk import RobotDesk
from skystork.app.site import Site
from skystork.app.site_airspace import with_commanded
from skystork.app.site_announcer import SiteAnnouncer
from skystork.app.state_folder import StateFolder
from skystork.app.steering_desk import SteerAnswer, SteeringDesk
from skystork.app.traffic_desk import TrafficDesk
from skystork.app.van_desk import VanDesk
from skystork.app.vehicle_words import VehicleWords
from skystork.app.weather_desk import WeatherDesk
from skystork.app.zone_desk import ZoneDesk
from skystork.flight.steering import SteerOrder
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.by_hand import HandOrder
from skystork.orders.order import FlightId, Order, OrderId
from skystork.planning.flight_plan import FlightPlan
from skystork.shell.bus import Bus, DatagramEndpoint
from skystork.shell.event_metadata import EventMetadata
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.signing_store import SigningStore
from skystork.shell.solver_pool import SolverPool
from skystork.shell.store import LedgerStore
from skystork.shell.track_store import FlownPoint, TrackStore

Work = Callable[[], Coroutine[object, object, None]]

TRACK_SPACING_S = 1.0
"""Between points of a flown track that are kept."""


class Service:
    """One controller of one site; commands come by ``mail``, where what was given while none ran waits."""

    def __init__(
        self,
        site: Site,
        folder: StateFolder,
        *,
        bus: Bus,
        endpoints: Mapping[str, DatagramEndpoint],
        pool: SolverPool,
        seed: int | None,
        users: BrokerUsers | None = None,
        mail: Bus | None = None,
    ) -> None:
        now_s = asyncio.get_running_loop().time()
        self._current, self.bus, self._seed, self._folder = CurrentSite(site), bus, seed, folder
        self.parts = Parts()
        self._store = LedgerStore.open(folder.ledger)
        self._tracks = TrackStore.open(folder.tracks)
        self._writer = LedgerWriter(self._store)
        self.journal = Journal(self._writer)
        self.journal.replay(self._store.read())
        if commanded := self.journal.book.control.zones_text():
            site = replace(site, airspace=with_commanded(site.airspace, commanded, site.table))
            self._current.site = site
        self.root = f"skystork/v1/{site.table.name}"
        self.links = FleetLinks(site.drones, endpoints, site.signing_keys, SigningStore(folder.signing), site.operator)
        self.desks = [DroneDesk(drone, self.links.port(drone), now_s) for drone in site.drones]
        self._last_point_s: dict[str, float] = {}
        for desk in self.desks:
            desk.on_state = self._keep_point
            desk.out_of_service = self.journal.book.out_of_service.get(desk.drone.vehicle_id)
        header = Header(site.table.manufacturer)
        self._crew, self.weather = Crew(bus, self.root, header), WeatherDesk(bus, self.root)
        self.flown, self.launches = FlownTracks(), LaunchDesk(self.journal)
        shared = self._shared = self._make_shared(pool, FlightFiles(folder.plans))
        self._flights = FlightSupervisor(shared, self.desks)
        road: dict[OrderId, RoadOrder] = {}
        self.roads = RoadDesk(site.road, make_ask(site.road, site.folder))
        self.vans = VanDesk(site, self.journal, bus, self.root, road=road, pool=pool, roads=self.roads)
        self.robots = RobotDesk(site, self.journal, bus, self.root)
        self.ground = {**self.vans.views, **self.robots.views}
        """Vans and robots, by serial number."""
        self.partners = PartnerDesk(site, self.journal, bus, self.root)
        self.dispatch = self._make_dispatch_desk(road)
        by_road = (self.vans.arrivals, self.robots.arrivals)
        arrivals = Arrivals(self.desks, site.frame, by_road, self.vans.drive_s)
        self._promises = PromiseDesk(self.journal, site.rules, road, arrivals, lambda: self.dispatch.foreseen)
        self.intake = Intake(self.journal, site.depot, folder.inbox)
        self._words = VehicleWords(self.desks, EventMetadata(folder.metadata, site.event_metadata))
        relay_m = site.link.relay_traffic_m
        self.traffic = TrafficDesk(self.desks, bus, self.root, header, relay_within_m=relay_m)
        self.network_desk = NetworkDesk(site.networks, self.links, bus, self.root, header)
        self._steering = SteeringDesk(bus, self.root, header, journal=self.journal, flights=self._flights)
        self.zones = self._make_zone_desk(shared, header)
        self._hand = self._make_hand_desk()
        self.attention = self._make_attention_desk()
        self.control = self._make_control_desk()
        self.orders = self._make_order_desk()
        known = users or BrokerUsers.local()
        self._commands = ControlBus(mail or bus, self.root, header, self.control, known, replies=bus)
        self._announcer, self._site_announcer = self._make_announcers(header)

    @property
    def site(self) -> Site:
        """The site as it is now: its zones may change while the service runs."""
        return self._current.site

    def _make_shared(self, pool: SolverPool, files: FlightFiles) -> FlightServices:
        weather = lambda: self.weather.reading  # noqa: E731  # asked for anew by each flight
        return FlightServices(self._current, self.journal, self._crew, pool, files, weather, self.launches, {})

    def _make_attention_desk(self) -> AttentionDesk:
        return AttentionDesk(
            self.desks,
            self.journal,
            weather=lambda: self.weather.reading,
            networks=self.network_desk.figures,
            launches=self.launches.matters,
            bus_problem=lambda: self.bus.problem,
            failing=self.parts.failing,
            unread=lambda: self.site.unread,
        )

    def _make_dispatch_desk(self, road: dict[OrderId, RoadOrder]) -> DispatchDesk:
        desk = DispatchDesk(
            self.site,
            self.journal,
            make_planner(self.site),
            self.desks,
            self.vans,
            self.partners,
            robots=self.robots,
            road=road,
            weather=lambda: self.weather.reading,
            unread=lambda: self.site.unread,
            start_flight=self._flights.start,
            call_off=self._flights.call_off,
        )
        self.weather.on_reading = desk.wake
        return desk

    def _make_zone_desk(self, shared: FlightServices, header: Header) -> ZoneDesk:
        return ZoneDesk(
            shared,
            self.desks,
            steer=self._steering.steer,
            renewed=lambda site: self.dispatch.renew(make_planner(site)),
            bus=self.bus,
            root=self.root,
            header=header,
            copies=self._folder.site_copies,
        )

    def _make_announcers(self, header: Header) -> tuple[Announcer, SiteAnnouncer]:
        shared, version_of = (self.bus, self.root, header), self.control.version_of
        told = Announcer(
            *shared,
            self.desks,
            self.journal,
            vans=self.ground,
            actions_of=self._steering.actions_of,
            version_of=version_of,
            as_foreseen=self.as_foreseen,
        )
        self._promises.on_arrival = told.tell_order
        return told, SiteAnnouncer(*shared, site=lambda: self.site, journal=self.journal, version_of=version_of)

    def _make_hand_desk(self) -> HandDesk:
        return HandDesk(
            desks=self.desks,
            journal=self.journal,
            flights=self._flights,
            in_tour=self.vans.in_tour,
            replan=self.vans.replan,
        )

    def _make_control_desk(self) -> ControlDesk:
        targets = ControlTargets(lambda: self.site, self.desks, self.journal, self.launches)
        fleet = FleetEffects(targets, self._steering, self._flights)
        desk = DeskEffects(self.launches, self.attention)
        missions = MissionDesk(self._shared, self.desks, start=self._flights.start)
        effects = ControlEffects(
            targets, self.journal, fleet=fleet, hand=self._hand, zones=self.zones, desk=desk, missions=missions
        )
        return ControlDesk(targets, effects, self.journal)

    def _make_order_desk(self) -> OrderDesk:
        def renew(order_id: OrderId) -> None:
            self.dispatch.forget(order_id)
            self.vans.replan()

        book = self.journal.book
        self.control.owner_of = lambda order_id: book.order(order_id).placed_by if order_id in book else ""
        steer, in_tour = self._steering.steer, self.vans.in_tour
        return OrderDesk(self.journal, self.desks, steer=steer, in_tour=in_tour, renew=renew)

    async def run(self, orders: Sequence[Order] = ()) -> None:
        """Serve until cancelled, playing the orders given at their own times."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._flights.tasks = tasks
                tasks.create_task(self.journal.until_broken(), name="ledger")
                self._keep(tasks, self._listeners())
                await self._start(tasks)
                self._keep(tasks, self._workers(orders))
        finally:
            self._flights.tasks = None
            await self._stop()

    def plan_of(self, flight_id: FlightId, plan_hash: str) -> FlightPlan:
        """The plan of a flight as it was kept; raises LedgerError where it is not there or not the same."""
        return FlightFiles(self._folder.plans).load(flight_id, plan_hash)

    @property
    def folder(self) -> StateFolder:
        """Where the run keeps what must survive it."""
        return self._folder

    def flown_between(self, from_s: float, to_s: float) -> tuple[FlownPoint, ...]:
        """Points of flown tracks of a span, by flight and time [s since the Unix epoch]."""
        return self._tracks.between(from_s, to_s)

    @property
    def ledger_queue(self) -> int:
        """Rows waiting for a commit."""
        return self._writer.statistics.waiting_rows

    def flush_tracks(self) -> None:
        """Have every point flown so far in the file of tracks."""
        self._tracks.flush()

    def track_of(self, flight_id: FlightId) -> tuple[FlownPoint, ...]:
        """What was flown of a flight."""
        return self._tracks.points(flight_id)

    async def steer(self, vehicle_id: str, order: SteerOrder) -> SteerAnswer:
        """Have a flight in the air do what a person orders; KeyError where no drone has the name."""
        desks = {str(desk.drone.vehicle_id): desk for desk in self.desks}
        return await self._steering.steer(desks[vehicle_id], order)

    async def settle_by_hand(self, order: HandOrder) -> tuple[str, str]:
        """Cancel or close an order, or put a vehicle back into service: ``finished``, ``refused``, ``unknown``; why."""
        return await self._hand.settle(order)

    def as_foreseen(self, record: OrderRecord) -> OrderRecord:
        """An order with its arrival as foreseen now; the ledger has only the changes that matter."""
        return self._promises.as_foreseen(record)

    def at_rest(self) -> bool:
        """Nothing is open: every order ended, every flight over."""
        ended = all(record.ended for record in self.journal.book.orders())
        return ended and not self.journal.book.open_flights() and not any(desk.busy for desk in self.desks)

    def _keep(self, tasks: asyncio.TaskGroup, parts: Mapping[str, Work]) -> None:
        for name, begin in parts.items():
            tasks.create_task(self.parts.keep(name, begin), name=name)

    def _listeners(self) -> dict[str, Work]:
        """What listens before anything is taken over."""
        return {
            "crew": self._crew.listen,
            "weather": self.weather.listen,
            "van states": self.vans.listen,
            "partner states": self.partners.listen,
            "robot states": self.robots.listen,
        }

    def _watchers(self) -> dict[str, Work]:
        """What works as soon as the start is in the ledger."""
        return {
            "proposals": self.control.run,
            "attention": self.attention.run,
            "commands": self._commands.listen,
            "announcer": self._announcer.run,
            "site announcer": self._site_announcer.run,
            "vehicle words": self._words.run,
            "traffic": self.traffic.run,
            "signing memory": self.links.keep_memory,
            "networks": self.network_desk.run,
        }

    def _workers(self, orders: Sequence[Order]) -> dict[str, Work]:
        """What works when every flight in the air was taken over."""
        return {
            "zones": self.zones.run,
            "dispatch": self.dispatch.run,
            "vans": self.vans.run,
            "roads": self.roads.run,
            "partners": self.partners.run,
            "robots": self.robots.run,
            "promises": self._promises.run,
            "inbox": self.intake.watch_inbox,
            "order file": partial(self.intake.play, orders),
        }

    async def _start(self, tasks: asyncio.TaskGroup) -> None:
        await self.journal.record(e.ServiceStarted(self.site.table.name, __version__, self._seed))
        await self.control.recover()
        self._keep(tasks, self._watchers())
        await self.weather.wait_first()
        await listen(self.desks)
        for record in self.journal.book.open_flights():
            await self._flights.take_over(record)

    async def _stop(self) -> None:
        await self._announcer.publish_round()
        await self._site_announcer.publish_round()
        await self._writer.close()
        self._tracks.close()
        self._store.close()
        self.links.close()

    # ------------------------------------------------------------------ tracks

    def _keep_point(self, desk: DroneDesk) -> None:
        """Keep one point a second of what is flown."""
        flight, tracker = desk.flight, desk.tracker
        if flight is None:
            return
        self.flown.take(desk)
        flight_id = flight.plan.request.flight_id
        if not tracker.armed or tracker.at_s - self._last_point_s.get(flight_id, 0.0) < TRACK_SPACING_S:
            return
        state = tracker.state  # only now: a snapshot costs more than all that is looked at before
        if state.position is None or state.altitude_amsl_m is None:
            return
        self._last_point_s[flight_id] = state.at_s
        self._tracks.add(
            FlownPoint(
                flight_id,
                desk.drone.vehicle_id,
                state.at_s,
                state.position.latitude_deg,
                state.position.longitude_deg,
                state.altitude_amsl_m,
                state.height_home_m or 0.0,
            )
        )
