"""Plan the public waves of a folder: ours beside the best known, in seconds of one core.

The folder holds ``pdstsp/`` and ``pdsvrp_mincost/``, each with its instances (``*.txt``, or packed in
``instances.tar.gz``) and a table of the best known values. The sets have no licence that lets them be passed on, so a
person gives the path. Every plan is counted again by the independent check.
"""

from __future__ import annotations

import csv
import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from wave_peer import solve_by_pyvrp

from skystork.dispatch.wave_check import check_wave
from skystork.dispatch.wave_effort import Spent, steps
from skystork.dispatch.wave_problem import Matrix, WaveProblem, WaveTruck
from skystork.dispatch.wave_search import solve_wave
from skystork.dispatch.wave_settings import WaveSettings

HOUR_S = 3600.0
NO_LIMIT = 1e12
OPTIMAL = 1e-4
"""Relative; the best known values are printed with three decimals or fewer."""


def read_instance(path: Path) -> tuple[dict[str, float], Matrix]:
    """The header, and the rows of numbers."""
    head, rows = dict[str, float](), list[list[float]]()
    for line in path.read_text(encoding="utf-8").splitlines():
        name, comma, value = line.partition(",")
        if comma:
            head[name.strip()] = float(value)
        elif line.strip():
            rows.append([float(word) for word in line.split()])
    return head, np.array(rows)


def _distances(places: Matrix) -> tuple[Matrix, Matrix]:
    """By road between all places (Manhattan), and out and back by air from the first (Euclid)."""
    road = np.abs(places[:, None] - places[None]).sum(axis=2)
    return road, 2 * np.hypot(*(places - places[0]).T)


def read_pdstsp(path: Path) -> WaveProblem:
    """One truck, drones without limits, the longest duty counts."""
    head, rows = read_instance(path)
    road, air = _distances(rows[:, 1:3])
    drones = int(head["NUM DRONES"])
    flight = np.where(rows[:, 3] == 0, air / head["DRONE SPEED"], np.inf)
    flight[0] = 0.0
    return WaveProblem(
        trucks=(WaveTruck(0, NO_LIMIT, NO_LIMIT),),
        truck_time_s=(road / head["TRUCK SPEED"])[None],
        truck_cost=np.zeros_like(road)[None],
        weight_kg=np.zeros(len(rows)),
        drone_time_s=np.tile(flight, (drones, 1)),
        drone_cost=np.zeros((drones, len(rows))),
        drone_shift_s=(NO_LIMIT,) * drones,
        span_cost=1.0,
    )


def read_pdsvrp(path: Path) -> WaveProblem:
    """Trucks and drones with capacities and shifts, the distance costs."""
    head, rows = read_instance(path)
    road, air = _distances(rows[:, 1:3])
    trucks, drones, weight = int(head["NUM TRUCKS"]), int(head["NUM DRONES"]), rows[:, 3]
    flight_h = air / head["DRONE SPEED"]
    able = (weight <= head["DRONE CAP"]) & (flight_h <= head["DRONE ENDURANCE"])
    flight = np.where(able, flight_h * HOUR_S, np.inf)
    flight[0] = 0.0
    truck = WaveTruck(0, head["TRUCK CAP"], head["TRUCK TIME LIMIT"] * HOUR_S)
    return WaveProblem(
        trucks=(truck,) * trucks,
        truck_time_s=(road / head["TRUCK SPEED"] * HOUR_S)[None],
        truck_cost=(road * head["TRUCK UNIT COST"])[None],
        weight_kg=weight,
        drone_time_s=np.tile(flight, (drones, 1)),
        drone_cost=np.tile(air * head["DRONE UNIT COST"], (drones, 1)),
        drone_shift_s=(head["DRONE TIME LIMIT"] * HOUR_S,) * drones,
    )


SETS: dict[str, tuple[Callable[[Path], WaveProblem], str]] = {
    "pdstsp": (read_pdstsp, "best_known.csv"),
    "pdsvrp_mincost": (read_pdsvrp, "best_found.csv"),
}


def best_known(path: Path) -> dict[str, float]:
    """Instance and value: the first two columns."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {row[0]: float(row[1]) for row in list(csv.reader(lines))[1:]}


def processor_clock(seconds: float) -> Spent:
    """Seconds of this process on a processor, so that a neighbour on the machine takes nothing away."""
    began = time.process_time()
    return lambda _: (time.process_time() - began) / seconds


def _instances(folder: Path, scratch: Path) -> Iterator[Path]:
    packed = folder / "instances.tar.gz"
    if packed.exists():
        with tarfile.open(packed) as archive:
            archive.extractall(scratch, filter="data")
        folder = scratch
    yield from sorted(path for path in folder.rglob("*.txt") if not path.name.startswith("README"))


def _peer(problem: WaveProblem, best: float, seconds: float, seed: int) -> str:
    plan = solve_by_pyvrp(problem, seconds, seed)
    if plan is None:
        return "PyVRP finds nothing feasible"
    verdict = check_wave(problem, plan)
    words = ", ".join(verdict.violations) or "feasible"
    return f"PyVRP {verdict.cost:.3f}, gap {100 * (verdict.cost / best - 1):.3f} %, {words}"


def run_set(name: str, data: Path, *, seconds: float, seed: int, only: str, peer: bool) -> None:
    """Print a line for each instance, then what they come to."""
    read, table = SETS[name]
    known, gaps, feasible, optimal = best_known(data / name / table), list[float](), 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        for path in _instances(data / name, Path(scratch)):
            if only not in path.stem or path.stem not in known:
                continue
            problem, best = read(path), known[path.stem]
            plan = solve_wave(problem, processor_clock(seconds), settings=WaveSettings(seed=seed))
            verdict = check_wave(problem, plan)
            good = not verdict.violations and not plan.unserved
            gap = verdict.cost / best - 1 if good else float("inf")
            gaps.append(100 * gap)
            feasible, optimal = feasible + good, optimal + (gap <= OPTIMAL)
            said = "feasible" if good else f"NOT FEASIBLE {verdict.violations} {plan.unserved}"
            if peer and not problem.span_cost:
                said += "; " + _peer(problem, best, seconds, seed)
            print(f"{path.stem:22s} ours {verdict.cost:11.3f}  best known {best:11.3f}  gap {100 * gap:7.3f} %  {said}")
    print(
        f"{name}: {len(gaps)} instances, {seconds:g} s of one core each, seed {seed}: mean gap "
        f"{statistics.mean(gaps):.3f} %, largest {max(gaps):.3f} %, {optimal} at the best known or below, "
        f"{feasible} feasible"
    )


def main(  # noqa: PLR0917  # typer reads options from positional parameters
    data: Annotated[Path, typer.Option(help="Folder with pdstsp/ and pdsvrp_mincost/.")],
    seconds: Annotated[float, typer.Option(help="Of processor time for each instance.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Of the search.")] = 1,
    only: Annotated[str, typer.Option(help="Instances whose name has this in it.")] = "",
    peer: Annotated[bool, typer.Option(help="Also plan those of the second set by PyVRP, as long.")] = False,
    sets: Annotated[str, typer.Option(help="Which sets, with a comma between.")] = ",".join(SETS),
) -> None:
    """Plan every instance and print ours, the best known, the gap, and what the check says."""
    small = next(iter(_instances(data / "pdstsp", Path(tempfile.mkdtemp()))))
    solve_wave(read_pdstsp(small), steps(100))  # compiles, or loads what was compiled
    for name in sets.split(","):
        run_set(name, data, seconds=seconds, seed=seed, only=only, peer=peer)


if __name__ == "__main__":
    typer.run(main)
