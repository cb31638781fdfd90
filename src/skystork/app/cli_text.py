"""How the command line speaks: tables for people, JSON for programs, and one exit code for each kind of no."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from skystork.errors import InvalidInput, LedgerError, SkystorkError, Unavailable


class ExitCode(IntEnum):
    """What a program that calls us can tell from the exit code."""

    USAGE = 2
    """Wrong words on the command line."""
    INVALID_INPUT = 3
    """A file or a value cannot be used; nothing was applied."""
    REFUSED = 4
    """Refused for safety."""
    NOT_FOUND = 5
    DIFFERENT = 6
    """A vehicle's parameters are not as required."""
    UNAVAILABLE = 7
    """A broker, port, ledger or disk is not there."""


def fail(text: str, code: ExitCode) -> typer.Exit:
    """Say why on standard error; raise what is returned."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    return typer.Exit(int(code))


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn our own errors into their sentences and exit codes; nothing else is caught."""
    try:
        yield
    except InvalidInput as error:
        raise fail("\n".join(str(problem) for problem in error.problems), ExitCode.INVALID_INPUT) from error
    except (Unavailable, LedgerError) as error:
        raise fail(str(error), ExitCode.UNAVAILABLE) from error
    except SkystorkError as error:
        raise fail(str(error), ExitCode.INVALID_INPUT) from error
    except BrokenPipeError:
        sys.stderr.close()  # the reader, e.g. `head`, has what it wanted
        raise typer.Exit(0) from None


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output."""
    table = Table(*map(escape, columns), title=escape(title), title_justify="left", header_style="bold")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
