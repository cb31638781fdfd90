"""The tables of a site file that only the dispatcher reads: neighbourhoods, pilots, partners, chargers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from skystork.app.site_tables import ChargerTable
from skystork.app.tables import read_table
from skystork.dispatch.hours import PilotShift
from skystork.dispatch.noise import Neighbourhood
from skystork.dispatch.partners import Partner
from skystork.errors import ConfigError, Problem

T = TypeVar("T", Neighbourhood, PilotShift, Partner, ChargerTable)
TABLES = ("neighbourhoods", "pilots", "partners", "chargers")


@dataclass(frozen=True, slots=True)
class SiteDispatch:
    """What the site says about who may be dispatched over whom, when, and with whom."""

    neighbourhoods: tuple[Neighbourhood, ...] = ()
    pilots: tuple[PilotShift, ...] = ()
    partners: tuple[Partner, ...] = ()
    chargers: tuple[ChargerTable, ...] = ()
    """Beside the depot."""


NO_LIMITS = SiteDispatch()
"""Of a site that names none."""


def read_dispatch(document: Mapping[str, Any], where: str) -> SiteDispatch:
    """Read the lists; raises ConfigError."""
    return SiteDispatch(
        _rows(document, "neighbourhoods", Neighbourhood, where),
        _rows(document, "pilots", PilotShift, where),
        _rows(document, "partners", Partner, where),
        _rows(document, "chargers", ChargerTable, where),
    )


def _rows(document: Mapping[str, Any], name: str, kind: type[T], where: str) -> tuple[T, ...]:
    rows: Sequence[Any] = document.get(name, [])
    if not isinstance(rows, list):
        raise ConfigError(
            (Problem(f"{where} {name}", "not a list", type(rows).__name__, f"[[{name}]]", f"Write [[{name}]]."),)
        )
    found = tuple(read_table(row, kind, f"{where} {name}[{index}]") for index, row in enumerate(rows))
    twice = [each for each, count in Counter(row.name for row in found).items() if count > 1]
    if twice:
        raise ConfigError(
            (Problem(f"{where} {name}.name", "the same name twice", twice[0], "each its own", "Rename one."),)
        )
    return found
