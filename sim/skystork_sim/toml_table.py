"""Reading one TOML table strictly: every complaint collected, with the place, the value and what would be accepted.

The simulation keeps its own reader because it imports nothing of what it tests.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class ScenarioError(Exception):
    """A site or world file that cannot be used; every problem on a line of its own."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def read_toml(path: Path) -> dict[str, Any]:
    """The file as a dictionary; raises ``ScenarioError`` when it is missing or no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError([f"{path}: cannot be read ({error.strerror}). Give the folder of a site."]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError([f"{path}: not TOML: {error}. Correct that place."]) from error


class Table:
    """One table being read; mutable because it collects problems and remembers what was asked for.

    Parameters
    ----------
    where
        File and table, for the complaints.
    problems
        Shared by all tables of a file.
    """

    def __init__(self, values: Any, where: str, problems: list[str]) -> None:
        self.where, self.problems = where, problems
        self._asked: set[str] = set()
        self._values: Mapping[str, Any] = values if isinstance(values, Mapping) else {}
        if not isinstance(values, Mapping):
            self.complain("", "is not a table", values, "key = value lines")

    def complain(self, key: str, what: str, seen: object, limit: str) -> None:
        """Note a problem."""
        place = f"{self.where}.{key}" if key else self.where
        self.problems.append(f"{place}: {what} (seen: {seen!r}; accepted: {limit}).")

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A finite number within limits."""
        value = self._get(key, default)
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain or not math.isfinite(value) or not low <= value <= high:
            self.complain(key, "is no number within limits", value, f"{low:g} to {high:g}")
            return low
        return float(value)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within limits."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.complain(key, "is no whole number within limits", value, f"{low} to {high}")
            return low
        return value

    def text(self, key: str, choices: tuple[str, ...] = ()) -> str:
        """A non-empty string, one of the choices where there are any."""
        value = self._get(key, None)
        if not isinstance(value, str) or not value or (choices and value not in choices):
            self.complain(key, "is no such text", value, ", ".join(choices) or "a text")
            return choices[0] if choices else ""
        return value

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._values

    def table(self, key: str) -> Table:
        """A table below this one."""
        return Table(self._get(key, None), f"{self.where}.{key}", self.problems)

    def tables(self, key: str) -> list[Table]:
        """An array of tables; empty where there is none."""
        value = self._get(key, [])
        if not isinstance(value, list):
            self.complain(key, "is no array of tables", value, f"[[{key}]]")
            return []
        return [Table(each, f"{self.where}.{key}[{index}]", self.problems) for index, each in enumerate(value)]

    def named_tables(self, key: str) -> dict[str, Table]:
        """Tables below a table, by name."""
        value = self._get(key, {})
        names = value if isinstance(value, Mapping) else {}
        return {name: Table(each, f"{self.where}.{key}.{name}", self.problems) for name, each in names.items()}

    def refuse_unknown(self) -> None:
        """Complain about keys that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, 1)
                hint = f"did you mean {near[0]}?" if near else ", ".join(sorted(self._asked))
                self.complain(key, "is not a known key", self._values[key], hint)

    def _get(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        return self._values.get(key, default)
