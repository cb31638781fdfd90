"""Plan 10,000 random flights over maps that no one looked at while the planner was made, and prove every one.

``python benchmarks/planner/held_out.py [maps] [flights on each]``
"""

from __future__ import annotations

import sys

import numpy as np
from certificate import Checker
from ours import LIMITS, fly, prepared
from scenes import held_out

FIRST_SEED = 2_000_000
"""Maps from 1,000,000 on were looked at: five of their 9,421 flights had no curve, and were mended."""


def main(maps: int, flights: int) -> None:
    """Print the count after every tenth map and at the end."""
    planned = proven = unreachable = 0
    missing: list[str] = []
    ratios: list[float] = []
    times_ms: list[float] = []
    for number in range(maps):
        scene = held_out(FIRST_SEED + number, flights)
        space, _ = prepared(scene)
        checker = Checker(scene.boundary, scene.obstacles, scene.margin_m)
        for start, goal in scene.queries:
            flown = fly(space, start, goal)
            if flown.path is None:
                unreachable += 1
                continue
            planned += 1
            times_ms.append(flown.ms)
            if flown.pieces is None or flown.durations_s is None:
                missing.append(f"{scene.name} {start} to {goal}: a way, but no curve")
                continue
            result = checker.check(flown.pieces, flown.durations_s, LIMITS)
            proven += result.proven
            ratios.append(float(flown.durations_s.sum()) / flown.bound_s)
            if not result.proven:
                missing.append(f"{scene.name} {start} to {goal}: {result}")
        if number % 10 == 9 or number == maps - 1:
            print(
                f"{number + 1} maps: {planned + unreachable} flights asked, {unreachable} proven to have no way, "
                f"{planned} with a way, {proven} proven clear and within bounds; time/bound mean "
                f"{np.mean(ratios):.4f}, p99 {np.percentile(ratios, 99):.3f}; ms p50 {np.median(times_ms):.1f}, "
                f"p99 {np.percentile(times_ms, 99):.1f}",
                flush=True,
            )
    print(*missing, sep="\n")


if __name__ == "__main__":
    main(*(int(each) for each in (*sys.argv[1:], *("100", "100")[len(sys.argv) - 1 :])))
