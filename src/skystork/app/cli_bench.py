"""``skystork bench``: what this installation does on a known task, beside simpler ways to do it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from skystork.app.cli_text import print_json, print_table, told_plainly
from skystork.app.options import JsonOption
from skystork.bench.day_stream import LOADS
from skystork.bench.day_table import Row, rows
from skystork.errors import InvalidInput, Problem

app = typer.Typer(help="Measure on a known task.", no_args_is_help=True)
LOAD_NAMES = [load.name for load in LOADS]


@app.callback()
def bench() -> None:
    """Measure on a known task."""


@app.command()
def dispatch(
    seeds: Annotated[str, typer.Option(help="Days, by their seeds: one, or first-last.")] = "100",
    load: Annotated[str, typer.Option(help="nominal, overload 1, overload 2 or all.")] = "all",
    plot: Annotated[Path | None, typer.Option(help="Picture; with .png or .svg that file, without both.")] = None,
    bounds: Annotated[bool, typer.Option(help="Reckon the bounds too; some seconds for each day.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Replay whole days of orders to several dispatchers, the same days to each: what became of the promises."""
    with told_plainly():
        chosen = [each for each in LOADS if load in {each.name, "all"}]
        if not chosen:
            raise InvalidInput((Problem("--load", "no such load", load, ", ".join([*LOAD_NAMES, "all"]), "Name one."),))
        table = list(rows(_seeds(seeds), np.random.default_rng, loads=chosen, bounds=bounds))
        if as_json:
            print_json([asdict(row) for row in table])
        else:
            for each in chosen:
                size = f"{each.drones} drones, {each.vans} vans, {each.orders} orders"
                _print(f"{each.name}: {size}", [row for row in table if row.load == each.name])
        if plot is not None:
            _draw(plot, table)


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit() and int(last or first) >= int(first)):
        raise InvalidInput((Problem("--seeds", "no seeds", text, "100 or 100-104", "Give a number, or two."),))
    return range(int(first), int(last or first) + 1)


def _print(title: str, table: list[Row]) -> None:
    columns = ("policy", "kept %", "±", "30 min kept %", "as first wished %", "promises changed %", "cost an order")
    print_table(
        title,
        columns,
        [
            (
                row.policy,
                f"{row.kept_percent:.2f}",
                f"{row.spread_percent:.2f}",
                f"{row.urgent_kept_percent:.2f}" if row.cost is not None else "",
                f"{row.wished_percent:.2f}",
                f"{row.changed_percent:.2f}",
                "" if row.cost is None else f"{row.cost:.2f}",
            )
            for row in table
        ],
    )


def _draw(path: Path, table: list[Row]) -> None:
    from skystork.shell.bench_picture import draw_policies  # noqa: PLC0415  # matplotlib takes most of a second

    loads = list(dict.fromkeys(row.load for row in table))
    panels = [
        (load, [(row.policy, row.kept_percent, row.spread_percent) for row in table if row.load == load])
        for load in loads
    ]
    for written in draw_policies(path, panels):
        typer.echo(f"drawn: {written}")
