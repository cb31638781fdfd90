"""The energy model beside measured flights and published models, on a folder that a person gives.

The folder holds what Rodrigues et al. (Patterns 3:100569, 2022) published of 68 held-out flights of a Matrice 100:
mean power and samples of each regime, and the relative error of a published model flight by flight; and literature
points digitised by drone_awe. Payload and speed of each flight are in the authors' own ``parameters.csv``
(doi 10.1184/R1/12683453); where the folder has it, it is used, else every flight is taken as one of the design's mean
payload, 250 g. Nothing here is fitted on the 68 flights.
"""

from __future__ import annotations

import ast
import csv
import json
import re
import statistics
from pathlib import Path
from typing import Annotated

import typer

from skystork.fleet.energy_airframes import ALTA_8, IRIS, M100
from skystork.fleet.energy_rotor import rotor_power_w

PITTSBURGH_KG_M3 = 1.2
"""About 290 m above the sea at 15 degrees Celsius."""
CLIMB_M_S = 3.0
SPEEDS_M_S = (4.0, 6.0, 8.0, 10.0, 12.0)
"""Of the design; each flew as often."""
DESIGN_PAYLOAD_KG = 0.25
ALTA_BATTERY_J = 444 * 3600.0


def regime_powers_w(payload_kg: float, speeds_m_s: tuple[float, ...]) -> dict[str, float]:
    """Power of take-off, cruise and landing."""

    def power_w(air_speed_m_s: float, climb_m_s: float) -> float:
        return rotor_power_w(
            M100,
            payload_kg=payload_kg,
            air_speed_m_s=air_speed_m_s,
            climb_m_s=climb_m_s,
            air_density_kg_m3=PITTSBURGH_KG_M3,
        )

    cruise_w = statistics.mean(power_w(speed, 0.0) for speed in speeds_m_s)
    return {"tk": power_w(0.0, CLIMB_M_S), "cr": cruise_w, "ld": power_w(0.0, 0.0)}


def rows_of(path: Path) -> list[dict[str, str]]:
    """A table with a header."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def held_out(folder: Path) -> None:
    """Energy of each flight, by its samples of each regime."""
    published = [abs(float(row["model2"])) for row in rows_of(folder / "m100_published_model_relative_error.csv")]
    own = folder / "parameters.csv"
    known = {int(float(row["flight"])): row for row in rows_of(own)} if own.exists() else {}
    errors, by_regime = list[float](), dict[str, list[float]]()
    for flight in rows_of(folder / "m100_heldout68_mean_power_by_regime.csv"):
        row = known.get(int(flight["flights"]))
        payload_kg = float(row["payload"]) / 1e3 if row else DESIGN_PAYLOAD_KG
        powers = regime_powers_w(payload_kg, (float(row["speed"]),) if row else SPEEDS_M_S)
        measured = sum(float(flight[f"mean_{name}"]) * float(flight[f"count_{name}"]) for name in powers)
        foreseen = sum(power * float(flight[f"count_{name}"]) for name, power in powers.items())
        errors.append(foreseen / measured - 1)
        for name, power in powers.items():
            by_regime.setdefault(name, []).append(power / float(flight[f"mean_{name}"]) - 1)
    said = f"payload and speed of {len(known)} flights known" if known else "payload and speed not in the folder"
    print(f"{len(errors)} held-out flights of a Matrice 100; {said}")
    print(
        f"  ours       mean absolute error {_percent(errors)}, largest {max(map(abs, errors)):.1%}, "
        f"bias {statistics.mean(errors):+.1%}"
    )
    print(f"  published  mean absolute error {_percent(published)}, largest {max(published):.1%}")
    for name, values in by_regime.items():
        print(f"  {name}: mean absolute error of power {_percent(values)}, bias {statistics.mean(values):+.1%}")


def _percent(errors: list[float]) -> str:
    return f"{statistics.mean(map(abs, errors)):.1%}"


def points(text: str, name: str) -> list[float]:
    """One list of a digitised figure."""
    found = re.search(rf"'{name}':\s*(\[[^\]]*\])", text)
    if found is None:
        raise SystemExit(f"no list {name!r} among the literature points; the file is another one")
    return [float(value) for value in ast.literal_eval(found.group(1))]


def curves(folder: Path) -> None:
    """Endurance over payload, and power over speed."""
    figures = json.loads((folder / "literature_validation_points_drone_awe.json").read_text(encoding="utf-8"))
    text = figures["FreeflyAlta8"]["data.txt"]
    ours = [rotor_power_w(ALTA_8, payload_kg=kg) for kg in points(text, "payload")]
    errors = [watts / (ALTA_BATTERY_J / s) - 1 for watts, s in zip(ours, points(text, "endurance"), strict=True)]
    print(f"Alta 8, maker's endurance over 0 to 9.1 kg: mean {_percent(errors)}, largest {max(map(abs, errors)):.1%}")
    text = figures["DiFranco2016"]["data.txt"]
    ours = [rotor_power_w(IRIS, payload_kg=0.0, air_speed_m_s=speed) for speed in points(text, "speed")]
    errors = [watts / seen - 1 for watts, seen in zip(ours, points(text, "power"), strict=True)]
    print(
        f"Iris, power over 0.3 to 15 m/s (fitted on it): mean {_percent(errors)}, largest {max(map(abs, errors)):.1%}"
    )


def main(
    data: Annotated[Path, typer.Option(help="Folder with the measured flights and the literature points.")],
) -> None:
    """Print the errors."""
    held_out(data)
    curves(data)


if __name__ == "__main__":
    typer.run(main)
