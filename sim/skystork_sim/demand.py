"""Orders of an hour around a depot: a seeded stream with the weights, sizes and places of parcel traffic.

Arrivals are a Poisson process conditioned on the count. Weights are log-normal, median 0.85 kg and sigma 0.95, so that
15 % exceed 2.268 kg (5 lb): ln(2.268 / 0.85) / 0.95 = 1.033, and the normal tail above 1.033 is 15.1 %. They are cut to
0.05-25 kg. Sides follow the weight at a packed density of about 150 kg/m³ with a seeded shape. Places are normal about
the towns of ``towns.toml``, by their share.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.toml_table import ScenarioError, Table, read_toml

MEDIAN_WEIGHT_KG = 0.85
WEIGHT_SIGMA = 0.95
LIGHTEST_KG, HEAVIEST_KG = 0.05, 25.0
DENSITY_KG_M3 = 150.0  # packed e-commerce parcels; couriers' volumetric divisor 5000 cm³/kg is 200 kg/m³
HAZARD_SHARE = 0.04
HAZARDS = ("flammable", "lithium_battery", "compressed_gas", "corrosive")
DEADLINE_SHARE = 0.1  # of the customers name a deadline of their own
WINDOW_S = 3600.0
GIVEN = ("Aisha", "Ben", "Chloe", "Daniel", "Emily", "Farah", "George", "Hannah", "Imran", "Jack", "Kate", "Liam")
FAMILY = (
    "Ahmed",
    "Bell",
    "Coates",
    "Dixon",
    "Elliott",
    "Fenwick",
    "Graham",
    "Hall",
    "Iqbal",
    "Johnson",
    "Kirk",
    "Lowes",
)


@dataclass(frozen=True, slots=True)
class Town:
    """A place where customers live."""

    name: str
    centre: Geodetic
    spread_m: float
    """Standard deviation about the centre, each axis [m]."""
    share: float
    """Of the orders, relative to the other towns'."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order as a file has it."""

    order_id: str
    placed_at: str
    latitude_deg: float
    longitude_deg: float
    weight_kg: float
    length_m: float
    width_m: float
    height_m: float
    hazard: str
    recipient: str
    deliver_by: str | None


def read_towns(path: Path) -> tuple[Town, ...]:
    """Read ``towns.toml``; raises ``ScenarioError`` with all that is wrong."""
    problems: list[str] = []
    root = Table(read_toml(path), path.name, problems)
    towns = tuple(
        Town(
            name=table.text("name"),
            centre=Geodetic(table.number("latitude_deg", -90, 90), table.number("longitude_deg", -180, 180)),
            spread_m=table.number("spread_m", 0, 20_000),
            share=table.number("share", 0.001, 1000),
        )
        for table in root.tables("towns")
    )
    if not towns:
        problems.append(f"{path.name}: no [[towns]]; name at least one.")
    if problems:
        raise ScenarioError(problems)
    return towns


def generate_orders(towns: Sequence[Town], *, seed: int, count: int, start: datetime) -> list[OrderRow]:
    """Orders of the hour from ``start``, in the order placed."""
    rng = Random(seed)
    moments = sorted(rng.uniform(0.0, WINDOW_S) for _ in range(count))
    rows = []
    for number, moment_s in enumerate(moments, start=1):
        placed = start + timedelta(seconds=round(moment_s))
        town = rng.choices(towns, weights=[each.share for each in towns])[0]
        place = _doorstep(town, rng)
        weight_kg = _weight_kg(rng)
        length_m, width_m, height_m = _sides_m(weight_kg, rng)
        hazard = rng.choice(HAZARDS) if rng.random() < HAZARD_SHARE else "none"
        recipient = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
        due = placed + timedelta(minutes=rng.choice((60, 90, 120)))
        rows.append(
            OrderRow(
                order_id=f"S{seed}-{number:04d}",
                placed_at=placed.isoformat(),
                latitude_deg=round(place.latitude_deg, 6),
                longitude_deg=round(place.longitude_deg, 6),
                weight_kg=weight_kg,
                length_m=length_m,
                width_m=width_m,
                height_m=height_m,
                hazard=hazard,
                recipient=recipient,
                deliver_by=due.isoformat() if rng.random() < DEADLINE_SHARE else None,
            )
        )
    return rows


def to_jsonl(rows: Sequence[OrderRow]) -> str:
    """One JSON object a line; a deadline only where there is one."""
    lines = []
    for row in rows:
        fields = {key: value for key, value in asdict(row).items() if value is not None}
        lines.append(json.dumps(fields))
    return "".join(f"{line}\n" for line in lines)


def to_csv(rows: Sequence[OrderRow]) -> str:
    """A header and one line for each order."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(OrderRow.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def utc(text: str) -> datetime:
    """RFC 3339 with offset; raises ``ValueError`` without one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; write it like 2026-11-21T10:00:00+00:00")
    return moment.astimezone(UTC)


def _doorstep(town: Town, rng: Random) -> Geodetic:
    return LocalFrame(town.centre).to_geodetic(rng.gauss(0.0, town.spread_m), rng.gauss(0.0, town.spread_m))


def _weight_kg(rng: Random) -> float:
    weight = MEDIAN_WEIGHT_KG * math.exp(rng.gauss(0.0, WEIGHT_SIGMA))
    return round(max(LIGHTEST_KG, min(HEAVIEST_KG, weight)), 3)


def _sides_m(weight_kg: float, rng: Random) -> tuple[float, float, float]:
    """Longest first: a box of the density's volume, drawn out by a seeded shape."""
    edge_m = (weight_kg / DENSITY_KG_M3) ** (1 / 3)
    longer, flatter = rng.uniform(1.1, 1.8), rng.uniform(0.4, 0.9)
    sides = sorted((edge_m * longer, edge_m * flatter, edge_m / (longer * flatter)), reverse=True)
    return round(max(sides[0], 0.08), 3), round(max(sides[1], 0.05), 3), round(max(sides[2], 0.02), 3)
