"""What the road desk makes of a router that answers, errs, is late or is not there; the router is a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests_support.router_counterpart import SPEED_M_S, Router, Table, around_m, routing

from skystork.app.road_desk import RoadDesk
from skystork.app.road_router import make_ask
from skystork.app.road_table import RoadTable
from skystork.dispatch.van_matrix import MatrixAnswer
from skystork.dispatch.van_roads import Leg, Roads, place_key
from skystork.errors import ConfigError, Unavailable
from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.shell.loops import run_virtual

FRAME = LocalFrame(Geodetic(54.5, -1.5))
VAN = VanProfile("e-van", 600.0, 60, 9.0, 1.3, 120.0, 300.0, 1_550.0)
PLACES = [FRAME.to_geodetic(1_000.0 * n, 700.0 * (n % 3)) for n in range(4)]
NOON_S = 1_763_726_400.0


@asynccontextmanager
async def desk_for(table: RoadTable) -> AsyncIterator[RoadDesk]:
    desk = RoadDesk(table, make_ask(table, Path()))
    asking = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def settled(desk: RoadDesk, places: list[Geodetic] = PLACES) -> Roads:
    """What is known when the router answered, or was given up."""
    now_s = asyncio.get_running_loop().time()
    desk.news.clear()
    desk.roads(places, now_s)
    await desk.news.wait()
    return desk.roads(places, now_s)


def straight_m(first: Geodetic, second: Geodetic) -> float:
    (a, b), (c, d) = FRAME.to_enu_m(first), FRAME.to_enu_m(second)
    return VAN.circuity * float(((a - c) ** 2 + (b - d) ** 2) ** 0.5)


@pytest.mark.parametrize(("name", "verbose"), [("osrm", False), ("valhalla", False), ("valhalla", True)])
async def test_the_routers_own_times_are_used_and_asked_for_once(name: str, verbose: bool) -> None:
    async with routing(Router(verbose=verbose)) as router, desk_for(RoadTable(router=name, url=router.url)) as desk:
        roads = await settled(desk)
        metres, seconds = roads.tables(PLACES, VAN)
        for row, first in enumerate(PLACES):
            for column, second in enumerate(PLACES):
                wanted_m = around_m(
                    (first.latitude_deg, first.longitude_deg), (second.latitude_deg, second.longitude_deg)
                )
                assert metres[row, column] == pytest.approx(wanted_m, abs=0.2)
                assert seconds[row, column] == pytest.approx(wanted_m / SPEED_M_S, abs=0.02)
        assert roads.source == f"{name} {router.url}"
        assert len(router.asked) == 1
        desk.roads(PLACES[:3], asyncio.get_running_loop().time())
        await asyncio.sleep(0)
        assert len(router.asked) == 1


async def test_until_the_router_has_answered_the_straight_line_is_taken_and_said() -> None:
    async with routing(Router()) as router, desk_for(RoadTable(router="osrm", url=router.url)) as desk:
        roads = desk.roads(PLACES, asyncio.get_running_loop().time())
        metres, seconds = roads.tables(PLACES, VAN)
        assert metres[0, 1] == pytest.approx(straight_m(PLACES[0], PLACES[1]), abs=0.5)
        assert seconds[0, 1] == pytest.approx(metres[0, 1] / VAN.speed_m_s)
        assert "12 pairs by the straight line" in roads.source


async def test_many_places_are_asked_in_blocks_and_a_new_one_by_itself() -> None:
    places = [FRAME.to_geodetic(200.0 * n, 130.0 * (n % 7)) for n in range(60)]
    async with routing(Router()) as router, desk_for(RoadTable(router="osrm", url=router.url)) as desk:
        while (roads := await settled(desk, places)) and "pairs" in roads.source:
            pass
        assert all(rows <= 50 and columns <= 50 for rows, columns in router.asked)
        router.asked.clear()
        while "pairs" in (await settled(desk, [*places, FRAME.to_geodetic(50.0, 9_000.0)])).source:
            pass
        assert sum(rows * columns for rows, columns in router.asked) <= 2 * 61


def with_a_hole(table: Table) -> Table:
    return [[None, *line[1:]] if row == 2 else line for row, line in enumerate(table)]


def with_a_negative_time(table: Table) -> Table:
    return [[-5.0, *line[1:]] if row == 2 else line for row, line in enumerate(table)]


async def test_a_hole_is_named_and_filled_by_the_straight_line_alone() -> None:
    async with routing(Router(with_a_hole)) as router, desk_for(RoadTable(router="osrm", url=router.url)) as desk:
        roads = await settled(desk)
        metres, _ = roads.tables(PLACES, VAN)
        assert metres[2, 0] == pytest.approx(straight_m(PLACES[2], PLACES[0]), abs=0.5)
        assert metres[0, 2] > straight_m(PLACES[0], PLACES[2])
        assert "no road known between 1 pairs" in roads.source


@pytest.mark.parametrize(("length_m", "taken"), [(-86.8, True), (-0.3, True), (-5_000.0, False)])
async def test_a_length_below_zero_as_osrm_gives_it_between_neighbours_is_the_straight_line(
    length_m: float, taken: bool
) -> None:
    """The time with it is right, and the other 2,499 ways of the table are."""
    times = [[20.0 * (row != column) for column in range(4)] for row in range(4)]
    lengths = [[length_m if (row, column) == (1, 2) else 150.0 for column in range(4)] for row in range(4)]
    raw = json.dumps({"code": "Ok", "durations": times, "distances": lengths}).encode()
    async with routing(Router(raw=raw)) as router, desk_for(RoadTable(router="osrm", url=router.url)) as desk:
        roads = await settled(desk)
        assert (roads.known == 12) == taken
        way = roads.leg(PLACES[1], PLACES[2])
        if taken:
            assert way is not None and way.duration_s == 20.0
            assert way.distance_m == pytest.approx(straight_m(PLACES[1], PLACES[2]) / VAN.circuity, rel=1e-3)
        else:
            assert "a negative value" in roads.source


@pytest.mark.parametrize(
    ("router", "words"),
    [
        (Router(with_a_negative_time), ["durations[2][0]", "negative", "-5 s"]),
        (Router(lambda table: table[:-1]), ["wrong size", "3 x 4", "4 x 4"]),
        (Router(lambda table: [row[:-1] for row in table]), ["wrong size", "4 x 3"]),
        (Router(lambda table: [["soon"] * len(row) for row in table]), ["no number", "soon"]),
        (Router(lambda table: [[1e9] * len(row) for row in table]), ["more than any drive"]),
        (Router(raw=b"<html>"), ["not JSON"]),
        (Router(raw=b"[1]"), ["not an object"]),
        (Router(raw=b'{"code": "NoSegment", "message": "too far from a road"}'), ["NoSegment", "too far from a road"]),
        (Router(status=500, raw=b"out of memory"), ["500", "out of memory"]),
    ],
    ids=["negative", "rows", "columns", "words", "units", "html", "list", "refused", "500"],
)
async def test_an_answer_that_cannot_be_right_is_refused_whole_and_said(router: Router, words: list[str]) -> None:
    async with routing(router), desk_for(RoadTable(router="osrm", url=router.url)) as desk:
        roads = await settled(desk)
        assert not roads.known
        for word in [*words, "straight line"]:
            assert word in roads.source


async def test_valhallas_refusal_is_told_in_its_own_words() -> None:
    raw = b'{"error_code": 154, "error": "Path distance exceeds the max distance limit", "status_code": 400}'
    async with routing(Router(raw=raw)) as router, desk_for(RoadTable(router="valhalla", url=router.url)) as desk:
        assert "154: Path distance exceeds" in (await settled(desk)).source


async def test_a_late_router_is_given_up_and_nobody_waits_for_it() -> None:
    async with routing(Router(silent=True)) as router:
        table = RoadTable(router="osrm", url=router.url, timeout_s=0.05)
        async with desk_for(table) as desk:
            roads = await settled(desk)
            assert "did not answer within 0.05 s" in roads.source
            assert not roads.known


async def test_a_router_that_is_too_slow_for_a_large_table_is_asked_for_smaller_ones() -> None:
    places = [FRAME.to_geodetic(200.0 * n, 130.0 * (n % 7)) for n in range(30)]
    async with routing(Router(most_pairs=300)) as router:
        async with desk_for(RoadTable(router="valhalla", url=router.url, timeout_s=1.0)) as desk:
            while (roads := await settled(desk, places)).known < 30 * 29:
                assert not desk.trouble
        assert roads.source == f"valhalla {router.url}"
        assert router.asked[0] == (30, 30)
        assert sum(rows * columns > 300 for rows, columns in router.asked) <= 2


async def test_a_dead_router_is_told_with_its_address_and_asked_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with desk_for(RoadTable(router="osrm", url=url)) as desk:
            roads = await settled(desk)
            assert f"{url} does not answer" in roads.source


def test_after_an_outage_the_places_of_long_ago_are_not_asked_for() -> None:
    """Vans are elsewhere at each plan; the places of a night without a router would be asked for pair by pair."""
    asked, dead = [0], [True]

    async def ask(sources: Sequence[Geodetic], targets: Sequence[Geodetic]) -> MatrixAnswer:
        if dead[0]:
            raise Unavailable("out of order")
        asked[0] += len(sources) * len(targets)
        return MatrixAnswer({(place_key(a), place_key(b)): Leg(1.0, 1.0) for a in sources for b in targets}, ())

    async def night() -> None:
        desk = RoadDesk(RoadTable(router="osrm", url="http://router"), ask)
        asking = asyncio.create_task(desk.run())
        for half_minute in range(100):
            places = [*PLACES, FRAME.to_geodetic(40.0 * half_minute, -500.0)]
            desk.roads(places, asyncio.get_running_loop().time())
            await asyncio.sleep(30.0)
        dead[0] = False
        await asyncio.sleep(600.0)
        assert "straight line" not in desk.roads(places, asyncio.get_running_loop().time()).source
        assert asked[0] <= 2 * len(places) ** 2
        asking.cancel()

    run_virtual(night(), NOON_S)


@pytest.mark.parametrize(
    ("table", "word"),
    [
        (lambda: RoadTable(router="google"), "road.router"),
        (lambda: RoadTable(router="osrm"), "road.url"),
        (lambda: RoadTable(router="valhalla", url="ftp://somewhere"), "road.url"),
        (lambda: RoadTable(router="pyvalhalla"), "road.tiles"),
        (lambda: RoadTable(timeout_s=float("nan")), "road.timeout_s"),
        (lambda: RoadTable(time_zone="Mars/Olympus"), "road.time_zone"),
        (lambda: RoadTable(speed_by_hour=(1.0,) * 23), "road.speed_by_hour"),
        (lambda: RoadTable(speed_by_hour=(0.0,) * 24), "road.speed_by_hour[0]"),
    ],
)
def test_a_road_table_that_cannot_be_used_is_refused(table: Callable[[], RoadTable], word: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        table()
    assert word in str(refusal.value)


def test_tiles_that_are_not_there_are_told_by_their_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        make_ask(RoadTable(router="pyvalhalla", tiles="nowhere.tar"), tmp_path)
    assert "nowhere.tar" in str(refusal.value)


def test_the_hours_are_those_of_the_local_clock() -> None:
    summer_s = 1_752_580_800.0  # 2025-07-15 12:00 UTC
    by_hour, _ = RoadTable(time_zone="Europe/London").hours_at(summer_s)
    assert by_hour.utc_offset_s == 3_600.0
    assert RoadTable(time_zone="Europe/London").hours_at(NOON_S)[0].utc_offset_s == 0.0
