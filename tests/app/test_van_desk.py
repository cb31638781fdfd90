"""What the van desk makes of what its vans say; a van here is a voice on the bus."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests_support.play import order_at, write_site

from skystork.app.journal import Journal
from skystork.app.options import default_site
from skystork.app.road_desk import RoadDesk
from skystork.app.road_order import RoadOrder
from skystork.app.road_router import Ask
from skystork.app.road_table import RoadTable
from skystork.app.site import Site, load_site, starts_at_s
from skystork.app.van_desk import VanDesk
from skystork.dispatch.van_matrix import MatrixAnswer
from skystork.dispatch.van_roads import Leg, place_key
from skystork.frames import Geodetic, distance_m
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import OrderId
from skystork.orders.order_state import OrderState
from skystork.shell.bus import BusMessage
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverOverrunError, SolverPool
from skystork.shell.store import LedgerStore
from skystork.shell.topics import Subscription, topic_matches

ROOT = "skystork/v1/darlington"


@dataclass
class Depot:
    """A van desk, its ledger, and two vans that say what the test makes them say."""

    site: Site
    bus: MemoryBus
    journal: Journal
    desk: VanDesk
    road: dict[OrderId, RoadOrder]
    orders: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"EV-0001": [], "EV-0002": []})

    async def accept(self, name: str, east_m: float = 3000.0, **times: float) -> None:
        order = replace(order_at(self.site, name, east_m, 1000.0, after_s=0.0), **times)
        await self.journal.record(e.OrderAccepted(order.order_id, order))
        self.road[order.order_id] = RoadOrder(self.journal.book.order(order.order_id), ())

    async def say(
        self,
        number: int,
        *,
        update: int = 0,
        results: dict[str, str] | None = None,
        at: Geodetic | None = None,
        **actions: str,
    ) -> None:
        """A van's state: action statuses as ``pick_A="FINISHED"``; it stands at the depot unless ``at`` says where."""
        place = at or self.site.depot
        message = {
            "orderUpdateId": update,
            "driving": False,
            "geodetic": {"latitude": place.latitude_deg, "longitude": place.longitude_deg},
            "actionStates": [
                {"actionId": name.replace("_", ":"), "actionStatus": status, "actionResult": (results or {}).get(name)}
                for name, status in actions.items()
            ],
        }
        topic = f"{ROOT}/{self.site.table.manufacturer}/EV-000{number}/state"
        await self.bus.publish(topic, json.dumps(message).encode())
        await asyncio.sleep(0.1)

    def order(self, name: str) -> OrderRecord:
        return self.journal.book.order(OrderId(name))

    def nodes(self, number: int) -> list[str]:
        """Action ids of the newest tour sent to a van."""
        return [each["actionId"] for node in self.orders[f"EV-000{number}"][-1]["nodes"] for each in node["actions"]]


def at_depot(
    tmp_path: Path,
    play: Callable[[Depot], Awaitable[None]],
    pool: SolverPool | None = None,
    *,
    bus: MemoryBus | None = None,
    edit: Callable[[str], str] = str,
    router: Ask | None = None,
) -> None:
    folder = write_site(tmp_path / "site", "VAN-1", "VAN-2")
    (folder / "site.toml").write_text(edit((folder / "site.toml").read_text()))
    site = load_site(folder)

    async def run() -> None:
        store, road = LedgerStore.open(tmp_path / "ledger.db"), dict[OrderId, RoadOrder]()
        wire = bus or MemoryBus()
        journal = Journal(LedgerWriter(store))
        roads = RoadDesk(RoadTable(router="osrm", url="http://router"), router)
        desk = VanDesk(site, journal, wire, ROOT, road=road, pool=pool or SolverPool(), roads=roads)
        depot = Depot(site, wire, journal, desk, road)

        async def note() -> None:
            async for message in wire.subscribe(f"{ROOT}/+/+/order"):
                keep(depot, message)

        tasks = [asyncio.create_task(work) for work in (desk.listen(), note(), roads.run())]
        await asyncio.sleep(0.1)
        try:
            await play(depot)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            store.close()

    run_virtual(run(), starts_at_s(site))


def keep(depot: Depot, message: BusMessage) -> None:
    depot.orders[message.topic.split("/")[-2]].append(json.loads(message.payload))


async def two_vans_with_one_order(depot: Depot) -> int:
    """Both vans are heard, the order is planned and sent; returns the number of the van that got it."""
    await depot.say(1)
    await depot.say(2)
    await depot.accept("A")
    await depot.desk.plan_round()
    await asyncio.sleep(0.1)
    return 1 if depot.orders["EV-0001"] else 2


def test_a_parcel_is_in_the_van_that_says_so_whichever_the_plan_meant(tmp_path: Path) -> None:
    async def play(depot: Depot) -> None:
        other = 3 - await two_vans_with_one_order(depot)
        await depot.say(other, pick_A="FINISHED")
        assert depot.order("A").state is OrderState.ON_ROAD
        assert depot.order("A").vehicle_id == f"VAN-{other}"
        await depot.say(other, pick_A="FINISHED", drop_A="FINISHED")
        assert depot.order("A").state is OrderState.DELIVERED

    at_depot(tmp_path, play)


def test_a_hand_over_that_failed_ends_the_order_with_the_vans_words(tmp_path: Path) -> None:
    async def play(depot: Depot) -> None:
        van = await two_vans_with_one_order(depot)
        await depot.say(van, update=1, pick_A="FINISHED")
        results = {"drop_A": "nobody at the door"}
        await depot.say(van, update=1, results=results, pick_A="FINISHED", drop_A="FAILED")
        assert depot.order("A").state is OrderState.UNDELIVERABLE
        assert "nobody at the door" in depot.order("A").reasons[0].text

    at_depot(tmp_path, play)


def test_a_van_that_missed_its_order_is_sent_it_again_under_a_new_number(tmp_path: Path) -> None:
    async def play(depot: Depot) -> None:
        van = await two_vans_with_one_order(depot)
        sent = depot.orders[f"EV-000{van}"]
        await depot.desk.plan_round()
        assert len(sent) == 1, "it may still be on its way"
        await asyncio.sleep(30.0)
        await depot.desk.plan_round()
        await asyncio.sleep(0.1)
        assert [each["orderUpdateId"] for each in sent] == [1, 2]
        assert sent[0]["nodes"] == sent[1]["nodes"]
        await depot.say(van, update=2, pick_A="RUNNING", drop_A="WAITING")
        await asyncio.sleep(30.0)
        await depot.desk.plan_round()
        assert len(sent) == 2

    at_depot(tmp_path, play)


def test_a_van_that_began_anew_is_sent_only_what_it_has_not_done(tmp_path: Path) -> None:
    async def play(depot: Depot) -> None:
        van = await two_vans_with_one_order(depot)
        await depot.say(van, update=1, pick_A="FINISHED", drop_A="WAITING")
        await depot.say(van, update=0)  # all forgotten
        await asyncio.sleep(30.0)
        await depot.desk.plan_round()
        await asyncio.sleep(0.1)
        assert depot.nodes(van) == ["drop:A"]

    at_depot(tmp_path, play)


def test_after_a_restart_a_load_driven_to_stays_with_its_van(tmp_path: Path) -> None:
    async def play(depot: Depot) -> None:
        await depot.say(1, update=4, pick_A="WAITING", drop_A="WAITING")
        await depot.say(2)
        await depot.accept("A")
        await depot.desk.plan_round()
        await asyncio.sleep(0.1)
        assert depot.orders["EV-0002"] == []

    at_depot(tmp_path, play)


def test_a_van_is_sent_to_the_charger_of_the_site_when_its_charge_would_not_bring_it_home(tmp_path: Path) -> None:
    frame = load_site(default_site()).frame
    there = frame.to_geodetic(12_000.0, 1_100.0)

    def with_charger(text: str) -> str:
        short = "energy_j_per_m = 1548.0\nbattery_j = 40e6\ncharge_w = 50e3"  # 23 km of road; out and home is 32
        place = f"{{ latitude_deg = {there.latitude_deg}, longitude_deg = {there.longitude_deg} }}"
        return text.replace("energy_j_per_m = 1548.0", short) + f'\n[[chargers]]\nname = "mill"\nposition = {place}\n'

    async def play(depot: Depot) -> None:
        await depot.say(1)
        await depot.say(2)
        await depot.accept("A", east_m=12_000.0)
        await depot.desk.plan_round()
        await asyncio.sleep(0.1)
        (sent,) = [orders[-1] for orders in depot.orders.values() if orders]
        kinds = [each["actionType"] for node in sent["nodes"] for each in node["actions"]]
        (charges,) = [
            node for node in sent["nodes"] if any(a["actionType"] == "startCharging" for a in node["actions"])
        ]
        assert kinds.index("drop") < kinds.index("startCharging")
        assert charges["geodetic"]["latitude"] == pytest.approx(there.latitude_deg)
        assert charges["geodetic"]["longitude"] == pytest.approx(there.longitude_deg)

    at_depot(tmp_path, play, edit=with_charger)


def test_a_van_is_told_from_when_a_parcel_and_who_takes_it_are_there_and_leaves_for_neither_too_soon(
    tmp_path: Path,
) -> None:
    async def play(depot: Depot) -> None:
        await depot.say(1)
        now_s = asyncio.get_running_loop().time()
        ready_s, from_s = now_s + 1_800.0, now_s + 5_400.0
        await depot.accept("A", ready_at_s=ready_s, deliver_from_s=from_s, deliver_by_s=from_s + 3_600.0)
        for until_s in (ready_s, from_s + 900.0):
            while asyncio.get_running_loop().time() < until_s and not any(depot.orders.values()):
                await depot.desk.plan_round()
                await asyncio.sleep(30.0)
            assert any(depot.orders.values()) is (until_s > ready_s)
        (sent,) = [orders[-1] for orders in depot.orders.values() if orders]
        waits = {
            each["actionId"]: datetime.fromisoformat(each["actionParameters"][0]["value"]).timestamp()
            for node in sent["nodes"]
            for each in node["actions"]
        }
        assert waits == {"pick:A": math.ceil(ready_s), "drop:A": math.ceil(from_s)}
        assert from_s <= (depot.order("A").eta_s or 0.0) <= from_s + 3_600.0

    at_depot(tmp_path, play)


class BusyPool(SolverPool):
    """A pool during whose first call something happens."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def run(self, function: Any, *args: Any, deadline_s: float = 60.0, patience_s: float = 60.0) -> Any:
        result = await super().run(function, *args, deadline_s=deadline_s, patience_s=patience_s)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return result


def test_a_plan_made_while_a_van_loaded_is_not_sent(tmp_path: Path) -> None:
    pool = BusyPool()

    async def play(depot: Depot) -> None:
        await depot.say(1)
        await depot.say(2)
        await depot.accept("A")
        pool.meanwhile = lambda: depot.say(2, pick_A="FINISHED")
        await depot.desk.plan_round()
        assert depot.orders == {"EV-0001": [], "EV-0002": []}
        assert depot.order("A").vehicle_id == "VAN-2"
        await depot.desk.plan_round()
        await asyncio.sleep(0.1)
        assert depot.orders["EV-0001"] == []
        assert depot.nodes(2) == ["drop:A"]

    at_depot(tmp_path, play, pool)


class ListenedBus(MemoryBus):
    """Remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.filters: list[str] = []

    def subscribe(self, topic_filter: str) -> Subscription:
        self.filters.append(topic_filter)
        return super().subscribe(topic_filter)


def test_the_desk_reads_what_its_vans_say_and_not_what_is_told_of_the_aircraft(tmp_path: Path) -> None:
    bus = ListenedBus()

    async def play(depot: Depot) -> None:
        def is_read(serial: str) -> bool:
            topic = f"{ROOT}/{depot.site.table.manufacturer}/{serial}/state"
            return any(topic_matches(each, topic) for each in bus.filters)

        assert [is_read(van.serial_number) for van in depot.site.vans] == [True, True]
        assert not is_read("LC-0001")

    at_depot(tmp_path, play, bus=bus)


class CountingPool(SolverPool):
    """Knows how often the vans were planned, and by whose word of the roads."""

    def __init__(self) -> None:
        super().__init__()
        self.by: list[str] = []

    async def run(self, function: Any, *args: Any, **times_s: float) -> Any:
        plan = await super().run(function, *args, **times_s)
        self.by.append(plan.roads)
        return plan


def router_that_answers_in(wait_s: float) -> Ask:
    async def ask(sources: Sequence[Geodetic], targets: Sequence[Geodetic]) -> MatrixAnswer:
        await asyncio.sleep(wait_s)
        ways = {(place_key(a), place_key(b)): 2 * distance_m(a, b) for a in sources for b in targets}
        return MatrixAnswer({pair: Leg(way_m, way_m / 5.0) for pair, way_m in ways.items()}, ())

    return ask


@pytest.mark.parametrize(("wait_s", "plans"), [(0.1, 1), (3.0, 2)], ids=["in time", "late"])
def test_vans_on_the_road_are_planned_by_the_router_from_where_they_are(
    tmp_path: Path, wait_s: float, plans: int
) -> None:
    """A router that answers in time is waited for; a late one is not, and its word makes one new plan, not ten."""
    pool, late = CountingPool(), wait_s > 2.0

    async def play(depot: Depot) -> None:
        van = await two_vans_with_one_order(depot)
        assert ("pairs by the straight line" in pool.by[0]) == late
        for minute in range(1, 5):
            there = depot.site.frame.to_geodetic(400.0 * minute, 300.0)
            await depot.say(van, update=1, at=there, pick_A="FINISHED", drop_A="WAITING")
            await asyncio.sleep(60.0)
            await depot.desk.plan_round()
        assert len(pool.by) == plans
        await depot.accept("B", east_m=2_000.0)
        await depot.desk.plan_round()
        assert ("pairs by the straight line" in pool.by[-1]) == late

    at_depot(tmp_path, play, pool, router=router_that_answers_in(wait_s))


class LatePool(SolverPool):
    """Ends every other plan after its deadline, the first one to begin with."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def run(self, function: Any, *args: Any, **times_s: float) -> Any:
        self.asked += 1
        if self.asked % 2:
            raise SolverOverrunError(f"{function.__name__} did not end within {times_s['deadline_s']:g} s")
        return await super().run(function, *args, **times_s)


def test_a_plan_that_is_not_there_by_its_deadline_drops_no_order_and_the_next_round_has_it(tmp_path: Path) -> None:
    pool = LatePool()

    async def play(depot: Depot) -> None:
        await depot.say(1)
        await depot.say(2)
        await depot.accept("A")
        await depot.desk.plan_round()
        assert depot.order("A").state is OrderState.WAITING
        assert list(depot.road) == [OrderId("A")], "it keeps its place"
        await depot.desk.plan_round()
        first = depot.order("A").eta_s
        await depot.accept("B")
        await depot.desk.plan_round()
        assert (depot.order("A").state, depot.order("A").eta_s) == (OrderState.ROUTED, first), "the vans go on with it"
        assert depot.order("B").state is OrderState.WAITING
        await depot.desk.plan_round()
        assert [depot.order(name).state for name in ("A", "B")] == [OrderState.ROUTED] * 2
        assert pool.asked == 4

    at_depot(tmp_path, play, pool)
