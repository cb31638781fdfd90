"""The three routers on real tiles of a made town: OSRM's and Valhalla's own servers, and Valhalla in this process."""

from __future__ import annotations

import asyncio
import json
import shutil
import tarfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

pytest.importorskip("osmium", reason="pyosmium is not installed, which writes the map of the town")

from tests_support.play import write_site
from tests_support.road_engines import HERE, MISSING, Engine, build, build_town, serving
from tests_support.town import FARM_M, FRAME, ISLAND_M, NO_ROAD_M, STEP_M, place, shortest_m

from skystork.app.cli import app
from skystork.app.road_desk import RoadDesk
from skystork.app.road_router import Ask, make_ask
from skystork.app.road_table import RoadTable
from skystork.app.site import load_site
from skystork.app.van_job import Question, plan_vans
from skystork.dispatch.van_matrix import RouterRefused
from skystork.dispatch.van_plan import StopKind
from skystork.dispatch.van_roads import Roads, place_key
from skystork.dispatch.van_route import VanParcel, VanPosition
from skystork.errors import ConfigError, Unavailable
from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic, distance_m
from skystork.orders.order import OrderId, VehicleId

pytestmark = pytest.mark.skipif(not HERE, reason=MISSING)
VAN = VanProfile("e-van", 600.0, 60, 9.0, 1.3, 120.0, 300.0, 1_550.0)
CROSSINGS = [(0.0, 0.0), (1_000.0, 1_000.0), (-1_500.0, 500.0), (2_500.0, -2_000.0), (0.0, -500.0), (-1_000.0, 2_000.0)]
IN_TOWN = [place(*at) for at in CROSSINGS]
FARM, ISLAND, NO_ROAD = place(*FARM_M), place(*ISLAND_M), place(*NO_ROAD_M)
FOLDERS = ["valhalla/tiles", "valhalla/tiles.tar"]
NOW_S = 1_763_726_400.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = build_town(tmp_path_factory.mktemp("town"))
    return folder


@pytest.fixture(scope="module", params=["osrm", "valhalla", *FOLDERS])
def table(request: pytest.FixtureRequest, town: Path) -> Iterator[RoadTable]:
    """``[road]`` for each router; those with a server have it running."""
    if request.param in FOLDERS:
        pytest.importorskip("valhalla", reason="pyvalhalla is not installed (pip install 'skystork[valhalla]')")
    with nullcontext() if request.param in FOLDERS else serving(request.param, town) as engine:
        yield table_of(town, engine, request.param)


def table_of(town: Path, engine: Engine | None, name: str) -> RoadTable:
    if engine is None:
        return RoadTable(router="pyvalhalla", tiles=str(town / name), timeout_s=30.0)
    return RoadTable(router=name, url=engine.url, timeout_s=30.0)


def asks(table: RoadTable) -> Ask:
    ask = make_ask(table, Path())
    assert ask is not None
    return ask


@asynccontextmanager
async def desk_for(table: RoadTable) -> AsyncIterator[RoadDesk]:
    desk = RoadDesk(table, make_ask(table, Path()))
    asking = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def settled(desk: RoadDesk, places: Sequence[Geodetic]) -> Roads:
    """What is known when the router has nothing more to say, or was given up."""
    async with asyncio.timeout(60.0):
        while True:
            desk.news.clear()
            roads = desk.roads(places, asyncio.get_running_loop().time())
            if desk.trouble or "by the straight line)" not in roads.source:
                return roads
            await desk.news.wait()


async def test_every_way_follows_the_streets_as_quickly_as_they_allow(table: RoadTable) -> None:
    """The quickest way may be longer than the shortest one: it takes the faster street."""
    answer = await asks(table)(IN_TOWN, IN_TOWN)
    assert answer.holes == ()
    for at, first in zip(CROSSINGS, IN_TOWN, strict=True):
        for to, second in zip(CROSSINGS, IN_TOWN, strict=True):
            way = answer.legs[place_key(first), place_key(second)]
            assert 0.995 * shortest_m(at, to) <= way.distance_m <= 1.3 * shortest_m(at, to) + 5.0
            if at != to:
                assert 20 / 3.6 < way.distance_m / way.duration_s < 60 / 3.6


async def test_the_estimate_without_a_router_is_of_the_same_size(table: RoadTable) -> None:
    """On one bank of the river; over it the bridges are far, which is what a router is asked for."""
    bank = [place(STEP_M * column, STEP_M * row) for column in range(-5, 6, 2) for row in (-4, -2, 0)]
    async with desk_for(table) as desk:
        by_router_m, by_router_s = (await settled(desk, bank)).tables(bank, VAN)
    metres, seconds = Roads().tables(bank, VAN)
    assert by_router_m.sum() == pytest.approx(metres.sum(), rel=0.25)
    assert 0.5 < by_router_s.sum() / seconds.sum() < 1.5


async def test_a_street_of_one_way_is_driven_round_in_the_other(table: RoadTable) -> None:
    above, below = place(0.0, 0.0), place(0.0, -STEP_M)
    answer = await asks(table)([above, below], [above, below])
    down, up = answer.legs[place_key(above), place_key(below)], answer.legs[place_key(below), place_key(above)]
    assert down.distance_m == pytest.approx(STEP_M, abs=5.0)
    assert up.distance_m == pytest.approx(3 * STEP_M, abs=10.0)
    assert up.duration_s > 1.8 * down.duration_s


async def test_a_block_as_large_as_we_ask_is_answered(table: RoadTable) -> None:
    places = [place(-3_000.0 + 120.0 * n, -2_000.0 + 370.0 * n % 3_900.0) for n in range(50)]
    answer = await asks(table)(places, places)
    assert answer.holes == () and len(answer.legs) == 2_500


async def test_doors_along_one_street_spoil_no_table(table: RoadTable) -> None:
    """OSRM counts lengths on one edge from its two ends, and some come out below zero."""
    dice = Random(3)
    for _ in range(3):
        column_m, middle_m = dice.choice([-6, -5, 0, 6]) * STEP_M, dice.uniform(-2_000.0, 2_000.0)
        doors = [place(column_m, middle_m + dice.uniform(-300.0, 300.0)) for _ in range(30)]
        answer = await asks(table)(doors, doors)
        assert answer.holes == () and min(way.distance_m for way in answer.legs.values()) >= 0.0


async def test_a_server_that_takes_only_small_tables_is_asked_in_parts(town: Path) -> None:
    with serving("osrm", town, "--max-table-size", "3") as engine:
        with pytest.raises(RouterRefused, match="TooBig"):
            await asks(table_of(town, engine, "osrm"))(IN_TOWN, IN_TOWN)
        async with desk_for(table_of(town, engine, "osrm")) as desk:
            roads = await settled(desk, IN_TOWN)
    assert roads.known == len(IN_TOWN) * (len(IN_TOWN) - 1)


@pytest.mark.parametrize("lost", [[FARM], [NO_ROAD], [ISLAND], [FARM, NO_ROAD, ISLAND]], ids=str)
async def test_a_place_that_no_road_leads_to_is_a_hole_and_spoils_no_other(
    table: RoadTable, lost: list[Geodetic]
) -> None:
    """Each router moves such a place to some road of the town, or refuses the whole table, when asked plainly."""
    async with desk_for(table) as desk:
        roads = await settled(desk, [*IN_TOWN, *lost])
        assert not desk.trouble
        for first in [*IN_TOWN, *lost]:
            for second in [*IN_TOWN, *lost]:
                known = roads.leg(first, second) is not None
                if first != second:
                    assert known == (first in IN_TOWN and second in IN_TOWN)
        pairs = 2 * len(lost) * len(IN_TOWN) + len(lost) * (len(lost) - 1)
        assert f"no road known between {pairs} pairs, straight line there" in roads.source
        metres, _ = roads.tables([*IN_TOWN, *lost], VAN)
        assert metres[0, -1] == pytest.approx(VAN.circuity * FRAME_DISTANCES_M[lost[-1]], rel=1e-3)


FRAME_DISTANCES_M = {each: sum(part**2 for part in FRAME.to_enu_m(each)) ** 0.5 for each in (FARM, ISLAND, NO_ROAD)}


async def test_a_router_of_another_country_is_no_router_and_says_so(table: RoadTable) -> None:
    """OSRM answers for any place, so that its word is of each pair."""
    sahara = [Geodetic(23.0 + n, 10.0) for n in range(3)]
    async with desk_for(table) as desk:
        roads = await settled(desk, sahara)
        assert not roads.known
        if table.router == "osrm":
            assert "no road known between 6 pairs" in roads.source
            return
        assert "the router refused" in roads.source and "whether its tiles cover the site" in roads.source


async def test_vans_are_planned_over_the_bridges_and_not_through_the_river(table: RoadTable) -> None:
    """One parcel over the river, 500 m from the depot by air and 6 km by road, is as late as the road is long."""
    depot, over = place(0.0, STEP_M), place(0.0, 2 * STEP_M)
    async with desk_for(table) as desk:
        roads = await settled(desk, [depot, over, *IN_TOWN])
    by_road = eta_s(roads, depot, over)
    assert by_road - eta_s(Roads(), depot, over) > 300.0
    way = roads.leg(depot, over)
    assert way is not None and way.distance_m > 5_500.0
    assert by_road == pytest.approx(NOW_S + VAN.load_s + way.duration_s + VAN.service_s, abs=1.0)


def eta_s(roads: Roads, depot: Geodetic, over: Geodetic) -> float:
    """Of the parcel over the river, with three others in the van."""
    drops = [over, *IN_TOWN[1:4]]
    parcels = [VanParcel(OrderId(f"O-{n}"), drop, 2.0, NOW_S + 7_200.0) for n, drop in enumerate(drops)]
    plan = plan_vans(
        Question([VanPosition(VehicleId("VAN-1"), VAN, depot, NOW_S)], parcels[:1], depot, NOW_S, roads, {}, None)
    )
    assert (
        plan_vans(
            Question([VanPosition(VehicleId("VAN-1"), VAN, depot, NOW_S)], parcels, depot, NOW_S, roads, {}, None)
        ).unserved
        == ()
    )
    stops = [stop for route in plan.routes for stop in route.stops if stop.kind is StopKind.DELIVER]
    return next(stop.eta_s for stop in stops if stop.order_ids == ("O-0",))


def test_check_config_asks_the_router_and_refuses_tiles_that_are_none(table: RoadTable, tmp_path: Path) -> None:
    site = site_by(table, tmp_path)
    answer = CliRunner().invoke(app, ["check-config", "--site", str(site), "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["roads"] == f"{table.router} {table.url or table.tiles}"
    if table.tiles:
        path = site / "site.toml"
        path.write_text(path.read_text().replace(table.tiles, "nowhere.tar"))
        answer = CliRunner().invoke(app, ["check-config", "--site", str(site)])
        assert answer.exit_code == 3
        assert "nowhere.tar" in answer.stderr and "no tiles there" in answer.stderr


def site_by(table: RoadTable, folder: Path) -> Path:
    """The plays' site, with one van, by this router."""
    site = write_site(folder / "site", "VAN-1")
    with (site / "site.toml").open("a") as file:
        named = {"router": table.router, "url": table.url, "tiles": table.tiles}
        file.write("\n[road]\n" + "".join(f'{key} = "{value}"\n' for key, value in named.items() if value))
    return site


def test_the_wave_of_a_morning_is_planned_by_the_router(table: RoadTable, tmp_path: Path) -> None:
    """Over the river the van goes by a bridge, in the order that is shorter so."""
    site = site_by(table, tmp_path)
    heavy = {"weight_kg": 9.0, "length_m": 0.6, "width_m": 0.4, "height_m": 0.3}
    orders = [
        {"order_id": name, "placed_at": "2026-11-21T10:00:00+00:00", "latitude_deg": at.latitude_deg}
        | {"longitude_deg": at.longitude_deg, **heavy}
        for name, at in (("BANK", place(0.0, STEP_M)), ("OVER", place(0.0, 2 * STEP_M)))
    ]
    (tmp_path / "orders.jsonl").write_text("".join(json.dumps(order) + "\n" for order in orders))
    asked = ["wave", str(tmp_path / "orders.jsonl"), "--site", str(site), "--seconds", "0.2", "--json"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    assert plan["roads"].startswith(table.router) and "straight line" not in plan["roads"]
    (route,) = [route for route in plan["routes"] if route["stops"]]
    near_depot, bank, over = (3_000.0, -1_000.0), (0.0, STEP_M), (0.0, 2 * STEP_M)
    assert distance_m(load_site(site).depot, place(*near_depot)) < 150.0
    tours = [[near_depot, bank, over, near_depot], [near_depot, over, bank, near_depot]]
    shortest = min(sum(shortest_m(*leg) for leg in pairwise(tour)) for tour in tours)
    assert shortest - 300.0 < route["distance_m"] < 1.2 * shortest


async def test_embedded_and_by_url_valhalla_says_the_same(town: Path) -> None:
    pytest.importorskip("valhalla", reason="pyvalhalla is not installed (pip install 'skystork[valhalla]')")
    with serving("valhalla", town) as engine:
        by_url = await asks(table_of(town, engine, "valhalla"))(IN_TOWN, IN_TOWN)
    for name in FOLDERS:
        embedded = await asks(table_of(town, None, name))(IN_TOWN, IN_TOWN)
        assert embedded.legs.keys() == by_url.legs.keys()
        for pair, way in embedded.legs.items():
            assert way.distance_m == pytest.approx(by_url.legs[pair].distance_m, abs=10.0)
            assert way.duration_s == pytest.approx(by_url.legs[pair].duration_s, abs=2.0)


@pytest.mark.parametrize("router", ["osrm", "valhalla"])
async def test_a_server_that_ends_is_told_and_asked_again_when_it_is_back(router: str, town: Path) -> None:
    with serving(router, town) as engine:
        ask = asks(table_of(town, engine, router))
        assert (await ask(IN_TOWN, IN_TOWN)).legs
        engine.end()
        with pytest.raises(Unavailable, match="does not answer"):
            await ask(IN_TOWN, IN_TOWN)
        async with desk_for(table_of(town, engine, router)) as desk:
            roads = await settled(desk, IN_TOWN)
            assert not roads.known and f"{router} {engine.url} has not answered" in roads.source
            metres, _ = roads.tables(IN_TOWN, VAN)
            assert metres[0, 1] == pytest.approx(VAN.circuity * 1_000.0 * 2**0.5, rel=1e-3)
        engine.start()
        assert (await ask(IN_TOWN, IN_TOWN)).legs


async def test_tiles_cut_short_under_it_end_embedded_valhalla_and_not_us(town: Path, tmp_path: Path) -> None:
    """The file is mapped into memory: reading past its new end is a SIGBUS, which no process survives."""
    pytest.importorskip("valhalla", reason="pyvalhalla is not installed (pip install 'skystork[valhalla]')")
    tiles = tmp_path / "tiles.tar"
    shutil.copy(town / "valhalla/tiles.tar", tiles)
    table = RoadTable(router="pyvalhalla", tiles=str(tiles), timeout_s=30.0)
    ask = asks(table)
    assert (await ask(IN_TOWN[:1], IN_TOWN[:1])).legs
    whole = tiles.read_bytes()
    with tiles.open("r+b") as file:
        file.truncate(0)
    with pytest.raises(Unavailable, match="process ended"):
        await ask(IN_TOWN, IN_TOWN)
    tiles.write_bytes(whole)
    assert len((await ask(IN_TOWN, IN_TOWN)).legs) == len(IN_TOWN) ** 2
    with tarfile.open(tiles) as extract:
        *_, last = extract
    for size in (last.offset_data + 1, last.offset_data + tarfile.BLOCKSIZE * -(-last.size // tarfile.BLOCKSIZE)):
        tiles.write_bytes(whole[:size])
        with pytest.raises(ConfigError, match="cut short"):
            make_ask(table, Path())


def test_a_map_that_is_none_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "map.osm.pbf").write_text("no map")
    for router in ("osrm", "valhalla"):
        made = build(router, tmp_path / "map.osm.pbf", tmp_path / "tiles")
        assert made.returncode == 1 and "failed, see above" in made.stderr
        assert not (tmp_path / "tiles").exists()
