"""Uploads of 100 items over a bad link, in virtual time: how long until they are on board, read back and equal.

The link's own protocol against the living autopilot of the tests, through their seeded network: what is lost is lost in
each direction. Every upload that does not read back equal is counted.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from tests_support.link_world import LinkWorld
from tests_support.px4_counterpart import Px4Counterpart

from skystork.link.contract import MissionItem, MissionType, TransferOutcome, TransferSettled

ITEMS = 100
LONGEST_S = 600.0


def survey() -> list[MissionItem]:
    """A hundred waypoints."""
    unset = (0.0, 0.0, 0.0, math.nan)
    return [MissionItem(16, 3, unset, 54.5166 + number * 1e-4, -1.5075, 80.0) for number in range(ITEMS)]


def upload(seed: int, loss: float) -> float | None:
    """Seconds until it was verified; None where it was not, or is not on board."""
    vehicle = Px4Counterpart()
    world = LinkWorld([vehicle], seed=seed, loss=loss)
    world.connect()
    items, began_s = survey(), world.now_s
    world.fleet.vehicle(1).upload(MissionType.MISSION, items, world.now_s)
    world.run(lambda: bool(world.told(TransferSettled)), limit_s=LONGEST_S)
    settled = world.told(TransferSettled)
    if not settled or not isinstance(settled[0], TransferSettled):
        return None
    on_board = [(item.x, item.z) for item in vehicle.plans[MissionType.MISSION]]
    wanted = [(round(item.latitude_deg * 1e7), item.altitude_m) for item in items]
    verified = settled[0].outcome is TransferOutcome.VERIFIED and on_board == wanted
    return world.now_s - began_s if verified else None


def main() -> None:
    """Print a line for each loss."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tries", type=int, default=1000)
    options.add_argument("--loss", type=float, nargs="*", default=[0.0, 0.1, 0.2, 0.3])
    given = options.parse_args()
    print(f"{given.tries} uploads of {ITEMS} items, read back; simulated seconds")
    for loss in given.loss:
        took_s = [upload(seed, loss) for seed in range(given.tries)]
        good_s = sorted(each for each in took_s if each is not None)
        p95_s = good_s[int(len(good_s) * 0.95)]
        print(
            f"loss {loss:4.0%}: {len(good_s)} verified, {len(took_s) - len(good_s)} not; "
            f"p50 {statistics.median(good_s):.1f} s, p95 {p95_s:.1f} s, longest {good_s[-1]:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
