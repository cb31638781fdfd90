"""Plan the queries of all scenes, and give the peers the same queries in the same run.

``python benchmarks/planner/run.py [--peers] [scene ...]``

Lengths are compared with the exact shortest path, times with the bound that no flight at one level beats,
L/v + v/a + a/j. Violations are measured twice: by samples every 0.5 m, and by the proof of certificate.py, which holds
for every instant. Times are processor time of one core; of three tries the least, because the machine is shared.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import peers
import shapely
from certificate import Checker
from ours import LIMITS, Flown, fly, prepared
from scenes import PUBLIC, Scene, city, public

import skystork.planning.prepared  # noqa: F401  (compiles before anything is timed)
from skystork.app.site import load_site
from skystork.planning.energy_bound import EnergyTerms
from skystork.planning.free_space import FreeSpace
from skystork.planning.power_curve import power_curve
from skystork.planning.shortest_path import path_length_m

WIND = (6.0, -5.0)
SITE = Path(__file__).parents[2] / "sim" / "scenarios" / "darlington"
WEIGHT_S_PER_J = 5e-4
"""What energy is worth: half a second for a kilojoule of the site's multirotor."""
PEER_QUERIES = 3
PAIRED = 5
"""How often each query is planned plain, with wind, and with wind and energy, one after the other."""


def main(names: list[str], with_peers: bool) -> None:
    """One line for each scene, and one for each peer below it."""
    for name in names:
        scene = city(name, buildings=5000, side_m=9487.0, queries=40, seed=5000) if name == "city5000" else public(name)
        space, took_s = prepared(scene)
        for start, goal in scene.queries:  # the first flight of a shape compiles it
            fly(space, start, goal)
        flights = [fly(space, start, goal, repeats=3) for start, goal in scene.queries]
        _tell_ours(scene, flights, scene.preparing_s + took_s)
        if scene.name == "tenmile":
            _tell_terms(scene, space)
        if with_peers:
            for peer in peers.NAMES:
                _tell_peer(peer, scene, flights)


def _tell_terms(scene: Scene, space: FreeSpace) -> None:
    """What wind, and wind and energy, add to the time of a plan: each query in turn with all three, then the median."""
    multirotor = next(drone.profile for drone in load_site(SITE).drones if drone.profile.name == "multirotor")
    fast = replace(multirotor, cruise_air_speed_m_s=LIMITS[0], max_air_speed_m_s=LIMITS[0])
    energy = EnergyTerms(power_curve(fast, payload_kg=1.0), WEIGHT_S_PER_J)
    terms = (((0.0, 0.0), None), (WIND, None), (WIND, energy))
    took = np.empty((len(scene.queries), PAIRED, len(terms)))
    for query, (start, goal) in enumerate(scene.queries):
        for wind, worth in terms:
            fly(space, start, goal, wind=wind, energy=worth)
        for turn in range(PAIRED):
            took[query, turn] = [fly(space, start, goal, wind=wind, energy=worth).ms for wind, worth in terms]
    least = took.min(axis=1)
    for column, name in ((1, "wind"), (2, "wind and energy")):
        more = least[:, column] - least[:, 0]
        print(f"  with {name}: ms p50 {np.median(least[:, column]):.1f}, more by p50 {np.median(more):.1f}", flush=True)


def _tell_ours(scene: Scene, flights: list[Flown], took_s: float) -> None:
    checker = Checker(scene.boundary, scene.obstacles, scene.margin_m)
    flown = [each for each in flights if each.pieces is not None and each.durations_s is not None]
    apart = sum(each.path is None for each in flights)
    results = [checker.check(each.pieces, each.durations_s, LIMITS) for each in flown]
    ratios = [float(each.durations_s.sum()) / each.bound_s for each in flown] or [np.nan]
    times = [each.ms for each in flights]
    print(
        f"{scene.name} ({len(scene.obstacles)} obstacles, prepared in {took_s:.2f} s): {len(flown)} flown and {apart} "
        f"proven unreachable of {len(flights)}; {sum(each.proven for each in results)} proven clear, worst breach "
        f"{max((each.worst_breach_m for each in results), default=0.0):.4f} m, time/bound mean {np.mean(ratios):.5f} "
        f"max {max(ratios):.4f}; ms p50 {np.median(times):.1f} p99 {np.percentile(times, 99):.1f}",
        flush=True,
    )


def _tell_peer(name: str, scene: Scene, flights: list[Flown]) -> None:
    plan = peers.load(name, scene)
    if isinstance(plan, str):
        print(f"  {name[5:]}: {plan}", flush=True)
        return
    lengths, ratios, fastest, faster, worst, times, missing = [], [], [], [], [], [], 0
    grown = shapely.union_all(shapely.buffer(scene.obstacles, scene.margin_m))
    shapely.prepare(grown)
    chosen = list(zip(scene.queries, flights, strict=True))[:PEER_QUERIES]
    for (start, goal), ours in chosen:
        try:
            answer = plan(start, goal)
        except Exception as error:  # noqa: BLE001  (whatever a peer raises is its answer)
            print(f"  {name[5:]}: {type(error).__name__}: {str(error)[:100]}")
            answer = None
        if answer is None or ours.path is None:
            missing += answer is None
            continue
        line = shapely.segmentize(shapely.LineString(answer.path), 0.5)
        inside = shapely.intersection(line, grown)
        deep = shapely.distance(shapely.points(shapely.get_coordinates(inside)[::5]), grown.boundary)
        worst.append(float(deep.max(initial=0.0)))
        lengths.append(shapely.length(line) / path_length_m(ours.path))
        times.append(answer.ms)
        if answer.duration_s is not None:
            ratios.append(answer.duration_s / ours.bound_s)
        if answer.fastest_s is not None:
            fastest.append(answer.fastest_s / ours.bound_s)
        faster.append(answer.ms / ours.ms)
    if not times:
        print(f"  {name[5:]}: {missing} of {len(chosen)} without an answer", flush=True)
        return
    time_text = f"time/bound mean {np.mean(ratios):.3f}, " if ratios else "gives no times, "
    time_text += f"{np.mean(fastest):.3f} by the speed limit alone, " if fastest else ""
    print(
        f"  {name[5:]}: {len(times)} of {len(chosen)} answered; length/exact mean {np.mean(lengths):.5f}, {time_text}"
        f"deepest breach {max(worst):.2f} m; ms p50 {np.median(times):.1f}, {np.median(faster):.0f} times ours",
        flush=True,
    )


if __name__ == "__main__":
    asked = [each for each in sys.argv[1:] if not each.startswith("--")]
    main(asked or [*PUBLIC, "city5000"], "--peers" in sys.argv)
