"""Parameter files as ground stations write them, and what a vehicle holds beside what a file requires.

Two forms: QGroundControl's (system, component, name, value and MAV_PARAM_TYPE, by tabs) and ArduPilot's (name and
value, by a comma or spaces). In both ``#`` begins a comment; the comment lines right above a parameter are its reason,
``# ---`` is a heading.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from skystork.errors import ConfigError, Problem
from skystork.link.contract import ParameterValue
from skystork.link.parameter_values import NAME_LENGTH, ParamType, same_value, value_text
from skystork.link.writable_parameters import problem_with

_INTEGERS = frozenset(kind for kind in ParamType if kind is not ParamType.REAL32)
_REMEDY = "Correct the line."


@dataclass(frozen=True, slots=True)
class RequiredParameter:
    """One line of a file."""

    name: str
    value: int | float
    reason: str
    """The comment above it; empty where there is none."""
    where: str
    """File and line."""


@dataclass(frozen=True, slots=True)
class ParameterDifference:
    """A parameter that is not as required."""

    required: RequiredParameter
    on_board: ParameterValue | None
    """None where the vehicle does not have it."""

    def __str__(self) -> str:
        seen = "not on board" if self.on_board is None else f"{value_text(self.on_board.value)} on board"
        return f"{self.required.name}: {seen}, required {value_text(self.required.value)}"


def read_parameter_files(texts: Mapping[str, str]) -> tuple[RequiredParameter, ...]:
    """Read files that together say what a vehicle must hold.

    Parameters
    ----------
    texts
        The text of each file, by its name.

    Raises
    ------
    ConfigError
        With everything wrong in all of them: a line that is none, a name given twice, no parameter at all.
    """
    lines = [line for name, text in texts.items() for line in _lines(name, text)]
    problems = [line for line in lines if isinstance(line, Problem)]
    found = [line for line in lines if isinstance(line, RequiredParameter)]
    problems.extend(_repeated(found))
    if not lines:
        names = ", ".join(texts) or "no file"
        problems.append(Problem(names, "no parameter", "nothing", "NAME and value on a line", "Give another file."))
    if problems:
        raise ConfigError(tuple(problems))
    return tuple(found)


def check_writable(required: Sequence[RequiredParameter], autopilot_name: str) -> None:
    """Refuse a file that asks for what may not be written, before anything of it is.

    Raises
    ------
    ConfigError
        With every such line.
    """
    found = [(each, problem_with(autopilot_name, each.name, each.value)) for each in required]
    problems = tuple(
        Problem(each.where, "may not be written", f"{each.name} {value_text(each.value)}", limit, _REMEDY)
        for each, limit in found
        if limit is not None
    )
    if problems:
        raise ConfigError(problems)


def differences(
    required: Iterable[RequiredParameter], held: Mapping[str, ParameterValue]
) -> tuple[ParameterDifference, ...]:
    """What is not as required, in the order of the file."""
    found = ((each, held.get(each.name)) for each in required)
    return tuple(
        ParameterDifference(each, on_board)
        for each, on_board in found
        if on_board is None or not same_value(on_board.value, each.value)
    )


def parameter_text(values: Iterable[ParameterValue], system_id: int, heading: str) -> str:
    """QGroundControl's file of what a vehicle holds."""
    rows = (f"{system_id}\t1\t{value.name}\t{value_text(value.value)}\t{_kind(value).value}" for value in values)
    return "\n".join((f"# {heading}", *rows, ""))


def _kind(value: ParameterValue) -> ParamType:
    return ParamType.INT32 if value.is_integer else ParamType.REAL32


def _lines(name: str, text: str) -> Iterator[RequiredParameter | Problem]:
    reason: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        bare = line.strip()
        if bare.startswith("# ---"):
            reason.clear()
            continue
        if bare.startswith("#"):
            reason.append(bare.lstrip("# "))
            continue
        if bare:
            yield _parameter(bare, f"{name}:{number}", " ".join(reason))
        reason.clear()


def _parameter(line: str, where: str, reason: str) -> RequiredParameter | Problem:
    words = re.split(r"[,\s]+", line.partition("#")[0].strip())
    is_qgc = len(words) == 5
    if not is_qgc and len(words) != 2:
        limit = "system, component, name, value, type; or name and value"
        return Problem(where, "not a parameter", line, limit, _REMEDY)
    name, text = words[2:4] if is_qgc else words
    if not re.fullmatch(rf"[A-Z0-9_]{{1,{NAME_LENGTH}}}", name):
        return Problem(where, "not a name", name, f"1 to {NAME_LENGTH} of A-Z, 0-9, _", _REMEDY)
    value = _number(text)
    if value is None:
        return Problem(where, f"{name} has no value", text, "a number", _REMEDY)
    if not is_qgc:
        return RequiredParameter(name, value, reason, where)
    kinds = {str(kind.value): kind for kind in ParamType}
    if words[4] not in kinds:
        return Problem(where, f"{name} has an unknown type", words[4], "MAV_PARAM_TYPE, 6 or 9 in PX4", _REMEDY)
    if kinds[words[4]] not in _INTEGERS:
        return RequiredParameter(name, float(value), reason, where)
    if value != int(value):
        return Problem(where, f"{name} is an integer", text, "a whole number", _REMEDY)
    return RequiredParameter(name, int(value), reason, where)


def _number(text: str) -> int | float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else value


def _repeated(found: Iterable[RequiredParameter]) -> Iterator[Problem]:
    first: dict[str, RequiredParameter] = {}
    for each in found:
        earlier = first.setdefault(each.name, each)
        if earlier is not each:
            limit = f"once; it stands in {earlier.where} too"
            yield Problem(each.where, "given twice", each.name, limit, "Remove one of them.")
