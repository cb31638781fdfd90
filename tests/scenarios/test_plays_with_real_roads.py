"""A day's parcels by van over the streets of a made town, by the word of real routers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import pytest

pytest.importorskip("osmium", reason="pyosmium is not installed, which writes the map of the town")

from tests_support.play import Script, Stage, order_at, play, write_site
from tests_support.road_engines import HERE, MISSING, build_town, serving
from tests_support.town import FARM_M, MIDDLE, STEP_M

from skystork.app.service import Service
from skystork.app.site import Site
from skystork.orders.book import OrderRecord
from skystork.orders.order import Order
from skystork.orders.order_state import OrderState

pytestmark = pytest.mark.skipif(not HERE, reason=MISSING)
OVER_THE_RIVER = (0.0, 2 * STEP_M)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = build_town(tmp_path_factory.mktemp("town"))
    return folder


def parcels(site: Site, wave: int = 0) -> list[Order]:
    """Two in the town, and one at the farm that no road joins; each wave, an hour later, goes to other doors."""
    places = {"ROW": (-1_000.0, 0.0), "RIVER": OVER_THE_RIVER, "FARM": FARM_M}
    middle_m = site.frame.to_enu_m(MIDDLE)
    return [
        order_at(
            site,
            f"{name}-{wave}",
            middle_m[0] + east_m + 100.0 * wave,
            middle_m[1] + north_m,
            after_s=30.0 + 3_600.0 * wave,
        )
        for name, (east_m, north_m) in places.items()
    ]


def by_road(
    folder: Path,
    road: str,
    orders: Callable[[Site], Sequence[Order]] = parcels,
    script: Script | None = None,
) -> tuple[list[str], list[float]]:
    """What each route was planned by, and the lengths of the routes [m]; every parcel is handed over."""
    site = write_site(folder / "site", "VAN-1", van_leave_parcels=3)
    with (site / "site.toml").open("a") as file:
        file.write(f"\n[road]\n{road}\ntimeout_s = 30.0\n")
    (folder / "state").mkdir()
    outcome = play(site, folder / "state", orders, script=script)
    assert {record.state for record in outcome.ledger.book.orders()} == {OrderState.DELIVERED}
    planned = outcome.rows("RoutePlanned")
    return [str(row.payload["roads"]) for row in planned], [float(row.payload["distance_m"]) for row in planned]


@pytest.fixture(scope="module")
def longest_estimated_m(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Without a router: the straight line times circuity [m]."""
    said, lengths_m = by_road(tmp_path_factory.mktemp("estimated"), "")
    assert set(said) == {"straight line times circuity"}
    return max(lengths_m)


@pytest.mark.parametrize("router", ["osrm", "valhalla", "pyvalhalla"])
def test_a_day_of_parcels_is_driven_by_the_routers_word(
    router: str, town: Path, tmp_path: Path, longest_estimated_m: float
) -> None:
    if router == "pyvalhalla":
        pytest.importorskip("valhalla", reason="pyvalhalla is not installed (pip install 'skystork[valhalla]')")
        said, lengths_m = by_road(tmp_path, f'router = "pyvalhalla"\ntiles = "{town}/valhalla/tiles.tar"')
    else:
        with serving(router, town) as engine:
            said, lengths_m = by_road(tmp_path, f'router = "{router}"\nurl = "{engine.url}"')
    assert all(each.startswith(router) and "no road known between" in each for each in said), said
    assert not any("pairs by the straight line" in each for each in said), said
    assert max(lengths_m) > longest_estimated_m + 1_000.0, "the bridges are far"


@pytest.mark.parametrize("router", ["osrm", "valhalla"])
def test_a_router_that_dies_while_vans_drive_costs_no_parcel_and_is_used_again(
    router: str, town: Path, tmp_path: Path
) -> None:
    """Three waves of parcels: with it, without it, with it again."""

    def waves(site: Site) -> list[Order]:
        return [order for wave in range(3) for order in parcels(site, wave)]

    with serving(router, town) as engine:

        async def dies_and_comes_back(stage: Stage) -> None:
            await stage.until(lambda service: len(handed_over(service)) == 3)
            engine.end()
            await stage.until(lambda service: len(handed_over(service)) == 6)
            engine.start()
            await stage.until_over()

        said, _ = by_road(tmp_path, f'router = "{router}"\nurl = "{engine.url}"', waves, dies_and_comes_back)
    without = [f"straight line times circuity where {router}" in each for each in said]
    assert [key for key, _ in groupby(without)] == [False, True, False], said


def handed_over(service: Service) -> list[OrderRecord]:
    return list(service.journal.book.orders(OrderState.DELIVERED))
